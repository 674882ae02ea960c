"""Images in memory, and the batches made of them."""

from competition.data.base import ImageData
from competition.data.batches import Augmentation, Batch, BatchLoader
from competition.data.cifar10 import CIFAR10
from competition.data.fashion_mnist import FashionMNIST
from competition.data.generated import GeneratedImages

__all__ = [
    "CIFAR10",
    "Augmentation",
    "Batch",
    "BatchLoader",
    "FashionMNIST",
    "GeneratedImages",
    "ImageData",
]

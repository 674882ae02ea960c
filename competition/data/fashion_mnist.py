"""Fashion-MNIST: 70,000 grey pictures of clothes, 28 x 28 pixels, in ten classes."""

from __future__ import annotations

import torchvision
from torch import Tensor

from competition.data.base import ImageData
from competition.data.download import ensure_files

FILES = {
    "FashionMNIST/raw/train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "FashionMNIST/raw/train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "FashionMNIST/raw/t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "FashionMNIST/raw/t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


class FashionMNIST(ImageData):
    """Fashion-MNIST, 60,000 images to train on and 10,000 to test with.

    Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
    Learning Algorithms, 2017.
    """

    classes = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )
    shape = (28, 28, 1)
    mean = (0.2860,)
    std = (0.3530,)

    def prepare_data(self) -> None:
        """Downloads the files unless they are there, and checks them."""
        ensure_files(torchvision.datasets.FashionMNIST, self.root, FILES)

    def read(self, train: bool) -> tuple[Tensor, Tensor]:
        """See `ImageData.read`."""
        data = torchvision.datasets.FashionMNIST(str(self.root), train=train)
        return data.data[..., None], data.targets

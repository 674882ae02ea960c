"""CIFAR-10: 60,000 colour photographs of 32 x 32 pixels in ten classes."""

from __future__ import annotations

import torch
import torchvision
from torch import Tensor

from competition.data.base import ImageData
from competition.data.download import ensure_files

FILES = {
    "cifar-10-batches-py/data_batch_1": "c99cafc152244af753f735de768cd75f",
    "cifar-10-batches-py/data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "cifar-10-batches-py/data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "cifar-10-batches-py/data_batch_4": "634d18415352ddfa80567beed471001a",
    "cifar-10-batches-py/data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "cifar-10-batches-py/test_batch": "40351d587109b95175f43aff81a1287e",
    "cifar-10-batches-py/batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}


class CIFAR10(ImageData):
    """CIFAR-10, 50,000 images to train on and 10,000 to test with.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """

    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    shape = (32, 32, 3)
    mean = (0.4914, 0.4822, 0.4465)
    std = (0.2470, 0.2435, 0.2616)

    def prepare_data(self) -> None:
        """Downloads the files unless they are there, and checks them."""
        ensure_files(torchvision.datasets.CIFAR10, self.root, FILES)

    def read(self, train: bool) -> tuple[Tensor, Tensor]:
        """See `ImageData.read`."""
        data = torchvision.datasets.CIFAR10(str(self.root), train=train)
        return torch.from_numpy(data.data), torch.tensor(data.targets)

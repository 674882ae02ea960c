"""Images that are made up, for a machine without data and without a network."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from competition.data.base import ImageData
from competition.data.batches import seeded

_NOISE = 6.0


class GeneratedImages(ImageData):
    """Coloured blurs in the shape of CIFAR-10: not a data set, and no accuracy on it means anything.

    Each class has a pattern of its own. An image is the pattern of its class, shifted around the border by
    any number of pixels, with noise on top. Mirroring would make other patterns of them.

    Args:
        train_size: number of images to train on or to set aside.
        test_size: number of images to test with.
        **options: see `ImageData`.
    """

    classes = tuple(f"pattern {number}" for number in range(10))
    shape = (32, 32, 3)
    mean = (0.5, 0.5, 0.5)
    std = (0.2, 0.2, 0.2)

    def __init__(self, train_size: int = 2500, test_size: int = 500, **options) -> None:
        super().__init__(**options)
        self.sizes = {True: train_size, False: test_size}

    def read(self, train: bool) -> tuple[Tensor, Tensor]:
        """See `ImageData.read`."""
        patterns = F.interpolate(torch.randn(10, 3, 4, 4, generator=seeded(0)), size=32, mode="bicubic")
        generator, count = seeded(1 + train), self.sizes[train]
        labels = torch.randint(10, (count,), generator=generator)
        shifts = torch.randint(32, (2, count, 1), generator=generator)
        rows, columns = (torch.arange(32) + shifts) % 32
        images = patterns.permute(0, 2, 3, 1)[labels[:, None, None], rows[:, :, None], columns[:, None, :]]
        images += _NOISE * torch.randn(images.shape, generator=generator)
        return (128 + 51 * images).clamp(0, 255).byte(), labels

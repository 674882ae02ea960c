"""A batch loader for data that fits into memory: no worker processes, no image handled one by one.

All images stay one uint8 tensor (N, H, W, C). A batch is gathered from it by row and column numbers, and
flipping and shifting are done on these numbers: they cost nothing beyond the gathering. What is random about
an image follows from the seed, the epoch and the image's number alone. So an epoch is the same whether or not
the run was interrupted before it, and however many processes share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor


class Batch(NamedTuple):
    """What a step works on.

    Attributes:
        images: normalised, float32, (B, C, H, W), channels last in memory.
        labels: class numbers, (B,).
        index: the images' places in their set, (B,).
    """

    images: Tensor
    labels: Tensor
    index: Tensor


@dataclass(frozen=True)
class Augmentation:
    """How training images are varied.

    Attributes:
        flip: `random` mirrors each image with probability one half in each epoch; `alternating` does so in
            the first epoch only and turns every image around in each epoch that follows, so that two epochs
            in a row show both sides of all of them.
        translate: the greatest shift in pixels, up or down and left or right; what comes in at the border is
            the image's reflection.
        cutout: the side of a square that is blanked, 0 for none.
    """

    flip: Literal["none", "random", "alternating"] = "none"
    translate: int = 0
    cutout: int = 0


def seeded(*parts: int) -> torch.Generator:
    """A generator whose stream depends on all parts of its seed, and is unlike that of neighbouring seeds."""
    state = np.random.SeedSequence(parts).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def flips(kind: str, count: int, seed: int, epoch: int) -> Tensor:
    """Which of `count` images stand mirrored in an epoch, (count,), as `Augmentation.flip` says."""
    if kind == "none":
        return torch.zeros(count, dtype=torch.bool)
    drawn = torch.rand(count, generator=seeded(seed, 0 if kind == "alternating" else epoch, 1)) < 0.5
    return drawn ^ bool(epoch % 2) if kind == "alternating" else drawn


def reflected(position: Tensor, size: int) -> Tensor:
    """Positions outside 0..size-1 brought inside by reflection at the first and the last pixel."""
    last = size - 1
    return last - (last - position.abs()).abs()


class EpochSampler:
    """The order of the images in an epoch. Lightning calls `set_epoch` before each one.

    Args:
        count: number of images.
        batch_size: images in a batch, over all processes.
        shuffle: whether each epoch has an order of its own, and the last batch is left out if it is short.
        seed: of the orders.
        rank: the number of this process.
        world_size: how many processes share each batch.
    """

    def __init__(
        self, count: int, batch_size: int, shuffle: bool, seed: int = 0, rank: int = 0, world_size: int = 1
    ) -> None:
        self.count = count
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch that is iterated over next."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Number of batches."""
        return self.count // self.batch_size if self.shuffle else -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        """This process's part of each batch."""
        order = (
            torch.randperm(self.count, generator=seeded(self.seed, self.epoch, 0))
            if self.shuffle
            else torch.arange(self.count)
        )
        for batch in order.split(self.batch_size)[: len(self)]:
            yield batch[self.rank :: self.world_size]


class BatchLoader:
    """Batches of images that are all in memory; for Lightning this is a DataLoader.

    Args:
        images: uint8, (N, H, W, C), on any device: batches are made there.
        labels: int64, (N,), on the same device.
        mean: of each channel of the training images, as a share of 255.
        std: likewise.
        sampler: the order.
        augmentation: how images are varied.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        sampler: EpochSampler,
        augmentation: Augmentation | None = None,
    ) -> None:
        self.images = images
        self.labels = labels
        # Lightning looks for both of these, as a DataLoader has them.
        self.sampler, self.batch_sampler = sampler, None
        self.augmentation = augmentation or Augmentation()
        self.scale = 1 / (255 * torch.tensor(std, device=images.device))
        self.shift = -torch.tensor(mean, device=images.device) / torch.tensor(std, device=images.device)

    def __len__(self) -> int:
        """Number of batches."""
        return len(self.sampler)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the sampler's epoch."""
        count, height, width, _ = self.images.shape
        seed, epoch, device = self.sampler.seed, self.sampler.epoch, self.images.device
        varied = self.augmentation
        mirrored = flips(varied.flip, count, seed, epoch)
        reach = varied.translate
        shifts = torch.randint(-reach, reach + 1, (2, count, 1), generator=seeded(seed, epoch, 2))
        corners = torch.rand(2, count, 1, generator=seeded(seed, epoch, 3))
        for index in self.sampler:
            rows = reflected(torch.arange(height) + shifts[0, index], height)
            columns = reflected(torch.arange(width) + shifts[1, index], width)
            columns = torch.where(mirrored[index, None], columns.flip(1), columns)
            here, rows, columns = (each.to(device) for each in (index, rows, columns))
            pixels = self.images[here[:, None, None], rows[:, :, None], columns[:, None, :]]
            images = torch.addcmul(self.shift, pixels.float(), self.scale)
            if varied.cutout:
                square = _square(corners[:, index], height, width, varied.cutout)
                images.masked_fill_(square[..., None].to(device), 0.0)
            yield Batch(images.permute(0, 3, 1, 2), self.labels[here], here)


def _square(corner: Tensor, height: int, width: int, side: int) -> Tensor:
    """A square somewhere in each image as a mask (B, H, W), for corners (2, B, 1) drawn from [0, 1)."""
    top, left = (corner[0] * (height - side + 1)).long(), (corner[1] * (width - side + 1)).long()
    row, column = torch.arange(height), torch.arange(width)
    inside_rows, inside_columns = (row >= top) & (row < top + side), (column >= left) & (column < left + side)
    return inside_rows[:, :, None] & inside_columns[:, None, :]

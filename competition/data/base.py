"""What the data modules have in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from pathlib import Path
from typing import Literal

import torch
from lightning import LightningDataModule
from torch import Tensor

from competition.data.batches import Augmentation, BatchLoader, EpochSampler, seeded
from competition.data.unlabelled import read_unlabelled
from competition.errors import CompetitionError

# Of a GPU's free memory: as much as the images may take.
_SHARE_FOR_IMAGES = 0.25


class ImageData(LightningDataModule):
    """Images and labels, whole in memory, in three parts: to train on, to validate with, to test with.

    A subclass has the attributes below and says in `read` where its images come from. Test images are never
    trained on, and no checkpoint is chosen by them.

    Args:
        root: the folder of the data sets, as torchvision lays them out.
        batch_size: images in a step, over all processes.
        validation: how many training images are set aside, the same ones for every seed. With 0 all are
            trained on, the validation curve shows the test images, and the best checkpoint is the last one.
        flip: how training images are mirrored, see `Augmentation`.
        translate: by how many pixels training images are shifted at most.
        cutout: the side of the square that is blanked in training images.
        predict_from: what `predict` classifies: a .npy file of uint8 rows, channels first, as Kaggle gives
            it, or a folder of images. By default the test images.
        eval_batch_size: images in a batch where nothing is learned.
    """

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    """Height, width and channels."""
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __init__(
        self,
        root: str = os.environ.get("NPNN_DATA", "data"),
        batch_size: int = 1000,
        validation: int = 5000,
        flip: Literal["none", "random", "alternating"] = "none",
        translate: int = 0,
        cutout: int = 0,
        predict_from: str | None = None,
        eval_batch_size: int = 1000,
    ) -> None:
        super().__init__()
        self.root = Path(root)
        self.batch_size = batch_size
        self.validation = validation
        self.augmentation = Augmentation(flip, translate, cutout)
        self.predict_from = predict_from
        self.eval_batch_size = eval_batch_size
        # The command line has seeded torch before it makes the data module.
        self.seed = torch.initial_seed()
        self.parts: dict[str, tuple[Tensor, Tensor]] = {}

    @abstractmethod
    def read(self, train: bool) -> tuple[Tensor, Tensor]:
        """Images, uint8, (N, H, W, C), and labels, int64, (N,), of the training or the test set."""

    def setup(self, stage: str) -> None:
        """Reads what the stage needs; once read it stays."""
        if stage in ("fit", "validate") and "train" not in self.parts:
            images, labels = self.read(train=True)
            if not 0 <= self.validation < len(images):
                raise CompetitionError(
                    f"data.validation is {self.validation}, but must leave some of the {len(images)} training"
                    " images"
                )
            order = torch.randperm(len(images), generator=seeded(len(images)))
            aside, learned = order[: self.validation], order[self.validation :].sort().values
            self.parts["train"] = images[learned], labels[learned]
            self.parts["validation"] = (
                (images[aside], labels[aside]) if self.validation else self.read(train=False)
            )
        if (stage == "test" or self.predict_from is None) and "test" not in self.parts:
            self.parts["test"] = self.read(train=False)
        if stage == "predict":
            if self.predict_from is None:
                self.parts["predict"] = self.parts["test"]
            else:
                images = read_unlabelled(Path(self.predict_from), self.shape)
                self.parts["predict"] = images, torch.full((len(images),), -1)

    def state_dict(self) -> dict[str, int]:
        """The seed: a resumed run keeps it, whatever --seed_everything says."""
        return {"seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Takes the seed of the run that is resumed."""
        self.seed = state_dict["seed"]

    def train_dataloader(self) -> BatchLoader:
        """Training images, in another order and varied in another way in each epoch."""
        world_size = self.trainer.world_size
        count = len(self.parts["train"][0])
        if self.batch_size > count:
            raise CompetitionError(
                f"data.batch_size is {self.batch_size}, but there are {count} training images"
            )
        if self.batch_size % world_size:
            raise CompetitionError(
                f"data.batch_size is {self.batch_size}, which {world_size} processes cannot share equally"
            )
        return self._loader("train", self.batch_size, self.augmentation, shuffle=True)

    def val_dataloader(self) -> BatchLoader:
        """Images set aside from the training set, or the test images if there are none."""
        return self._loader("validation", self.eval_batch_size)

    def test_dataloader(self) -> BatchLoader:
        """The test images, in their order."""
        return self._loader("test", self.eval_batch_size)

    def predict_dataloader(self) -> BatchLoader:
        """The images to classify, in their order."""
        return self._loader("predict", self.eval_batch_size)

    def sample(self, count: int) -> Tensor:
        """The first training images, normalised, (count, C, H, W)."""
        images, labels = self.parts["train"]
        sampler = EpochSampler(min(count, len(images)), count, shuffle=False)
        return next(iter(BatchLoader(images[:count], labels[:count], self.mean, self.std, sampler))).images

    def _loader(
        self, part: str, batch_size: int, augmentation: Augmentation | None = None, shuffle: bool = False
    ) -> BatchLoader:
        trainer = self.trainer
        images, labels = self.parts[part]
        device = trainer.strategy.root_device
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if images.nbytes <= _SHARE_FOR_IMAGES * free:
                images, labels = images.to(device), labels.to(device)
        sampler = EpochSampler(
            len(images), batch_size, shuffle, self.seed, trainer.global_rank, trainer.world_size
        )
        return BatchLoader(images, labels, self.mean, self.std, sampler, augmentation)

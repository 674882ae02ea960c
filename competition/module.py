"""The LightningModule: a network, its loss, its optimizer, and what is measured."""

from __future__ import annotations

from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics.classification import MulticlassAccuracy

from competition.data import Batch
from competition.optim import GroupedOptimizer, Groups, linear_decay, parameter_groups


class Classifier(LightningModule):
    """Learns to tell ten classes of images apart.

    Args:
        net: images (N, C, H, W) -> logits (N, 10); one of `competition.models`.
        optimizer: how each group of parameters learns.
        label_smoothing: share of the target that is spread over all classes.
        warmup: share of the steps in which learning rates rise; then they fall to zero.
        views: of each image in testing and prediction, see `averaged_logits`: 1, 2 or 6.
        channels_last: keep filters with their channels last, which convolutions prefer.
        compile: compile the network with torch.compile.
    """

    def __init__(
        self,
        net: nn.Module,
        optimizer: Groups,
        label_smoothing: float = 0.0,
        warmup: float = 0.0,
        views: int = 1,
        channels_last: bool = True,
        compile: bool = False,
    ) -> None:
        super().__init__()
        if views not in VIEWS:
            raise ValueError(f"views must be one of {list(VIEWS)}, but got {views}")
        self.net = net.to(memory_format=torch.channels_last) if channels_last else net
        self.groups = optimizer
        self.label_smoothing = label_smoothing
        self.warmup = warmup
        self.views = views
        if compile:
            self.net.compile()
        self.accuracy = nn.ModuleDict(
            {
                f"{stage}_accuracy": MulticlassAccuracy(10, average="micro")
                for stage in ("train", "val", "test")
            }
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits, in float32 whatever the precision of the network."""
        return self.net(images).float()

    def setup(self, stage: str) -> None:
        """Sets the whitening convolution from training images; a checkpoint that is resumed replaces it."""
        if stage == "fit" and hasattr(self.net, "whiten_patches"):
            self.net.whiten_patches(self.trainer.datamodule.sample(5000))

    def on_train_epoch_start(self) -> None:
        """Spares the backward pass through the whitening convolution once its bias has learned enough.

        DistributedDataParallel expects a gradient of every parameter that it was given, so there it goes on.
        """
        epochs, whiten = self.groups.whitening.epochs, getattr(self.net, "whiten", None)
        if whiten and epochs is not None and self.current_epoch >= epochs and self.trainer.world_size == 1:
            whiten.bias.requires_grad_(False)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of a batch."""
        return self._measure("train", self(batch.images), batch.labels)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """One view of each image, as the curve needs no more."""
        self._measure("val", self(batch.images), batch.labels)

    def test_step(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        """Index, logits and labels."""
        logits = averaged_logits(self, batch.images, self.views)
        self._measure("test", logits, batch.labels)
        return batch.index, logits, batch.labels

    def predict_step(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        """Index, logits and labels, which are -1 where they are not known."""
        return batch.index, averaged_logits(self, batch.images, self.views), batch.labels

    def configure_optimizers(self) -> dict[str, Any]:
        """One optimizer, whose learning rates change after each batch."""
        optimizer = GroupedOptimizer(parameter_groups(self.net, self.groups))
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler = linear_decay(optimizer, steps, self.trainer.max_epochs, self.warmup)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _measure(self, stage: str, logits: Tensor, labels: Tensor) -> Tensor:
        loss = F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        accuracy = self.accuracy[f"{stage}_accuracy"]
        accuracy.update(logits, labels)
        common = {"on_step": False, "on_epoch": True, "batch_size": len(labels)}
        self.log(f"{stage}_loss", loss, sync_dist=True, **common)
        self.log(f"{stage}_accuracy", accuracy, prog_bar=True, **common)
        return loss


def _one_view(net: nn.Module, images: Tensor) -> Tensor:
    return net(images)


def _mirrored(net: nn.Module, images: Tensor) -> Tensor:
    return (net(images) + net(images.flip(-1))) / 2


def _mirrored_and_shifted(net: nn.Module, images: Tensor) -> Tensor:
    height, width = images.shape[-2:]
    around = F.pad(images, (1, 1, 1, 1), mode="reflect")
    shifted = (around[..., :height, :width], around[..., 2:, 2:])
    return _mirrored(net, images) / 2 + sum(_mirrored(net, moved) for moved in shifted) / 4


VIEWS = {1: _one_view, 2: _mirrored, 6: _mirrored_and_shifted}


def averaged_logits(net: nn.Module, images: Tensor, views: int) -> Tensor:
    """Test-time augmentation: the mean of the logits over several views of each image.

    Args:
        net: images -> logits.
        images: (N, C, H, W).
        views: 1 for the image itself, 2 for it and its mirror image, 6 for these two and both shifted by a
            pixel up and left, and down and right; the shifted four count as much as the other two.

    Returns:
        (N, classes)
    """
    return VIEWS[views](net, images)

"""What happens around the epochs of a run."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from competition.data.batches import seeded
from competition.errors import CompetitionError
from competition.memory import activation_bytes, free_memory
from npnn.serialization import open_atomically

METRICS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there when all of it is on the disk.

    A run that is killed at any moment leaves the checkpoint of the epoch before, whole.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """See `lightning.fabric.plugins.CheckpointIO`."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as stream:
            torch.save(checkpoint, stream)


class EpochSeed(Callback):
    """Gives each epoch a seed of its own: after a resume, dropout is what it would have been without."""

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seeds torch from the run's seed, the epoch and the process."""
        generator = seeded(trainer.datamodule.seed, trainer.current_epoch, trainer.global_rank)
        torch.manual_seed(generator.initial_seed())


class EpochTable(Callback):
    """One row for each epoch, training and validation side by side, in epochs.csv; the checkpoint has it too.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "epochs.csv"
        self.rows: list[dict[str, float]] = []
        self._started = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock."""
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Adds a row, and stops a run that can only get worse."""
        metrics = {name: float(trainer.callback_metrics.get(name, math.nan)) for name in METRICS}
        seconds = time.perf_counter() - self._started
        self.rows.append({"epoch": trainer.current_epoch + 1, **metrics, "seconds": seconds})
        if trainer.is_global_zero and not trainer.fast_dev_run:
            with open_atomically(self.path) as stream:
                pd.DataFrame(self.rows).to_csv(stream, index=False)
        if not math.isfinite(metrics["train_loss"]):
            raise CompetitionError(
                f"the training loss is {metrics['train_loss']} in epoch {trainer.current_epoch + 1}: try"
                " smaller learning rates, or --trainer.precision 32-true"
            )

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the rows of the run that is resumed."""
        self.rows = list(state_dict["rows"])


class MemoryCheck(Callback):
    """Says before the first step that the memory will not do, where the system would end the run halfway."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compares what a batch's activations take with what is free."""
        data = trainer.datamodule
        free = free_memory(pl_module.device)
        here = data.batch_size // trainer.world_size
        needed = here * activation_bytes(pl_module.net, data.sample(2).to(pl_module.device))
        if "16" in str(trainer.precision):
            needed //= 2
        if needed > free:
            raise CompetitionError(
                f"a batch of {here} images takes about {needed / 2**30:.1f} GiB, but {free / 2**30:.1f} GiB"
                f" of memory are free: try --data.batch_size {data.batch_size // 2} with"
                " --trainer.accumulate_grad_batches 2"
            )


class Outputs(Callback):
    """The logits of a test or of a prediction, from all processes, in the order of the images.

    Attributes:
        index: the images' numbers, (N,).
        logits: (N, classes).
        labels: (N,).
    """

    index: Tensor
    logits: Tensor
    labels: Tensor

    def __init__(self) -> None:
        self._batches: list[tuple[Tensor, ...]] = []

    def on_test_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *_: Any) -> None:
        """Keeps what a batch gave."""
        self._batches.append(tuple(part.cpu() for part in outputs))

    on_predict_batch_end = on_test_batch_end

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Puts everything together."""
        batches, self._batches = self._batches, []
        if trainer.world_size > 1:
            parts: list[Any] = [None] * trainer.world_size
            torch.distributed.all_gather_object(parts, batches)
            batches = [batch for part in parts for batch in part]
        index, logits, labels = (torch.cat(part) for part in zip(*batches, strict=True))
        order = index.argsort()
        self.index, self.logits, self.labels = index[order], logits[order], labels[order]

    on_predict_epoch_end = on_test_epoch_end

"""The command line: LightningCLI, and a folder for each run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only

from competition.arithmetic import training_flops
from competition.callbacks import AtomicCheckpointIO, EpochSeed, EpochTable, MemoryCheck, Outputs
from competition.data import ImageData
from competition.errors import CompetitionError
from competition.module import Classifier
from competition.parity import compare_predictions
from competition.report import CONFIG, EPOCHS, write_figures, write_report, write_text
from competition.submission import write_submission

CHECKPOINTS, LOGS, SUBMISSION = "checkpoints", "logs", "submission.csv"

_DESCRIPTION = (
    "The homework's competition: train, test, submit. Besides the commands below there are"
    " `ablate -c CONFIG`, which trains without one ingredient of a recipe at a time, and"
    " `sweep -c CONFIG --seeds 0,1,2 --vary KEY=VALUE,VALUE`, which averages over seeds."
)


class CompetitionTrainer(Trainer):
    """Lightning's trainer, which can also hold a network against its twin in NumPy."""

    def parity(self, model: LightningModule, datamodule: ImageData, ckpt_path: str | None = None) -> None:
        """Classify the test images with torch and with NumPy, and compare.

        Args:
            model: the module.
            datamodule: the images.
            ckpt_path: the checkpoint: a file, `best` or `last`.

        Raises:
            CompetitionError: they do not agree, and not because of rounding.
        """
        model.load_state_dict(torch.load(ckpt_path, map_location="cpu", weights_only=True)["state_dict"])
        datamodule.trainer = self
        datamodule.prepare_data()
        datamodule.setup("test")
        parity = compare_predictions(model.net, datamodule.test_dataloader(), datamodule.shape[-1])
        print(parity)
        if not parity.explained:
            raise CompetitionError("the predictions differ by more than rounding explains")


class CompetitionCLI(LightningCLI):
    """fit, validate, test, predict and parity for the configs of this project.

    A run has one folder, which `run` names: its configuration, checkpoints, logs, table of epochs, results,
    pictures, report and submission. `fit` trains, tests the best checkpoint and writes the report.

    Args:
        args: what stands behind the program's name; by default the process's own.
    """

    def __init__(self, args: Sequence[str] | None = None) -> None:
        super().__init__(
            Classifier,
            ImageData,
            subclass_mode_data=True,
            trainer_class=CompetitionTrainer,
            trainer_defaults={"log_every_n_steps": 5},
            seed_everything_default=0,
            save_config_callback=None,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
            parser_kwargs={"description": _DESCRIPTION, "prog": "python -m competition"},
            args=args,
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Lightning's own, and parity."""
        return {**LightningCLI.subcommands(), "parity": {"model", "datamodule"}}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """What the trainer, the model and the data do not have."""
        parser.add_argument("--run", default="experiments/competition", help="The folder of the run.")
        parser.add_argument(
            "--overwrite", type=bool, default=False, help="Replace an earlier run in the folder."
        )

    def before_instantiate_classes(self) -> None:
        """Finds the run's folder and the checkpoint in it."""
        config = self.config[self.subcommand]
        self.folder = Path(config.run)
        wanted = config.get("ckpt_path") or (None if self.subcommand == "fit" else "best")
        if wanted in ("best", "last"):
            file = self.folder / CHECKPOINTS / f"{wanted}.ckpt"
            if not file.exists():
                raise CompetitionError(
                    f"{file} does not exist: train first (python -m competition fit -c CONFIG), or say --run"
                )
            wanted = str(file)
        elif wanted and not Path(wanted).exists():
            raise CompetitionError(f"{wanted} does not exist: --ckpt_path takes best, last or a file")
        config.ckpt_path = wanted
        if self.subcommand == "fit" and not wanted and not config.trainer.fast_dev_run:
            self._make_room(config.overwrite)
        if self.subcommand == "predict":
            # One process keeps the order of the rows.
            config.trainer.devices, config.trainer.strategy = 1, "auto"

    @rank_zero_only
    def _make_room(self, overwrite: bool) -> None:
        if not (self.folder / CHECKPOINTS).exists():
            return
        if not overwrite:
            raise CompetitionError(
                f"{self.folder} holds a run already: --ckpt_path last continues it, --overwrite true replaces"
                " it, --run FOLDER leaves it alone"
            )
        for name in (CHECKPOINTS, LOGS):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Adds the loggers, the callbacks and the precision that suits the device."""
        self.outputs = Outputs()
        config = self._get(self.config_init, "trainer")
        callbacks, logger = [*(config.get("callbacks") or []), self.outputs], False
        if self.subcommand == "fit":
            callbacks += [EpochSeed(), EpochTable(self.folder), MemoryCheck()]
            if not config.get("fast_dev_run"):
                # A resumed run has logs of its own; epochs.csv holds all of its epochs.
                version = len(list((self.folder / LOGS).glob("*")))
                logs = {"save_dir": self.folder, "name": LOGS, "version": version}
                logger = [CSVLogger(**logs), TensorBoardLogger(**logs)]
                callbacks += [*self._checkpoints(), LearningRateMonitor("epoch")]
        settings = {
            "callbacks": callbacks,
            "logger": logger,
            "plugins": [*(config.get("plugins") or []), AtomicCheckpointIO()],
            "precision": config.get("precision") or default_precision(config.get("accelerator")),
            "enable_checkpointing": bool(logger),
            "default_root_dir": self.folder,
        }
        return super().instantiate_trainer(**settings, **kwargs)

    def _checkpoints(self) -> list[ModelCheckpoint]:
        """best.ckpt by validation accuracy, or the latest where no images validate, and last.ckpt."""
        common = {
            "dirpath": self.folder / CHECKPOINTS,
            "mode": "max",
            "save_on_train_epoch_end": True,
            "enable_version_counter": False,
        }
        monitor = "val_accuracy" if self.datamodule.validation else "step"
        # With save_last, Lightning writes last.ckpt only in epochs that are better than those before.
        return [
            ModelCheckpoint(filename="best", monitor=monitor, **common),
            ModelCheckpoint(filename="last", **common),
        ]

    @rank_zero_only
    def before_fit(self) -> None:
        """Writes the configuration into the run's folder."""
        if not self.trainer.fast_dev_run:
            text = self._parser("fit").dump(self.config["fit"])
            write_text(self.folder / CONFIG, text)

    def after_fit(self) -> None:
        """Tests the best checkpoint and writes the report."""
        best = None if self.trainer.fast_dev_run else str(self.folder / CHECKPOINTS / "best.ckpt")
        self.trainer.test(self.model, datamodule=self.datamodule, ckpt_path=best, verbose=False)
        self.after_test()

    @rank_zero_only
    def after_test(self) -> None:
        """Writes the figures and the report about the test."""
        if self.trainer.fast_dev_run:
            return
        height, width, channels = self.datamodule.shape
        facts = {
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "training_flops_per_image": training_flops(
                self.model.net, torch.zeros(2, channels, height, width)
            ),
            "device": str(self.trainer.strategy.root_device),
            "precision": str(self.trainer.precision),
            "seed": self._get(self.config, "seed_everything"),
        }
        results = write_figures(self.folder, self.outputs, self.datamodule, facts)
        if (self.folder / EPOCHS).exists() and (self.folder / CONFIG).exists():
            write_report(self.folder)
        print(f"test accuracy {results['test_accuracy']:.2%}; the run is in {self.folder}")

    def after_predict(self) -> None:
        """Writes the submission."""
        if self.trainer.fast_dev_run:
            return
        path = self.folder / SUBMISSION
        images = len(self.datamodule.parts["predict"][0])
        write_submission(path, self.outputs.index, self.outputs.logits, images)
        print(f"{images} predictions are in {path}")


def default_precision(accelerator: Any) -> str:
    """16-bit on a CUDA GPU, bfloat16 on a processor that multiplies in it, otherwise float32.

    Args:
        accelerator: as the trainer takes it.

    Returns:
        As the trainer takes it.
    """
    if accelerator in (None, "auto", "gpu", "cuda") and torch.cuda.is_available():
        return "16-mixed"
    abilities = torch.cpu.get_capabilities()
    on_cpu = accelerator in (None, "auto", "cpu") and not torch.backends.mps.is_available()
    if on_cpu and (abilities.get("avx512_bf16") or abilities.get("amx_bf16")):
        return "bf16-mixed"
    return "32-true"

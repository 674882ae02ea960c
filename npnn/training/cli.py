"""The command line: the group of all commands, `npnn train`, `npnn sweep iris` and `npnn predict`."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from npnn._version import __version__
from npnn.cs189.submission import SubmissionError
from npnn.datasets import DataError
from npnn.serialization import SerializationError
from npnn.training import experiment as files
from npnn.training import sweep as sweeps
from npnn.training.config import ConfigError, Hyperparameters, S
from npnn.training.data import prepare_iris
from npnn.training.experiment import Experiment, ExperimentError
from npnn.training.fashion_mnist import ImageTrainer, Recipe, prepare_fashion_mnist
from npnn.training.gradients import check_gradients
from npnn.training.homework import submission, sweep_ffnn, train_ffnn
from npnn.training.options import (
    ROOT,
    given_options,
    grid_options,
    hyperparameter_options,
    recipe_options,
    run_options,
)
from npnn.training.predict import load_classifier, predict_file, write_predictions
from npnn.training.progress import INTERRUPTED, epoch_progress
from npnn.training.run import DivergedError, Learner, finish, fit, restore
from npnn.training.trainer import EpochRecord, Trainer


class _OneSentenceErrors(click.Group):
    """A group that ends with one sentence and a non-zero status where something given cannot be used."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.UsageError(str(error)) from error
        except (DataError, DivergedError, ExperimentError, SerializationError, SubmissionError) as error:
            raise click.ClickException(str(error)) from error
        except MemoryError as error:
            raise click.ClickException(f"not enough memory: {error}") from error
        except BrokenPipeError:
            raise
        except OSError as error:
            # A write to a full disk does not say which file it was.
            where = error.filename or "to the disk"
            raise click.ClickException(f"cannot read or write {where}: {error.strerror or error}") from error


@click.group(cls=_OneSentenceErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="npnn")
def npnn() -> None:
    """Train, compare and use neural networks written in NumPy.

    \b
    Examples:
      npnn train iris                             learn Iris with the default settings
      npnn train fashion-mnist                    learn Fashion-MNIST, to an accuracy of 91%
      npnn sweep iris                             compare learning rates and hidden sizes
      npnn predict experiments/iris flowers.csv   classify the rows of a file
      npnn train-ffnn                             the network of CS 189's homework
      npnn submission -o submission.md            the code that the homework asks for
      npnn check-gradients my_layers:Conv2D       check a backward against finite differences
    """  # noqa: D301 - \b is what click wants


for _command in (check_gradients, train_ffnn, submission):
    npnn.add_command(_command)


@npnn.group(short_help="Train a network.")
def train() -> None:
    """Train a network; `npnn train iris --help` and `npnn train fashion-mnist --help` say how."""


@npnn.group(short_help="Train a grid of networks and compare them.")
def sweep() -> None:
    """Train a grid of networks and compare them; `npnn sweep iris --help` says how."""


sweep.add_command(sweep_ffnn)


@train.command("iris", short_help="Learn to tell three species of iris apart.")
@hyperparameter_options()
@run_options(default_name="iris")
@click.pass_context
def train_iris(
    ctx: click.Context,
    /,
    name: str,
    root: str,
    resume: bool,
    overwrite: bool,
    checkpoint_every: int,
    quiet: bool,
    plots: bool,
    **_: Any,
) -> None:
    """Train a multilayer perceptron to tell three species of iris apart.

    The data lies inside the package: 150 flowers, split into 105 to train on, 15 to validate and 30 to test,
    the same number of each species in each part. The run's folder, experiments/NAME, gets the
    hyperparameters, the metrics of each step and epoch, the model, the results, and plots of loss and
    accuracy.

    An earlier run is never replaced unless you say --overwrite. A run that was interrupted, or that is to
    have more epochs, continues with --resume, under its own hyperparameters.

    \b
    Examples:
      npnn train iris
      npnn train iris --hidden 16,8 --activation tanh --init xavier_uniform --name deep
      npnn train iris --lr 0.1 --schedule step --step-size 30 --gamma 0.3 --name steps
      npnn train iris --name deep --resume --epochs 200
    """  # noqa: D301 - \b is what click wants
    folder = Path(root, name)
    given = given_options(ctx)
    _refuse_both(resume, overwrite)
    with _resumable(f"npnn train iris{_where(name, root)} --resume"):
        earlier = Experiment.resume(folder, Hyperparameters, given) if resume else None
        hyperparameters = earlier.hyperparameters if earlier else Hyperparameters(**given)
        data = prepare_iris(hyperparameters.split_seed, hyperparameters.standardize)
        trainer = Trainer(hyperparameters, data)
        if earlier:
            restore(earlier, trainer)
        # A new folder is made only now, when nothing asked for has turned out to be impossible.
        experiment = earlier or Experiment.create(folder, hyperparameters, overwrite)
        _run(experiment, trainer, data, checkpoint_every, quiet, plots)
    if not quiet:
        click.echo(f"The run is in {folder}. Use it: {_predict_command(folder)}")


@train.command("fashion-mnist", short_help="Learn to tell ten kinds of clothes apart.")
@click.option(
    "--data",
    type=click.Path(),
    envvar="NPNN_DATA",
    default="data",
    show_default=True,
    show_envvar=True,
    help="The folder of the data sets, with FashionMNIST/raw in it.",
)
@recipe_options()
@run_options(default_name="fashion-mnist", checkpoint_every=1)
@click.pass_context
def train_fashion_mnist(
    ctx: click.Context,
    /,
    data: str,
    name: str,
    root: str,
    resume: bool,
    overwrite: bool,
    checkpoint_every: int,
    quiet: bool,
    plots: bool,
    **_: Any,
) -> None:
    """Train a multilayer perceptron to tell ten kinds of clothes apart.

    Fashion-MNIST has 60,000 images to train on, of which 5,000 are set aside to validate, and 10,000 to
    test. It is read from the folder --data, where torchvision keeps it as well; if it is not there, the
    command says how to get it. The run's folder, experiments/NAME, is like that of npnn train iris.

    The network is that of competition/configs/fashion_mnist.yaml, and so is the recipe: Muon for the hidden
    weights, AdamW for the rest, learning rates that fall to zero, batch norm, dropout, label smoothing,
    mirrored images.

    \b
    Examples:
      npnn train fashion-mnist
      npnn train fashion-mnist --data ~/data --epochs 10 --name short
      npnn train fashion-mnist --name short --resume
    """  # noqa: D301 - \b is what click wants
    folder = Path(root, name)
    given = given_options(ctx)
    _refuse_both(resume, overwrite)
    where = "" if data == "data" else f" --data {shlex.quote(data)}"
    with _resumable(f"npnn train fashion-mnist{where}{_where(name, root)} --resume"):
        earlier = Experiment.resume(folder, Recipe, given) if resume else None
        recipe = earlier.hyperparameters if earlier else Recipe(**given)
        images = prepare_fashion_mnist(data, recipe.validation)
        trainer = ImageTrainer(recipe, images)
        if earlier:
            restore(earlier, trainer)
        experiment = earlier or Experiment.create(folder, recipe, overwrite)
        _run(experiment, trainer, images, checkpoint_every, quiet, plots)
    if not quiet:
        click.echo(f"The run is in {folder}.")


@sweep.command("iris", short_help="Compare learning rates and hidden sizes on Iris.")
@grid_options()
@run_options(default_name="iris-sweep")
@click.pass_context
def sweep_iris(
    ctx: click.Context,
    /,
    name: str,
    root: str,
    resume: bool,
    overwrite: bool,
    checkpoint_every: int,
    quiet: bool,
    plots: bool,
    **_: Any,
) -> None:
    """Train on Iris with each learning rate, hidden size and seed, and compare them.

    Cells are sorted by their validation error, the mean over the seeds; validation loss decides between
    equals. Only the best cell is then tested. The folder experiments/NAME gets the tables (CSV), a heat map,
    the loss curve of the best run, and a folder for each run, which `npnn predict` takes.

    A sweep that was interrupted continues with --resume and keeps the runs that are done.

    \b
    Examples:
      npnn sweep iris
      npnn sweep iris --lr 0.01 --lr 0.1 --lr 1 --hidden 8 --hidden 32 --hidden 16,16 --seeds 5 --name wide
      npnn sweep iris --name wide --resume
    """  # noqa: D301 - \b is what click wants
    folder = Path(root, name)
    given = _grid(given_options(ctx, ctx.params))
    _refuse_both(resume, overwrite)
    with _resumable(f"npnn sweep iris{_where(name, root)} --resume"):
        if resume:
            settings = sweeps.resume_sweep(folder, given)
        else:
            settings = sweeps.SweepSettings.from_json(given)
            sweeps.create_sweep(folder, settings, overwrite)
        data = prepare_iris(settings.base.split_seed, settings.base.standardize)
        with epoch_progress(quiet) as progress:
            total = sum(1 for _ in settings.runs())
            task = progress.add_task("runs", total=total, metrics="")

            def show_epoch(record: EpochRecord) -> None:
                progress.update(
                    task, metrics=f"loss {record.train_loss:.4f}  accuracy {record.train_accuracy:6.1%}"
                )

            result = sweeps.run_sweep(
                folder, settings, data, checkpoint_every, lambda _: progress.advance(task), show_epoch
            )
        if plots:
            _plot_sweep(folder, settings, result)
    if not quiet:
        _print_sweep(folder, settings, result)


@npnn.command(short_help="Classify the rows of a CSV file.")
@click.argument("run", type=click.Path())
@click.argument("file", type=click.Path())
@click.option("--output", type=click.Path(), help="Write the table to this CSV file as well.")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it is there.")
def predict(run: str, file: str, output: str | None, overwrite: bool) -> None:
    """Classify the rows of FILE, a CSV file, with the network in the folder RUN.

    Columns are found by the names in the header, in any order, and others are left aside. Without a header
    the file holds just the features, in the order of training: sepal length, sepal width, petal length and
    petal width in cm.

    \b
    Examples:
      npnn predict experiments/iris flowers.csv
      npnn predict experiments/iris flowers.csv --output species.csv
    """  # noqa: D301 - \b is what click wants
    if output is not None and Path(output).exists() and not overwrite:
        raise ExperimentError(f"{output} already exists: --overwrite replaces it, or give another --output")
    classifier = load_classifier(run)
    predictions = predict_file(classifier, file)
    if output is not None:
        write_predictions(Path(output), predictions, classifier.class_names)
    table = Table("row", "class", "probability")
    table.columns[0].justify = table.columns[2].justify = "right"
    for prediction in predictions:
        table.add_row(str(prediction.row), prediction.label, f"{prediction.probability:.4f}")
    Console().print(table)


def _run(
    experiment: Experiment[S], trainer: Learner, data: object, checkpoint_every: int, quiet: bool, plots: bool
) -> None:
    """Trains to the last epoch, with a progress bar, the table of results and the plots."""
    subject, folder = experiment.hyperparameters.SUBJECT, experiment.folder
    with epoch_progress(quiet) as progress:
        task = progress.add_task(
            "training", total=experiment.hyperparameters.epochs, completed=trainer.epoch, metrics=""
        )

        def show(record: EpochRecord) -> None:
            metrics = f"loss {record.train_loss:.4f}  accuracy {record.train_accuracy:6.1%}"
            progress.update(task, completed=record.epoch, metrics=metrics)

        fit(experiment, trainer, checkpoint_every, show)
    results = finish(experiment, trainer, data, ("train", "validation", "test"))
    if plots:
        _plot_run(folder, folder / files.LOSS_PLOT, f"{subject}: loss of run {folder.name}")
        _plot_run_accuracy(folder, f"{subject}: accuracy of run {folder.name}")
    if not quiet:
        table = Table("", "rows", "loss", "accuracy", title=f"{subject} after {trainer.epoch} epochs")
        for column in table.columns[1:]:
            column.justify = "right"
        for part, metrics in results.items():
            rows = len(getattr(data, part).labels)
            table.add_row(part, str(rows), f"{metrics.loss:.4f}", f"{metrics.accuracy:.1%}")
        Console().print(table)


def _refuse_both(resume: bool, overwrite: bool) -> None:
    if resume and overwrite:
        raise ConfigError("--resume continues a run and --overwrite replaces it: give only one of them")


def _where(name: str, root: str) -> str:
    """The options that lead back to a run."""
    return f" --name {shlex.quote(name)}" + ("" if root == ROOT else f" --root {shlex.quote(root)}")


@contextlib.contextmanager
def _resumable(command: str) -> Iterator[None]:
    """Says after Ctrl-C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"Interrupted. Continue with: {command}", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def _grid(given: dict[str, Any]) -> dict[str, Any]:
    """The given settings of a sweep as JSON's own types."""
    grid = {field.name for field in dataclasses.fields(sweeps.SweepSettings)} | set(vars(Hyperparameters()))
    values = {name: value for name, value in given.items() if name in grid}
    for name in ("lr", "hidden"):
        if name in values:
            values[name] = [list(value) if isinstance(value, tuple) else value for value in values[name]]
    return values


def _plot_run(folder: Path, path: Path, title: str) -> None:
    from npnn.training.plots import plot_loss

    plot_loss(
        path, files.read_columns(folder / files.STEPS), files.read_columns(folder / files.EPOCHS), title
    )


def _plot_run_accuracy(folder: Path, title: str) -> None:
    from npnn.training.plots import plot_accuracy

    plot_accuracy(folder / files.ACCURACY_PLOT, files.read_columns(folder / files.EPOCHS), title)


def _plot_sweep(folder: Path, settings: sweeps.SweepSettings, result: sweeps.SweepResult) -> None:
    from npnn.training.plots import plot_heatmap

    plot_heatmap(
        folder / sweeps.HEATMAP,
        *sweeps.heatmap_arrays(settings, result.cells),
        rows=[str(lr) for lr in settings.lr],
        columns=[sweeps.label_hidden(hidden) for hidden in settings.hidden],
        title="Iris: validation error",
    )
    _plot_run(
        result.best_run, folder / files.LOSS_PLOT, f"Iris: loss of the best run, {result.best_run.name}"
    )


def _print_sweep(folder: Path, settings: sweeps.SweepSettings, result: sweeps.SweepResult) -> None:
    table = Table(
        "lr", "hidden", "validation error", "validation loss", title=f"Iris, {settings.seeds} seeds per cell"
    )
    for column in table.columns:
        column.justify = "right"
    for cell in result.cells:
        table.add_row(
            str(cell.lr),
            sweeps.label_hidden(cell.hidden),
            _spread(*cell.validation_error, "{:.1%}"),
            _spread(*cell.validation_loss, "{:.4f}"),
        )
    Console().print(table)
    best = result.cells[0]
    sizes, test_error = sweeps.label_hidden(best.hidden), _spread(*result.test_error, "{:.1%}")
    click.echo(f"Best: lr {best.lr}, hidden {sizes}; test error {test_error}.")
    click.echo(f"The sweep is in {folder}. Use its best run: {_predict_command(result.best_run)}")


def _predict_command(folder: Path) -> str:
    return f"npnn predict {shlex.quote(str(folder))} FILE.csv"


def _spread(mean: float, error: float, form: str) -> str:
    """Mean and standard error; the mean alone if there is but one seed."""
    if math.isnan(mean):
        return "diverged"
    return form.format(mean) + ("" if math.isnan(error) else " ± " + form.format(error))

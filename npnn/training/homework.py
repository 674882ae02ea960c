"""The homework's two scripts as commands, `npnn train-ffnn` and `npnn submission`, and `npnn sweep ffnn`."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from npnn.cs189.activations import ACTIVATIONS
from npnn.cs189.datasets import initialize_dataset
from npnn.cs189.logs import EpochRecord
from npnn.cs189.losses import LOSSES
from npnn.cs189.schedulers import SCHEDULERS
from npnn.cs189.submission import Package, Section, SubmissionError, collect, to_latex, to_markdown
from npnn.serialization import open_atomically
from npnn.training.feed_forward import PARTS, FeedForward, begin, train
from npnn.training.feed_forward_sweep import Sweep, SweepResult, begin_sweep, sweep
from npnn.training.options import F, new_run_options, sizes, stack
from npnn.training.progress import INTERRUPTED, epoch_progress
from npnn.training.run import DivergedError
from npnn.training.sweep import label_hidden

_DEFAULTS = FeedForward()


class _Number(click.FloatRange):
    """A number in a range; nan is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


_POSITIVE = _Number(min=0, min_open=True)
_COUNT = click.IntRange(min=1)

# Setting -> type of its option, and what the help says.
_OPTIONS: dict[str, tuple[Any, str]] = {
    "hidden": (sizes, "Width of each hidden layer, such as 25 or 16,8."),
    "activation": (click.Choice(list(ACTIVATIONS)), "What follows each hidden layer."),
    "output_activation": (click.Choice(list(ACTIVATIONS)), "What follows the last layer."),
    "weight_init": (str, "How the weights start, such as he_normal; biases start at zero."),
    "loss": (click.Choice(list(LOSSES)), "What training minimizes."),
    "lr": (_POSITIVE, "Learning rate of SGD."),
    "lr_scheduler": (click.Choice(list(SCHEDULERS)), "How the learning rate changes from epoch to epoch."),
    "lr_decay": (_POSITIVE, "exponential scheduler: the factor of one stage."),
    "stage_length": (_COUNT, "exponential scheduler: number of epochs in a stage."),
    "staircase": (bool, "exponential scheduler: change the rate only from stage to stage."),
    "momentum": (_Number(min=0), "Momentum of SGD."),
    "clip_norm": (_POSITIVE, "Greatest norm of the gradient of each parameter; inf does not clip."),
    "batch_size": (_COUNT, "Rows in each training step."),
    "epochs": (_COUNT, "Passes over the training rows."),
    "seed": (click.IntRange(0, 2**32 - 1), "Of the first weights and of the order of the rows."),
}

_GRID = Sweep()

_QUANTITIES = ("error", "loss")

# Format of a submission -> what sets it, and how it writes a comment.
_FORMATS: dict[str, tuple[Callable[[list[Section], int], str], str]] = {
    "markdown": (to_markdown, "<!-- {} -->"),
    "latex": (to_latex, "% {}"),
}

# Tells a submission from a file that is not to be lost.
_MARK = "Written by npnn submission"


def _option(name: str) -> Callable[[F], F]:
    kind, text = _OPTIONS[name]
    flag, default = "--" + name.replace("_", "-"), getattr(_DEFAULTS, name)
    if kind is bool:
        return click.option(flag, name, is_flag=True, help=text)
    if kind is sizes:
        return click.option(
            flag, name, type=sizes, default=",".join(map(str, default)), show_default=True, help=text
        )
    return click.option(flag, name, type=kind, default=default, show_default=default is not None, help=text)


def _grid_options() -> Callable[[F], F]:
    defaults = " ".join(label_hidden(hidden) for hidden in _GRID.hidden)
    return stack(
        [
            click.option(
                "--lr",
                type=_POSITIVE,
                multiple=True,
                default=_GRID.lr,
                show_default=" ".join(map(str, _GRID.lr)),
                help="A learning rate; may be repeated.",
            ),
            click.option(
                "--hidden",
                type=sizes,
                multiple=True,
                default=[",".join(map(str, hidden)) for hidden in _GRID.hidden],
                show_default=defaults,
                help="A width for each hidden layer; may be repeated.",
            ),
            *(_option(name) for name in _OPTIONS if name not in ("lr", "hidden")),
        ]
    )


def _settings(options: dict[str, Any]) -> FeedForward:
    clip_norm = options["clip_norm"]
    # JSON has no infinity, and not to clip has a name of its own.
    return FeedForward(**{**options, "clip_norm": None if clip_norm == math.inf else clip_norm})


@click.command("train-ffnn", short_help="The homework's train_ffnn.py: a network on Iris, over npnn.cs189.")
@stack([_option(name) for name in _OPTIONS])
@new_run_options(default_name=None)
def train_ffnn(
    name: str | None, root: str, overwrite: bool, quiet: bool, plots: bool, **options: Any
) -> None:
    """Train a feed-forward network on Iris with the package of CS 189's homework, npnn.cs189.

    Without options it is the homework's train_ffnn.py: a hidden layer of 25 ReLU units, softmax, cross
    entropy, SGD with momentum and clipped gradients, 100 epochs. The run's folder, experiments/NAME, gets the
    hyperparameters, the log of each epoch, the learned parameters, and plots of loss and error by epoch, of
    the loss by iteration, and of the largest and smallest weights.

    \b
    Examples:
      npnn train-ffnn
      npnn train-ffnn --hidden 16,8 --activation tanh --lr 0.03 --name deep
      npnn train-ffnn --lr-scheduler exponential --lr-decay 0.5 --stage-length 30 --staircase --name stairs
    """  # noqa: D301 - \b is what click wants
    settings = _settings(options)
    folder = Path(root, name or settings.model_name)
    dataset = initialize_dataset("iris", settings.batch_size)
    model = begin(settings, folder, overwrite, plots)
    with _interruptible(folder), epoch_progress(quiet) as progress:
        task = progress.add_task("training", total=settings.epochs, metrics="")

        def show(record: EpochRecord) -> None:
            progress.update(task, completed=record.epoch, metrics=_brief(record))

        run = train(settings, model, dataset, folder, plots, show)
    if run.diverged:
        raise DivergedError(
            f"training diverged: the loss became {model.records[-1].train_loss} in epoch {model.epoch} with"
            f" lr {settings.lr}; a smaller --lr or --clip-norm may help. The log is in {folder}"
        )
    if not quiet:
        table = Table("", "rows", "loss", "error", "accuracy", title=f"Iris after {settings.epochs} epochs")
        _align_right(table, first=1)
        rows = (
            dataset.n_training,
            dataset.n_validation,
            0 if dataset.test is None else dataset.test.n_samples,
        )
        for part, count in zip(PARTS, rows, strict=True):
            loss, error = run.evaluate(dataset, part)
            accuracy = f"{1 - error:.1%}" if settings.loss == "cross_entropy" else ""
            table.add_row(part, str(count), f"{loss:.4f}", f"{error:.4f}", accuracy)
        Console().print(table)
        click.echo(f"The run is in {folder}.")


@click.command("ffnn", short_help="Compare learning rates and hidden sizes of the homework's network.")
@_grid_options()
@new_run_options(default_name="ffnn-sweep")
def sweep_ffnn(
    lr: tuple[float, ...],
    hidden: tuple[tuple[int, ...], ...],
    name: str,
    root: str,
    overwrite: bool,
    quiet: bool,
    plots: bool,
    **options: Any,
) -> None:
    """Train the homework's network with each learning rate and hidden size, and compare them.

    Runs are sorted by their validation error; validation loss decides between equals. Only the best run is
    then tested. The folder experiments/NAME gets the table (CSV), a plot with the loss of all runs by
    iteration, and a folder for each run with a plot of its own.

    \b
    Examples:
      npnn sweep ffnn
      npnn sweep ffnn --lr 0.01 --lr 0.03 --lr 0.1 --hidden 10 --hidden 16,8 --epochs 50 --name short
    """  # noqa: D301 - \b is what click wants
    grid = Sweep(_settings(options), lr, hidden)
    folder = Path(root, name)
    dataset = initialize_dataset("iris", grid.base.batch_size)
    begin_sweep(grid, folder, overwrite)
    with _interruptible(folder), epoch_progress(quiet) as progress:
        task = progress.add_task("runs", total=len(lr) * len(hidden), metrics="")
        result = sweep(
            grid,
            dataset,
            folder,
            plots,
            on_run=lambda: progress.advance(task),
            on_epoch=lambda record: progress.update(task, metrics=_brief(record)),
        )
    if not quiet:
        _print_sweep(result)
        click.echo(f"The sweep is in {folder}.")


@click.command(short_help="Collect the code that the homework asks for.")
@click.option(
    "-f",
    "--format",
    "format",
    type=click.Choice(list(_FORMATS)),
    default="markdown",
    show_default=True,
    help="What the code is set as.",
)
@click.option(
    "-o", "--output", type=click.Path(), help="Write this file.  [default: print to standard output]"
)
@click.option(
    "--heading-level",
    "--heading_level",
    "heading_level",
    type=click.IntRange(1, 3),
    default=1,
    show_default=True,
    help="Of the sections: 1 is # or \\section, 3 is ### or \\subsubsection.",
)
@click.option("--package", default="npnn.cs189", show_default=True, help="Where the code is.")
@click.option("--overwrite", is_flag=True, help="Replace the output file even if it holds something else.")
def submission(format: str, output: str | None, heading_level: int, package: str, overwrite: bool) -> None:
    """Collect the code that the homework asks for, as generate_submission.py does.

    These are the activations Linear, Sigmoid, ReLU and SoftMax, the layers FullyConnected, Pool2D and
    Conv2D, the losses CrossEntropy and L2, and forward, backward and predict of NeuralNetwork; methods that a
    class inherits are shown with its base class. The package is found in the current directory or on Python's
    path, and read without being run.

    An earlier submission is replaced, another file only if you say --overwrite. The LaTeX is a part for
    \\input: its first lines say which packages the document needs.

    \b
    Examples:
      npnn submission -o submission.md
      npnn submission -f latex -o code.tex --heading_level 2 --package neural_networks
    """  # noqa: D301 - \b is what click wants
    render, comment = _FORMATS[format]
    text = comment.format(f"{_MARK} from the package {package}") + "\n\n"
    text += render(collect(Package(package)), heading_level)
    if output is None:
        click.echo(text, nl=False)
        return
    path = Path(output)
    if not overwrite and path.is_file() and not _is_submission(path):
        raise SubmissionError(
            f"{output} holds something else than a submission: --overwrite replaces it, or give another"
            " --output"
        )
    with open_atomically(path) as stream:
        stream.write(text.encode())


def _is_submission(path: Path) -> bool:
    first = path.read_bytes().split(b"\n", 1)[0]
    return not first or _MARK.encode() in first


def _print_sweep(result: SweepResult) -> None:
    table = Table(
        "lr",
        "hidden",
        *(f"{part} {quantity}" for part in ("validation", "train") for quantity in _QUANTITIES),
    )
    table.title = "Iris, best run first"
    _align_right(table)
    for run, on_train, on_validation in result.ranking:
        cells = [
            "diverged" if math.isnan(value) else f"{value:.4f}"
            for part in (on_validation, on_train)
            for value in (getattr(part, quantity) for quantity in _QUANTITIES)
        ]
        table.add_row(str(run.settings.lr), label_hidden(run.settings.hidden), *cells)
    Console().print(table)
    best = result.ranking[0].run.settings
    click.echo(
        f"Best: lr {best.lr}, hidden {label_hidden(best.hidden)}; test error {result.test.error:.4f}, test"
        f" loss {result.test.loss:.4f}."
    )


def _brief(record: EpochRecord) -> str:
    return f"loss {record.train_loss:.4g}  error {record.train_error:.4g}"


def _align_right(table: Table, first: int = 0) -> None:
    for column in table.columns[first:]:
        column.justify = "right"


@contextlib.contextmanager
def _interruptible(folder: Path) -> Iterator[None]:
    """Says after Ctrl-C what there is."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"Interrupted. What was done is in {folder}; --overwrite starts anew.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None

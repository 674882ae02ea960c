"""The command line's options: one for each hyperparameter, and those that say where a run goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

import click
from click.core import ParameterSource

from npnn.training.config import DTYPES, SCHEDULES, Hyperparameters, Settings
from npnn.training.experiment import check_name
from npnn.training.fashion_mnist import Recipe
from npnn.training.model import ACTIVATIONS, INITIALIZERS

F = TypeVar("F", bound=Callable[..., Any])

ROOT = "experiments"

# Setting -> type of its option, what the help says, and what it says of the default if that is not the
# value itself.
Options: TypeAlias = dict[str, tuple[Any, str, str | None]]


def sizes(text: str) -> tuple[int, ...]:
    """Reads hidden sizes, one for each layer, with commas between them.

    Args:
        text: from the command line.

    Returns:
        The sizes.

    Raises:
        BadParameter: they are no whole numbers.
    """
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not one whole number for each hidden layer, such as 16 or 16,8"
        ) from None


_OPTIONS: Options = {
    "hidden": (sizes, "Width of each hidden layer, such as 16 or 16,8.", "16"),
    "activation": (click.Choice(list(ACTIVATIONS)), "What follows each hidden layer.", None),
    "init": (
        click.Choice(list(INITIALIZERS)),
        "How the weights start: as nn.Linear draws them, or as nn.init does, with biases at zero.",
        None,
    ),
    "lr": (float, "Learning rate of SGD.", None),
    "schedule": (click.Choice(list(SCHEDULES)), "How the learning rate changes from epoch to epoch.", None),
    "factor": (float, "constant schedule: multiplies the learning rate in the first epochs.", "1.0"),
    "total_iters": (int, "constant schedule: how many epochs that lasts.", "5"),
    "gamma": (
        float,
        "exponential and step schedule: multiplies the learning rate each time.",
        "0.98 and 0.1",
    ),
    "step_size": (int, "step schedule: epochs from one step to the next.", "50"),
    "momentum": (float, "Momentum of SGD.", None),
    "weight_decay": (float, "L2 penalty of SGD.", None),
    "clip_norm": (float, "Greatest norm of the gradient.", "not clipped"),
    "batch_size": (int, "Rows in each training step.", None),
    "epochs": (int, "Passes over the training rows.", None),
    "seed": (int, "Of the first weights and of the order of the rows.", None),
    "split_seed": (int, "Of the split into 105 rows to train on, 15 to validate and 30 to test.", None),
    "dtype": (click.Choice(DTYPES), "Of the network and its arithmetic.", None),
    "standardize": (bool, "Shift and scale features by mean and deviation of the training rows.", None),
}


def hyperparameter_options(names: Iterable[str] = tuple(_OPTIONS)) -> Callable[[F], F]:
    """Gives a command one option for each hyperparameter.

    Args:
        names: the hyperparameters, in the order of the help text.

    Returns:
        The decorator.
    """
    return stack([_option(name, _OPTIONS[name], Hyperparameters()) for name in names])


_RECIPE_OPTIONS: Options = {
    "hidden": (sizes, "Width of each hidden layer, such as 512 or 512,256.", "512,256"),
    "dropout": (float, "Share of a hidden layer's features that are dropped.", None),
    "label_smoothing": (float, "Share of the target that is spread over all classes.", None),
    "flip": (bool, "Mirror images at random, and average over both views in the results.", None),
    "translate": (int, "By how many pixels images are shifted at most in training.", None),
    "lr": (float, "Learning rate of Muon, for the hidden weights.", None),
    "momentum": (float, "Momentum of Muon.", None),
    "adamw_lr": (float, "Learning rate of AdamW, for everything else.", None),
    "weight_decay": (float, "Weight decay of AdamW, on the last layer.", None),
    "batch_size": (int, "Images in each training step.", None),
    "epochs": (int, "Passes over the training images.", None),
    "validation": (int, "Training images that are set aside.", None),
    "seed": (int, "Of the first weights and of everything random in training.", None),
}


def recipe_options() -> Callable[[F], F]:
    """Gives a command one option for each setting of a `Recipe`.

    Returns:
        The decorator.
    """
    return stack([_option(name, option, Recipe()) for name, option in _RECIPE_OPTIONS.items()])


def grid_options() -> Callable[[F], F]:
    """Gives a command the options of a sweep: several lr and hidden, seeds, and all other hyperparameters.

    Returns:
        The decorator.
    """
    rest = hyperparameter_options(name for name in _OPTIONS if name not in ("lr", "hidden", "seed"))
    return stack(
        [
            click.option(
                "--lr",
                type=float,
                multiple=True,
                help="A learning rate; may be repeated.  [default: 0.003 0.03 0.3]",
            ),
            click.option(
                "--hidden",
                type=sizes,
                multiple=True,
                help="A width for each hidden layer; may be repeated.  [default: 4 16 64]",
            ),
            click.option(
                "--seeds",
                type=int,
                default=3,
                show_default=True,
                help="Runs in each cell, with seeds 0, 1, 2, ...",
            ),
            rest,
        ]
    )


def run_options(default_name: str, checkpoint_every: int = 10) -> Callable[[F], F]:
    """Gives a command the options of a run that can be resumed.

    Args:
        default_name: name of the run unless another is given.
        checkpoint_every: epochs between checkpoints unless another number is given.

    Returns:
        The decorator.
    """
    return stack(
        [
            new_run_options(default_name),
            click.option(
                "--resume",
                is_flag=True,
                help="Continue a run, to the same numbers as if it had never stopped.",
            ),
            click.option(
                "--checkpoint-every",
                type=click.IntRange(min=1),
                default=checkpoint_every,
                show_default=True,
                help="Epochs between two points from which --resume can continue.",
            ),
        ]
    )


def new_run_options(default_name: str | None) -> Callable[[F], F]:
    """Gives a command the options that say where a run goes and what is shown of it.

    Args:
        default_name: name of the run unless another is given; None for one that the settings decide.

    Returns:
        The decorator.
    """
    return stack(
        [
            click.option(
                "--name",
                default=default_name,
                show_default=default_name or "made of the settings",
                callback=lambda ctx, param, value: None if value is None else check_name(value),
                help="Name of the run's folder.",
            ),
            click.option(
                "--root",
                type=click.Path(),
                default=ROOT,
                show_default=True,
                help="Where the runs' folders are.",
            ),
            click.option("--overwrite", is_flag=True, help="Replace an earlier run of the same name."),
            click.option("--quiet", is_flag=True, help="Print nothing but errors."),
            click.option("--plots/--no-plots", default=True, show_default=True, help="Draw the PNG files."),
        ]
    )


def given_options(ctx: click.Context, names: Iterable[str] = (*_OPTIONS, *_RECIPE_OPTIONS)) -> dict[str, Any]:
    """The options that were really on the command line.

    Args:
        ctx: of the command.
        names: which options to look at.

    Returns:
        Name -> value.
    """
    return {
        name: ctx.params[name]
        for name in names
        if name in ctx.params and ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }


def _option(name: str, option: tuple[Any, str, str | None], defaults: Settings) -> Callable[[F], F]:
    kind, text, default = option
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        flag, kind = f"{flag}/--no-{flag[2:]}", None
    if default is None:
        return click.option(
            flag, name, type=kind, default=getattr(defaults, name), show_default=True, help=text
        )
    return click.option(flag, name, type=kind, help=f"{text}  [default: {default}]")


def stack(decorators: Iterable[Callable[[F], F]]) -> Callable[[F], F]:
    """Makes one decorator of many.

    Args:
        decorators: options, in the order of the help text.

    Returns:
        The decorator.
    """

    def decorate(command: F) -> F:
        for decorator in reversed(list(decorators)):
            command = decorator(command)
        return command

    return decorate

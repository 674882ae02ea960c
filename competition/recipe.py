"""The ingredients of the recipes: what each is for, and how to train without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ingredient:
    """One part of a recipe.

    Attributes:
        name: as the tables show it.
        purpose: what it does for the network.
        off: the settings that leave it out. A recipe has the ingredient if its first setting is another one.
    """

    name: str
    purpose: str
    off: dict[str, Any]


INGREDIENTS = (
    Ingredient(
        "whitening",
        "The first convolution is computed, not learned: it gives uncorrelated directions of 2 x 2 patches"
        " the same variance, so that the first steps need not discover that neighbouring pixels are alike.",
        {"model.net.init_args.whitening": False},
    ),
    Ingredient(
        "Dirac initialisation",
        "A convolution starts by handing its input on, so that the gradient reaches all layers from the first"
        " step.",
        {"model.net.init_args.dirac": False},
    ),
    Ingredient(
        "batch norm",
        "Features keep mean zero and variance one whatever the layers below learn, which allows large steps.",
        {"model.net.init_args.batch_norm": False},
    ),
    Ingredient(
        "dropout",
        "A feature cannot rely on any other one to be there, which holds back overfitting.",
        {"model.net.init_args.dropout": 0.0},
    ),
    Ingredient(
        "Muon",
        "The update of a matrix is made orthogonal, so that rare directions of the gradient learn as fast as"
        " the dominant ones. Without it: AdamW with learning rate 0.002.",
        {
            "model.optimizer.matrices.rule": "adamw",
            "model.optimizer.matrices.lr": 0.002,
            "model.optimizer.matrices.normalize": False,
        },
    ),
    Ingredient(
        "weight normalisation",
        "Filters are scaled to norm one before each step, so that the learning rate alone says how far they"
        " turn.",
        {"model.optimizer.matrices.normalize": False},
    ),
    Ingredient(
        "label smoothing",
        "The target leaves some probability to the other classes, so that training does not push logits"
        " without end.",
        {"model.label_smoothing": 0.0},
    ),
    Ingredient(
        "alternating flip",
        "Every image is shown in turn as it is and mirrored, rather than at random. Without it: random"
        " flips.",
        {"data.init_args.flip": "random"},
    ),
    Ingredient(
        "flip",
        "A mirrored object is the same object: this doubles the training images.",
        {"data.init_args.flip": "none"},
    ),
    Ingredient(
        "shift",
        "An object moved by a few pixels is the same object.",
        {"data.init_args.translate": 0},
    ),
    Ingredient(
        "cutout",
        "A blanked square makes the network look at all of the object.",
        {"data.init_args.cutout": 0},
    ),
    Ingredient(
        "warmup",
        "Learning rates rise at first, until the running averages and the first layers have settled.",
        {"model.warmup": 0.0},
    ),
    Ingredient(
        "test-time augmentation",
        "Logits are averaged over several views of each test image.",
        {"model.views": 1},
    ),
)


def ingredients_of(config: Mapping[str, Any]) -> list[Ingredient]:
    """The ingredients that a recipe has.

    Args:
        config: a recipe, which names its ingredients, or the configuration of a run, which is complete.

    Returns:
        In the order of `INGREDIENTS`.
    """

    def present(ingredient: Ingredient) -> bool:
        key, off = next(iter(ingredient.off.items()))
        return setting(config, key, off) not in (off, "none")

    found = [ingredient for ingredient in INGREDIENTS if present(ingredient)]
    # Muon is an ingredient where matrices follow it, whatever else the others have.
    return [
        one
        for one in found
        if one.name != "Muon" or setting(config, "model.optimizer.matrices.rule") == "muon"
    ]


def setting(config: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """The value at a dotted key, or the default where there is none."""
    value: Any = config
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return default
        value = value[part]
    return value

"""Which ingredients the recipes have."""

import pytest
import yaml

from competition.recipe import INGREDIENTS, ingredients_of, setting

EXPECTED = {
    "cifar10": (
        "whitening, Dirac initialisation, Muon, weight normalisation, label smoothing, alternating flip,"
        " flip, shift, test-time augmentation"
    ),
    "cifar10_course": "label smoothing, flip, shift, warmup, test-time augmentation",
    "fashion_mnist": (
        "batch norm, dropout, Muon, weight normalisation, label smoothing, flip, test-time augmentation"
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_ingredients_as_the_recipe_says(name, configs):
    config = yaml.safe_load((configs / f"{name}.yaml").read_text())
    assert {one.name for one in ingredients_of(config)} == set(EXPECTED[name].split(", "))


def test_a_dotted_key():
    assert setting({"a": {"b": 3}}, "a.b") == 3
    assert setting({"a": {"b": 3}}, "a.c", 4) == 4
    assert setting({"a": 1}, "a.c") is None


def test_every_ingredient_says_what_it_is_for():
    assert len({one.name for one in INGREDIENTS}) == len(INGREDIENTS)
    for one in INGREDIENTS:
        assert one.purpose.endswith(".")
        assert one.off

"""Samples that are left out hold no pair of options that those which stay do not."""

from itertools import combinations, product

import numpy as np
import pytest
import torch

from torch_ref.covering import covering, few

KERNELS, PADDINGS, MODES, CEILINGS = (2, (3, 2)), (0, 1), ("zeros", "reflect", "circular"), (False, True)
PRODUCT = list(product(KERNELS, PADDINGS, MODES, CEILINGS))
X = torch.ones(3, 2)


def calls(options):
    return [((X, kernel, pad), {"mode": mode, "more": {"ceil": up}}) for kernel, pad, mode, up in options]


@pytest.mark.parametrize("strength", [1, 2, 3, 4])
def test_every_combination_of_so_many_options_is_there(strength):
    def combined(options):
        return {part for one in options for part in combinations(enumerate(one), strength)}

    kept = [PRODUCT[number] for number in covering(calls(PRODUCT), strength)]
    assert combined(kept) == combined(PRODUCT)
    assert len(kept) < len(PRODUCT) or strength == 4


def test_few_hold_as_many_options_as_they_can():
    def held(numbers):
        return {(place, option) for number in numbers for place, option in enumerate(PRODUCT[number])}

    assert held(few(calls(PRODUCT), 3)) == held(range(len(PRODUCT)))
    assert len(few(calls(PRODUCT), len(PRODUCT))) == 3
    assert [len(held(few(calls(PRODUCT), many))) for many in (1, 2)] == [4, 8]


def test_all():
    assert list(covering(calls(PRODUCT), None)) == list(range(len(PRODUCT)))


@pytest.mark.parametrize(
    ("one", "another", "alike"),
    [
        (X, 7 * torch.ones(5, 4), True),
        (X, X.double(), False),
        (X, torch.ones(3, 2, 1), False),
        (X, torch.ones(2, 3).T, False),
        (X, torch.ones(0, 2), False),
        ((X, None), (X, X), False),
        ((X, X), (X + 1, X), True),
        (2, 2.0, False),
        (True, False, False),
        ("zeros", "reflect", False),
        (np.ones(3), np.ones(4), False),
    ],
)
def test_what_makes_arguments_alike(one, another, alike):
    """Of tensors, neither their numbers nor their sizes, which tests seldom vary for their own sake."""
    assert len(list(covering([((one,), {}), ((another,), {})], 2))) == (1 if alike else 2)

"""Weights seen in torch's order of axes."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.utils._layout import carry_axes, from_torch_order, in_torch_order, torch_axes

LAYERS = {
    (3, 5): nn.Linear(5, 3),
    (6, 2, 3): nn.Conv1d(4, 6, 3, groups=2),
    (4, 3, 3, 2): nn.ConvTranspose2d(4, 6, (3, 2), groups=2),
    (7, 4): nn.Embedding(7, 4),
    (2, 5, 3): nn.Bilinear(5, 3, 2),
}


@pytest.mark.parametrize("shape", LAYERS)
def test_there_and_back(shape):
    weight = LAYERS[shape].weight
    axes = torch_axes(weight)
    seen = in_torch_order(weight, axes)
    assert seen.shape == shape
    np.testing.assert_array_equal(from_torch_order(seen, axes).detach(), weight.detach())


def test_vectors_and_numbers_have_one_order():
    for tensor in (npnn.tensor(3.0), npnn.ones(2)):
        axes = torch_axes(tensor)
        assert from_torch_order(in_torch_order(tensor, axes), axes).shape == tensor.shape


def test_axes_are_carried_by_what_has_as_many():
    weight = LAYERS[4, 3, 3, 2].weight
    assert torch_axes(carry_axes(weight * 2, weight)) == (2, 3, 0, 1)
    assert torch_axes(carry_axes(weight.norm(), weight)) == ()
    assert torch_axes(carry_axes(npnn.ones(3, 2), LAYERS[3, 5].weight)) == (1, 0)
    assert torch_axes(npnn.ones(3, 2)) == (0, 1)

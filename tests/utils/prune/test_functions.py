"""Pruning modules with one call."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.utils import prune


def test_dim_counts_torchs_axes():
    """0 is outputs and 1 inputs, wherever they stand here, and in transposed convolutions the other way."""
    for make, outputs_dim in ((nn.Conv1d, 0), (nn.ConvTranspose1d, 1)):
        inputs, outputs = (-2, -1)
        for dim, axis in ((outputs_dim, outputs), (1 - outputs_dim, inputs)):
            layer = prune.ln_structured(make(4, 6, 3), "weight", amount=1, n=2, dim=dim)
            gone = np.moveaxis(layer.weight_mask.numpy(), axis, 0).sum((1, 2)) == 0
            norms = np.linalg.norm(
                np.moveaxis(layer.weight_orig.detach().numpy(), axis, 0).reshape(len(gone), -1), axis=1
            )
            np.testing.assert_array_equal(gone, norms == norms.min())


def test_global_pruning_compares_all_weights():
    net = nn.Sequential(nn.Linear(3, 2), nn.Embedding(4, 2), nn.Linear(2, 2))
    net[0].weight.data = npnn.tensor([[1.0, 8.0], [2.0, 7.0], [3.0, 6.0]])
    net[1].weight.data = npnn.tensor([[10.0, -1.5], [20.0, 0.5], [30.0, 40.0], [-2.5, 50.0]])
    prune.l1_unstructured(net[0], "weight", amount=1)
    pairs = ((layer, "weight") for layer in net[:2])
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=4)
    assert net[0].weight_mask.tolist() == [[0, 1], [0, 1], [1, 1]]
    assert net[1].weight_mask.tolist() == [[1, 0], [1, 0], [1, 1], [0, 1]]
    assert not prune.is_pruned(net[2])


def test_global_pruning_by_scores():
    layer = nn.Linear(3, 2)
    scores = {(layer, "weight"): npnn.tensor([[1.0, 5.0], [6.0, 2.0], [3.0, 4.0]])}
    prune.global_unstructured([(layer, "weight")], prune.L1Unstructured, scores, amount=0.5)
    assert layer.weight_mask.tolist() == [[0, 1], [1, 0], [0, 1]]


def test_global_pruning_refuses():
    layer = nn.Linear(3, 2)
    with pytest.raises(TypeError, match="pairs of a module and a name, got int"):
        prune.global_unstructured(3, prune.L1Unstructured, amount=1)
    with pytest.raises(TypeError, match="must be a dict, got list"):
        prune.global_unstructured([(layer, "weight")], prune.L1Unstructured, [1], amount=1)
    with pytest.raises(TypeError, match="RandomStructured is structured"):
        prune.global_unstructured([(layer, "weight")], prune.RandomStructured, amount=1)
    assert not prune.is_pruned(layer)


def test_states_are_saved_and_loaded():
    first, second = (prune.random_unstructured(nn.Conv1d(4, 6, 3), "weight", amount=0.5) for _ in "12")
    second.load_state_dict(first.state_dict())
    x = npnn.ones(2, 5, 4)
    np.testing.assert_array_equal(first(x).detach(), second(x).detach())


def test_masks_and_scores_are_in_the_order_of_the_weight():
    layer = prune.custom_from_mask(nn.Linear(3, 2), "weight", npnn.tensor([[1, 0], [0, 1], [1, 1]]))
    assert layer.weight_mask.tolist() == [[1, 0], [0, 1], [1, 1]]
    with pytest.raises(AssertionError, match="the mask has the shape"):
        prune.custom_from_mask(nn.Linear(3, 2), "weight", npnn.ones(2, 3))
    with pytest.raises(AssertionError, match="importance_scores must have the shape"):
        prune.l1_unstructured(nn.Linear(3, 2), "weight", 1, importance_scores=npnn.ones(2, 3))


def test_removing():
    layer = prune.random_structured(nn.Linear(3, 2), "weight", amount=1, dim=0)
    assert prune.is_pruned(nn.Sequential(layer))
    assert prune.remove(layer, "weight") is layer
    assert not prune.is_pruned(layer)
    with pytest.raises(ValueError, match="'weight' is not pruned"):
        prune.remove(layer, "weight")

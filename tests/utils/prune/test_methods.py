"""Which elements and which channels each method prunes."""

import numpy as np
import pytest

import npnn
from npnn.utils import prune

T = npnn.tensor([[1.0, -5.0, 2.0, 0.5], [-3.0, 4.0, 6.0, -0.25], [7.0, 1.5, -8.0, 9.0]])
ONES = npnn.ones(3, 4)


def mask_of(method, t=T, default_mask=ONES):
    return method.compute_mask(t, default_mask=default_mask).tolist()


def test_the_smallest_go_first():
    assert mask_of(prune.L1Unstructured(3)) == [[0, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert mask_of(prune.L1Unstructured(0.25)) == mask_of(prune.L1Unstructured(3))
    assert mask_of(prune.L1Unstructured(0)) == ONES.tolist()
    assert mask_of(prune.L1Unstructured(12)) == [[0] * 4] * 3


def test_parts_are_rounded_to_even_as_python_does():
    assert np.sum(mask_of(prune.L1Unstructured(0.375))) == 12 - 4  # 4.5
    assert np.sum(mask_of(prune.L1Unstructured(5.5 / 12))) == 12 - 6


@pytest.mark.parametrize("amount", [0, 1, 5, 12, 0.5, 1.0])
def test_random_elements_are_as_many_as_were_asked_for(amount):
    count = amount if isinstance(amount, int) else round(amount * 12)
    assert np.sum(mask_of(prune.RandomUnstructured(amount))) == 12 - count


@pytest.mark.parametrize(("dim", "axis"), [(0, 1), (1, 0), (-1, 0)])
def test_random_channels_go_as_a_whole(dim, axis):
    mask = np.array(mask_of(prune.RandomStructured(2, dim)))
    kept = mask.max(axis)
    assert kept.sum() == mask.shape[1 - axis] - 2
    np.testing.assert_array_equal(mask, np.broadcast_to(np.expand_dims(kept, axis), mask.shape))


@pytest.mark.parametrize(
    ("n", "dim", "count", "kept"),
    [
        (2, 0, 1, [0, 1, 1]),
        (1, 0, 2, [0, 0, 1]),
        ("fro", 0, 1, [0, 1, 1]),
        (float("inf"), 1, 2, [0, 0, 1, 1]),
        (float("-inf"), 1, 1, [1, 1, 1, 0]),
        (0.5, 1, 1, [1, 1, 1, 0]),
    ],
)
def test_the_channels_of_the_smallest_norm_go_first(n, dim, count, kept):
    along = np.reshape(kept, (-1, 1) if dim == 0 else (1, -1))
    mask = mask_of(prune.LnStructured(count, n, dim))
    np.testing.assert_array_equal(mask, np.broadcast_to(along, (3, 4)))


def test_the_nuclear_norm_tells_ranks_apart():
    """Of the same Frobenius norm, the matrix of full rank has the larger sum of singular values."""
    t = npnn.tensor(np.stack([np.eye(2), np.array([[1.0, 1.0], [0.0, 0.0]])]))
    mask = prune.LnStructured(1, "nuc", 0).compute_mask(t, default_mask=npnn.ones(2, 2, 2))
    assert mask.sum((1, 2)).tolist() == [4, 0]


def test_earlier_masks_are_respected():
    earlier = npnn.tensor([[0.0, 1.0, 1.0, 1.0]] * 3)
    for method in (prune.LnStructured(1, 2, 0), prune.L1Unstructured(1), prune.RandomStructured(1, 0)):
        assert np.array(mask_of(method, default_mask=earlier))[:, 0].sum() == 0
    assert mask_of(prune.Identity(), default_mask=earlier) == earlier.tolist()
    custom = npnn.tensor([[1, 0, 1, 0]] * 3)
    assert mask_of(prune.CustomFromMask(custom), default_mask=earlier) == [[0, 0, 1, 0]] * 3


@pytest.mark.parametrize("make", [prune.RandomUnstructured, prune.L1Unstructured, prune.RandomStructured])
def test_amounts(make):
    for amount in (-1, 1.5, -0.5):
        with pytest.raises(ValueError, match=f"got {amount}"):
            make(amount)
    with pytest.raises(TypeError, match="got 'half'"):
        make("half")
    with pytest.raises(ValueError, match="amount=13 is more than"):
        mask_of(make(13))


def test_shapes():
    with pytest.raises(ValueError, match="two axes or more"):
        prune.RandomStructured(1, 0).compute_mask(npnn.ones(3), default_mask=npnn.ones(3))
    for dim in (2, -3):
        with pytest.raises(IndexError, match=f"has no dim {dim}"):
            mask_of(prune.LnStructured(1, 2, dim))
    with pytest.raises(AssertionError, match="cannot go with one of shape"):
        mask_of(prune.CustomFromMask(npnn.ones(4, 3)))

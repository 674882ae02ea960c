"""F.grouped_mm: a loop over groups says what it must be, finite differences what its gradients must be."""

import numpy as np
import pytest

import npnn
import npnn.functional as F
from npnn.autograd import gradcheck

RANDOM = np.random.default_rng(0)
ENDS = np.array([2, 2, 5], np.int32)


def random(*shape):
    return RANDOM.standard_normal(shape)


def slices():
    return [slice(start, end) for start, end in zip([0, *ENDS], ENDS, strict=False)]


def test_groups_of_rows():
    a, b = random(7, 3), random(3, 3, 4)
    y = F.grouped_mm(a, b, offs=ENDS).array
    for group, rows in enumerate(slices()):
        np.testing.assert_allclose(y[rows], a[rows] @ b[group], rtol=1e-14)
    assert y.shape == (7, 4)
    assert (y[5:] == 0).all()


def test_groups_of_columns():
    a, b = random(3, 2, 4), random(4, 6)
    y = F.grouped_mm(a, b, offs=ENDS).array
    for group, columns in enumerate(slices()):
        np.testing.assert_allclose(y[:, columns], a[group] @ b[:, columns], rtol=1e-14)
    assert y.shape == (2, 6)
    assert (y[:, 5:] == 0).all()


def test_groups_of_the_axis_that_is_summed_over():
    a, b = random(2, 7), random(7, 4)
    y = F.grouped_mm(a, b, offs=ENDS).array
    assert y.shape == (3, 2, 4)
    for group, inner in enumerate(slices()):
        np.testing.assert_allclose(y[group], a[:, inner] @ b[inner], rtol=1e-14)


def test_stacks():
    a, b = random(3, 2, 5), random(3, 5, 4)
    np.testing.assert_allclose(F.grouped_mm(a, b), a @ b, rtol=1e-14)


@pytest.mark.parametrize(
    ("one", "two"), [((7, 3), (3, 3, 4)), ((3, 2, 4), (4, 6)), ((2, 7), (7, 4)), ((3, 2, 5), (3, 5, 4))]
)
def test_gradients(one, two):
    a, b = (npnn.tensor(random(*shape), requires_grad=True) for shape in (one, two))
    offs = None if len(one) == len(two) == 3 else ENDS
    assert gradcheck(lambda a, b: F.grouped_mm(a, b, offs=offs), (a, b))


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((random(7, 3), random(3, 4, 5)), {"offs": ENDS}, r"of one K, got \[7, 3\] and \[3, 4, 5\]"),
        ((random(7), random(7, 4)), {"offs": ENDS}, r"expected matrices .* got \[7\]"),
        ((random(7, 3), random(3, 3, 4)), {}, "offs missing"),
        ((random(3, 2, 3), random(3, 3, 4)), {"offs": ENDS}, "offs given"),
        ((random(7, 3), random(2, 3, 4)), {"offs": ENDS}, "as many groups"),
        ((random(3, 2, 3), random(2, 3, 4)), {}, "as many groups"),
        ((random(7, 3), random(3, 3, 4)), {"offs": ENDS.astype(np.int64)}, "int32, got int64"),
        ((random(7, 3), random(3, 3, 4)), {"offs": ENDS, "bias": random(4)}, "bias is not supported"),
        ((random(7, 3), random(3, 3, 4)), {"offs": ENDS, "out_dtype": npnn.float32}, "one dtype"),
    ],
)
def test_refused(arguments, options, words):
    with pytest.raises(RuntimeError, match=words):
        F.grouped_mm(*arguments, **options)

"""Normalisation against its definition, written out group by group, and against finite differences."""

import numpy as np
import pytest

import npnn
from npnn import functional as F
from npnn.autograd import gradcheck, gradgradcheck
from npnn.autograd.function import Context
from npnn.ops import normalization
from npnn.ops.normalization import BLOCK_ROWS, ColumnDots, Normalize, NormalizeBy, RMSNorm

GROUPS = [  # of a batch, of instances, of groups, of a layer; and with axes of length 1
    (1, 5, 3, 1),
    (2, 4, 3, 1),
    (2, 3, 2, 2),
    (3, 1, 1, 5),
    (2, 1, 2, 4),
    (1, 1, 1, 5),
    (2, 4, 1, 1),
]
WEIGHTS = [(True, True), (True, False), (False, True), (False, False)]


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(*shape, seed=0):
    return npnn.tensor(drawn(*shape, seed=seed), requires_grad=True)


def defined(x, groups, weight, bias, eps):
    """The definition: every group by itself, with NumPy's own mean and variance."""
    y = x.reshape(groups).copy()
    for n in range(groups[0]):
        for g in range(groups[2]):
            group = y[n, :, g]
            y[n, :, g] = (group - group.mean()) / np.sqrt(group.var() + eps)
    if weight is not None:
        y *= weight.reshape(groups[2:])
    if bias is not None:
        y += bias.reshape(groups[2:])
    return y.reshape(x.shape)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("groups", GROUPS)
def test_normalize_is_what_it_is_defined_as(groups, weights):
    x = drawn(*groups)
    weight, bias = (
        drawn(groups[2] * groups[3], seed=n) if there else None for n, there in enumerate(weights, 1)
    )
    y, mean, var = Normalize.apply(x, weight, bias, groups=groups, eps=1e-3)
    np.testing.assert_allclose(y, defined(x, groups, weight, bias, 1e-3), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(mean, x.mean(axis=(1, 3), keepdims=True), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(var, x.var(axis=(1, 3), keepdims=True), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("groups", GROUPS)
def test_gradients_of_normalize(groups, weights):
    """Those of all three outputs: that of the mean and the variance is what second derivatives need."""
    inputs = (
        leaf(*groups),
        *(leaf(groups[2] * groups[3], seed=n) if there else None for n, there in enumerate(weights, 1)),
    )
    gradcheck(lambda x, w, b: Normalize.apply(x, w, b, groups=groups, eps=0.1), inputs, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize(("groups", "weights"), list(zip(GROUPS, [*WEIGHTS, *WEIGHTS[:3]], strict=True)))
def test_second_derivatives_of_normalize(groups, weights):
    inputs = (
        leaf(*groups),
        *(leaf(groups[2] * groups[3], seed=n) if there else None for n, there in enumerate(weights, 1)),
    )

    def y(x, w, b):
        return Normalize.apply(x, w, b, groups=groups, eps=0.1)[0]

    gradgradcheck(y, inputs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_gradients_with_given_statistics(weights):
    mean, var = drawn(3, seed=8), drawn(3, seed=9) ** 2
    inputs = (leaf(4, 2, 3), *(leaf(3, seed=n) if there else None for n, there in enumerate(weights, 1)))

    def y(x, w, b):
        return NormalizeBy.apply(x, w, b, mean, var, eps=0.1)

    gradcheck(y, inputs, atol=1e-7, rtol=1e-6)
    gradgradcheck(y, inputs, atol=1e-6, rtol=1e-5)
    x, w, b = (None if v is None else v.array for v in inputs)
    wanted = (x - mean) / np.sqrt(var + 0.1) * (1 if w is None else w) + (0 if b is None else b)
    np.testing.assert_allclose(NormalizeBy.apply(x, w, b, mean, var, eps=0.1), wanted, rtol=1e-13)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("weighted", [True, False])
def test_gradients_of_rms_norm(axes, weighted):
    x = leaf(2, 3, 2)
    w = leaf(*x.shape[3 - axes :], seed=1) if weighted else None
    gradcheck(lambda x, w: RMSNorm.apply(x, w, axes=axes, eps=0.1), (x, w), atol=1e-7, rtol=1e-6)
    gradgradcheck(lambda x, w: RMSNorm.apply(x, w, axes=axes, eps=0.1)[0], (x, w), atol=1e-6, rtol=1e-5)
    over = tuple(range(3 - axes, 3))
    wanted = x.array / np.sqrt((x.array**2).mean(axis=over, keepdims=True) + 0.1)
    got = RMSNorm.apply(x.array, None if w is None else w.array, axes=axes, eps=0.1)[0]
    np.testing.assert_allclose(got, wanted * (1 if w is None else w.array), rtol=1e-13)


def test_gradients_of_column_dots():
    inputs = leaf(2, 4, 3, 2), leaf(2, 4, 3, 2, seed=1)
    gradcheck(ColumnDots.apply, inputs, atol=1e-8, rtol=1e-7)
    gradgradcheck(ColumnDots.apply, inputs, atol=1e-7, rtol=1e-6)
    x, y = (v.array for v in inputs)
    np.testing.assert_allclose(ColumnDots.apply(x, y), (x * y).sum(axis=1), rtol=1e-13)


@pytest.mark.parametrize("positions", [BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS + 5])
def test_sums_in_blocks(positions):
    x, y = drawn(2, positions, 3, 1), drawn(2, positions, 3, 1, seed=1)
    np.testing.assert_allclose(normalization._column_sums(x), x.sum(axis=1), rtol=1e-11)
    np.testing.assert_allclose(ColumnDots.apply(x, y), (x * y).sum(axis=1), rtol=1e-11)


def test_derivatives_over_more_than_a_block():
    """Through gradients alone: finite differences of so many elements would take too long."""
    positions = BLOCK_ROWS + 3
    x, w, b = leaf(positions, 2), leaf(2, seed=1), leaf(2, seed=2)
    dy, u = leaf(positions, 2, seed=3), npnn.tensor(drawn(positions, 2, seed=4))

    def plain(x, w, b):
        mean = x.mean(axis=0)
        return (x - mean) / npnn.sqrt(((x - mean) ** 2).mean(axis=0) + 1e-5) * w + b

    found = []
    for function in (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), plain):
        first = npnn.autograd.grad(function(x, w, b), (x, w, b), dy, create_graph=True)
        second = npnn.autograd.grad(first[0], (x, w, dy), u)
        found.append([*first, *second])
    for got, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(got.array, wanted.array, rtol=1e-9, atol=1e-11)


def test_statistics_in_float32_are_as_good_as_float32():
    """Of so many values that one sum after the other would lose two digits."""
    x = (drawn(200_000, 2) + 1).astype(np.float32)
    _, mean, var = Normalize.apply(x, None, None, groups=(1, 200_000, 2, 1), eps=1e-5)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean.reshape(-1), exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(var.reshape(-1), exact.var(axis=0), rtol=1e-6)


@pytest.mark.parametrize("groups", [(1, 300, 2, 1), (2, 1, 1, 300), (3, 50, 2, 2)])
def test_a_large_mean_costs_no_more_digits_than_it_must(groups):
    """A sum of 300 numbers near 1e4 is known to 0.25 in float32, their mean to some 1e-3, and z no better.

    The mean of the squares less the square of the mean would be off by several times the variance.
    """
    x = (drawn(*groups) + 1e4).astype(np.float32)
    y = Normalize.apply(x, None, None, groups=groups, eps=1e-5)[0]
    exact = defined(x.astype(np.float64), groups, None, None, 1e-5)
    np.testing.assert_allclose(y, exact, rtol=4e-3, atol=4e-3)


def test_float16_is_computed_in_float32():
    x = drawn(1, 5000, 2, 1).astype(np.float16) + np.float16(100)
    y, mean, var = Normalize.apply(x, None, None, groups=x.shape, eps=1e-5)
    assert (y.dtype, mean.dtype, var.dtype) == (np.float16, np.float32, np.float32)
    exact = defined(x.astype(np.float64), x.shape, None, None, 1e-5)
    np.testing.assert_allclose(y, exact, rtol=2e-3, atol=1e-3)


def test_without_a_variance_and_without_eps_it_is_nan_and_no_warning():
    x = np.full((2, 3), 5.0)
    assert np.isnan(F.layer_norm(npnn.tensor(x), (3,), eps=0.0).array).all()
    assert np.isnan(F.rms_norm(npnn.tensor(x * 0), (3,), eps=0.0).array).all()
    y = F.layer_norm(npnn.tensor(x, requires_grad=True), (3,), eps=0.0)
    y.sum().backward()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.batch_norm(x, None, None, training=True),
        lambda x: F.batch_norm(x, np.zeros(3), np.ones(3)),
        F.instance_norm,
        lambda x: F.group_norm(x, 3),
        lambda x: F.layer_norm(x, (3,)),
        lambda x: F.rms_norm(x, (4, 3)),
        lambda x: F.local_response_norm(x, 2),
        F.normalize,
    ],
)
def test_inputs_of_any_memory_come_back_as_they_were(function):
    x = drawn(2, 5, 4, 3)
    wanted = function(npnn.tensor(x)).array
    transposed = np.asfortranarray(x)
    strided = np.repeat(x, 2, axis=1)[:, ::2]
    for given in (x.copy(), transposed, strided):
        given.setflags(write=False)
        before = given.copy()
        tensor = npnn.from_numpy(given).requires_grad_()
        y = function(tensor)
        np.testing.assert_allclose(y.array, wanted, rtol=1e-12, atol=1e-15)
        y.backward(npnn.tensor(drawn(*y.shape, seed=5)))
        np.testing.assert_array_equal(given, before)


def test_by_hand_without_a_tape():
    """As the homework's interface drives it."""
    x, w, dy = drawn(4, 3), drawn(3, seed=1), drawn(4, 3, seed=2)
    ctx = Context()
    Normalize.forward(ctx, x, w, None, groups=(1, 4, 3, 1), eps=1e-5)
    dx, dw, db = Normalize.backward(ctx, dy, None, None)
    xt, wt = npnn.tensor(x, requires_grad=True), npnn.tensor(w, requires_grad=True)
    F.batch_norm(xt, None, None, wt, training=True).backward(npnn.tensor(dy))
    np.testing.assert_array_equal(dx, xt.grad.array)
    np.testing.assert_array_equal(dw, wt.grad.array)
    assert db is None


def test_running_statistics():
    """Biased in the output, unbiased in the running variance; momentum is the part of the batch."""
    x = drawn(5, 2, 3)
    mean, var = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    F.batch_norm(x, mean, var, training=True, momentum=0.25)
    rows = x.reshape(10, 3)
    np.testing.assert_allclose(mean, 0.75 * np.array([1.0, 2.0, 3.0]) + 0.25 * rows.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(
        var, 0.75 * np.array([4.0, 5.0, 6.0]) + 0.25 * rows.var(axis=0, ddof=1), rtol=1e-13
    )
    mean, var = np.zeros(3), np.zeros(3)
    F.instance_norm(x, mean, var, momentum=1.0)
    np.testing.assert_allclose(mean, x.mean(axis=(0, 1)), rtol=1e-13)
    np.testing.assert_allclose(var, x.var(axis=1, ddof=1).mean(axis=0), rtol=1e-13)


def test_running_statistics_changed_since_are_noticed():
    """In evaluation they are part of the function, and backward must not take the new ones for them."""
    norm = npnn.nn.BatchNorm1d(3).eval()
    y = norm(npnn.tensor(drawn(4, 3).astype(np.float32), requires_grad=True))
    norm.train()(npnn.tensor(drawn(4, 3, seed=1).astype(np.float32)))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_momentum_none_averages_all_batches():
    norm = npnn.nn.BatchNorm1d(2, momentum=None).double()
    batches = [drawn(4, 2, seed=seed) for seed in range(3)]
    for batch in batches:
        norm(npnn.tensor(batch))
    assert norm.num_batches_tracked.item() == 3
    np.testing.assert_allclose(norm.running_mean.array, np.mean([b.mean(axis=0) for b in batches], axis=0))
    np.testing.assert_allclose(
        norm.running_var.array, np.mean([b.var(axis=0, ddof=1) for b in batches], axis=0)
    )

"""Evaluation in blocks: the same values, whatever the size, the layout in memory, the dtype."""

import numpy as np
import pytest

import npnn
from npnn.ops.blockwise import BLOCK, DEALT, block_of, blockwise


def formula(x, y, *, scale=2.0):
    return scale * x / (1 + np.exp(-y))


def arrays(*shape, dtype="float64"):
    random = np.random.default_rng(0)
    return random.standard_normal(shape).astype(dtype), random.standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
def test_sizes(size):
    x, y = arrays(size)
    np.testing.assert_array_equal(blockwise(formula, x, y), formula(x, y))
    np.testing.assert_array_equal(blockwise(formula, x, y, scale=3.0), formula(x, y, scale=3.0))


@pytest.mark.parametrize("view", [lambda x: x.T, lambda x: x[::2], lambda x: x[:, 1:], lambda x: x[::-1]])
def test_layouts_in_memory(view):
    x, y = (view(one) for one in arrays(300, 401))
    x.flags.writeable = False
    kept = x.copy()
    result = blockwise(formula, x, y)
    np.testing.assert_array_equal(result, formula(x, y))
    np.testing.assert_array_equal(x, kept)
    assert not np.may_share_memory(result, x)


def test_several_axes_are_blocked_too():
    x, y = arrays(30, 41, 57)
    np.testing.assert_array_equal(blockwise(formula, x, y), formula(x, y))


def test_blocks_are_what_the_formula_sees():
    seen = []
    blockwise(lambda x: seen.append(x.size) or x, np.zeros((5, BLOCK + 3)))
    assert sorted(seen) == [15, *[BLOCK] * 5]


@pytest.mark.parametrize(("size", "blocks"), [(BLOCK, 2), (2 * BLOCK + 2, 4), (4 * BLOCK, 4), (9 * BLOCK, 9)])
def test_blocks_come_out_even(size, blocks):
    assert -(-size // block_of(size)) == blocks


def both(x, y):
    return x * y, x + np.exp(-y)


def both_in_place(x, y, product, rest):
    np.multiply(x, y, out=product)
    np.exp(-y, out=rest)
    rest += x


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (3, 5), (2, BLOCK + 3)])
def test_several_outputs_returned_or_written_in_place(shape, dtype):
    x, y = arrays(*shape, dtype=dtype)
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    wide = "float32" if dtype == "float16" else dtype
    wanted = [value.astype(dtype) for value in map(np.asarray, both(x.astype(wide), y.astype(wide)))]
    for results in (
        blockwise(both, x, y, outputs=2),
        blockwise(both_in_place, x, y, outputs=2, in_place=True),
    ):
        for result, value in zip(results, wanted, strict=True):
            assert result.dtype == dtype
            np.testing.assert_array_equal(result, value)


def test_in_place_keeps_the_order_in_memory():
    x, y = (array.T for array in arrays(300, 401))
    product, _ = blockwise(both_in_place, x, y, outputs=2, in_place=True)
    assert product.flags.f_contiguous
    np.testing.assert_array_equal(product, x * y)


@pytest.mark.parametrize("function", [formula, np.hypot], ids=["formula", "ufunc"])
def test_the_number_of_threads_changes_no_bit(function):
    x, y = arrays(5, DEALT + 7, dtype="float32")
    before, found = npnn.get_num_threads(), []
    for threads in (1, 2, 3):
        npnn.set_num_threads(threads)
        found.append(blockwise(function, x, y))
    npnn.set_num_threads(before)
    np.testing.assert_array_equal(found[0], function(x, y))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_float16_is_rounded_once():
    x, y = arrays(1000, dtype="float16")
    exactly = formula(x.astype("f4"), y.astype("f4")).astype("f2")
    result = blockwise(formula, x, y)
    assert result.dtype == np.float16
    np.testing.assert_array_equal(result, exactly)
    assert (formula(x, y) != exactly).any()


def test_overflow_is_silent():
    with np.errstate(all="raise"):
        assert blockwise(formula, np.array([1.0]), np.array([-1e9])) == 0


def test_tensors_are_recorded():
    x, y = (npnn.tensor(one, requires_grad=True) for one in arrays(5))
    assert npnn.autograd.gradcheck(lambda x, y: blockwise(formula, x, y), (x, y))

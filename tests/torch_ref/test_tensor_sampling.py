"""Tensors filled with random numbers: torch's, from the same seed; more are in test_random_streams.py."""

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, plain

FILLS = {
    "uniform_": [(), (-2.0, 3.0)],
    "normal_": [(), (1.0, 0.5)],
    "bernoulli_": [(), (0.3,)],
    "exponential_": [(), (2.5,)],
    "geometric_": [(0.3,)],
    "cauchy_": [(), (1.0, 2.0)],
    "log_normal_": [(), (0.5, 0.25)],
    "random_": [(), (7,), (-3, 12)],
}


@pytest.mark.parametrize("name", FILLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fills(name, dtype):
    """To the bit, but for what rests on logarithms and tangents, which are right to an ulp or so."""
    exact = name in ("uniform_", "bernoulli_", "random_", "geometric_")
    for args in FILLS[name]:
        results = []
        for lib in (npnn, torch):
            lib.manual_seed(5)
            x = lib.zeros(3, 7, dtype=getattr(lib, dtype))
            assert getattr(x, name)(*args) is x
            # The state moved on as far: the next draw is the same too.
            results.append((x.numpy(), lib.rand(4).numpy()))
        (ours, our_next), (theirs, their_next) = results
        np.testing.assert_array_equal(our_next, their_next)
        if exact:
            np.testing.assert_array_equal(ours, theirs, strict=True)
        else:
            rtol = 4 * np.finfo(dtype).eps
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol, strict=True)


STORED_OTHERWISE = {
    "transposed": lambda lib: lib.zeros(20, 3).t(),
    "permuted": lambda lib: lib.zeros(3, 4, 5).permute(2, 0, 1),
    "every second": lambda lib: lib.zeros(6, 14)[:, ::2],
    "a column": lambda lib: lib.zeros(20, 3)[:, 1],
}


@pytest.mark.parametrize("layout", STORED_OTHERWISE)
@pytest.mark.parametrize("name", FILLS)
def test_fills_in_the_order_of_memory(name, layout):
    """What is not contiguous is filled as it lies in memory, and its normal numbers come one by one."""
    results = []
    for lib in (npnn, torch):
        lib.manual_seed(5)
        x = STORED_OTHERWISE[layout](lib)
        getattr(x, name)(*FILLS[name][-1])
        results.append((x.numpy(), lib.rand(4).numpy()))
    (ours, our_next), (theirs, their_next) = results
    np.testing.assert_array_equal(our_next, their_next)
    np.testing.assert_allclose(ours, theirs, rtol=5e-7, atol=5e-7, strict=True)


@pytest.mark.parametrize("layout", STORED_OTHERWISE)
def test_new_tensors_like_one_in_another_order(layout):
    results = []
    for lib in (npnn, torch):
        lib.manual_seed(5)
        x = STORED_OTHERWISE[layout](lib)
        half = x + 0.5
        drawn = [lib.rand_like(x), lib.randn_like(x), lib.bernoulli(half), lib.bernoulli(x, 0.3)]
        drawn.append(x.bernoulli_(half))
        results.append([*(one.numpy() for one in drawn), lib.rand(4).numpy()])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=5e-7, atol=5e-7, strict=True)


def test_normal_with_options():
    results = []
    for lib in (npnn, torch):
        lib.manual_seed(5)
        x = lib.normal(1.0, 0.5, (20, 3), dtype=lib.float64, requires_grad=True)
        assert x.requires_grad
        results.append(x.detach().numpy())
        with pytest.raises(RuntimeError, match=r"normal expects std >= 0\.0"):
            lib.normal(0.0, -1.0, (3,))
        with pytest.raises(RuntimeError, match=r"normal expects all elements of std >= 0\.0"):
            lib.normal(lib.zeros(2), lib.tensor([1.0, -1.0]))
    np.testing.assert_allclose(*results, rtol=1e-13)


def test_counts():
    results = []
    for lib in (npnn, torch):
        lib.manual_seed(5)
        rates = lib.tensor([[0.5, 3.0, 20.0], [100.0, 0.0, 8.0]])
        drawn = [
            lib.poisson(rates),
            lib.poisson(rates.t(), lib.Generator().manual_seed(1)),
            lib.binomial(lib.tensor([[9.0], [60.0]]).expand(2, 3), lib.tensor([0.25, 0.5, 0.75])),
        ]
        results.append([*(one.numpy() for one in drawn), lib.rand(4).numpy()])
        with pytest.raises(TypeError, match="must be Tensor, not float"):
            lib.poisson(2.0)
        with pytest.raises(RuntimeError, match="invalid Poisson rate"):
            lib.poisson(lib.tensor([1.0, -1.0]))
        with pytest.raises(NotImplementedError):
            lib.poisson(lib.tensor([1, 2]))
        with pytest.raises(ValueError, match="binomial only supports floating-point dtypes for count"):
            lib.binomial(lib.tensor([3]), lib.tensor([0.5]))
        with pytest.raises(RuntimeError, match="expected"):
            lib.binomial(lib.tensor([3.0]), lib.tensor([0.5], dtype=lib.float64))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_a_generator_of_its_own():
    ours, theirs = npnn.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    x = npnn.zeros(5).uniform_(generator=ours)
    np.testing.assert_array_equal(x, torch.zeros(5).uniform_(generator=theirs).numpy(), strict=True)


def test_integers():
    for dtype in ("int64", "int32", "uint8", "bool"):
        fills = []
        for lib in (npnn, torch):
            lib.manual_seed(1)
            fills.append(lib.zeros(9, dtype=getattr(lib, dtype)).random_().numpy())
        np.testing.assert_array_equal(*fills, strict=True)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("uniform_", (3.0, 1.0)),
        ("normal_", (0.0, -1.0)),
        ("bernoulli_", (1.5,)),
        ("exponential_", (0.0,)),
        ("geometric_", (1.0,)),
        ("cauchy_", (0.0, 0.0)),
        ("log_normal_", (0.0, 0.0)),
        ("random_", (3, 3)),
    ],
)
def test_refused(name, args):
    for lib in (npnn, torch):
        with pytest.raises(RuntimeError):
            getattr(lib.zeros(2), name)(*args)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
def test_bernoulli_of_one_probability(dtype):
    """It goes by the shape, and not by the order in which what it is called on lies in memory."""
    drawn = []
    for lib in (npnn, torch):
        lib.manual_seed(3)
        x = lib.zeros(3, 20, dtype=getattr(lib, dtype)).t()
        drawn.append(
            [x.bernoulli(0.25), lib.bernoulli(x, p=0.5), x[0].bernoulli(lib.tensor(0.75)), x.bernoulli(1)]
        )
    assert_same(*(plain(each) for each in drawn))

"""Clipping gradients against torch's."""

import numpy as np
import pytest
import torch

import npnn
from npnn.utils import clip_grad

SHAPES = [(5, 3), (7,), (), (2, 1, 4)]


def twins(dtype, scale=1.0, dtypes=None):
    """The same gradients, on parameters of npnn and of torch."""
    random = np.random.default_rng(5)
    mine, theirs = [], []
    for index, shape in enumerate(SHAPES):
        grad = np.asarray(random.standard_normal(shape) * scale).astype(dtypes[index] if dtypes else dtype)
        mine.append(npnn.tensor(np.zeros_like(grad), requires_grad=True))
        mine[-1].grad = npnn.tensor(grad)
        theirs.append(torch.zeros(shape, dtype=torch.from_numpy(grad).dtype, requires_grad=True))
        theirs[-1].grad = torch.from_numpy(grad.copy())
    return mine, theirs


# float32 sums of up to fifteen squares in another order, and powers by another library.
TOLERANCE = {np.float64: {"rtol": 1e-12, "atol": 0}, np.float32: {"rtol": 2e-6, "atol": 0}}


def compare(mine, theirs, dtype):
    for one, two in zip(mine, theirs, strict=True):
        assert one.grad.array.dtype == two.grad.numpy().dtype
        np.testing.assert_allclose(one.grad.array, two.grad.numpy(), **TOLERANCE[dtype])


@pytest.mark.parametrize("foreach", [None, False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("max_norm", [0.3, 1e3])
@pytest.mark.parametrize("norm_type", [2, 1, 0.5, 3, 4.5, 0, "inf", float("inf"), -float("inf")])
def test_clip_grad_norm_(norm_type, max_norm, dtype, foreach):
    mine, theirs = twins(dtype)
    one = clip_grad.clip_grad_norm_(mine, max_norm, norm_type, foreach=foreach)
    two = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type, foreach=foreach)
    assert one.array.dtype == two.numpy().dtype
    np.testing.assert_allclose(one.array, two.numpy(), **TOLERANCE[dtype])
    compare(mine, theirs, dtype)


def test_clip_grad_norm_of_mixed_dtypes():
    mixed = [np.float32, np.float64, np.float32, np.float64]
    mine, theirs = twins(None, dtypes=mixed)
    one = clip_grad.clip_grad_norm_(mine, 0.1)
    two = torch.nn.utils.clip_grad_norm_(theirs, 0.1)
    assert one.array.dtype == two.numpy().dtype == np.float64
    np.testing.assert_allclose(one.array, two.numpy(), rtol=1e-6)
    compare(mine, theirs, np.float32)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clip_grad_norm_of_what_is_not_finite(bad):
    mine, theirs = twins(np.float64)
    mine[2].grad.fill_(bad)
    theirs[2].grad.fill_(bad)
    for clip, parameters in ((clip_grad.clip_grad_norm_, mine), (torch.nn.utils.clip_grad_norm_, theirs)):
        with pytest.raises(
            RuntimeError, match=r"The total norm of order 2\.0 for gradients from `parameters`"
        ):
            clip(parameters, 1.0, error_if_nonfinite=True)
        clip(parameters, 1.0)
    compare(mine, theirs, np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clip_grad_value_(dtype):
    mine, theirs = twins(dtype)
    clip_grad.clip_grad_value_(mine, 0.4)
    torch.nn.utils.clip_grad_value_(theirs, 0.4)
    for one, two in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(one.grad.array, two.grad.numpy())


def test_clip_grads_with_norm_():
    mine, theirs = twins(np.float32)
    clip_grad.clip_grads_with_norm_(mine, 0.5, npnn.tensor(3.0))
    torch.nn.utils.clip_grads_with_norm_(theirs, 0.5, torch.tensor(3.0))
    for one, two in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(one.grad.array, two.grad.numpy())


def test_get_total_norm_of_nothing():
    assert clip_grad.get_total_norm([]).item() == torch.nn.utils.get_total_norm([]).item() == 0.0

"""Clipping gradients: closed forms, and what must not happen."""

import numpy as np
import pytest

import npnn
from npnn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)

GRADS = [np.array([[3.0, -1.0, 0.0]]), np.array(-2.0), np.array([[0.5], [4.0]])]


def parameters(dtype=np.float64):
    made = []
    for grad in GRADS:
        parameter = npnn.tensor(np.zeros_like(grad, dtype), requires_grad=True)
        parameter.grad = npnn.tensor(grad.astype(dtype))
        made.append(parameter)
    return made


@pytest.mark.parametrize(
    ("norm_type", "expected"),
    [
        (2, np.sqrt(9 + 1 + 4 + 0.25 + 16)),
        (1, 10.5),
        (3, (27 + 1 + 8 + 0.125 + 64) ** (1 / 3)),
        (0.5, (3**0.5 + 1 + 2**0.5 + 0.5**0.5 + 2) ** 2),
        ("inf", 4.0),
        (float("inf"), 4.0),
        (-float("inf"), 0.0),
        (0, 3.0),  # of the counts 2, 1 and 2, none is zero
    ],
)
def test_total_norm_is_the_norm_of_one_long_vector(norm_type, expected):
    total = get_total_norm([npnn.tensor(grad) for grad in GRADS], norm_type)
    assert total.shape == ()
    assert total.dtype == np.float64
    np.testing.assert_allclose(total.item(), expected, rtol=1e-14)


@pytest.mark.parametrize("max_norm", [0.5, 5.0, 100.0])
def test_scales_down_and_never_up(max_norm):
    made = parameters()
    kept = [parameter.grad for parameter in made]
    total = clip_grad_norm_(made, max_norm).item()
    for parameter, grad, tensor in zip(made, GRADS, kept, strict=True):
        assert parameter.grad is tensor
        np.testing.assert_allclose(tensor.array, grad * min(1, max_norm / (total + 1e-6)), rtol=1e-14)
    assert get_total_norm(kept).item() <= min(max_norm, total)


def test_takes_a_single_tensor_and_generators_and_skips_what_has_no_gradient():
    (first, *rest) = parameters()
    bare = npnn.zeros(2, requires_grad=True)
    clip_grad_norm_(first, 1.0)
    np.testing.assert_allclose(np.linalg.norm(first.grad.array), 1.0, rtol=1e-6)
    clip_grad_norm_((p for p in [bare, *rest]), 1.0)
    np.testing.assert_allclose(get_total_norm([p.grad for p in rest]).item(), 1.0, rtol=1e-6)
    assert bare.grad is None


def test_without_gradients_the_norm_is_zero():
    assert clip_grad_norm_([npnn.zeros(2, requires_grad=True)], 1.0).item() == 0.0
    assert get_total_norm([]).item() == 0.0
    with pytest.warns(
        UserWarning, match="`parameters` is an empty generator, no gradient clipping will occur"
    ):
        clip_grad_norm_((p for p in []), 1.0)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_error_if_nonfinite_changes_nothing(bad):
    made = parameters()
    made[1].grad.fill_(bad)
    with pytest.raises(
        RuntimeError, match=r"The total norm of order 2\.0 for gradients from `parameters` is non-finite"
    ):
        clip_grad_norm_(made, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(made[0].grad.array, GRADS[0])
    clip_grad_norm_(made, 1.0)
    expected = np.full_like(GRADS[0], np.nan) if np.isnan(bad) else np.zeros_like(GRADS[0])
    np.testing.assert_array_equal(made[0].grad.array, expected)


def test_clips_by_value():
    made = parameters()
    clip_grad_value_(made, 1.5)
    for parameter, grad in zip(made, GRADS, strict=True):
        np.testing.assert_array_equal(parameter.grad.array, np.clip(grad, -1.5, 1.5))


def test_clips_with_a_norm_of_ones_own():
    made = parameters()
    clip_grads_with_norm_(made, 2.0, npnn.tensor(8.0, dtype=npnn.float64))
    for parameter, grad in zip(made, GRADS, strict=True):
        np.testing.assert_allclose(parameter.grad.array, grad * 2 / (8 + 1e-6), rtol=1e-15)


def test_gradients_keep_their_dtype():
    made = [*parameters(np.float32), *parameters(np.float64)]
    clip_grad_norm_(made, 0.1)
    assert [p.grad.dtype for p in made] == [np.float32] * 3 + [np.float64] * 3


@pytest.mark.parametrize("clip", [lambda p: clip_grad_norm_(p, 1.0), lambda p: clip_grad_value_(p, 1.0)])
def test_counts_as_an_in_place_change(clip):
    (parameter, *_) = parameters()
    before = parameter.grad._version
    clip(parameter)
    assert parameter.grad._version == before + 1


def test_the_old_name_is_deprecated():
    (parameter, *_) = parameters()
    with pytest.warns(FutureWarning, match="`clip_grad_norm` is now deprecated"):
        total = clip_grad_norm(parameter, 1.0)
    np.testing.assert_allclose(total.item(), np.sqrt(10))


def test_squares_that_overflow_give_an_infinite_norm_as_on_torch():
    assert get_total_norm(npnn.tensor([1e30, 1e30])).item() == np.inf

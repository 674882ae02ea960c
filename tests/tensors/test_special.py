"""Special functions of tensors; tests/ops/test_special_functions.py has the values and the derivatives."""

import math

import pytest

import npnn


def test_integers_become_floating_point():
    for name in ("erf", "erfc", "lgamma", "digamma", "i0"):
        assert getattr(npnn, name)(npnn.tensor([1, 2])).dtype == npnn.float32, name


def test_polygamma_takes_its_arguments_either_way():
    x = npnn.tensor([1.0], dtype=npnn.float64)
    assert npnn.polygamma(1, x).item() == x.polygamma(1).item() == pytest.approx(math.pi**2 / 6, rel=1e-14)


def test_logit_is_the_inverse_of_the_sigmoid():
    x = npnn.tensor([-2.0, 0.5], dtype=npnn.float64)
    assert npnn.allclose(x.sigmoid().logit(), x, rtol=1e-13)


def test_refused():
    x = npnn.ones(2)
    with pytest.raises(RuntimeError, match="negative n"):
        npnn.polygamma(-1, x)
    with pytest.raises(RuntimeError, match="greater than or equal to 1"):
        npnn.mvlgamma(x, 0)

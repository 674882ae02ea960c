"""Special functions: values known in closed form, and derivatives against differences, first and second."""

import math

import numpy as np
import pytest

import npnn
from npnn.ops import special_functions as ops

RANDOM = np.random.default_rng(0)
ANY = RANDOM.uniform(-1.5, 1.5, (2, 3))
POSITIVE = RANDOM.uniform(0.6, 3, (2, 3))
BELOW_ONE = RANDOM.uniform(-0.8, 0.8, (2, 3))
PROBABILITIES = RANDOM.uniform(0.2, 0.8, (2, 3))


def _phi(x):
    return math.erfc(-x / math.sqrt(2)) / 2


CASES = [
    (ops.Erf, ANY, {}, math.erf),
    (ops.Erfc, ANY, {}, math.erfc),
    (ops.Erfcx, ANY, {}, lambda x: math.exp(x * x) * math.erfc(x)),
    (ops.ErfInv, BELOW_ONE, {}, None),
    (ops.LGamma, POSITIVE, {}, math.lgamma),
    (ops.Polygamma, POSITIVE, {"n": 0}, None),
    (ops.Polygamma, POSITIVE, {"n": 1}, None),
    (
        ops.MultiGammaLn,
        POSITIVE + 1,
        {"p": 2},
        lambda x: math.log(math.pi) / 2 + math.lgamma(x) + math.lgamma(x - 0.5),
    ),
    (ops.BesselI0, ANY, {}, None),
    (ops.BesselI0E, ANY, {}, None),
    (ops.BesselI1, ANY, {}, None),
    (ops.BesselI1E, ANY, {}, None),
    (ops.Ndtr, ANY, {}, _phi),
    (ops.LogNdtr, ANY, {}, lambda x: math.log(_phi(x))),
    (ops.Ndtri, PROBABILITIES, {}, None),
    (ops.Entr, POSITIVE, {}, lambda x: -x * math.log(x)),
]


@pytest.mark.parametrize(("operation", "x", "options", "function"), CASES)
def test_values_and_derivatives(check, operation, x, options, function):
    expected = None if function is None else np.vectorize(function)(x)
    check(operation, x, expected=expected, **options)


def test_inverses():
    np.testing.assert_allclose(ops.Erf.apply(ops.ErfInv.apply(BELOW_ONE)), BELOW_ONE, rtol=1e-12)
    np.testing.assert_allclose(ops.Ndtr.apply(ops.Ndtri.apply(PROBABILITIES)), PROBABILITIES, rtol=1e-12)


def test_slopes_at_zero():
    """I₁(x) is x/2 + x³/16 + ...: its slope at 0 is ½, where the formula divides by 0."""

    for operation in (ops.BesselI1, ops.BesselI1E):
        x = npnn.zeros(1, requires_grad=True)
        operation.apply(x).backward()
        assert x.grad.item() == 0.5


def test_entropy_outside():
    assert ops.Entr.apply(np.array([0.0, -1.0])).tolist() == [0, -np.inf]
    assert np.isnan(ops.Entr.apply(np.array(np.nan)))

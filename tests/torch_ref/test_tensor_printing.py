"""repr of tensors, character for character as torch prints them."""

import numpy as np
import pytest
import torch

import npnn

DRAW = np.random.default_rng(0)


def normal(*shape, spread=0):
    return DRAW.standard_normal(shape) * 10.0 ** DRAW.integers(-spread, spread + 1, shape)


def integers(*shape, high=1000):
    return DRAW.integers(-high, high, shape)


PRINTED = {
    "without axes": [0.0, 1.5, -3, 1e-10, 123456.789, 1e10, np.nan, np.inf, -np.inf, True, 1j, 2 - 1.5j],
    "whole numbers": [
        [1.0, 2.0],
        [-0.0, 0.0],
        [1000.0, 1.0],
        [1001.0, 1.0],
        [1e8],
        [1e8 + 1],
        [1e9, 2e9],
        [12345678.0, 1],
    ],
    "scientific": [
        [1e-5, 1.0],
        [1e-5, 2e-5],
        [1e9, 1.5],
        [0.0001],
        [0.00009],
        [0.1, 100.2],
        [0.1, 100.0001],
        [1e30, 1.5],
    ],
    "not finite": [
        [np.nan, 1.0],
        [np.nan, 1.5, np.inf, -np.inf],
        [np.nan],
        [1.0, np.inf],
        [-np.inf, 1e-9],
        [np.nan, 0.0],
    ],
    "empty": [np.zeros(0), np.zeros((0, 3)), np.zeros((2, 0)), np.zeros(0, np.int64), np.zeros((1, 0), bool)],
    "other dtypes": [
        np.arange(5, dtype=np.int32),
        np.array([255, 3], np.uint8),
        np.array([-100, 3, 22], np.int16),
        np.array([1.5, 65504], np.float16),
        np.array([1, 2], np.float32),
        np.array([True, False]),
        np.array([0.1], np.float64),
    ],
    "complex": [
        [1 + 2j, 3 - 4j],
        [1.5 + 2j, -3 - 4.25j],
        [1e-5 + 2j],
        [0j],
        [complex(np.nan, 1)],
        normal(40) + 1j * normal(40),
        normal(5, 6, spread=4) + 1j,
        (normal(40, 40) + 1j * normal(40, 40)).astype(np.complex64),
    ],
    "many axes": [
        normal(2, 3),
        normal(2, 3, 4),
        normal(1, 1, 1, 1),
        normal(2, 1, 3, 2),
        integers(2, 3, 4),
        integers(3, 2, 1, 2),
    ],
    "long lines": [
        normal(30),
        normal(5, 30),
        integers(30),
        integers(4, 40),
        normal(40).astype(np.float16),
        DRAW.random(30) > 0.5,
    ],
    "more than a thousand": [
        np.arange(1000.0),
        np.arange(1001.0),
        np.arange(1001),
        normal(40, 40),
        normal(7, 7, 30),
        normal(1, 2000),
        normal(2000, 1),
        normal(3, 2, 200, 3),
        normal(7, 7, 7, 7),
        integers(100, 20),
        integers(2000),
        DRAW.random(1500) > 0.5,
        normal(50, 50, spread=5),
    ],
    "random": [
        normal(*DRAW.integers(0, 9, DRAW.integers(0, 4)), spread=spread)
        for spread in range(6)
        for _ in range(20)
    ],
}


@pytest.mark.parametrize("kind", PRINTED)
@pytest.mark.parametrize("state", ["constant", "leaf", "computed"])
def test_repr(kind, state):
    for data in PRINTED[kind]:
        ours, theirs = (lib.tensor(data) for lib in (npnn, torch))
        if state != "constant":
            if not theirs.is_floating_point():
                continue
            ours.requires_grad_()
            theirs.requires_grad_()
        if state == "computed":
            ours, theirs = ours * 1, theirs * 1
        assert repr(ours) == repr(theirs)
        assert str(ours) == str(theirs)


def test_the_default_dtype_goes_without_saying():
    for dtype in ("float64", "float32"):
        for lib in (npnn, torch):
            lib.set_default_dtype(getattr(lib, dtype))
        try:
            for data in ([1.5], np.ones(2), np.ones(2, np.float32), [1j], np.zeros((0, 2)), 2):
                assert repr(npnn.tensor(data)) == repr(torch.tensor(data))
        finally:
            for lib in (npnn, torch):
                lib.set_default_dtype(lib.float32)


OPTIONS = [
    {"precision": 2},
    {"precision": 8, "linewidth": 120},
    {"threshold": 5},
    {"threshold": 5, "edgeitems": 1},
    {"linewidth": 40},
    {"sci_mode": True},
    {"sci_mode": False},
    {"profile": "short"},
    {"profile": "full"},
    {"profile": "short", "precision": 3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_print_options(options):
    kinds = ("without axes", "whole numbers", "scientific", "not finite", "many axes", "long lines")
    for lib in (npnn, torch):
        lib.set_printoptions(**options)
    try:
        for data in (data for kind in kinds for data in PRINTED[kind]):
            assert repr(npnn.tensor(data)) == repr(torch.tensor(data))
    finally:
        for lib in (npnn, torch):
            lib.set_printoptions(profile="default")


def test_format():
    for text in ("{:.3f}", "{:>10.2e}", "{}", "{!r}"):
        assert text.format(npnn.tensor(2.71828)) == text.format(torch.tensor(2.71828))
    for lib in (npnn, torch):
        with pytest.raises(TypeError, match="unsupported format string"):
            format(lib.tensor([1.5]), ".3f")


MADE_BY = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / y,
    lambda x, y: -x,
    lambda x, y: x**2,
    lambda x, y: abs(x),
    lambda x, y: x.exp(),
    lambda x, y: x.log(),
    lambda x, y: x.sqrt(),
    lambda x, y: x.sin(),
    lambda x, y: x.arcsin(),
    lambda x, y: x.arctan(),
    lambda x, y: x.tanh(),
    lambda x, y: x.sigmoid(),
    lambda x, y: x.softmax(0),
    lambda x, y: x.log_softmax(0),
    lambda x, y: x.sum(),
    lambda x, y: x.mean(),
    lambda x, y: x.clone(),
    lambda x, y: x.view(4),
    lambda x, y: x.permute(1, 0),
    lambda x, y: x.expand(3, 2, 2),
    lambda x, y: x.flip(0),
    lambda x, y: x.gather(0, (y > 9).long()),
    lambda x, y: x.maximum(y),
    lambda x, y: x.minimum(y),
    lambda x, y: x.where(y > 1, y),
    lambda x, y: x.clamp(0, 1),
    lambda x, y: x.logsumexp(0),
    lambda x, y: x.norm(),
    lambda x, y: x.cumsum(0),
    lambda x, y: x.prod(),
    lambda x, y: x.double(),
    lambda x, y: x % y,
    lambda x, y: x.amax(0),
    lambda x, y: x.amin(0),
    lambda x, y: x.floor(),
    lambda x, y: x.sign(),
    lambda x, y: x.expm1(),
    lambda x, y: x.square(),
    lambda x, y: x.acosh(),
    lambda x, y: x.atan2(y),
    lambda x, y: x.erf(),
    lambda x, y: x.lgamma(),
    lambda x, y: x.xlogy(y),
    lambda x, y: x.logaddexp(y),
    lambda x, y: x.copysign(y),
    lambda x, y: x.fmod(y),
    lambda x, y: x.det(),
    lambda x, y: x.logit(),
    lambda x, y: x.clone().mul_(y).view(4),
]


@pytest.mark.parametrize("number", range(len(MADE_BY)))
def test_nodes_have_torchs_names(number):
    names = []
    for lib in (npnn, torch):
        x = lib.tensor([[0.5, 0.25], [0.75, 0.125]], requires_grad=True)
        names.append(MADE_BY[number](x, x.detach() + 1).grad_fn.name())
    assert names[0] == names[1]


@pytest.mark.parametrize(
    "function",
    [
        lambda t, x: t.aminmax(x),
        lambda t, x: t.frexp(x),
        lambda t, x: t.std_mean(x),
        lambda t, x: t.linalg.slogdet(x),
        lambda t, x: t.linalg.lstsq(x, t.tensor([[1.0], [2.0]])),
    ],
)
def test_several_results(function):
    data = [[4.0, 2.0], [1.0, 0.5 + 2]]
    assert repr(function(npnn, npnn.tensor(data))) == repr(function(torch, torch.tensor(data)))

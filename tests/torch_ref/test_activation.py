"""Activations against torch, where its databases hold little: options, dtypes, in-place forms, draws, errors.

The databases themselves are run by test_layers.py, and the table of cases too.
"""

import inspect

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import UnknownLayoutError, channels_last, compare, compare_functions, from_torch
from torch_ref.database import _op_infos
from torch_ref.values import NPNN, TORCH, seeded

FUNCTIONS = {
    # name: arguments besides the input
    **{name: [()] for name in ("sigmoid", "tanh", "logsigmoid", "silu", "mish", "selu", "gelu")},
    **{name: [()] for name in ("softsign", "tanhshrink", "relu", "relu6", "hardsigmoid", "hardswish")},
    "softplus": [(), (3.0,), (0.25, 0.5), (2.0, -1.0), (-1.5, 3.0)],
    "elu": [(), (0.0,), (2.5,), (-1.3,)],
    "celu": [(), (0.3,), (2.5,), (-1.3,)],
    "threshold": [(0.5, -7.0), (0.0, 0.0), (-1.0, float("inf"))],
    "hardtanh": [(), (-0.5, 2.0), (1.0, 1.0), (0.25, 4.0)],
    "hardshrink": [(), (0.0,), (1.5,), (-1.0,)],
    "softshrink": [(), (0.0,), (1.5,)],
    "leaky_relu": [(), (0.0,), (1.7,), (-0.3,)],
    "rrelu": [(), (0.2, 0.9), (0.2, 0.9, True), (-1.0, 2.0, True), (0.5, 0.5, True)],
    "glu": [(0,), (1,), (-1,)],
    "softmax": [(0,), (1,), (-2,)],
    "softmin": [(0,), (1,), (-2,)],
    "log_softmax": [(0,), (1,), (-2,)],
    "gumbel_softmax": [(), (0.5,), (2.0, True), (1.0, False, 1e-10, 0), (0.3, True, 1e-10, 1)],
}
CALLS = [(name, arguments) for name, all_of_them in FUNCTIONS.items() for arguments in all_of_them]
IN_PLACE = [name for name in dir(torch.nn.functional) if name + "_" in dir(torch.nn.functional)]
WITH_INPLACE = [name for name in FUNCTIONS if "inplace" in inspect.signature(getattr(F, name)).parameters]
KINKS = [-7.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0, 0.25]
ONCE = {"hardsigmoid"}
"""Functions of which torch has no second derivative."""

NOT_IN_PLACE = [("celu", (-1.3,)), ("elu", (-1.3,)), ("leaky_relu", (-0.3,)), ("celu", (0.3,))]
"""In place torch refuses negative slopes, and takes CELU's α in float32 in yet another place."""

TOLERANCE = {
    "float16": 4e-3,  # torch rounds GLU's gradient, and the softmax's, several times on the way
    "float32": 2e-6,  # its vectorised exponentials are good to a few units in the last place
    "float64": 1e-9,
}


def normal(*shape, dtype="float64", scale=2.0):
    return np.asarray(scale * np.random.default_rng(len(shape)).standard_normal(shape)).astype(dtype)


def call(name, arguments):
    """Both functions, with the arguments given."""
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    return (lambda input: mine(input, *arguments)), (lambda input: theirs(input, *arguments))


@pytest.mark.parametrize(("name", "arguments"), CALLS)
@pytest.mark.parametrize("shape", [(4, 6), (2, 6, 4, 8)])
def test_options(name, arguments, shape):
    compare_functions(
        *call(name, arguments), normal(*shape), second=name not in ONCE, name=f"{name}{arguments}"
    ).raise_if_failed()


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_kinks(name, arguments):
    """First derivatives alone: of the second, torch has that from either side."""
    x = np.array(KINKS).reshape(6, 2)
    compare_functions(*call(name, arguments), x, name=f"{name}{arguments}").raise_if_failed()


@pytest.mark.parametrize(("name", "arguments"), CALLS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_dtypes(name, arguments, dtype):
    if dtype == "float16" and arguments[2:] == (True,) and name == "rrelu":
        return  # which torch does not have
    x = normal(40, 8, dtype=dtype)
    tolerance = TOLERANCE[dtype] * (4 if name == "gumbel_softmax" else 1)
    report = compare_functions(
        *call(name, arguments), x, rtol=tolerance, atol=tolerance, name=f"{name}{arguments}"
    )
    report.raise_if_failed()


@pytest.mark.parametrize(("name", "arguments"), CALLS)
@pytest.mark.parametrize("make", [lambda x: x[:0], lambda x: x.T, lambda x: x[::-1, ::2]])
def test_empty_and_views(name, arguments, make):
    compare_functions(*call(name, arguments), make(normal(8, 8)), name=name).raise_if_failed()


@pytest.mark.parametrize(("name", "arguments"), CALLS)
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_integers(name, arguments, dtype):
    """The same result, or the same refusal."""
    x = np.array([[3, 1, 0, 2], [0, 7, 1, 1]]).astype(dtype)
    theirs, mine = getattr(torch.nn.functional, name), getattr(F, name)
    try:
        wanted = theirs(torch.from_numpy(x), *arguments)
    except RuntimeError:  # or NotImplementedError, which is one
        with pytest.raises(RuntimeError):
            mine(npnn.tensor(x), *arguments)
        return
    got = mine(npnn.tensor(x), *arguments)
    assert str(got.dtype) == str(wanted.dtype).removeprefix("torch.")
    np.testing.assert_allclose(got.array, wanted.numpy(), rtol=1e-6)


def test_every_in_place_function_is_there():
    activations = [name for name in IN_PLACE if name in FUNCTIONS]
    assert activations == ["celu", "elu", "hardtanh", "leaky_relu", "relu", "rrelu", "selu", "threshold"]
    assert all(hasattr(F, name + "_") for name in activations)


@pytest.mark.parametrize("name", [name for name in IN_PLACE if name in FUNCTIONS])
def test_in_place_functions(name):
    for arguments in FUNCTIONS[name]:
        if (name, arguments) in NOT_IN_PLACE:
            continue
        results = []
        for library in (NPNN, TORCH):
            with seeded(5):
                leaf = library.tensor(normal(4, 3)).requires_grad_()
                x = leaf * 1
                y = getattr(library.nn.functional, name + "_")(x, *arguments)
                assert y is x
                y.backward(library.tensor(normal(4, 3, scale=1.0)))
            results.append((x.detach().numpy(), leaf.grad.numpy()))
        for got, wanted in zip(*results, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", WITH_INPLACE)
def test_inplace_argument(name):
    arguments = FUNCTIONS[name][0]
    for library in (NPNN, TORCH):
        x = library.tensor(normal(4, 3))
        wanted = getattr(library.nn.functional, name)(library.tensor(normal(4, 3)), *arguments)
        assert getattr(library.nn.functional, name)(x, *arguments, inplace=True) is x
        np.testing.assert_array_equal(x.numpy(), wanted.numpy())
        leaf = library.tensor(normal(4, 3)).requires_grad_()
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            getattr(library.nn.functional, name)(leaf, *arguments, inplace=True)


@pytest.mark.parametrize("name", [*FUNCTIONS, "prelu"])
def test_signatures(name):
    try:
        wanted = inspect.signature(getattr(torch.nn.functional, name))
    except ValueError:
        return  # a function written in C
    got = inspect.signature(getattr(F, name))
    assert [(p.name, p.default) for p in got.parameters.values()] == [
        (p.name, p.default) for p in wanted.parameters.values()
    ]


@pytest.mark.parametrize("shape", [(3,), (1,), ()])
@pytest.mark.parametrize("axes", [0, 1, 2, 3, 4, 5])
def test_prelu(shape, axes):
    x, weight = normal(*(4, 2, 5, 7)[: axes - 1], *([3] if axes else [])), normal(*shape)
    if axes < 2 and shape == (3,):
        with pytest.raises(RuntimeError, match=r"Mismatch of parameter numbers|Not allow zero-dim input"):
            F.prelu(x, weight)
        return
    compare_functions(F.prelu, torch.nn.functional.prelu, x, weight, second=True).raise_if_failed()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (5,), (3, 7), (2, 3, 5, 4)])
def test_rrelu_draws_torchs_slopes_to_the_bit(dtype, shape):
    x = normal(*shape, dtype=dtype)
    with seeded(11):
        got = F.rrelu(npnn.tensor(x), 0.1, 0.7, training=True).array
        wanted = torch.nn.functional.rrelu(torch.from_numpy(x), 0.1, 0.7, training=True).numpy()
        np.testing.assert_array_equal(got, wanted)
        # And leaves the stream where torch does.
        assert npnn.rand(1).item() == torch.rand(1).item()


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_draws_torchs_classes(hard):
    logits = normal(50, 7)
    with seeded(3):
        got = F.gumbel_softmax(npnn.tensor(logits), 0.8, hard).array
        wanted = torch.nn.functional.gumbel_softmax(torch.from_numpy(logits), 0.8, hard).numpy()
        np.testing.assert_allclose(got, wanted, rtol=1e-9)
        assert npnn.rand(1).item() == torch.rand(1).item()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_dtype_argument(name, dtype):
    x = normal(4, 3, dtype="float32")
    got = getattr(F, name)(npnn.tensor(x), 1, dtype=np.dtype(dtype))
    wanted = getattr(torch.nn.functional, name)(torch.from_numpy(x), 1, dtype=getattr(torch, dtype))
    assert got.dtype == dtype
    np.testing.assert_allclose(
        got.array, wanted.numpy(), rtol=2 * TOLERANCE[dtype], atol=TOLERANCE[dtype] / 2
    )


REFUSED = [
    # function, arguments, what both messages match
    ("softshrink", (normal(3), -0.5), r"lambda must be in range \[0, .* for input dtype .*, but found -0.5"),
    ("celu", (normal(3), 0.0), "ZeroDivisionError: alpha cannot be 0 for CELU"),
    ("glu", (normal(4, 3),), "Halving dimension must be even, but dimension 1 is size 3"),
    ("glu", (normal(),), "glu does not support scalars because halving size must be even"),
    ("glu", (normal(4), 1), "Dimension out of range"),
    ("hardtanh", (normal(3), 0.5, -0.5), "min_val cannot be greater than max_val"),
    ("hardtanh", (np.ones(3, np.uint8),), "cannot do hardtanh on an unsigned type with negative limits"),
    ("hardtanh", (np.ones(3, bool),), "Bool inputs not supported for hardtanh"),
    ("relu6", (np.ones(3, bool),), "Bool inputs not supported for hardtanh"),
    ("rrelu", (normal(3), 0.3, 0.1), "Lower bound should be less than or equal to the upper bound"),
    ("rrelu", (normal(3), 0.3, 0.1, True), "Lower bound should be less than or equal to the upper bound"),
    ("silu", (np.ones(3, np.int64),), '"silu.*" not implemented for'),
    ("prelu", (normal(2, 3), normal(3, dtype="float32")), "prelu: Type promoting not supported"),
    ("prelu", (normal(2, 3), normal(3, 1)), "prelu: Expected `weight` to be a scalar or 1D tensor"),
    (
        "prelu",
        (normal(2, 3), normal(4)),
        "Mismatch of parameter numbers .* Found parameter numbers = 4 and channel size = 3",
    ),
    ("prelu", (normal(3), normal(3)), "Found parameter numbers = 3 and channel size = 1"),
    ("prelu", (normal(), normal(3)), "Not allow zero-dim input tensor"),
    ("softmin", (normal(2, 3), 2), r"expected to be in range of \[-2, 1\], but got 2"),
    ("gumbel_softmax", (normal(2, 3), 1.0, False, 1e-10, 2), "Dimension out of range"),
]


@pytest.mark.parametrize(("name", "arguments", "pattern"), REFUSED)
def test_what_torch_refuses(name, arguments, pattern):
    with pytest.raises(Exception, match=pattern) as wanted:
        getattr(torch.nn.functional, name)(
            *(torch.from_numpy(one) if isinstance(one, np.ndarray) else one for one in arguments)
        )
    with pytest.raises(type(wanted.value), match=pattern) as got:
        getattr(F, name)(*arguments)
    assert type(got.value) is type(wanted.value)


@pytest.mark.parametrize("name", ["gelu", "hardtanh", "prelu", "rrelu", "softshrink"])
def test_torchs_error_samples(name):
    samples = [given for info in _op_infos()[name] for given in info.error_inputs("cpu")]
    assert samples
    for given in samples:
        sample = given.sample_input
        arguments = [npnn.tensor(sample.input.numpy()), *sample.args]
        options = {
            key: npnn.tensor(value.numpy()) if isinstance(value, torch.Tensor) else value
            for key, value in sample.kwargs.items()
        }
        with pytest.raises(given.error_type, match=given.error_regex) as caught:
            getattr(F, name)(*arguments, **options)
        assert type(caught.value) is given.error_type


@pytest.mark.parametrize("shape", [(4, 6), (2, 6, 4, 8), ()])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gelu_with_tanh(shape, dtype):
    compare_functions(
        F.gelu,
        torch.nn.functional.gelu,
        normal(*shape, dtype=dtype),
        kwargs={"approximate": "tanh"},
        rtol=TOLERANCE[dtype],
        atol=TOLERANCE[dtype],
        second=dtype == "float64",  # torch's 1 + tanh cancels
    ).raise_if_failed()


@pytest.mark.parametrize("arguments", [(1.0, 1.0), (2.0, -1.0)])
def test_hardtanh_refuses_its_limits(arguments):
    for nn in (npnn.nn, torch.nn):
        with pytest.raises(AssertionError, match="must be greater than min_val"):
            nn.Hardtanh(*arguments)


@pytest.mark.parametrize(("name", "value"), [("min_value", -2.0), ("max_value", 3.0)])
def test_older_names_of_hardtanhs_limits(name, value):
    for nn in (npnn.nn, torch.nn):
        with pytest.warns(FutureWarning, match=f"keyword argument `{name}` is deprecated") as caught:
            assert getattr(nn.Hardtanh(**{name: value}), name.replace("value", "val")) == value
        assert caught[0].filename == __file__


def test_softmax2d_refuses_other_numbers_of_axes():
    for nn, x in ((npnn.nn, npnn.ones(2, 3)), (torch.nn, torch.ones(2, 3))):
        with pytest.raises(ValueError, match="Softmax2d: expected input to be 3D or 4D, got 2D instead"):
            nn.Softmax2d()(x)


MODULES = [
    *("CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU"),
    *("LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid"),
    *("Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink"),
    "Threshold",
]


@pytest.mark.parametrize("name", MODULES)
def test_modules_have_torchs_arguments_and_attributes(name):
    given = (0.1, 20.0) if name == "Threshold" else ()
    mine, theirs = getattr(npnn.nn, name)(*given), getattr(torch.nn, name)(*given)
    if "args" not in inspect.signature(type(theirs)).parameters:
        assert [(p.name, p.default) for p in inspect.signature(type(mine)).parameters.values()] == [
            (p.name, p.default) for p in inspect.signature(type(theirs)).parameters.values()
        ]

    def attributes(module):
        own = {*module._parameters, *(key for key in vars(module) if key.startswith("_"))}
        return {key: value for key, value in vars(module).items() if key not in own}

    assert attributes(mine) == attributes(theirs)
    assert repr(mine) == repr(theirs)


def test_a_network_of_images_keeps_its_axes():
    """Axes that are named move with the channels, and halved channels are counted."""
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.PReLU(8), nn.GLU(1), nn.Softmin(dim=1), nn.Softmax2d(), nn.Hardswish(),
        nn.Flatten(), nn.GELU(), nn.Linear(4 * 3 * 5, 6), nn.GLU(), nn.PReLU(3),
    ).double()  # fmt: skip
    compare(from_torch(net), net, normal(2, 5, 7, 3), second=True).raise_if_failed()


def test_halves_of_flattened_images_are_refused():
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.GLU())
    with pytest.raises(UnknownLayoutError, match="GLU at '1' halves features behind a Flatten"):
        from_torch(net, channels_last(2, C=4))

"""The initializers against their definitions: golden numbers, moments, structure and the order of axes."""

from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pytest

import npnn
from npnn import init
from npnn.init.layout import fans

# torch.manual_seed(0); torch.rand(6), torch.randn(6), in torch 2.14.
UNIFORM = [
    0.49625658988952637,
    0.7682217955589294,
    0.08847743272781372,
    0.13203048706054688,
    0.30742281675338745,
    0.6340786814689636,
]
NORMAL = [
    1.5409960746765137,
    -0.293428897857666,
    -2.1787893772125244,
    0.5684312582015991,
    -1.0845223665237427,
    -1.3985954523086548,
]

# A weight's shape here, its shape on torch, fan_in and fan_out there.
FANS = [
    ((3, 5), (5, 3), 3, 5),
    ((4, 2, 3), (3, 2, 4), 8, 12),
    ((2, 3, 5, 7), (7, 5, 2, 3), 30, 42),
    ((2, 3, 4, 5, 7), (7, 5, 2, 3, 4), 120, 168),
]


def weight(*shape, dtype=np.float64):
    """A layer's weight, whose last axis is torch's first and the one before it torch's second."""
    axes = tuple(range(len(shape)))
    if len(shape) > 1:
        *kernel, ins, outs = axes
        axes = (outs, ins, *kernel)
    return npnn.Parameter(np.full(shape, np.nan, dtype), torch_axes=axes)


def seeded(seed=0):
    return npnn.Generator().manual_seed(seed)


def to_torch(array):
    """The axes of a Linear or convolution weight in torch's order."""
    return np.moveaxis(array, (-1, -2), (0, 1))


# ---- torch's order


def test_draws_follow_the_order_of_torch():
    for fill, golden, rtol in ((init.uniform_, UNIFORM, 0), (init.normal_, NORMAL, 2e-7)):
        filled = fill(weight(3, 2, dtype=np.float32), generator=seeded())
        np.testing.assert_allclose(filled.array.T.ravel(), np.array(golden, np.float32), rtol=rtol)


@pytest.mark.parametrize(("shape", "torch_shape"), [fans[:2] for fans in FANS])
def test_axes_follow_the_order_of_torch(shape, torch_shape):
    filled = init.uniform_(weight(*shape), generator=seeded())
    assert (to_torch(filled.array) == seeded().uniform(torch_shape, dtype=np.float64)).all()


@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (2, 3, 5, 7)])
def test_what_no_layer_made_has_the_order_of_torch(shape):
    for tensor in (npnn.empty(shape, dtype=npnn.float64), npnn.Parameter(np.empty(shape))):
        filled = init.uniform_(tensor, generator=seeded())
        assert (filled.array == seeded().uniform(shape, dtype=np.float64)).all()


def test_fans_of_what_no_layer_made():
    assert fans(npnn.empty(5, 3)) == (3, 5)
    assert fans(npnn.empty(7, 5, 2, 3)) == (30, 42)


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (2, 3, 0, 1)])
def test_declared_order_counts(axes):
    """As for an embedding, and for the kernel (*k, in, out/groups) of a transposed convolution."""
    kernel = weight(2, 3, 5, 7)
    kernel.torch_axes = axes
    init.uniform_(kernel, generator=seeded())
    drawn = seeded().uniform(tuple(np.array((2, 3, 5, 7))[list(axes)]), dtype=np.float64)
    assert (kernel.array.transpose(axes) == drawn).all()
    first, second, *rest = kernel.array.transpose(axes).shape
    assert fans(kernel) == (second * math.prod(rest), first * math.prod(rest))


def test_memory_is_written_in_place_off_the_tape():
    for fill in (init.uniform_, init.normal_, init.trunc_normal_, init.xavier_normal_, init.ones_, init.eye_):
        filled = weight(4, 3)
        memory, version = filled.array, filled._version
        assert fill(filled) is filled
        assert filled.array is memory
        assert filled._version > version
        assert filled.is_leaf
        assert filled.requires_grad
        assert np.isfinite(memory).all()


def test_default_generator_is_drawn_from_unless_another_is_given():
    npnn.manual_seed(5)
    first = init.uniform_(weight(3, 2)).array
    assert (first == init.uniform_(weight(3, 2), generator=seeded(5)).array).all()
    second = init.uniform_(weight(3, 2)).array
    npnn.manual_seed(5)
    assert (init.uniform_(weight(3, 2)).array == first).all()
    assert (init.uniform_(weight(3, 2)).array == second).all()


# ---- distributions

MANY = (60, 50)


def assert_moments(sample, mean, std):
    """Mean and standard deviation within four of their own standard errors."""
    error = std / math.sqrt(sample.size)
    assert abs(sample.mean() - mean) < 4 * error
    assert abs(sample.std() - std) < 4 * error


def test_uniform():
    sample = init.uniform_(weight(*MANY), -0.5, 2.0, generator=seeded(1)).array
    assert sample.min() >= -0.5
    assert sample.max() < 2.0
    assert_moments(sample, 0.75, 2.5 / math.sqrt(12))


def test_normal():
    assert_moments(init.normal_(weight(*MANY), 2.0, 0.25, generator=seeded(1)).array, 2.0, 0.25)


def density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def distribution(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2


@pytest.mark.parametrize(("a", "b"), [(-2.0, 2.0), (-0.5, 3.0), (0.1, 0.4), (1.5, 4.0), (-2.5, -1.75)])
def test_trunc_normal(a, b):
    """The mean and the variance of the truncated normal distribution, by the textbook's formulas."""
    mean, std = 0.5, 2.0
    sample = init.trunc_normal_(weight(*MANY), mean, std, mean + a * std, mean + b * std, seeded(1)).array
    assert sample.min() >= mean + a * std
    assert sample.max() <= mean + b * std
    inside = distribution(b) - distribution(a)
    shift = (density(a) - density(b)) / inside
    variance = 1 + (a * density(a) - b * density(b)) / inside - shift**2
    assert_moments(sample, mean + std * shift, std * math.sqrt(variance))


def test_trunc_normal_keeps_float32_bounds():
    sample = init.trunc_normal_(weight(*MANY, dtype=np.float32), 0.0, 1.0, -0.7, 0.7, seeded(1)).array
    assert sample.dtype == np.float32
    assert sample.min() >= np.float32(-0.7)
    assert sample.max() <= np.float32(0.7)


def test_trunc_normal_warns_of_a_mean_far_outside():
    with pytest.warns(UserWarning, match=re.escape("mean is more than 2 std from [a, b]")):
        init.trunc_normal_(weight(3, 2), mean=5.0)


# ---- fans


@pytest.mark.parametrize(("shape", "torch_shape", "fan_in", "fan_out"), FANS)
def test_fans(shape, torch_shape, fan_in, fan_out):
    """Every scaled initializer is a uniform or normal one, scaled by what its paper says."""
    unit = to_torch(init.uniform_(weight(*shape), -1.0, 1.0, seeded()).array)
    standard = to_torch(init.normal_(weight(*shape), generator=seeded()).array)
    gain = math.sqrt(2 / (1 + 0.3**2))
    cases = [
        (init.xavier_uniform_, {"gain": 1.5}, unit * 1.5 * math.sqrt(6 / (fan_in + fan_out))),
        (init.xavier_normal_, {"gain": 1.5}, standard * 1.5 * math.sqrt(2 / (fan_in + fan_out))),
        (init.kaiming_uniform_, {"a": 0.3}, unit * gain * math.sqrt(3 / fan_in)),
        (init.kaiming_uniform_, {"nonlinearity": "relu", "mode": "fan_out"}, unit * math.sqrt(6 / fan_out)),
        (init.kaiming_normal_, {"a": 0.3, "mode": "FAN_OUT"}, standard * gain / math.sqrt(fan_out)),
        (init.kaiming_normal_, {"nonlinearity": "tanh"}, standard * 5 / 3 / math.sqrt(fan_in)),
    ]
    for fill, options, expected in cases:
        filled = to_torch(fill(weight(*shape), **options, generator=seeded()).array)
        assert filled.shape == torch_shape
        np.testing.assert_allclose(filled, expected, rtol=1e-13, atol=1e-15)


def test_linear_layer_keeps_the_size_of_values():
    """What it is all for: outputs, and on the way back gradients, have the variance of inputs."""
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((200, 300)), rng.standard_normal((200, 900))
    forward = init.kaiming_normal_(weight(300, 900), nonlinearity="linear", generator=seeded(1)).array
    backward = init.kaiming_normal_(weight(300, 900), 0, "fan_out", "linear", seeded(1)).array
    assert abs((x @ forward).std() - 1) < 0.02
    assert abs((dy @ backward.T).std() - 1) < 0.02


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv_transpose3d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("selu", None, 3 / 4),
        ("leaky_relu", None, math.sqrt(2 / (1 + 0.01**2))),
        ("leaky_relu", 1, 1),
        ("leaky_relu", math.sqrt(5), math.sqrt(1 / 3)),
    ],
)
def test_gain(nonlinearity, param, gain):
    assert math.isclose(init.calculate_gain(nonlinearity, param), gain, rel_tol=1e-15)


# ---- structure


def test_constants():
    for fill, value in ((init.ones_, 1), (init.zeros_, 0), (lambda w: init.constant_(w, 0.25), 0.25)):
        for shape in ((3, 2), (4,), ()):
            assert (fill(weight(*shape)).array == value).all()


@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_eye(shape):
    assert (init.eye_(weight(*shape)).array == np.eye(*shape)).all()


@pytest.mark.parametrize("kernel", [(3,), (3, 5), (1, 3, 5)])
@pytest.mark.parametrize(("channels", "groups"), [((4, 6), 1), ((6, 4), 1), ((2, 6), 3), ((5, 6), 2)])
def test_dirac_passes_channels_on(kernel, channels, groups):
    """out[g · out/groups + c] = in[g · in/groups + c]: the kernel is one there at its centre, else zero."""
    filled = init.dirac_(weight(*kernel, *channels), groups).array
    centre = filled[tuple(size // 2 for size in kernel)]
    per_group = channels[1] // groups
    expected = np.hstack([np.eye(channels[0], per_group)] * groups)
    assert (centre == expected).all()
    assert filled.sum() == expected.sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 3, 4, 7), (1, 2, 2, 9)])
def test_orthogonal(shape, dtype):
    filled = init.orthogonal_(weight(*shape, dtype=dtype), gain=2.0, generator=seeded()).array
    matrix = to_torch(filled).reshape(shape[-1], -1)
    smaller = matrix @ matrix.T if len(matrix) <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(smaller, 4 * np.eye(len(smaller)), rtol=0, atol=50 * np.finfo(dtype).eps)


def test_orthogonal_is_uniform():
    """Of a uniform 2 × 2 matrix the first entry is the cosine of a uniform angle; half have det 1."""
    generator = seeded(2)
    matrices = np.array([init.orthogonal_(weight(2, 2), generator=generator).array for _ in range(2000)])
    assert_moments(matrices[:, 0, 0], 0.0, math.sqrt(0.5))
    assert_moments(np.linalg.det(matrices), 0.0, 1.0)


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 1.0])
def test_sparse(sparsity):
    filled = init.sparse_(weight(40, 30), sparsity, std=0.5, generator=seeded(1)).array
    zeros = (filled == 0).sum(axis=1)
    assert (zeros == math.ceil(sparsity * 30)).all()
    dense = init.normal_(weight(40, 30), 0.0, 0.5, seeded(1)).array
    assert ((filled == dense) | (filled == 0)).all()
    if 0 < sparsity < 1:
        # The places are drawn anew for each row: a column without a zero is possible, but not many of them.
        assert (filled == 0).any(axis=0).mean() > 0.8


# ---- refusals and old names


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: init.xavier_uniform_(weight(3)),
            "Fan in and fan out can not be computed for tensor with fewer than 2",
        ),
        (
            lambda: init.xavier_normal_(weight()),
            "Fan in and fan out can not be computed for tensor with fewer than 2",
        ),
        (lambda: init.kaiming_uniform_(weight(3)), "Fan in and fan out can not be computed"),
        (lambda: init.kaiming_normal_(weight(3)), "Fan in and fan out can not be computed"),
        (lambda: init.kaiming_normal_(weight(3, 2), mode="fan"), "Mode fan not supported, please use one of"),
        (lambda: init.kaiming_normal_(weight(3, 2), nonlinearity="gelu"), "Unsupported nonlinearity gelu"),
        (lambda: init.calculate_gain("leaky_relu", "steep"), "negative_slope steep not a valid number"),
        (lambda: init.calculate_gain("leaky_relu", True), "negative_slope True not a valid number"),
        (lambda: init.eye_(weight(3)), "Only tensors with 2 dimensions are supported"),
        (lambda: init.sparse_(weight(3, 2, 2), 0.5), "Only tensors with 2 dimensions are supported"),
        (lambda: init.dirac_(weight(3, 2)), "Only tensors with 3, 4, or 5 dimensions are supported"),
        (lambda: init.dirac_(weight(3, 2, 5), 2), "must be divisible by groups, but 5 is not divisible by 2"),
        (lambda: init.orthogonal_(weight(3)), "Only tensors with 2 or more dimensions are supported"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("fill", [init.kaiming_uniform_, init.kaiming_normal_])
def test_kaiming_of_nothing_warns(fill):
    empty = weight(3, 0)
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        assert fill(empty) is empty


def test_orthogonal_of_nothing_is_nothing():
    empty = weight(3, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert init.orthogonal_(empty) is empty


OLD_NAMES = [name for name in init.__all__ if f"{name}_" in init.__all__]


def test_old_names_are_those_of_torch():
    assert set(OLD_NAMES) == {
        *("uniform", "normal", "constant", "eye", "dirac", "orthogonal", "sparse"),
        *("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"),
    }


@pytest.mark.parametrize("name", OLD_NAMES)
def test_old_names_warn_and_do_the_same(name):
    shape = (3, 2, 4) if name == "dirac" else (3, 2)
    arguments = {"constant": (0.25,), "sparse": (0.5,)}.get(name, ())
    old, new = weight(*shape), weight(*shape)
    npnn.manual_seed(3)
    with pytest.warns(
        FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`"
    ):
        assert getattr(init, name)(old, *arguments) is old
    npnn.manual_seed(3)
    getattr(init, f"{name}_")(new, *arguments)
    assert (old.array == new.array).all()
    assert getattr(init, name).__name__ == name

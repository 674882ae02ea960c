"""The homework's layer tests, on torch's numbers; and what they leave out."""

import json
import re
import unittest
from pathlib import Path

import numpy as np
import pytest

from npnn import nn, tensor
from npnn.cs189.layers import Conv2D, Elman, Flatten, FullyConnected, Pool2D, initialize_layer

DATA = Path(__file__).parent / "data"


class LayerTestCase(unittest.TestCase):
    """What the tests of all layers share: the cases in data/<name of the class>.npz.

    torch_ref/homework.py has written them, with torch, and says what is in them. Of large arrays the file
    has, for an input, the seed that it was drawn from, and for a result not the rows but their sum, each row
    times a random factor: a wrong element makes the sum wrong by its factor. Each case has a small sister
    that the file has in full.
    """

    layer = None

    @classmethod
    def setUpClass(cls):
        with np.load(DATA / f"{cls.__name__}.npz") as file:
            cls.data = dict(file)
        cls.cases = range(sum(key.endswith("args") for key in cls.data))

    def given(self, i, name):
        if f"{i}{name}" in self.data:
            return self.data[f"{i}{name}"]
        seed, bound, *shape = self.data[f"{i}{name}_drawn"].tolist()
        random = np.random.RandomState(int(seed))
        return random.uniform(-bound, bound, [int(n) for n in shape])

    def check(self, i, name, actual):
        with self.subTest(case=i, array=name):
            if f"{i}{name}" in self.data:
                expected = self.data[f"{i}{name}"]
            else:
                expected = self.data[f"{i}{name}_mixed"]
                random = np.random.RandomState(len(actual))
                actual = np.tensordot(random.uniform(-1, 1, len(actual)), actual, 1)
            np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-11)

    def forward(self, i):
        """The layer of a case with the case's parameters, and its output."""
        layer = type(self).layer(**json.loads(self.data[f"{i}args"].item()))
        X = self.given(i, "input")
        Y = layer.forward(X)
        for name in layer.parameters:
            layer.parameters[name] = self.given(i, name)
        return (layer, layer.forward(X)) if layer.parameters else (layer, Y)

    def check_forward(self):
        for i in self.cases:
            _, Y = self.forward(i)
            self.check(i, "output", Y)

    def check_backward(self):
        for i in self.cases:
            layer, _ = self.forward(i)
            self.check(i, "backward", layer.backward(self.given(i, "upstream_grad")))
            for name, gradient in layer.gradients.items():
                self.check(i, f"d{name}", gradient)


class TestFullyConnected(LayerTestCase):
    layer = FullyConnected

    def test_init(self):
        for i in self.cases:
            layer = FullyConnected(**json.loads(self.data[f"{i}args"].item()))
            assert layer.n_in is None
            assert not layer.parameters
            W, b = self.given(i, "W"), self.given(i, "b")
            layer._init_parameters(self.given(i, "input").shape)
            assert (layer.n_in, layer.n_out) == W.shape
            shapes = [("W", W.shape), ("b", b.shape)]
            for values in (layer.parameters, layer.gradients):
                assert [(name, value.shape) for name, value in values.items()] == shapes
                assert all(value.dtype == np.float64 for value in values.values())
            assert layer.parameters["W"].any()
            assert not layer.parameters["b"].any()
            assert not any(gradient.any() for gradient in layer.gradients.values())

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


class TestConv2D(LayerTestCase):
    layer = Conv2D

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


class TestPool2D(LayerTestCase):
    layer = Pool2D

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


class TestFlatten(LayerTestCase):
    layer = Flatten

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


# Of each layer a small one, and an input.
SMALL = {
    "fully_connected": (lambda: FullyConnected(4, "tanh"), (2, 3)),
    "conv2d": (lambda: Conv2D(4, (3, 2), "sigmoid", stride=2, pad=1), (2, 5, 6, 7)),
    "pool2d max": (lambda: Pool2D((3, 2), "max", stride=2, pad=1), (2, 5, 6, 3)),
    "pool2d average": (lambda: Pool2D((3, 2), "average", stride=2, pad=1), (2, 5, 6, 3)),
    "flatten": (lambda: Flatten(), (2, 3, 4)),
    "elman": (lambda: Elman(4), (2, 3, 5)),
    "elman arctan": (lambda: Elman(4, "arctan"), (2, 3, 5)),
}


@pytest.fixture(params=SMALL)
def small(request):
    make, shape = SMALL[request.param]
    return make(), np.random.default_rng(5).standard_normal(shape)


def slopes(function, x, dY):
    """d(dY·function(x))/dx by central differences."""
    result = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-6
        result[place] = np.sum(dY * (function(x + step) - function(x - step))) / 2e-6
    return result


def test_gradients_are_slopes(small):
    layer, X = small
    dY = np.random.default_rng(6).standard_normal(layer.forward(X).shape)
    dX = layer.backward(dY)
    np.testing.assert_allclose(dX, slopes(layer.forward, X, dY), rtol=1e-6, atol=1e-8)
    for name, value in layer.parameters.items():
        slope = slopes(layer.forward_with_param(name, X), value, dY)
        np.testing.assert_allclose(layer.gradients[name], slope, rtol=1e-6, atol=1e-8)


def test_arrays_are_the_layers_own(small):
    layer, X = small
    kept = X.copy()
    Y = layer.forward(X)
    dY = np.ones(Y.shape)
    Y[...] = np.nan
    dX = layer.backward(dY)
    assert not np.shares_memory(Y, X)
    assert not np.shares_memory(dX, dY)
    assert np.isfinite(dX).all()
    dX[...] = np.nan
    np.testing.assert_array_equal(X, kept)
    np.testing.assert_array_equal(dY, 1)


def test_cache_and_gradients_can_be_cleared(small):
    layer, X = small
    dY = np.ones(layer.forward(X).shape)
    layer.backward(dY)
    names = set(layer.cache)
    assert {"X", "ctx"} <= names
    assert ("Z" in names) == bool(layer.parameters)
    assert layer._get_parameters() == list(layer.parameters.values())
    assert layer._get_gradients() == list(layer.gradients.values())
    layer.clear_gradients()
    assert set(layer.cache) == names
    assert all(entry == [] for entry in layer._get_cache())
    assert [g.shape for g in layer._get_gradients()] == [p.shape for p in layer._get_parameters()]
    assert not any(gradient.any() for gradient in layer._get_gradients())
    with pytest.raises(RuntimeError, match=f"{type(layer).__name__}.backward goes back through the last"):
        layer.backward(dY)


def test_backward_before_forward_is_refused(small):
    layer, _ = small
    with pytest.raises(RuntimeError, match="there was none since the layer was made or cleared"):
        layer.backward(np.ones((2, 4)))


def test_forward_with_param_leaves_the_layer_as_it_was():
    layer, X = FullyConnected(2, "relu"), np.arange(12.0).reshape(4, 3)
    Y = layer.forward(X)
    W = layer.parameters["W"]
    f = layer.forward_with_param("W", X)
    np.testing.assert_array_equal(f(np.zeros((3, 2))), np.zeros((4, 2)))
    np.testing.assert_array_equal(f(W), Y)
    assert layer.parameters["W"] is W
    np.testing.assert_array_equal(layer.cache["Z"], X @ W)
    with pytest.raises(KeyError, match=r"FullyConnected has no parameter 'V', only \['W', 'b'\]"):
        layer.forward_with_param("V", X)


def test_float32_parameters_and_input_give_float32_and_integers_float64(small):
    layer, X = small
    assert layer.forward(X.astype(int)).dtype == np.float64
    for name, value in layer.parameters.items():
        layer.parameters[name] = value.astype(np.float32)
    Y = layer.forward(X.astype(np.float32))
    assert Y.dtype == layer.backward(np.ones_like(Y)).dtype == np.float32


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("max", [[1, 0, 0], [1, 0, 0], [0, 0, 0]]), ("average", [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]])],
)
def test_of_equal_elements_the_first_is_the_maximum(mode, expected):
    X = np.ones((1, 3, 3, 1))
    layer = Pool2D((2, 2), mode)
    layer.forward(X)
    dY = np.zeros((1, 2, 2, 1))
    dY[0, 0, 0], dY[0, 1, 0] = (1, 1) if mode == "max" else (2, 0)
    np.testing.assert_array_equal(layer.backward(dY)[0, :, :, 0], expected)


def test_zeros_of_the_padding_are_pooled_too():
    X = np.full((1, 2, 2, 1), -4.0)
    np.testing.assert_array_equal(
        Pool2D(2, "max", pad=1).forward(X)[0, :, :, 0], [[0, 0, 0], [0, -4, 0], [0, 0, 0]]
    )
    np.testing.assert_array_equal(
        Pool2D(2, "average", pad=1).forward(X)[0, :, :, 0], [[-1, -2, -1], [-2, -4, -2], [-1, -2, -1]]
    )


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_elman_is_torchs_rnn(nonlinearity):
    random = np.random.default_rng(8)
    layer, X = Elman(4, nonlinearity), random.standard_normal((2, 3, 5))
    layer.forward(X)
    layer.parameters["b"] = random.standard_normal((1, 4))
    rnn = nn.RNN(3, 4, nonlinearity=nonlinearity, batch_first=True, dtype=np.float64)
    zeros = np.zeros(4)
    W, U, b = layer.parameters.values()
    rnn.load_state_dict(
        {name: tensor(value) for name, value in zip(rnn.state_dict(), (W, U, b[0], zeros), strict=True)}
    )
    x = tensor(X.transpose(0, 2, 1), requires_grad=True)
    _, last = rnn(x)
    dY = random.standard_normal((2, 4))
    last[0].backward(tensor(dY))
    np.testing.assert_allclose(layer.forward(X), last[0].detach().numpy(), rtol=1e-9, atol=1e-11)
    dX = layer.backward(dY)
    np.testing.assert_allclose(dX, x.grad.numpy().transpose(0, 2, 1), rtol=1e-9, atol=1e-11)
    for gradient, parameter in zip(layer.gradients.values(), rnn.parameters(), strict=False):
        expected = parameter.grad.numpy()
        np.testing.assert_allclose(gradient.reshape(expected.shape), expected, rtol=1e-9, atol=1e-11)


def test_same_padding_is_that_of_the_kernel_whatever_the_stride():
    X = np.ones((1, 9, 8, 2))
    assert Conv2D(3, (3, 5), "relu", stride=2).forward(X).shape == (1, 5, 4, 3)
    assert Conv2D(3, (4, 2), "relu").forward(X).shape == (1, 8, 7, 3)
    assert Conv2D(3, (3, 5), "relu", pad="valid").forward(X).shape == (1, 7, 4, 3)
    assert Conv2D(3, (3, 5), "relu", pad=3).forward(X).shape == (1, 13, 10, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(2, (3, 3), "relu", pad="full"), "pad must be"),
        (lambda: Conv2D(2, (3, 3), "relu", pad=-1), "a number of zeros, but got -1"),
        (lambda: Pool2D(2, "min"), "mode must be one of max, average, but got 'min'"),
        (
            lambda: Pool2D((2, 3)).forward(np.ones((1, 4, 2, 1))),
            r"Pool2D's kernel \(2, 3\) does not fit .* \(4, 2\)",
        ),
        (
            lambda: Pool2D(2).forward(np.ones((4, 4))),
            r"\(m, rows, columns, channels\), but got shape \(4, 4\)",
        ),
        (lambda: Conv2D(2, (3, 3), "relu", pad=0).forward(np.ones((1, 2, 9, 1))), "Conv2D's kernel"),
        (
            lambda: Conv2D(2, (3, 3), "relu").forward(np.ones((5, 5, 3))),
            r"columns, n_in\), but got shape \(5, 5, 3\)",
        ),
        (
            lambda: FullyConnected(2, "relu").forward(np.ones((2, 3, 4))),
            r"\(m, n_in\), but got .*\(2, 3, 4\)",
        ),
        (
            lambda: Elman(2).forward(np.ones((2, 3, 0))),
            r"\(m, n_in, T\) with T > 0 steps, but got .*\(2, 3, 0\)",
        ),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("name", "other"), [("fully_connected", (2, 4)), ("conv2d", (2, 5, 6, 3)), ("elman", (2, 4, 5))]
)
def test_refuses_an_input_of_another_width(name, other):
    make, shape = SMALL[name]
    layer = make()
    layer.forward(np.ones(shape))
    with pytest.raises(ValueError, match=rf"but got (one of )?shape {re.escape(str(other))}"):
        layer.forward(np.ones(other))


def test_initialize_layer_makes_what_the_name_says():
    layer = initialize_layer("fully_connected", activation="relu", weight_init="zeros", n_out=3)
    assert isinstance(layer, FullyConnected)
    assert not layer.forward(np.ones((2, 5))).any()
    layer = initialize_layer("conv2d", activation="tanh", n_out=3, kernel_shape=(3, 5), stride=2, pad="valid")
    assert (type(layer), layer.kernel_shape, layer.stride, layer.pad) == (Conv2D, (3, 5), 2, (0, 0))
    layer = initialize_layer("pool2d", kernel_shape=2, mode="average")
    assert (type(layer), layer.kernel_shape, layer.mode, layer.stride, layer.pad) == (
        Pool2D,
        (2, 2),
        "average",
        1,
        (0, 0),
    )
    assert initialize_layer("flatten", keep_dim=-1).keep_dim == -1
    assert type(initialize_layer("elman", n_out=2)) is Elman


def test_initialize_layer_says_what_is_missing_or_unknown():
    with pytest.raises(
        NotImplementedError, match="no layer 'dense', only: fully_connected, conv2d, pool2d, flatten"
    ):
        initialize_layer("dense")
    with pytest.raises(NotImplementedError, match="no activation 'gelu'"):
        initialize_layer("fully_connected", n_out=3, activation="gelu")
    with pytest.raises(TypeError, match="'kernel_shape'"):
        initialize_layer("conv2d", n_out=3, activation="relu")

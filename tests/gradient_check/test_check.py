"""Every kind of broken class gets its sentence, and none that is right does."""

import sys

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.gradient_check import (
    activation_subject,
    check,
    layer_subject,
    loss_subject,
    module_subject,
)

Z = np.random.default_rng(3).standard_normal((2, 3))
X = np.random.default_rng(4).standard_normal((5, 3))
Y = np.eye(4)[[0, 3, 1, 1, 2]]
Y_HAT = np.random.default_rng(5).uniform(0.2, 1.0, (5, 4))


class Sine:
    def forward(self, Z):
        return np.sin(Z)

    def backward(self, Z, dY):
        return dY * np.cos(Z)


class Dense:
    """X W + b, as a student would write it."""

    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, X):
        if not self.parameters:
            self.parameters = {"W": np.full((X.shape[1], 4), 0.5), "b": np.zeros((1, 4))}
            self.gradients = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        self.X = X
        return X @ self.parameters["W"] + self.parameters["b"]

    def backward(self, dLdY):
        self.gradients["W"] = self.X.T @ dLdY
        self.gradients["b"] = dLdY.sum(0, keepdims=True)
        return dLdY @ self.parameters["W"].T


class Squares:
    def forward(self, Y, Y_hat):
        return float(np.sum((Y - Y_hat) ** 2))

    def backward(self, Y, Y_hat):
        return 2 * (Y_hat - Y)


def report_of(cls, **options):
    kinds = (
        (Sine, lambda made: activation_subject("Sine", made, Z.copy())),
        (Dense, lambda made: layer_subject("Dense", made, X.copy())),
        (Squares, lambda made: loss_subject("Squares", made, Y.copy(), Y_HAT.copy())),
    )
    subject_of = next(subject_of for base, subject_of in kinds if issubclass(cls, base))
    return check(subject_of(cls()), **options)


def with_method(base, name, function):
    return type(base.__name__, (base,), {name: function})


@pytest.mark.parametrize(
    ("cls", "of"), [(Sine, ["Z"]), (Dense, ["X", "W", "b"]), (Squares, ["Y_hat"])], ids=lambda v: str(v)
)
def test_what_is_right_passes(cls, of):
    report = report_of(cls)
    assert report.passed
    assert report.explanations() == []
    assert [one.of for one in report.differences] == of
    assert all(one.relative < 1e-8 for one in report.differences)
    assert all(one.numeric_norm > 1e-3 for one in report.differences)


def test_a_layer_may_add_to_its_gradients():
    def backward(self, dLdY):
        self.gradients["W"] += self.X.T @ dLdY
        self.gradients["b"] += dLdY.sum(0, keepdims=True)
        return dLdY @ self.parameters["W"].T

    used = with_method(Dense, "backward", backward)()
    used.forward(X.copy())
    used.backward(np.ones((5, 4)))
    assert check(layer_subject("Dense", used, X.copy())).passed


def change(array):
    array[0] = 0.0
    return array.copy()


FAULTS = {
    "forward returns None": (
        Sine,
        "forward",
        lambda self, Z: None,
        "Sine.forward returned None, but an array",
    ),
    "forward returns a list": (Sine, "forward", lambda self, Z: Z.tolist(), "a value of type list"),
    "forward has another shape": (
        Sine,
        "forward",
        lambda self, Z: np.sin(Z).T,
        "Sine.forward returned an array of shape (3, 2), but an array of shape (2, 3) was expected",
    ),
    "forward has another dtype": (
        Sine,
        "forward",
        lambda self, Z: np.sin(Z).astype(np.float32),
        "Sine.forward returned an array of dtype float32, but float64 was expected",
    ),
    "forward aliases": (
        Sine,
        "forward",
        lambda self, Z: Z,
        "Sine.forward returned an array in the memory of Z",
    ),
    "forward mutates": (
        Sine,
        "forward",
        lambda self, Z: change(Z),
        "Sine.forward changed Z in place, but must leave it as it was",
    ),
    "forward raises": (
        Sine,
        "forward",
        lambda self, Z: Z @ Z,
        "Sine.forward was given Z of shape (2, 3) and raised ValueError: matmul",
    ),
    "forward is random": (
        Sine,
        "forward",
        lambda self, Z: Z + np.random.default_rng().random(Z.shape),
        "Sine.forward returned two different outputs for the same input",
    ),
    "backward returns None": (
        Sine,
        "backward",
        lambda self, Z, dY: None,
        "Sine.backward returned None, but an array of shape (2, 3) was expected",
    ),
    "backward has another shape": (
        Sine,
        "backward",
        lambda self, Z, dY: (dY * np.cos(Z)).sum(0),
        "Sine.backward returned an array of shape (3,), but an array of shape (2, 3) was expected",
    ),
    "backward has another dtype": (
        Sine,
        "backward",
        lambda self, Z, dY: (dY * np.cos(Z)).astype(np.float16),
        "Sine.backward returned an array of dtype float16, but float64 was expected",
    ),
    "backward aliases dY": (
        Sine,
        "backward",
        lambda self, Z, dY: dY,
        "Sine.backward returned an array in the memory of dY",
    ),
    "backward mutates dY": (
        Sine,
        "backward",
        lambda self, Z, dY: np.multiply(dY, np.cos(Z), out=dY).copy(),
        "Sine.backward changed dY in place",
    ),
    "backward mutates Z": (
        Sine,
        "backward",
        lambda self, Z, dY: change(Z),
        "Sine.backward changed Z in place",
    ),
    "backward raises": (
        Dense,
        "backward",
        lambda self, dLdY: self.cache,
        "Dense.backward was given dLdY of shape (5, 4) and raised AttributeError",
    ),
    "layer's dX has another shape": (
        Dense,
        "backward",
        lambda self, dLdY: dLdY.copy(),
        "Dense.backward returned an array of shape (5, 4), but an array of shape (5, 3) was expected",
    ),
    "layer's gradient has another shape": (
        Dense,
        "backward",
        lambda self, dLdY: (Dense.backward(self, dLdY), self.gradients.update(b=dLdY.sum(0)))[0],
        "Dense.backward left in gradients['b'] an array of shape (4,), but an array of shape (1, 4)",
    ),
    "layer's gradient is None": (
        Dense,
        "backward",
        lambda self, dLdY: (Dense.backward(self, dLdY), self.gradients.update(b=None))[0],
        "Dense.backward left in gradients['b'] None, but an array of shape (1, 4) was expected",
    ),
    "layer's gradient is gone": (
        Dense,
        "backward",
        lambda self, dLdY: (Dense.backward(self, dLdY), self.gradients.pop("b"))[0],
        "Dense.backward left no gradients['b'], but an array of shape (1, 4) was expected",
    ),
    "layer mutates its parameters": (
        Dense,
        "backward",
        lambda self, dLdY: (Dense.backward(self, dLdY), change(self.parameters["W"]))[0],
        "Dense.backward changed the parameter W in place",
    ),
    "layer's parameter has another dtype": (
        Dense,
        "forward",
        lambda self, X: (Dense.forward(self, X), self.parameters.update(b=np.zeros((1, 4), np.float32)))[0],
        "Dense.parameters['b'] is an array of dtype float32, but float64 was expected",
    ),
    "layer's parameter is read-only": (
        Dense,
        "forward",
        lambda self, X: (
            Dense.forward(self, X),
            self.parameters.update(b=np.broadcast_to(0.0, (1, 4))),
        )[0],
        "Dense.parameters['b'] is an array that cannot be written to, but one that training can change",
    ),
    "forward ends the program": (
        Sine,
        "forward",
        lambda self, Z: sys.exit(5),
        "Sine.forward was given Z of shape (2, 3) and raised SystemExit: 5",
    ),
    "layer's parameters are a list": (
        Dense,
        "forward",
        lambda self, X: (Dense.forward(self, X), setattr(self, "parameters", [1]))[0],
        "Dense.parameters is a value of type list, but a dictionary was expected",
    ),
    "loss returns None": (
        Squares,
        "forward",
        lambda self, Y, Y_hat: None,
        "Squares.forward returned None, but one number was expected",
    ),
    "loss returns one for each row": (
        Squares,
        "forward",
        lambda self, Y, Y_hat: ((Y - Y_hat) ** 2).sum(1),
        "Squares.forward returned an array of shape (5,), but a loss is one number",
    ),
    "loss mutates": (
        Squares,
        "forward",
        lambda self, Y, Y_hat: float(change(Y_hat).sum()),
        "Squares.forward changed Y_hat in place",
    ),
    "loss's backward aliases": (
        Squares,
        "backward",
        lambda self, Y, Y_hat: Y_hat,
        "Squares.backward returned an array in the memory of Y_hat",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault):
    base, method, function, sentence = FAULTS[fault]
    report = report_of(with_method(base, method, function))
    assert not report.passed
    assert report.differences == ()
    (told,) = report.explanations()
    assert told == report.fault
    assert "\n" not in told
    assert sentence in told


WRONG = {
    "ignores dY": (
        Sine,
        lambda self, Z, dY: np.cos(Z),
        (
            "Sine.backward ignores dY: where the gradient by Z is wrong, it is the same for two different"
            " dY, but must be proportional to it; 6 of 6 entries differ:"
        ),
    ),
    "a wrong sign": (
        Sine,
        lambda self, Z, dY: -dY * np.cos(Z),
        "Sine.backward: the gradient by Z is -1 times the right one; 6 of 6 entries differ:",
    ),
    "not a derivative": (
        Sine,
        lambda self, Z, dY: dY * np.sin(Z),
        "Sine.backward: the gradient by Z is wrong; 6 of 6 entries differ:",
    ),
    "zero": (
        Sine,
        lambda self, Z, dY: np.zeros_like(Z),
        "Sine.backward leaves the gradient by Z at zero; 6 of 6 entries differ:",
    ),
    "a forgotten mean": (
        Squares,
        lambda self, Y, Y_hat: 2 * (Y_hat - Y) / len(Y),
        "Squares.backward: the gradient by Y_hat is 0.2 times the right one; 20 of 20 entries differ:",
    ),
    "a layer that ignores dLdY": (
        Dense,
        lambda self, dLdY: Dense.backward(self, np.ones_like(dLdY)),
        (
            "Dense.backward ignores dLdY: where the gradient by X is wrong, it is the same for two different"
            " dLdY"
        ),
    ),
    "half of it ignores dY": (
        Sine,
        lambda self, Z, dY: np.where(Z > 0, dY * np.cos(Z), 0.5),
        (
            "Sine.backward ignores dY: where the gradient by Z is wrong, it is the same for two different"
            f" dY, but must be proportional to it; {(Z <= 0).sum()} of 6 entries differ:"
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_gradients(wrong):
    base, backward, sentence = WRONG[wrong]
    report = report_of(with_method(base, "backward", backward))
    assert not report.passed
    assert report.fault is None
    assert report.explanations()[0].startswith(sentence)


def test_the_wrong_entry_of_the_wrong_gradient_is_named():
    def backward(self, dLdY):
        dX = Dense.backward(self, dLdY)
        self.gradients["W"][2, 1] += 0.5
        return dX

    report = report_of(with_method(Dense, "backward", backward))
    by_name = {one.of: one for one in report.differences}
    assert [name for name, one in by_name.items() if not one.agrees(report.tolerance)] == ["W"]
    right = by_name["W"].numeric[2, 1]
    assert report.explanations() == [
        "Dense.backward: the gradient by W is wrong; 1 of 12 entries differ:\n"
        f"  W[2, 1] is {by_name['W'].analytic[2, 1]:.8g} by backward, {right:.8g} by differences"
    ]
    assert by_name["W"].analytic[2, 1] - right == pytest.approx(0.5, abs=1e-8)


def test_a_gain_of_one_does_not_hide_that_backward_forgot_it():
    class Gain(Dense):
        def forward(self, X):
            self.X = X
            if not self.parameters:
                self.parameters, self.gradients = {"g": np.ones((1, 3))}, {}
            return X * self.parameters["g"]

        def backward(self, dLdY):
            self.gradients["g"] = (self.X * dLdY).sum(0, keepdims=True)
            return dLdY * 1.0

    report = report_of(Gain)
    assert [one.of for one in report.differences if not one.agrees(report.tolerance)] == ["X"]


def test_a_gradient_that_is_zero_but_for_rounding():
    """A bias that a mean takes away again: what backward and the differences leave has nothing in common."""

    class Centred(Dense):
        def forward(self, X):
            Z = super().forward(X)
            return Z - Z.mean(0)

        def backward(self, dLdY):
            return super().backward(dLdY - dLdY.mean(0))

    report = report_of(Centred)
    bias = report.differences[2]
    assert bias.relative == 0.0
    assert 0.0 < bias.numeric_norm < 1e-8
    assert report.passed


def test_an_error_at_a_neighbour_of_the_input():
    def forward(self, Z):
        if Z.max() > 1.0:
            raise ValueError("too large")
        return np.sin(Z)

    subject = activation_subject("Sine", with_method(Sine, "forward", forward)(), np.ones((2, 3)))
    assert (
        check(subject).fault == "Sine.forward raised ValueError: too large when an entry was moved by 1e-06"
    )


def test_tolerance_and_step_are_used():
    assert not report_of(Sine, tolerance=1e-14).passed
    coarse = report_of(Sine, h=1e-2).differences[0].relative
    assert 1e-6 < coarse < 1e-4  # h² / 6, by half as the norm is of a sum
    assert report_of(Sine, h=1e-2, tolerance=1e-4).passed


def test_the_seed_decides_everything():
    first, second, other = (report_of(Dense, seed=seed).differences[1].numeric for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_default_generator_is_left_where_it_was():
    npnn.manual_seed(3)
    expected = npnn.randn(4).tolist()
    npnn.manual_seed(3)
    check(module_subject("Dropout", nn.Dropout(), X.copy()))
    assert npnn.randn(4).tolist() == expected


class Doubled(npnn.autograd.Function):
    """x, with a derivative that is wrong by 2."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, dy):
        return 2 * dy


def module_of(function):
    class Own(nn.Module):
        def forward(self, x):
            return function(x)

    return check(module_subject("Own", Own(), X.copy()))


def test_modules_with_several_outputs():
    assert module_of(lambda x: (x.sin(), {"twice": 2 * x, "not by x": x.detach()}, 3)).fault is None
    report = module_of(lambda x: (x.sin(), {"twice": 2 * x}))
    assert report.passed
    assert report.differences[0].numeric_norm > 1.0


def test_modules_of_ones_own():
    assert module_of(lambda x: (x * x).sin()).passed
    wrong = module_of(Doubled.apply)
    assert wrong.explanations()[0].startswith("Own.backward: the gradient by x is 2 times the right one;")


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (lambda x: None, "Own.forward returned None, but an array was expected"),
        (lambda x: x.detach(), "Own.forward returned a result that does not require grad"),
        (lambda x: x @ x, "Own.forward was given x of shape (5, 3) and raised RuntimeError"),
        (lambda x: (x * 2).float(), "Own.forward returned an array of dtype float32"),
    ],
)
def test_faults_of_modules(function, sentence):
    assert module_of(function).fault.startswith(sentence)

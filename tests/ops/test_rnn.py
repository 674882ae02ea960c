"""Recurrent layers beside their equations, written out sequence by sequence and step by step."""

import numpy as np
import pytest

import npnn
from npnn.autograd import gradcheck, gradgradcheck
from npnn.ops import rnn

BATCH_SIZES = (3, 2, 1)  # sequences of 3, 2 and 1 steps
FEATURES, HIDDEN = 1, 2


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step(x, state, w_ih, w_hh, b_ih, b_hh):
    h, c = state
    i, f, g, o = np.split(x @ w_ih + b_ih + h @ w_hh + b_hh, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, state, w_ih, w_hh, b_ih, b_hh):
    (h,) = state
    from_x, from_h = np.split(x @ w_ih + b_ih, 3), np.split(h @ w_hh + b_hh, 3)
    r, u = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
    return ((1 - u) * np.tanh(from_x[2] + r * from_h[2]) + u * h,)


CELLS = {"LSTM": (rnn.LSTM, lstm_step, 4, 2), "GRU": (rnn.GRU, gru_step, 3, 1)}
PARAMETRIZED = pytest.mark.parametrize(("operation", "step", "gates", "states"), CELLS.values(), ids=CELLS)


def inputs(gates, states):
    random = np.random.default_rng(0)
    shapes = [
        (sum(BATCH_SIZES), FEATURES),
        *[(BATCH_SIZES[0], HIDDEN)] * states,
        (FEATURES, gates * HIDDEN),
        (HIDDEN, gates * HIDDEN),
        *[(gates * HIDDEN,)] * 2,
    ]
    return [npnn.tensor(random.standard_normal(shape), requires_grad=True) for shape in shapes]


def layer(operation, reverse=False):
    """The operation's states, h or (h, c), as a function of its arrays."""
    last = (None,) if operation is rnn.LSTM else ()

    def run(*arrays):
        outputs = operation.apply(*arrays, *last, batch_sizes=BATCH_SIZES, reverse=reverse)
        return outputs[:-1]  # without the gates

    return run


@PARAMETRIZED
@pytest.mark.parametrize("reverse", [False, True])
def test_equations(operation, step, gates, states, reverse):
    arrays = [tensor.array for tensor in inputs(gates, states)]
    x, start, weights = arrays[0], arrays[1 : 1 + states], arrays[1 + states :]
    found = layer(operation, reverse)(*arrays)
    firsts = np.cumsum((0, *BATCH_SIZES))
    for sequence in range(BATCH_SIZES[0]):
        times = [t for t, size in enumerate(BATCH_SIZES) if sequence < size]
        state = tuple(one[sequence] for one in start)
        for t in reversed(times) if reverse else times:
            row = firsts[t] + sequence
            state = step(x[row], state, *weights)
            for rows, wanted in zip(found, state, strict=True):
                np.testing.assert_allclose(rows[row], wanted, rtol=1e-12, atol=1e-14)


@PARAMETRIZED
def test_derivatives(operation, step, gates, states):
    leaves = inputs(gates, states)
    assert gradcheck(layer(operation, reverse=True), leaves, atol=1e-7, rtol=1e-6)
    x, *rest = leaves
    fixed = [tensor.array for tensor in rest]
    assert gradgradcheck(lambda x: layer(operation)(x, *fixed)[0], x, atol=1e-6, rtol=1e-5)


@PARAMETRIZED
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_gates_that_are_shut_tight_do_not_warn(operation, step, gates, states, dtype):
    """exp(-z) is infinite there, and the sigmoid 0."""
    arrays = [np.zeros(tensor.shape, dtype) for tensor in inputs(gates, states)]
    arrays[-1] -= 6e4
    for values in layer(operation)(*arrays):
        assert np.isfinite(values).all()

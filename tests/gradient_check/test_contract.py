"""Each breach of the contract is one sentence: which method, what it gave, what was expected."""

import numpy as np
import pytest

from npnn.gradient_check.contract import (
    ContractError,
    call,
    described,
    expect_array,
    expect_number,
    expect_own_memory,
)


def told(function, *arguments):
    with pytest.raises(ContractError) as caught:
        function(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_call_hands_on_the_result():
    assert call("A.forward", lambda a, b: a + b, {"a": np.ones(2), "b": np.ones(2)}).tolist() == [2.0, 2.0]


def test_call_tells_of_errors_with_the_shapes():
    def forward(Y, Y_hat):
        raise ValueError("no\nsecond line")

    assert (
        told(call, "L2.forward", forward, {"Y": np.ones((2, 3)), "Y_hat": np.ones((4,))})
        == "L2.forward was given Y of shape (2, 3) and Y_hat of shape (4,) and raised ValueError: no"
    )


def test_call_sees_what_was_changed():
    x, w = np.ones((2, 3)), np.zeros(2)

    def change(X):
        w[1] = 5.0

    assert (
        told(call, "A.backward", change, {"X": x}, {"w": w})
        == "A.backward changed the parameter w in place, but must leave it as it was: work on a copy"
    )


def test_call_takes_nan_for_unchanged():
    call("A.forward", lambda X: X, {"X": np.array([np.nan])})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "A returned None, but an array of shape (2, 3) was expected"),
        ([[1.0]], "A returned a value of type list, but an array of shape (2, 3) was expected"),
        (1.5, "A returned a value of type float, but an array of shape (2, 3) was expected"),
        (np.ones((3, 2)), "A returned an array of shape (3, 2), but an array of shape (2, 3) was expected"),
        (
            np.ones((2, 3), np.float32),
            "A returned an array of dtype float32, but float64 was expected",
        ),
        (
            np.ones((2, 3), int),
            "A returned an array of dtype int64, but float64 was expected",
        ),
    ],
)
def test_expect_array(value, sentence):
    assert told(expect_array, "A returned", value, (2, 3)) == sentence


def test_expect_array_of_any_shape():
    value = np.ones((4, 1))
    assert expect_array("A returned", value) is value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "L returned None, but one number was expected"),
        (np.ones(5), "L returned an array of shape (5,), but a loss is one number: add up or average"),
        (3, "L returned a number of dtype int64, but float64 was expected"),
        (np.float32(0.5), "L returned a number of dtype float32, but float64 was expected"),
        ("0.5", "L returned a number of dtype <U3, but float64 was expected"),
    ],
)
def test_expect_number(value, sentence):
    assert told(expect_number, "L returned", value) == sentence


@pytest.mark.parametrize("value", [0.5, np.float64(0.5), np.array(0.5)])
def test_numbers(value):
    assert expect_number("L returned", value) == np.array(0.5)


def test_own_memory():
    x = np.ones((4, 3))
    assert "in the memory of X, but one of its own" in told(
        expect_own_memory, "A returned", x.reshape(2, 6), {"X": x}
    )
    expect_own_memory("A returned", x[::2].copy(), {"X": x})
    # Strides that pass each other by touch no common element.
    expect_own_memory("A returned", x[::2], {"X": x[1::2]})


def test_described():
    assert described(KeyError()) == "KeyError"
    assert described(TypeError("one\ntwo")) == "TypeError: one"

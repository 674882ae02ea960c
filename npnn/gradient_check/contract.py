"""What forward and backward have to keep to: what they return, and what they leave alone.

Each breach is a ContractError of one sentence, which says which class and which method it was, what it gave
and what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from npnn._typing import Array, Shape


class ContractError(Exception):
    """A class does not keep to the interface."""


def call(
    method: str,
    function: Callable[..., Any],
    arguments: Mapping[str, Array],
    parameters: Mapping[str, Array] | None = None,
) -> Any:
    """Calls a method, which may neither raise nor change the arrays that it is given, nor the parameters.

    Args:
        method: its name, for the error.
        function: the method.
        arguments: the name of each array and the array.
        parameters: the same of the layer's own arrays.

    Returns:
        What it returns.

    Raises:
        ContractError: it raised an error, or changed an array.

    Examples:
        >>> call("ReLU.forward", lambda Z: np.maximum(Z, 0, out=Z), {"Z": np.array([-1.0, 2.0])})
        Traceback (most recent call last):
        ...
        npnn.gradient_check.contract.ContractError: ReLU.forward changed Z in place, but must
        leave it as it was: work on a copy
    """
    own = {f"the parameter {name}": array for name, array in (parameters or {}).items()}
    watched = {**arguments, **own}
    before = {name: array.copy() for name, array in watched.items()}
    try:
        result = function(*arguments.values())
    except ContractError:
        raise
    except (Exception, SystemExit) as error:
        given = " and ".join(f"{name} of shape {before[name].shape}" for name in arguments)
        raise ContractError(f"{method} was given {given} and raised {described(error)}") from error
    for name, array in watched.items():
        if not np.array_equal(array, before[name], equal_nan=True):
            raise ContractError(
                f"{method} changed {name} in place, but must leave it as it was: work on a copy"
            )
    return result


def expect_array(what: str, value: Any, shape: Shape | None = None) -> Array:
    """Takes only an array of float64, and of one shape.

    Args:
        what: what the value is, for the error: "ReLU.forward returned".
        value: the value.
        shape: the shape, or None if it may be any.

    Returns:
        The value.

    Raises:
        ContractError: it is none.

    Examples:
        >>> expect_array("ReLU.forward returned", None, (2, 3))
        Traceback (most recent call last):
        ...
        npnn.gradient_check.contract.ContractError: ReLU.forward returned None, but an array
        of shape (2, 3) was expected
    """
    expected = "an array" if shape is None else f"an array of shape {shape}"
    if value is None:
        raise ContractError(f"{what} None, but {expected} was expected")
    if not isinstance(value, np.ndarray):
        kind = type(value).__name__
        raise ContractError(f"{what} a value of type {kind}, but {expected} was expected")
    if shape is not None and value.shape != shape:
        raise ContractError(f"{what} an array of shape {value.shape}, but {expected} was expected")
    if value.dtype != np.float64:
        raise ContractError(f"{what} an array of dtype {value.dtype}, but float64 was expected")
    return value


def expect_number(what: str, value: Any) -> Array:
    """Takes only one real number, or an array of shape () that holds one.

    Args:
        what: what the value is, for the error.
        value: the value.

    Returns:
        The number as an array of shape ().

    Raises:
        ContractError: it is none.

    Examples:
        >>> expect_number("L2.forward returned", 0.5)
        array(0.5)
    """
    if value is None:
        raise ContractError(f"{what} None, but one number was expected")
    array = np.asarray(value)
    if array.shape != ():
        raise ContractError(
            f"{what} an array of shape {array.shape}, but a loss is one number: add up or average"
        )
    if array.dtype != np.float64:
        raise ContractError(f"{what} a number of dtype {array.dtype}, but float64 was expected")
    return array


def expect_dictionary(what: str, value: Any) -> Mapping[str, Any]:
    """Takes only a dictionary.

    Args:
        what: what the value is, for the error.
        value: the value.

    Returns:
        The value.

    Raises:
        ContractError: it is none.

    Examples:
        >>> expect_dictionary("Conv2D.parameters is", {"W": 1.0})
        {'W': 1.0}
    """
    if not isinstance(value, Mapping):
        raise ContractError(f"{what} a value of type {type(value).__name__}, but a dictionary was expected")
    return value


def expect_own_memory(what: str, value: Array, others: Mapping[str, Array]) -> None:
    """Takes only an array whose memory is its own.

    Args:
        what: what the value is, for the error.
        value: the array.
        others: the name of each array that it may be mistaken for, and the array.

    Raises:
        ContractError: it shares memory with another.

    Examples:
        >>> Z = np.ones((2, 3))
        >>> expect_own_memory("Linear.forward returned", Z[:1], {"Z": Z})
        Traceback (most recent call last):
        ...
        npnn.gradient_check.contract.ContractError: Linear.forward returned an array in the
        memory of Z, but one of its own was expected: whoever writes into the one would change the other;
        return a copy
    """
    for name, other in others.items():
        if np.may_share_memory(value, other) and np.shares_memory(value, other):
            raise ContractError(
                f"{what} an array in the memory of {name}, but one of its own was expected: whoever writes"
                " into the one would change the other; return a copy"
            )


def described(error: BaseException) -> str:
    """An error as a part of a sentence.

    Args:
        error: the error.

    Returns:
        Its type and the first line of its message.

    Examples:
        >>> described(ValueError("too wide"))
        'ValueError: too wide'
    """
    message = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__

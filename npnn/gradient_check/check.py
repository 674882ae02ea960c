"""Contract and differences together, for one subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.gradient_check.contract import (
    ContractError,
    call,
    described,
    expect_array,
    expect_dictionary,
    expect_number,
    expect_own_memory,
)
from npnn.gradient_check.differences import EPS, Difference, numeric_gradient
from npnn.gradient_check.subjects import Subject
from npnn.random import fork_rng, manual_seed

TOLERANCE = 1e-7


@dataclass(frozen=True)
class Report:
    """What a check has found.

    Attributes:
        subject: what was checked.
        differences: one for each gradient; none if the contract was broken before there were any.
        tolerance: the relative difference up to which a gradient is right.
        fault: how the contract was broken, in one sentence; None if it was kept.
        ignoring: those gradients whose wrong entries do not depend on dL/dY.
    """

    subject: Subject
    differences: tuple[Difference, ...]
    tolerance: float
    fault: str | None = None
    ignoring: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether the contract was kept and every gradient is right."""
        return self.fault is None and all(one.agrees(self.tolerance) for one in self.differences)

    def explanations(self) -> list[str]:
        """What is wrong, one text for each fault and each wrong gradient."""
        if self.fault is not None:
            return [self.fault]
        return [self._explanation(one) for one in self.differences if not one.agrees(self.tolerance)]

    def _explanation(self, wrong: Difference) -> str:
        name = self.subject.name
        if wrong.of in self.ignoring:
            upstream = self.subject.upstream
            cause = (
                f"{name}.backward ignores {upstream}: where the gradient by {wrong.of} is wrong, it is the"
                f" same for two different {upstream}, but must be proportional to it"
            )
        elif not wrong.analytic.any():
            cause = f"{name}.backward leaves the gradient by {wrong.of} at zero"
        elif (factor := wrong.factor(self.tolerance)) is not None:
            cause = f"{name}.backward: the gradient by {wrong.of} is {factor:.6g} times the right one"
        else:
            cause = f"{name}.backward: the gradient by {wrong.of} is wrong"
        entries = wrong.wrong_entries(self.tolerance)
        told = [
            f"  {wrong.of}{list(index)} is {wrong.analytic[index]:.8g} by backward,"
            f" {wrong.numeric[index]:.8g} by differences"
            for index in entries[:3]
        ]
        return "\n".join([f"{cause}; {len(entries)} of {wrong.numeric.size} entries differ:", *told])


def check(subject: Subject, seed: int = 0, h: float = 1e-6, tolerance: float = TOLERANCE) -> Report:
    """Checks a subject: first what it returns and leaves alone, then each gradient.

    dL/dY is random, for all ones would leave errors unseen that cancel in a sum. For the same reason the
    parameters are moved a little first: a bias of zero or a gain of one hides that it was forgotten.

    Args:
        subject: what to check.
        seed: of dL/dY and of that move, and of npnn's random numbers meanwhile.
        h: the step of the differences.
        tolerance: the relative difference up to which a gradient is right.

    Returns:
        The report.

    Examples:
        >>> from npnn.cs189.activations import ReLU
        >>> from npnn.gradient_check import activation_subject
        >>> class Ramp(ReLU):
        ...     def backward(self, Z, dY):
        ...         return np.where(Z > 0, 1.0, 0.0)
        >>> Z = np.array([[1.0, -2.0, 3.0]])
        >>> check(activation_subject("ReLU", ReLU(), Z)).passed
        True
        >>> print(*check(activation_subject("Ramp", Ramp(), Z)).explanations())
        Ramp.backward ignores dY: where the gradient by Z is wrong, it is the same for two different dY, but
        must be proportional to it; 2 of 3 entries differ:
          Z[0, 0] is 1 by backward, 0.12573022 by differences
          Z[0, 2] is 1 by backward, 0.64042265 by differences
    """
    with fork_rng():
        manual_seed(seed)
        try:
            return _check(subject, np.random.default_rng(seed), h, tolerance)
        except ContractError as error:
            return Report(subject, (), tolerance, fault=str(error))


def _check(subject: Subject, random: np.random.Generator, h: float, tolerance: float) -> Report:
    _forward(subject, {})  # makes the parameters of a layer that waits for its first input
    parameters = _parameters(subject)
    for parameter in parameters.values():
        parameter += 0.1 * random.standard_normal(parameter.shape)
    Y = _forward(subject, parameters)
    if not np.array_equal(Y, _forward(subject, parameters), equal_nan=True):
        raise ContractError(
            f"{subject.name}.forward returned two different outputs for the same input, but differences need"
            " a function: draw its random numbers from npnn's generator, or turn them off"
        )
    dY = np.asarray(random.standard_normal(Y.shape)) if subject.upstream else np.ones(Y.shape)
    analytic = _backward(subject, dY, parameters)

    def output() -> Array:
        try:
            return np.asarray(subject.forward(*subject.inputs.values()))
        except Exception as error:
            raise ContractError(
                f"{subject.name}.forward raised {described(error)} when an entry was moved by {h:g}"
            ) from error

    variables = {**{name: subject.inputs[name] for name in subject.wrt}, **parameters}
    rounding = EPS / h * float(np.sum(np.abs(dY * Y)))
    differences = tuple(
        Difference(
            name,
            analytic[name],
            numeric_gradient(output, x, dY, h),
            rounding * x.size**0.5,
        )
        for name, x in variables.items()
    )
    wrong = [one for one in differences if not one.agrees(tolerance) and one.analytic.any()]
    ignoring: set[str] = set()
    if wrong and subject.upstream:
        _forward(subject, parameters)
        again = _backward(subject, np.asarray(random.standard_normal(Y.shape)), parameters)
        for one in wrong:
            places = tuple(np.transpose(one.wrong_entries(tolerance)))
            if np.array_equal(one.analytic[places], again[one.of][places]):
                ignoring.add(one.of)
    return Report(subject, differences, tolerance, ignoring=frozenset(ignoring))


def _forward(subject: Subject, parameters: Mapping[str, Array]) -> Array:
    method = f"{subject.name}.forward"
    value = call(method, subject.forward, subject.inputs, parameters)
    if subject.output_shape == ():
        return expect_number(f"{method} returned", value)
    array = expect_array(f"{method} returned", value, subject.output_shape)
    expect_own_memory(f"{method} returned", array, {**subject.inputs, **parameters})
    return array.copy()


def _parameters(subject: Subject) -> dict[str, Array]:
    """The parameters; the very arrays, for moving their entries."""
    own = expect_dictionary(f"{subject.name}.parameters is", subject.parameters())
    parameters = {name: expect_array(f"{subject.name}.parameters[{name!r}] is", own[name]) for name in own}
    for name, parameter in parameters.items():
        if not parameter.flags.writeable:
            raise ContractError(
                f"{subject.name}.parameters[{name!r}] is an array that cannot be written to, but one that"
                " training can change was expected: make it a copy"
            )
    return parameters


def _backward(subject: Subject, dY: Array, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The gradients by the inputs and by the parameters."""
    method = f"{subject.name}.backward"
    arguments = {name: subject.inputs[name] for name in subject.backward_inputs}
    if subject.upstream:
        arguments[subject.upstream] = dY
    result = call(method, subject.backward, arguments, parameters)
    results: tuple[Any, ...] = (result,) if len(subject.wrt) == 1 else result
    told = {
        name: (f"{method} returned", value, subject.inputs[name])
        for name, value in zip(subject.wrt, results, strict=True)
    }
    left = expect_dictionary(f"{subject.name}.gradients is", subject.gradients())
    for name, parameter in parameters.items():
        if name not in left:
            raise ContractError(
                f"{method} left no gradients[{name!r}], but an array of shape {parameter.shape} was expected,"
                f" as parameters[{name!r}] is"
            )
        told[name] = (f"{method} left in gradients[{name!r}]", left[name], parameter)
    gradients = {}
    for name, (what, value, variable) in told.items():
        array = expect_array(what, value, variable.shape)
        expect_own_memory(what, array, {**subject.inputs, **arguments, **parameters})
        gradients[name] = array.copy()
    return gradients

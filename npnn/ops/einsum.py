"""Einstein's sums over products of arrays."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation


class Einsum(Operation):
    """Einstein's summation: y_out = Σ x₁_s₁ x₂_s₂ ..., over all letters that are not among those of y.

    Each operand's axes are named by letters, as in "ij,jk->ik"; an axis of length 1 broadcasts.

    The derivative by one operand is the sum of the products of the others with dy, so it is Einstein's
    summation again, with the letters of that operand as the result. Two of its cases need a factor more: a
    letter that only this operand had was summed over, and its gradient is the same along the axis, which is a
    factor of ones; and of a letter that it had twice only the diagonal counted, which is a factor δ_ij.

    Source: torch.einsum.
    """

    @staticmethod
    def forward(ctx: Context, *operands: Array, inputs: tuple[str, ...], output: str) -> Array:
        ctx.save_for_backward(*operands)
        ctx.inputs, ctx.output = inputs, output
        equation = f"{','.join(inputs)}->{output}"
        return np.asarray(np.einsum(equation, *operands, optimize=len(operands) > 1), order="C")

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        operands = ctx.saved_tensors
        return tuple(
            _gradient(dy, operands, ctx.inputs, ctx.output, number) if ctx.needs_input_grad[number] else None
            for number in range(len(operands))
        )


def _gradient(dy: Any, operands: Any, inputs: tuple[str, ...], output: str, number: int) -> Any:
    """The derivative by one operand."""
    names = [output, *(name for other, name in enumerate(inputs) if other != number)]
    factors = [dy, *(value for other, value in enumerate(operands) if other != number)]
    lengths = [dict(zip(name, value.shape, strict=True)) for name, value in zip(names, factors, strict=True)]
    unused = (letter for letter in string.ascii_letters if letter not in "".join((output, *inputs)))
    wanted = ""
    for letter, length in zip(inputs[number], operands[number].shape, strict=True):
        if letter in wanted:
            twin = next(unused)
            names.append(letter + twin)
            factors.append(np.eye(length, dtype=dy.dtype))
            letter = twin
        elif all(known.get(letter, -1) < length for known in lengths):
            names.append(letter)
            factors.append(np.ones(length, dy.dtype))
        wanted += letter
    return Einsum.apply(*factors, inputs=tuple(names), output=wanted)

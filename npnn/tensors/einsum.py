"""torch.einsum and what is told by its letters: the equation read, and handed to the operation."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from npnn._typing import Shape
from npnn.autograd.function import wrap
from npnn.ops.einsum import Einsum
from npnn.tensors.promotion import same_dtype


def einsum(equation: Any, *operands: Any) -> Any:
    """Einstein's summation over products of tensors, told by an equation such as "bij,bjk->bik".

    Letters name axes. Those that the result does not name are summed over; without "->" it has the letters
    that occur once, in alphabetical order. "..." stands for any further axes, which broadcast.

    Args:
        equation: the equation; or the first operand, each operand then being followed by a list of numbers
            from 0 to 51 in place of letters, and the last of these, if it stands alone, being the result's.
        *operands: the tensors, one by one or in one list.

    Returns:
        A tensor.

    Raises:
        RuntimeError: the equation does not fit the operands, or a letter names axes of different lengths.
        ValueError: there is no operand.

    Source: torch.einsum.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> npnn.einsum("ij,kj->ik", x, x)
        tensor([[ 5., 11.],
                [11., 25.]])
        >>> npnn.einsum(x, [0, 0], [])
        tensor(5.)
    """
    if not isinstance(equation, str):
        equation, operands = _from_sublists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    tensors = [wrap(x) for x in same_dtype(operands)]
    inputs, output = _letters(equation, [x.array.shape for x in tensors])
    _check_lengths(inputs, [x.array.shape for x in tensors])
    return Einsum.apply(*tensors, inputs=inputs, output=output)


def _from_sublists(arguments: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The equation and the operands of `einsum(x, [0, 1], y, [1, 2], [0, 2])`."""

    def written(numbers: Sequence[Any]) -> str:
        for number in numbers:
            if number is not Ellipsis and not 0 <= number < 52:
                raise ValueError(f"einsum(): subscripts are numbers from 0 to 51 or ..., got {number}")
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)

    pairs = len(arguments) // 2
    equation = ",".join(written(numbers) for numbers in arguments[1 : 2 * pairs : 2])
    if len(arguments) % 2:
        equation += "->" + written(arguments[-1])
    return equation, tuple(arguments[: 2 * pairs : 2])


def _letters(equation: str, shapes: list[Shape]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the result, with "..." written out."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        few = "fewer" if len(terms) > len(shapes) else "more"
        raise RuntimeError(
            f"einsum(): {few} operands were provided than specified in the equation {equation!r}"
        )
    for term in (*terms, right):
        if not set(term.replace("...", "", 1)) <= set(string.ascii_letters):
            raise RuntimeError(
                f"einsum(): invalid subscript given in {term!r}: letters and one ... name axes"
            )
    named = [len(term.replace("...", "")) for term in terms]
    for number, (term, count, shape) in enumerate(zip(terms, named, shapes, strict=True)):
        if count > len(shape) or ("..." not in term and count < len(shape)):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({count}) does not match the number of"
                f" dimensions ({len(shape)}) for operand {number}"
            )
    further = max((len(shape) - count for count, shape in zip(named, shapes, strict=True)), default=0)
    free = "".join(letter for letter in string.ascii_letters if letter not in equation)[:further]
    inputs = tuple(
        term.replace("...", free[further - (len(shape) - count) :])
        for term, count, shape in zip(terms, named, shapes, strict=True)
    )
    if not arrow:
        once = [letter for letter in sorted(set(left) - set(".,")) if left.count(letter) == 1]
        return inputs, free + "".join(once)
    output = right.replace("...", free)
    for letter in output:
        if output.count(letter) > 1 or letter not in "".join(inputs):
            how = "appears more than once in" if output.count(letter) > 1 else "is only in"
            raise RuntimeError(f"einsum(): output subscript {letter} {how} the output of {equation!r}")
    return inputs, output


def _check_lengths(inputs: tuple[str, ...], shapes: list[Shape]) -> None:
    known: dict[str, int] = {}
    for number, (letters, shape) in enumerate(zip(inputs, shapes, strict=True)):
        for letter, length in zip(letters, shape, strict=True):
            if letter in letters[: letters.index(letter)] or length == 1:
                continue
            if known.setdefault(letter, length) != length:
                raise RuntimeError(
                    f"einsum(): operand {number} has the length {length} for subscript {letter}, which does"
                    f" not broadcast with the length {known[letter]} seen before"
                )


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """The sum of products over several axes of two tensors at once.

    Args:
        a: a tensor.
        b: a tensor.
        dims: how many of the last axes of a meet the first ones of b; or two lists, of axes of a and of the
            axes of b that they meet.

    Returns:
        A tensor with the axes that are left of a, then those of b.

    Raises:
        RuntimeError: axes that meet have different lengths, or their numbers differ.

    Source: torch.tensordot.

    Examples:
        >>> import npnn
        >>> npnn.tensordot(npnn.ones(2, 3, 4), npnn.ones(3, 4, 5)).shape
        torch.Size([2, 5])
    """
    x, y = wrap(a), wrap(b)
    n, m = x.array.ndim, y.array.ndim
    if isinstance(dims, int) or (hasattr(dims, "array") and dims.array.size == 1):
        count = int(dims)
        if count < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={count}")
        if count > min(n, m):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={count}")
        left, right = list(range(n - count, n)), list(range(count))
    else:
        left, right = (
            [int(axis) % max(size, 1) for axis in axes] for axes, size in zip(dims, (n, m), strict=True)
        )
    if len(left) != len(right):
        raise RuntimeError(f"both dimension lists should have same length, got {left} and {right}")
    names_x, names_y = string.ascii_letters[:n], list(string.ascii_letters[n : n + m])
    for one, other in zip(left, right, strict=True):
        lengths = x.array.shape[one], y.array.shape[other]
        if lengths[0] != lengths[1] and 1 not in lengths:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {lengths[0]} in dim {one} and"
                f" second has size {lengths[1]} in dim {other}"
            )
        names_y[other] = names_x[one]
    kept = [letter for axis, letter in enumerate(names_x) if axis not in left]
    kept += [letter for axis, letter in enumerate(names_y) if axis not in right]
    return Einsum.apply(x, y, inputs=(names_x, "".join(names_y)), output="".join(kept))

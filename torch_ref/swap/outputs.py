"""Two outputs side by side, and the first place where they differ."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

_DECIMAL = re.compile(r"-?\d*\.\d+")

_WRAPPED = re.compile(r",\s+(?=grad_fn=<)")

# What npnn is known to print in another way: the nodes of a graph, since one of torch's may be several of
# npnn's, and dtypes, which are NumPy's.
_NODE = re.compile(r"(?<=grad_fn=<)\w+")
_DTYPE = re.compile(r"\btorch\.(?=(?:u?int\d+|float\d+|complex\d+|bool)\b)")

_NUMBER = re.compile(r"(-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|-?\b(?:nan|inf)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Difference:
    """Where two outputs part.

    Attributes:
        line: its number, from 1.
        theirs: the number there in torch's output, or the whole line if not only numbers differ. None stands
            for an output that has ended.
        ours: the same of npnn's.
    """

    line: int
    theirs: str | None
    ours: str | None


def unwrapped(text: str) -> str:
    r"""An output in which no printed tensor is broken before its grad_fn, whose name may be longer in one.

    Args:
        text: the output.

    Examples:
        >>> unwrapped("tensor(2.,\n       grad_fn=<MseLossBackward0>)")
        'tensor(2., grad_fn=<MseLossBackward0>)'
    """
    return _WRAPPED.sub(", ", text)


def first_difference(theirs: str, ours: str, rtol: float, atol: float = 0.0) -> Difference | None:
    r"""The first place where two outputs differ.

    Numbers agree within atol + rtol |theirs|, integers if they are equal. Of what is no number, white
    space may differ, and so may the names in grad_fn, and torch's prefix of a dtype.

    Args:
        theirs: torch's output.
        ours: npnn's.
        rtol: the relative tolerance.
        atol: the absolute one.

    Examples:
        >>> first_difference("step 1  0.50000", "step 1  0.50001", rtol=1e-4)
        >>> first_difference("torch.float32", "float32", rtol=1e-4)
        >>> first_difference("step 1  0.50000\n7 right", "step 1  0.50001\n8 right", rtol=1e-4)
        Difference(line=2, theirs='7', ours='8')
    """
    for line, (one, other) in enumerate(zip_longest(theirs.splitlines(), ours.splitlines()), 1):
        found = _line_difference(one, other, rtol, atol)
        if found:
            return Difference(line, *found)
    return None


def _line_difference(
    theirs: str | None, ours: str | None, rtol: float, atol: float
) -> tuple[str | None, str | None] | None:
    if theirs == ours:
        return None
    if theirs is None or ours is None:
        return theirs, ours
    theirs, ours = (_DTYPE.sub("", _NODE.sub("", text)) for text in (theirs, ours))
    # Numbers stand at the odd places.
    their_parts, our_parts = _NUMBER.split(theirs), _NUMBER.split(ours)
    if [part.split() for part in their_parts[::2]] != [part.split() for part in our_parts[::2]]:
        return theirs, ours
    for one, other in zip(their_parts[1::2], our_parts[1::2], strict=True):
        if not _agree(one, other, rtol, atol):
            return one, other
    return None


def _agree(theirs: str, ours: str, rtol: float, atol: float) -> bool:
    if theirs == ours:
        return True
    if _is_integer(theirs) and _is_integer(ours):
        return int(theirs) == int(ours)
    one, other = float(theirs), float(ours)
    if math.isfinite(one) and math.isfinite(other):
        return abs(other - one) <= atol + rtol * abs(one)
    return one == other or (math.isnan(one) and math.isnan(other))


def is_number(text: str) -> bool:
    """Whether a text is one number.

    Args:
        text: what stands in an output.

    Examples:
        >>> is_number("-1.5e-3"), is_number("lr 0.1")
        (True, False)
    """
    return _NUMBER.fullmatch(text) is not None


def neighbours(theirs: str, ours: str) -> bool:
    """Whether two numbers are the same but for one in the last digit printed, which rounding may have parted.

    Args:
        theirs: a number as torch prints it.
        ours: as npnn does.

    Examples:
        >>> neighbours("18.43", "18.44"), neighbours("18.43", "18.45"), neighbours("3", "4")
        (True, False, False)
    """
    if not (_DECIMAL.fullmatch(theirs) and _DECIMAL.fullmatch(ours)):
        return False
    one, other = Decimal(theirs), Decimal(ours)
    last = one.as_tuple().exponent
    return last == other.as_tuple().exponent and abs(one - other) == Decimal((0, (1,), int(last)))


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdigit()

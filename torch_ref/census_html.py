"""The census as one HTML page, which needs nothing else: it sorts and filters by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import torch

import npnn
from torch_ref.census import ERROR_KINDS, Entry, Total
from torch_ref.exemptions import EXEMPTIONS, Exemption

_TEMPLATE = Path(__file__).with_name("census.html")

_COLUMNS = (
    *(("name", False), ("kind", False), ("there", False), ("cases", True), ("failed", True)),
    *(("output", True), ("input gradient", True), ("parameter gradient", True), ("second derivative", True)),
    ("reason", False),
)
"""The headings, and whether numbers stand below."""

_SMALLEST, _LARGEST = -17.0, 0.0
"""The exponents at the ends of the bars."""


def page(entries: Sequence[Entry], totals: Sequence[Total]) -> str:
    """The page.

    Args:
        entries: a row each.
        totals: the summary above them.
    """
    return Template(_TEMPLATE.read_text()).substitute(
        npnn=escape(npnn.__version__),
        torch=escape(torch.__version__),
        totals="\n".join(map(_total, totals)),
        headings="\n".join(
            f'<th scope="col"{_number(numeric)}><button type="button">{name}</button></th>'
            for name, numeric in _COLUMNS
        ),
        rows="\n".join(map(_row, entries)),
        exemptions="\n".join(map(_exemption, EXEMPTIONS)),
    )


def _total(total: Total) -> str:
    short = "" if total.reached >= total.goal else " short"
    return (
        f'<tr><td>{escape(total.what)}</td><td class="number{short}">{total.reached:,}</td>'
        f'<td class="number">{total.goal:,}</td></tr>'
    )


def _exemption(exemption: Exemption) -> str:
    cells = (str(exemption), exemption.instead, exemption.reason)
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in cells)}</tr>"


def _row(entry: Entry) -> str:
    cells = [
        _cell(entry.name, classes="name"),
        _cell(entry.kind),
        _cell("yes" if entry.present else "no"),
        _cell(str(entry.cases), classes="number"),
        _cell(str(entry.failed), classes="number failed" if entry.failed else "number"),
        *(_error(getattr(entry.errors, kind), bool(entry.failed)) for kind in ERROR_KINDS),
        _cell(entry.reason),
    ]
    absent = "" if entry.present else ' class="absent"'
    present = str(entry.present).lower()
    return f'<tr data-failed="{entry.failed}" data-present="{present}"{absent}>{"".join(cells)}</tr>'


def _error(error: float | None, failed: bool) -> str:
    """A cell with a bar as long as the error's logarithm."""
    if error is None:
        return _cell("", classes="number")
    exponent = _SMALLEST if error == 0 else min(max(math.log10(error), _SMALLEST), _LARGEST)
    share = (exponent - _SMALLEST) / (_LARGEST - _SMALLEST)
    hue = 0 if failed else 130 - 90 * share
    style = f"--share: {100 * share:.0f}%; --hue: {hue:.0f}"
    return (
        f'<td class="number error" style="{style}" data-value="{min(error, 1e308):.3e}">'
        f"{format_error(error)}</td>"
    )


def format_error(error: float | None) -> str:
    """An error for people: with two digits, or empty if nothing was compared.

    Examples:
        >>> format_error(1.234e-12), format_error(0.0), format_error(None)
        ('1.2e-12', '0', '')
    """
    if error is None:
        return ""
    return "0" if error == 0 else f"{error:.1e}"


def _cell(text: str, classes: str = "") -> str:
    kind = f' class="{classes}"' if classes else ""
    return f'<td{kind} data-value="{escape(text)}">{escape(text)}</td>'


def _number(numeric: bool) -> str:
    return ' class="number"' if numeric else ""

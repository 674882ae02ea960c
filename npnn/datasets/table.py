"""Reading a CSV file into columns, with errors that name the row and the column that are wrong."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npnn._typing import Array


class DataError(ValueError):
    """A data file does not hold what it should; the message names the file, and in a table row and column."""


@dataclass(frozen=True)
class Table:
    """The columns that were asked for, as text, with the place in the file that each row came from.

    Attributes:
        path: the file.
        columns: names of the columns, in the order they were asked for.
        rows: one list of cells for each row, in the order of `columns`.
        lines: the line of the file on which each row ends, counted from 1.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]

    def error(self, row: int, column: str, problem: str) -> DataError:
        """The error to raise for one cell.

        Args:
            row: index of the row, from 0.
            column: name of the column.
            problem: what is wrong with the cell.

        Returns:
            A DataError that names the file, row, line, column, and problem.
        """
        return DataError(f"{self.path}: row {row + 1} (line {self.lines[row]}), column {column}: {problem}")

    def texts(self, column: str) -> list[str]:
        """One column as text, without surrounding blanks.

        Args:
            column: its name.

        Returns:
            One string for each row.
        """
        index = self.columns.index(column)
        return [row[index].strip() for row in self.rows]

    def numbers(self, columns: Sequence[str]) -> Array:
        """Several columns as finite float64 numbers.

        Args:
            columns: their names.

        Shape:
            Output: (rows, len(columns)).

        Returns:
            The numbers.

        Raises:
            DataError: a cell is empty, no number, NaN or infinite.
        """
        texts = [self.texts(column) for column in columns]
        values = np.empty((len(self.rows), len(columns)))
        for row in range(len(self.rows)):
            for index, column in enumerate(columns):
                values[row, index] = self._number(texts[index][row], row, column)
        return values

    def _number(self, text: str, row: int, column: str) -> float:
        if not text:
            raise self.error(row, column, "the cell is empty, expected a number")
        if not _is_number(text):
            raise self.error(row, column, f"{text!r} is no number")
        value = float(text)
        if not np.isfinite(value):
            raise self.error(row, column, f"{text!r} is no finite number")
        return value


def read_table(path: str | os.PathLike[str], columns: Sequence[str]) -> Table:
    r"""Reads named columns of a CSV file.

    A first row without any number is a header: the columns are then found by name, in any order, among others
    that are left aside. Case, punctuation and the unit cm do not count, so `petal_length`, `Petal.Length`,
    `petal length (cm)` and `PetalLengthCm` are one name. Without a header the file must hold exactly these
    columns, in this order.

    Args:
        path: the file, in UTF-8, with commas.
        columns: names of the columns to read.

    Returns:
        The table, with its columns in the order of `columns`.

    Raises:
        DataError: the file is no CSV text, holds no rows, or a column is missing, doubled, or one too many.
        OSError: the file cannot be opened.

    Examples:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "ab.csv"
        >>> _ = path.write_text("b,note,a\n1,x,2\n3,y,4\n")
        >>> read_table(path, ["a", "b"]).numbers(["a", "b"])
        array([[2., 1.],
               [4., 3.]])
    """
    path = Path(path)
    numbered = _read_cells(path)
    expected = ", ".join(columns)
    if not numbered:
        raise DataError(f"{path} is empty, expected the columns {expected}")
    (_, first), *_ = numbered
    if any(_is_number(cell) for cell in first):
        width, places = len(columns), list(range(len(columns)))
        reason = f"expected {width} without a header: {expected}"
    else:
        width, places = len(first), _find_columns(path, first, columns)
        reason = f"but the header has {width}: {','.join(first)}"
        numbered = numbered[1:]
    if not numbered:
        raise DataError(f"{path} has a header but no rows")
    for row, (line, cells) in enumerate(numbered, start=1):
        if len(cells) != width:
            raise DataError(f"{path}: row {row} (line {line}) has {len(cells)} columns, {reason}")
    return Table(
        path=path,
        columns=tuple(columns),
        rows=[[cells[place] for place in places] for _, cells in numbered],
        lines=[line for line, _ in numbered],
    )


def _read_cells(path: Path) -> list[tuple[int, list[str]]]:
    """Every row that is not blank, with its line number."""
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the header.
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no CSV text in UTF-8: {error}") from error


def _find_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> list[int]:
    """Where each of the columns stands in the header."""
    keys = [_key(name) for name in header]
    missing = [column for column in columns if _key(column) not in keys]
    if missing:
        raise DataError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected {', '.join(columns)} in any order, but the header is {','.join(header)}"
        )
    doubled = [column for column in columns if keys.count(_key(column)) > 1]
    if doubled:
        raise DataError(f"{path} has more than one column {doubled[0]}: the header is {','.join(header)}")
    return [keys.index(_key(column)) for column in columns]


def _key(name: str) -> str:
    """What is compared of a column's name."""
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("cm")


def _is_number(text: str) -> bool:
    if "_" in text:  # float() takes 1_000, which no CSV means as a number
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True

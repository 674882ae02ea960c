"""Splitting a data set so that every class is in every part in the same proportion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import npnn
from npnn._typing import Array


def stratified_split(labels: Array, per_class: Sequence[int], generator: npnn.Generator) -> tuple[Array, ...]:
    """Draws disjoint parts of a data set, each with the same number of rows from every class.

    Args:
        labels: class of each row, (rows,).
        per_class: for each part, how many rows it takes from every class.
        generator: source of the permutations, one for each class in ascending order.

    Shape:
        Output: one array (classes * per_class[i],) for each part.

    Returns:
        For each part, the indices of its rows in ascending order.

    Raises:
        ValueError: a class has fewer rows than the parts take.

    Examples:
        >>> import numpy as np
        >>> labels = np.array([0, 0, 0, 1, 1, 1])
        >>> train, test = stratified_split(labels, (2, 1), npnn.Generator().manual_seed(0))
        >>> labels[train], labels[test]
        (array([0, 0, 1, 1]), array([0, 1]))
    """
    parts: list[list[Array]] = [[] for _ in per_class]
    bounds = np.cumsum([0, *per_class])
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) < bounds[-1]:
            raise ValueError(
                f"class {label} has {len(rows)} rows, "
                f"but a split into {tuple(per_class)} rows per class needs {bounds[-1]}"
            )
        shuffled = rows[npnn.randperm(len(rows), generator=generator).numpy()]
        for part, start, stop in zip(parts, bounds[:-1], bounds[1:], strict=True):
            part.append(shuffled[start:stop])
    return tuple(np.sort(np.concatenate(part)) for part in parts)

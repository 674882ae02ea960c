"""stratified_split: disjoint, stratified, seeded."""

import numpy as np
import pytest

import npnn
from npnn.datasets import stratified_split

LABELS = np.array([2, 0, 0, 2, 0, 7, 7, 2, 7, 7, 0, 2, 7])


def split(seed, per_class=(2, 1, 1)):
    return stratified_split(LABELS, per_class, npnn.Generator().manual_seed(seed))


def test_parts_are_disjoint_and_hold_as_many_rows_of_each_class():
    parts = split(seed=3)
    rows = np.concatenate(parts)
    assert len(set(rows)) == len(rows) == 12
    for part, count in zip(parts, (2, 1, 1), strict=True):
        np.testing.assert_array_equal(np.unique(LABELS[part], return_counts=True), ([0, 2, 7], [count] * 3))
        np.testing.assert_array_equal(part, np.sort(part))


def test_the_seed_decides():
    for once, again in zip(split(seed=3), split(seed=3), strict=True):
        np.testing.assert_array_equal(once, again)
    assert len({tuple(split(seed)[0]) for seed in range(8)}) > 4


def test_every_row_can_land_in_every_part():
    seen = [set(), set(), set()]
    for seed in range(60):
        for part, rows in zip(seen, split(seed), strict=True):
            part.update(rows.tolist())
    assert seen == [set(range(len(LABELS)))] * 3


def test_refuses_more_rows_than_a_class_has():
    with pytest.raises(
        ValueError, match=r"class 0 has 4 rows, but a split into \(3, 2\) rows per class needs 5"
    ):
        split(seed=0, per_class=(3, 2))

"""Windows along an axis against their definition."""

import itertools

import numpy as np

from npnn.ops._windows import Windows, joint_taps, taps_along, upright

GRID = [
    Windows(*numbers)
    for numbers in itertools.product((1, 4, 7), (0, 1, 3), (1, 3), (1, 2, 5), (0, 1, 2), (1, 2, 3))
]


def test_taps():
    for windows in GRID:
        taps = list(windows.taps())
        assert len(taps) == windows.kernel, windows
        for tap, (outputs, inputs) in enumerate(taps):
            offset = tap * windows.dilation - windows.padding
            places = ((o, o * windows.stride + offset) for o in range(windows.out))
            inside = [(o, place) for o, place in places if 0 <= place < windows.size]
            met = zip(range(windows.out)[outputs], range(windows.size)[inputs], strict=True)
            assert list(met) == inside, windows


def test_no_place_is_in_two_disjoint_windows():
    disjoint = [windows for windows in GRID if windows.disjoint]
    assert 0 < len(disjoint) < len(GRID)
    for windows in disjoint:
        met = [place for _, inputs in windows.taps() for place in range(windows.size)[inputs]]
        assert len(set(met)) == len(met)


def test_starts():
    assert Windows(7, 3, 3, 2, padding=1).starts().tolist() == [-1, 1, 3]


def test_taps_along():
    x = np.arange(2 * 3 * 7).reshape(2, 3, 7)
    (outputs, inputs), _ = taps_along(Windows(7, 3, 2, 3), axis=2)
    np.testing.assert_array_equal(x[inputs], x[:, :, [0, 3, 6]])
    assert outputs == (slice(None), slice(None), slice(0, 3))


def test_joint_taps_are_read_row_by_row():
    taps = [tap for tap, _, _ in joint_taps((Windows(4, 3, 2, 1), Windows(5, 3, 3, 1)))]
    assert taps == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_upright():
    assert upright(np.arange(3), axis=1, ndim=4).shape == (3, 1, 1)

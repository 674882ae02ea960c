"""Indexing: reading, writing, and the gradients of both, with every kind of index on torch and on npnn."""

import numpy as np
import pytest

import npnn
from torch_ref.scripts import assert_same_log, values

# Of a tensor of shape (3, 4, 5).
INDICES = """
    0 ; -1 ; t.tensor(2) ; ... ; () ; None ; True ; False ; 1, 2 ; 1, 2, 3 ; -1, ..., -2 ; ..., 0 ; :, 0
    0, :, 3 ; 1: ; ::2 ; 1:1 ; :, 1:3 ; :, None, 2 ; None, ..., None ; :2, ..., 3: ; 0, None, 1: ; 5:
    -2: ; :, :, :-1 ; 1:, 0, ::3 ; [0, 2] ; [1] ; [] ; t.tensor([0, 2, 2]) ; t.tensor([[0], [2]])
    [0, 2], [1, 3] ; [0, 2], 1 ; 0, [1, 3] ; 0, [1, 3], [0, 4] ; [0, 1], :, [2, 3] ; 0, :, [2, 3]
    [1, 0], None ; :, [1, 3] ; :, [1, 3], 2 ; :, 1, [0, 4, 4] ; 1:, [0, 0] ; ..., [0, 0, 3]
    [0, 1], ..., 2 ; 0, ..., [1, 2] ; [0, 1], 1:3, [2, 3] ; [[0], [1]], [1, 2, 3] ; None, [0, 1]
    [0, 1], None, [2, 3] ; -1, [True, False, True, False] ; x > 0 ; x[..., 0] > 0 ; x[:, 0, 0] > 0
    [True, False, True] ; [True, False, True], 1 ; 1, x[0, :, 0] > 0 ; :, x[0] > 0 ; ..., x[0, 0] > 0
    x > 99 ; t.tensor([], dtype=t.int64) ; x[:, :, 0] > 0, 1: ; t.tensor(1), :, t.tensor([0, 2])
""".replace("\n", ";").split(";")


class Spelling:
    """Takes an index as it is written."""

    def __getitem__(self, index):
        return index


def spelled(t, x, text):
    return eval(f"Spelling()[{text}]", {"Spelling": Spelling, "t": t, "x": x.detach()})


def full(t, shape=(3, 4, 5), seed=0):
    return t.tensor(values(shape, seed), requires_grad=True)


@pytest.mark.parametrize("text", [text.strip() for text in INDICES if text.strip()])
def test_reading(text):
    def script(t):
        x = full(t)
        y = x[spelled(t, x, text)]
        v = t.tensor(values(tuple(y.shape), 1), requires_grad=True)
        (g,) = t.autograd.grad(y, x, v, create_graph=True)
        w = t.tensor(values((3, 4, 5), 2))
        return [
            y,
            g,
            t.autograd.grad(g, v, w),
            y.data_ptr() == x.data_ptr() if text in ("0", "...", "1, 2, 3") else None,
        ]

    assert_same_log(script)


@pytest.mark.parametrize("text", [text.strip() for text in INDICES if text.strip()])
def test_writing(text):
    def script(t):
        x, part = full(t), full(t)[spelled(t, full(t), text)]
        seen = []
        for shape in {tuple(part.shape), tuple(part.shape[-1:]), ()}:
            value = t.tensor(values(shape, 3), requires_grad=True)
            y = x * 2.0
            y[spelled(t, x, text)] = value
            v = t.tensor(values((3, 4, 5), 1))
            seen.append([y, t.autograd.grad(y, [x, value], v, allow_unused=True)])
        y = x.detach().clone()
        y[spelled(t, x, text)] = 7
        return [*seen, y]

    # Where an index names an element twice, which of the values it gets is not said.
    if text not in ("t.tensor([0, 2, 2])", ":, 1, [0, 4, 4]", "1:, [0, 0]", "..., [0, 0, 3]", "False"):
        assert_same_log(script)


def test_writing_changes_the_base_of_a_view():
    def script(t):
        x = full(t)
        base = x * 1.0
        view = base[1:, :, 2]
        view[0, [1, 3]] = x[0, :2, 0] * x[1, :2, 1]
        view[view.detach() > 1] = 5.0
        view[1] += 1.0
        base[2][1][0] *= 3.0
        v = t.tensor(values((3, 4, 5), 1))
        return [base, view, t.autograd.grad(base, x, v)]

    assert_same_log(script)


@pytest.mark.parametrize(
    "text",
    [
        "[[0, 1], [1, 2]]",
        "[[0, 1]]",
        "[(0, 1), range(2)]",
        "[t.tensor([0, 1]), t.tensor([1, 3])]",
        "[t.tensor(1), t.tensor(2)]",
        "[slice(1, 3), [0, 1]]",
        "[0, [1, 2]]",
        "[None, 0]",
        "[..., 0]",
        "[[[0, 1], [1, 2]]]",
    ],
)
def test_a_list_of_more_than_numbers_stands_for_a_tuple(text):
    def script(t):
        with pytest.warns(UserWarning, match="tuple"):
            return [full(t)[spelled(t, full(t), text)]]

    assert_same_log(script)


@pytest.mark.parametrize("text", ["[[0]] * 32", "[0, 1]", "[[0, 1], [1, 2]],"])
def test_other_lists_stand_for_a_tensor(text):
    assert_same_log(lambda t: [full(t)[spelled(t, full(t), text)]])


def test_casting_on_writing():
    def script(t):
        n = t.zeros(3, dtype=t.int64)
        n[0] = 2.7
        n[1] = t.tensor(-3.9)
        u = t.zeros(2, dtype=t.uint8)
        u[0] = -1
        b = t.zeros(2, dtype=t.bool)
        b[1] = 5
        x = t.zeros(2)
        x[0] = t.tensor(1.5, dtype=t.float64)
        x[1] = True
        whole = t.arange(4)
        whole[whole > 1] = t.tensor(7.9)
        whole[whole == 1] = t.tensor([5.5])
        whole[[0]] = 3.7
        whole[True] = whole + t.tensor([0.0, 0.0, 0.5, 1.5])
        whole[:1] += whole[t.tensor(True)][0, :1]
        return [n, u, b, x, whole]

    assert_same_log(script)


def test_indices_may_change_after_the_call():
    """What was picked is what gets the gradient."""
    for index in (np.array([0, 2]), npnn.tensor([0, 2]), np.array([True, False, True])):
        x = npnn.tensor(values(3), requires_grad=True)
        y = x[index]
        index[...] = index[[1, 0]] if index.shape == (2,) else np.array([False, True, False])
        index[...] = 1 if index.shape == (2,) else index
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, [1, 0, 1])


SELECTIONS = [
    lambda t, x: x.select(1, -1),
    lambda t, x: x.narrow(1, -3, 2),
    lambda t, x: x.narrow(0, t.tensor(1), 2),
    lambda t, x: x.unbind(1),
    lambda t, x: x.split(2, 1),
    lambda t, x: x.split([1, 0, 3], 1),
    lambda t, x: x.chunk(3, 2),
    lambda t, x: x.chunk(7, 0),
    lambda t, x: x[:0].chunk(3),
    lambda t, x: x[:0].split(2),
    lambda t, x: x[:0].split(0),
    lambda t, x: list(x),
    lambda t, x: len(x),
    lambda t, x: list(reversed(x)),
    lambda t, x: x.index_select(2, t.tensor([4, 0, 0])),
    lambda t, x: x.gather(1, t.tensor([[[3], [0]]])),
    lambda t, x: 1.5 in t.tensor([1.5, 2.0]),
    lambda t, x: t.where(x.detach()[:, 0, 0] > 0),
    lambda t, x: t.where(t.tensor(True)),
    lambda t, x: "abcd"[t.tensor(2)],
    lambda t, x: x[t.tensor(0) : t.tensor(2)],
]


@pytest.mark.parametrize("number", range(len(SELECTIONS)))
def test_selections(number):
    assert_same_log(lambda t: [SELECTIONS[number](t, full(t))])


def test_masks_of_uint8():
    x, mask = npnn.arange(3), npnn.tensor([1, 0, 1], dtype=npnn.uint8)
    with pytest.warns(UserWarning, match="indexing with dtype uint8 is now deprecated"):
        np.testing.assert_array_equal(x[mask], [0, 2])


def test_numbers_of_small_dtypes_are_indices_though_more_of_them_are_not():
    assert_same_log(lambda t: [full(t)[t.tensor(1, dtype=t.int8), t.tensor(2, dtype=t.int16)]])

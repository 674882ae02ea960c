"""The table of layouts: what it says of each array, against torch's own arithmetic and plain NumPy."""

import numpy as np
import pytest
import torch

from torch_ref import convert
from torch_ref.layouts import (
    ANY,
    CHANNELS_SECOND,
    CLASS_SCORES,
    CLASS_TARGETS,
    FUNCTIONS,
    KERNEL,
    MATRIX,
    MODULES,
    SAME,
    TRANSPOSED_KERNEL,
    Layout,
    channels_last,
    shape_to_npnn,
    shape_to_torch,
    to_npnn,
    to_torch,
)

AXES = [
    (SAME, (2, 3, 5), (0, 1, 2)),
    (SAME, (), ()),
    (ANY, (2, 3), (0, 1)),
    (MATRIX, (2, 3), (1, 0)),
    (channels_last(1), (3, 5), (1, 0)),
    (channels_last(1), (2, 3, 5), (0, 2, 1)),
    (channels_last(2), (3, 5, 7), (1, 2, 0)),
    (channels_last(2), (2, 3, 5, 7), (0, 2, 3, 1)),
    (channels_last(3), (3, 5, 7, 4), (1, 2, 3, 0)),
    (channels_last(3), (2, 3, 5, 7, 4), (0, 2, 3, 4, 1)),
    (KERNEL, (8, 3, 5), (2, 1, 0)),
    (KERNEL, (8, 3, 5, 7), (2, 3, 1, 0)),
    (KERNEL, (8, 3, 5, 7, 4), (2, 3, 4, 1, 0)),
    (TRANSPOSED_KERNEL, (8, 3, 5), (2, 0, 1)),
    (TRANSPOSED_KERNEL, (8, 3, 5, 7), (2, 3, 0, 1)),
    (CLASS_SCORES, (3,), (0,)),
    (CLASS_SCORES, (2, 3), (0, 1)),
    (CLASS_SCORES, (2, 3, 5, 7), (0, 2, 3, 1)),
    (CHANNELS_SECOND, (2, 3, 5), (0, 2, 1)),
    (CLASS_TARGETS, (2, 3, 5), (0, 2, 1)),
]


@pytest.mark.parametrize(("layout", "shape", "axes"), AXES)
def test_layout_moves_axes_there_and_back(layout, shape, axes):
    array = np.random.default_rng(0).standard_normal(shape)
    moved = to_npnn(array, layout)
    np.testing.assert_array_equal(moved, array.transpose(axes))
    assert moved.flags.c_contiguous
    back = to_torch(moved, layout)
    np.testing.assert_array_equal(back, array)
    assert back.flags.c_contiguous


@pytest.mark.parametrize("table", [MODULES, FUNCTIONS], ids=["modules", "functions"])
def test_every_declared_layout_is_undone_by_its_inverse(table):
    sizes = (2, 3, 5, 7, 4)
    for row in table.values():
        output = row.output if isinstance(row.output, tuple) else (row.output,)
        for layout in (*row.inputs.values(), *row.state.values(), *output):
            ranks = [ndim for ndim in range(6) if layout.fits(ndim, "torch")]
            assert ranks
            for ndim in ranks:
                array = np.arange(np.prod(sizes[:ndim], dtype=int), dtype=float).reshape(sizes[:ndim])
                np.testing.assert_array_equal(to_torch(to_npnn(array, layout), layout), array)


# Classes of one's own, which other tests have named.
OTHERS = {cls.__name__ for cls in convert.TWINS if not cls.__module__.startswith("torch.")}


@pytest.mark.parametrize("name", sorted(set(MODULES) - OTHERS))
def test_every_row_is_of_a_class_of_torch(name):
    home = torch.nn if hasattr(torch.nn, name) else torch.nn.modules.linear
    assert issubclass(getattr(home, name), torch.nn.Module)


@pytest.mark.parametrize(
    ("module", "kernel"),
    [
        (torch.nn.Conv2d(4, 6, (3, 2), groups=2, bias=False), KERNEL),
        (torch.nn.ConvTranspose2d(4, 6, (3, 2), groups=2, bias=False), TRANSPOSED_KERNEL),
    ],
    ids=["conv", "transposed"],
)
def test_kernels_mean_what_design_says(module, kernel):
    """A window at a time, in channels-last order and with the kernel's axes as (*k, in, out)."""
    module = module.double()
    assert MODULES[type(module).__name__].of_state("weight") is kernel
    x = torch.randn(2, 4, 5, 7, dtype=torch.float64)
    images, weight = to_npnn(x.numpy(), channels_last(2)), to_npnn(module.weight.detach().numpy(), kernel)
    wanted = to_npnn(module(x).detach().numpy(), channels_last(2))
    got = np.zeros(wanted.shape)
    ins = outs = 0
    for group in range(2):
        ins, outs = slice(2 * group, 2 * group + 2), slice(3 * group, 3 * group + 3)
        for i in range(3):
            for j in range(2):
                if kernel is KERNEL:
                    windows = images[:, i : i + wanted.shape[1], j : j + wanted.shape[2], ins]
                    got[..., outs] += windows @ weight[i, j][:, outs]
                else:
                    got[:, i : i + 5, j : j + 7, outs] += images[..., ins] @ weight[i, j][ins]
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)


def test_recurrent_matrices_are_applied_from_the_right():
    cell = torch.nn.RNNCell(3, 5).double()
    x, h = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 5, dtype=torch.float64)
    state = {
        name: to_npnn(tensor.detach().numpy(), MODULES["RNNCell"].of_state(name))
        for name, tensor in cell.named_parameters()
    }
    got = np.tanh(
        x.numpy() @ state["weight_ih"] + state["bias_ih"] + h.numpy() @ state["weight_hh"] + state["bias_hh"]
    )
    np.testing.assert_allclose(got, cell(x, h).detach().numpy(), rtol=1e-9, atol=1e-11)


def test_a_group_is_taken_apart():
    images = np.random.default_rng(0).standard_normal((2, 5, 7, 3))
    flat = images.transpose(0, 3, 1, 2).reshape(2, -1)
    layout = Layout("N (C S) -> N (S C)", C=3)
    np.testing.assert_array_equal(to_npnn(flat, layout), images.reshape(2, -1))
    np.testing.assert_array_equal(to_torch(images.reshape(2, -1), layout), flat)


@pytest.mark.parametrize(
    ("theirs", "mine"), [((2, 3, 5, 7), (2, 5, 7, 3)), ([3, 5, 7], (5, 7, 3)), ((5, 7), (5, 7))]
)
def test_sizes_move_as_axes_do(theirs, mine):
    assert shape_to_npnn(theirs, channels_last(2)) == mine
    assert shape_to_torch(mine, channels_last(2)) == tuple(theirs)


def test_targets_that_are_classes_stay_as_they_are():
    classes = np.arange(30).reshape(2, 3, 5)
    assert to_npnn(classes, CLASS_TARGETS) is classes
    assert to_npnn(classes.astype(float), CLASS_TARGETS).shape == (2, 5, 3)


def test_what_does_not_move_is_not_copied():
    array = np.zeros((2, 3))
    assert to_npnn(array, SAME) is array
    assert to_npnn(array, CLASS_SCORES) is array


@pytest.mark.parametrize(
    ("shape", "layout", "message"),
    [
        ((2, 3, 5), MATRIX, "an array of 3 axes does not fit the layout 'out in -> in out'"),
        ((), CLASS_SCORES, "an array of 0 axes does not fit"),
        ((2, 5, 7, 4), channels_last(2, C=3), r"an axis of length 5 does not fit \(C\) in the layout .*C=3"),
        ((2, 7), Layout("N (C S) -> N (S C)", C=3), r"an axis of length 7 does not fit \(C S\)"),
        ((2, 6), Layout("N (C S) -> N (S C)"), "needs the size of C or S"),
    ],
)
def test_what_does_not_fit_is_refused(shape, layout, message):
    with pytest.raises(ValueError, match=message):
        to_npnn(np.zeros(shape), layout)


@pytest.mark.parametrize("text", ["out in", "out in -> in", "a b -> a a", "*d C -> C d"])
def test_what_is_no_layout_is_refused(text):
    with pytest.raises(ValueError, match="names the same axes on both sides of an arrow"):
        Layout(text)

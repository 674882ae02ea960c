"""Fold and Unfold against torch over grids of options; op_db has nothing of fold."""

import itertools

import numpy as np
import pytest
import torch

import npnn
import npnn.functional as F
from torch_ref import compare_functions
from torch_ref.scripts import assert_same_log

SIZE = (7, 6)
GRID = list(
    itertools.product(
        [2, (3, 2), (1, 4)],  # kernel_size
        [1, (2, 1)],  # dilation
        [0, (1, 2), 3],  # padding
        [1, (2, 3)],  # stride
    )
)
BATCHES = pytest.mark.parametrize("batch", [(), (0,), (2,)], ids=["alone", "empty batch", "two"])


def drawn(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def check(name, x, options, second=True):
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    label = f"{name} {options}"
    compare_functions(mine, theirs, x, kwargs=options, second=second, name=label).raise_if_failed()


def named(options):
    return dict(zip(("kernel_size", "dilation", "padding", "stride"), options, strict=True))


@BATCHES
def test_unfold(batch):
    for options in GRID:
        check("unfold", drawn(*batch, *SIZE, 3), named(options))


@BATCHES
def test_fold(batch):
    for options in GRID:
        shape = F.unfold(np.zeros((*SIZE, 3)), *options).shape
        check("fold", drawn(*batch, *shape), {"output_size": SIZE, **named(options)})


@pytest.mark.parametrize("dtype", ["float32", "float16", "bool", "complex64"])
def test_dtypes(dtype):
    x = (drawn(2, *SIZE, 3) * 3).astype(dtype)
    images, rows = (a if a.dtype.kind == "f" else npnn.tensor(a) for a in (x, F.unfold(x, 2).numpy()))
    check("unfold", images, {"kernel_size": 3}, second=False)
    check("fold", rows, {"output_size": SIZE, "kernel_size": 2}, second=False)


IMAGE, ROWS = torch.zeros(2, 3, 6, 5), torch.zeros(2, 12, 20)
CALLS = [
    # function, what both messages match, arguments in torch's layout
    ("unfold", "It is expected kernel_size equals to 2", IMAGE, (2,)),
    ("unfold", "It is expected stride equals to 2", IMAGE, 2, 1, 0, (1, 2, 3)),
    ("unfold", "kernel size should be greater than zero", IMAGE, 0),
    ("unfold", "stride should be greater than zero", IMAGE, 2, 1, 0, 0),
    ("unfold", "dilation should be greater than zero", IMAGE, 2, 0),
    ("unfold", "padding should be non-negative", IMAGE, 2, 1, -1),
    ("unfold", "its components must be at least one", IMAGE, 7),
    ("unfold", r"Expected 3D or 4D \(batch mode\) tensor", IMAGE[:, :0], 2),
    ("unfold", r"Expected 3D or 4D \(batch mode\) tensor", IMAGE[None], 2),
    ("fold", "It is expected output_size equals to 2", ROWS, (6,), 2),
    ("fold", "kernel size should be greater than zero", ROWS, (6, 5), 0),
    ("fold", "divisible by the product of kernel_size", ROWS, (6, 5), 5),
    ("fold", r"match the calculated number of sliding blocks 5 \* 5 = 25", ROWS, (6, 6), 2),
    ("fold", r"Expected 2D or 3D \(batch mode\) tensor", ROWS[:, :0], (6, 5), 2),
    ("fold", r"Expected 2D or 3D \(batch mode\) tensor", ROWS[None], (6, 5), 2),
]


@pytest.mark.parametrize(
    ("name", "pattern", "args"), [(name, pattern, args) for name, pattern, *args in CALLS]
)
def test_what_torch_refuses(name, pattern, args):
    with pytest.raises(RuntimeError, match=pattern):
        getattr(torch.nn.functional, name)(*args)
    x = npnn.tensor(args[0].movedim(1, -1).numpy())
    with pytest.raises(RuntimeError, match=pattern):
        getattr(F, name)(x, *args[1:])


@pytest.mark.parametrize("name", ["unfold", "fold"])
def test_types_that_torch_refuses(name):
    image, rows = np.zeros((2, 6, 5, 3), np.int64), np.zeros((2, 20, 12), np.int64)
    given = (image, 2) if name == "unfold" else (rows, (6, 5), 2)
    with pytest.raises(NotImplementedError, match="not implemented for"):
        getattr(F, name)(*given)
    with pytest.raises(TypeError, match="must be an int"):
        getattr(F, name)(given[0].astype("f8"), *given[1:-1], 2.5)


@pytest.mark.parametrize(("name", "args"), [("Fold", ((6, 5), 2, 1, (0, 1))), ("Unfold", ((2, 3), 2))])
def test_attributes_and_repr(name, args):
    def script(lib):
        layer = getattr(lib.nn, name)(*args)
        public = {key: value for key, value in vars(layer).items() if not key.startswith("_")}
        return [repr(layer), sorted(public.items()), list(layer.state_dict())]

    assert_same_log(script)

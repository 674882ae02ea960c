"""Dropout against torch: the same mask from the same seed, to the bit, in whatever order memory is.

The databases are run by test_layers.py, and the table of cases too.
"""

import warnings

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import layouts
from torch_ref.layouts import to_npnn, to_torch
from torch_ref.scripts import assert_same_log, leaf, outcome, values
from torch_ref.values import seeded

SHAPES = {  # in npnn's layout
    "dropout": [(), (7,), (40, 50), (3, 4, 5, 6)],
    "dropout1d": [(5, 9), (40, 3, 50)],
    "dropout2d": [(40, 3, 4, 50)],
    "dropout3d": [(3, 4, 2, 50), (40, 3, 2, 1, 50)],
    "alpha_dropout": [(), (7,), (40, 50), (3, 4, 5, 6)],
    "feature_alpha_dropout": [(40, 50), (40, 3, 50), (40, 3, 2, 50)],
}
CALLS = [(name, shape) for name, shapes in SHAPES.items() for shape in shapes]


def both(name, x, *arguments, seed=3):
    """What the two libraries give, in npnn's layout."""
    layout = layouts.FUNCTIONS[name].of_input("input")
    with seeded(seed):
        mine = getattr(F, name)(npnn.tensor(x), *arguments).array
        theirs = getattr(torch.nn.functional, name)(torch.from_numpy(to_torch(x, layout)), *arguments)
    return mine, to_npnn(theirs.numpy(), layout)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.77])
@pytest.mark.parametrize(("name", "shape"), CALLS)
def test_bits(name, shape, p, dtype):
    x = np.asarray(values(shape)).astype(dtype)
    mine, theirs = both(name, x, p, True)
    assert mine.dtype == theirs.dtype
    np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout"])
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1)])
@pytest.mark.parametrize("step", [1, 2])
def test_memory_of_any_order(name, axes, step):
    """Views that are transposed, or have gaps: the mask follows memory on both."""
    stored = np.random.default_rng(0).standard_normal((4, 6, 8))[:, ::step]
    given = stored.transpose(np.argsort(axes))
    with seeded(3):
        mine = getattr(F, name)(npnn.from_numpy(given), 0.4, True).array
        theirs = getattr(torch.nn.functional, name)(torch.from_numpy(given), 0.4, True).numpy()
    np.testing.assert_array_equal(mine, theirs)


def test_channels_last_memory():
    """An image (N, H, W, C) is what torch has as a tensor of memory format channels_last."""
    x = values((2, 5, 4, 3))
    given = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)))
    with seeded(3):
        mine = F.dropout(npnn.tensor(x), 0.4).array
        theirs = torch.nn.functional.dropout(given.contiguous(memory_format=torch.channels_last), 0.4)
    np.testing.assert_array_equal(mine, np.moveaxis(theirs.numpy(), 1, -1))


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4), (4, 1, 5)])
def test_arrays_that_repeat_themselves(shape):
    given = np.broadcast_to(np.ones(shape[-1]), shape)
    with seeded(3):
        mine = F.dropout(npnn.from_numpy(given), 0.4).array
        theirs = torch.nn.functional.dropout(torch.ones(shape[-1], dtype=torch.float64).expand(shape), 0.4)
    np.testing.assert_array_equal(mine, theirs.numpy())


def test_the_stream_goes_on():
    """Every call takes as many numbers from the generator as on torch, and none where nothing is drawn."""

    def script(lib):
        functional, log = lib.nn.functional, []
        one_pixel = lib.ones(2, 3, 1, 1) if lib is torch else lib.ones(2, 1, 1, 3)
        lib.manual_seed(11)
        for p, training in ((0.5, True), (0.0, True), (1.0, True), (0.5, False), (0.2, True)):
            log += [functional.dropout(lib.ones(3, 5), p, training)]
            log += [functional.dropout2d(one_pixel, p, training).flatten()]
            log += [functional.alpha_dropout(lib.ones(3, 5), p, training)]
        return [*log, lib.rand(2)]

    assert_same_log(script)


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_given_back(name):
    """The input itself, if there is nothing to do; in place always the input."""

    def script(lib):
        function = getattr(lib.nn.functional, name)
        shape = (2, 3, 4) if name == "dropout1d" else (2, 3, 4, 5, 6) if name == "dropout3d" else (2, 3, 4, 5)
        x, log = lib.ones(*shape), []
        for p, training in ((0.5, False), (0.0, True), (0.5, True), (1.0, True)):
            log += [function(x, p, training) is x, function(x.clone(), p, training).shape == x.shape]
        y = x.clone()
        log += [
            function(y, 0.5, True, True) is y,
            bool((y == 1).all()),
            function(y, 1.0, True, True) is y,
            y.sum(),
        ]
        empty = lib.ones(0, *shape[1:])
        return [*log, function(empty, 0.5, True) is empty]

    assert_same_log(script)


@pytest.mark.parametrize("name", SHAPES)
def test_refusals(name):
    def script(lib):
        function = getattr(lib.nn.functional, name)
        log = [outcome(lambda p=p: function(lib.ones(2, 3, 4), p, True)) for p in (-0.1, 1.1)]
        for axes in range(7):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                log.append(
                    outcome(lambda axes=axes: function(lib.ones((1,) * axes), 1.0, True).shape == (1,) * axes)
                )
                log.append(
                    outcome(lambda axes=axes: function(lib.ones((1,) * axes), 0.5, True).shape == (1,) * axes)
                )
            log.append([str(warning.message)[:40] for warning in caught])
        whole = lib.ones((2, 3, 4), dtype=lib.int64) if lib is npnn else lib.ones(2, 3, 4, dtype=lib.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            log += [outcome(lambda p=p: function(whole, p, True)) for p in (0.0, 0.5, 1.0)]
            x = leaf(lib, (2, 3, 4))
            log.append(outcome(lambda: function(x, 0.5, True, True)))
        return log

    assert_same_log(script)


@pytest.mark.parametrize(
    "kind", ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"]
)
def test_modules(kind):
    def script(lib):
        make = getattr(lib.nn, kind)
        log = [repr(make()), repr(make(0.25, True)), make(p=0.1).inplace, list(make().state_dict())]
        return log + [outcome(lambda p=p: make(p)) for p in (-0.1, 1.5)]

    assert_same_log(script)

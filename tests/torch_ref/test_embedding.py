"""Embeddings against torch, where its databases hold little: options, dtypes, first draws, errors."""

import itertools

import numpy as np
import pytest
import torch

import npnn
from npnn import functional as F
from torch_ref import compare, compare_functions, from_torch, to_torch
from torch_ref.values import seeded

RANDOM = np.random.default_rng(0)
TABLE = RANDOM.standard_normal((6, 4))
INDEX = np.array([5, 1, 1, 0, 3, 1, 5, 3, 3])
OFFSETS = np.array([0, 2, 2, 5, 9])


def both(name, **options):
    mine, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    return (
        lambda input, weight, *rest, **named: mine(input, weight, *rest, **options, **named),
        lambda input, weight, *rest, **named: theirs(input, weight, *rest, **options, **named),
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("padding", "frequency"), [*itertools.product([None, 0, 3, -6, -1], [False, True])])
def test_embedding(padding, frequency, dtype):
    functions = both("embedding", padding_idx=padding, scale_grad_by_freq=frequency)
    tolerance = {"rtol": 2e-3, "atol": 2e-3} if dtype == "float16" else {}
    for shape in ((9,), (3, 3), (1, 9, 1)):
        compare_functions(
            *functions, INDEX.reshape(shape), TABLE.astype(dtype), second=not frequency, **tolerance
        ).raise_if_failed()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("mode", "padding", "frequency", "last"),
    [
        (mode, padding, frequency, last)
        for mode, padding, frequency, last in itertools.product(
            ["sum", "mean", "max"], [None, 1, -3], [False, True], [False, True]
        )
        if not (mode == "max" and frequency)
    ],
)
def test_embedding_bag(mode, padding, frequency, last, dtype):
    options = {"mode": mode, "padding_idx": padding, "scale_grad_by_freq": frequency}
    tolerance = {"rtol": 3e-3, "atol": 3e-3} if dtype == "float16" else {}
    table = TABLE.astype(dtype)
    compare_functions(
        *both("embedding_bag", include_last_offset=last, **options), INDEX, table, OFFSETS, **tolerance
    ).raise_if_failed()
    compare_functions(
        *both("embedding_bag", **options), INDEX.reshape(3, 3), table, **tolerance
    ).raise_if_failed()


@pytest.mark.parametrize("frequency", [False, True])
@pytest.mark.parametrize("padding", [None, 3])
def test_per_sample_weights(padding, frequency):
    mine, theirs = both("embedding_bag", mode="sum", padding_idx=padding, scale_grad_by_freq=frequency)
    compare_functions(
        lambda input, weight, offsets, factors: mine(input, weight, offsets, per_sample_weights=factors),
        lambda input, weight, offsets, factors: theirs(input, weight, offsets, per_sample_weights=factors),
        *(INDEX, TABLE, OFFSETS, RANDOM.standard_normal(9)),
    ).raise_if_failed()


@pytest.mark.parametrize("name", ["embedding", "embedding_bag"])
@pytest.mark.parametrize("p", [1.0, 2.0, 3.5, float("inf")])
def test_rows_are_shortened_in_the_table(name, p):
    mine, theirs = npnn.tensor(TABLE), torch.tensor(TABLE)
    getattr(F, name)(INDEX.reshape(3, 3), mine, max_norm=0.7, norm_type=p)
    getattr(torch.nn.functional, name)(torch.tensor(INDEX.reshape(3, 3)), theirs, max_norm=0.7, norm_type=p)
    np.testing.assert_allclose(mine.array, theirs.numpy(), rtol=1e-12)
    assert not np.array_equal(mine.array, TABLE)


@pytest.mark.parametrize("classes", [-1, 6, 9])
@pytest.mark.parametrize("shape", [(9,), (3, 3), (9, 1, 1)])
def test_one_hot(shape, classes):
    compare_functions(
        lambda x: F.one_hot(x, classes),
        lambda x: torch.nn.functional.one_hot(x, classes),
        INDEX.reshape(shape),
    ).raise_if_failed()


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"padding_idx": -1, "dtype": "float64"}])
def test_same_first_draw(name, options):
    def made(library):
        given = {**options}
        if "dtype" in given:
            given["dtype"] = getattr(library, given["dtype"])
        return getattr(library.nn, name)(5, 7, **given)

    with seeded(3):
        theirs, mine = made(torch), made(npnn)
    assert mine.weight.shape == (5, 7)
    np.testing.assert_allclose(mine.weight.array, theirs.weight.detach().numpy(), rtol=2e-6, atol=1e-7)
    assert repr(mine) == repr(theirs)
    compare(from_torch(theirs), theirs, np.array([[1, 4], [0, 1]])).raise_if_failed()
    assert repr(to_torch(mine)) == repr(theirs)


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_pretrained(name):
    options = {"padding_idx": 1, "max_norm": 2.0, "norm_type": 1.0, "scale_grad_by_freq": True}
    for freeze in (True, False):
        theirs = getattr(torch.nn, name).from_pretrained(torch.tensor(TABLE), freeze, **options)
        mine = getattr(npnn.nn, name).from_pretrained(npnn.tensor(TABLE), freeze, **options)
        assert repr(mine) == repr(theirs)
        assert mine.weight.requires_grad == theirs.weight.requires_grad == (not freeze)
        compare(mine, theirs, INDEX.reshape(3, 3)).raise_if_failed()


X, BAGS = np.array([1, 2]), np.array([0, 1])
CALLS = [
    ("embedding", IndexError, "index out of range in self", X + 5, TABLE),
    ("embedding", IndexError, "index out of range in self", X - 2, TABLE),
    ("embedding", RuntimeError, "'indices' to have one of the following scalar types", X.astype("i2"), TABLE),
    ("embedding", RuntimeError, "'indices' to have one of the following scalar types", X > 0, TABLE),
    ("embedding", RuntimeError, "'weight' must be 2-D", X, TABLE[0]),
    ("embedding", AssertionError, "Padding_idx must be within num_embeddings", X, TABLE, 6),
    ("embedding", AssertionError, "Padding_idx must be within num_embeddings", X, TABLE, -7),
    ("embedding_bag", RuntimeError, "Expected idx >= 0 && idx < num_embeddings", X + 5, TABLE, BAGS),
    ("embedding_bag", RuntimeError, "one of the following scalar types", X[None] / 1.0, TABLE),
    ("embedding_bag", RuntimeError, "one of the following scalar types", X, TABLE, BAGS / 1.0),
    ("embedding_bag", RuntimeError, r"offsets\[0\] has to be 0", X, TABLE, BAGS + 1),
    ("embedding_bag", RuntimeError, r"offsets\[-1\] can not be greater than", X, TABLE, BAGS * 3),
    ("embedding_bag", ValueError, "offsets has to be a 1D Tensor", X, TABLE),
    ("embedding_bag", ValueError, "offsets has to be a 1D Tensor", X, TABLE, BAGS[None]),
    ("embedding_bag", ValueError, "if input is 2D, then offsets has to be None", X[None], TABLE, BAGS),
    ("embedding_bag", ValueError, "input has to be 1D or 2D Tensor", X[None, None], TABLE),
    ("embedding_bag", ValueError, "weight has to be a 2D Tensor", X[None], TABLE[0]),
    ("one_hot", RuntimeError, "only applicable to index tensor of type LongTensor", X / 1.0),
    ("one_hot", RuntimeError, "only applicable to index tensor of type LongTensor", X.astype("i4")),
    ("one_hot", RuntimeError, "Class values must be non-negative", X - 2),
    ("one_hot", RuntimeError, "Class values must be smaller than num_classes", X, 2),
    ("one_hot", RuntimeError, "Can not infer total number of classes from empty tensor", X[:0]),
]


@pytest.mark.parametrize(
    ("name", "error", "pattern", "given"), [(n, e, p, given) for n, e, p, *given in CALLS]
)
def test_errors(name, error, pattern, given):
    for library, convert in ((npnn, npnn.tensor), (torch, torch.from_numpy)):
        arguments = [convert(value) if isinstance(value, np.ndarray) else value for value in given]
        with pytest.raises(error, match=pattern) as caught:
            getattr(library.nn.functional, name)(*arguments)
        assert type(caught.value) is error


@pytest.mark.parametrize(
    ("options", "error", "pattern"),
    [
        ({"mode": "median"}, ValueError, "mode has to be one of sum, mean or max"),
        ({"mode": "max", "sparse": True}, ValueError, "max mode does not support sparse weights"),
        ({"mode": "max", "scale_grad_by_freq": True}, ValueError, "does not support scaling the gradient"),
        ({"per_sample_weights": X / 2.0}, NotImplementedError, "only supported for mode='sum'"),
        ({"per_sample_weights": TABLE, "mode": "sum"}, ValueError, "must have the same shape as the input"),
        (
            {"per_sample_weights": (X / 2.0).astype("f4"), "mode": "sum"},
            RuntimeError,
            "to have the same type as tensor for argument #1 'per_sample_weights'",
        ),
    ],
)
def test_options_that_do_not_go_together(options, error, pattern):
    for library, convert in ((npnn, npnn.tensor), (torch, torch.from_numpy)):
        given = {k: convert(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        with pytest.raises(error, match=pattern):
            library.nn.functional.embedding_bag(convert(X), convert(TABLE), convert(BAGS), **given)


def test_old_order_of_arguments():
    with pytest.warns(UserWarning, match="Argument order of nn.functional.embedding_bag was changed"):
        swapped = F.embedding_bag(npnn.tensor(TABLE), npnn.tensor(X), npnn.tensor(BAGS))
    np.testing.assert_array_equal(swapped.array, TABLE[X])

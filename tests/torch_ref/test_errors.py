"""What torch refuses, npnn refuses: with the same exception type, and words that torch's own tests match."""

import inspect

import numpy as np
import pytest
import torch

import npnn
from torch_ref import database, layouts


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # in one of torch's patterns
@pytest.mark.parametrize("name", [name for name in layouts.MODULES if hasattr(npnn.nn, name)])
def test_torchs_error_samples(name):
    for sample in database.error_samples(name):
        with pytest.raises(sample.error, match=sample.pattern) as caught:
            sample.attempt()
        assert type(caught.value) is sample.error, sample.name


def test_there_are_error_samples():
    """Which the test above would not notice to be missing."""
    assert len(list(database.error_samples("CrossEntropyLoss"))) == 7


def f(*shape):
    return np.zeros(shape)


def i(*shape):
    return np.zeros(shape, np.int64)


X, CLASSES = f(2, 3), i(2)
SIZES = "weight tensor should be defined either for all 3 classes or no classes"
LONG = "expected target dtype to be Long or Byte"
REDUCTION = "average is not a valid value for reduction"

CALLS = [
    # function, exception, what both messages match, arguments in npnn's layout
    ("linear", RuntimeError, "mat1 and mat2 shapes cannot be multiplied", X, f(4, 5)),
    ("linear", RuntimeError, "have the same dtype", X, f(3, 5).astype("f4")),
    (
        "softmax",
        IndexError,
        r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)",
        X,
        2,
    ),
    ("softmax", IndexError, r"Dimension out of range \(.* of \[-1, 0\], but got 1\)", f(), 1),
    ("log_softmax", IndexError, "Dimension out of range", X, -3),
    ("mse_loss", ValueError, REDUCTION, X, X, None, None, "average"),
    ("mse_loss", ValueError, "Weights and input must have the same size", X, X, None, None, "mean", f(2)),
    ("nll_loss", ValueError, REDUCTION, X, CLASSES, None, None, -100, None, "average"),
    ("nll_loss", ValueError, r"Expected input batch_size \(2\) to match target batch_size \(4\)", X, i(4)),
    ("nll_loss", ValueError, r"Expected input batch_size \(2\) to match target batch_size \(0\)", X, i()),
    ("nll_loss", ValueError, "For 1D input, 1D target must have size 1", f(3), i(2)),
    ("nll_loss", ValueError, None, f(), i()),
    ("nll_loss", RuntimeError, None, X, i(2, 4)),
    ("nll_loss", RuntimeError, r"Expected target size \[2, 5\], got \[2, 4\]", f(2, 5, 3), i(2, 4)),
    ("nll_loss", IndexError, "Target 3 is out of bounds", X, CLASSES + 3),
    ("nll_loss", IndexError, "Target -1 is out of bounds", X, CLASSES - 1),
    ("nll_loss", RuntimeError, LONG, X, f(2)),
    ("nll_loss", RuntimeError, LONG, X, CLASSES.astype("i4")),
    ("nll_loss", RuntimeError, LONG, X, CLASSES > 0),
    ("nll_loss", RuntimeError, "expected scalar type .* but found", X, CLASSES, f(3).astype("f4")),
    ("nll_loss", RuntimeError, SIZES, X, CLASSES, f(4)),
    ("cross_entropy", ValueError, REDUCTION, X, CLASSES, None, None, -100, None, "average"),
    ("cross_entropy", ValueError, r"Expected input batch_size \(2\) to match", X, i(4)),
    ("cross_entropy", RuntimeError, "Expected target size", f(2, 5, 3), i(2, 4)),
    ("cross_entropy", IndexError, "Target 7 is out of bounds", X, CLASSES + 7),
    ("cross_entropy", RuntimeError, LONG, X, f(2)),
    ("cross_entropy", RuntimeError, SIZES, X, X, f(2)),
    ("cross_entropy", RuntimeError, "ignore_index is not supported for floating point", X, X, None, None, 1),
    ("cross_entropy", RuntimeError, "Expected floating point type for target", X, i(2, 3)),
    (
        "cross_entropy",
        RuntimeError,
        "label_smoothing must be between",
        X,
        CLASSES,
        *[None] * 2,
        -100,
        None,
        "mean",
        2,
    ),
]


@pytest.mark.parametrize(
    ("name", "error", "pattern", "given"), [(n, e, p, given) for n, e, p, *given in CALLS]
)
def test_functions(name, error, pattern, given):
    function, twin = getattr(npnn.functional, name), getattr(torch.nn.functional, name)
    with pytest.raises(error, match=pattern) as mine:
        function(*given)
    names = inspect.signature(function).parameters
    with pytest.raises(error, match=pattern) as theirs:
        twin(
            *(
                for_torch(value, layouts.FUNCTIONS[name].of_input(n))
                for n, value in zip(names, given, strict=False)
            )
        )
    assert type(mine.value) is type(theirs.value) is error
    assert len(str(mine.value)) > 20


def for_torch(value, layout):
    if not isinstance(value, np.ndarray):
        return value
    return torch.from_numpy(layouts.to_torch(value, layout) if layout.fits(value.ndim, "npnn") else value)

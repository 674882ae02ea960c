"""The argument `out` of functions, against torch's."""

import functools

import numpy as np
import pytest
import torch

import npnn
from npnn.tensors.out import IN_LINALG, IN_SPECIAL, NAMES
from torch_ref.scripts import assert_same, outcome, plain

# Of these a function is called on the first that torch's takes.
ARGUMENTS = [
    lambda lib, x, n: (x,),
    lambda lib, x, n: (x, x.flip(0)),
    lambda lib, x, n: (x, 1),
    lambda lib, x, n: ([x, x],),
    lambda lib, x, n: (x, x > 0.5),
    lambda lib, x, n: (x, x[0]),
    lambda lib, x, n: (x[0], x[1]),
    lambda lib, x, n: (x, 1, n),
    lambda lib, x, n: (x, 1, n[0]),
    lambda lib, x, n: (x, x, x),
    lambda lib, x, n: (x, x, x[0], x[1]),
    lambda lib, x, n: (x, x[0], x[1]),
    lambda lib, x, n: (x[0], x, x[1]),
    lambda lib, x, n: (x[None], x[None], x[None]),
    lambda lib, x, n: (x[None], x[None]),
    lambda lib, x, n: (x, x[None], x[None]),
    lambda lib, x, n: (n, n),
    lambda lib, x, n: (n,),
    lambda lib, x, n: (n, 1),
    lambda lib, x, n: (x > 0.5, x, x),
    lambda lib, x, n: (1, x),
    lambda lib, x, n: (x @ x.mT,),
    lambda lib, x, n: (x @ x.mT, x),
    lambda lib, x, n: (x @ x.mT, 2),
    lambda lib, x, n: (lib.eye(6, dtype=x.dtype).reshape(2, 3, 6), 2),
]


def numbers(lib):
    x = lib.tensor([[0.25, 0.5, 0.125], [0.75, 0.375, 0.625], [0.875, 0.0625, 0.9375]], dtype=lib.float64)
    return x, lib.tensor([[2, 0, 1], [1, 2, 0], [0, 1, 2]])


def is_tuple(result):
    return isinstance(result, tuple)


def takes(name, arguments, room=""):
    try:
        called(torch, name, arguments, shaped=False, room=room)
    except (RuntimeError, TypeError, IndexError, NotImplementedError):
        return False
    return True


def called(lib, name, arguments, shaped, room=""):
    """The results of a function, written into tensors, which are empty or of the right shape."""
    function, given = getattr(getattr(lib, room, lib), name), arguments(lib, *numbers(lib))
    if name == "solve_triangular":
        function = functools.partial(function, upper=True)
    lib.manual_seed(0)
    plain = function(*given)
    outs = [
        lib.zeros_like(one) if shaped else lib.empty(0, dtype=one.dtype)
        for one in (plain if is_tuple(plain) else (plain,))
    ]
    lib.manual_seed(0)
    result = function(*given, out=tuple(outs) if is_tuple(plain) else outs[0])
    for returned, out in zip(result if is_tuple(plain) else (result,), outs, strict=True):
        assert returned is out or lib is torch
    return outs


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch advises against some
@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_result_is_written(name):
    assert hasattr(npnn, name)
    arguments = next(one for one in ARGUMENTS if takes(name, one))
    for shaped in (False, True):
        ours, theirs = called(npnn, name, arguments, shaped), called(torch, name, arguments, shaped)
        for one, other in zip(ours, theirs, strict=True):
            assert str(other.dtype) == f"torch.{one.dtype}"
            torch.testing.assert_close(
                torch.from_numpy(one.numpy()), other, rtol=1e-9, atol=1e-11, equal_nan=True
            )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("room", "name"),
    [
        *(("linalg", name) for name in sorted(IN_LINALG)),
        *(("special", name) for name in sorted(IN_SPECIAL)),
    ],
)
def test_a_result_of_a_room_is_written(room, name):
    """Singular and eigenvectors are defined up to their signs, so of these only the shapes are compared."""
    arguments = next(one for one in ARGUMENTS if takes(name, one, room))
    for shaped in (False, True):
        ours, theirs = (called(lib, name, arguments, shaped, room) for lib in (npnn, torch))
        for one, other in zip(ours, theirs, strict=True):
            assert str(other.dtype) == f"torch.{one.dtype}"
            assert one.shape == other.shape
            if name not in ("eigh", "qr", "svd"):
                torch.testing.assert_close(
                    torch.from_numpy(one.numpy()), other, rtol=1e-9, atol=1e-11, equal_nan=True
                )


MADE = {
    "zeros": lambda t, **options: t.zeros(2, 3, **options),
    "ones": lambda t, **options: t.ones((2, 3), **options),
    "full": lambda t, **options: t.full((2,), 3.5, **options),
    "full of an integer": lambda t, **options: t.full((2,), 3, **options),
    "eye": lambda t, **options: t.eye(2, 3, **options),
    "arange": lambda t, **options: t.arange(5, **options),
    "arange of fractions": lambda t, **options: t.arange(0.5, 3, **options),
    "linspace": lambda t, **options: t.linspace(0, 1, 5, **options),
    "logspace": lambda t, **options: t.logspace(0, 1, 5, **options),
    "rand": lambda t, **options: t.rand(5, **options),
    "randn": lambda t, **options: t.randn(20, **options),
    "randint": lambda t, **options: t.randint(9, (5,), **options),
    "randperm": lambda t, **options: t.randperm(5, **options),
    "normal": lambda t, **options: t.normal(1.0, 2.0, (5,), **options),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # arange warns where the others do not
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("name", MADE)
def test_what_is_made_has_the_dtype_of_out(name, dtype):
    def script(t):
        def made(**options):
            t.manual_seed(3)
            result = MADE[name](t, **options)
            return [result.detach().to(t.float64), result.dtype, result.requires_grad]

        def given(shape):
            return t.empty(shape, dtype=getattr(t, dtype))

        return [
            outcome(lambda: made(out=given((0,)))),
            outcome(lambda: made(out=given((7, 2)))),
            outcome(lambda: made(out=given((0,)), dtype=t.float64)),
            outcome(lambda: made(out=given((0,)), requires_grad=True)) if name != "randperm" else None,
            outcome(lambda: made(out=t.empty(0, requires_grad=True))),
            outcome(lambda: made(out=3)),
        ]

    log, other = plain(script(npnn)), plain(script(torch))
    # torch's own logarithms, sines and powers of float32 are a few ulp away.
    for ours, theirs in zip(log, other, strict=True):
        if name in ("randn", "logspace", "normal") and dtype == "float32" and ours and ours[0] == "returned":
            np.testing.assert_allclose(ours[1][0], theirs[1][0], rtol=1e-6, atol=1e-6)
            ours[1][0] = theirs[1][0]
        assert_same(ours, theirs)


def test_what_is_made_lies_where_out_lies():
    whole = npnn.zeros(2, 3)
    row = whole[1]
    assert npnn.arange(3, out=row) is row
    assert whole.tolist() == [[0, 0, 0], [0, 1, 2]]
    assert npnn.bernoulli(npnn.ones(3), out=row) is row
    assert whole.tolist() == [[0, 0, 0], [1, 1, 1]]


def test_memory_is_kept_and_values_are_converted():
    whole = npnn.zeros(2, 3, dtype=npnn.float64)
    npnn.add(npnn.arange(3), 1, out=whole[1])
    assert whole.tolist() == [[0, 0, 0], [1, 2, 3]]


def test_a_write_is_seen_by_backward():
    x = npnn.ones(2, requires_grad=True)
    kept = npnn.ones(2)
    loss = (x * kept).sum()
    npnn.exp(kept, out=kept)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_another_shape_is_given_with_a_warning():
    out = npnn.ones(2)
    with pytest.warns(UserWarning, match=r"'out' has the shape \[2\] and is given that of the result, \[3\]"):
        npnn.exp(npnn.zeros(3), out=out)
    assert out.tolist() == [1, 1, 1]


@pytest.mark.parametrize("lib", [npnn, torch])
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda lib, x: lib.exp(x, out=lib.zeros(2, dtype=lib.int64)), RuntimeError, "can't be cast"),
        (lambda lib, x: lib.exp(x.requires_grad_(), out=lib.zeros(2)), RuntimeError, "automatic differen"),
        (
            lambda lib, x: lib.exp(x, out=lib.zeros(2, requires_grad=True)),
            RuntimeError,
            "automatic differentiation",
        ),
        (lambda lib, x: lib.exp(x, out=3), TypeError, "'out' must be Tensor, not int"),
        (lambda lib, x: lib.topk(x, 1, out=x), TypeError, "topk"),
        (lambda lib, x: lib.clone(x, out=x), TypeError, "unexpected keyword argument 'out'"),
    ],
)
def test_refused(lib, call, error, message):
    with pytest.raises(error, match=message):
        call(lib, lib.ones(2))


def test_without_recording_it_may_require_grad():
    weight = npnn.ones(2, requires_grad=True)
    with npnn.no_grad():
        npnn.mul(weight, 3, out=weight)
    assert weight.tolist() == [3, 3]

"""Every function and method of tensors that torch's op database knows, on torch's own samples, in float64.

Outputs, gradients under random cotangents, and second derivatives; what requires grad; and that no input was
changed.
"""

import types

import numpy as np
import pytest
import torch
from torch.testing._internal.common_methods_invocations import op_db

import npnn
from npnn.tensors import functions
from torch_ref.convert import translate
from torch_ref.values import NPNN, array_of, seeded, tensors_in

OPS = {
    (op.name if op.name == name else f"{op.name} as {name}")
    + (f", {op.variant_test_name}" if op.variant_test_name else ""): (op, name)
    for op in op_db
    for name in (op.name, *(alias.name for alias in op.aliases))
    if name in {*functions.__all__, "__getitem__", "expand", "view", "ravel"}
}
# Sampling without replacement draws from a stream that differs between processors: test_random_streams.py.
del OPS["multinomial"]
# Norms of matrices other than the Frobenius norm.
del OPS["norm, nuc"]

OURS = {
    "__getitem__": lambda x, *index: x[index[0] if len(index) == 1 else index],
    # The database calls where as a method.
    "where": lambda x, condition, y: npnn.where(condition, x, y),
}
THEIRS = {"__getitem__": OURS["__getitem__"]}

IN_PLACE = {
    f"{op.name}_": op
    for op in op_db
    if hasattr(npnn.Tensor, f"{op.name}_")
    and op.name not in {"bernoulli", "exponential", "normal", "uniform"}
}


def functions_of(op, name):
    ours = OURS.get(name) or getattr(npnn, name, None) or getattr(npnn.Tensor, name)
    return ours, THEIRS.get(name) or (op.op if name == op.name else getattr(torch, name))


def samples(op):
    for sample in op.sample_inputs("cpu", torch.float64, requires_grad=op.supports_autograd):
        if isinstance(sample.input, types.GeneratorType):
            sample.input = list(sample.input)
        args = (tuple(arg) if isinstance(arg, torch.Size) else arg for arg in sample.args)
        yield (sample.input, *args), sample.kwargs


def assert_equal(ours, theirs, what):
    """The same array; a gradient that is not there stands for zeros."""
    if ours is None or theirs is None:
        there = theirs if ours is None else ours
        assert there is None or not array_of(there + 0).any(), f"{what}: {ours} against torch's {theirs}"
        return
    # Adding 0 turns the placeholder that torch has for zeros into an array.
    expected = array_of(theirs + 0) if theirs.dtype != torch.bool else array_of(theirs)
    np.testing.assert_allclose(array_of(ours), expected, rtol=1e-9, atol=1e-11, strict=True, err_msg=what)


def assert_same_derivatives(ours, theirs, our_inputs, their_inputs, order, draw):
    """Gradients of outputs under random cotangents, up to an order, with respect to all that came before."""
    pairs = [(y, t) for y, t in zip(ours, theirs, strict=True) if t is not None and t.requires_grad]
    if not pairs or not their_inputs or not order:
        return
    assert all(y is not None and y.requires_grad for y, _ in pairs)
    cotangents = [draw.standard_normal(tuple(t.shape)) for _, t in pairs]
    our_v = [npnn.tensor(v, requires_grad=True) for v in cotangents]
    their_v = [torch.tensor(v, requires_grad=True) for v in cotangents]
    flags = {"create_graph": order > 1, "retain_graph": True, "allow_unused": True}
    our_grads = npnn.autograd.grad([y for y, _ in pairs], our_inputs, our_v, **flags)
    their_grads = torch.autograd.grad([t for _, t in pairs], their_inputs, their_v, **flags)
    for number, (g, t) in enumerate(zip(our_grads, their_grads, strict=True)):
        assert_equal(g, t, f"derivative by input {number}")
    assert_same_derivatives(
        our_grads, their_grads, our_inputs + our_v, their_inputs + their_v, order - 1, draw
    )


def assert_same_call(ours, theirs, args, kwargs, order=2):
    our_args, our_kwargs = translate((args, kwargs), NPNN)
    before = [tensor.array.copy() for tensor in tensors_in((our_args, our_kwargs))]
    with seeded(0):
        expected = theirs(*args, **kwargs)
    with seeded(0):
        actual = ours(*our_args, **our_kwargs)
    if isinstance(expected, bool):
        assert actual is expected
        return
    expected, actual = ([y] if hasattr(y, "dtype") else list(y) for y in (expected, actual))
    for number, (y, t) in enumerate(zip(actual, expected, strict=True)):
        assert_equal(y, t, f"output {number}")
        assert y.requires_grad == t.requires_grad
    our_inputs = [x for x in tensors_in((our_args, our_kwargs)) if x.requires_grad]
    their_inputs = [x for x in tensors_in((args, kwargs)) if x.requires_grad]
    assert_same_derivatives(actual, expected, our_inputs, their_inputs, order, np.random.default_rng(0))
    for old, tensor in zip(before, tensors_in((our_args, our_kwargs)), strict=True):
        np.testing.assert_array_equal(tensor.array, old, err_msg="an input was changed")


@pytest.mark.parametrize("name", OPS)
def test_functions(name):
    op, alias = OPS[name]
    count = 0
    for args, kwargs in samples(op):
        assert_same_call(*functions_of(op, alias), args, kwargs, order=2 if op.supports_gradgrad else 1)
        count += 1
    assert count


@pytest.mark.parametrize("name", IN_PLACE)
def test_methods_in_place(name):
    """On a copy, as a leaf cannot be given."""

    def call(x, *args, **kwargs):
        return getattr(x.clone(), name)(*args, **kwargs)

    for args, kwargs in samples(IN_PLACE[name]):
        try:
            call(*args, **kwargs)
        except RuntimeError:
            continue
        assert_same_call(call, call, args, kwargs, order=1)


def test_the_database_knows_most_functions():
    known = {alias for _, alias in OPS.values()}
    unknown = ["detach", "is_complex", "is_floating_point", "is_tensor", "multinomial", "numel", "relu"]
    assert set(functions.__all__) - known == set(unknown)

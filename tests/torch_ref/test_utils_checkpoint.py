"""Checkpointed calls, on torch and on npnn: gradients, what runs how often, random numbers, refusals."""

import contextlib
import gc
import weakref

import numpy as np
import pytest
import torch
import torch.utils.checkpoint

import npnn
from torch_ref.scripts import affine, assert_same_log, leaf, network, values

BOTH = pytest.mark.parametrize("use_reentrant", [False, True])


def checkpoint(lib, *args, **kwargs):
    module = lib.utils.checkpoint
    return module.checkpoint(*args, **kwargs)


@BOTH
def test_gradients_are_those_of_the_plain_call(use_reentrant):
    def script(lib):
        net, x = network(lib), leaf(lib, (5, 4), 3)
        plain = lib.autograd.grad((net(x) ** 2).sum(), [x, *net.parameters()])
        y = checkpoint(lib, net, x, use_reentrant=use_reentrant)
        (y**2).sum().backward()
        return [plain, y, x.grad, [param.grad for param in net.parameters()]]

    assert_same_log(script)
    ((plain, *_),) = [script(npnn)]
    *_, x_grad, grads = script(npnn)
    for expected, found in zip(plain, [x_grad, *grads], strict=True):
        np.testing.assert_array_equal(expected.numpy(), found.numpy())


@BOTH
@pytest.mark.parametrize("preserve_rng_state", [True, False])
def test_random_numbers(use_reentrant, preserve_rng_state):
    def script(lib):
        lib.manual_seed(3)
        x = leaf(lib, (4, 6))
        y = checkpoint(
            lib,
            lambda x: lib.nn.functional.dropout(x, 0.4) ** 2,
            x,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
        )
        between = lib.rand(2)
        y.sum().backward()
        return [y, between, x.grad, lib.rand(2)]

    assert_same_log(script)


def counted(lib, log):
    """A function that notes its calls, saves three values, and notes how far it comes."""

    def function(x, scale=1.0):
        log.append("called")
        y = x.exp()
        y = (y * x).tanh() * scale
        log.append("done")
        return y

    return function


@BOTH
@pytest.mark.parametrize("early_stop", [True, False])
def test_what_is_called_and_when(use_reentrant, early_stop):
    def script(lib):
        log = []
        x = leaf(lib, 3)
        y = checkpoint(lib, counted(lib, log), x, use_reentrant=use_reentrant, early_stop=early_stop)
        log.append("backward")
        y.sum().backward(retain_graph=not use_reentrant)
        if not use_reentrant:
            log.append("backward")
            y.sum().backward()
            log.append("no grad")
            with lib.no_grad():
                checkpoint(lib, counted(lib, log), x, use_reentrant=False)
        # Where the second call stops lies in what each library saves; that it is made does not.
        return [[event for event in log if event != "done"], x.grad]

    assert_same_log(script)


def test_stops_as_soon_as_it_has_all():
    log, x = [], leaf(npnn, 3)

    def function(x):
        y = x.exp().exp()
        log.append("end")
        return y

    y = checkpoint(npnn, function, x, use_reentrant=False)
    with npnn.utils.checkpoint.set_checkpoint_early_stop(False):
        z = checkpoint(npnn, function, x, use_reentrant=False)
    y.sum().backward()
    assert log == ["end"] * 2
    z.sum().backward()
    assert log == ["end"] * 3


def test_second_derivatives_and_grad():
    def script(lib):
        x = leaf(lib, 3)
        y = checkpoint(lib, counted(lib, []), x, use_reentrant=False, scale=2.0)
        (dx,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        return [dx, lib.autograd.grad((dx**2).sum(), x)]

    assert_same_log(script)


def test_nested_and_in_place():
    def script(lib):
        def inner(x):
            y = x.sin()
            y.mul_(y + 1)
            return y * x

        def outer(x, w):
            y = checkpoint(lib, inner, x @ w, use_reentrant=False)
            return (y.exp() * y)[1:], y

        x, w = leaf(lib, (3, 4)), leaf(lib, (4, 2), 1)
        y, z = checkpoint(lib, outer, x, w, use_reentrant=False)
        (y.sum() + (z**2).sum()).backward()
        return [x.grad, w.grad]

    assert_same_log(script)


def test_arguments_of_every_kind():
    def script(lib):
        def function(x, n, pair, flag=False):
            return x * n + pair[0], [x, pair] if flag else x * 2

        x, shift = leaf(lib, 3), leaf(lib, 3, 1)
        y, rest = checkpoint(lib, function, x, 3, (shift, None), flag=True, use_reentrant=False)
        (y * rest[0]).sum().backward()
        z, w = checkpoint(lib, function, x, 2, (1.0,), use_reentrant=True)
        (z * w).sum().backward()
        return [x.grad, shift.grad]

    assert_same_log(script)


def test_as_a_decorator_and_with_contexts():
    def script(lib):
        log = []

        @contextlib.contextmanager
        def noted(name):
            log.append(name)
            yield

        make = checkpoint(lib, use_reentrant=False, context_fn=lambda: (noted("first"), noted("second")))
        function = make(lambda x: x.exp() ** 3)
        x = leaf(lib, 3)
        function(x).sum().backward()
        return [log, x.grad]

    assert_same_log(script)


@BOTH
@pytest.mark.parametrize("segments", [1, 2, 3])
def test_sequential(use_reentrant, segments):
    def script(lib):
        make = affine(lib)
        steps = [make(4, 5, seed=1), lib.tanh, make(5, 3, seed=2), lib.sin, make(3, 2, seed=3)]
        x = leaf(lib, (6, 4))
        sequential = lib.utils.checkpoint.checkpoint_sequential
        y = sequential(steps, segments, x, use_reentrant=use_reentrant)
        z = sequential(lib.nn.Sequential(steps[0], lib.nn.Tanh()), 2, x, use_reentrant=use_reentrant)
        ((y**2).sum() + z.exp().sum()).backward()
        return [y, z, x.grad, [param.grad for step in (steps[0], steps[2]) for param in step.parameters()]]

    assert_same_log(script)


def test_batch_norm_counts_twice_on_either():
    def script(lib):
        norm = lib.nn.BatchNorm1d(4).double()
        x = leaf(lib, (5, 4))
        checkpoint(lib, lambda x: norm(x).exp(), x, use_reentrant=False, early_stop=False).sum().backward()
        return [int(norm.num_batches_tracked), norm.running_mean, x.grad]

    assert_same_log(script)


def changing(lib, *steps, **options):
    """Backward through a function that does another thing in each call."""
    calls = iter(steps)
    x = leaf(lib, (2, 3))
    checkpoint(lib, lambda x: next(calls)(x), x, use_reentrant=False, **options).sum().backward()


def changed_argument(lib):
    x = leaf(lib, 3) * 1
    y = checkpoint(lib, lambda x: x.exp().exp(), x, use_reentrant=False)
    x.add_(1)
    y.sum().backward()


def reentrant(lib, function=lambda x: x.exp()):
    x = leaf(lib, 3)
    return checkpoint(lib, function, x, use_reentrant=True).sum(), x


def reentrant_with_inputs(lib):
    y, x = reentrant(lib)
    y.backward(inputs=[x])


def a_call(lib, **options):
    checkpoint(lib, lambda x: x, leaf(lib, 2), **options)


REFUSALS = [
    (lambda lib: changing(lib, lambda x: x.exp().exp(), lambda x: x.exp()), "different number of tensors"),
    (lambda lib: changing(lib, lambda x: x.exp(), lambda x: x.exp().exp(), early_stop=False), "more tensors"),
    (lambda lib: changing(lib, lambda x: x.exp(), lambda x: x[1:].exp()), "different metadata"),
    (changed_argument, "modified by an inplace operation"),
    (lambda lib: lib.autograd.grad(*reentrant(lib)), "incompatible with .grad()"),
    (reentrant_with_inputs, "incompatible with .grad()"),
    (lambda lib: reentrant(lib, lambda x: x.detach())[0].backward(), "none of output has requires_grad=True"),
    (lambda lib: a_call(lib, use_reentrant=True, n=1), "Unexpected keyword"),
    (lambda lib: a_call(lib, use_reentrant=True, debug=True), "only supported"),
    (lambda lib: changing(lib, lambda x: x, determinism_check="sure"), "determinism_check should be one of"),
    (lambda lib: checkpoint(lib, use_reentrant=False, n=1), "Unexpected keyword"),
    (lambda lib: lib.utils.checkpoint.checkpoint_sequential([], 1, 2, use_reentrant=False, n=1), "Unexp"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "pattern"), REFUSALS)
def test_refusals(script, pattern):
    """CheckpointError is a class of either library's own."""
    kinds = []
    for lib in (torch, npnn):
        with pytest.raises(Exception, match=pattern) as caught:
            script(lib)
        kinds.append([kind.__name__ for kind in type(caught.value).__mro__])
    assert kinds[0] == kinds[1]


def test_warnings():
    for lib in (npnn, torch):
        with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
            y = checkpoint(lib, lambda x: x.exp(), leaf(lib, 3))
        assert y.requires_grad
        with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
            checkpoint(lib, lambda x: x.exp(), lib.ones(3), use_reentrant=True)
        with pytest.warns(UserWarning, match="checkpoint_sequential: the use_reentrant"):
            lib.utils.checkpoint.checkpoint_sequential([lib.exp], 1, leaf(lib, 3))


def test_what_is_not_kept_is_freed():
    """Between forward and backward the values in the middle are gone, as they are not of a plain call."""
    seen = []

    def function(x):
        y = x.exp()
        seen.append(weakref.ref(y.array))
        return y.sin().sum()

    for use_reentrant in (False, True):
        x = leaf(npnn, 3)
        y = checkpoint(npnn, function, x, use_reentrant=use_reentrant)
        gc.collect()
        assert seen[-1]() is None
        y.backward()
        np.testing.assert_allclose(x.grad, np.cos(np.exp(values(3))) * np.exp(values(3)), rtol=1e-12)
    plain = function(leaf(npnn, 3))
    assert seen[-1]() is not None, plain

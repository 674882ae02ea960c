"""What scripts ask of the tape: anomaly mode, hooks on saved values, and tensors called Variable."""

import threading
import warnings

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same_error, assert_same_log, leaf, outcome, values

# ---- anomaly mode


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def roots(lib, x):
    return (x.sqrt() * 0).sum()


def quotient(lib, x):
    return (x / x).sum()


def own(lib, x):
    class Bad(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    return Bad.apply(x).sum()


@pytest.mark.parametrize(
    ("func", "pattern"),
    [
        (roots, "Function 'SqrtBackward0' returned nan values in its 0th output"),
        (quotient, "Function 'DivBackward0' returned nan values in its 1th output"),
        (own, "Function 'BadBackward' returned nan values in its 0th output"),
    ],
)
def test_nan_in_backward(func, pattern):
    for switch in ("detect_anomaly()", "set_detect_anomaly(True)"):

        def script(lib, switch=switch):
            x = lib.zeros(2, requires_grad=True)
            with eval(f"lib.autograd.{switch}", {"lib": lib}):
                func(lib, x).backward()

        assert_same_error(script, pattern)


def test_switches_of_anomaly_mode():
    def script(lib):
        def state():
            return [lib.is_anomaly_enabled(), lib.is_anomaly_check_nan_enabled()]

        log = [state()]
        with lib.autograd.detect_anomaly(check_nan=False):
            log.append(state())
            with lib.autograd.set_detect_anomaly(False):
                log.append(state())
            x = lib.zeros(2, requires_grad=True)
            roots(lib, x).backward()
            log.append([state(), x.grad])
        log.append(state())
        lib.autograd.set_detect_anomaly(True)
        log.append(state())
        lib.set_anomaly_enabled(False)
        return [*log, state()]

    assert_same_log(script)


def test_the_warning_names_the_call_in_forward():
    for lib in (npnn, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with lib.autograd.detect_anomaly():
                loss = roots(lib, lib.zeros(2, requires_grad=True))
                with pytest.raises(RuntimeError, match="nan"):
                    loss.backward()
        enabled, error = (str(warning.message) for warning in caught)
        assert "Anomaly Detection has been enabled" in enabled
        assert "Error detected in SqrtBackward0. Traceback of forward call that caused the error" in error
        assert "return (x.sqrt() * 0).sum()" in error


def test_a_call_made_before_the_mode_was_on_has_no_place():
    loss = roots(npnn, npnn.zeros(2, requires_grad=True))
    with (
        npnn.autograd.set_detect_anomaly(True),
        pytest.warns(match="No forward pass information available"),
        pytest.raises(RuntimeError, match="nan"),
    ):
        loss.backward()


def test_an_error_of_backward_stays_what_it_is():
    def script(lib):
        x = leaf(lib, 2)
        with lib.autograd.set_detect_anomaly(True):
            y = x.exp()
            y.add_(1)
            y.sum().backward()

    assert_same_error(script, "modified by an inplace operation")


# ---- hooks on saved values


def network_of(x, w):
    return ((x @ w).tanh() * x[:, :1]).exp().sum()


def test_what_is_packed_comes_back():
    def script(lib):
        log = []
        for create_graph in (False, True):
            x, w = leaf(lib, (3, 4)), leaf(lib, (4, 2), 1)
            hooks = lib.autograd.graph.saved_tensors_hooks(
                lambda x: x.numpy().tolist(), lambda x: lib.tensor(x, dtype=lib.float64)
            )
            with hooks:
                y = network_of(x, w)
            gradients = lib.autograd.grad(y, (x, w), create_graph=create_graph)
            log.append(gradients)
            if create_graph:
                log.append(lib.autograd.grad(sum((g**2).sum() for g in gradients), (x, w)))
        return log

    assert_same_log(script)


def test_the_innermost_hooks_are_called():
    def script(lib):
        log = []

        def hooks(name):
            return lib.autograd.graph.saved_tensors_hooks(
                lambda x: (log.append(f"{name} packs"), x)[1],
                lambda x: (log.append(f"{name} unpacks"), x)[1],
            )

        x = leaf(lib, 3)
        with hooks("outer"):
            y = x.exp()
            with hooks("inner"):
                y = y.exp()
            y = y.exp()
        with lib.autograd.graph.save_on_cpu():
            y = y.tanh()
        y.sum().backward()
        return [log, x.grad]

    assert_same_log(script)


@pytest.mark.parametrize("changed", [lambda y: y.exp_(), lambda y: y.mul_(y + 1), lambda y: y[1:].exp_()])
def test_packed_values_outlive_changes_in_place(changed):
    def script(lib):
        x = leaf(lib, 3)
        with lib.autograd.graph.save_on_cpu():
            y = changed(x * 2)
        y.sum().backward()
        return [x.grad]

    assert_same_log(script)


def test_a_factor_that_is_overwritten_is_kept():
    """torch, which checks no versions here, takes the new value for the old one."""
    x = leaf(npnn, 3)
    with npnn.autograd.graph.save_on_cpu():
        y = x * 2
        y.mul_(y)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, 8 * x.detach())


def test_gradients_do_not_share_memory_with_what_was_packed():
    class Slope(npnn.autograd.function.Operation):
        @staticmethod
        def forward(ctx, x, slope):
            ctx.save_for_backward(slope)
            return (x * slope).sum()

        @staticmethod
        def backward(ctx, dy):
            return ctx.saved_tensors[0], None

    x, slope = leaf(npnn, 3), npnn.tensor(values(3, 1))
    with npnn.autograd.graph.save_on_cpu():
        y = Slope.apply(x, slope)
    y.backward()
    x.grad.zero_()
    np.testing.assert_array_equal(slope, values(3, 1))


def test_hooks_in_a_function_of_ones_own():
    def script(lib):
        class Cube(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, scale):
                ctx.save_for_backward(x, scale)
                return x**3 * scale

            @staticmethod
            def backward(ctx, dy):
                x, scale = ctx.saved_tensors
                return 3 * x**2 * scale * dy, None

        x = leaf(lib, 3)
        with lib.autograd.graph.saved_tensors_hooks(lambda x: x + 0.0, lambda x: x):
            y = Cube.apply(x * 1.0, lib.tensor(values(3, 1)))
        y.sum().backward()
        return [x.grad]

    assert_same_log(script)


def with_hooks(lib, pack, unpack):
    x = leaf(lib, 3)
    with lib.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x.exp()
    y.sum().backward()


@pytest.mark.parametrize(
    ("script", "pattern"),
    [
        (lambda lib: with_hooks(lib, lambda x: x.add_(1), lambda x: x), "modifying its input"),
        (lambda lib: with_hooks(lib, lambda x: 3, lambda x: x), "expected to be a Tensor but got .* int"),
        (lambda lib: with_hooks(lib, 1, 2), ""),
        (lambda lib: refused(lib, disabled_first=True), "not here"),
        (lambda lib: refused(lib, disabled_first=False), "not here"),
    ],
)
def test_refusals(script, pattern):
    assert_same_error(script, pattern)


def refused(lib, disabled_first):
    disabled = lib.autograd.graph.disable_saved_tensors_hooks("not here")
    hooks = lib.autograd.graph.save_on_cpu()
    for context in (disabled, hooks) if disabled_first else (hooks, disabled):
        context.__enter__()


@pytest.fixture(autouse=True)
def _hooks_are_gone():
    """What `refused` leaves behind."""
    yield
    npnn.autograd.graph._active.__init__()
    npnn.autograd.function.recorders.clear()
    while torch._C._autograd._top_saved_tensors_default_hooks(True) is not None:
        torch._C._autograd._pop_saved_tensors_default_hooks()


def test_hooks_are_those_of_the_thread():
    packed = []
    with npnn.autograd.graph.saved_tensors_hooks(lambda x: packed.append(x), lambda x: x):
        thread = threading.Thread(target=lambda: leaf(npnn, 3).exp().sum().backward())
        thread.start()
        thread.join()
    assert packed == []


def test_nodes_and_versions():
    def script(lib):
        graph = lib.autograd.graph
        x = leaf(lib, 3)
        y = x.exp()
        log = [isinstance(node, graph.Node) for node in (y.grad_fn, y.grad_fn.next_functions[0][0], y)]
        graph.increment_version(y)
        graph.increment_version([y, x])
        return [log, y._version, x._version, outcome(y.sum().backward)]

    assert_same_log(script)


# ---- Variable


def test_variable():
    def script(lib):
        variable = lib.autograd.Variable
        x = leaf(lib, 3)
        made = [
            variable(x),
            variable(x * 2),
            variable(x.detach(), requires_grad=True),
            variable(),
            variable(x, True),
        ]
        same = variable(data=x)
        same.data[0] = 5.0
        return [
            [[y, y.requires_grad, y.is_leaf, type(y) is lib.Tensor] for y in made],
            x,
            [isinstance(thing, variable) for thing in (x, lib.nn.Parameter(x), 3, x.detach().numpy())],
            variable(lib.ones(2), volatile=True).requires_grad,
            outcome(lambda: variable(3.0)),
            outcome(lambda: variable([1.0])),
            outcome(lambda: variable(lib.arange(2), requires_grad=True)),
            outcome(lambda: variable(lib.ones(2), foo=1)),
        ]

    assert_same_log(script)

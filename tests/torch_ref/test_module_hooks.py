"""Hooks of modules against torch's: what they get, in which order, and what they change."""

from __future__ import annotations

import pytest

from torch_ref.scripts import affine, assert_same_error, assert_same_log, leaf, outcome, values


class Backward:
    """Backward hooks that log what they get, for one library."""

    def __init__(self, lib):
        self.lib = lib
        self.log = []

    def hook(self, name, change=None):
        def hook(module, grad_input, grad_output):
            self.log.append([name, grad_input, grad_output])
            return change and change(grad_input)

        return hook

    def pre(self, name, change=None):
        def hook(module, grad_output):
            self.log.append([name, grad_output])
            return change and change(grad_output)

        return hook

    def module(self, forward):
        class Custom(self.lib.nn.Module):
            def forward(self, *args, **kwargs):
                return forward(*args, **kwargs)

        return Custom()


SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


@script
def forward_hooks(lib):
    nn = lib.nn
    hooks = lib.nn.modules.module
    log = []

    class Scale(nn.Module):
        def forward(self, x, *, by=1.0, fail=False):
            if fail:
                raise ArithmeticError("forward failed")
            return x * by

    def pre(name, change=None):
        def hook(module, args):
            log.append([name, args])
            return change and change(args)

        return hook

    def post(name, change=None):
        def hook(module, args, *rest):
            log.append([name, args, *rest])
            return change and change(rest[-1])

        return hook

    def pre_kwargs(module, args, kwargs):
        log.append(["pre kwargs", args, kwargs])
        return (args[0] + 1,), {**kwargs, "by": 3.0}

    def failing(module, args, output):
        log.append(["failing", args, output])
        raise ValueError("hook failed")

    layer = Scale()
    x = lib.tensor(values(3))
    handles = [
        layer.register_forward_pre_hook(pre("first")),
        layer.register_forward_pre_hook(pre("prepended", lambda args: args[0] * 2), prepend=True),
        layer.register_forward_pre_hook(pre_kwargs, with_kwargs=True),
        layer.register_forward_hook(post("after")),
        layer.register_forward_hook(post("kwargs", lambda y: y - 1), with_kwargs=True),
        layer.register_forward_hook(post("always"), always_call=True, prepend=True),
        hooks.register_module_forward_pre_hook(pre("global pre", lambda args: (args[0] + 10,))),
        hooks.register_module_forward_hook(post("global", lambda y: y * 5)),
        hooks.register_module_forward_hook(post("global kwargs"), with_kwargs=True),
        hooks.register_module_forward_hook(post("global always"), always_call=True),
    ]
    log.append(layer(x, by=2.0))
    log.append(outcome(lambda: layer(x, fail=True)))
    handles.append(layer.register_forward_hook(failing, always_call=True))
    log.append(outcome(lambda: layer(x, fail=True)))
    log.append(outcome(lambda: layer(x)))
    for handle in handles:
        handle.remove()
    log.append("removed")
    log.append(layer(x, by=2.0))
    with layer.register_forward_hook(post("within")):
        layer(x)
    layer(x)
    with hooks.register_module_forward_pre_hook(pre("alone")):
        layer(x)
    layer.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True)
    log.append(outcome(lambda: layer(x)))
    return log


@script
def registration_hooks(lib):
    nn = lib.nn
    hooks = lib.nn.modules.module
    log = []
    other = nn.Parameter(lib.tensor(values(9)))

    def note(kind, replacement=None):
        def hook(module, name, value):
            log.append([kind, name, type(value).__name__])
            return replacement

        return hook

    module = nn.Module()
    with hooks.register_module_parameter_registration_hook(note("parameter", other)):
        module.a = nn.Parameter(lib.tensor(values(2)))
        module.register_parameter("b", None)
    with hooks.register_module_buffer_registration_hook(note("buffer")):
        module.register_buffer("c", None)
        module.c = nn.Parameter(lib.tensor(values(2))).detach()
    with hooks.register_module_module_registration_hook(note("module", nn.Tanh())):
        module.d = nn.ReLU()
        module.add_module("e", nn.ReLU())
        module.d = None
    return [*log, module.a, repr(module)]


@script
def full_backward_hooks(lib):
    b = Backward(lib)
    make = affine(lib)
    net = lib.nn.Sequential(make(4, 3), lib.nn.Tanh(), make(3, 2, seed=3))
    for name, module in net.named_modules():
        module.register_full_backward_hook(b.hook("hook " + name))
        module.register_full_backward_pre_hook(b.pre("pre " + name))
    x = leaf(lib, (5, 4))
    (net(x) * lib.tensor(values((5, 2), 8))).sum().backward()
    return [b.log, x.grad, [parameter.grad for parameter in net.parameters()]]


@script
def backward_hooks_that_change_gradients(lib):
    b = Backward(lib)
    net = lib.nn.Sequential(affine(lib)(4, 3), lib.nn.Tanh())
    net[1].register_full_backward_hook(b.hook("second", lambda g: (g[0] * 3,)))
    net[1].register_full_backward_hook(b.hook("first", lambda g: (g[0] + 1,)), prepend=True)
    net[1].register_full_backward_pre_hook(b.pre("pre second", lambda g: (g[0] * 2,)))
    net[1].register_full_backward_pre_hook(b.pre("pre first", lambda g: (g[0] - 1,)), prepend=True)
    x = leaf(lib, (5, 4))
    net(x).sum().backward()
    wrong = lib.nn.Tanh()
    wrong.register_full_backward_hook(lambda module, grad_input, grad_output: (None, None))
    wrong_pre = lib.nn.Tanh()
    wrong_pre.register_full_backward_pre_hook(lambda module, grad_output: (None, None))
    return [
        b.log,
        x.grad,
        [parameter.grad for parameter in net.parameters()],
        outcome(lambda: wrong(x).sum().backward()),
        outcome(lambda: wrong_pre(x).sum().backward()),
    ]


@script
def backward_hooks_with_several_inputs_and_outputs(lib):
    b = Backward(lib)
    log = []
    x, y, constant = leaf(lib, 3), leaf(lib, 3, 1), leaf(lib, 3, 2).detach()
    for forward, take in [
        (lambda x, y: (x * 2, y * 3), lambda out: out[0].sum()),
        (lambda x, y: (x * y, 5, x + y), lambda out: (out[0] * out[2]).sum()),
        (lambda x, y: x * y, lambda out: out.sum()),
    ]:
        for arguments in ((x, y), (x, constant), (constant, y)):
            module = b.module(forward)
            module.register_full_backward_hook(b.hook("hook"))
            module.register_full_backward_pre_hook(b.pre("pre"))
            x.grad = y.grad = None
            log.append([outcome(lambda m=module, a=arguments, t=take: t(m(*a)).backward()), x.grad, y.grad])
    mixed = b.module(lambda x, number, *, scale: x * number * scale)
    mixed.register_full_backward_hook(b.hook("mixed"))
    x.grad = y.grad = None
    mixed(x, 3.0, scale=y).sum().backward()
    return [*log, x.grad, y.grad, b.log]


@script
def backward_hooks_and_an_unused_output(lib):
    class Two(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = lib.nn.Parameter(lib.tensor(values(3)))

        def forward(self, x):
            return x * 2, x * self.scale

    b = Backward(lib)
    module, x = Two(), leaf(lib, 3)
    module.register_full_backward_hook(b.hook("hook"))
    module(x)[0].sum().backward()
    return [*b.log, x.grad, module.scale.grad]


@script
def backward_hooks_without_input_gradients(lib):
    b = Backward(lib)
    layer = affine(lib)(4, 3)
    layer.register_full_backward_hook(b.hook("hook"))
    layer.register_full_backward_pre_hook(b.pre("pre", lambda g: (g[0] * 2,)))
    x = leaf(lib, (5, 4)).detach()
    layer(x).sum().backward()
    b.log.append([layer.weight.grad, layer.bias.grad])
    layer(x=x).sum().backward()
    with lib.no_grad():
        b.log.append(layer(x))
    strict = affine(lib)(4, 3)
    strict.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_output[0],))
    b.log.append(outcome(lambda: strict(x).sum().backward()))
    listing = b.module(lambda x: [x * 2])
    listing.register_full_backward_hook(b.hook("never"))
    z = leaf(lib, 3)
    listing(z)[0].sum().backward()
    return [*b.log, z.grad]


@script
def backward_hooks_and_second_derivatives(lib):
    b = Backward(lib)
    layer = lib.nn.Tanh()
    layer.register_full_backward_hook(b.hook("hook"))
    x = leaf(lib, 4)
    (dx,) = lib.autograd.grad(layer(x).sum(), x, create_graph=True)
    (dx * dx).sum().backward()
    return [*b.log, dx, x.grad]


@script
def global_backward_hooks(lib):
    hooks = lib.nn.modules.module
    b = Backward(lib)
    layer = lib.nn.Tanh()
    layer.register_full_backward_hook(b.hook("own", lambda g: (g[0] * 2,)))
    layer.register_full_backward_pre_hook(b.pre("own pre"))
    x = leaf(lib, 4)
    with (
        hooks.register_module_full_backward_hook(b.hook("global", lambda g: (g[0] + 1,))),
        hooks.register_module_full_backward_pre_hook(b.pre("global pre", lambda g: (g[0] * 3,))),
    ):
        refused = outcome(lambda: hooks.register_module_backward_hook(b.hook("refused")))
        layer(x).sum().backward()
    layer(x).sum().backward()
    plain, y = lib.nn.Tanh(), leaf(lib, 4)
    for register in ("register_module_full_backward_hook", "register_module_full_backward_pre_hook"):
        kind = b.pre if "pre" in register else b.hook
        with getattr(hooks, register)(kind(register, lambda g: (g[0] * 3,))):
            plain(y).sum().backward()
    return [*b.log, x.grad, y.grad, refused]


@script
def non_full_backward_hooks(lib):
    b = Backward(lib)
    layer = lib.nn.Tanh()
    handle = layer.register_backward_hook(b.hook("non-full", lambda g: (g[0] * 10,)))
    x = leaf(lib, 4)
    layer(x * 1.0).sum().backward()
    b.log.append([x.grad, outcome(lambda: layer.register_full_backward_hook(b.hook("refused")))])
    handle.remove()
    layer(x).sum().backward()
    other = lib.nn.Tanh()
    other.register_full_backward_hook(b.hook("full"))
    return [*b.log, x.grad, outcome(lambda: other.register_backward_hook(b.hook("refused")))]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda function: function.__name__)
def test_script(run):
    assert_same_log(run)


def _run_backward_hook(lib, register, hook):
    layer = lib.nn.Tanh()
    getattr(layer, register)(hook)
    layer(lib.ones(2, requires_grad=True)).sum().backward()


def _mixed_hooks(layer):
    layer.register_full_backward_hook(print)
    layer.register_backward_hook(print)


def _run_kwargs_pre_hook(layer, x):
    layer.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True)
    layer(x)


ERRORS = {
    "too few gradients": (
        lambda lib: _run_backward_hook(lib, "register_full_backward_hook", lambda *args: ()),
        "Backward hook returned an invalid number of grad_input, got 0, but expected 1",
    ),
    "too few output gradients": (
        lambda lib: _run_backward_hook(lib, "register_full_backward_pre_hook", lambda *args: ()),
        "Backward pre hook returned an invalid number of grad_output, got 0, but expected 1",
    ),
    "mixed backward hooks": (
        lambda lib: _mixed_hooks(lib.nn.ReLU()),
        "Cannot use both regular backward hooks and full backward hooks on a single Module",
    ),
    "result of a kwargs pre-hook": (
        lambda lib: _run_kwargs_pre_hook(lib.nn.ReLU(), lib.zeros(2)),
        r"forward pre-hook must return None or a tuple of \(new_args, new_kwargs\), but got",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_torchs_in_type_and_words(name):
    assert_same_error(*ERRORS[name])

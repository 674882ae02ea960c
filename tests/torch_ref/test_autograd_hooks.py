"""Hooks on tensors, on leaves and on nodes, on torch and on npnn.

Each script takes the library, torch or npnn, and returns what it saw, in order: tensors, flags, names, and of
what was refused the kind of error and whether its message has certain words. What torch saw is what npnn must
have seen.
"""

import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, leaf_of, plain, refused

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


@script
def hooks_see_and_replace(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 3.0
    seen = []
    y.register_hook(lambda g: seen.append(g.clone()))
    handle = y.register_hook(lambda g: g * 100.0)
    y.register_hook(lambda g: g * 2.0)
    y.register_hook(lambda g: seen.append(g.clone()))
    x.register_hook(lambda g: g + 1.0)
    x.register_hook(lambda g: seen.append(g.clone()))
    y.sum().backward(retain_graph=True)
    handle.remove()
    handle.remove()
    y.sum().backward()
    return [seen, x.grad]


@script
def a_hook_sees_the_sum_once(t):
    x = leaf_of(t, 1.0, 2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.clone()))
    y = x * 2.0
    y.register_hook(lambda g: seen.append(g.clone()))
    (y * y + y + x).sum().backward()
    return [seen, x.grad]


@script
def hooks_and_retain_grad_in_either_order(t):
    seen = []
    for retain_first in (True, False):
        x = leaf_of(t, 1.0, 2.0)
        y = x * 3.0
        if retain_first:
            y.retain_grad()
        y.register_hook(lambda g: g * 10.0)
        if not retain_first:
            y.retain_grad()
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        seen.append([y.grad, x.grad, y.retains_grad])
    return seen


@script
def hooks_are_refused_off_the_tape(t):
    x, y = leaf_of(t, 1.0), t.tensor([1.0])
    return [
        refused(
            lambda: y.register_hook(print), "cannot register a hook on a tensor that doesn't require gradient"
        ),
        refused(y.retain_grad, "can't retain_grad on Tensor that has requires_grad=False"),
        refused(
            lambda: (x * 2.0).register_post_accumulate_grad_hook(print),
            "post accumulate grad hooks cannot be registered on non-leaf tensors",
        ),
        [x.retains_grad, (x * 2.0).retains_grad, x.retain_grad()],
    ]


@script
def post_accumulate_hooks(t):
    x = leaf_of(t, 1.0, 2.0)
    seen = []

    def step(tensor):
        seen.append(tensor.grad.clone())
        tensor.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * x + x * 3.0).sum().backward()
    (x * 2.0).sum().backward()
    handle.remove()
    (x * 5.0).sum().backward()
    t.autograd.grad((x * x).sum(), x)
    return [seen, x.grad]


@script
def node_hooks(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    seen = []
    z = x * y
    node = z.grad_fn
    node.register_prehook(lambda outs: (outs[0] * 2.0,))
    node.register_prehook(lambda outs: seen.append(["pre", list(outs)]))
    node.register_hook(lambda ins, outs: seen.append(["post", list(ins), list(outs)]))
    handle = node.register_hook(lambda ins, outs: (ins[0] + 1.0, ins[1] * 0.5))
    z.sum().backward(retain_graph=True)
    handle.remove()
    z.sum().backward()
    return [seen, x.grad, y.grad]


@script
def the_order_of_events(t):
    events = []
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    a = x.exp()
    b = a * y
    c = b + x
    for name, tensor in (("x", x), ("y", y), ("a", a), ("b", b), ("c", c)):
        tensor.register_hook(lambda g, name=name: events.append(f"tensor {name}"))
        if tensor.grad_fn is not None:
            tensor.grad_fn.register_prehook(lambda outs, name=name: events.append(f"pre {name}"))
            tensor.grad_fn.register_hook(lambda ins, outs, name=name: events.append(f"post {name}"))
    for name, tensor in (("x", x), ("y", y)):
        tensor.register_post_accumulate_grad_hook(lambda p, name=name: events.append(f"accumulated {name}"))
    c.sum().backward()
    return events


@script
def a_hook_on_a_tensor_without_its_node(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * x
    seen = []
    y.register_hook(lambda g: seen.append(g.clone()))
    z = y.sum()
    del y
    z.backward()
    return [seen, x.grad]


@script
def hooks_under_create_graph(t):
    x = leaf_of(t, 0.5, 2.0)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    return [g, t.autograd.grad(g.sum(), x)]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda run: run.__name__)
def test_npnn_sees_what_torch_sees(run):
    assert_same(plain(run(npnn)), plain(run(torch)), run.__name__)

"""The walk of the tape, gradients, second derivatives and switches, on torch and on npnn.

Each script takes the library, torch or npnn, and returns what it saw, in order: tensors, flags, names, and of
what was refused the kind of error and whether its message has certain words. What torch saw is what npnn must
have seen.
"""

import types
import warnings

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, leaf_of, plain, refused

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


# ---- the walk


@script
def only_inputs_makes_no_difference(t):
    x = leaf_of(t, 1.0, -2.0)
    penalty = t.autograd.grad((x**3).sum(), x, None, True, True, True)[0].norm()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (gradient,) = t.autograd.grad(penalty, x, only_inputs=False)
    return gradient, [warning.category for warning in caught]


@script
def an_array_of_a_leaf_where_nothing_is_recorded(t):
    x = leaf_of(t, 1.0, -2.0)
    with t.no_grad():
        x.numpy()[0] = 5.0
    return x, refused(lambda: x.numpy(), "requires grad")


@script
def accumulates_into_grad(t):
    x = leaf_of(t, 1.0, -2.0, 3.0)
    for factor in (2.0, 5.0, -1.0):
        (x * x * factor).sum().backward()
        seen = x.grad
    return [seen, x.grad is seen, seen.requires_grad, seen.is_leaf]


@script
def a_value_used_many_times(t):
    x = leaf_of(t, 0.5, -1.5)
    y = x.sin()
    z = y * y + y * x + y.exp() / (1 + x * x)
    z.sum().backward()
    return x.grad


@script
def gradients_do_not_share_memory(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    (x + y).sum().backward()
    x.grad.mul_(10.0)
    z, w = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    v = t.tensor([7.0, 8.0], dtype=t.float64)
    (z + w).backward(v)
    z.grad.zero_()
    a = leaf_of(t, 1.0, 2.0)
    a.backward(v)
    a.grad.zero_()
    return [x.grad, y.grad, z.grad, w.grad, a.grad, v]


@script
def retained_gradients_do_not_share_memory(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    a, b = x * 1.0, y * 1.0
    a.retain_grad()
    b.retain_grad()
    (a + b).sum().backward()
    a.grad.mul_(10.0)
    return [a.grad, b.grad, x.grad, y.grad]


@script
def a_leaf_is_its_own_root(t):
    x = leaf_of(t, 2.5)
    x.backward()
    x.backward()
    return x.grad


@script
def several_roots(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    a, b = (x * y).sum(), x * x
    t.autograd.backward([a, b], [None, t.tensor([0.5, -1.0], dtype=t.float64)])
    return [x.grad, y.grad]


@script
def a_root_beneath_another_root(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * x
    z = y.exp().sum()
    t.autograd.backward([z, y], [None, t.tensor([3.0, 4.0], dtype=t.float64)])
    return x.grad


@script
def only_the_named_inputs(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    z = x * y
    (z * z).sum().backward(inputs=[x, z], retain_graph=True)
    seen = [x.grad, y.grad, z.grad]
    return [*seen, refused(lambda: z.sum().backward(inputs=[]), "cannot be empty")]


@script
def root_gradients_are_checked(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 2.0
    return [
        refused(lambda: y.backward(), "grad can be implicitly created only for scalar outputs"),
        refused(
            lambda: y.backward(t.ones(3, dtype=t.float64)), "Mismatch in shape: grad_output[0] has a shape of"
        ),
        refused(
            lambda: t.tensor([1.0]).backward(),
            "element 0 of tensors does not require grad and does not have a grad_fn",
        ),
        refused(lambda: t.autograd.backward([y, y], [None])),
        x.grad,
    ]


@script
def one_element_of_any_shape_needs_no_gradient(t):
    x = leaf_of(t, 3.0)
    (x * x).reshape(1, 1, 1).backward()
    return x.grad


@script
def a_graph_is_freed(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x.exp().sum()
    y.backward()
    return [x.grad, refused(y.backward, "Trying to backward through the graph a second time"), x.grad]


@script
def a_graph_is_retained(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x.exp().sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    return [x.grad, refused(y.backward, "Trying to backward through the graph a second time")]


@script
def where_nothing_was_saved_a_second_walk_is_free(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    z = (x + y - x.reshape(2)).sum()
    z.backward()
    z.backward()
    w = x * 2.0
    w.sum().backward()
    return [x.grad, y.grad, refused(w.sum().backward, "second time")]


@script
def a_part_that_was_freed(t):
    x = leaf_of(t, 1.0, 2.0)
    shared = x.exp()
    a, b = (shared * 2.0).sum(), (shared + 1.0).sum()
    a.backward()
    return [x.grad, refused(b.backward, "Trying to backward through the graph a second time")]


# ---- grad


@script
def grad_returns_and_leaves_alone(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    z = x * y
    w = (z * z * x).sum()
    found = t.autograd.grad(w, [y, z, x], retain_graph=True)
    return [found, x.grad, y.grad, [g.requires_grad for g in found], t.autograd.grad(w, x)]


@script
def grad_of_what_is_not_used(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)

    def make():
        return (x * x).sum()

    unused = "The differentiated Tensor at index 1 appears to not have been used in the graph"
    return [
        refused(lambda: t.autograd.grad(make(), [x, y]), unused),
        refused(lambda: t.autograd.grad(make(), [x, y], allow_unused=False), unused),
        t.autograd.grad(make(), [x, y], allow_unused=True),
        t.autograd.grad(make(), [x, y], materialize_grads=True),
        refused(
            lambda: t.autograd.grad(make(), [x, y], materialize_grads=True, allow_unused=False),
            "allow_unused",
        ),
        refused(
            lambda: t.autograd.grad(make(), t.tensor([1.0])),
            "One of the differentiated Tensors does not require grad",
        ),
        refused(lambda: t.autograd.grad(make(), [])),
    ]


@script
def inputs_by_name(t):
    """A dict of inputs, as of named_parameters, is answered with a dict."""
    x, y, unused = (leaf_of(t, *numbers) for numbers in ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0)))
    named = {"x": x, "unused": unused, "y": y}
    return [
        t.autograd.grad((x * y).sum(), named, allow_unused=True, retain_graph=True),
        t.autograd.grad(x * y, {"y": y}, t.ones(3), create_graph=True),
        refused(lambda: t.autograd.grad((x * y).sum(), {}), "empty"),
        refused(lambda: t.autograd.grad((x * y).sum(), types.MappingProxyType(named)), "must be a dict"),
    ]


@script
def grad_with_respect_to_the_output_itself(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 3.0
    v = t.tensor([0.5, -2.0], dtype=t.float64)
    return [t.autograd.grad(y, [y, x], v), t.autograd.grad(x, x, v)]


@script
def grad_runs_no_more_than_it_must(t):
    x, y = leaf_of(t, 1.0, 2.0), leaf_of(t, 3.0, 4.0)
    ran = []
    a, b = x.exp(), y.exp()
    a.register_hook(lambda g: ran.append("a"))
    b.register_hook(lambda g: ran.append("b"))
    z = (a * b).sum()
    t.autograd.grad(z, y, retain_graph=True)
    t.autograd.grad(z, a, retain_graph=True)
    return ran


@script
def grad_batched(t):
    x = leaf_of(t, 1.0, 2.0, -1.0)
    y = x * x.flip(0)
    rows = t.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.25, -3.0]], dtype=t.float64)
    return t.autograd.grad(y, x, rows, is_grads_batched=True)


# ---- second derivatives


@script
def double_backward(t):
    x = leaf_of(t, 0.3, -1.1)
    (g,) = t.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = t.autograd.grad((g * g).sum(), x, create_graph=True)
    (k,) = t.autograd.grad(h.sum(), x)
    return [g, h, k, g.requires_grad, k.requires_grad]


@script
def double_backward_through_outputs_without_axes(t):
    x = leaf_of(t, 0.3)
    seen = []
    for name in ["exp", "tanh", "sigmoid", "sqrt", "tan", "rsqrt", "expm1"]:
        (g,) = t.autograd.grad(getattr(x, name)(), x, create_graph=True)
        seen.append([g, t.autograd.grad(g, x)])
    return seen


@script
def create_graph_into_grad(t):
    x = leaf_of(t, 0.5, 2.0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using backward")
        (x**3).sum().backward(create_graph=True)
    first = x.grad.detach().clone()
    (x.grad * x.grad).sum().backward()
    return [first, x.grad]


@script
def the_gradient_of_a_root_gradient(t):
    x, v = leaf_of(t, 0.5, 2.0), leaf_of(t, 1.0, -3.0)
    (g,) = t.autograd.grad(x.sin(), x, v, create_graph=True)
    return t.autograd.grad(g.sum(), [x, v])


@script
def gradient_penalty(t):
    w = leaf_of(t, [0.1, -0.4, 0.2], [0.7, 0.3, -0.6])
    x = leaf_of(t, [1.0, 2.0], [0.5, -1.0])
    y = (x @ w).tanh().sum()
    (g,) = t.autograd.grad(y, x, create_graph=True)
    ((g * g).sum().sqrt() - 1).pow(2).backward()
    return [w.grad, x.grad]


@script
def no_grad_between(t):
    x = leaf_of(t, 0.5, 2.0)
    (g,) = t.autograd.grad((x * x).sum(), x, create_graph=True)
    total = g.sum()
    with t.no_grad():
        (h,) = t.autograd.grad(total, x, create_graph=True)
    return [h, h.requires_grad, t.is_grad_enabled()]


# ---- the graph as it shows


@script
def leaves_and_nodes(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 2.0
    z = (y + x).sum()
    (mul, _), (acc, nr) = z.grad_fn.next_functions[0][0].next_functions
    return [
        x.is_leaf,
        y.is_leaf,
        y.detach().is_leaf,
        t.tensor([1.0]).is_leaf,
        (t.tensor([1.0]) * 2.0).is_leaf,
        x.grad_fn,
        x.output_nr,
        y.requires_grad,
        y.detach().requires_grad,
        z.grad_fn.name(),
        mul.name(),
        mul is y.grad_fn,
        nr,
        acc.variable is x,
        mul.next_functions[1],
        refused(
            lambda: setattr(y, "requires_grad", False),
            "you can only change requires_grad flags of leaf variables",
        ),
        refused(lambda: t.tensor([1]).requires_grad_(), "floating point"),
        refused(
            lambda: t.tensor([1, 2], requires_grad=True),
            "floating point and complex dtype can require gradients",
        ),
    ]


@script
def what_does_not_require_grad(t):
    x = leaf_of(t, 1.0, 2.0)
    return [
        [(x > 1).requires_grad, x.argmax().requires_grad, (x == x).requires_grad, x.isnan().requires_grad],
        [x.long().requires_grad, x.float().requires_grad, x.sign().requires_grad, x.floor().requires_grad],
        [x.max(0).values.requires_grad, x.max(0).indices.requires_grad, x.sort().indices.requires_grad],
        [x.div(2.0, rounding_mode="floor").requires_grad, x.div(2.0, rounding_mode="trunc").requires_grad],
        [(x // 2.0).requires_grad, (x % 2.0).requires_grad, x.norm(0).requires_grad],
    ]


@script
def assigning_grad(t):
    x = leaf_of(t, 1.0, 2.0)
    x.grad = t.tensor([5.0, 6.0], dtype=t.float64)
    (x * 2.0).sum().backward()
    seen = x.grad
    x.grad = None
    return [
        seen,
        x.grad,
        refused(
            lambda: setattr(x, "grad", t.ones(3, dtype=t.float64)),
            "attempting to assign a gradient of size '[3]'",
        ),
        refused(lambda: setattr(x, "grad", x), "can't assign Variable as its own grad"),
        refused(lambda: setattr(x, "grad", 1.0), "assigned grad expected to be a Tensor or None but got"),
        refused(
            lambda: setattr(x, "grad", t.ones(2, dtype=t.float32)),
            "attempting to assign a gradient with dtype",
        ),
    ]


@script
def gradients_take_the_dtype_of_their_tensors(t):
    x = t.tensor([1.0, 2.0], dtype=t.float32, requires_grad=True)
    w = t.tensor([3.0, 4.0], dtype=t.float64, requires_grad=True)
    h = t.tensor([0.5, 0.25], dtype=t.float16, requires_grad=True)
    (x * w + h).sum().backward()
    return [x.grad, w.grad, h.grad]


@script
def broadcast_gradients(t):
    x, y, z = leaf_of(t, [[1.0], [2.0]], [[3.0], [4.0]]), leaf_of(t, 1.0, 2.0, 3.0), leaf_of(t, 0.5)
    v = t.tensor(np.random.default_rng(0).standard_normal((2, 2, 3)), dtype=t.float64)
    ((x * y) / (z + y) - x * z).backward(v)
    return [x.grad, y.grad, z.grad]


# ---- no_grad, enable_grad, inference_mode


@script
def switches(t):
    x = leaf_of(t, 1.0, 2.0)
    seen = [t.is_grad_enabled()]
    with t.no_grad():
        seen += [t.is_grad_enabled(), (x * 2.0).requires_grad, t.ones(1, requires_grad=True).requires_grad]
        with t.enable_grad():
            seen += [t.is_grad_enabled(), (x * 2.0).requires_grad]
        seen.append(t.is_grad_enabled())
    with t.set_grad_enabled(False):
        seen.append(t.is_grad_enabled())
    seen.append(t.is_grad_enabled())
    t.set_grad_enabled(False)
    seen.append(t.is_grad_enabled())
    t.set_grad_enabled(True)

    @t.no_grad()
    def off():
        return t.is_grad_enabled()

    @t.no_grad
    def bare():
        return t.is_grad_enabled()

    @t.set_grad_enabled(False)
    def set_off():
        return t.is_grad_enabled()

    seen.append(t.is_grad_enabled())
    seen += [off(), bare(), set_off(), t.is_grad_enabled()]
    try:
        with t.no_grad():
            raise KeyError
    except KeyError:
        seen.append(t.is_grad_enabled())
    return seen


@script
def a_decorated_generator(t):
    seen = []

    @t.no_grad()
    def numbers():
        try:
            while True:
                seen.append(t.is_grad_enabled())
                got = yield t.is_grad_enabled()
                seen.append(got)
        except ValueError:
            yield "caught"
        finally:
            seen.append(["closing", t.is_grad_enabled()])

    generator = numbers()
    seen += [
        next(generator),
        t.is_grad_enabled(),
        generator.send("a"),
        t.is_grad_enabled(),
        generator.throw(ValueError),
    ]
    generator.close()
    return [*seen, t.is_grad_enabled()]


@script
def inference(t):
    x = leaf_of(t, 1.0, 2.0)
    with t.inference_mode():
        y = x * 2.0
        view = x.view(2, 1)
        made = t.ones(2, dtype=t.float64)
        inside = [
            t.is_inference_mode_enabled(),
            t.is_grad_enabled(),
            y.requires_grad,
            y.is_inference(),
            view.is_inference(),
            made.is_inference(),
        ]
        y.add_(1.0)
        with t.inference_mode(False):
            inside += [t.is_inference_mode_enabled(), t.is_grad_enabled(), (x * 2.0).requires_grad]
    w = leaf_of(t, 3.0, 4.0)
    mixed = w + y
    return [
        inside,
        y.clone(),
        t.is_inference_mode_enabled(),
        mixed.requires_grad,
        mixed.is_inference(),
        y.view(2, 1).is_inference(),
        (y * 2.0).is_inference(),
        y.clone().is_inference(),
        refused(lambda: w * y, "Inference tensors cannot be saved for backward"),
        refused(
            lambda: y.requires_grad_(),
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed",
        ),
        refused(
            lambda: y.add_(1.0), "Inplace update to inference tensor outside InferenceMode is not allowed"
        ),
        refused(lambda: y._version, "Inference tensors do not track version counter"),
        (y.clone() * w).requires_grad,
    ]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda run: run.__name__)
def test_npnn_sees_what_torch_sees(run):
    assert_same(plain(run(npnn)), plain(run(torch)), run.__name__)

"""Functions of the user's own, on torch and on npnn.

Each script takes the library, torch or npnn, and returns what it saw, in order: tensors, flags, names, and of
what was refused the kind of error and whether its message has certain words. What torch saw is what npnn must
have seen.
"""

import gc
import weakref

import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, leaf_of, plain, refused

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


# ---- functions of the user's own


def _cube(t):
    class Cube(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return dy * 3 * x**2

    return Cube


@script
def custom_function(t):
    x = leaf_of(t, 1.0, -2.0)
    y = _cube(t).apply(x)
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    seen = [
        y,
        g,
        t.autograd.grad(g.sum(), x, retain_graph=True),
        y.grad_fn.name(),
        type(y.grad_fn).__name__ != "",
    ]
    return [
        *seen,
        t.autograd.grad(y, x, t.ones(2, dtype=t.float64)),
        refused(lambda: t.autograd.grad(y.sum(), x), "second time"),
    ]


@script
def custom_function_with_setup_context(t):
    class Scale(t.autograd.Function):
        @staticmethod
        def forward(x, factor):
            return x * factor, x.sum()

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor = inputs
            ctx.save_for_backward(x)
            ctx.sizes = [list(o.shape) for o in output]

        @staticmethod
        def backward(ctx, dy, dsum):
            return dy * ctx.factor + dsum, None

    x = leaf_of(t, 1.0, -2.0)
    y, total = Scale.apply(x, 3.0)
    y.sum().backward(retain_graph=True)
    first = x.grad.clone()
    total.backward()
    return [y, total, first, x.grad, y.grad_fn is total.grad_fn, y.output_nr, total.output_nr]


@script
def custom_function_context(t):
    seen = []

    class Op(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, n, y, flag):
            seen.append([list(ctx.needs_input_grad), t.is_grad_enabled(), x.requires_grad])
            ctx.save_for_backward(x, None, y)
            return x * y * n

        @staticmethod
        def backward(ctx, dz):
            _, nothing, y = ctx.saved_tensors
            seen.append([nothing, list(ctx.needs_input_grad), t.is_grad_enabled(), dz.requires_grad])
            return dz * y, None, None, None

    x, y = leaf_of(t, 1.0, -2.0), t.tensor([3.0, 4.0], dtype=t.float64)
    Op.apply(x, 2.0, y, True).sum().backward()
    t.autograd.grad(Op.apply(x, 2.0, y, True).sum(), x, create_graph=True)
    with t.no_grad():
        seen.append(Op.apply(x, 1.0, y, False).requires_grad)
    return [seen, x.grad]


@script
def outputs_without_gradient(t):
    seen = []

    class SortDown(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            values, order = x.sort(descending=True)
            ranks = order.to(x.dtype)
            ctx.mark_non_differentiable(order, ranks)
            ctx.save_for_backward(order)
            return values, order, ranks, "a string", None

        @staticmethod
        def backward(ctx, dvalues, dorder, dranks, text, nothing):
            seen.append([dorder, dranks, text, nothing])
            (order,) = ctx.saved_tensors
            return dvalues[order.argsort()]

    x = leaf_of(t, 1.0, 3.0, 2.0)
    values, order, ranks, text, nothing = SortDown.apply(x)
    (values * t.tensor([10.0, 20.0, 30.0], dtype=t.float64)).sum().backward()
    return [
        values,
        order,
        ranks,
        text,
        nothing,
        ranks.requires_grad,
        ranks.grad_fn,
        order.requires_grad,
        x.grad,
        seen,
    ]


@script
def materialised_gradients(t):
    def run(materialise):
        seen = []

        class Two(t.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(materialise)
                return x * 2.0, x * 3.0

            @staticmethod
            def backward(ctx, da, db):
                seen.append([da, db])
                return da * 2.0

        x = leaf_of(t, 1.0, 2.0)
        a, _ = Two.apply(x)
        a.sum().backward()
        return [seen, x.grad]

    return [run(True), run(False)]


@script
def functions_that_work_in_place(t):
    class Double(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2.0)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, dy):
            return dy * 2.0

    x = leaf_of(t, 1.0, 2.0)
    y = x * 3.0
    z = Double.apply(y)
    z.sum().backward()
    return [
        z is y,
        y,
        y.grad_fn.name(),
        x.grad,
        y._version,
        refused(
            lambda: Double.apply(leaf_of(t, 1.0)),
            "a leaf Variable that requires grad has been used in an in-place operation",
        ),
    ]


@script
def inputs_handed_through(t):
    class Same(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, dy):
            return dy * 7.0

    class View(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(2, 1)

        @staticmethod
        def backward(ctx, dy):
            return dy.view(2) * 5.0

    x = leaf_of(t, 1.0, 2.0)
    y, z = Same.apply(x), View.apply(x)
    (y.sum() + z.sum()).backward()
    return [
        y is x,
        y.data_ptr() == x.data_ptr(),
        y.grad_fn is not None,
        z,
        x.grad,
        x.requires_grad,
        x.is_leaf,
    ]


@script
def saved_outputs(t):
    class Exp(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, dy):
            (y,) = ctx.saved_tensors
            return dy * y

    x = leaf_of(t, 0.5, -1.0)
    (g,) = t.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    (h,) = t.autograd.grad(g.sum(), x)
    y = Exp.apply(x)
    y.mul_(2.0)
    return [g, h, refused(lambda: y.sum().backward(), "modified by an inplace operation")]


@script
def saved_outputs_make_no_cycle(t):
    class Exp(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, dy):
            return dy

    gc.disable()
    try:
        x = leaf_of(t, 0.5, -1.0)
        y = Exp.apply(x)
        alive = weakref.ref(y)
        del y
        return alive() is None
    finally:
        gc.enable()


@script
def once_differentiable(t):
    class Square(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @t.autograd.function.once_differentiable
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return 2 * x * dy

    x, v = leaf_of(t, 0.5, -1.0), leaf_of(t, 2.0, 3.0)
    (g,) = t.autograd.grad(Square.apply(x), x, v, create_graph=True)
    (h,) = t.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    Square.apply(x).sum().backward()
    return [
        x.grad,
        g.detach(),
        g.requires_grad,
        h,
        h.requires_grad,
        refused(
            lambda: g.sum().backward(),
            "trying to differentiate twice a function that was marked with @once_differentiable",
        ),
    ]


@script
def what_functions_are_refused_for(t):
    def make(forward=lambda ctx, x: x * 2.0, backward=lambda ctx, dy: dy):
        return type(
            "Op",
            (t.autograd.Function,),
            {"forward": staticmethod(forward), "backward": staticmethod(backward)},
        )

    x = leaf_of(t, 1.0, 2.0)
    return [
        refused(
            lambda: make(backward=lambda ctx, dy: (dy, dy)).apply(x).sum().backward(),
            "OpBackward returned an incorrect number of gradients (expected 1, got 2)",
        ),
        make(backward=lambda ctx, dy: (dy, None)).apply(x).sum().backward(),
        refused(
            lambda: make(backward=lambda ctx, dy: dy[:1].expand(3)).apply(x).sum().backward(),
            "OpBackward returned an invalid gradient at index 0 - got [3] but",
        ),
        refused(lambda: make(backward=lambda ctx, dy: 1.0).apply(x).sum().backward()),
        refused(lambda: t.autograd.Function.apply(x)),
        refused(
            lambda: make(forward=lambda ctx, x: ctx.save_for_backward(1.0)).apply(x),
            "save_for_backward can only save variables, but argument 0 is of type float",
        ),
    ]


@script
def gradients_of_broadcast_inputs_of_functions(t):
    class Add(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, dz):
            return dz, dz

    x, y = leaf_of(t, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]), leaf_of(t, 1.0, 2.0, 3.0)
    Add.apply(x, y).sum().backward()
    return [x.grad, y.grad]


@script
def errors_leave_the_switches_alone(t):
    class Broken(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2.0

        @staticmethod
        def backward(ctx, dy):
            raise KeyError("inside")

    x = leaf_of(t, 1.0, 2.0)
    y = Broken.apply(x)
    return [
        refused(y.sum().backward, "inside"),
        t.is_grad_enabled(),
        refused(y.sum().backward, "inside"),
        x.grad,
    ]


@script
def backward_within_backward(t):
    class Inner(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            with t.enable_grad():
                again = x.detach().requires_grad_()
                (g,) = t.autograd.grad((again**2).sum(), again)
            return g * dy

    x = leaf_of(t, 1.0, 2.0)
    Inner.apply(x * 3.0).sum().backward()
    return x.grad


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda run: run.__name__)
def test_npnn_sees_what_torch_sees(run):
    assert_same(plain(run(npnn)), plain(run(torch)), run.__name__)

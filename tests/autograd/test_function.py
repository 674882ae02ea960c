"""Function, Operation and Context, in NumPy alone; tests/torch_ref compares Functions with torch's."""

import numpy as np
import pytest

import npnn
from npnn.autograd import Function
from npnn.autograd.function import Context, Operation, once_differentiable
from npnn.ops.arithmetic import Mul
from npnn.ops.pointwise import Exp


class Affine(Operation):
    """a x + b of two outputs: one with a gradient, one of integers."""

    @staticmethod
    def forward(ctx, x, a, b=None, *, shift=0.0):
        ctx.save_for_backward(x, a)
        return a * x + shift + (0 if b is None else b), np.sign(x).astype(np.int64)

    @staticmethod
    def backward(ctx, dy, dsign):
        x, a = ctx.saved_tensors
        return dy * a, dy * x, dy


def leaf(*values):
    return npnn.tensor(values, dtype=npnn.float64, requires_grad=True)


class TestOperation:
    def test_on_arrays_it_computes_arrays(self):
        y, sign = Affine.apply(np.array([1.0, -2.0]), np.array(3.0), shift=1.0)
        assert type(y) is np.ndarray
        np.testing.assert_array_equal(y, [4, -5])
        np.testing.assert_array_equal(sign, [1, -1])

    def test_a_tensor_among_the_inputs_makes_tensors(self):
        y, sign = Affine.apply(leaf(1.0, -2.0), np.array(3.0), None)
        assert isinstance(y, npnn.Tensor)
        assert (y.requires_grad, sign.requires_grad, y.output_nr) == (True, False, 0)
        y.sum().backward()

    def test_gradients_are_summed_over_what_was_broadcast(self):
        x, a, b = (
            leaf(1.0, -2.0),
            npnn.tensor(3.0, dtype=npnn.float64, requires_grad=True),
            leaf([0.0], [1.0], [2.0]),
        )
        Affine.apply(x, a, b)[0].sum().backward()
        np.testing.assert_array_equal(x.grad, [9, 9])
        assert a.grad.item() == -3
        np.testing.assert_array_equal(b.grad, [[2], [2], [2]])

    def test_driven_by_hand(self):
        ctx = Context()
        np.testing.assert_array_equal(Mul.forward(ctx, np.array([2.0]), np.array([5.0])), [10])
        dx, dy = Mul.backward(ctx, np.array([1.0]))
        assert (dx.item(), dy.item()) == (5, 2)

    def test_only_what_is_needed_is_asked_for(self):
        asked = []

        class Asking(Operation):
            @staticmethod
            def forward(ctx, x, y):
                asked.append([ctx.needs_input_grad[0], ctx.needs_input_grad[1]])
                return x * y

            @staticmethod
            def backward(ctx, dz):
                return dz, None

        Asking.apply(leaf(1.0), npnn.ones(1))
        with npnn.no_grad():
            Asking.apply(leaf(1.0), npnn.ones(1))
        Asking.apply(np.ones(1), np.ones(1))
        assert asked == [[True, False], [False, False], [False, False]]

    def test_scalars_that_numpy_returns_are_saved_as_outputs(self):
        """Of arrays without axes NumPy makes scalars; second derivatives must find their way through them."""
        x = npnn.tensor(0.3, dtype=npnn.float64, requires_grad=True)
        (g,) = npnn.autograd.grad(Exp.apply(x), x, create_graph=True)
        (h,) = npnn.autograd.grad(g, x)
        np.testing.assert_allclose(h.item(), np.exp(0.3), rtol=1e-15)

    def test_a_result_in_memory_of_its_input_is_a_view(self):
        x = npnn.zeros(2, 3)
        x.view(6)[0] = 5.0
        assert x[0, 0].item() == 5
        assert x._version == 1

    def test_names(self):
        assert Exp.apply(leaf(1.0)).grad_fn.name() == "ExpBackward0"
        assert repr(Exp.apply(leaf(1.0)).grad_fn) == "<ExpBackward0>"


class TestFunction:
    def test_written_in_numpy(self):
        class Cube(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return np.power(x, 3)

            @staticmethod
            def backward(ctx, dy):
                (x,) = ctx.saved_tensors
                return 3 * np.square(x) * dy

        assert npnn.autograd.gradcheck(Cube.apply, leaf(0.5, -1.5))
        assert npnn.autograd.gradgradcheck(Cube.apply, leaf(0.5, -1.5))

    def test_on_arrays_that_it_makes(self):
        class Half(Function):
            @staticmethod
            def forward(ctx, x):
                return x.array / 2

            @staticmethod
            def backward(ctx, dy):
                return dy.array / 2

        x = leaf(1.0, 3.0)
        y = Half.apply(x)
        y.sum().backward()
        assert isinstance(y, npnn.Tensor)
        np.testing.assert_array_equal(x.grad, [0.5, 0.5])

    def test_once_differentiable_on_arrays(self):
        class Square(Operation):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            @once_differentiable
            def backward(ctx, dy):
                (x,) = ctx.saved_tensors
                assert type(x) is np.ndarray
                assert type(dy) is np.ndarray
                return (2 * x * dy,)

        x, v = leaf(0.5, -1.5), leaf(1.0, 2.0)
        (g,) = npnn.autograd.grad(Square.apply(x), x, v, create_graph=True)
        np.testing.assert_array_equal(g.detach(), [1, -6])
        with pytest.raises(RuntimeError, match=r"trying to differentiate twice .* SquareBackward0"):
            g.sum().backward()

    def test_what_it_saves_must_be_tensors(self):
        class Saving(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x, 2)
                return x

        with pytest.raises(TypeError, match="argument 1 is of type int"):
            Saving.apply(leaf(1.0))

    def test_dirty_views_are_refused(self):
        class Dirty(Function):
            @staticmethod
            def forward(ctx, x):
                x.mul_(2)
                ctx.mark_dirty(x)
                return x

        with pytest.raises(RuntimeError, match="marked a view as dirty"):
            Dirty.apply((leaf(1.0, 2.0) * 1)[:1])

    def test_a_tensor_from_outside_keeps_its_place_on_the_tape(self):
        other = leaf(5.0) * 2

        class Outside(Function):
            @staticmethod
            def forward(ctx, x):
                return other

            @staticmethod
            def backward(ctx, dy):
                return dy * 3

        x, node = leaf(1.0), other.grad_fn
        y = Outside.apply(x)
        assert other.grad_fn is node
        y.sum().backward()
        assert x.grad.item() == 3

    def test_without_its_methods(self):
        with pytest.raises(NotImplementedError, match="forward"):
            Function.apply(leaf(1.0))
        with pytest.raises(NotImplementedError, match="backward"):
            type("Empty", (Function,), {"forward": staticmethod(lambda ctx, x: x * 2)}).apply(
                leaf(1.0)
            ).sum().backward()


class TestSaved:
    def test_a_leaf_comes_back_as_itself(self):
        seen = []

        class Seeing(Function):
            @staticmethod
            def forward(ctx, x, y):
                ctx.save_for_backward(x, y)
                return x * y

            @staticmethod
            def backward(ctx, dz):
                seen.extend(ctx.saved_tensors)
                return dz, dz

        x = leaf(1.0)
        y = x * 2
        node = y.grad_fn
        z = Seeing.apply(x, y)
        del y
        z.sum().backward()
        assert seen[0] is x
        assert seen[1].grad_fn is node

    def test_what_an_operation_in_place_saved_of_itself_is_copied(self):
        """y.mul_(x) needs the old y for the gradient of x."""
        for start in ([2.0, 3.0], []):
            x = leaf(*start)
            y = x * 1
            y.mul_(x)
            y.mul_(y)
            y.sum().backward()
            np.testing.assert_allclose(x.grad.array, 4 * x.array**3, rtol=1e-15)

    def test_a_constant_that_changed_is_noticed(self):
        x, c = leaf(1.0, 2.0), npnn.tensor([3.0, 4.0], dtype=npnn.float64)
        y = (x * c).sum()
        c[0] = 9.0
        with pytest.raises(
            RuntimeError, match=r"shape \[2\] that MulBackward0 saved is at version 1; expected version 0"
        ):
            y.backward()

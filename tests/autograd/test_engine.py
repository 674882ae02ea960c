"""The engine: depth, memory, aliasing, in NumPy alone; tests/torch_ref compares the rest with torch."""

import gc
import weakref

import numpy as np
import pytest

import npnn
from npnn.autograd.function import Context

DEPTH = 50_000


def leaf(*values):
    return npnn.tensor(values, dtype=npnn.float64, requires_grad=True)


def living():
    """How many nodes and tensors there are."""
    return sum(issubclass(type(thing), (Context, npnn.Tensor)) for thing in gc.get_objects())


@pytest.fixture
def _uncollected():
    """Without the garbage collector nothing that is tied into a cycle dies."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class TestDepth:
    @pytest.mark.parametrize(
        ("step", "depth"),
        [
            (lambda y: y + 1.0, DEPTH),
            (lambda y: y.view(2), DEPTH // 5),
            (lambda y: y.add_(1.0), DEPTH // 5),
        ],
        ids=["add", "view", "in place"],
    )
    def test_a_long_chain_goes_back_and_is_freed(self, step, depth):
        x = leaf(1.0, 2.0)
        y = x * 1.0
        for _ in range(depth):
            y = step(y)
        y.sum().backward(retain_graph=True)
        del y
        np.testing.assert_array_equal(x.grad, [1, 1])

    def test_a_long_chain_is_freed_without_a_backward(self):
        y = leaf(1.0, 2.0)
        for _ in range(DEPTH):
            y = y * 1.0
        last = weakref.ref(y.grad_fn)
        del y
        assert last() is None

    def test_a_long_chain_is_differentiated_twice(self):
        x = leaf(0.5)
        y = x
        for _ in range(DEPTH // 25):
            y = y * 1.0 + 0.0 * x
        (g,) = npnn.autograd.grad((y * y).sum(), x, create_graph=True)
        (h,) = npnn.autograd.grad(g.sum(), x)
        np.testing.assert_allclose([g.item(), h.item()], [1.0, 2.0], rtol=1e-12)

    def test_a_wide_graph(self):
        x = leaf(2.0)
        y = sum((x * float(k) for k in range(1000)), start=npnn.zeros(1, dtype=npnn.float64))
        y.sum().backward()
        assert x.grad.item() == 499500

    def test_every_node_runs_once(self):
        """A ladder of diamonds has 2**60 paths."""
        x = leaf(1.0)
        y = x
        for _ in range(60):
            y = y * 0.5 + y * 0.5
        y.sum().backward()
        assert x.grad.item() == 1


class TestMemory:
    def test_backward_frees_what_was_saved(self):
        x = leaf(1.0, 2.0)
        hidden = x.exp()
        saved = weakref.ref(hidden.array)
        z = (hidden * hidden).sum()
        del hidden
        assert saved() is not None
        z.backward()
        assert saved() is None

    def test_retain_graph_keeps_it(self):
        x = leaf(1.0, 2.0)
        hidden = x.exp()
        saved = weakref.ref(hidden.array)
        z = (hidden * hidden).sum()
        del hidden
        z.backward(retain_graph=True)
        assert saved() is not None

    def test_no_grad_keeps_nothing(self):
        x = leaf(1.0, 2.0)
        with npnn.no_grad():
            hidden = x.exp()
            saved = weakref.ref(hidden.array)
            z = (hidden * hidden).sum()
        del hidden
        assert saved() is None
        assert z.grad_fn is None

    @staticmethod
    def everything(backward):
        x = npnn.tensor(np.linspace(0.1, 1.2, 12).reshape(4, 3))
        w, b = npnn.tensor(np.ones((3, 2)), requires_grad=True), npnn.tensor(np.ones(2), requires_grad=True)
        y = (x @ w + b).tanh().softmax(1)
        z = (y * y).sum() + y[0].exp().max() + y.std() + y.norm() + y.reshape(-1)[1:].prod()
        v = y * 2
        v[0].mul_(w[0])
        v[:, 1] = b[0]
        u = y.clone()
        u.exp_()
        u *= u
        u[1:].add_(v[1:])
        u.register_hook(lambda g: g * 2)
        u.retain_grad()
        z = z + v.sum() + u.sum()
        if backward:
            z.backward()

    @staticmethod
    def twice():
        x = leaf(0.5, 1.5)
        (g,) = npnn.autograd.grad((x.exp() * x.tanh()).sum(), x, create_graph=True)
        (g * g).sum().backward()

    @staticmethod
    def failing():
        y = leaf(0.5, 1.5).exp()
        with pytest.raises(RuntimeError):
            y.backward()

    @pytest.mark.usefixtures("_uncollected")
    @pytest.mark.parametrize(
        "work", [lambda: TestMemory.everything(True), lambda: TestMemory.everything(False), twice, failing],
        ids=["with backward", "without", "twice", "failing"],
    )  # fmt: skip
    def test_there_are_no_cycles(self, work):
        work = getattr(work, "__func__", work)
        work()
        gc.collect()
        before = living()
        work()
        assert living() == before


class TestAliasing:
    """No gradient shares memory with another, with a value, or with what the caller gave."""

    def assert_apart(self, *arrays):
        arrays = [getattr(array, "array", array) for array in arrays]
        for i, one in enumerate(arrays):
            assert one.flags.writeable
            for other in arrays[:i]:
                assert not np.shares_memory(one, other)

    def test_of_the_operands_of_a_sum(self):
        x, y, v = leaf(1.0, 2.0), leaf(3.0, 4.0), npnn.tensor([5.0, 6.0], dtype=npnn.float64)
        (x + y).backward(v)
        self.assert_apart(x, y, v, x.grad, y.grad)

    def test_through_views(self):
        x, y, v = leaf(1.0, 2.0), leaf(3.0, 4.0), npnn.tensor([[5.0], [6.0]], dtype=npnn.float64)
        (x.view(2, 1) + y.reshape(2, 1)).backward(v)
        self.assert_apart(x.grad, y.grad, v)

    def test_of_a_broadcast_sum(self):
        x = leaf(1.0, 2.0)
        x.sum().backward()
        self.assert_apart(x, x.grad)
        x.grad[0] = 7.0
        np.testing.assert_array_equal(x.grad, [7, 1])

    def test_of_a_leaf_that_is_the_root(self):
        x, v = leaf(1.0, 2.0), npnn.tensor([5.0, 6.0], dtype=npnn.float64)
        x.backward(v)
        self.assert_apart(x.grad, v)

    def test_of_retained_gradients(self):
        x = leaf(1.0, 2.0)
        a, b = x * 1.0, x * 1.0
        a.retain_grad()
        b.retain_grad()
        (a + b).sum().backward()
        self.assert_apart(x.grad, a.grad, b.grad)

    def test_of_named_inputs(self):
        x = leaf(1.0, 2.0)
        a, b = x * 1.0, x * 1.0
        (a + b).sum().backward(inputs=[a, b])
        self.assert_apart(a.grad, b.grad)
        assert x.grad is None

    def test_hooks_that_keep_the_gradient(self):
        x, y, kept = leaf(1.0, 2.0), leaf(3.0, 4.0), []
        z = x * y
        z.grad_fn.register_hook(lambda inputs, outputs: kept.extend([*inputs, *outputs]))
        x.register_hook(kept.append)
        z.sum().backward()
        for grad in kept:
            assert not np.shares_memory(grad.array, x.grad.array)
            assert not np.shares_memory(grad.array, y.grad.array)

    def test_a_second_backward_leaves_a_returned_gradient_alone(self):
        x = leaf(1.0, 2.0)
        (g,) = npnn.autograd.grad((x * 3.0).sum(), x)
        (x * 5.0).sum().backward()
        np.testing.assert_array_equal(g, [3, 3])


class TestRefusals:
    def test_a_hook_must_keep_the_shape(self):
        x = leaf(1.0, 2.0)
        x.register_hook(lambda g: g[:1])
        with pytest.raises(RuntimeError, match="has changed the size of value"):
            (x * 2.0).sum().backward()

    def test_the_number_of_gradients(self):
        x = leaf(1.0, 2.0)
        with pytest.raises(RuntimeError, match="got 2 tensors and 1 gradients"):
            npnn.autograd.backward([x, x], [npnn.ones(2)])

    def test_an_error_in_backward_leaves_the_mode_alone(self):
        class Broken(npnn.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, dy):
                raise KeyError

        with pytest.raises(KeyError):
            Broken.apply(leaf(1.0)).sum().backward()
        assert npnn.is_grad_enabled()


def test_arrays_may_be_given_as_gradients():
    x = leaf(1.0, 2.0)
    (x * x).backward(np.array([3.0, 5.0]))
    np.testing.assert_array_equal(x.grad, [6, 20])
    (g,) = npnn.autograd.grad(x * x, x, np.array([3.0, 5.0]))
    np.testing.assert_array_equal(g, [6, 20])


def test_sizes_of_zero():
    x = npnn.zeros(0, 3, requires_grad=True)
    (x.exp().sum(0) * 2 + x.mean() * 0).sum().backward()
    assert x.grad.shape == (0, 3)


def test_leaves_finish_before_older_nodes_run():
    """As on torch: what a post-accumulate hook does, such as a step of an optimizer, it does at once."""
    x, y, order = leaf(1.0), leaf(2.0), []
    old = x * 3.0
    new = old * y
    y.register_post_accumulate_grad_hook(lambda p: order.append("y"))
    old.register_hook(lambda g: order.append("old"))
    new.sum().backward()
    assert order == ["y", "old"]


def test_a_gradient_is_a_plain_tensor():
    p = npnn.nn.Parameter(npnn.ones(2))
    (p * 2).sum().backward()
    assert type(p.grad) is npnn.Tensor
    assert p.grad.is_leaf

"""Module on its own terms. tests/torch_ref/test_module_surface.py compares it with torch's."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from collections import OrderedDict

import numpy as np
import pytest

import npnn
from npnn import nn


def values(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


class Affine(nn.Module):
    """x W + b, in float64."""

    def __init__(self, n_in, n_out, seed=0):
        super().__init__()
        self.weight = nn.Parameter(values(n_in, n_out, seed=seed))
        self.bias = nn.Parameter(values(n_out, seed=seed + 1))

    def forward(self, x):
        return x @ self.weight + self.bias


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Affine(4, 3)
        self.last = Affine(3, 2, seed=7)
        self.register_buffer("mean", npnn.tensor(values(4, seed=9)))
        self.register_buffer("count", npnn.tensor(3), persistent=False)

    def forward(self, x):
        return self.last((self.first(x - self.mean)).tanh())


class TwoInTwoOut(nn.Module):
    def forward(self, x, y, index=None):
        return x * y, (x + y).sum()


# ---- calls on plain arrays -----------------------------------------------------------------------


def test_backward_on_arrays_is_the_closed_form():
    layer = Affine(4, 3)
    x, dy = values(5, 4, seed=2), values(5, 3, seed=3)
    y = layer(x)
    dx = layer.backward(dy)
    assert type(dx) is np.ndarray
    np.testing.assert_allclose(y.array, x @ layer.weight.array + layer.bias.array, rtol=1e-12)
    np.testing.assert_allclose(dx, dy @ layer.weight.array.T, rtol=1e-12)
    np.testing.assert_allclose(layer.weight.grad.array, x.T @ dy, rtol=1e-12)
    np.testing.assert_allclose(layer.bias.grad.array, dy.sum(0), rtol=1e-12)


def test_backward_on_arrays_agrees_with_differences_through_a_network():
    net, x, dy, h = Net(), values(5, 4, seed=2), values(5, 2, seed=3), 1e-6
    net(x)
    dx = net.backward(dy)
    with npnn.no_grad():
        for place in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[place] = h
            slope = ((net(x + step).array - net(x - step).array) * dy).sum() / (2 * h)
            np.testing.assert_allclose(dx[place], slope, rtol=1e-7, atol=1e-8)


def test_backward_on_arrays_adds_to_the_gradients():
    layer, x, dy = Affine(4, 3), values(5, 4, seed=2), values(5, 3, seed=3)
    layer(x)
    layer.backward(dy)
    once = layer.weight.grad.array.copy()
    layer(x)
    layer.backward(dy)
    np.testing.assert_array_equal(layer.weight.grad.array, 2 * once)


def test_several_arrays_give_a_tuple_of_gradients():
    module, x, y = TwoInTwoOut(), values(3), values(3, seed=1)
    module(x, y)
    dx, dy = module.backward((np.array([1.0, 2.0, 3.0]), 10.0))
    np.testing.assert_allclose(dx, np.array([1.0, 2.0, 3.0]) * y + 10)
    np.testing.assert_allclose(dy, np.array([1.0, 2.0, 3.0]) * x + 10)
    module(x, y)
    dx, _ = module.backward((None, np.array(1.0)))
    np.testing.assert_array_equal(dx, np.ones(3))


def test_an_array_that_the_output_does_not_depend_on_has_gradient_zero():
    class First(nn.Module):
        def forward(self, x, y):
            return x * 2

    module = First()
    module(values(3), values(2, 5))
    dx, dy = module.backward(np.ones(3))
    np.testing.assert_array_equal(dx, np.full(3, 2.0))
    np.testing.assert_array_equal(dy, np.zeros((2, 5)))


def test_arrays_of_integers_have_no_gradient():
    class Pick(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(values(6, 2))

        def forward(self, index, scale=None):
            rows = self.table[index]
            return rows if scale is None else rows * scale

    module, index = Pick(), np.array([4, 1, 4])
    module(index)
    assert module.backward(np.ones((3, 2))) is None
    np.testing.assert_array_equal(module.table.grad.array[:, 0], [0, 1, 0, 0, 2, 0])
    module(index, values(3, 2))
    np.testing.assert_allclose(module.backward(np.ones((3, 2))), module.table.array[index])


def test_an_output_of_one_element_needs_no_gradient():
    class Total(nn.Module):
        def forward(self, x):
            return (x * x).sum()

    module, x = Total(), values(3)
    module(x)
    np.testing.assert_allclose(module.backward(), 2 * x)


def test_the_array_is_not_copied_and_keeps_its_dtype():
    module = nn.Identity()
    x = np.ones(3, np.float32)
    assert module(x).array is x
    assert module.backward(np.ones(3)).dtype == np.float32


def _failing_call(module):
    with pytest.raises(Exception, match="shape"):
        module(values(5, 9))


@pytest.mark.parametrize(
    "prepare",
    [
        lambda module: None,
        lambda module: module(npnn.tensor(values(5, 4))),
        lambda module: npnn.no_grad()(module)(values(5, 4)),
        lambda module: (module(values(5, 4)), module.backward(np.ones((5, 2)))),
        lambda module: (module(values(5, 4)), _failing_call(module)),
    ],
    ids=["no call", "call on a tensor", "call under no_grad", "second backward", "call that failed"],
)
def test_backward_without_a_call_to_go_back_through(prepare):
    net = Net()
    prepare(net)
    with pytest.raises(RuntimeError, match=r"Net\.backward has no call to go back through"):
        net.backward(np.ones((5, 2)))


def test_without_grad_nothing_is_remembered():
    module = nn.Identity()
    with npnn.no_grad():
        assert not module(values(3)).requires_grad
    with pytest.raises(RuntimeError, match="no call to go back through"):
        module.backward(np.ones(3))


@pytest.mark.parametrize(
    ("gradient", "given"),
    [(np.ones((2, 5)), "dLdY of shape (2, 5)"), (1.0, "dLdY of shape ()"), (None, "no dLdY")],
)
def test_backward_refuses_a_gradient_of_the_wrong_shape(gradient, given):
    net = Net()
    net(values(5, 4))
    expected = f"Net.backward got {given}, but the output of the call has shape (5, 2)"
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        net.backward(gradient)
    assert net.backward(np.ones((5, 2))).shape == (5, 4)


def test_backward_refuses_a_wrong_number_of_gradients():
    module = TwoInTwoOut()
    module(values(3), values(3))
    with pytest.raises(ValueError, match=r"TwoInTwoOut\.backward got 1 gradients for 2 outputs"):
        module.backward(np.ones(3))


def test_evaluation_between_call_and_backward_does_not_disturb():
    net, x, dy = Net(), values(5, 4), values(5, 2, seed=1)
    net(x)
    expected = net.backward(dy)
    net(x)
    with npnn.no_grad():
        net(x + 1)
    net(npnn.tensor(x + 2))
    np.testing.assert_array_equal(net.backward(dy), expected)


def test_only_the_outermost_module_remembers():
    net = Net()
    net(values(5, 4))
    with pytest.raises(RuntimeError, match=r"Affine\.backward has no call"):
        net.first.backward(np.ones((5, 3)))


def test_hooks_see_calls_on_arrays():
    net, seen = Net(), []
    net.first.register_full_backward_hook(lambda module, dx, dy: seen.append((dx[0].shape, dy[0].shape)))
    net.register_forward_pre_hook(lambda module, args: seen.append(type(args[0])))
    net(values(5, 4))
    net.backward(np.ones((5, 2)))
    assert seen == [npnn.Tensor, ((5, 4), (5, 3))]


# ---- members are attributes ----------------------------------------------------------------------


def members(module):
    return {**module._parameters, **module._buffers, **module._modules}


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(a=2, b=3),
        lambda r: r.update({"a": 2}, c=4),
        lambda r: r.pop("a"),
        lambda r: r.popitem(),
        lambda r: r.clear(),
        lambda r: r.setdefault("c", 5),
        lambda r: r.setdefault("a", 5),
        lambda r: r.__ior__({"a": 7, "d": 8}),
        lambda r: r.__setitem__("a", 9),
        lambda r: r.__delitem__("b"),
    ],
)
def test_a_registry_changes_as_a_dict_does_and_the_module_with_it(change):
    module, twin = nn.Module(), {"a": 0, "b": 1}
    before = set(vars(module))
    module._modules.update(twin)
    assert change(module._modules) == change(twin)
    assert dict(module._modules) == twin
    assert {name: value for name, value in vars(module).items() if name not in before} == twin


def test_a_registry_refuses_as_a_dict_does():
    registry = nn.Module()._parameters
    with pytest.raises(KeyError, match="a"):
        registry.pop("a")
    with pytest.raises(KeyError):
        registry.popitem()
    assert registry.pop("a", None) is None


def test_a_registry_can_be_replaced_as_a_whole():
    net = nn.Sequential(nn.ReLU(), nn.Tanh())
    net._modules = OrderedDict(a=net[1])
    assert repr(net) == "Sequential(\n  (a): Tanh()\n)"
    assert net.a is net[0]
    assert not hasattr(net, "0")
    net._modules = net._modules
    assert list(net._modules) == ["a"]


def test_a_second_init_starts_afresh():
    net = Net()
    nn.Module.__init__(net)
    assert members(net) == {}
    assert not hasattr(net, "first")


def test_a_module_is_freed_with_its_last_reference():
    gc.disable()
    try:
        net = Net()
        array = weakref.ref(net.first.weight.array)
        del net
        assert array() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_have_members_of_their_own(duplicate):
    net = Net()
    net(values(5, 4))
    twin = duplicate(net)
    assert list(twin.state_dict()) == list(net.state_dict())
    assert vars(twin).keys() - {"_array_call"} == vars(net).keys() - {"_array_call"}
    for name, member in members(twin).items():
        assert vars(twin)[name] is member
    twin.first = nn.Identity()
    assert isinstance(net.first, Affine)
    with pytest.raises(RuntimeError, match="no call to go back through"):
        twin.backward(np.ones((5, 2)))
    with npnn.no_grad():
        np.testing.assert_array_equal(duplicate(net)(values(5, 4)).array, net(values(5, 4)).array)


def test_deepcopy_and_pickle_keep_what_is_shared():
    net = nn.Sequential(Affine(2, 2), nn.ReLU())
    net.append(net[0])
    net[1].alias = nn.Parameter(values(3))
    net.alias = net[1].alias
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin[2] is twin[0] is not net[0]
        assert twin.alias is twin[1].alias is not net.alias
        assert len(list(twin.parameters())) == 3


def test_a_copied_registry_is_a_plain_dictionary():
    registry = Net()._parameters
    for twin in (
        copy.copy(registry),
        copy.deepcopy(registry),
        pickle.loads(pickle.dumps(registry)),
        registry.copy(),
    ):
        assert type(twin) is dict
        assert twin.keys() == registry.keys()


def test_an_error_inside_a_property_is_its_own():
    class Lazy(nn.Module):
        @property
        def table(self):
            return self.missing

    with pytest.raises(AttributeError, match="has no attribute 'missing'"):
        Lazy().table  # noqa: B018 - reading is the test


def test_a_subclass_can_forward_attributes():
    class Wrapper(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def __getattr__(self, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.inner, name)

    wrapper = Wrapper(Affine(2, 3))
    assert wrapper.bias is wrapper.inner.bias
    with pytest.raises(AttributeError, match="'Affine' object has no attribute 'what'"):
        wrapper.what  # noqa: B018 - reading is the test


def test_compile_leaves_the_module_as_it_is():
    net = Net()
    expected = net(npnn.tensor(values(5, 4))).array
    assert net.compile(mode="max-autotune") is None
    np.testing.assert_array_equal(net(npnn.tensor(values(5, 4))).array, expected)

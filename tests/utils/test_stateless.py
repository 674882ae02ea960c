"""A module as a function of its parameters."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.autograd import gradcheck
from npnn.utils.stateless import functional_call

RANDOM = np.random.default_rng(0)


def leaf(*shape):
    return npnn.tensor(RANDOM.standard_normal(shape), requires_grad=True)


def test_a_linear_is_x_w_plus_b():
    layer, x, w, b = nn.Linear(4, 3), leaf(2, 4), leaf(4, 3), leaf(3)
    y = functional_call(layer, {"weight": w, "bias": b}, x)
    np.testing.assert_allclose(y.detach(), x.array @ w.array + b.array, rtol=1e-14)
    assert gradcheck(lambda x, w, b: functional_call(layer, {"weight": w, "bias": b}, (x,)), (x, w, b))
    assert layer.weight.grad is None
    assert isinstance(layer.weight, nn.Parameter)


def test_buffers_that_change_change_in_the_dictionary():
    norm = nn.BatchNorm1d(3, dtype=npnn.float64)
    given = {"running_mean": npnn.full((3,), 10.0, dtype=npnn.float64)}
    x = leaf(5, 3)
    functional_call(norm, given, x)
    np.testing.assert_allclose(given["running_mean"], 9 + 0.1 * x.array.mean(0), rtol=1e-12)
    assert not norm.running_mean.any()


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("steps", npnn.zeros(1))

    def forward(self):
        self.steps = self.steps + 1


def test_buffers_that_are_replaced_are_replaced_in_the_dictionary():
    counter, given = Counter(), {"steps": npnn.tensor([5.0])}
    functional_call(counter, given)
    assert given["steps"].item() == 6
    assert counter.steps.item() == 0


def test_tied_weights():
    first, second = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    second.weight = first.weight
    net = nn.Sequential(first, second).double()
    w, x = leaf(3, 3), leaf(2, 3)
    tied = functional_call(net, {"0.weight": w}, x)
    np.testing.assert_allclose(tied.detach(), x.array @ w.array @ w.array, rtol=1e-12)
    loose = functional_call(net, {"0.weight": w}, x, tie_weights=False)
    np.testing.assert_allclose(loose.detach(), x.array @ w.array @ first.weight.detach().array, rtol=1e-12)
    same = functional_call(net, {"0.weight": w, "1.weight": w}, x)
    np.testing.assert_array_equal(same.detach(), tied.detach())
    with pytest.raises(ValueError, match=r"different tensors for \['0.weight', '1.weight'\]"):
        functional_call(net, {"0.weight": w, "1.weight": leaf(3, 3)}, x)
    assert net[0].weight is net[1].weight is first.weight


def test_strict_lists_all_names():
    with pytest.raises(RuntimeError) as error:
        functional_call(nn.Linear(2, 3), {"weight": leaf(2, 3), "wait": leaf(1)}, leaf(1, 2), strict=True)
    assert "Unexpected key(s): 'wait'." in str(error.value)
    assert "Missing key(s): 'bias'." in str(error.value)


def test_everything_is_put_back_after_an_error():
    layer = nn.Linear(2, 3)
    weight = layer.weight
    with pytest.raises(TypeError, match="got a float for bias"):
        functional_call(layer, {"weight": leaf(2, 3), "extra": leaf(1), "bias": 3.0}, leaf(1, 2))
    assert layer.weight is weight
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert not hasattr(layer, "extra")
    with pytest.raises(TypeError, match="in_features is a int"):
        functional_call(layer, {"in_features": leaf(1)}, leaf(1, 2))
    assert layer.in_features == 2

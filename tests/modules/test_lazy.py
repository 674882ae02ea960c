"""Lazy modules: they wait for the first input, and are ordinary ones from then on."""

import copy
import pickle

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.modules.lazy import LazyModuleMixin
from npnn.parameter import is_lazy

LAYERS = [  # a lazy layer, the ordinary one from the same seed, and what to call both on
    (lambda: nn.LazyLinear(3), lambda: nn.Linear(5, 3), (4, 5)),
    (lambda: nn.LazyLinear(3, bias=False), lambda: nn.Linear(5, 3, bias=False), (2, 4, 5)),
    (lambda: nn.LazyConv1d(6, 3, groups=2), lambda: nn.Conv1d(4, 6, 3, groups=2), (2, 7, 4)),
    (lambda: nn.LazyConv2d(6, (3, 2), 2, 1), lambda: nn.Conv2d(4, 6, (3, 2), 2, 1), (2, 7, 5, 4)),
    (lambda: nn.LazyConv3d(6, 2, bias=False), lambda: nn.Conv3d(4, 6, 2, bias=False), (3, 4, 5, 4)),
    (lambda: nn.LazyConvTranspose1d(6, 3, groups=2), lambda: nn.ConvTranspose1d(4, 6, 3, groups=2), (7, 4)),
    (lambda: nn.LazyConvTranspose2d(6, (3, 2), 2), lambda: nn.ConvTranspose2d(4, 6, (3, 2), 2), (2, 5, 3, 4)),
    (lambda: nn.LazyConvTranspose3d(6, 2), lambda: nn.ConvTranspose3d(4, 6, 2), (2, 3, 4, 5, 4)),
    (lambda: nn.LazyBatchNorm1d(), lambda: nn.BatchNorm1d(4), (3, 4)),
    (lambda: nn.LazyBatchNorm2d(1e-3, None), lambda: nn.BatchNorm2d(4, 1e-3, None), (3, 2, 5, 4)),
    (lambda: nn.LazyBatchNorm3d(bias=False), lambda: nn.BatchNorm3d(4, bias=False), (3, 2, 5, 3, 4)),
    (lambda: nn.LazyInstanceNorm1d(), lambda: nn.InstanceNorm1d(4, 1e-5, 0.1, True, True), (3, 5, 4)),
    (
        lambda: nn.LazyInstanceNorm2d(affine=False),
        lambda: nn.InstanceNorm2d(4, track_running_stats=True),
        (3, 2, 4),
    ),
    (lambda: nn.LazyInstanceNorm3d(), lambda: nn.InstanceNorm3d(4, 1e-5, 0.1, True, True), (3, 2, 5, 3, 4)),
]


def drawn(*shape):
    return npnn.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize(("lazy", "ordinary", "shape"), LAYERS)
def test_it_becomes_what_it_stands_for(lazy, ordinary, shape):
    x = drawn(*shape)
    layer = lazy()
    assert layer.has_uninitialized_params()
    npnn.manual_seed(7)
    y = layer(x)
    npnn.manual_seed(7)
    twin = ordinary()
    assert type(layer) is type(twin)
    assert repr(layer) == repr(twin)
    np.testing.assert_array_equal(y.array, twin(x).array)
    assert list(layer.state_dict()) == list(twin.state_dict())
    for name, value in twin.state_dict().items():
        np.testing.assert_array_equal(layer.state_dict()[name].array, value.array)
    assert all(type(parameter) is nn.Parameter for parameter in layer.parameters())
    assert not any(is_lazy(member) for member in (*layer.parameters(), *layer.buffers()))
    assert not layer._forward_pre_hooks
    layer(x.requires_grad_()).sum().backward()


@pytest.mark.parametrize(("lazy", "ordinary", "shape"), LAYERS)
def test_dtype_is_that_which_it_was_converted_to(lazy, ordinary, shape):
    layer = lazy().double()
    assert all(member.dtype == npnn.float64 for member in layer.parameters())
    y = layer(drawn(*shape).double())
    assert y.dtype == npnn.float64
    for member in (*layer.parameters(), *layer.buffers()):
        assert member.dtype in (npnn.float64, npnn.int64)


@pytest.mark.parametrize(("lazy", "ordinary", "shape"), LAYERS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_are_lazy_by_themselves(lazy, ordinary, shape, copied):
    layer = lazy().double()
    other = copied(layer)
    assert type(other(drawn(*shape).double())) is npnn.Tensor
    assert type(other) is type(ordinary())
    assert all(map(is_lazy, layer.parameters()))
    assert layer.has_uninitialized_params()
    assert all(member.dtype == npnn.float64 for member in other.parameters())
    layer(drawn(*shape).double())


@pytest.mark.parametrize(("lazy", "ordinary", "shape"), LAYERS)
def test_state_goes_into_a_lazy_layer(lazy, ordinary, shape):
    full, layer = ordinary(), lazy()
    assert str(layer.load_state_dict(full.state_dict())) == "<All keys matched successfully>"
    assert not layer.has_uninitialized_params()
    np.testing.assert_array_equal(layer(drawn(*shape)).array, full(drawn(*shape)).array)
    assert repr(layer) == repr(full)


def test_state_of_lazy_layers():
    layer = nn.LazyLinear(3)
    state = layer.state_dict()
    assert repr(dict(state)) == "{'weight': <UninitializedParameter>, 'bias': <UninitializedParameter>}"
    assert state["weight"] is layer.weight
    other = nn.LazyLinear(3)
    other.load_state_dict(state)
    assert other.has_uninitialized_params()
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter or buffer"):
        nn.Linear(2, 3).load_state_dict(state)
    with pytest.raises(RuntimeError, match="Unexpected key"):
        nn.LazyLinear(3, bias=False).load_state_dict(nn.Linear(2, 3).state_dict())
    layer.load_state_dict(nn.Linear(4, 3).state_dict())
    with pytest.raises(AssertionError, match=r"inferred from input: 5 is not equal .* self\.weight: 4"):
        layer(npnn.ones(2, 5))


@pytest.mark.parametrize("tensor", [nn.UninitializedParameter(), nn.UninitializedBuffer()])
@pytest.mark.parametrize(
    "use",
    [
        lambda t: t + 1,
        lambda t: t[0],
        lambda t: t.numel(),
        lambda t: t.item(),
        lambda t: t.detach(),
        lambda t: t.clone(),
        lambda t: t.zero_(),
        lambda t: npnn.init.ones_(t),
        lambda t: nn.functional.linear(npnn.ones(2), t),
        np.exp,
        np.asarray,
        len,
        bool,
    ],
)
def test_what_has_no_values_cannot_be_used(tensor, use):
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter: a Uninitialized"):
        use(tensor)


def test_uninitialized_tensors():
    parameter = nn.UninitializedParameter(dtype=npnn.float64)
    assert (repr(parameter), parameter.dtype, parameter.requires_grad) == (
        "<UninitializedParameter>",
        npnn.float64,
        True,
    )
    assert parameter.is_leaf
    assert parameter.grad is None
    assert parameter.is_floating_point()
    assert not parameter.is_complex()
    assert parameter.double() is parameter
    assert parameter.cpu() is parameter
    assert parameter.half().dtype == npnn.float16
    with pytest.raises(RuntimeError, match="Can't access the shape"):
        parameter.shape  # noqa: B018
    parameter.materialize((2, 3))
    assert (type(parameter), parameter.shape, parameter.dtype) == (nn.Parameter, (2, 3), npnn.float64)
    buffer = nn.UninitializedBuffer(persistent=False)
    assert not buffer.persistent
    buffer.materialize([4], dtype=npnn.float16)
    assert (type(buffer), buffer.shape, buffer.dtype) == (npnn.Tensor, (4,), npnn.float16)
    assert not nn.UninitializedParameter(False).requires_grad


def test_plain_arrays_initialize_too():
    layer = nn.LazyLinear(3)
    layer(np.ones((2, 5), np.float32))
    assert layer.backward(np.ones((2, 3), np.float32)).shape == (2, 5)


def test_errors_of_lazy_convolutions():
    with pytest.raises(
        RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"
    ):
        nn.LazyConv2d(3, 2)(npnn.ones(2, 7))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        nn.LazyConv2d(4, 2, groups=2)(npnn.ones(2, 7, 7, 3))


def test_without_parameters_there_is_only_the_size_to_wait_for():
    layer = nn.LazyBatchNorm1d(affine=False, track_running_stats=False)
    assert not layer.has_uninitialized_params()
    layer(drawn(3, 4))
    assert type(layer) is nn.BatchNorm1d
    assert layer.num_features == 4


def test_a_lazy_class_of_ones_own():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(npnn.ones(1))

        def forward(self, x, *, twice=False):
            return x * self.factor * (2 if twice else 1)

    class LazyScale(LazyModuleMixin, Scale):
        cls_to_become = Scale

        def __init__(self):
            super().__init__()
            self.factor = nn.UninitializedParameter()

        def initialize_parameters(self, x, *, twice):
            self.factor.materialize(x.shape[-1:])
            npnn.init.constant_(self.factor, 3.0 if twice else 5.0)

    layer = LazyScale()
    np.testing.assert_array_equal(layer(npnn.ones(2, 4), twice=True).array, np.full((2, 4), 6.0))
    assert type(layer) is Scale

    class Forgetful(LazyModuleMixin, Scale):
        def __init__(self):
            super().__init__()
            self.factor = nn.UninitializedParameter()

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Forgetful"):
        Forgetful()(npnn.ones(2))
    Forgetful.initialize_parameters = lambda self, x: None
    with pytest.raises(RuntimeError, match="module Forgetful has not been fully initialized"):
        Forgetful()(npnn.ones(2))

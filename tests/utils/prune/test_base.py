"""How pruning methods act on modules, one after the other."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.utils import prune


class Every(prune.BasePruningMethod):
    """Prunes every second of the elements that it sees."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


def layer(outs=3):
    made = nn.Linear(4, outs, dtype=npnn.float64)
    made.weight.data = npnn.arange(1.0, 4.0 * outs + 1, dtype=npnn.float64).reshape(outs, 4).T.contiguous()
    return made


def test_a_method_sees_the_weight_as_torch_has_it():
    pruned = layer()
    Every.apply(pruned, "weight")
    np.testing.assert_array_equal(
        pruned.weight.detach(), pruned.weight_mask.array * pruned.weight_orig.detach().array
    )
    np.testing.assert_array_equal(pruned.weight_mask.numpy().T, [[0, 1, 0, 1]] * 3)
    method = Every.apply(pruned, "weight")
    # Of the elements that are left, 2, 4, 6, 8, 10, 12, every second goes.
    np.testing.assert_array_equal(
        pruned.weight.detach().numpy().T, [[0, 0, 0, 4], [0, 0, 0, 8], [0, 0, 0, 12]]
    )
    assert isinstance(method, prune.PruningContainer)
    assert len(pruned._forward_pre_hooks) == 1


def test_the_gradient_goes_to_what_is_left():
    pruned = layer()
    Every.apply(pruned, "weight")
    x = npnn.tensor(np.random.default_rng(0).standard_normal((5, 4)), requires_grad=True)
    pruned(x).sum().backward()
    expected = x.detach().array.sum(0)[:, None] * pruned.weight_mask.array
    np.testing.assert_allclose(pruned.weight_orig.grad, expected, rtol=1e-14)


def test_removing_keeps_the_parameter_and_its_zeros():
    pruned = layer()
    parameter = pruned.weight
    Every.apply(pruned, "weight").remove(pruned)
    assert pruned.weight is parameter
    assert list(pruned.state_dict()) == ["bias", "weight"]
    assert (pruned.weight == 0).sum() == 6


def test_masks_carry_the_order_of_axes():
    pruned = nn.Linear(4, 7)
    Every.apply(pruned, "weight")
    assert pruned.weight_mask.torch_axes == pruned.weight.torch_axes == (1, 0)
    np.testing.assert_array_equal(pruned.weight_mask.array.T, [[0, 1, 0, 1]] * 7)


def test_channels_that_are_gone_are_not_counted():
    pruned = layer(outs=4)
    prune.LnStructured.apply(pruned, "weight", amount=2, n=2, dim=0)
    prune.LnStructured.apply(pruned, "weight", amount=1, n=2, dim=0)
    assert (pruned.weight_mask.sum(0) == npnn.tensor([0, 0, 0, 4])).all()


def test_prune_gives_a_tensor():
    t = npnn.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    mask = npnn.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    np.testing.assert_array_equal(Every().prune(t), [[0, 2, 0], [4, 0, 6]])
    # Of a weight (in, out) down the columns, as torch would go along the rows of its transpose.
    t.torch_axes = (1, 0)
    np.testing.assert_array_equal(Every().prune(t), [[0, 0, 0], [4, 5, 6]])
    np.testing.assert_array_equal(Every().prune(t, mask), [[0, 0, 0], [4, 0, 6]])


def test_a_container_takes_methods_of_one_name():
    container = prune.PruningContainer()
    assert len(container) == 0
    method = Every()
    container.add_pruning_method(method)
    assert container[0] is method
    other = Every()
    other._tensor_name = "weight"
    with pytest.raises(ValueError, match=r"'None'.*'weight'"):
        container.add_pruning_method(other)
    with pytest.raises(TypeError, match="got NoneType"):
        container.add_pruning_method(None)


def test_a_method_that_was_not_applied_has_nothing_to_do():
    for act in (Every().apply_mask, Every().remove):
        with pytest.raises(AssertionError, match="was not applied to a weight"):
            act(layer())


def test_types_that_there_are_not():
    class Odd(Every):
        PRUNING_TYPE = "odd"

    class Channels(Every):
        PRUNING_TYPE = "structured"

    for method, error, words in (
        (Odd, ValueError, "odd"),
        (Channels, AttributeError, "Channels is structured"),
    ):
        pruned = layer()
        Every.apply(pruned, "weight")
        with pytest.raises(error, match=words):
            method.apply(pruned, "weight")
        # The pruning before it stands.
        assert prune.is_pruned(pruned)
        assert len(pruned._forward_pre_hooks) == 1

"""Pruning against torch's: the same masks from the same calls, random ones from the same seed."""

import numpy as np
import pytest
import torch
from torch.nn.utils import prune as torch_prune

import npnn
from npnn.init.layout import torch_axes
from npnn.utils import prune

RANDOM = np.random.default_rng(0)
BOTH = ((npnn, prune), (torch, torch_prune))

LAYERS = {
    "linear": ("Linear", 5, 3),
    "conv1d": ("Conv1d", 4, 6, 3),
    "conv2d": ("Conv2d", 4, 6, (3, 2)),
    "conv_transpose2d": ("ConvTranspose2d", 4, 5, (3, 2)),
    "embedding": ("Embedding", 7, 4),
}

CALLS = {
    "identity": [("identity", {})],
    "random": [("random_unstructured", {"amount": 0.3})],
    "random, all": [("random_unstructured", {"amount": 1.0})],
    "random, none": [("random_unstructured", {"amount": 0})],
    "l1": [("l1_unstructured", {"amount": 4})],
    "l1, a part": [("l1_unstructured", {"amount": 0.45})],
    "random channels": [("random_structured", {"amount": 2, "dim": 0})],
    "random channels of inputs": [("random_structured", {"amount": 0.5, "dim": 1})],
    "random channels along the last": [("random_structured", {"amount": 1, "dim": -1})],
    "no channels": [("random_structured", {"amount": 0, "dim": 1})],
    "l2 channels": [("ln_structured", {"amount": 2, "n": 2, "dim": 0})],
    "l1 channels of inputs": [("ln_structured", {"amount": 0.3, "n": 1, "dim": 1})],
    "l0.5 channels": [("ln_structured", {"amount": 1, "n": 0.5, "dim": -2})],
    "fro channels": [("ln_structured", {"amount": 1, "n": "fro", "dim": 1})],
    "max channels": [("ln_structured", {"amount": 2, "n": float("inf"), "dim": 0})],
    "min channels": [("ln_structured", {"amount": 2, "n": float("-inf"), "dim": 0})],
    "several": [
        ("l1_unstructured", {"amount": 0.3}),
        ("random_unstructured", {"amount": 0.5}),
        ("random_structured", {"amount": 1, "dim": 0}),
        ("ln_structured", {"amount": 1, "n": 2, "dim": 1}),
        ("l1_unstructured", {"amount": 1}),
    ],
    "channels of channels": [
        ("ln_structured", {"amount": 1, "n": 2, "dim": 0}),
        ("random_structured", {"amount": 1, "dim": 0}),
        ("identity", {}),
    ],
}


def twins(cls, *args):
    """A layer in both libraries, with the same numbers, which come from the same seed."""
    made = []
    for library in (npnn, torch):
        library.manual_seed(0)
        made.append(getattr(library.nn, cls)(*args, dtype=library.float64))
        library.manual_seed(1)
    return made


def in_torch_order(tensor):
    return tensor.detach().numpy().transpose(torch_axes(tensor))


def in_my_order(array, weight):
    return npnn.tensor(array.transpose(np.argsort(torch_axes(weight))))


def assert_same(mine, theirs):
    one, two = mine.state_dict(keep_vars=True), theirs.state_dict()
    assert list(one) == list(two)
    for name, tensor in one.items():
        assert tensor.requires_grad == dict(theirs.named_parameters()).get(name, torch.ones(1)).requires_grad
        np.testing.assert_array_equal(in_torch_order(tensor), two[name], err_msg=name)
    np.testing.assert_array_equal(in_torch_order(mine.weight), theirs.weight.detach())
    hooks = [
        [type(hook).__name__ for hook in module._forward_pre_hooks.values()] for module in (mine, theirs)
    ]
    assert hooks[0] == hooks[1]


@pytest.mark.parametrize("calls", CALLS)
@pytest.mark.parametrize("layer", LAYERS)
def test_masks(layer, calls):
    mine, theirs = twins(*LAYERS[layer])
    for name, options in CALLS[calls]:
        for module, (_, library) in zip((mine, theirs), BOTH, strict=True):
            assert getattr(library, name)(module, "weight", **options) is module
            assert library.is_pruned(module)
        assert_same(mine, theirs)
    cotangent = RANDOM.standard_normal(theirs.weight.shape)
    mine.weight.backward(in_my_order(cotangent, mine.weight))
    theirs.weight.backward(torch.tensor(cotangent))
    grad = mine.weight_orig.grad.numpy().transpose(torch_axes(mine.weight_orig))
    np.testing.assert_array_equal(grad, theirs.weight_orig.grad)
    for module, (_, library) in zip((mine, theirs), BOTH, strict=True):
        original = module.weight_orig
        assert library.remove(module, "weight") is module
        assert not library.is_pruned(module)
        assert module.weight is original
    assert_same(mine, theirs)


def test_the_mask_holds_while_the_original_is_trained():
    mine, theirs = twins("Conv1d", 4, 6, 3)
    x = RANDOM.standard_normal((2, 7, 4))
    outputs = []
    for module, (library, pruning), value in zip(
        (mine, theirs), BOTH, (x, np.moveaxis(x, -1, 1)), strict=True
    ):
        pruning.l1_unstructured(module, "weight", amount=0.5)
        pruning.random_unstructured(module, "bias", amount=2)
        value = library.tensor(value)
        module(value).sum().backward()
        library.optim.SGD(module.parameters(), lr=0.1).step()
        outputs.append(module(value).detach().numpy())
    np.testing.assert_allclose(np.moveaxis(outputs[0], -1, 1), outputs[1], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(in_torch_order(mine.weight), theirs.weight.detach(), rtol=1e-9, atol=1e-11)
    assert (mine.weight.detach().numpy() == 0).sum() == 36


@pytest.mark.parametrize("name", ["l1_unstructured", "ln_structured"])
def test_importance_scores(name):
    mine, theirs = twins("ConvTranspose2d", 4, 5, (3, 2))
    scores = RANDOM.standard_normal(theirs.weight.shape)
    options = {"amount": 2, "n": 2, "dim": 1} if name == "ln_structured" else {"amount": 30}
    getattr(prune, name)(mine, "weight", importance_scores=in_my_order(scores, mine.weight), **options)
    getattr(torch_prune, name)(theirs, "weight", importance_scores=torch.tensor(scores), **options)
    assert_same(mine, theirs)


def test_custom_masks():
    mine, theirs = twins("ConvTranspose2d", 4, 5, (3, 2))
    for _ in range(2):
        mask = RANDOM.integers(0, 2, theirs.weight.shape)
        prune.custom_from_mask(mine, "weight", in_my_order(mask, mine.weight))
        torch_prune.custom_from_mask(theirs, "weight", torch.tensor(mask))
        assert_same(mine, theirs)


def test_nuclear_norm_of_kernels():
    mine, theirs = twins("Conv1d", 4, 6, 3)
    prune.ln_structured(mine, "weight", amount=2, n="nuc", dim=0)
    torch_prune.ln_structured(theirs, "weight", amount=2, n="nuc", dim=0)
    assert_same(mine, theirs)


@pytest.mark.parametrize("method", ["L1Unstructured", "RandomUnstructured"])
@pytest.mark.parametrize("scored", [False, True])
def test_global_pruning(method, scored):
    made = [twins(*LAYERS[name]) for name in ("linear", "conv_transpose2d", "embedding")]
    nets = list(zip(*made, strict=True))
    scores = RANDOM.standard_normal(made[1][1].weight.shape)
    theirs = torch.tensor(scores)
    for net, (_, library), given in zip(
        nets, BOTH, (in_my_order(scores, made[1][0].weight), theirs), strict=True
    ):
        library.l1_unstructured(net[0], "weight", amount=4)
        pairs = [(layer, "weight") for layer in net]
        importance = {(net[1], "weight"): given} if scored else None
        library.global_unstructured(pairs, getattr(library, method), importance_scores=importance, amount=0.6)
    for mine, other in made:
        assert_same(mine, other)


def test_methods_on_bare_tensors():
    """What no layer made has torch's order of axes, and a method is given the axes that the caller has."""
    t = RANDOM.standard_normal((4, 3))
    mask = np.ones_like(t)
    mask[1] = 0
    for name, args in (
        ("RandomStructured", (1, 0)),
        ("LnStructured", (0.5, 2, 1)),
        ("L1Unstructured", (5,)),
        ("RandomUnstructured", (0.25,)),
    ):
        found = []
        for library, pruning in BOTH:
            library.manual_seed(3)
            method = getattr(pruning, name)(*args)
            found.append(method.compute_mask(library.tensor(t), default_mask=library.tensor(mask)))
            found.append(method.prune(library.tensor(t), library.tensor(mask)))
        np.testing.assert_array_equal(found[0], found[2])
        np.testing.assert_array_equal(found[1], found[3])


def test_containers():
    for _, pruning in BOTH:
        first, second = pruning.L1Unstructured(amount=1), pruning.Identity()
        first._tensor_name = second._tensor_name = "weight"
        container = pruning.PruningContainer(first)
        container.add_pruning_method(second)
        assert len(container) == 2
        assert list(container) == [first, second]
        assert container[1] is second
        with pytest.raises(TypeError, match=r"BasePruningMethod|int"):
            container.add_pruning_method(10)
        second._tensor_name = "bias"
        with pytest.raises(ValueError, match="bias"):
            container.add_pruning_method(second)


def own_method(pruning, kind, dim=None):
    class Own(pruning.BasePruningMethod):
        PRUNING_TYPE = kind

        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    if dim is not None:
        Own.dim = dim
    return Own


@pytest.mark.parametrize("dim", [1, -1])
def test_methods_of_the_users_own_see_torchs_order(dim):
    mine, theirs = twins("Conv1d", 4, 6, 3)
    for module, (_, pruning) in zip((mine, theirs), BOTH, strict=True):
        own_method(pruning, "unstructured").apply(module, "weight")
        own_method(pruning, "structured", dim).apply(module, "weight")
        own_method(pruning, "global").apply(module, "weight")
    assert_same(mine, theirs)


ERRORS = {
    "amount below 0": lambda p, m: p.l1_unstructured(m, "weight", amount=-1),
    "amount above 1": lambda p, m: p.random_unstructured(m, "weight", amount=1.5),
    "amount of no number": lambda p, m: p.random_unstructured(m, "weight", amount="many"),
    "more than there are": lambda p, m: p.l1_unstructured(m, "weight", amount=16),
    "more channels than there are": lambda p, m: p.random_structured(m, "weight", amount=4, dim=0),
    "no such axis": lambda p, m: p.ln_structured(m, "weight", amount=1, n=2, dim=2),
    "no such axis from behind": lambda p, m: p.ln_structured(m, "weight", amount=1, n=2, dim=-3),
    "a vector": lambda p, m: p.random_structured(m, "bias", amount=1, dim=0),
    "nothing to remove": lambda p, m: p.remove(m, "weight"),
    "no such weight": lambda p, m: p.identity(m, "wait"),
    "a mask of another shape": lambda p, m: p.custom_from_mask(m, "bias", m.bias[:2]),
    "scores of another shape": lambda p, m: p.l1_unstructured(m, "bias", 1, importance_scores=m.bias[:2]),
    "scores for a tensor of another shape": (
        lambda p, m: p.L1Unstructured(1).prune(m.bias, importance_scores=m.bias[:2])
    ),
    "global, no parameters": lambda p, m: p.global_unstructured(3, p.L1Unstructured, amount=1),
    "global, scores in a list": lambda p, m: p.global_unstructured(
        [(m, "weight")], p.L1Unstructured, importance_scores=[1], amount=1
    ),
    "global, structured": lambda p, m: p.global_unstructured([(m, "weight")], p.RandomStructured, amount=1),
    "an unknown type": lambda p, m: [own_method(p, "odd").apply(m, "weight") for _ in "12"],
    "channels without dim": lambda p, m: [own_method(p, "structured").apply(m, "weight") for _ in "12"],
    "no such axis to go on with": lambda p, m: [
        own_method(p, "structured", dim).apply(m, "weight") for dim in (0, -3)
    ],
    "an abstract method": lambda p, m: p.BasePruningMethod.apply(m, "weight"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_torch_refuses(case):
    raised = []
    for module, (_, pruning) in zip(twins("Linear", 5, 3), BOTH, strict=True):
        before = dict(module.state_dict())
        with pytest.raises((ValueError, TypeError, IndexError, AttributeError, AssertionError)) as error:
            ERRORS[case](pruning, module)
        raised.append(error.type)
        if module.__class__.__module__.startswith("npnn") and "weight" in module.state_dict():
            assert list(module.state_dict()) == list(before)
            assert not module._forward_pre_hooks
    assert raised[0] is raised[1]


def test_a_refused_pruning_changes_nothing():
    layer = npnn.nn.Linear(5, 3)
    prune.l1_unstructured(layer, "weight", amount=4)
    mask, hooks = layer.weight_mask, dict(layer._forward_pre_hooks)
    with pytest.raises(ValueError, match="is more than the"):
        prune.random_structured(layer, "weight", amount=9, dim=0)
    with pytest.raises(ValueError, match="got 2"):
        prune.l1_unstructured(layer, "weight", amount=2.0)
    assert layer.weight_mask is mask
    assert dict(layer._forward_pre_hooks) == hooks

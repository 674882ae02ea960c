"""Pruning a weight with one call, or several weights together, and undoing the bookkeeping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from npnn.tensors import Tensor
from npnn.tensors.creation import ones_like
from npnn.utils._layout import from_torch_order, in_torch_order, torch_axes
from npnn.utils.convert_parameters import parameters_to_vector
from npnn.utils.prune.base import BasePruningMethod, PruningContainer, hook_of
from npnn.utils.prune.methods import (
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    RandomStructured,
    RandomUnstructured,
)

if TYPE_CHECKING:
    from npnn.modules.module import Module

T = TypeVar("T", bound="Module")


def identity(module: T, name: str) -> T:
    """Gives a weight an original and a mask of ones, without pruning anything.

    Args:
        module: the module.
        name: the weight's name.

    Returns:
        The module.

    Source: torch.nn.utils.prune.identity.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> prune.identity(nn.Linear(2, 3), "bias").bias_mask
        tensor([1., 1., 1.])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: T, name: str, amount: float) -> T:
    """Prunes random elements: those that torch prunes from the same seed.

    Args:
        module: the module.
        name: the weight's name.
        amount: how many, an int, or which part of those that are left, a float in [0, 1].

    Returns:
        The module.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, a float beyond 1, or more than there is left.

    Source: torch.nn.utils.prune.random_unstructured.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = prune.random_unstructured(nn.Linear(2, 3), "weight", amount=1)
        >>> int((layer.weight_mask == 0).sum())
        1
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: T, name: str, amount: float, importance_scores: Tensor | None = None) -> T:
    """Prunes the elements of the smallest absolute values.

    Args:
        module: the module.
        name: the weight's name.
        amount: how many, an int, or which part of those that are left, a float in [0, 1].
        importance_scores: what is to be looked at in the place of the weight, of its shape.

    Returns:
        The module.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, a float beyond 1, or more than there is left.

    Source: torch.nn.utils.prune.l1_unstructured.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = prune.l1_unstructured(nn.Linear(2, 3), "weight", amount=0.2)
        >>> list(layer.state_dict())
        ['bias', 'weight_orig', 'weight_mask']
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: T, name: str, amount: float, dim: int) -> T:
    """Prunes random channels: those that torch prunes from the same seed.

    Args:
        module: the module.
        name: the weight's name.
        amount: how many, an int, or which part of those that are left, a float in [0, 1].
        dim: the axis that counts channels. It counts the axes of torch's weight, so that the same call means
            the same on both: 0 for outputs and 1 for inputs of a Linear or a convolution.

    Returns:
        The module.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, a float beyond 1, or more than there is left, or the weight is no matrix.
        IndexError: there is no such axis.

    Source: torch.nn.utils.prune.random_structured.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = prune.random_structured(nn.Linear(5, 3), "weight", amount=3, dim=1)
        >>> int((layer.weight == 0).all(dim=1).sum())
        3
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: T, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> T:
    """Prunes the channels of the smallest norms.

    Args:
        module: the module.
        name: the weight's name.
        amount: how many, an int, or which part of those that are left, a float in [0, 1].
        n: which norm: a number, also ±inf, "fro" for 2, or "nuc", the sum of the singular values, for weights
            in which a channel is a matrix.
        dim: the axis that counts channels. It counts the axes of torch's weight, so that the same call means
            the same on both: 0 for outputs and 1 for inputs of a Linear or a convolution.
        importance_scores: what is to be looked at in the place of the weight, of its shape.

    Returns:
        The module.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, a float beyond 1, or more than there is left, or the weight is no matrix.
        IndexError: there is no such axis.

    Source: torch.nn.utils.prune.ln_structured.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = nn.Conv2d(5, 3, 2)
        >>> layer = prune.ln_structured(layer, "weight", amount=2, dim=1, n=float("-inf"))
        >>> int((layer.weight == 0).all(dim=(0, 1, 3)).sum())
        2
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: T, name: str, mask: Tensor) -> T:
    """Prunes what a mask says.

    Args:
        module: the module.
        name: the weight's name.
        mask: 0 for what is pruned and 1 elsewhere, of the shape that the weight has here.

    Returns:
        The module.

    Raises:
        AssertionError: the mask has another shape than the weight.

    Source: torch.nn.utils.prune.custom_from_mask.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> prune.custom_from_mask(nn.Linear(5, 3), "bias", npnn.tensor([0, 1, 0])).bias_mask
        tensor([0., 1., 0.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prunes elements of several weights as if they were one.

    Args:
        parameters: pairs of a module and a weight's name.
        pruning_method: the class of an unstructured pruning method.
        importance_scores: for such pairs, what is to be looked at in the place of the weight, of its shape.
        **kwargs: what the class's constructor takes, such as `amount`.

    Raises:
        TypeError: `parameters` cannot be iterated over, `importance_scores` is no dictionary, or the method
            is not unstructured.

    Source: torch.nn.utils.prune.global_unstructured.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> net = nn.Sequential(nn.Linear(10, 4), nn.Linear(4, 1))
        >>> weights = [(net[0], "weight"), (net[1], "weight")]
        >>> prune.global_unstructured(weights, prune.L1Unstructured, amount=10)
        >>> int((nn.utils.parameters_to_vector(net.buffers()) == 0).sum())
        10
    """
    if not isinstance(parameters, Iterable):
        raise TypeError(f"parameters must be pairs of a module and a name, got {type(parameters).__name__}")
    given = {} if importance_scores is None else importance_scores
    if not isinstance(given, dict):
        raise TypeError(f"importance_scores must be a dict, got {type(given).__name__}")
    container = PruningContainer()
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f"several weights are pruned together by unstructured methods only: {pruning_method.__name__} is"
            f" {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    pairs = list(parameters)
    weights = [getattr(module, name) for module, name in pairs]
    axes = [torch_axes(weight) for weight in weights]
    scores = [given.get(pair, weight) for pair, weight in zip(pairs, weights, strict=True)]
    masks = [
        getattr(module, f"{name}_mask", ones_like(weight))
        for (module, name), weight in zip(pairs, weights, strict=True)
    ]
    mask = container.compute_mask(_as_vector(scores, axes), _as_vector(masks, axes))
    parts = mask.split([weight.numel() for weight in weights])
    for (module, name), weight, order, part in zip(pairs, weights, axes, parts, strict=True):
        own = part.view(*(weight.shape[axis] for axis in order))
        custom_from_mask(module, name, from_torch_order(own, order))


def _as_vector(tensors: list[Tensor], axes: list[Any]) -> Tensor:
    """Tensors, their elements in torch's order, one after another."""
    ordered = (in_torch_order(tensor, order) for tensor, order in zip(tensors, axes, strict=True))
    return parameters_to_vector(ordered)


def remove(module: T, name: str) -> T:
    """Makes a pruned weight a parameter again. Its pruned elements are zero for good, or until it is trained.

    Args:
        module: the module.
        name: the weight's name.

    Returns:
        The module.

    Raises:
        ValueError: the weight is not pruned.

    Source: torch.nn.utils.prune.remove.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = prune.random_unstructured(nn.Linear(5, 7), "weight", amount=0.2)
        >>> list(prune.remove(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    found = hook_of(module, name)
    if found is None:
        raise ValueError(f"'{name}' is not pruned in {module}")
    key, hook = found
    hook.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module: Module) -> bool:
    """Whether a weight of a module, or of one below it, is pruned.

    Args:
        module: the module.

    Returns:
        Whether one is.

    Source: torch.nn.utils.prune.is_pruned.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = nn.Linear(5, 7)
        >>> before = prune.is_pruned(layer)
        >>> before, prune.is_pruned(prune.identity(layer, "weight"))
        (False, True)
    """
    return any(
        isinstance(hook, BasePruningMethod)
        for below in module.modules()
        for hook in below._forward_pre_hooks.values()
    )

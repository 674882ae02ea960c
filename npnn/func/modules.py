"""Modules as functions of their parameters and buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npnn.modules.module import Module
from npnn.tensors import Tensor
from npnn.tensors.joining import stack
from npnn.utils import stateless


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`npnn.utils.stateless.functional_call`, to which several dicts may be given.

    Args:
        module: the module.
        parameter_and_buffer_dicts: tensors by dotted name, in one dict or in several.
        args: the positional arguments, a tuple, or a single one.
        kwargs: the keyword arguments.
        tie_weights: a tensor given for a parameter that stands under several names stands in for all.
        strict: every parameter and buffer must be given, and nothing else.

    Returns:
        What the module returns.

    Raises:
        ValueError: two dicts have the same name, or what `stateless.functional_call` raises.

    Source: torch.func.functional_call.

    Examples:
        >>> import npnn
        >>> from npnn import func, nn
        >>> layer = nn.Linear(2, 1, bias=False)
        >>> func.functional_call(layer, {"weight": npnn.tensor([[3.0], [4.0]])}, npnn.ones(1, 2))
        tensor([[7.]])
    """
    given = parameter_and_buffer_dicts
    if not isinstance(given, dict):
        merged: dict[str, Tensor] = {}
        for each in given:
            repeated = sorted(merged.keys() & each.keys())
            if repeated:
                raise ValueError(f"{repeated} appear in several dictionaries: expected each name in one")
            merged.update(each)
        given = merged
    return stateless.functional_call(module, given, args, kwargs, tie_weights=tie_weights, strict=strict)


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and buffers of several modules of one form, each stacked, for `vmap` over an ensemble.

    Args:
        models: the modules.

    Returns:
        The parameters and the buffers, by name. What was trained is a leaf that requires grad.

    Raises:
        RuntimeError: there are no models, or they are not of one class and mode.

    Source: torch.func.stack_module_state.

    Examples:
        >>> from npnn import func, nn
        >>> params, buffers = func.stack_module_state([nn.Linear(3, 2) for _ in range(4)])
        >>> params["weight"].shape
        torch.Size([4, 3, 2])
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")

    def stacked(every: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            name: stack([each[name].detach() for each in every]).requires_grad_(first.requires_grad)
            for name, first in every[0].items()
        }

    return (
        stacked([dict(model.named_parameters()) for model in models]),
        stacked([dict(model.named_buffers()) for model in models]),
    )

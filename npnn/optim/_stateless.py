"""An optimizer's step on parameters and state from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from npnn.optim.optimizer import Optimizer, StateDict
from npnn.tensors import Tensor


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: Mapping[str, Tensor], swapin_optim_state: StateDict
) -> Iterator[None]:
    """A stretch in which an optimizer has other parameters, state and options; then it has its own again.

    Steps write into the tensors that were given. What else changes in the meantime, as a tensor that is
    replaced in the state, is forgotten.

    Args:
        optimizer: the optimizer, after its first step.
        swapin_parameters: the parameters, in the order of the optimizer's own.
        swapin_optim_state: the state and the options, as `Optimizer.state_dict` gives them.

    Raises:
        RuntimeError: the optimizer has no state yet, or what is given does not have the structure of its
            state_dict, or not as many parameters.

    Source: torch.optim.swap_in_optimizer_params_and_state.

    Examples:
        >>> import copy, npnn
        >>> weight = npnn.Parameter(npnn.tensor([1.0]))
        >>> optimizer = npnn.optim.SGD([weight], lr=0.5, momentum=0.5)
        >>> weight.grad = npnn.tensor([1.0])
        >>> optimizer.step()
        >>> other = npnn.Parameter(npnn.tensor([8.0]))
        >>> other.grad = npnn.tensor([1.0])
        >>> state = copy.deepcopy(optimizer.state_dict())
        >>> with npnn.optim.swap_in_optimizer_params_and_state(optimizer, {"weight": other}, state):
        ...     optimizer.step()
        >>> weight.tolist(), other.tolist()
        ([0.5], [7.25])
    """
    groups = _checked_groups(optimizer, swapin_optim_state)
    params = iter(swapin_parameters.values())
    count = sum(len(group["params"]) for group in groups)
    if count > len(swapin_parameters):
        raise RuntimeError(
            f"expected as many parameters as the optimizer has, {count}, but got {len(swapin_parameters)}"
        )

    own_state, own_groups = optimizer.state, [dict(group) for group in optimizer.param_groups]
    try:
        state: defaultdict[Any, Any] = defaultdict(dict)
        for group, given in zip(optimizer.param_groups, groups, strict=True):
            group.update(given)
            group["params"] = [next(params) for _ in given["params"]]
            for index, param in zip(given["params"], group["params"], strict=True):
                state[param] = dict(swapin_optim_state["state"].get(index, {}))
        optimizer.state = state
        yield
    finally:
        for group, own in zip(optimizer.param_groups, own_groups, strict=True):
            group.clear()
            group.update(own)
        optimizer.state = own_state


def _checked_groups(optimizer: Optimizer, state_dict: Any) -> list[dict[str, Any]]:
    """The groups of a state dict that is all as the optimizer's own."""
    if not optimizer.state:
        raise RuntimeError("expected an optimizer with initialized state: make a step first")
    state = state_dict.get("state") if isinstance(state_dict, dict) else None
    groups = state_dict.get("param_groups") if isinstance(state_dict, dict) else None
    if not isinstance(state, dict) or not isinstance(groups, list):
        raise RuntimeError(
            "expected an optimizer's state_dict, with a dict under 'state' and a list under 'param_groups', "
            f"but got {type(state_dict).__name__} with {type(state).__name__} and {type(groups).__name__}"
        )
    if len(groups) != len(optimizer.param_groups):
        raise RuntimeError(
            f"the state dict has a different number of parameter groups: {len(groups)}, where the optimizer "
            f"has {len(optimizer.param_groups)}"
        )
    known: set[int] = set()
    for number, (group, own) in enumerate(zip(groups, optimizer.param_groups, strict=True)):
        if not isinstance(group, dict) or set(group) != set(own):
            raise RuntimeError(
                f"param group {number} of the state dict must be a dict with the keys {sorted(own)}, but is"
                f" {group}"
            )
        indices = group["params"]
        if not isinstance(indices, list) or not all(isinstance(index, int) for index in indices):
            raise RuntimeError(f"'params' of group {number} must be a list of indices, but is {indices}")
        if len(indices) != len(own["params"]):
            raise RuntimeError(
                f"param group {number} of the state dict has a different number of params: {len(indices)}, "
                f"where the optimizer's has {len(own['params'])}"
            )
        known.update(indices)
    strangers = [key for key in state if key not in known]
    if strangers or not all(isinstance(entry, dict) for entry in state.values()):
        raise RuntimeError(
            "expected a state keyed by the indices of the params in its groups, a dict for each; "
            f"no params are {strangers}"
        )
    return groups

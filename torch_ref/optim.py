"""The state of an optimizer, from torch to npnn and back: a checkpoint taken in one goes on in the other.

    load_torch_optimizer_state_dict(optimizer, torch_optimizer.state_dict(), module)

What an optimizer keeps for a parameter has the parameter's layout, for the most part: moments and momentum
have its shape. Two exceptions follow from formulas. Adafactor keeps the row and the column of a matrix, which
trade places where the matrix is transposed, and LBFGS keeps vectors of all parameters end to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import npnn
from torch_ref.layouts import SAME, Array, Layout, ModuleLayout
from torch_ref.values import NPNN, TORCH, Library, array_of, is_tensor, map_nested
from torch_ref.weights import state_layout

_FACTORS = ("row_var", "col_var")
_FLAT = ("d", "prev_flat_grad", "old_dirs", "old_stps")


def load_torch_optimizer_state_dict(
    optimizer: npnn.optim.Optimizer,
    state_dict: Mapping[str, Any],
    module: npnn.Module | None = None,
    input: Layout | None = None,
    *,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> None:
    """Loads the state_dict of a torch optimizer into that of the same class in npnn.

    Args:
        optimizer: the optimizer, with as many parameters in as many groups, in the same order.
        state_dict: what `state_dict` of the torch optimizer gives.
        module: the module whose parameters it has; what is kept for others is taken to be the same in both.
            None takes it for all.
        input: the layout of what a Sequential is called on; see `from_torch`.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Raises:
        ValueError: the groups do not match, or Adafactor has factored a parameter along axes that are not the
            last two in both libraries.

    Examples:
        >>> import torch
        >>> theirs, ours = torch.nn.Linear(4, 3), npnn.nn.Linear(4, 3)
        >>> adam = torch.optim.Adam(theirs.parameters())
        >>> theirs(torch.ones(4)).sum().backward()
        >>> adam.step()
        >>> optimizer = npnn.optim.Adam(ours.parameters())
        >>> load_torch_optimizer_state_dict(optimizer, adam.state_dict(), ours)
        >>> tuple(optimizer.state[ours.weight]["exp_avg"].shape)
        (4, 3)
    """
    known = None if module is None else state_layout(module, input, flattened, layouts)
    optimizer.load_state_dict(_rearranged(optimizer, state_dict, NPNN, module, known))


def torch_optimizer_state_dict(
    optimizer: npnn.optim.Optimizer,
    module: npnn.Module | None = None,
    input: Layout | None = None,
    *,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> dict[str, Any]:
    """The state_dict of an optimizer as torch's: its keys, its tensors and its layout.

    Args:
        optimizer: the optimizer.
        module: the module whose parameters it has; see `load_torch_optimizer_state_dict`.
        input: the layout of what a Sequential is called on; see `from_torch`.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Returns:
        A state_dict that the torch optimizer of the same class loads; it shares no memory with this one.

    Raises:
        ValueError: as `load_torch_optimizer_state_dict`.

    Examples:
        >>> layer = npnn.nn.Linear(4, 3)
        >>> optimizer = npnn.optim.Adam(layer.parameters())
        >>> layer(npnn.ones(4)).sum().backward()
        >>> optimizer.step()
        >>> tuple(torch_optimizer_state_dict(optimizer, layer)["state"][0]["exp_avg"].shape)
        (3, 4)
    """
    known = None if module is None else state_layout(module, input, flattened, layouts)
    return _rearranged(optimizer, optimizer.state_dict(), TORCH, module, known)


def _rearranged(
    optimizer: npnn.optim.Optimizer,
    state_dict: Mapping[str, Any],
    library: Library,
    module: npnn.Module | None,
    known: ModuleLayout | None,
) -> dict[str, Any]:
    """A state_dict of the other library as one of this one."""
    params = [param for group in optimizer.param_groups for param in group["params"]]
    layouts = [SAME] * len(params)
    if module is not None and known is not None:
        names = {id(param): name for name, param in module.named_parameters()}
        layouts = [known.of_state(names[id(p)]) if id(p) in names else SAME for p in params]
    indices = [index for group in state_dict["param_groups"] for index in group["params"]]
    place = {index: number for number, index in enumerate(indices)}

    def same(value: Any) -> Any:
        return library.tensor(array_of(value)) if is_tensor(value) else value

    state = {}
    for index, kept in state_dict["state"].items():
        number = place[index]
        shape, layout = tuple(params[number].shape), layouts[number]
        state[index] = (
            _of_all(kept, library, params, layouts)
            if "prev_flat_grad" in kept
            else _of_one(kept, library, shape, layout)
        )
    return {"state": map_nested(same, state), "param_groups": map_nested(same, state_dict["param_groups"])}


def _of_one(kept: Mapping[str, Any], library: Library, shape: tuple[int, ...], layout: Layout) -> Any:
    """What is kept for one parameter, with its arrays in this library's layout."""
    their_shape = shape if library is TORCH else TORCH.rearrange(np.zeros(shape), layout).shape
    moved: dict[str, Any] = {}
    for name, value in kept.items():
        if name in _FACTORS:
            name, value = _factor(name, array_of(value), library, their_shape, layout)
            moved[name] = library.tensor(value)
        elif is_tensor(value) and array_of(value).ndim == len(their_shape) > 0:
            moved[name] = library.tensor(library.rearrange(array_of(value), layout))
        else:
            moved[name] = value
    return moved


def _factor(
    name: str, value: Array, library: Library, their_shape: tuple[int, ...], layout: Layout
) -> tuple[str, Array]:
    """A row or column of Adafactor's, and whether it is a row or a column here.

    It is repeated to the parameter's full size and rearranged as such. Along which axis it then repeats is
    told by the same with its place numbers in it.
    """

    def spread(factor: Array) -> Array:
        return library.rearrange(np.broadcast_to(factor, their_shape).copy(), layout)

    places, moved = spread(np.arange(value.size).reshape(value.shape)), spread(value)
    # Of a single element either is true, and the name stays.
    for new, axis in sorted((("row_var", -1), ("col_var", -2)), key=lambda entry: entry[0] != name):
        first = [slice(None)] * moved.ndim
        first[axis] = slice(1)
        repeats = moved.shape[axis] * value.size == moved.size
        if repeats and (places == places[tuple(first)]).all():
            return new, moved[tuple(first)]
    raise ValueError(
        f"Adafactor's {name} of a parameter with the layout {layout} cannot be moved: its matrix is the last "
        "two axes, and those are others in the other library"
    )


def _of_all(
    kept: Mapping[str, Any], library: Library, params: list[npnn.Tensor], layouts: list[Layout]
) -> Any:
    """What LBFGS keeps, with the stretch of each parameter in this library's order."""

    def reordered(vector: Any) -> Any:
        if not is_tensor(vector):
            return vector
        array, start, parts = array_of(vector), 0, []
        for param, layout in zip(params, layouts, strict=True):
            shape = tuple(param.shape)
            if library is NPNN:
                shape = TORCH.rearrange(np.zeros(shape), layout).shape
            width = 2 if param.is_complex() else 1
            size = param.numel() * width
            part = array[start : start + size].reshape(*shape, width)
            planes = [library.rearrange(part[..., plane], layout) for plane in range(width)]
            parts.append(np.stack(planes, -1).reshape(-1))
            start += size
        return library.tensor(np.concatenate(parts))

    return {name: map_nested(reordered, value) if name in _FLAT else value for name, value in kept.items()}

"""Weight normalization: a weight as the product of a length and a direction, by a hook on the module."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from npnn.parameter import Parameter, is_lazy
from npnn.tensors import Tensor
from npnn.tensors.base import axis_of
from npnn.utils._layout import carry_axes, torch_axes

if TYPE_CHECKING:
    from npnn.modules.module import Module

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]

T = TypeVar("T", bound="Module")


def norm_except_dim(weight: Tensor, dim: int) -> Tensor:
    """The Euclidean norm of the slices of a weight, one for each index of an axis.

    Args:
        weight: the weight.
        dim: the axis, as torch counts them; -1 for the norm of the whole.

    Shape:
        Output: the weight's, 1 along all axes but that one; () for the norm of the whole.

    Returns:
        The norms.

    Raises:
        IndexError: there is no such axis.

    Source: torch.norm_except_dim.

    Examples:
        >>> import npnn
        >>> norm_except_dim(npnn.tensor([[3.0, 0.0], [4.0, 1.0]]), 1)
        tensor([[5., 1.]])
    """
    if dim == -1:
        return carry_axes(weight.norm(), weight)
    kept = torch_axes(weight)[axis_of(dim, weight.ndim)]
    others = tuple(axis for axis in range(weight.ndim) if axis != kept)
    norms = weight.norm(2, others, keepdim=True) if others else weight.abs()
    return carry_axes(norms, weight)


def rescaled(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """w = g v / ‖v‖, with a norm for each index of an axis.

    Args:
        v: the direction.
        g: the length, of the shape of `norm_except_dim`.
        dim: the axis, as torch counts them; -1 for the norm of the whole.

    Returns:
        w, of the shape of v.
    """
    return carry_axes(v * (g / norm_except_dim(v, dim)), v)


class WeightNorm:
    """The hook that computes a weight anew before every forward.

    Args:
        name: the weight's name.
        dim: the axis of torch's weight with a norm for each index; None or -1 for one norm of the whole.

    Source: torch.nn.utils.weight_norm.WeightNorm.
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight, from the module's present length and direction.

        Args:
            module: the module.

        Returns:
            The weight, on the tape.
        """
        g, v = (getattr(module, f"{self.name}_{part}") for part in "gv")
        return rescaled(v, g, self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> WeightNorm:
        """Puts a hook on a module, and length and direction in the place of its weight.

        Args:
            module: the module.
            name: the weight's name.
            dim: as for the class.

        Returns:
            The hook.
        """
        warnings.warn(
            "weight_norm is deprecated in favor of npnn.utils.parametrizations.weight_norm, which reads the"
            " state_dicts of this one.",
            FutureWarning,
            stacklevel=3,
        )
        if _hook_of(module, name) is not None:
            raise RuntimeError(f"{name} has a weight_norm hook already: remove that one first")
        hook = WeightNorm(name, dim)
        weight = getattr(module, name)
        if is_lazy(weight):
            raise ValueError(
                f"weight_norm needs a weight with values, but {name} is uninitialized: call the module once"
                " on a batch of data first"
            )
        norms = norm_except_dim(weight, hook.dim)
        axes = getattr(weight, "torch_axes", None)
        del module._parameters[name]
        g_axes = axes if norms.ndim == weight.ndim else None
        module.register_parameter(f"{name}_g", Parameter(norms.data, torch_axes=g_axes))
        module.register_parameter(f"{name}_v", Parameter(weight.data, torch_axes=axes))
        hook(module, ())
        module.register_forward_pre_hook(hook)
        return hook

    def remove(self, module: Module) -> None:
        """Makes the weight a parameter again, with the values that it has now.

        Args:
            module: the module.
        """
        weight = self.compute_weight(module)
        axes = getattr(weight, "torch_axes", None)
        for attribute in (self.name, f"{self.name}_g", f"{self.name}_v"):
            delattr(module, attribute)
        setattr(module, self.name, Parameter(weight.data, torch_axes=axes))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Computes the module's weight for its next forward."""
        setattr(module, self.name, self.compute_weight(module))


def _hook_of(module: Module, name: str) -> tuple[int, WeightNorm] | None:
    """The weight norm hook on one of a module's weights, and the key of its registration."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            return key, hook
    return None


def weight_norm(module: T, name: str = "weight", dim: int | None = 0) -> T:
    """Splits a weight into a length g and a direction v: w = g v / ‖v‖.

    The parameter `weight` becomes the parameters `weight_g` and `weight_v`, from which a hook computes it
    before every forward. Deprecated, as on torch: use `npnn.utils.parametrizations.weight_norm`.

    Args:
        module: the module.
        name: the weight's name.
        dim: the axis with a norm for each index: 0, the outputs of most layers, or another one. It counts the
            axes of torch's weight, so that the same call means the same on both: in the weight (in, out) of a
            Linear 0 is the last axis. None or -1 for one norm of the whole weight.

    Shape:
        - weight_v: that of the weight.
        - weight_g: the same, but 1 along all axes except the one that `dim` names; () for None.

    Returns:
        The module.

    Raises:
        RuntimeError: the weight has such a hook.
        ValueError: the weight is uninitialized.
        IndexError: it has no such axis.

    Source: torch.nn.utils.weight_norm; Salimans & Kingma, "Weight normalization: a simple reparameterization
    to accelerate training of deep neural networks" (2016).

    Examples:
        >>> import warnings
        >>> from npnn import nn
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore", FutureWarning)
        ...     layer = nn.utils.weight_norm(nn.Linear(20, 40))
        >>> layer
        Linear(in_features=20, out_features=40, bias=True)
        >>> layer.weight_g.shape, layer.weight_v.shape
        (torch.Size([1, 40]), torch.Size([20, 40]))
    """
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: T, name: str = "weight") -> T:
    """Takes weight normalization away again; the weight keeps its values.

    Args:
        module: the module.
        name: the weight's name.

    Returns:
        The module.

    Raises:
        ValueError: the weight is not normalized so.

    Source: torch.nn.utils.remove_weight_norm.

    Examples:
        >>> import warnings
        >>> from npnn import nn
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore", FutureWarning)
        ...     layer = nn.utils.weight_norm(nn.Linear(20, 40))
        >>> list(nn.utils.remove_weight_norm(layer).state_dict())
        ['bias', 'weight']
    """
    found = _hook_of(module, name)
    if found is None:
        raise ValueError(f"there is no weight_norm of '{name}' to remove from {module}")
    key, hook = found
    hook.remove(module)
    del module._forward_pre_hooks[key]
    return module

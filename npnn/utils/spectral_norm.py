"""Spectral normalization: a weight divided by its largest singular value, by a hook on the module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from npnn import functional as F
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import no_grad
from npnn.parameter import Parameter, is_lazy
from npnn.tensors import Tensor
from npnn.tensors.base import array_of
from npnn.tensors.creation import empty
from npnn.utils._layout import carry_axes, in_torch_order, torch_axes

if TYPE_CHECKING:
    from npnn.modules.module import Module

__all__ = [
    "SpectralNorm",
    "SpectralNormLoadStateDictPreHook",
    "SpectralNormStateDictHook",
    "remove_spectral_norm",
    "spectral_norm",
]

T = TypeVar("T", bound="Module")


def output_dim(module: Module) -> int:
    """The axis of torch's weight that counts outputs: 1 in a transposed convolution, 0 elsewhere."""
    return 1 if getattr(module, "transposed", False) else 0


def as_matrix(weight: Tensor, axes: Any, dim: int) -> Tensor:
    """A weight as the matrix (outputs, all else) whose singular values are meant, flattened in torch's order.

    Args:
        weight: the weight.
        axes: its `torch_axes`.
        dim: the axis of the outputs, as torch counts them.

    Returns:
        The matrix, on the tape.
    """
    rows = in_torch_order(weight, axes).movedim(dim, 0)
    matrix: Tensor = rows.reshape(len(rows), -1)
    return matrix


def random_unit_vector(length: int, dtype: Any, eps: float) -> Tensor:
    """A direction, uniformly distributed: a normal draw divided by its norm."""
    return F.normalize(empty(length, dtype=dtype).normal_(), dim=0, eps=eps)


class SpectralNorm:
    """The hook that computes a weight anew before every forward.

    Args:
        name: the weight's name.
        n_power_iterations: how many steps of the power method are taken for each forward in training mode.
        dim: the axis of torch's weight that counts outputs.
        eps: what a norm is at least.

    Source: torch.nn.utils.spectral_norm.SpectralNorm.
    """

    _version = 1
    """Saved with the state. Before version 1 there was no v, and the weight itself was a buffer."""

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(f"n_power_iterations must be at least 1, got {n_power_iterations}")
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """The weight as the matrix (outputs, all else) whose singular values are meant.

        Args:
            weight: the weight.

        Returns:
            The matrix, on the tape.
        """
        return as_matrix(weight, torch_axes(weight), self.dim)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight divided by uᵀ W v, which approaches its largest singular value.

        Args:
            module: the module.
            do_power_iteration: whether u and v, the singular vectors, are improved first.

        Returns:
            The weight, on the tape.
        """
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    F.normalize(matrix.t() @ u, dim=0, eps=self.eps, out=v)
                    F.normalize(matrix @ v, dim=0, eps=self.eps, out=u)
            # The next forward changes u and v in place, which must not spoil the backward of this one.
            u, v = u.clone(), v.clone()
        return carry_axes(weight / (u @ (matrix @ v)), weight)

    @staticmethod
    def apply(module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Puts the hooks on a module.

        Args:
            module: the module.
            name: the weight's name.
            n_power_iterations: as for the class.
            dim: as for the class.
            eps: as for the class.

        Returns:
            The hook.
        """
        if any(isinstance(hook, SpectralNorm) and hook.name == name for hook in _pre_hooks(module)):
            raise RuntimeError(f"{name} has a spectral_norm hook already: remove that one first")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"spectral_norm cannot be applied to the parameter {name}, which is None")
        if is_lazy(weight):
            raise ValueError(
                f"spectral_norm needs a weight with values, but {name} is uninitialized: call the module once"
                " on a batch of data first"
            )
        with no_grad():
            height, width = hook.reshape_weight_to_matrix(weight).shape
        u, v = (random_unit_vector(length, weight.dtype, eps) for length in (height, width))
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        # Not yet normalized, but there for what expects a weight, such as the code that initializes layers.
        setattr(module, name, carry_axes(weight.data, weight))
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(hook)
        module.register_state_dict_post_hook(SpectralNormStateDictHook(hook))
        module.register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(hook))
        return hook

    def remove(self, module: Module) -> None:
        """Makes the weight a parameter again, with its normalized values.

        Args:
            module: the module.
        """
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        axes = getattr(weight, "torch_axes", None)
        for suffix in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight, torch_axes=axes))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Computes the module's weight for its next forward."""
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))


class SpectralNormStateDictHook:
    """The hook that writes the version of a normalized weight's state into the state_dict's metadata.

    Args:
        fn: the hook that computes the weight.

    Source: torch.nn.utils.spectral_norm.SpectralNormStateDictHook.
    """

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, module: Module, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any]
    ) -> None:
        """Adds the version to the module's metadata."""
        versions = local_metadata.setdefault("spectral_norm", {})
        key = f"{self.fn.name}.version"
        if key in versions:
            raise RuntimeError(f"two spectral_norm hooks have written {key} into the same metadata")
        versions[key] = self.fn._version


class SpectralNormLoadStateDictPreHook:
    """The hook that reads states from before version 1, and works out the v that they lack.

    Such a state has the weight W that was last used, the weight W_orig before it was normalized, and u. Their
    ratio is σ, and v is the solution of W_orig v ∝ u that makes uᵀ W_orig v = σ.

    Args:
        fn: the hook that computes the weight.

    Source: torch.nn.utils.spectral_norm.SpectralNormLoadStateDictPreHook.
    """

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self,
        module: Module,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Adds v to a state of old, and takes the weight out that is no longer a buffer."""
        version = local_metadata.get("spectral_norm", {}).get(f"{self.fn.name}.version")
        if version is not None and version >= 1:
            return
        key = prefix + self.fn.name
        has_v = all(key + suffix in state_dict for suffix in ("_orig", "_u", "_v"))
        if version is None and has_v and key not in state_dict:
            # A state of today that someone put together without its metadata.
            return
        missing = [key + suffix for suffix in ("_orig", "", "_u") if key + suffix not in state_dict]
        if missing:
            missing_keys.extend(missing if strict else [])
            return
        original, weight, u = (array_of(state_dict[key + suffix]) for suffix in ("_orig", "", "_u"))
        del state_dict[key]
        axes = torch_axes(getattr(module, f"{self.fn.name}_orig"))
        matrix = as_matrix(wrap(original), axes, self.fn.dim).array
        state_dict[key + "_v"] = wrap(_solve_v(matrix, u, (original / weight).mean()))


def _solve_v(matrix: Array, u: Array, sigma: float) -> Array:
    """The v with W v ∝ u, in the sense of least squares, and uᵀ W v = σ."""
    v = np.linalg.pinv(matrix.T @ matrix) @ matrix.T @ u
    return np.asarray(v * (sigma / (u @ matrix @ v)), matrix.dtype)


def _pre_hooks(module: Module) -> list[Any]:
    return list(module._forward_pre_hooks.values())


def spectral_norm(
    module: T,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> T:
    """Divides a weight by its largest singular value, which the power method approximates.

    The parameter `weight` becomes `weight_orig`, from which a hook computes it before every forward; in
    training mode the hook also improves the singular vectors, the buffers `weight_u` and `weight_v`.
    `npnn.utils.parametrizations.spectral_norm` is the newer way.

    Args:
        module: the module.
        name: the weight's name.
        n_power_iterations: how many steps of the power method are taken for each forward in training mode.
        eps: what a norm is at least.
        dim: the axis that counts outputs, which are the rows of the matrix; all others together are its
            columns. It counts the axes of torch's weight, so that the same call means the same on both. By
            default 0, and 1 for transposed convolutions.

    Shape:
        - weight_u: (outputs,).
        - weight_v: (all else,), in torch's order, so that both vectors are equal to torch's.

    Returns:
        The module.

    Raises:
        RuntimeError: the weight has such a hook.
        ValueError: the weight is None or uninitialized, or `n_power_iterations` is not positive.
        IndexError: it has no such axis.

    Source: torch.nn.utils.spectral_norm; Miyato et al., "Spectral normalization for generative adversarial
    networks" (2018).

    Examples:
        >>> import numpy as np
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40), n_power_iterations=200)
        >>> _ = layer(npnn.ones(1, 20))
        >>> bool(np.isclose(np.linalg.norm(layer.weight.detach().numpy(), 2), 1.0))
        True
    """
    SpectralNorm.apply(module, name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    return module


def remove_spectral_norm(module: T, name: str = "weight") -> T:
    """Takes spectral normalization away again; the weight keeps its normalized values.

    Args:
        module: the module.
        name: the weight's name.

    Returns:
        The module.

    Raises:
        ValueError: the weight is not normalized so.

    Source: torch.nn.utils.remove_spectral_norm.

    Examples:
        >>> from npnn import nn
        >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40))
        >>> list(nn.utils.remove_spectral_norm(layer).state_dict())
        ['bias', 'weight']
    """
    hook = next((h for h in _pre_hooks(module) if isinstance(h, SpectralNorm) and h.name == name), None)
    if hook is None:
        raise ValueError(f"there is no spectral_norm of '{name}' to remove from {module}")
    hook.remove(module)
    for hooks in (module._forward_pre_hooks, module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for key in [key for key, one in hooks.items() if one is hook or getattr(one, "fn", None) is hook]:
            del hooks[key]
    return module

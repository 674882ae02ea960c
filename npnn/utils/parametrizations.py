"""Parametrizations ready for use: orthogonal matrices, weight normalization, spectral normalization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from npnn import functional as F
from npnn._typing import Array, Shape
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import no_grad
from npnn.modules.module import Module
from npnn.ops.linalg import MatrixExp, Solve
from npnn.random import default_generator
from npnn.tensors import Tensor
from npnn.tensors.creation import eye, zeros_like
from npnn.tensors.functions import cat, where
from npnn.utils import parametrize
from npnn.utils._layout import carry_axes, from_torch_order, in_torch_order, torch_axes
from npnn.utils.spectral_norm import as_matrix, output_dim, random_unit_vector
from npnn.utils.weight_norm import norm_except_dim, rescaled

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

T = TypeVar("T", bound=Module)


# ---- orthogonal matrices


def _lower(x: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of matrices, from a diagonal down; zeros elsewhere."""
    rows, columns = x.shape[-2:]
    return where(np.tri(rows, columns, diagonal, dtype=bool), x, 0.0)


def _skew(x: Tensor) -> Tensor:
    """The square skew-symmetric matrices A = L - Lᵀ, L being the lower triangle of tall ones and zeros."""
    lower = _lower(x)
    *stack, rows, columns = x.shape
    if rows != columns:
        lower = cat([lower, wrap(np.zeros((*stack, rows, rows - columns), x.dtype))], -1)
    return lower - lower.mT


def _matrix_exp(x: Tensor) -> Tensor:
    """exp(A), cut to the columns of x."""
    return MatrixExp.apply(_skew(x))[..., : x.shape[-1]]


def _cayley(x: Tensor) -> Tensor:
    """(I - A/2)⁻¹ (I + A/2), cut to the columns of x."""
    half = _skew(x) / 2
    one = eye(x.shape[-2], dtype=x.dtype)
    return Solve.apply(one - half, one + half)[..., : x.shape[-1]]


def _householder(x: Tensor) -> Tensor:
    """The first columns of H_1 H_2 ... H_k, times the signs ±1 that the diagonal of x holds.

    H_i = I - τ_i v_i v_iᵀ is the reflection in the i-th column of x: v_i is zero above the diagonal, 1 on it,
    and x below; τ_i = 2 / ‖v_i‖². The product is I - V T Vᵀ with an upper triangular T, for which
    T⁻¹ = D⁻¹ + S, where D is the diagonal matrix of the τ_i and S the part of Vᵀ V above its diagonal: one
    system of equations in the place of a loop over the columns.

    Source: torch.linalg.householder_product; Puglisi, "Modification of the Householder method based on the
    compact WY representation" (1992).
    """
    columns = x.shape[-1]
    one = eye(columns, dtype=x.dtype)
    below = _lower(x, -1)
    v = below + eye(*x.shape[-2:], dtype=x.dtype)
    gram = v.mT @ v
    # 1 / τ_i is half the diagonal of the Gram matrix.
    inverse = gram * (1 - np.tri(columns, dtype=x.dtype)) + gram * one / 2
    q = eye(*x.shape[-2:], dtype=x.dtype) - v @ Solve.apply(inverse, v[..., :columns, :].mT)
    signs = np.trunc(np.diagonal(x.detach().array, axis1=-2, axis2=-1))
    return q * signs[..., None, :]


_ORTHOGONAL_MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "matrix_exp": _matrix_exp,
    "cayley": _cayley,
    "householder": _householder,
}
"""From tall matrices to matrices with orthonormal columns."""


class _Orthogonal(Module):
    """The parametrization of `orthogonal`, which works on the matrices that a weight is in torch's order."""

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        self.shape = weight.shape
        self.axes = torch_axes(weight)
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        """The orthogonal weight.

        Args:
            x: the original, of which the map takes the lower triangle.

        Returns:
            The weight.
        """
        x, wide = _tall(in_torch_order(x, self.axes))
        q = _ORTHOGONAL_MAPS[self.orthogonal_map](x)
        if hasattr(self, "base"):
            q = self.base @ q
        return from_torch_order(q.mT if wide else q, self.axes)

    def right_inverse(self, q: Tensor) -> Tensor:
        """The original that gives a weight, which is first made orthogonal if it is not.

        Args:
            q: the weight.

        Returns:
            The original. With `base` it stands for the identity, and `base` becomes the weight.
        """
        if q.shape != self.shape:
            raise ValueError(f"the weight has the shape {self.shape}, but was assigned {q.shape}")
        tall, wide = _tall(in_torch_order(q.detach(), self.axes))
        if not hasattr(self, "base"):
            original = wrap(self._reflectors(tall.array))
        else:
            self.base = wrap(_completed(tall.array))
            # The diagonal holds the signs of the Householder map: of the identity they are all negative.
            original = zeros_like(tall)
            _diagonal(original.array)[...] = -1.0
        return from_torch_order(original.mT if wide else original, self.axes).contiguous()

    def _reflectors(self, q: Array) -> Array:
        """The reflections whose product has the columns of q, below the diagonal, and the signs on it."""
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                f"a weight cannot be assigned to the {self.orthogonal_map} parametrization with"
                " use_trivialization=False: there is no formula for its inverse"
            )
        transposed, tau = np.linalg.qr(q, mode="raw")
        packed = np.ascontiguousarray(transposed.swapaxes(-1, -2), q.dtype)
        signs = _diagonal(packed)
        signs[...] = np.sign(signs)
        # A column that LAPACK left as it was is not reflected, while the map reflects it, which negates it.
        signs[tau == 0] *= -1
        return packed


def _tall(x: Tensor) -> tuple[Tensor, bool]:
    """Matrices, transposed if they are wider than tall, and whether they were."""
    wide = x.shape[-2] < x.shape[-1]
    return x.mT if wide else x, wide


def _diagonal(matrices: Array) -> Array:
    """The diagonals of matrices, to be written into."""
    n = min(matrices.shape[-2:])
    return np.einsum("...ii->...i", matrices[..., :n, :n])


def _completed(q: Array) -> Array:
    """Square orthogonal matrices that begin with the columns of tall ones, which are made orthogonal."""
    *stack, rows, columns = q.shape
    if rows == columns:
        gap = 10.0 * rows * np.finfo(q.dtype).eps
        if np.allclose(q.swapaxes(-1, -2) @ q, np.eye(rows, dtype=q.dtype), atol=gap):
            return q.copy()
    else:
        more = default_generator.normal((*stack, rows, rows - columns), 0.0, 1.0, q.dtype)
        q = np.concatenate([q, more], axis=-1)
    made, r = np.linalg.qr(q)
    # The signs of the columns that make R's diagonal positive: an orthogonal q stays as it is.
    return np.asarray(made * np.sign(_diagonal(r))[..., None, :])


def orthogonal(
    module: T, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> T:
    """Makes a matrix orthogonal, and keeps it so in training: orthonormal columns, or rows if it is wide.

    Three maps from all matrices to the orthogonal ones are known. With A = L - Lᵀ, L being the lower triangle
    of the original, they are exp(A), the Cayley map (I - A/2)⁻¹ (I + A/2), and the product of the Householder
    reflections in the columns of L. They give orthonormal columns; a wide matrix is transposed first. What is
    said here of rows and columns is said of the matrix (out, in) that torch has: the weight (in, out) is its
    transpose, and orthogonal with it. A weight with more axes is a stack of matrices in the last two of
    torch's axes, which for a convolution are those of its kernel.

    Args:
        module: the module.
        name: the weight's name.
        orthogonal_map: "matrix_exp", "cayley" or "householder"; None takes the first for square matrices, and
            the last for others.
        use_trivialization: multiply by a fixed orthogonal matrix, the buffer `base`, so that the map starts
            from the identity, where it is close to linear.

    Returns:
        The module. Its weight keeps its value if that is orthogonal, and is else the Q of its QR
        decomposition; without trivialization, "matrix_exp" and "cayley" take it as the original instead.

    Raises:
        ValueError: there is no such weight, it has less than two axes, or there is no such map.

    Source: torch.nn.utils.parametrizations.orthogonal; Lezcano-Casado, "Trivializations for gradient-based
    optimization on manifolds" (2019).

    Examples:
        >>> import numpy as np
        >>> from npnn import nn
        >>> from npnn.utils import parametrizations
        >>> layer = parametrizations.orthogonal(nn.Linear(20, 40))
        >>> q = layer.weight.detach().numpy()
        >>> np.allclose(q @ q.T, np.eye(20), atol=1e-5)
        True
    """
    weight = _weight_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"orthogonal needs a weight with two axes or more, but {name} has {weight.ndim}")
    if orthogonal_map is None:
        rows, columns = (weight.shape[axis] for axis in torch_axes(weight)[-2:])
        orthogonal_map = "matrix_exp" if rows == columns else "householder"
    if orthogonal_map not in _ORTHOGONAL_MAPS:
        raise ValueError(f"orthogonal_map must be one of {[*_ORTHOGONAL_MAPS]}, got {orthogonal_map!r}")
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return parametrize.register_parametrization(module, name, parametrization, unsafe=True)


def _weight_of(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"there is no tensor '{name}' in {module}")
    return weight


# ---- weight normalization


class _WeightNorm(Module):
    """The parametrization of `weight_norm`, in terms of length and direction."""

    def __init__(self, weight: Tensor, dim: int | None = 0) -> None:
        super().__init__()
        self.torch_axes = weight.torch_axes
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight.

        Args:
            weight_g: the length, for each index of an axis.
            weight_v: the direction.

        Returns:
            The weight.
        """
        return rescaled(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The length and a direction of a weight: itself.

        Args:
            weight: the weight.

        Returns:
            weight_g and weight_v.
        """
        # A value that is assigned may declare nothing: its axes are those of the weight that it replaces.
        direction = carry_axes(weight.detach(), self)
        return norm_except_dim(direction, self.dim), direction


def weight_norm(module: T, name: str = "weight", dim: int | None = 0) -> T:
    """Splits a weight into a length g and a direction v: w = g v / ‖v‖.

    They are `parametrizations.weight.original0` and `original1`. A state_dict that was saved with
    `npnn.utils.weight_norm`, where they are called `weight_g` and `weight_v`, can be loaded.

    Args:
        module: the module.
        name: the weight's name.
        dim: the axis with a norm for each index: 0, the outputs of most layers, or another one. It counts the
            axes of torch's weight, so that the same call means the same on both: in the weight (in, out) of a
            Linear 0 is the last axis. None or -1 for one norm of the whole weight.

    Shape:
        - original0: that of the weight, but 1 along all axes except the one that `dim` names; () for None.
        - original1: that of the weight.

    Returns:
        The module.

    Raises:
        ValueError: there is no such weight.
        IndexError: it has no such axis.

    Source: torch.nn.utils.parametrizations.weight_norm; Salimans & Kingma, "Weight normalization: a simple
    reparameterization to accelerate training of deep neural networks" (2016).

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import parametrizations
        >>> layer = parametrizations.weight_norm(nn.Linear(20, 40))
        >>> layer.parametrizations.weight.original0.shape
        torch.Size([1, 40])
    """
    parametrize.register_parametrization(
        module, name, _WeightNorm(_weight_of(module, name), dim), unsafe=True
    )

    def rename_old_keys(_: Module, state_dict: dict[str, Any], prefix: str, *others: Any) -> None:
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state_dict for key in old):
            for number, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{number}"] = state_dict.pop(key)

    module.register_load_state_dict_pre_hook(rename_old_keys)
    return module


# ---- spectral normalization


class _SpectralNorm(Module):
    """The parametrization of `spectral_norm`, with the singular vectors as buffers."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range: a weight with {ndim} axes has no dim {dim}")
        if n_power_iterations <= 0:
            raise ValueError(f"n_power_iterations must be at least 1, got {n_power_iterations}")
        self.dim = dim % ndim
        self.eps = eps
        self.axes: Shape = torch_axes(weight)
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.axes, self.dim)
            u, v = (random_unit_vector(length, weight.dtype, eps) for length in matrix.shape)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)
            # One step for each forward is enough to follow a weight in training, but not to find the vectors.
            self._power_method(matrix, 15)

    def _power_method(self, matrix: Tensor, n_power_iterations: int) -> None:
        with no_grad():
            for _ in range(n_power_iterations):
                F.normalize(matrix @ self._v, dim=0, eps=self.eps, out=self._u)
                F.normalize(matrix.t() @ self._u, dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Tensor) -> Tensor:
        """The weight divided by uᵀ W v; a vector divided by its norm.

        Args:
            weight: the original.

        Returns:
            The weight.
        """
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.axes, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        # The next forward changes u and v in place, which must not spoil the backward of this one.
        sigma = self._u.clone() @ (matrix @ self._v.clone())
        normalized: Tensor = weight / sigma
        return normalized

    def right_inverse(self, value: Tensor) -> Tensor:
        """The original that is taken for a weight: the weight itself.

        Args:
            value: the weight.

        Returns:
            The same.
        """
        return value


def spectral_norm(
    module: T,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> T:
    """Divides a weight by its largest singular value, which the power method approximates.

    The singular vectors are the buffers `_u` and `_v` of `parametrizations.weight[0]`. They are estimated
    when the parametrization is registered, and improved whenever the weight is read in training mode.

    Args:
        module: the module.
        name: the weight's name.
        n_power_iterations: how many steps of the power method are taken for each reading in training mode.
        eps: what a norm is at least.
        dim: the axis that counts outputs, which are the rows of the matrix; all others together are its
            columns. It counts the axes of torch's weight, so that the same call means the same on both. By
            default 0, and 1 for transposed convolutions.

    Shape:
        - _u: (outputs,).
        - _v: (all else,), in torch's order, so that both vectors are equal to torch's.

    Returns:
        The module.

    Raises:
        ValueError: there is no such weight, or `n_power_iterations` is not positive.
        IndexError: it has no such axis.

    Source: torch.nn.utils.parametrizations.spectral_norm; Miyato et al., "Spectral normalization for
    generative adversarial networks" (2018).

    Examples:
        >>> import numpy as np
        >>> from npnn import nn
        >>> from npnn.utils import parametrizations
        >>> layer = parametrizations.spectral_norm(nn.Linear(20, 40), n_power_iterations=200)
        >>> bool(np.isclose(np.linalg.norm(layer.weight.detach().numpy(), 2), 1.0))
        True
    """
    weight = _weight_of(module, name)
    dim = output_dim(module) if dim is None else dim
    parametrization = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return parametrize.register_parametrization(module, name, parametrization)

"""The pruning methods: elements or channels, the smallest or random ones, or those of a given mask."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.tensors import Tensor
from npnn.tensors.creation import rand, rand_like
from npnn.utils._layout import in_torch_order, torch_axes
from npnn.utils.prune.base import BasePruningMethod

if TYPE_CHECKING:
    from npnn.modules.module import Module


class Identity(BasePruningMethod):
    """Prunes nothing, and so gives a weight an original and a mask of ones.

    Source: torch.nn.utils.prune.Identity.
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask as it is.

        Args:
            t: makes no difference.
            default_mask: the mask.

        Returns:
            The same.
        """
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> BasePruningMethod:  # type: ignore[override]
        """Prunes a weight of a module.

        Args:
            module: the module.
            name: the weight's name.

        Returns:
            The hook.
        """
        return super().apply(module, name)


class _Unstructured(BasePruningMethod):
    """What the methods share that prune a number of elements."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        self.amount = _checked_amount(amount)

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Prunes elements.

        Args:
            t: how important each element is.
            default_mask: the mask that the weight has already.

        Returns:
            The new mask.

        Raises:
            ValueError: more elements are to be pruned than there are.
        """
        count = _count(self.amount, t.numel())
        mask: Tensor = default_mask.clone().contiguous()
        if count:
            mask.view(-1)[self._first_to_go(t).reshape(-1).topk(count)[1]] = 0
        return mask

    def _first_to_go(self, t: Tensor) -> Any:
        """Numbers, the largest for the element that is to be pruned first."""
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prunes random elements: those that torch prunes from the same seed.

    Args:
        amount: how many, an int, or which part of all, a float in [0, 1].

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, or a float beyond 1.

    Source: torch.nn.utils.prune.RandomUnstructured.
    """

    def _first_to_go(self, t: Tensor) -> Any:
        return rand_like(t)

    @classmethod
    def apply(cls, module: Module, name: str, amount: float) -> BasePruningMethod:  # type: ignore[override]
        """Prunes a weight of a module.

        Args:
            module: the module.
            name: the weight's name.
            amount: as for the class.

        Returns:
            The hook.
        """
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prunes the elements of the smallest absolute values.

    Args:
        amount: how many, an int, or which part of all, a float in [0, 1].

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, or a float beyond 1.

    Source: torch.nn.utils.prune.L1Unstructured.
    """

    def _first_to_go(self, t: Tensor) -> Any:
        return -t.detach().abs()

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        """Prunes a weight of a module.

        Args:
            module: the module.
            name: the weight's name.
            amount: as for the class.
            importance_scores: what is to be looked at in the place of the weight, of its shape.

        Returns:
            The hook.
        """
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(BasePruningMethod):
    """What the methods share that prune a number of channels."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        self.amount = _checked_amount(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Prunes channels.

        Args:
            t: how important each element is; `dim` counts its axes.
            default_mask: the mask that the weight has already.

        Returns:
            The new mask.

        Raises:
            ValueError: there are less than two axes, or less channels than are to be pruned.
            IndexError: there is no such axis.
        """
        if t.ndim < 2:
            raise ValueError(
                f"channels are pruned of a weight with two axes or more, got one of shape {t.shape}"
            )
        if not -t.ndim <= self.dim < t.ndim:
            raise IndexError(f"a weight of shape {t.shape} has no dim {self.dim}")
        channels = t.shape[self.dim]
        count = _count(self.amount, channels)
        # torch also draws nothing and compares nothing in this case.
        if count == 0:
            return default_mask
        along = [1] * t.ndim
        along[self.dim] = channels
        kept = self._kept(np.moveaxis(t.detach().array, self.dim, 0), count)
        mask: Tensor = wrap(kept.reshape(along).astype(t.dtype)) * default_mask.to(dtype=t.dtype)
        return mask

    def _kept(self, channels: Array, count: int) -> Array:
        """Which of the channels, along the first axis, stay when `count` of them are pruned."""
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prunes random channels: those that torch prunes from the same seed.

    Args:
        amount: how many, an int, or which part of all, a float in [0, 1].
        dim: the axis that counts channels, of torch's weight.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, or a float beyond 1.

    Source: torch.nn.utils.prune.RandomStructured.
    """

    def _kept(self, channels: Array, count: int) -> Array:
        draws = rand(len(channels)).array
        return np.asarray(draws > np.sort(draws)[count - 1])

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, dim: int = -1
    ) -> BasePruningMethod:
        """Prunes a weight of a module.

        Args:
            module: the module.
            name: the weight's name.
            amount: as for the class.
            dim: as for the class.

        Returns:
            The hook.
        """
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Prunes the channels of the smallest norms.

    Args:
        amount: how many, an int, or which part of all, a float in [0, 1].
        n: which norm: a number, also ±inf, "fro" for 2, or "nuc", the sum of the singular values, for weights
            in which a channel is a matrix.
        dim: the axis that counts channels, of torch's weight.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, or a float beyond 1.

    Source: torch.nn.utils.prune.LnStructured.
    """

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, channels: Array, count: int) -> Array:
        norms = _norms(channels, self.n)
        kept = np.ones(len(channels), bool)
        kept[np.argsort(norms, kind="stable")[:count]] = False
        return kept

    @classmethod
    def apply(  # type: ignore[override]
        cls,
        module: Module,
        name: str,
        amount: float,
        n: Any,
        dim: int,
        importance_scores: Tensor | None = None,
    ) -> BasePruningMethod:
        """Prunes a weight of a module.

        Args:
            module: the module.
            name: the weight's name.
            amount: as for the class.
            n: as for the class.
            dim: as for the class.
            importance_scores: what is to be looked at in the place of the weight, of its shape.

        Returns:
            The hook.
        """
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes what a mask says.

    Args:
        mask: the mask, of the shape of what `compute_mask` is given.

    Source: torch.nn.utils.prune.CustomFromMask.
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The product of the two masks.

        Args:
            t: makes no difference.
            default_mask: the mask that the weight has already.

        Returns:
            The new mask.

        Raises:
            AssertionError: the masks have different shapes.
        """
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"a mask of shape {self.mask.shape} cannot go with one of shape {default_mask.shape}"
            )
        mask: Tensor = default_mask * self.mask.to(dtype=default_mask.dtype)
        return mask

    @classmethod
    def apply(cls, module: Module, name: str, mask: Tensor) -> BasePruningMethod:  # type: ignore[override]
        """Prunes a weight of a module.

        Args:
            module: the module.
            name: the weight's name.
            mask: the mask, of the shape that the weight has here.

        Returns:
            The hook.

        Raises:
            AssertionError: the mask has another shape than the weight.
        """
        weight = getattr(module, name)
        if mask.shape != weight.shape:
            raise AssertionError(f"the mask has the shape {mask.shape}, but {name} has {weight.shape}")
        return super().apply(module, name, mask=in_torch_order(mask, torch_axes(weight)))


def _checked_amount(amount: Any) -> Any:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"amount must be an int or a float, got {amount!r}")
    if float(amount) < 0 or (float(amount) > 1 and not isinstance(amount, numbers.Integral)):
        raise ValueError(f"amount must be an int of at least 0 or a float in [0, 1], got {amount}")
    return amount


def _count(amount: Any, size: int) -> int:
    """How many of `size` elements or channels are to be pruned."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * size)
    count = int(amount)
    if count > size:
        raise ValueError(f"amount={amount} is more than the {size} that are left to prune")
    return count


def _norms(channels: Array, n: Any) -> Array:
    """The norm of each channel, as a vector, or for "nuc" as a matrix."""
    if n == "nuc":
        return np.asarray(np.linalg.norm(channels, "nuc", axis=(-2, -1)))
    order = 2 if n == "fro" else n
    return np.asarray(np.linalg.norm(channels.reshape(len(channels), -1), order, axis=1))

"""What all pruning methods share, and how several of them act on one weight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from npnn.tensors import Tensor
from npnn.tensors.creation import ones_like
from npnn.utils._layout import carry_axes, from_torch_order, in_torch_order, torch_axes

if TYPE_CHECKING:
    from npnn.modules.module import Module


class BasePruningMethod(ABC):
    """A way to choose which elements of a weight are zero, and the hook that makes them so.

    A subclass defines `compute_mask` and the attribute `PRUNING_TYPE`. That says which part of a weight it
    gets to see if the weight was pruned before: "unstructured" for the elements that are left, as a vector;
    "structured" for the channels along its attribute `dim` of which something is left; "global" for all.

    Source: torch.nn.utils.prune.BasePruningMethod.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> class Negative(prune.BasePruningMethod):
        ...     PRUNING_TYPE = "unstructured"
        ...     def compute_mask(self, t, default_mask):
        ...         return default_mask * (t >= 0)
        >>> layer = nn.Linear(2, 1)
        >>> _ = layer.weight.data.copy_(npnn.tensor([[3.0], [-4.0]]))
        >>> _ = Negative.apply(layer, "weight")
        >>> layer.weight_mask.flatten().tolist()
        [1.0, 0.0]
    """

    PRUNING_TYPE: str
    _tensor_name: str | None = None

    def __call__(self, module: Module, inputs: Any) -> None:
        """Computes the module's weight for its next forward."""
        setattr(module, str(self._tensor_name), self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Chooses which elements stay.

        Args:
            t: how important each element is: the weight, or the scores that were given for it. `apply` hands
                it over with its axes in torch's order, so that a method written for torch does the same here.
            default_mask: the mask that the weight has already, of the same shape, which is to be respected.

        Returns:
            The mask, of the same shape: 1 for what stays, 0 for what is pruned.

        Source: torch.nn.utils.prune.BasePruningMethod.compute_mask.
        """

    def apply_mask(self, module: Module) -> Tensor:
        """The pruned weight, from the module's present original and mask.

        Args:
            module: the module.

        Returns:
            The weight, on the tape.

        Raises:
            AssertionError: this method was not applied to a weight.

        Source: torch.nn.utils.prune.BasePruningMethod.apply_mask.
        """
        if self._tensor_name is None:
            raise AssertionError(f"this {type(self).__name__} was not applied to a weight of {module}")
        mask = getattr(module, f"{self._tensor_name}_mask")
        original = getattr(module, f"{self._tensor_name}_orig")
        return carry_axes(mask.to(dtype=original.dtype) * original, original)

    @classmethod
    def apply(
        cls,
        module: Module,
        name: str,
        *args: Any,
        importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> BasePruningMethod:
        """Prunes a weight of a module, on top of what was pruned before.

        Args:
            module: the module.
            name: the weight's name.
            *args: what the class's constructor takes.
            importance_scores: what is to be looked at in the place of the weight, of its shape.
            **kwargs: what else the constructor takes.

        Returns:
            The hook: an object of this class, or a PruningContainer of this one and those before it.

        Raises:
            AssertionError: the scores have another shape than the weight.

        Source: torch.nn.utils.prune.BasePruningMethod.apply.
        """
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        weight = getattr(module, name)
        scores = _scores(weight, importance_scores, f"parameter {name} of {module}")
        previous = hook_of(module, name)
        if previous is None:
            mask = ones_like(weight)
        else:
            earlier = previous[1]
            methods = tuple(earlier) if isinstance(earlier, PruningContainer) else (earlier,)
            method = PruningContainer(*methods, method)
            mask = getattr(module, f"{name}_mask").detach().clone()
        mask = _computed(method, scores, mask, torch_axes(weight))
        # Nothing has been changed until here, where nothing can go wrong any more.
        if previous is None:
            module.register_parameter(f"{name}_orig", weight)
            del module._parameters[name]
        else:
            del module._forward_pre_hooks[previous[0]]
        module.register_buffer(f"{name}_mask", carry_axes(mask, weight))
        method(module, ())
        module.register_forward_pre_hook(method)
        return method

    def prune(
        self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None
    ) -> Tensor:
        """A pruned tensor.

        Args:
            t: the tensor.
            default_mask: the mask that it has already; None for ones.
            importance_scores: what is to be looked at in its place, of its shape.

        Returns:
            The tensor times the mask.

        Raises:
            AssertionError: the scores have another shape than the tensor.

        Source: torch.nn.utils.prune.BasePruningMethod.prune.

        Examples:
            >>> import npnn
            >>> from npnn.utils import prune
            >>> prune.L1Unstructured(amount=2).prune(npnn.tensor([3.0, -1.0, 0.5, 2.0]))
            tensor([3., -0., 0., 2.])
        """
        scores = _scores(t, importance_scores, "the tensor")
        mask = ones_like(t) if default_mask is None else default_mask
        pruned: Tensor = t * _computed(self, scores, mask, torch_axes(t))
        return pruned

    def remove(self, module: Module) -> None:
        """Makes the weight a parameter again, whose pruned elements are zero for good or until it is trained.

        Args:
            module: the module.

        Raises:
            AssertionError: this method was not applied to a weight.

        Source: torch.nn.utils.prune.BasePruningMethod.remove.
        """
        weight = self.apply_mask(module)
        name = str(self._tensor_name)
        original = module._parameters[f"{name}_orig"]
        for attribute in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, attribute)
        original.data = weight.data  # type: ignore[union-attr]
        setattr(module, name, original)


def _scores(weight: Tensor, given: Tensor | None, what: str) -> Tensor:
    """What the importance of elements is read from."""
    if given is None:
        return weight
    if given.shape != weight.shape:
        raise AssertionError(
            f"importance_scores must have the shape of {what}, {weight.shape}, got {given.shape}"
        )
    return given


def _computed(method: BasePruningMethod, scores: Tensor, mask: Tensor, axes: Any) -> Tensor:
    """The mask that a method computes from scores and a mask, which it gets to see in torch's order."""
    # Contiguous, so that a method can write into a flat view.
    t, default_mask = (in_torch_order(tensor, axes).contiguous() for tensor in (scores, mask))
    computed: Tensor = from_torch_order(method.compute_mask(t, default_mask=default_mask), axes)
    return computed.contiguous()


def hook_of(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    """The hook that prunes one of a module's weights, and the key of its registration."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return None


class PruningContainer(BasePruningMethod):
    """Several pruning methods that act on one weight, one after the other.

    Args:
        *args: the methods, in the order in which they were applied.

    Source: torch.nn.utils.prune.PruningContainer.

    Examples:
        >>> from npnn import nn
        >>> from npnn.utils import prune
        >>> layer = nn.Linear(4, 5)
        >>> for _ in range(2):
        ...     method = prune.L1Unstructured.apply(layer, "weight", amount=0.5)
        >>> len(method), int(layer.weight_mask.sum())
        (2, 5)
    """

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        self._tensor_name = args[0]._tensor_name if args else None
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Adds a method after the others.

        Args:
            method: the method.

        Raises:
            TypeError: it is no pruning method.
            ValueError: it acts on a weight of another name.

        Source: torch.nn.utils.prune.PruningContainer.add_pruning_method.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"a PruningContainer holds pruning methods, got {type(method).__name__}")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                f"this PruningContainer acts on '{self._tensor_name}', but the method on"
                f" '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with what the last of the methods prunes beyond it.

        Args:
            t: how important each element is.
            default_mask: the mask that the methods before it have made.

        Returns:
            The new mask.

        Raises:
            AttributeError: a method for channels has no attribute `dim`.
            IndexError: there is no such axis.
            ValueError: the method's PRUNING_TYPE is none that there is.

        Source: torch.nn.utils.prune.PruningContainer.compute_mask.
        """
        method = self._pruning_methods[-1]
        if method.PRUNING_TYPE not in _LEFT:
            raise ValueError(f"PRUNING_TYPE must be one of {[*_LEFT]}, got {method.PRUNING_TYPE!r}")
        left = _LEFT[method.PRUNING_TYPE](method, default_mask)
        mask = default_mask.to(dtype=t.dtype).clone()
        part = method.compute_mask(t[left].contiguous(), default_mask=mask[left].contiguous())
        mask[left] = part.to(dtype=mask.dtype)
        return mask


def _elements_left(method: BasePruningMethod, mask: Tensor) -> Any:
    """The index of the elements that are not pruned yet."""
    return mask == 1


def _channels_left(method: BasePruningMethod, mask: Tensor) -> Any:
    """The index of the channels that are not all pruned yet."""
    if not hasattr(method, "dim"):
        raise AttributeError(
            f"{type(method).__name__} is structured, but has no attribute `dim` to tell its channels"
        )
    dim = method.dim + mask.ndim if method.dim < 0 else method.dim
    if not 0 <= dim < mask.ndim:
        raise IndexError(f"a weight with {mask.ndim} axes has no dim {method.dim}")
    others = tuple(axis for axis in range(mask.ndim) if axis != dim)
    return (slice(None),) * dim + (mask.sum(others) != 0,)


def _all_left(method: BasePruningMethod, mask: Tensor) -> Any:
    """The index of everything."""
    return ...


_LEFT = {"unstructured": _elements_left, "structured": _channels_left, "global": _all_left}
"""For each PRUNING_TYPE, the part of a weight that a further method gets to see."""

"""Lazy modules: layers that take the number of their inputs from the first batch they are called on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar

import numpy as np

from npnn._typing import Shape
from npnn.modules.module import Module
from npnn.parameter import UninitializedTensorMixin, is_lazy
from npnn.tensors import Tensor


class LazyModuleMixin(Module):
    """Makes of a module one whose parameters get their shapes from its first input.

    A lazy class names this one before the layer that it is a lazy version of. Its constructor puts
    UninitializedParameter and UninitializedBuffer where the layer has parameters and buffers, and its
    `initialize_parameters`, which is called with the first input, materializes them. After that the module is
    of the class `cls_to_become`, and nothing about it is lazy any more.

    Convert a lazy module to the dtype that it is to have before that first call, and give its parameters to
    an optimizer after it. Its parameters are drawn when it is called, which may be later than those of layers
    behind it, so a network may start with other numbers than one of ordinary layers from the same seed.

    Attributes:
        cls_to_become: the class of the module once it has been called.

    Source: torch.nn.modules.lazy.LazyModuleMixin.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> net = nn.Sequential(nn.LazyLinear(10), nn.ReLU(), nn.LazyLinear(1))
        >>> net
        Sequential(
          (0): LazyLinear(in_features=0, out_features=10, bias=True)
          (1): ReLU()
          (2): LazyLinear(in_features=0, out_features=1, bias=True)
        )
        >>> _ = net(npnn.ones(2, 5))
        >>> net
        Sequential(
          (0): Linear(in_features=5, out_features=10, bias=True)
          (1): ReLU()
          (2): Linear(in_features=10, out_features=1, bias=True)
        )
    """

    cls_to_become: ClassVar[type[Module] | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materializes the parameters and buffers. Override it.

        Args:
            *args: what the module is called on.
            **kwargs: likewise.

        Raises:
            NotImplementedError: the class does not override it.

        Source: torch.nn.modules.lazy.LazyModuleMixin.initialize_parameters.
        """
        raise NotImplementedError(f"initialize_parameters is not implemented for {self._get_name()}")

    def has_uninitialized_params(self) -> bool:
        """Whether any of the module's own parameters and buffers is uninitialized.

        Source: torch.nn.modules.lazy.LazyModuleMixin.has_uninitialized_params.

        Examples:
            >>> from npnn import nn
            >>> nn.LazyLinear(3).has_uninitialized_params()
            True
        """
        return any(map(is_lazy, chain(self._parameters.values(), self._buffers.values())))

    def _materialize(self, **shapes: Shape) -> None:
        """Gives a shape to each of the named parameters and buffers that waits for one."""
        for name, shape in shapes.items():
            member = getattr(self, name)
            if isinstance(member, UninitializedTensorMixin):
                member.materialize(shape)

    def _infer_parameters(self, module: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """The pre-hook of the first call: initializes the module, and makes it an ordinary one."""
        module.initialize_parameters(*args, **kwargs)
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        del module._initialize_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()

    def _load_tensor(self, name: str, own: Tensor, key: str, saved: Any, assign: bool) -> str | None:
        """Loads one parameter or buffer, which takes its shape from what is loaded if that has one."""
        if isinstance(own, UninitializedTensorMixin) and isinstance(saved, (Tensor, np.ndarray)):
            if is_lazy(saved):
                return None
            own.materialize(saved.shape)
        return super()._load_tensor(name, own, key, saved, assign)

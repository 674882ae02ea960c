"""Parameter and Buffer: tensors that a module takes for its own when they are assigned to it."""

from __future__ import annotations

from typing import Any, cast

from npnn._typing import Shape
from npnn.tensors import Tensor


class Parameter(Tensor):
    """A tensor that is to be trained: assigned to a module, it is one of the module's parameters.

    Args:
        data: the values, a tensor, an array or nested numbers. It shares the memory of a tensor or an array.
        requires_grad: whether it has a gradient. A surrounding `no_grad` makes no difference.
        torch_axes: for a weight whose axes are not in the order of a Linear's or a convolution's, where
            torch's axes are among them: (0, 1) for an embedding. The initializers draw and count fans in
            torch's order.

    Raises:
        RuntimeError: `requires_grad` is set for values that are neither floating point nor complex.

    Source: torch.nn.Parameter.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Parameter(npnn.ones(3))
        Parameter containing:
        tensor([1., 1., 1.], requires_grad=True)
    """

    torch_axes: Shape | None = None

    def __init__(
        self, data: Any = None, requires_grad: bool = True, *, torch_axes: Shape | None = None
    ) -> None:
        super().__init__(() if data is None else data, requires_grad=requires_grad)
        if torch_axes is not None:
            self.torch_axes = torch_axes

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        # As on torch, the copy starts without a gradient, and is off the tape.
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.array.copy(), self.requires_grad, torch_axes=self.torch_axes)
        copied: Parameter = memo[id(self)]
        return copied

    def __reduce__(self) -> Any:
        return (*super().__reduce__(), {"torch_axes": self.torch_axes})


class Buffer(Tensor):
    """A tensor that is not trained: assigned to a module, it is one of the module's buffers.

    Args:
        data: the values, a tensor, an array or nested numbers. It shares the memory of a tensor or an array.
        persistent: whether it is part of the module's `state_dict`.

    Source: torch.nn.Buffer.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> norm = nn.Module()
        >>> norm.mean = nn.Buffer(npnn.zeros(2))
        >>> list(norm.named_buffers())
        [('mean', tensor([0., 0.]))]
    """

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        super().__init__(() if data is None else data)
        self.persistent = persistent

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        copied = cast(Buffer, super().__deepcopy__(memo))
        copied.persistent = self.persistent
        return copied

    def __reduce__(self) -> Any:
        return (*super().__reduce__(), {"persistent": self.persistent})

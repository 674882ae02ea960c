"""Parameter and Buffer: tensors that a module takes for its own when they are assigned to it."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from npnn._typing import Shape
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor, empty


class Parameter(Tensor):
    """A tensor that is to be trained: assigned to a module, it is one of the module's parameters.

    Args:
        data: the values, a tensor, an array or nested numbers. It shares the memory of a tensor or an array.
        requires_grad: whether it has a gradient. A surrounding `no_grad` makes no difference.
        torch_axes: for a layer's weight, where torch's axes are among its own: (1, 0) for a Linear's, (0, 1)
            for an embedding's. Random numbers are drawn, and fans are counted, in torch's order.

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

    def __new__(cls, data: Any = None, requires_grad: bool = True, *, torch_axes: Shape | None = None) -> Any:
        """A parameter, off the tape, in the memory of its data."""
        parameter = cls._make_subclass(cls, _as_tensor(data), requires_grad)
        if torch_axes is not None:
            parameter.torch_axes = torch_axes
        return parameter

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        # As on torch, the copy starts without a gradient, and is off the tape.
        if id(self) not in memo:
            memo[id(self)] = type(self)(Tensor._wrap(self.array.copy()), self.requires_grad)
            memo[id(self)].torch_axes = self.torch_axes
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

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        """A buffer, off the tape, in the memory of its data."""
        buffer = cls._make_subclass(cls, _as_tensor(data))
        buffer.persistent = persistent
        return buffer

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        copied = cast(Buffer, super().__deepcopy__(memo))
        copied.persistent = self.persistent
        return copied

    def __reduce__(self) -> Any:
        return (*super().__reduce__(), {"persistent": self.persistent})


class UninitializedTensorMixin(Tensor):
    """A parameter or buffer of a module that waits for its first input to tell the shape.

    Until `materialize` gives it one it has no values: its dtype can be read and changed, and anything else
    that is done with it raises a ValueError.

    Attributes:
        cls_to_become: the class that it is of from then on.
    """

    cls_to_become: type[Tensor]
    _dtype: np.dtype[Any]

    def __new__(cls, requires_grad: bool, device: Any, dtype: Any) -> Any:
        """A tensor that has a dtype and no values yet."""
        tensor = object.__new__(cls)
        tensor._dtype = empty(0, device=device, dtype=dtype).dtype
        tensor._requires_grad = requires_grad
        return tensor

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Gives it a shape, and values, which are whatever lay in its memory.

        Args:
            shape: the shape.
            device: "cpu".
            dtype: the dtype, unless it is to stay.

        Source: torch.nn.parameter.UninitializedParameter.materialize.

        Examples:
            >>> from npnn import nn
            >>> parameter = nn.UninitializedParameter()
            >>> parameter
            <UninitializedParameter>
            >>> parameter.materialize((2, 3))
            >>> type(parameter).__name__, parameter.shape
            ('Parameter', torch.Size([2, 3]))
        """
        values = empty(tuple(shape), device=device, dtype=self._dtype if dtype is None else dtype).array
        del self._dtype
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.array = values  # type: ignore[misc]  # of its new class it has that attribute

    @property
    def array(self) -> Any:  # type: ignore[override]
        """Raises ValueError: there are no values yet, for whatever operation asked for them."""
        raise ValueError(
            f"Attempted to use an uninitialized parameter: a {type(self).__name__} has no values until its"
            " module is called for the first time; call the module on a batch of data first"
        )

    @property
    def shape(self) -> Any:
        """Raises RuntimeError: there is no shape yet."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer: call its module on a batch of"
            " data first, before a state_dict with it is loaded into a module that has been called"
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that the values are going to have."""
        return self._dtype

    @property
    def data(self) -> Tensor:
        """The tensor itself, which has no values; to set this sets the dtype."""
        return self

    @data.setter
    def data(self, value: Tensor) -> None:
        self._dtype = value.dtype

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating-point one."""
        return self._dtype.kind == "f"

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self._dtype.kind == "c"

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """This tensor, as yet without values, in another dtype; itself if nothing changes.

        Args:
            *args: as Tensor.to takes them.
            **kwargs: likewise.
        """
        dtype = empty(0, dtype=self._dtype).to(*args, **kwargs).dtype
        return self if dtype == self._dtype else self._again(dtype)

    def _again(self, dtype: Any) -> Any:
        """Another one of the kind."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._dtype = dtype
        return other

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = self._again(self._dtype)
        return memo[id(self)]

    def __reduce__(self) -> Any:
        return _rebuild_uninitialized, (type(self), self.__dict__)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet.

    Args:
        requires_grad: whether it is to have a gradient.
        device: "cpu".
        dtype: the dtype of the values that it is going to have.
        torch_axes: as Parameter has it.

    Source: torch.nn.UninitializedParameter.

    Examples:
        >>> from npnn import nn
        >>> nn.LazyLinear(3).weight
        <UninitializedParameter>
    """

    cls_to_become = Parameter

    def __new__(
        cls,
        requires_grad: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        torch_axes: Shape | None = None,
    ) -> Any:
        """A parameter that has a dtype and no values yet."""
        parameter = super().__new__(cls, requires_grad, device, dtype)
        if torch_axes is not None:
            parameter.torch_axes = torch_axes
        return parameter


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose shape is not known yet.

    Args:
        requires_grad: whether it is to have a gradient.
        device: "cpu".
        dtype: the dtype of the values that it is going to have.
        persistent: whether it is part of the module's `state_dict`.

    Source: torch.nn.UninitializedBuffer.

    Examples:
        >>> from npnn import nn
        >>> nn.LazyBatchNorm1d().running_mean
        <UninitializedBuffer>
    """

    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        """A buffer that has a dtype and no values yet."""
        buffer = super().__new__(cls, requires_grad, device, dtype)
        buffer.persistent = persistent
        return buffer


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer is uninitialized.

    Args:
        param: what to ask about.

    Source: torch.nn.parameter.is_lazy.

    Examples:
        >>> from npnn import nn
        >>> is_lazy(nn.LazyLinear(3).weight), is_lazy(nn.Linear(2, 3).weight)
        (True, False)
    """
    return isinstance(param, UninitializedTensorMixin)


def _as_tensor(data: Any) -> Tensor:
    """The values of a parameter or buffer, in the memory of a tensor or an array; none at all for None."""
    return as_tensor(() if data is None else data)


def _rebuild_uninitialized(cls: type[UninitializedTensorMixin], state: dict[str, Any]) -> Any:
    tensor = object.__new__(cls)
    tensor.__dict__.update(state)
    return tensor

"""Tensor: an ndarray with a gradient and a place on the tape.

A tensor's values are the ndarray `array`. Its operators and methods call the operations of `npnn.ops`, which record themselves;
`backward` walks the record. Methods carry torch's names and take torch's arguments (`dim`, `keepdim`) as well as
NumPy's (`axis`, `keepdims`), and NumPy's own functions work on tensors through `npnn.array_protocol`.
"""

from __future__ import annotations

import builtins
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn import devices, dtypes
from npnn._typing import Array
from npnn.autograd import engine
from npnn.autograd.function import Context, HookHandle, set_tensor_type
from npnn.autograd.grad_mode import mode
from npnn.ops.arithmetic import Cast, Clone
from npnn.tensors.arithmetic import ArithmeticMethods
from npnn.tensors.indexing import IndexingMethods
from npnn.tensors.printing import format_tensor
from npnn.tensors.protocol import NumPyProtocols
from npnn.tensors.reductions import ReductionMethods
from npnn.tensors.sampling import SamplingMethods
from npnn.tensors.shapes import ShapeMethods, Size


class _Version:
    """Counts the in-place changes of one piece of memory; views share it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Tensor(
    ArithmeticMethods, ReductionMethods, ShapeMethods, IndexingMethods, SamplingMethods, NumPyProtocols
):
    """An n-dimensional array of one dtype, with reverse-mode differentiation.

    Args:
        data: numbers, nested sequences of them, an ndarray (whose memory is then shared), or a tensor.
        dtype: the dtype; by default that of `data`, where Python floats become the default dtype.
        requires_grad: whether operations on it are recorded.

    Attributes:
        array: the ndarray that holds the values.
        grad: the gradient that backward has accumulated, a Tensor, or None.
        grad_fn: the node of the tape that made this tensor, or None for a leaf.
        requires_grad: whether a gradient flows to it.

    Source: torch.Tensor.

    Examples:
        >>> import numpy as np
        >>> import npnn
        >>> x = npnn.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> y = (np.exp(x) * x).sum()
        >>> y.backward()
        >>> np.allclose(x.grad, np.exp(x.array) * (1 + x.array))
        True
    """

    # Class attributes are the defaults, so that making a tensor sets as little as it can.
    array: Array
    _requires_grad: builtins.bool = False
    _grad: Tensor | None = None
    _grad_fn: Context | None = None
    _output_nr: builtins.int = 0
    _version_counter: _Version | None = None
    _base: Tensor | None = None
    _view_steps: tuple[tuple[Any, dict[str, Any]], ...] = ()
    _view_node: Any = None
    _inference: builtins.bool = False
    _hooks: OrderedDict[builtins.int, Callable[..., Any]] | None = None
    _accumulate_hooks: OrderedDict[builtins.int, Callable[..., Any]] | None = None

    def __init__(self, data: Any = (), dtype: Any = None, requires_grad: builtins.bool = False) -> None:
        self.array = as_array(data, dtype)
        if requires_grad:
            self.requires_grad = True

    @staticmethod
    def _wrap(array: Any) -> Tensor:
        """An ndarray as a tensor, with nothing checked and no copy."""
        tensor = Tensor.__new__(Tensor)
        tensor.array = array if type(array) is np.ndarray else np.asarray(array)
        if mode.inference:
            tensor._inference = True
        return tensor

    # ---- the tape ----------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> builtins.bool:
        """Whether operations on this tensor are recorded and a gradient flows to it."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: builtins.bool) -> None:
        if value and self.array.dtype.kind not in "fc":
            raise RuntimeError(
                f"only Tensors of floating point and complex dtype can require gradients, got {self.array.dtype}"
            )
        if self._grad_fn is not None and not value:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use detach() for a tensor off the tape"
            )
        if value and self._inference and not mode.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Sets `requires_grad` and returns the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward has accumulated, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got {type(value).__name__}")
            if value.array.shape != self.array.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: {list(value.array.shape)}, expected {list(self.array.shape)}"
                )
        self._grad = value

    @property
    def grad_fn(self) -> Context | None:
        """The node of the tape that made this tensor; None for a leaf."""
        base = self._base
        if base is not None and base._grad_fn is not self._view_node:
            # The tensor that this is a view of was changed in place: look at it anew.
            fresh = self._replay(base)
            self._grad_fn, self._output_nr, self._view_node = fresh._grad_fn, fresh._output_nr, base._grad_fn
        return self._grad_fn

    @property
    def is_leaf(self) -> builtins.bool:
        """Whether no recorded operation made this tensor, so that its gradient is kept in `.grad`."""
        return self._grad_fn is None

    @property
    def output_nr(self) -> builtins.int:
        """Which output of `grad_fn` this tensor is."""
        return self._output_nr

    @property
    def _version(self) -> builtins.int:
        return 0 if self._version_counter is None else self._version_counter.value

    def _shared_version(self) -> _Version:
        if self._version_counter is None:
            self._version_counter = _Version()
        return self._version_counter

    def _bump_version(self) -> None:
        """Notes that the values were changed in place, for the checks in backward."""
        self._shared_version().value += 1

    def _note_view(self, source: Any, operation: Any, options: dict[str, Any]) -> None:
        """Ties a result that shares memory with `source` to it: one version counter, and the way to find it again."""
        mine, theirs = self.array, source.array
        if mine is not theirs and (mine.base is None or _owner(mine) is not _owner(theirs)):
            return
        self._version_counter = source._shared_version()
        if source._inference:
            self._inference = True
        self._base = source if source._base is None else source._base
        self._view_steps = (*source._view_steps, (operation, options))
        self._view_node = self._base._grad_fn

    def _replay(self, base: Any) -> Any:
        """The part of `base`, an array or a tensor, that this view shows."""
        for operation, options in self._view_steps:
            base = operation.apply(base, **options)
        return base

    def backward(
        self, gradient: Any = None, retain_graph: builtins.bool | None = None, create_graph: builtins.bool = False, inputs: Any = None
    ) -> None:
        """Adds the gradient of this tensor to the `.grad` of every leaf that it depends on.

        Args:
            gradient: dL/d(self), of this tensor's shape; may be left out for a tensor of one element, where it is 1.
            retain_graph: keep what backward has used, for another walk. Default: the value of `create_graph`.
            create_graph: record backward itself, for second derivatives.
            inputs: the tensors whose `.grad` is to be filled, and no others. Default: every leaf.
        """
        engine.backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
        """Calls `hook(grad)` whenever this tensor's gradient is known; a tensor that it returns replaces it."""
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self.grad_fn
        if node is None:
            self._hooks = OrderedDict() if self._hooks is None else self._hooks
            return HookHandle(self._hooks, hook)
        node.tensor_hooks = {} if node.tensor_hooks is None else node.tensor_hooks
        return HookHandle(node.tensor_hooks.setdefault(self._output_nr, OrderedDict()), hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> HookHandle:
        """Calls `hook(tensor)` after backward has added to this leaf's `.grad`."""
        if not self._requires_grad or self._grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        self._accumulate_hooks = OrderedDict() if self._accumulate_hooks is None else self._accumulate_hooks
        return HookHandle(self._accumulate_hooks, hook)

    def retain_grad(self) -> None:
        """Keeps the gradient of a tensor that is not a leaf in its `.grad` too."""
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        node = self.grad_fn
        if node is not None:
            node.retained = {} if node.retained is None else node.retained
            node.retained[self._output_nr] = weakref.ref(self)

    @property
    def retains_grad(self) -> builtins.bool:
        """Whether `retain_grad` keeps the gradient of this tensor, which is not a leaf."""
        retained = None if self._grad_fn is None else self._grad_fn.retained
        return retained is not None and self._output_nr in retained

    def detach(self) -> Tensor:
        """The same values in the same memory, off the tape."""
        tensor = Tensor._wrap(self.array)
        tensor._version_counter = self._shared_version()
        return tensor

    def detach_(self) -> Tensor:
        """Takes this tensor itself off the tape."""
        self._grad_fn, self._requires_grad, self._output_nr = None, False, 0
        self._base, self._view_steps, self._view_node = None, (), None
        return self

    @property
    def data(self) -> Tensor:
        """The same values in the same memory, off the tape and unseen by its in-place checks."""
        return Tensor._wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self.array = value.array

    def is_inference(self) -> builtins.bool:
        """Whether this tensor was made in `inference_mode`."""
        return self._inference

    # ---- what it is ---------------------------------------------------------------------------------------------

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type, a NumPy dtype."""
        return self.array.dtype

    def element_size(self) -> builtins.int:
        """The bytes of one element."""
        return self.array.itemsize

    @property
    def itemsize(self) -> builtins.int:
        """The bytes of one element."""
        return self.array.itemsize

    @property
    def device(self) -> devices.device:
        """Always the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> builtins.bool:
        """Always False."""
        return False

    def get_device(self) -> builtins.int:
        """-1, as for every tensor on the CPU."""
        return -1

    def is_floating_point(self) -> builtins.bool:
        """Whether the dtype is a floating-point one."""
        return self.array.dtype.kind == "f"

    def is_complex(self) -> builtins.bool:
        """Whether the dtype is complex."""
        return self.array.dtype.kind == "c"

    def data_ptr(self) -> builtins.int:
        """The address of the first element."""
        return int(self.array.__array_interface__["data"][0])

    def __repr__(self) -> str:
        suffixes = []
        if self._grad_fn is not None:
            suffixes.append(f"grad_fn={self.grad_fn!r}")
        elif self._requires_grad:
            suffixes.append("requires_grad=True")
        return format_tensor(self.array, suffixes)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else object.__format__(self, spec)

    def __hash__(self) -> builtins.int:
        return id(self)

    # ---- conversions --------------------------------------------------------------------------------------------

    def numpy(self, *, force: builtins.bool = False) -> Array:
        """The values as an ndarray that shares this tensor's memory.

        Args:
            force: detach first if need be.

        Raises:
            RuntimeError: the tensor requires grad, and what is done to the array would not be recorded.
        """
        if self._requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self.array

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> Array:
        if copy is False and dtype is not None and self.array.dtype != dtype:
            raise ValueError(f"a tensor of {self.array.dtype} cannot become an array of {np.dtype(dtype)} without a copy")
        return np.array(self.array, dtype=dtype, copy=copy)

    def item(self) -> Any:
        """The one value, as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar")
        return self.array.item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.array.tolist()

    def __float__(self) -> builtins.float:
        return float(self.item())

    def __int__(self) -> builtins.int:
        return int(self.item())

    def __bool__(self) -> builtins.bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {'more than one value' if self.array.size else 'no values'} is ambiguous"
            )
        return bool(self.array.item())

    def __index__(self) -> builtins.int:
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors of a single element can be converted to an index, got {self.array.dtype}")
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def to(self, *args: Any, dtype: Any = None, device: Any = None, copy: builtins.bool = False, **kwargs: Any) -> Tensor:
        """This tensor in another dtype; itself when nothing changes.

        Args:
            *args: a dtype, the device "cpu", or a tensor whose dtype to take.
            dtype: the dtype.
            device: "cpu".
            copy: make a copy even when nothing changes.
            **kwargs: torch's non_blocking and memory_format, which mean nothing here.
        """
        for value in args:
            if isinstance(value, Tensor):
                dtype = value.array.dtype
            elif isinstance(value, (np.dtype, builtins.type)):
                dtype = value
            elif isinstance(value, bool):
                continue
            elif value is not None:
                device = value
        if device is not None:
            devices.device(device)
        if dtype is None or np.dtype(dtype) == self.array.dtype:
            return self.clone() if copy else self
        return Cast.apply(self, dtype=np.dtype(dtype))

    def astype(self, dtype: Any) -> Tensor:
        """`to(dtype)`, by NumPy's name."""
        return self.to(np.dtype(dtype))

    def type(self, dtype: Any = None) -> Any:
        """This tensor in another dtype, or, without one, torch's name for its type."""
        if dtype is None:
            return f"torch.{TYPE_NAMES[self.array.dtype.name]}"
        return self.to(_dtype_named(dtype))

    def type_as(self, other: Tensor) -> Tensor:
        """This tensor in the dtype of another."""
        return self.to(other.array.dtype)

    def float(self) -> Tensor:
        """In float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """In float64."""
        return self.to(dtypes.float64)

    def half(self) -> Tensor:
        """In float16."""
        return self.to(dtypes.float16)

    def long(self) -> Tensor:
        """In int64."""
        return self.to(dtypes.int64)

    def int(self) -> Tensor:
        """In int32."""
        return self.to(dtypes.int32)

    def bool(self) -> Tensor:
        """In bool."""
        return self.to(dtypes.bool_)

    def cpu(self) -> Tensor:
        """This tensor, which is on the CPU."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Tensor:
        """Raises RuntimeError: there is no GPU in NumPy."""
        return self.to(device="cuda")

    def clone(self) -> Tensor:
        """A copy in memory of its own, still on the tape."""
        return Clone.apply(self)

    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Tensor:
        if self._grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment: "
                "detach() this one first"
            )
        if id(self) in memo:
            return memo[id(self)]
        copied = type(self).__new__(type(self))
        copied.array = self.array.copy()
        copied._requires_grad = self._requires_grad
        memo[id(self)] = copied
        if self._grad is not None:
            copied._grad = self._grad.__deepcopy__(memo)
        return copied

    def __reduce__(self) -> Any:
        if self._grad_fn is not None:
            raise RuntimeError("only leaf tensors can be pickled: detach() this one first")
        return _rebuild, (type(self), self.array, self._requires_grad)


def as_array(data: Any, dtype: Any = None) -> Array:
    """What a tensor is made from, as an ndarray, without a copy where there is one already.

    Python floats become the default dtype and Python ints int64, as on torch.

    Raises:
        TypeError: the data are no numbers.
        ValueError: nested sequences of unequal length.
    """
    if isinstance(data, Tensor):
        data = data.array
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data, dtype)
    else:
        if isinstance(data, (list, tuple)):
            data = _plain(data)
        try:
            array = np.asarray(data, dtype)
        except ValueError as error:
            raise ValueError(f"expected nested sequences of equal length, got {_shorten(data)}") from error
        if dtype is None and array.dtype == np.float64 and not isinstance(data, np.ndarray):
            array = array.astype(dtypes.get_default_dtype() if not _holds_arrays(data) else array.dtype)
        elif dtype is None and array.dtype == np.complex128:
            array = array.astype(dtypes.default_complex())
    if array.dtype.kind not in "biufc":
        raise TypeError(f"expected numbers, got {_shorten(data)}")
    return array


def _plain(data: Any) -> Any:
    """Nested sequences with the tensors in them replaced by their arrays."""
    if isinstance(data, Tensor):
        return data.array
    return [_plain(item) for item in data] if isinstance(data, (list, tuple)) else data


def _holds_arrays(data: Any) -> bool:
    """Whether a nested sequence ends in NumPy values, whose own dtype is then kept."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


def _shorten(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _rebuild(cls: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    tensor = cls.__new__(cls)
    tensor.array, tensor._requires_grad = array, requires_grad
    return tensor


def _owner(array: Array) -> Any:
    """The array, or other object, whose memory an array shows."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array


# torch's names for tensor types, as `Tensor.type` spells them.
TYPE_NAMES = {
    "float16": "HalfTensor",
    "float32": "FloatTensor",
    "float64": "DoubleTensor",
    "int8": "CharTensor",
    "int16": "ShortTensor",
    "int32": "IntTensor",
    "int64": "LongTensor",
    "uint8": "ByteTensor",
    "bool": "BoolTensor",
    "complex64": "ComplexFloatTensor",
    "complex128": "ComplexDoubleTensor",
}


def _dtype_named(name: Any) -> np.dtype[Any]:
    """A dtype from itself or from torch's name for its tensors."""
    if isinstance(name, str):
        for dtype, torch_name in TYPE_NAMES.items():
            if name in (torch_name, f"torch.{torch_name}"):
                return np.dtype(dtype)
    return np.dtype(name)


set_tensor_type(Tensor)

"""What a tensor is made from, and what it turns into: arrays, Python numbers, other dtypes."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from npnn import devices, dtypes, memory_formats
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import is_grad_enabled
from npnn.ops.arithmetic import Cast, Clone
from npnn.tensors.base import TensorBase

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
    "uint16": "UInt16Tensor",
    "uint32": "UInt32Tensor",
    "uint64": "UInt64Tensor",
    "bool": "BoolTensor",
    "complex64": "ComplexFloatTensor",
    "complex128": "ComplexDoubleTensor",
}


class ConversionMethods(TensorBase):
    """The dtype and device of a tensor, and the ways out of it."""

    # ---- what it is

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
    def nbytes(self) -> builtins.int:
        """The bytes of all elements."""
        return self.array.nbytes

    @property
    def device(self) -> devices.device:
        """Always the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> builtins.bool:
        """Always False."""
        return False

    @property
    def is_cpu(self) -> builtins.bool:
        """Always True."""
        return True

    @property
    def layout(self) -> memory_formats.layout:
        """Always torch.strided."""
        return memory_formats.strided

    @property
    def is_sparse(self) -> builtins.bool:
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

    @property
    def real(self) -> Any:
        """The real part, in the same memory; a real tensor itself."""
        return wrap(self.array.real) if self.array.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        """The imaginary part, in the same memory.

        Raises:
            RuntimeError: the numbers are real.
        """
        if self.array.dtype.kind != "c":
            raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
        return wrap(self.array.imag)

    def ndimension(self) -> builtins.int:
        """The number of axes."""
        return self.array.ndim

    def is_conj(self) -> builtins.bool:
        """Always False: conj() computes."""
        return False

    def is_neg(self) -> builtins.bool:
        """Always False: neg() computes."""
        return False

    def is_pinned(self) -> builtins.bool:
        """Always False: memory is pinned for a GPU."""
        return False

    def is_shared(self) -> builtins.bool:
        """Always False: other processes get copies."""
        return False

    def storage_offset(self) -> builtins.int:
        """The place of the first element in the memory that the tensor shows a part of, in elements."""
        owner = self.array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        start = int(owner.__array_interface__["data"][0])
        return (self.data_ptr() - start) // max(self.array.itemsize, 1) if self.array.size else 0

    def data_ptr(self) -> builtins.int:
        """The address of the first element."""
        return int(self.array.__array_interface__["data"][0])

    # ---- as arrays and numbers

    def numpy(self, *, force: builtins.bool = False) -> Array:
        """The values as an ndarray that shares this tensor's memory.

        Args:
            force: detach first if need be.

        Raises:
            RuntimeError: the tensor requires grad, and what is done to the array would not be recorded. Under
                `no_grad`, where nothing is, that is no reason.
        """
        this: Any = self
        if this.requires_grad and not force and is_grad_enabled():
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        return self.array

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> Array:
        # Unlike numpy(), this also serves a tensor that requires grad: NumPy asks for it where values are
        # looked at (np.asarray, plots, assertions), and functions that compute go through __array_ufunc__
        # instead.
        if copy is False and dtype is not None and self.array.dtype != dtype:
            raise ValueError(
                f"a tensor of {self.array.dtype} cannot become an array of {np.dtype(dtype)} without a copy"
            )
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
        return float(self._only_value())

    def __int__(self) -> builtins.int:
        return int(self._only_value())

    def __complex__(self) -> complex:
        return complex(self._only_value())

    def _only_value(self) -> Any:
        if self.array.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars, got shape"
                f" {list(self.array.shape)}"
            )
        return self.array.item()

    def __bool__(self) -> builtins.bool:
        if self.array.size != 1:
            values = "more than one value" if self.array.size else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {values} is ambiguous")
        return bool(self.array.item())

    def __index__(self) -> builtins.int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(
                "only integer tensors of a single element can be converted to an index, got"
                f" {self.array.dtype} of shape {list(self.array.shape)}"
            )
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else object.__format__(self, spec)

    # ---- in other dtypes; torch's memory formats mean nothing here

    def to(
        self, *args: Any, dtype: Any = None, device: Any = None, copy: builtins.bool = False, **kwargs: Any
    ) -> Any:
        """This tensor in another dtype; itself when nothing changes.

        Args:
            *args: a dtype, the device "cpu", or a tensor whose dtype to take.
            dtype: the dtype.
            device: "cpu".
            copy: make a copy even when nothing changes.
            **kwargs: torch's non_blocking and memory_format, which mean nothing here.

        Raises:
            RuntimeError: another device.
        """
        flags = []
        for value in args:
            if isinstance(value, TensorBase):
                dtype = value.array.dtype
            elif dtypes.is_dtype(value):
                dtype = value
            elif isinstance(value, bool):
                flags.append(value)
            elif value is not None:
                device = value
        if device is not None:
            devices.device(device)
        if dtype is None or np.dtype(dtype) == self.array.dtype:
            # Two flags are torch's non_blocking and copy.
            return self.clone() if copy or flags[1:2] == [True] else self
        return Cast.apply(self, dtype=np.dtype(dtype))

    def astype(self, dtype: Any) -> Any:
        """`to(dtype)`, by NumPy's name."""
        return self.to(np.dtype(dtype))

    def type(self, dtype: Any = None, non_blocking: builtins.bool = False, **kwargs: Any) -> Any:
        """This tensor in another dtype, or, without one, torch's name for its type.

        Args:
            dtype: a dtype, a class such as FloatTensor, or torch's name for one, "torch.FloatTensor".
            non_blocking: means nothing here, where there is one device.
            **kwargs: torch's older name for the same.

        Raises:
            ValueError: there is no such type.
            RuntimeError: the type is one of tensors on a GPU.
        """
        if dtype is None:
            return f"torch.{TYPE_NAMES[self.array.dtype.name]}"
        from npnn.tensors.legacy import dtype_of  # which makes tensors, and so stands above this file

        return self.to(dtype_of(dtype))

    def type_as(self, other: Any) -> Any:
        """This tensor in the dtype of another."""
        return self.to(other.array.dtype)

    def float(self, memory_format: Any = None) -> Any:
        """In float32."""
        return self.to(dtypes.float32)

    def double(self, memory_format: Any = None) -> Any:
        """In float64."""
        return self.to(dtypes.float64)

    def half(self, memory_format: Any = None) -> Any:
        """In float16."""
        return self.to(dtypes.float16)

    def long(self, memory_format: Any = None) -> Any:
        """In int64."""
        return self.to(dtypes.int64)

    def int(self, memory_format: Any = None) -> Any:
        """In int32."""
        return self.to(dtypes.int32)

    def short(self, memory_format: Any = None) -> Any:
        """In int16."""
        return self.to(dtypes.int16)

    def char(self, memory_format: Any = None) -> Any:
        """In int8."""
        return self.to(dtypes.int8)

    def byte(self, memory_format: Any = None) -> Any:
        """In uint8."""
        return self.to(dtypes.uint8)

    def cfloat(self, memory_format: Any = None) -> Any:
        """In complex64."""
        return self.to(dtypes.complex64)

    def cdouble(self, memory_format: Any = None) -> Any:
        """In complex128."""
        return self.to(dtypes.complex128)

    def bool(self, memory_format: Any = None) -> Any:
        """In bool."""
        return self.to(dtypes.bool_)

    def cpu(self) -> Any:
        """This tensor, which is on the CPU."""
        return self

    def to_dense(self) -> Any:
        """This tensor, which is dense."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Any:
        """Raises RuntimeError: there is no GPU in NumPy."""
        return self.to(device="cuda")

    def pin_memory(self, device: Any = None) -> Any:
        """Raises RuntimeError: memory is pinned for a GPU, of which there is none."""
        raise RuntimeError("npnn computes in NumPy, on the CPU: there is no GPU to pin memory for")

    def clone(self, *, memory_format: Any = None) -> Any:
        """A copy in memory of its own, still on the tape; torch's memory formats mean nothing here."""
        return Clone.apply(self)


def as_array(data: Any, dtype: Any = None) -> Array:
    """What a tensor is made from, as an ndarray, without a copy where there is one already.

    Python floats become the default dtype and Python ints int64, as on torch.

    Raises:
        TypeError: the data are no numbers, or complex ones that are to become real.
        RuntimeError: there is a None among the data, or a number to which an integer dtype does not reach.
        ValueError: nested sequences of unequal length, or an integer beyond 64 bits that is to stay one.
        OverflowError: such an integer, in uint64.
    """
    if isinstance(data, TensorBase):
        data = data.array
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        if dtype is not None and array.dtype.kind in "biufc":
            array = array.astype(dtype, copy=False)
    else:
        if isinstance(data, (list, tuple)):
            data = _with_arrays(data)
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise ValueError(f"expected nested sequences of equal length, got {_shorten(data)}") from error
        if array.dtype.kind in "Ou" and not _holds_arrays(data):
            array = _beyond_int64(array, dtype)
        if dtype is not None and array.dtype.kind in "biufc":
            array = _held(array, np.dtype(dtype))
        elif not _holds_arrays(data):
            # NumPy made these of Python numbers, which have no precision of their own.
            if array.dtype == np.float64:
                array = array.astype(dtypes.get_default_dtype())
            elif array.dtype == np.complex128:
                array = array.astype(dtypes.default_complex())
    if array.dtype.kind not in "biufc":
        if dtype is None and array.dtype == object and any(value is None for value in array.flat):
            raise RuntimeError(f"Could not infer dtype of NoneType: got {_shorten(data)}")
        raise TypeError(f"expected numbers, got {_shorten(data)}")
    return array


def _beyond_int64(numbers: Array, dtype: Any) -> Array:
    """Python's numbers with an integer beyond int64 among them: as floats, if these or bools are wanted.

    NumPy makes objects of them, or uint64. What holds other objects is returned as it is.

    Raises:
        ValueError: they are to become integers, to which 64 bits do not suffice.
        OverflowError: the same, in uint64.
    """
    if not all(isinstance(number, (int, float)) for number in numbers.astype(object).flat):
        return numbers
    fractions = any(isinstance(number, float) for number in numbers.astype(object).flat)
    wanted = np.dtype(np.float64 if fractions else np.int64) if dtype is None else np.dtype(dtype)
    if wanted.kind in "bfc":
        return numbers.astype(np.float64)
    if wanted == np.uint64 and numbers.dtype == np.uint64:
        return numbers
    largest = max(numbers.flat, key=abs)
    if wanted == np.uint64:
        raise OverflowError(f"int too big to convert to uint64: {largest}")
    raise ValueError(f"Overflow when unpacking long long: {largest} is not within [-2^63, 2^63)")


def _held(numbers: Array, dtype: np.dtype[Any]) -> Array:
    """Python's numbers in a dtype, which must be able to hold them; of floating point only the nearest.

    Raises:
        TypeError: complex numbers are to become real.
        RuntimeError: an integer dtype does not reach to one of them.
    """
    if numbers.dtype.kind == "c" and dtype.kind not in "cb":
        raise TypeError(f"expected real numbers for {dtype}, got complex ones")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        # As on torch a negative number counts from the end of an unsigned dtype.
        inside = (numbers >= (limits.min or -limits.max)) & (numbers <= limits.max)
        if not inside.all():
            number = numbers[~inside].flat[0]
            raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: got {number}")
    with np.errstate(over="ignore"):
        return numbers.astype(dtype, copy=False)


def _with_arrays(data: Any) -> Any:
    """Nested sequences with the tensors in them replaced by their arrays."""
    if isinstance(data, TensorBase):
        return data.array
    return [_with_arrays(item) for item in data] if isinstance(data, (list, tuple)) else data


def _holds_arrays(data: Any) -> bool:
    """Whether a nested sequence has NumPy values in it, whose own dtype is then kept."""
    if isinstance(data, (list, tuple)):
        return any(_holds_arrays(item) for item in data)
    return isinstance(data, (np.ndarray, np.generic))


def _shorten(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."

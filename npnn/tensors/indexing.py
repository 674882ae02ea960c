"""Indexing of tensors: reading, writing, picking along an axis."""

from __future__ import annotations

import functools
import operator
import re
import warnings
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import Any

import numpy as np

from npnn._typing import Array, Shape
from npnn.autograd.grad_mode import mode
from npnn.ops import indexing
from npnn.tensors.base import TensorBase, array_of, axis_of
from npnn.tensors.promotion import check_shapes, fill_value, in_dtype

_NO_NUMBERS = (TensorBase, np.ndarray, Sequence, slice, EllipsisType)

_DTYPES = frozenset(map(np.dtype, (np.int64, np.int32, np.bool_)))
"""Of tensors that torch indexes with, beside uint8."""


class IndexingMethods(TensorBase):
    """What picks elements out of a tensor and puts elements in."""

    def __getitem__(self, index: Any) -> Any:
        result: Any = self
        try:
            for step in _steps(index):
                result = indexing.GetItem.apply(result, index=step)
        except IndexError as error:
            raise _index_error(error, index, self.array) from None
        return result

    def __setitem__(self, index: Any, value: Any) -> None:
        *first, last = _steps(index)
        cast = isinstance(value, TensorBase) and value.array.dtype != self.array.dtype
        if cast and not isinstance(index, bool):
            _check_cast(last, value.array, self.array.dtype)
        target: Any = self if not first else self[first[0]]
        target._write(last, fill_value(value, self.array.dtype))

    def __len__(self) -> int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        if self.array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self.array)))

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self.array == array_of(value)))

    # ---- writing

    def _assign(self, value: Any) -> Any:
        """Replaces all values in place by a result of the same shape: the end of every method ending in _."""
        this: Any = self
        shape, dtype = np.shape(array_of(value)), self.array.dtype
        if not _may_become(value.dtype, dtype):
            raise RuntimeError(
                f"result type {value.dtype} can't be cast to the desired output type {dtype} of an in-place"
                " operation"
            )
        if shape != self.array.shape:
            raise _output_error(self.array.shape, shape)
        recorded = getattr(value, "requires_grad", False)
        if recorded and value._grad_fn is not None:
            value._grad_fn.keep_values_of(self.array)
        whole = this._base is None and recorded
        self._write(Ellipsis, value, in_dtype(value, dtype) if whole else None)
        return self

    def _write(self, index: Any, value: Any, result: Any = None) -> None:
        """Replaces the values at an index in place, and keeps the tape true.

        On the tape nothing is ever changed: a tensor that was written into simply stands for another node
        from then on, the one that gives the old values with the new ones put in. A write into a view is a
        write into part of its base.

        Args:
            index: an index of NumPy's, with which to write.
            value: a tensor or array.
            result: the tensor that this one is to stand for, if it is already on the tape.
        """
        this: Any = self
        root: Any = this if this._base is None else this._base
        if this._inference and not mode.inference:
            raise RuntimeError(
                "Inplace update to inference tensor outside InferenceMode is not allowed: clone() it first"
            )
        recording = mode.enabled and (this.requires_grad or getattr(value, "requires_grad", False))
        if recording and root._requires_grad and root._grad_fn is None:
            what = "a leaf Variable" if root is this and index is Ellipsis else "a view of a leaf Variable"
            raise RuntimeError(
                f"{what} that requires grad is being used in an in-place operation. Use no_grad(), or work on"
                " a copy."
            )
        self._overwrite(index, array_of(value))
        this._bump_version()
        if recording:
            if result is None:
                region = functools.partial(indexing.viewed, steps=this._view_steps)
                result = indexing.SetItem.apply(root, value, region=region, index=index)
            root._move_to(result)
            if root is not this:
                this._look_anew()

    def _overwrite(self, index: Any, source: Any) -> None:
        """Changes the memory itself."""
        if not self.array.flags.writeable:
            if 0 in self.array.strides:
                raise RuntimeError(
                    "unsupported operation: more than one element of the written-to tensor refers to a single"
                    " memory location. Please clone() the tensor before performing the operation."
                )
            raise RuntimeError("the tensor shows the memory of a read-only ndarray: clone() it to change it")
        try:
            self.array[index] = source
        except (IndexError, TypeError, ValueError):
            raise _write_error(self.array, index, source) from None

    def copy_(self, source: Any, non_blocking: bool = False) -> Any:
        """Copies the values of another tensor, which may broadcast, into this one, which keeps its dtype."""
        shape = np.shape(array_of(source))
        check_shapes(self.array.shape, shape)
        if np.broadcast_shapes(self.array.shape, shape) != self.array.shape:
            raise _output_error(self.array.shape, np.broadcast_shapes(self.array.shape, shape))
        self._write(Ellipsis, source if hasattr(source, "dtype") else np.asarray(source))
        return self

    def fill_(self, value: Any) -> Any:
        """Sets every value to a number or a tensor without axes."""
        if np.ndim(array_of(value)):
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with"
                f" {np.ndim(array_of(value))} dimensions."
            )
        self._write(Ellipsis, fill_value(value, self.array.dtype))
        return self

    def zero_(self) -> Any:
        """Sets every value to 0."""
        return self.fill_(0)

    # ---- along an axis

    def gather(self, dim: int, index: Any) -> Any:
        """The elements at `index` along an axis, all other coordinates kept.

        Args:
            dim: the axis.
            index: an integer tensor with as many axes as this one, no longer than it along the others.

        Raises:
            RuntimeError: the index is of another dtype or shape, or points outside the axis.
        """
        places = array_of(index)
        axis = axis_of(dim, self.array.ndim)
        if places.dtype.kind not in "iu":
            raise RuntimeError(f"gather(): Expected dtype int32/int64 for index, got {places.dtype}")
        if not places.size:
            return indexing.GetItem.apply(self.reshape(-1), index=places.astype(np.int64))
        if max(places.ndim, 1) != max(self.array.ndim, 1):
            raise RuntimeError(
                "Index tensor must have the same number of dimensions as input tensor: got shapes"
                f" {list(places.shape)} and {list(self.array.shape)}"
            )
        x = self if self.array.ndim else self.reshape(1)
        for other, (size, length) in enumerate(zip(np.atleast_1d(places).shape, x.array.shape, strict=True)):
            if other != axis and size > length:
                raise RuntimeError(
                    f"Size does not match at dimension {other} expected index {list(places.shape)} to be no"
                    f" larger than self {list(self.array.shape)} apart from dimension {axis}"
                )
        _check_range(places, x.array.shape[axis], axis)
        if not places.ndim:
            return indexing.Gather.apply(x, places.reshape(1), axis=axis).reshape(())
        return indexing.Gather.apply(x, index, axis=axis)

    def select(self, dim: int, index: int) -> Any:
        """One slice along an axis, without that axis."""
        if self.array.ndim == 0:
            raise IndexError("select() cannot be applied to a 0-dim tensor.")
        axis, place = axis_of(dim, self.array.ndim), operator.index(index)
        size = self.array.shape[axis]
        if not -size <= place < size:
            raise IndexError(
                f"select(): index {place} out of range for tensor of size {list(self.array.shape)} at"
                f" dimension {axis}"
            )
        return self[(slice(None),) * axis + (place,)]

    def narrow(self, dim: int, start: Any, length: int) -> Any:
        """A stretch of an axis."""
        if self.array.ndim == 0:
            raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
        if getattr(start, "ndim", 0) or getattr(start, "dtype", None) == np.bool_:
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        axis, first = axis_of(dim, self.array.ndim), operator.index(start)
        size = self.array.shape[axis]
        if length < 0:
            raise RuntimeError(f"narrow(): length must be non-negative, got {length}.")
        if not -size <= first <= size:
            raise IndexError(
                f"start out of range (expected to be in range of [{-size}, {size}], but got {first})"
            )
        first += size if first < 0 else 0
        if first + length > size:
            raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size}).")
        return self[(slice(None),) * axis + (slice(first, first + length),)]

    def index_select(self, dim: int, index: Any) -> Any:
        """The slices at `index`, a vector of integers, along an axis."""
        places = array_of(index)
        axis = axis_of(dim, self.array.ndim)
        if places.ndim > 1:
            raise IndexError(
                f"index_select(): Index is supposed to be a vector, got shape {list(places.shape)}"
            )
        x = self if self.array.ndim else self.reshape(1)
        if places.size and (places.min() < 0 or places.max() >= x.array.shape[axis]):
            raise IndexError(f"index out of range in self: the axis is {x.array.shape[axis]} long")
        result = indexing.GetItem.apply(x, index=(slice(None),) * axis + (places.reshape(-1),))
        return result if self.array.ndim else result.reshape(())

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        """All slices along an axis."""
        if self.array.ndim == 0:
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        axis = axis_of(dim, self.array.ndim)
        return tuple(self.select(axis, i) for i in range(self.array.shape[axis]))

    def split(self, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
        """Stretches of an axis: of one length, the last perhaps shorter, or of given lengths."""
        if self.array.ndim == 0:
            raise RuntimeError("split expects at least a 1-dimensional tensor")
        axis = axis_of(dim, self.array.ndim)
        length = self.array.shape[axis]
        if isinstance(split_size, (int, np.integer)):
            size = int(split_size)
            if size < 0 or (size == 0 and length):
                raise RuntimeError(
                    "split expects split_size be non-negative, and split_size can only be 0 if dimension size"
                    f" is 0, but got split_size={size} and dimension size of {length}"
                )
            sizes = [min(size, length - start) for start in range(0, max(length, 1), max(size, 1))]
        else:
            sizes = [int(size) for size in split_size]
            if sum(sizes) != length or min(sizes, default=0) < 0:
                raise RuntimeError(
                    f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at"
                    f" dimension {dim}), but got split_sizes={sizes}"
                )
        starts = np.cumsum([0, *sizes[:-1]]).tolist()
        return tuple(self.narrow(axis, start, size) for start, size in zip(starts, sizes, strict=True))

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        """At most `chunks` stretches of an axis, as equal as may be."""
        if self.array.ndim == 0:
            raise RuntimeError("chunk expects at least a 1-dimensional tensor")
        if chunks < 1:
            raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
        length = self.array.shape[axis_of(dim, self.array.ndim)]
        if length == 0:
            return self.split([0] * chunks, dim)
        return self.split(-(-length // chunks), dim)


def _steps(index: Any) -> tuple[Any, ...]:
    """An index as one that NumPy understands as torch does, or as two, to be taken one after the other.

    Beside arrays NumPy takes a number for an array as well, which may move the axes of the result; torch
    takes the numbers first, on their own.
    """
    if _stands_for_tuple(index):
        warnings.warn(
            "a list that is not all numbers stands, as on torch, for one index per axis: write"
            " x[tuple(index)], or make a tensor of it to take slices along the first axis",
            stacklevel=3,
        )
        index = tuple(index)
    parts = [_plain(part) for part in (index if isinstance(index, tuple) else (index,))]
    if all(_is_basic(part) for part in parts):
        # With an ellipsis even a single element is an array, and a view.
        return (tuple(parts) if Ellipsis in parts else (*parts, Ellipsis),)
    if not any(isinstance(part, int) and not isinstance(part, bool) for part in parts):
        return (tuple(parts),)
    numbers: list[Any] = []
    arrays: list[Any] = []
    for part in parts:
        if not _is_basic(part):
            array = np.asarray(part)
            numbers += [slice(None)] * (array.ndim if array.dtype == np.bool_ else 1)
            arrays.append(part)
        else:
            numbers.append(part)
            if not isinstance(part, int):
                arrays.append(part if part is Ellipsis else slice(None))
    if not any(part is Ellipsis for part in numbers):
        numbers.append(Ellipsis)
    return tuple(numbers), tuple(arrays)


def _stands_for_tuple(index: Any) -> bool:
    """Whether an index is a list that torch takes for a tuple: if it is short, and not all numbers."""
    return (
        isinstance(index, list)
        and len(index) < 32
        and any(part is None or isinstance(part, _NO_NUMBERS) for part in index)
    )


def _plain(part: Any) -> Any:
    """One part of an index, with tensors as arrays, numbers as ints, and lists as arrays.

    Raises:
        ValueError: a slice does not go forwards.
        IndexError: a tensor is of a dtype that torch does not index with.
        TypeError: a text.
    """
    if isinstance(part, slice):
        if part.step is not None and operator.index(part.step) < 1:
            raise ValueError(f"step must be greater than zero, got {part.step}: flip() reverses an axis")
        return part
    if isinstance(part, TensorBase):
        return _places(part.array)
    if isinstance(part, np.integer):
        return int(part)
    if isinstance(part, (list, str)):
        array = np.asarray(part if isinstance(part, str) else [array_of(item) for item in part])
        if array.dtype.kind == "U":
            raise TypeError(f"new(): invalid data type 'str': {part!r} is no index")
        return array if array.size else array.astype(np.int64)
    return part


def _places(array: Array) -> Any:
    """What the values of a tensor stand for as an index: a number, places, or a mask."""
    if array.dtype == np.uint8:
        warnings.warn(
            "indexing with dtype uint8 is now deprecated, please use a dtype bool instead.", stacklevel=5
        )
        return array.astype(bool)
    if array.ndim == 0 and array.dtype.kind in "iu":
        return int(array)
    if array.dtype not in _DTYPES:
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors, got {array.dtype}"
        )
    return array


def _is_basic(part: Any) -> bool:
    return (
        part is None
        or part is Ellipsis
        or isinstance(part, slice)
        or (isinstance(part, int) and not isinstance(part, bool))
    )


def _output_error(shape: Shape, broadcast: Shape) -> RuntimeError:
    return RuntimeError(
        f"output with shape {list(shape)} doesn't match the broadcast shape {list(broadcast)}"
    )


def _check_cast(index: tuple[Any, ...], value: Array, dtype: Any) -> None:
    """Refuses another dtype where torch does not cast: it does into a view, and one number at a mask."""
    arrays = [np.asarray(part) for part in index if not _is_basic(part)]
    one_mask = len(arrays) == 1 and arrays[0].ndim and arrays[0].dtype == np.bool_
    known = all(array.dtype.kind in "biu" for array in arrays)
    if arrays and known and not (one_mask and value.size == 1):
        raise put_error(dtype, value.dtype)


def put_error(destination: Any, source: Any) -> RuntimeError:
    """That values of one dtype are not written by index into a tensor of another."""
    return RuntimeError(
        "Index put requires the source and destination dtypes match, got"
        f" {destination} for the destination and {source} for the source."
    )


def _write_error(array: Array, index: Any, source: Any) -> Exception:
    """Why NumPy cannot write at an index: there is no such place, or it has another shape."""
    try:
        wanted = list(array[index].shape)
    except IndexError as error:
        return _index_error(error, index, array)
    return RuntimeError(
        f"shape mismatch: value tensor of shape {list(np.shape(source))} cannot be broadcast to indexing"
        f" result of shape {wanted}"
    )


def _index_error(error: IndexError, index: Any, array: Array) -> IndexError:
    text = str(index)
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    said = re.sub(r"\baxis\b", "dimension", str(error)).replace("for array", "for tensor")
    return IndexError(f"{said} (index {shown} of a tensor of shape {list(array.shape)})")


def _check_range(places: Array, length: int, axis: int) -> None:
    wrong = (places < 0) | (places >= length)
    if wrong.any():
        raise RuntimeError(
            f"index {places[wrong].flat[0]} is out of bounds for dimension {axis} with size {length}"
        )


def _may_become(dtype: Any, target: Any) -> bool:
    """Whether torch writes a result of one dtype into a tensor of another: never to a lower kind."""
    ranks = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
    return ranks[np.dtype(dtype).kind] <= ranks[np.dtype(target).kind]

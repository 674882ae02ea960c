"""Indexing of tensors: reading, writing, picking along an axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import Context
from npnn.autograd.grad_mode import mode
from npnn.ops import indexing
from npnn.tensors.arithmetic import array_of, in_dtype


class IndexingMethods:
    """What picks elements out of a tensor and puts elements in."""

    array: Array

    def __getitem__(self, index: Any) -> Any:
        index = _plain_index(index)
        try:
            return indexing.GetItem.apply(self, index=index)
        except IndexError as error:
            raise IndexError(f"index {_described(index)} does not fit a tensor of shape {list(self.array.shape)}: {error}") from None

    def __setitem__(self, index: Any, value: Any) -> None:
        self._write(_plain_index(index), value)

    def __len__(self) -> int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        if self.array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self.array)))

    def __contains__(self, value: Any) -> bool:
        return bool((self.array == array_of(value)).any())

    def _assign(self, value: Any) -> Any:
        """Replaces all values in place, keeping the memory; the end of every method whose name ends in _."""
        self._write(Ellipsis, value)
        return self

    def _write(self, index: Any, value: Any) -> None:
        """Replaces the values at an index in place, and keeps the tape true.

        On the tape nothing is ever changed: a tensor that was written into simply stands for another node from then on, the
        one that gives the old values with the new ones put in. A write into a view is a write into part of its base.
        """
        this: Any = self
        source = array_of(value)
        self._check_write(source, index)
        recording = mode.enabled and (this._requires_grad or getattr(value, "requires_grad", False))
        root = this if this._base is None else this._base
        if recording and root.is_leaf and root._requires_grad:
            what = "a leaf Variable" if root is this else "a view of a leaf Variable"
            raise RuntimeError(
                f"{what} that requires grad is being used in an in-place operation: use no_grad(), or work on a copy"
            )
        if not recording:
            self.array[index] = source
            this._bump_version()
            return
        if not hasattr(value, "array"):
            value = np.asarray(value, self.array.dtype)
        if index is Ellipsis and root is this and source.shape == self.array.shape:
            result = in_dtype(value, self.array.dtype)
        else:
            result = indexing.SetItem.apply(root, in_dtype(value, self.array.dtype), region=this._replay, index=index)
        self.array[index] = source
        this._bump_version()
        node: Context | None = getattr(result, "_grad_fn", None)
        root._grad_fn, root._output_nr = node, getattr(result, "_output_nr", 0)
        root._requires_grad = node is not None
        if root is not this:
            this._requires_grad = root._requires_grad

    def _check_write(self, source: Any, index: Any) -> None:
        dtype = getattr(source, "dtype", None)
        if dtype is not None and not np.can_cast(dtype, self.array.dtype, "same_kind"):
            raise RuntimeError(f"result type {dtype} can't be cast to the desired output type {self.array.dtype}")
        target = self.array if index is Ellipsis else self.array[index]
        shape = np.shape(source)
        try:
            fits = np.broadcast_shapes(shape, target.shape) == target.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(
                f"shape mismatch: value tensor of shape {list(shape)} cannot be broadcast to indexing result of shape "
                f"{list(target.shape)}"
            )

    def copy_(self, source: Any, non_blocking: bool = False) -> Any:
        """Copies the values of another tensor into this one, which keeps its dtype."""
        return self._assign(in_dtype(source, self.array.dtype))

    def fill_(self, value: Any) -> Any:
        """Sets every value."""
        return self._assign(np.asarray(array_of(value), self.array.dtype))

    def zero_(self) -> Any:
        """Sets every value to 0."""
        return self.fill_(0)

    def gather(self, dim: int, index: Any) -> Any:
        """The elements at `index` along an axis, all other coordinates kept."""
        return indexing.Gather.apply(self, array_of(index), axis=dim)

    def select(self, dim: int, index: int) -> Any:
        """One slice along an axis, without that axis."""
        return self[(slice(None),) * (dim % self.array.ndim) + (index,)]

    def narrow(self, dim: int, start: int, length: int) -> Any:
        """A stretch of an axis."""
        return self[(slice(None),) * (dim % self.array.ndim) + (slice(start, start + length),)]

    def index_select(self, dim: int, index: Any) -> Any:
        """The slices at `index` along an axis."""
        return self[(slice(None),) * (dim % self.array.ndim) + (array_of(index),)]

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        """All slices along an axis."""
        return tuple(self.select(dim, i) for i in range(self.array.shape[dim]))

    def split(self, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
        """Stretches of an axis: of one length, the last perhaps shorter, or of given lengths."""
        length = self.array.shape[dim]
        if isinstance(split_size, (int, np.integer)):
            sizes = [min(int(split_size), length - i) for i in range(0, max(length, 1), max(int(split_size), 1))]
        else:
            sizes = [int(size) for size in split_size]
            if sum(sizes) != length:
                raise RuntimeError(
                    f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension "
                    f"{dim}), but got split_sizes={sizes}"
                )
        starts = np.cumsum([0, *sizes[:-1]]).tolist()
        return tuple(self.narrow(dim, start, size) for start, size in zip(starts, sizes, strict=True))

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        """At most `chunks` stretches of an axis, as equal as may be."""
        return self.split(max(-(-self.array.shape[dim] // chunks), 1), dim)


def _plain_index(index: Any) -> Any:
    """An index with tensors replaced by their arrays, and lists of numbers by arrays."""
    if isinstance(index, tuple):
        return tuple(_plain_index(part) for part in index)
    if isinstance(index, IndexingMethods):
        return int(index.array) if index.array.ndim == 0 and index.array.dtype.kind in "iu" else index.array
    return np.asarray([array_of(part) for part in index]) if isinstance(index, list) else index


def _described(index: Any) -> str:
    text = str(index)
    return text if len(text) <= 60 else f"{text[:57]}..."

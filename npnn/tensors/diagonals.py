"""Diagonals and triangles of matrices. Each function takes the tensor first."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import devices
from npnn.autograd.function import wrap
from npnn.ops import diagonal as ops
from npnn.ops import indexing
from npnn.tensors.base import axis_of
from npnn.tensors.promotion import fill_value, in_dtype


def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of a matrix, or of each of a batch, and zeros above it.

    Args:
        input: the matrices, on the last two axes.
        diagonal: the last diagonal that is kept; 0 is the main one, 1 the one above it.

    Raises:
        RuntimeError: there are not two axes.

    Source: torch.tril.

    Examples:
        >>> import npnn
        >>> npnn.tril(npnn.ones(2, 3))
        tensor([[1., 0., 0.],
                [1., 1., 0.]])
    """
    return ops.Triangle.apply(_matrices("tril", input), lower=True, diagonal=diagonal)


def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of a matrix, or of each of a batch, and zeros below it.

    Args:
        input: the matrices, on the last two axes.
        diagonal: the first diagonal that is kept.

    Raises:
        RuntimeError: there are not two axes.

    Source: torch.triu.

    Examples:
        >>> import npnn
        >>> npnn.triu(npnn.ones(2, 3), diagonal=1)
        tensor([[0., 1., 1.],
                [0., 0., 1.]])
    """
    return ops.Triangle.apply(_matrices("triu", input), lower=False, diagonal=diagonal)


def _matrices(name: str, x: Any) -> Any:
    if x.array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions, got {x.array.ndim}")
    return x


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None) -> Any:
    """Where the lower triangle of a matrix is: its rows, and its columns.

    Source: torch.tril_indices.

    Examples:
        >>> import npnn
        >>> npnn.tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    return _places("tril_indices", np.tri(_size("row", row), _size("col", col), offset, bool), dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None) -> Any:
    """Where the upper triangle of a matrix is: its rows, and its columns.

    Source: torch.triu_indices.
    """
    above = ~np.tri(_size("row", row), _size("col", col), offset - 1, bool)
    return _places("triu_indices", above, dtype, device)


def _size(name: str, value: int) -> int:
    if value < 0:
        raise RuntimeError(f"{name} must be non-negative, got {value}")
    return value


def _places(name: str, mask: Any, dtype: Any, device: Any) -> Any:
    if np.dtype(dtype) not in (np.int32, np.int64):
        raise RuntimeError(f'"{name}" not implemented for {np.dtype(dtype)}')
    if device is not None:
        devices.device(device)
    return wrap(np.stack(np.nonzero(mask)).astype(dtype))


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The elements whose places along two axes are equal, or `offset` apart, as the last axis of a view.

    Args:
        input: the tensor.
        offset: how far the second place is behind the first.
        dim1: the first axis.
        dim2: the second.

    Raises:
        RuntimeError: the two axes are one.
        IndexError: there is no such axis.

    Source: torch.diagonal.

    Examples:
        >>> import npnn
        >>> npnn.arange(6).reshape(2, 3).diagonal(1)
        tensor([1, 5])
    """
    return ops.Diagonal.apply(input, **_options(input.array.ndim, offset, dim1, dim2))


def _options(ndim: int, offset: int, dim1: int, dim2: int) -> dict[str, int]:
    first, second = axis_of(dim1, ndim), axis_of(dim2, ndim)
    if first == second or ndim < 2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return {"offset": offset, "axis1": first, "axis2": second}


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The last axis along the diagonal of new square matrices of zeros.

    Args:
        input: the tensor.
        offset: which diagonal.
        dim1: where the rows of the matrices are to be.
        dim2: where the columns.

    Raises:
        RuntimeError: the two axes are one.
        IndexError: there is no such axis.

    Source: torch.diag_embed.

    Examples:
        >>> import npnn
        >>> npnn.diag_embed(npnn.tensor([1, 2]), offset=1)
        tensor([[0, 1, 0],
                [0, 0, 2],
                [0, 0, 0]])
    """
    x = input if input.array.ndim else input.reshape(1)
    options = _options(x.array.ndim + 1, offset, dim1, dim2)
    size = x.array.shape[-1] + abs(offset)
    shape = list(x.array.shape[:-1])
    for axis in sorted((options["axis1"], options["axis2"])):
        shape.insert(axis, size)
    return ops.DiagonalEmbed.apply(x, shape=tuple(shape), **options)


def diag(input: Any, diagonal: int = 0) -> Any:
    """A matrix with a vector on its diagonal; or the diagonal of a matrix.

    Raises:
        RuntimeError: the tensor is neither.

    Source: torch.diag.

    Examples:
        >>> import npnn
        >>> npnn.diag(npnn.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    ndim = input.array.ndim
    if ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    if ndim == 1:
        return diag_embed(input, diagonal)
    return ops.Diagonal.apply(input, offset=diagonal, axis1=0, axis2=1).clone()


def diagflat(input: Any, offset: int = 0) -> Any:
    """A matrix with all elements of a tensor on its diagonal.

    Source: torch.diagflat.
    """
    return diag_embed(input.reshape(-1), offset)


def trace(input: Any) -> Any:
    """The sum of the diagonal of a matrix.

    Raises:
        RuntimeError: the tensor is no matrix.

    Source: torch.trace.

    Examples:
        >>> import npnn
        >>> npnn.trace(npnn.eye(3))
        tensor(3.)
    """
    if input.array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.array.ndim}")
    return ops.Diagonal.apply(input, offset=0, axis1=0, axis2=1).sum()


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy with other values on a diagonal.

    Args:
        input: the tensor.
        src: the values, in the shape that `diagonal` gives.
        offset: as `diagonal` takes it.
        dim1: likewise.
        dim2: likewise.

    Raises:
        RuntimeError: the values have another shape.

    Source: torch.diagonal_scatter.

    Examples:
        >>> import npnn
        >>> npnn.zeros(2, 2).diagonal_scatter(npnn.ones(2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    options = _options(input.array.ndim, offset, dim1, dim2)
    wanted = ops.Diagonal.apply(input.array, **options).shape
    if src.array.shape != wanted:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.array.shape)},"
            f" slice size = {list(wanted)}"
        )

    def region(x: Any) -> Any:
        return ops.Diagonal.apply(x, **options)

    return indexing.SetItem.apply(input, in_dtype(src, input.array.dtype), region=region, index=Ellipsis)


def fill_diagonal_(input: Any, fill_value_: Any, wrap: bool = False) -> Any:
    """Writes a number on the diagonal: of a matrix, or of a tensor whose axes are all of one length.

    Args:
        input: the tensor.
        fill_value_: the number.
        wrap: begin anew, a row further down, where a matrix is higher than wide.

    Raises:
        RuntimeError: there are not two axes, or more that differ in length.

    Source: torch.Tensor.fill_diagonal_.
    """
    shape = input.array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    places = np.arange(min(shape))
    index: tuple[Any, ...] = (places,) * len(shape)
    if wrap and len(shape) == 2 and shape[0] > shape[1]:
        rows, columns = np.divmod(np.arange(0, shape[0] * shape[1], shape[1] + 1), shape[1])
        index = rows, columns
    input[index] = fill_value(fill_value_, input.array.dtype)
    return input

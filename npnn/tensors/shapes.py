"""Shapes of tensors: asking for them, and rearranging elements without computing anything."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn import dtypes
from npnn._typing import Array, Shape
from npnn.autograd.function import wrap
from npnn.ops import shape as shape_ops
from npnn.tensors.base import TensorBase, axis_of


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of ints that can count its elements.

    Examples:
        >>> import npnn
        >>> npnn.zeros(2, 3).shape, npnn.zeros(2, 3).shape.numel()
        (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


class ShapeMethods(TensorBase):
    """What a tensor's axes are, and how to rearrange them."""

    # ---- asking

    @property
    def shape(self) -> Size:
        """The length of each axis."""
        return Size(self.array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one axis."""
        if dim is None:
            return Size(self.array.shape)
        return self.array.shape[_existing_axis(dim, self.array.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """The step between neighbours along each axis, or one, in elements."""
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[_existing_axis(dim, self.array.ndim)]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    def dim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    nelement = numel

    def is_contiguous(self, *, memory_format: Any = None) -> bool:
        """Whether the elements lie in C order without gaps; torch's memory formats mean nothing here."""
        return self.array.flags.c_contiguous

    def contiguous(self, *, memory_format: Any = None) -> Any:
        """This tensor, or a copy in C order if it lies otherwise; memory formats mean nothing here."""
        return self if self.array.flags.c_contiguous else shape_ops.Contiguous.apply(self)

    # ---- other shapes

    def reshape(self, *sizes: Any, shape: Any = None) -> Any:
        """The same elements in another shape; one length may be -1.

        Raises:
            RuntimeError: the shape does not hold as many elements.
        """
        wanted = as_sizes(sizes if shape is None else (shape,))
        return shape_ops.Reshape.apply(self, shape=_resolved(self.array, wanted))

    def view(self, *sizes: Any, size: Any = None, dtype: Any = None) -> Any:
        """`reshape` that never copies; a dtype instead of a shape looks at the same bytes as that dtype.

        Raises:
            RuntimeError: the shape cannot be had without a copy.
        """
        if dtype is None and len(sizes) == 1 and dtypes.is_dtype(sizes[0]):
            dtype = sizes[0]
        if dtype is not None:
            return _seen_as(self, np.dtype(dtype))
        result = self.reshape(*sizes, shape=size)
        if self.array.size and not np.may_share_memory(result.array, self.array):
            raise RuntimeError(
                "view size is not compatible with input tensor's size and stride (at least one dimension"
                " spans across two contiguous subspaces). Use .reshape(...) instead."
            )
        return result

    def view_as(self, other: Any) -> Any:
        """`view` in the shape of another tensor."""
        return self.view(other.shape)

    def reshape_as(self, other: Any) -> Any:
        """`reshape` to the shape of another tensor."""
        return self.reshape(other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        """Axes start_dim to end_dim, both included, run together into one."""
        shape = self.array.shape
        first, last = axis_of(start_dim, len(shape)), axis_of(end_dim, len(shape))
        if first > last:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        if not shape:
            return self.reshape(1)
        if first == last:
            return self
        return self.reshape(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])

    def ravel(self) -> Any:
        """All elements along one axis."""
        return self.reshape(-1)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        """One axis spread over several, whose lengths multiply to its own; one of them may be -1."""
        shape = self.array.shape
        axis = _existing_axis(dim, len(shape))
        wanted = as_sizes((sizes,))
        if not wanted:
            raise RuntimeError("unflatten: sizes must be non-empty")
        if wanted.count(-1) > 1:
            raise RuntimeError("unflatten: only one dimension can be inferred")
        known = math.prod(size for size in wanted if size != -1)
        if -1 in wanted and known > 0 and shape[axis] % known == 0:
            wanted = tuple(shape[axis] // known if size == -1 else size for size in wanted)
        if math.prod(wanted) != shape[axis] or min(wanted) < 0:
            raise RuntimeError(
                f"unflatten: Provided sizes {list(wanted)} don't multiply up to the size of dim"
                f" {dim} ({shape[axis]}) in the input tensor"
            )
        return self.reshape(*shape[:axis], *wanted, *shape[axis + 1 :])

    def squeeze(self, dim: Any = None) -> Any:
        """Without axes of length 1: all of them, or those named."""
        shape = self.array.shape
        named = range(len(shape)) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
        dropped = {axis_of(d, len(shape)) for d in named}
        return self.reshape([size for a, size in enumerate(shape) if a not in dropped or size != 1])

    def unsqueeze(self, dim: int) -> Any:
        """With a new axis of length 1 at position dim."""
        shape = self.array.shape
        axis = axis_of(dim, len(shape) + 1)
        return self.reshape([*shape[:axis], 1, *shape[axis:]])

    # ---- other orders

    def permute(self, *order: Any, dims: Any = None) -> Any:
        """The axes in another order: axis i of the result is axis order[i]."""
        axes, ndim = as_sizes(order if dims is None else (dims,)), self.array.ndim
        if len(axes) != ndim:
            raise RuntimeError(
                "permute(): number of dimensions in the tensor input does not match the length of the desired"
                f" ordering of dimensions: {ndim} axes, but dims = {list(axes)}"
            )
        wanted = tuple(axis_of(a, ndim) for a in axes)
        if len(set(wanted)) != ndim:
            raise RuntimeError(f"permute(): duplicate dims are not allowed, got {list(axes)}")
        return shape_ops.Permute.apply(self, axes=wanted)

    def transpose(self, dim0: int, dim1: int) -> Any:
        """Two axes exchanged."""
        axes = list(range(self.array.ndim))
        a, b = axis_of(dim0, len(axes)), axis_of(dim1, len(axes))
        if axes:
            axes[a], axes[b] = b, a
        return shape_ops.Permute.apply(self, axes=tuple(axes))

    swapaxes = swapdims = transpose

    def movedim(self, source: Any, destination: Any) -> Any:
        """Axes moved to new positions, the others in their old order."""
        ndim = self.array.ndim
        sources = [axis_of(a, ndim) for a in as_sizes((source,))]
        targets = [axis_of(a, ndim) for a in as_sizes((destination,))]
        for which, axes in (("source", sources), ("destination", targets)):
            if len(set(axes)) != len(axes):
                raise RuntimeError(f"movedim: repeated dim in `{which}` ({axes})")
        if len(sources) != len(targets):
            raise RuntimeError(
                "movedim: Invalid source or destination dims: source"
                f" ({sources} dims) should contain the same number of dims as destination ({targets} dims)"
            )
        order = [a for a in range(ndim) if a not in sources]
        for target, origin in sorted(zip(targets, sources, strict=True)):
            order.insert(target, origin)
        return shape_ops.Permute.apply(self, axes=tuple(order[:ndim]))

    moveaxis = movedim

    def t(self) -> Any:
        """The transposed matrix; a vector as it is."""
        if self.array.ndim > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {self.array.ndim}D")
        return self.T

    @property
    def T(self) -> Any:  # noqa: N802 - torch's and NumPy's name
        """The axes in reverse order."""
        return shape_ops.Permute.apply(self, axes=tuple(reversed(range(self.array.ndim))))

    @property
    def mT(self) -> Any:  # noqa: N802 - torch's name
        """The last two axes exchanged."""
        if self.array.ndim < 2:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got"
                f" {self.array.ndim}-D tensor."
            )
        return self.transpose(-2, -1)

    @property
    def H(self) -> Any:  # noqa: N802 - torch's name
        """A matrix with its axes exchanged and complex numbers conjugated; what has no axes as it is."""
        if self.array.ndim not in (0, 2):
            raise RuntimeError(
                f"tensor.H is only supported on matrices (2-D tensors). Got {self.array.ndim}-D tensor."
            )
        return self.mH if self.array.ndim else self

    @property
    def mH(self) -> Any:  # noqa: N802 - torch's name
        """The last two axes exchanged, and complex numbers conjugated."""
        turned = self.mT
        return turned.conj() if self.array.dtype.kind == "c" else turned

    def flip(self, *axes: Any, dims: Any = None) -> Any:
        """In reverse order along axes."""
        flipped = [axis_of(a, self.array.ndim) for a in as_sizes(axes if dims is None else (dims,))]
        for axis in flipped:
            if flipped.count(axis) > 1:
                raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
        return shape_ops.Flip.apply(self, axes=tuple(flipped) if self.array.ndim else ())

    def __reversed__(self) -> Any:
        return self.flip(0) if self.array.ndim else self

    # ---- repeating

    def expand(self, *sizes: Any, size: Any = None) -> Any:
        """Repeated along axes of length 1 and new leading ones, without a copy; -1 keeps a length."""
        wanted, shape = as_sizes(sizes if size is None else (size,)), self.array.shape
        lead = len(wanted) - len(shape)
        if lead < 0:
            raise RuntimeError(
                f"expand(shape {list(shape)}, size={list(wanted)}): the number of sizes provided"
                f" ({len(wanted)}) must be greater or equal to the number of dimensions in the tensor"
                f" ({len(shape)})"
            )
        full = []
        for axis, length in enumerate(wanted):
            own = shape[axis - lead] if axis >= lead else 1
            if length == -1 and axis >= lead:
                length = own
            if length < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({length}) isn't allowed in a leading, non-existing"
                    f" dimension {axis}"
                )
            if own not in (1, length):
                raise RuntimeError(
                    f"The expanded size of the tensor ({length}) must match the existing size ({own}) at"
                    f" non-singleton dimension {axis}.  Target sizes: {list(wanted)}.  Tensor sizes:"
                    f" {list(shape)}"
                )
            full.append(length)
        return shape_ops.Expand.apply(self, shape=tuple(full))

    def expand_as(self, other: Any) -> Any:
        """`expand` to the shape of another tensor."""
        return self.expand(other.shape)

    broadcast_to = expand


def as_sizes(sizes: Any) -> Shape:
    """Lengths or axes that were given one by one, or as one sequence.

    Raises:
        TypeError: something else was given.
    """
    if len(sizes) == 1 and (isinstance(sizes[0], (tuple, list)) or getattr(sizes[0], "ndim", 0) == 1):
        sizes = sizes[0]
    try:
        return tuple([size.__index__() for size in sizes])
    except (TypeError, AttributeError):
        raise TypeError(f"expected ints or a sequence of ints, got {sizes!r}") from None


def _resolved(array: Array, shape: Shape) -> Shape:
    """A wanted shape with its -1 worked out, checked against the number of elements."""
    known = 1
    for size in shape:
        if size != -1:
            known *= size
    if -1 not in shape:
        if known == array.size and min(shape, default=0) >= 0:
            return shape
    elif shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    elif known > 0 and array.size % known == 0:
        return tuple([array.size // known if size == -1 else size for size in shape])
    elif known == 0 and array.size == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension"
            " size -1 can be any value and is ambiguous"
        )
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {array.size}")


def _existing_axis(dim: int, ndim: int) -> int:
    """`axis_of`, where a tensor without axes has none to name."""
    if ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return axis_of(dim, ndim)


def _seen_as(tensor: Any, dtype: np.dtype[Any]) -> Any:
    """The bytes of a tensor as another dtype: off the tape, in the same memory."""
    result = wrap(tensor.array.view(dtype))
    result._version_counter = tensor._shared_version()
    return result

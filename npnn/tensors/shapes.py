"""Shapes of tensors: asking for them, and rearranging elements without computing anything."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.ops import shape as shape_ops


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
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


class ShapeMethods:
    """What a tensor's axes are, and how to rearrange them."""

    array: Array

    @property
    def shape(self) -> Size:
        """The length of each axis."""
        return Size(self.array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one axis."""
        return Size(self.array.shape) if dim is None else self.array.shape[dim]

    def stride(self, dim: int | None = None) -> Any:
        """The step between neighbours along each axis, or one, in elements."""
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[dim]

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

    def is_contiguous(self) -> bool:
        """Whether the elements lie in C order without gaps."""
        return self.array.flags.c_contiguous

    def contiguous(self) -> Any:
        """This tensor, or a copy in C order if it lies otherwise."""
        if self.array.flags.c_contiguous:
            return self
        return self.clone()  # type: ignore[attr-defined]

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape; one length may be -1."""
        return shape_ops.Reshape.apply(self, shape=_resolved(self.array, _sizes(shape)))

    def view(self, *shape: Any) -> Any:
        """`reshape` that never copies; a dtype instead of a shape looks at the same bytes as that dtype.

        Raises:
            RuntimeError: the shape cannot be had without a copy.
        """
        if len(shape) == 1 and isinstance(shape[0], (np.dtype, type)):
            return wrap(self.array.view(shape[0]))
        result = self.reshape(*shape)
        if self.array.size and not np.may_share_memory(result.array, self.array):
            raise RuntimeError(
                "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                "contiguous subspaces). Use .reshape(...) instead."
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
        if not shape:
            return self.reshape(1)
        first, last = _axis(start_dim, len(shape)), _axis(end_dim, len(shape))
        if first > last:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        if first == last:
            return self
        return self.reshape(*shape[:first], int(np.prod(shape[first : last + 1], dtype=np.int64)), *shape[last + 1 :])

    def ravel(self) -> Any:
        """All elements along one axis."""
        return self.reshape(-1)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        """One axis spread over several, whose lengths multiply to its own."""
        shape = self.array.shape
        axis = _axis(dim, len(shape))
        sizes = tuple(sizes)
        unknown = -int(np.prod([size for size in sizes if size != -1], dtype=np.int64)) if -1 in sizes else 0
        if unknown and shape[axis] % unknown == 0:
            sizes = tuple(shape[axis] // -unknown if size == -1 else size for size in sizes)
        if int(np.prod(sizes, dtype=np.int64)) != shape[axis]:
            raise RuntimeError(
                f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[axis]}) "
                "in the input tensor"
            )
        return self.reshape(*shape[:axis], *sizes, *shape[axis + 1 :])

    def squeeze(self, dim: Any = None) -> Any:
        """Without axes of length 1: all of them, or those named."""
        shape = self.array.shape
        if dim is None:
            dropped = {a for a, size in enumerate(shape) if size == 1}
        else:
            named = dim if isinstance(dim, (tuple, list)) else (dim,)
            dropped = {a for a in (_axis(d, max(len(shape), 1)) for d in named) if shape and shape[a] == 1}
        return self.reshape(tuple(size for a, size in enumerate(shape) if a not in dropped))

    def unsqueeze(self, dim: int) -> Any:
        """With a new axis of length 1 at position dim."""
        shape = self.array.shape
        axis = _axis(dim, len(shape) + 1)
        return self.reshape((*shape[:axis], 1, *shape[axis:]))

    def permute(self, *dims: Any) -> Any:
        """The axes in another order: axis i of the result is axis dims[i]."""
        axes = _sizes(dims)
        if sorted(_axis(a, self.array.ndim) for a in axes) != list(range(self.array.ndim)):
            raise RuntimeError(
                f"permute(dims): the number of dimensions in the tensor input, {self.array.ndim}, does not match "
                f"the desired ordering of dimensions, {list(axes)}"
            )
        return shape_ops.Permute.apply(self, axes=axes)

    def transpose(self, dim0: int, dim1: int) -> Any:
        """Two axes exchanged."""
        ndim = self.array.ndim
        axes = list(range(ndim))
        if ndim:
            a, b = _axis(dim0, ndim), _axis(dim1, ndim)
            axes[a], axes[b] = b, a
        return shape_ops.Permute.apply(self, axes=tuple(axes))

    swapaxes = swapdims = transpose

    def movedim(self, source: Any, destination: Any) -> Any:
        """Axes moved to new positions, the others in their old order."""
        order = np.moveaxis(np.empty((1,) * self.array.ndim), 0, 0).ndim
        axes = np.moveaxis(np.arange(order), 0, 0).tolist()
        sources = [_axis(a, order) for a in np.atleast_1d(source).tolist()]
        targets = [_axis(a, order) for a in np.atleast_1d(destination).tolist()]
        rest = [a for a in axes if a not in sources]
        for target, origin in sorted(zip(targets, sources, strict=True)):
            rest.insert(target, origin)
        return shape_ops.Permute.apply(self, axes=tuple(rest))

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
        return self.transpose(-2, -1)

    def expand(self, *sizes: Any) -> Any:
        """Repeated along axes of length 1 and new leading ones, without a copy; -1 keeps a length."""
        wanted = _sizes(sizes)
        shape = self.array.shape
        lead = len(wanted) - len(shape)
        full = tuple(
            shape[i - lead] if size == -1 and i >= lead else size for i, size in enumerate(wanted)
        )
        fits = lead >= 0 and all(own in (1, size) for own, size in zip(shape, full[max(lead, 0) :], strict=False))
        if not fits or any(size < 0 for size in full):
            raise RuntimeError(
                f"The expanded size of the tensor {list(wanted)} must match the existing size {list(shape)} "
                "at every axis that is not of length 1"
            )
        return shape_ops.Expand.apply(self, shape=full)

    def expand_as(self, other: Any) -> Any:
        """`expand` to the shape of another tensor."""
        return self.expand(other.shape)

    broadcast_to = expand

    def flip(self, *dims: Any) -> Any:
        """In reverse order along axes."""
        return shape_ops.Flip.apply(self, axes=_sizes(dims))


def _sizes(sizes: Any) -> tuple[int, ...]:
    """Lengths or axes given one by one, or as one sequence."""
    if len(sizes) == 1 and not isinstance(sizes[0], (int, np.integer)) and np.ndim(sizes[0]) == 1:
        sizes = tuple(sizes[0])
    return tuple([int(size) for size in sizes])


def _resolved(array: Array, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A wanted shape with its -1 worked out, checked against the number of elements."""
    known = 1
    for size in shape:
        if size != -1:
            known *= size
    if -1 in shape:
        if known > 0 and array.size % known == 0 and shape.count(-1) == 1:
            return tuple([array.size // known if size == -1 else size for size in shape])
    elif known == array.size:
        return shape
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {array.size}")


def _axis(dim: Any, ndim: int) -> int:
    """A checked axis, counted from the front."""
    axis = int(dim)
    if not -ndim <= axis < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {axis})")
    return axis % ndim

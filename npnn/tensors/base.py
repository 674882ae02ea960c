"""What every family of tensor methods may count on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from npnn._typing import Array, Shape


class TensorBase:
    """The values of a tensor, and what its families of methods ask of each other.

    Attributes:
        array: the ndarray that holds the values.
        torch_axes: of a layer's weight, its `data` and its slices, where torch's axes are among its own; None
            of any other tensor, whose axes are torch's. Random numbers are drawn in torch's order.
    """

    array: Array
    torch_axes: Shape | None = None

    if TYPE_CHECKING:
        # The families are mixed into one class, so each may call the others' methods.
        def __getitem__(self, index: Any) -> Any: ...
        def _assign(self, value: Any) -> Any: ...
        def clone(self) -> Any: ...  # noqa: D102
        def reshape(self, *shape: Any) -> Any: ...  # noqa: D102


def array_of(x: Any) -> Any:
    """The ndarray of a tensor; anything else as it is."""
    return x.array if isinstance(x, TensorBase) else x


def axis_of(dim: Any, ndim: int) -> int:
    """A checked axis, counted from the front; a tensor without axes takes 0 and -1 all the same.

    Raises:
        IndexError: there is no such axis.
    """
    axis, count = int(dim), ndim or 1
    if not -count <= axis < count:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {axis})"
        )
    return axis % count

"""More ways to make tensors: of the dtype of another, on a logarithmic scale, of one number, of two parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn import devices
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import is_grad_enabled
from npnn.random import Generator
from npnn.tensors import creation
from npnn.tensors.core import Tensor
from npnn.tensors.out import making_out
from npnn.tensors.promotion import check_broadcast, tensors_only


def new_zeros(input: Tensor, *size: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
    """Zeros, in the dtype of a tensor unless said.

    Args:
        input: the tensor.
        *size: the lengths of the axes.
        dtype: another dtype.
        device: "cpu".
        **options: torch's size, requires_grad, and layout and pin_memory, which mean nothing here.

    Source: torch.Tensor.new_zeros.

    Examples:
        >>> import npnn
        >>> npnn.arange(2).new_zeros(3)
        tensor([0, 0, 0])
    """
    return creation.zeros(
        *_sizes(size, options), dtype=_or_own(input, dtype), device=device, **_known(options)
    )


def new_ones(input: Tensor, *size: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
    """Ones, in the dtype of a tensor unless said.

    Args:
        input: the tensor.
        *size: the lengths of the axes.
        dtype: another dtype.
        device: "cpu".
        **options: as `new_zeros` takes them.

    Source: torch.Tensor.new_ones.
    """
    return creation.ones(
        *_sizes(size, options), dtype=_or_own(input, dtype), device=device, **_known(options)
    )


def new_empty(input: Tensor, *size: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
    """A tensor whose values are whatever lay in its memory, in the dtype of a tensor unless said.

    Args:
        input: the tensor.
        *size: the lengths of the axes.
        dtype: another dtype.
        device: "cpu".
        **options: as `new_zeros` takes them.

    Source: torch.Tensor.new_empty.
    """
    return creation.empty(
        *_sizes(size, options), dtype=_or_own(input, dtype), device=device, **_known(options)
    )


def new_full(
    input: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, **options: Any
) -> Tensor:
    """A tensor of one value, in the dtype of a tensor unless said.

    Args:
        input: the tensor.
        size: the lengths of the axes.
        fill_value: the value.
        dtype: another dtype.
        device: "cpu".
        **options: as `new_zeros` takes them.

    Source: torch.Tensor.new_full.
    """
    return creation.full(size, fill_value, dtype=_or_own(input, dtype), device=device, **_known(options))


def new_tensor(
    input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor with a copy of data, in the dtype of a tensor unless said.

    Args:
        input: the tensor.
        data: as `tensor` takes it.
        dtype: another dtype.
        device: "cpu".
        requires_grad: whether operations on it are recorded.

    Source: torch.Tensor.new_tensor.

    Examples:
        >>> import npnn
        >>> npnn.zeros(1).new_tensor([1, 2])
        tensor([1., 2.])
    """
    return creation.tensor(data, dtype=_or_own(input, dtype), device=device, requires_grad=requires_grad)


def _or_own(input: Tensor, dtype: Any) -> Any:
    return input.array.dtype if dtype is None else dtype


def _sizes(size: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    return (options["size"],) if "size" in options else size


def _known(options: dict[str, Any]) -> dict[str, Any]:
    unknown = options.keys() - {"size", "requires_grad", "layout", "pin_memory"}
    if unknown:
        raise TypeError(f"got an unexpected keyword argument '{min(unknown)}'")
    return {"requires_grad": options.get("requires_grad", False)}


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor without axes of one number, in the default dtype unless said.

    Source: torch.scalar_tensor.

    Examples:
        >>> import npnn
        >>> npnn.scalar_tensor(2)
        tensor(2.)
    """
    return creation.full((), s, dtype=creation.or_default(dtype), device=device, requires_grad=requires_grad)


@making_out
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` powers of a base, whose exponents are evenly spaced from start to end, both included.

    Args:
        start: the first exponent.
        end: the last one.
        steps: how many.
        base: the base.
        dtype: the dtype, by default the default one.
        device: "cpu".
        requires_grad: whether operations on it are recorded.

    Raises:
        RuntimeError: `steps` is negative.

    Source: torch.logspace.

    Examples:
        >>> import npnn
        >>> npnn.logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    wanted = creation.or_default(dtype)
    exponents = creation.linspace(start, end, steps, dtype=wanted if wanted.kind == "f" else np.float64)
    powers = np.asarray(np.power(np.float64(base), exponents.array), np.float64).astype(wanted)
    return creation.tensor(powers, device=device, requires_grad=requires_grad)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`randint` of the shape and dtype of another tensor.

    Args:
        input: the other tensor.
        low: the smallest integer, or the bound if there is only one, and then from 0.
        high: the bound, which is not reached.
        generator: what to draw from.
        dtype: another dtype.
        device: "cpu".
        requires_grad: whether operations on it are recorded.

    Source: torch.randint_like.
    """
    if device is not None:
        devices.device(device)
    low, high = (0, low) if high is None else (low, high)
    drawn = creation.randint(low, high, input.shape, generator=generator, dtype=_or_own(input, dtype))
    return drawn.requires_grad_() if requires_grad else drawn


def complex(real: Any, imag: Any) -> Any:
    """Complex numbers of given parts.

    npnn does not differentiate complex numbers: neither part may require grad.

    Args:
        real: the real parts, in float32 or float64.
        imag: the imaginary parts, in the same dtype; the two broadcast.

    Raises:
        RuntimeError: other dtypes, or two, or shapes that do not broadcast.
        TypeError: one of them is a number.
        NotImplementedError: one of them requires grad.

    Source: torch.complex.

    Examples:
        >>> import npnn
        >>> npnn.complex(npnn.tensor([1.0, 2.0]), npnn.tensor([0.0, -1.0]))
        tensor([1.+0.j, 2.-1.j])
    """
    a, b = _two_parts("complex", real, imag)
    made = np.empty(np.broadcast_shapes(a.shape, b.shape), np.result_type(a, np.complex64))
    made.real, made.imag = a, b
    return wrap(made)


def polar(abs: Any, angle: Any) -> Any:
    """Complex numbers of given absolute values and angles: abs · (cos angle + i sin angle).

    npnn does not differentiate complex numbers: neither may require grad.

    Args:
        abs: the absolute values, in float32 or float64.
        angle: the angles, in the same dtype; the two broadcast.

    Raises:
        RuntimeError: other dtypes, or two, or shapes that do not broadcast.
        TypeError: one of them is a number.
        NotImplementedError: one of them requires grad.

    Source: torch.polar.
    """
    r, phi = _two_parts("polar", abs, angle)
    return complex(wrap(r * np.cos(phi)), wrap(r * np.sin(phi)))


def _two_parts(name: str, first: Any, second: Any) -> tuple[Array, Array]:
    """Two real tensors of which complex numbers can be made."""
    tensors_only(name, first, second)
    first, second = wrap(first), wrap(second)
    kinds = first.dtype, second.dtype
    if kinds[0] not in _REAL:
        raise RuntimeError(
            f"{name}(): Expected both inputs to be Float or Double tensors but got {kinds[0]} and {kinds[1]}"
        )
    if kinds[0] != kinds[1]:
        raise RuntimeError(
            f"{name}(): Expected object of scalar type {kinds[0]} but got scalar type {kinds[1]} for second"
            " argument"
        )
    check_broadcast(first, second)
    if is_grad_enabled() and (first.requires_grad or second.requires_grad):
        raise NotImplementedError("npnn does not differentiate complex numbers: detach() the tensors first")
    return first.array, second.array


_REAL = (np.float32, np.float64)

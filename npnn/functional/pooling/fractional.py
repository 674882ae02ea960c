"""Max pooling with windows at random fractional steps, over two and three spatial axes, channels last."""

from __future__ import annotations

from typing import Any

from npnn import random
from npnn._typing import Array
from npnn.functional._check import as_input
from npnn.functional.pooling._check import as_batch, as_given, one_for_each_axis
from npnn.ops.adaptive_pool import FractionalMaxPool
from npnn.tensors import Tensor


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The maximum of each of so many windows of images, whose steps are drawn for each sample and channel.

    Args:
        input: (N, H, W, C) or (H, W, C).
        kernel_size: the size of the window, an int, or one for each spatial axis.
        output_size: the number of windows, likewise.
        output_ratio: the number of windows as a part of the size of the axis, likewise; used if output_size
            is None.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.
        _random_samples: (N, C, 2), what to use instead of new random numbers from [0, 1), in torch's order:
            for W, then for H.

    Returns:
        A tensor, (N, H', W', C) or (H', W', C); and, if asked for, int64 indices of the same shape.

    Raises:
        ValueError: neither output_size nor output_ratio is given.
        RuntimeError: shapes do not go together, or there is no room for so many windows.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.fractional_max_pool2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.fractional_max_pool2d(npnn.ones(2, 8, 7, 3), 2, output_ratio=(0.6, 0.7)).shape
        torch.Size([2, 4, 4, 3])
    """
    return _fractional_max_pool(
        2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )


def fractional_max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> tuple[Tensor, Tensor]:
    """`fractional_max_pool2d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.fractional_max_pool2d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _fractional_max_pool(
        2, input, kernel_size, output_size, output_ratio, True, _random_samples
    )
    return pooled


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The maximum of each of so many windows of volumes, whose steps are drawn for each sample and channel.

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        kernel_size: the size of the window, an int, or one for each spatial axis.
        output_size: the number of windows, likewise.
        output_ratio: the number of windows as a part of the size of the axis, likewise; used if output_size
            is None.
        return_indices: return also where each maximum was found, counted through the flattened spatial axes.
        _random_samples: (N, C, 3), what to use instead of new random numbers from [0, 1).

    Returns:
        A tensor, (N, D', H', W', C) or without N; and, if asked for, int64 indices of the same shape.

    Raises:
        ValueError: neither output_size nor output_ratio is given.
        RuntimeError: shapes do not go together, or there is no room for so many windows.
        NotImplementedError: the input is not of floating-point numbers.

    Source: torch.nn.functional.fractional_max_pool3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.fractional_max_pool3d(npnn.ones(2, 5, 8, 7, 3), 2, output_size=(3, 5, 4)).shape
        torch.Size([2, 3, 5, 4, 3])
    """
    return _fractional_max_pool(
        3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )


def fractional_max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> tuple[Tensor, Tensor]:
    """`fractional_max_pool3d` with its indices, whatever return_indices says.

    Source: torch.nn.functional.fractional_max_pool3d_with_indices.
    """
    pooled: tuple[Tensor, Tensor] = _fractional_max_pool(
        3, input, kernel_size, output_size, output_ratio, True, _random_samples
    )
    return pooled


def _fractional_max_pool(
    axes: int,
    input: Any,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    return_indices: bool,
    random_samples: Any,
) -> Any:
    """Fractional max pooling over n spatial axes: the arguments checked, one operation called."""
    name = f"fractional_max_pool{axes}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    kernel = one_for_each_axis(name, "kernel_size", kernel_size, axes)
    if min(kernel) < 1:
        raise RuntimeError(f"{name}: kernel size should be greater than zero, but got {list(kernel)}")
    x, unbatched = as_batch(name, input, axes, "f")
    spatial, channels = x.array.shape[1:-1], x.array.shape[-1]
    if output_size is None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * axes
        if len(ratios) != axes:
            raise ValueError(
                f"{name} requires output_ratio to either be a single number or a tuple of {axes}, but got"
                f" {output_ratio}"
            )
        out = tuple(int(size * ratio) for size, ratio in zip(spatial, ratios, strict=True))
    else:
        out = one_for_each_axis(name, "output_size", output_size, axes)
    if min(out) < 0:
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension {min(out)}")
    # As on torch, over three axes there must be an element to spare.
    spare = 1 if axes == 3 else 0
    for size, number, k in zip(spatial, out, kernel, strict=True):
        if number + k - 1 + spare > size:
            raise RuntimeError(
                f"{name}: pool size {k} too large relative to input size {size}: there is no room for"
                f" {number} windows"
            )
    if random_samples is None:
        samples = random.default_generator.uniform((x.array.shape[0], channels, axes), dtype=x.array.dtype)
    else:
        samples = as_input(random_samples, name).array
        _check_samples(name, samples, x, axes)
    options = {"kernel": kernel, "out": out, "return_indices": return_indices}
    return as_given(FractionalMaxPool.apply(x, samples, **options), unbatched)


def _check_samples(name: str, samples: Array, x: Tensor, axes: int) -> None:
    size, channels = x.array.shape[0], x.array.shape[-1]
    if samples.dtype != x.array.dtype:
        raise RuntimeError(
            f"{name}: Expect _random_samples to have the same dtype as input, {x.array.dtype.name}, but got"
            f" {samples.dtype.name}"
        )
    shape = samples.shape
    if len(shape) != 3 or shape[0] < size or shape[1:] != (channels, axes):
        raise RuntimeError(
            f"{name}: Expect _random_samples to have the shape [{size}, {channels}, {axes}], with a number"
            f" for each sample, channel and axis, but got {list(shape)}"
        )

"""Dropout, of elements and of whole channels, channels last.

The masks are those that torch draws from the same seed: see `npnn.ops.dropout` for the order of the draws.
"""

from __future__ import annotations

import warnings
from typing import Any

from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.ops import dropout as ops
from npnn.tensors import Tensor


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Sets each element to 0 with probability p, and multiplies the others by 1 / (1 - p).

    Args:
        input: a tensor or array of any shape.
        p: the probability.
        training: False gives the input back as it is.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: p is not within [0, 1].
        RuntimeError: the input is neither floating point nor complex.

    Source: torch.nn.functional.dropout.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> _ = npnn.manual_seed(0)
        >>> F.dropout(npnn.ones(6), 0.25)
        tensor([0.0000, 1.3333, 1.3333, 0.0000, 1.3333, 0.0000])
    """
    return _dropped(ops.Dropout, as_input(input, "dropout"), p, training, inplace)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Sets whole channels of sequences to 0 with probability p, and multiplies the others by 1 / (1 - p).

    Args:
        input: (N, L, C) or (L, C).
        p: the probability.
        training: False gives the input back as it is.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: p is not within [0, 1].
        RuntimeError: another number of axes, or the input is neither floating point nor complex.

    Source: torch.nn.functional.dropout1d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> _ = npnn.manual_seed(0)
        >>> F.dropout1d(npnn.ones(1, 2, 4))
        tensor([[[0., 0., 2., 0.],
                 [0., 0., 2., 0.]]])
    """
    x = as_input(input, "dropout1d")
    _check_probability(p)
    axes = x.array.ndim
    if axes not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {axes}D input; it takes sequences (N, L, C)"
            " or (L, C)"
        )
    return _dropped(ops.Dropout, x, p, training, inplace, batch_axes=int(axes == 3))


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Sets whole channels of images to 0 with probability p, and multiplies the others by 1 / (1 - p).

    Args:
        input: (N, H, W, C). Three axes are taken for (N, L, C), with a warning, as on torch.
        p: the probability.
        training: False gives the input back as it is.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: p is not within [0, 1].
        RuntimeError: less than two axes, or the input is neither floating point nor complex.

    Source: torch.nn.functional.dropout2d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.dropout2d(npnn.ones(2, 8, 6, 4)).shape
        torch.Size([2, 8, 6, 4])
    """
    x = as_input(input, "dropout2d")
    _check_probability(p)
    axes = x.array.ndim
    if axes not in (3, 4):
        _warn_of_axes("dropout2d", axes, "images (N, H, W, C)")
    if axes == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d, which takes it for sequences (N, L, C) and not for"
            " an image without a batch axis: use dropout1d for sequences",
            stacklevel=2,
        )
    return _dropped(ops.Dropout, x, p, training, inplace, batch_axes=1)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Sets whole channels of volumes to 0 with probability p, and multiplies the others by 1 / (1 - p).

    Args:
        input: (N, D, H, W, C) or (D, H, W, C).
        p: the probability.
        training: False gives the input back as it is.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: p is not within [0, 1].
        RuntimeError: no axes at all, or the input is neither floating point nor complex.

    Source: torch.nn.functional.dropout3d.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.dropout3d(npnn.ones(2, 5, 8, 6, 4)).shape
        torch.Size([2, 5, 8, 6, 4])
    """
    x = as_input(input, "dropout3d")
    _check_probability(p)
    axes = x.array.ndim
    if axes not in (4, 5):
        _warn_of_axes("dropout3d", axes, "volumes (N, D, H, W, C) or (D, H, W, C)")
    return _dropped(ops.Dropout, x, p, training, inplace, batch_axes=int(axes == 5))


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Sets each element to the floor of SELU with probability p, then scales and shifts all of them.

    What has mean 0 and variance 1, as the outputs of a network of SELUs, keeps them.

    Args:
        input: a tensor or array of any shape.
        p: the probability.
        training: False gives the input back as it is.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: p is not within [0, 1].
        RuntimeError: the input is neither floating point nor complex.

    Source: torch.nn.functional.alpha_dropout.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> _ = npnn.manual_seed(0)
        >>> F.alpha_dropout(npnn.zeros(4), 0.25, training=True)
        tensor([-1.1435,  0.3812,  0.3812, -1.1435])
    """
    return _dropped(ops.AlphaDropout, as_input(input, "alpha_dropout"), p, training, inplace)


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Sets whole channels to the floor of SELU with probability p, then scales and shifts all of them.

    Args:
        input: (N, *spatial, C), with any number of spatial axes; always with a batch axis, as on torch.
        p: the probability.
        training: False gives the input back as it is.
        inplace: write the result into `input`, which must then be a tensor.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: p is not within [0, 1].
        RuntimeError: less than two axes, or the input is neither floating point nor complex.

    Source: torch.nn.functional.feature_alpha_dropout.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.feature_alpha_dropout(npnn.ones(2, 8, 6, 4), training=True).shape
        torch.Size([2, 8, 6, 4])
    """
    x = as_input(input, "feature_alpha_dropout")
    return _dropped(ops.AlphaDropout, x, p, training, inplace, batch_axes=1)


def _dropped(
    operation: Any, x: Tensor, p: float, training: bool, inplace: bool, batch_axes: int | None = None
) -> Tensor:
    """A dropout of x: of its elements, or, behind so many axes of a batch, of its channels."""
    _check_probability(p)
    if not training or p == 0 or x.array.size == 0:
        return x
    shared: Shape = ()
    if p == 1:
        operation = ops.Dropout
    elif batch_axes is not None:
        if x.array.ndim <= batch_axes:
            raise RuntimeError(
                "Feature dropout requires at least 2 dimensions in the input, for a batch and for channels,"
                f" got shape {list(x.array.shape)}"
            )
        shared = tuple(range(batch_axes, x.array.ndim - 1))
    if p < 1 and x.array.dtype.kind not in "fc":
        raise RuntimeError(f"result type Float can't be cast to the desired output type {x.array.dtype}")
    y: Tensor = operation.apply(x, p=p, shared=shared)
    return x._assign(y) if inplace else y


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _warn_of_axes(name: str, axes: int, wanted: str) -> None:
    warnings.warn(
        f"{name}: Received a {axes}-D input to {name}, which is deprecated and will result in an error in a"
        f" future release: it is for {wanted}, and dropout for anything else",
        stacklevel=3,
    )

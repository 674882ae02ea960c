"""Smooth activation functions, and the softmax family. Those made of straight lines are in `piecewise`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from npnn.functional._check import as_floating, as_input
from npnn.ops import activation as ops
from npnn.random import default_generator
from npnn.tensors import Tensor
from npnn.tensors.base import axis_of


def sigmoid(input: Any) -> Tensor:
    """1 / (1 + exp(-x)), element by element.

    Args:
        input: a tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Source: torch.nn.functional.sigmoid.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.sigmoid(npnn.tensor([0.0]))
        tensor([0.5000])
    """
    return as_input(input, "sigmoid").sigmoid()


def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent, element by element.

    Args:
        input: a tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Source: torch.nn.functional.tanh.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.tanh(npnn.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    return as_input(input, "tanh").tanh()


def logsigmoid(input: Any) -> Tensor:
    """The logarithm of the sigmoid, element by element, without overflow.

    Args:
        input: a floating-point tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.logsigmoid.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.logsigmoid(npnn.tensor([0.0, -1000.0]))
        tensor([-6.9315e-01, -1.0000e+03])
    """
    return ops.LogSigmoid.apply(as_floating(input, "logsigmoid"))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + exp(β x)) / β, element by element: a smooth max(x, 0).

    Args:
        input: a floating-point tensor or array of any shape.
        beta: how sharp the bend is.
        threshold: where β x exceeds it, the result is x.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.softplus.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.softplus(npnn.tensor([0.0, 1.0]))
        tensor([0.6931, 1.3133])
    """
    return ops.Softplus.apply(as_floating(input, "softplus"), beta=beta, threshold=threshold)


def silu(input: Any, inplace: bool = False) -> Tensor:
    """x σ(x) with the sigmoid σ, element by element; also known as swish.

    Args:
        input: a floating-point tensor or array of any shape.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.silu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.silu(npnn.tensor([-1.0, 1.0]))
        tensor([-0.2689,  0.7311])
    """
    x = as_floating(input, "silu")
    y = ops.SiLU.apply(x)
    return x._assign(y) if inplace else y


def mish(input: Any, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x)), element by element.

    Args:
        input: a floating-point tensor or array of any shape.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.mish.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.mish(npnn.tensor([-1.0, 1.0]))
        tensor([-0.3034,  0.8651])
    """
    x = as_floating(input, "mish")
    y = ops.Mish.apply(x)
    return x._assign(y) if inplace else y


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (exp(x) - 1).

    Args:
        input: a floating-point tensor or array of any shape.
        alpha: the result approaches -alpha for large negative x.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.elu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.elu(npnn.tensor([-1.0, 1.0]))
        tensor([-0.6321,  1.0000])
    """
    return _elu("elu", input, inplace, alpha=alpha)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (exp(x / α) - 1).

    Args:
        input: a floating-point tensor or array of any shape.
        alpha: the result approaches -alpha for large negative x.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: alpha is 0.
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.celu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.celu(npnn.tensor([-1.0, 1.0]), alpha=2.0)
        tensor([-0.7869,  1.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _elu("celu", input, inplace, alpha=alpha, c=1 / alpha, slope_c=1 / float(np.float32(alpha)))


def selu(input: Any, inplace: bool = False) -> Tensor:
    """scale x where x > 0, else scale α (exp(x) - 1), which keeps mean 0 and variance 1 from layer to layer.

    α = 1.6732632423543772 and scale = 1.0507009873554805.

    Args:
        input: a floating-point tensor or array of any shape.
        inplace: write the result into `input`.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.selu; Klambauer et al., Self-normalizing neural networks, 2017.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.selu(npnn.tensor([-1.0, 1.0]))
        tensor([-1.1113,  1.0507])
    """
    return _elu("selu", input, inplace, alpha=1.6732632423543772, scale=1.0507009873554805)


def _elu(name: str, input: Any, inplace: bool, **options: float) -> Tensor:
    x = as_floating(input, name)
    y = ops.ELU.apply(x, **options)
    return x._assign(y) if inplace else y


def elu_(input: Any, alpha: float = 1.0) -> Tensor:
    """`elu` in place. Source: torch.nn.functional.elu_."""
    return elu(input, alpha, inplace=True)


def celu_(input: Any, alpha: float = 1.0) -> Tensor:
    """`celu` in place. Source: torch.nn.functional.celu_."""
    return celu(input, alpha, inplace=True)


def selu_(input: Any) -> Tensor:
    """`selu` in place. Source: torch.nn.functional.selu_."""
    return selu(input, inplace=True)


def gelu(input: Any, *, approximate: str = "none") -> Tensor:
    """x Φ(x), element by element, with Φ the standard normal distribution function.

    Args:
        input: a floating-point tensor or array of any shape.
        approximate: "none", or "tanh" for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Returns:
        A tensor of the same shape.

    Raises:
        RuntimeError: `approximate` is neither.
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.gelu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.gelu(npnn.tensor([-1.0, 1.0]))
        tensor([-0.1587,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")
    x = as_floating(input, "gelu")
    return ops.GELUTanh.apply(x) if approximate == "tanh" else ops.GELU.apply(x)


def glu(input: Any, dim: int = -1) -> Tensor:
    """a σ(b), where a and b are the first and the second half of the input along an axis.

    Args:
        input: a floating-point tensor or array.
        dim: the axis, of even length. On npnn the channels of an image are on the last.

    Returns:
        A tensor with half the length along that axis.

    Raises:
        RuntimeError: the length of the axis is odd, or the input has no axes.
        IndexError: there is no such axis.
        NotImplementedError: the input is not floating-point.

    Source: torch.nn.functional.glu.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.glu(npnn.tensor([1.0, 2.0, 0.0, 0.0]))
        tensor([0.5000, 1.0000])
    """
    x = as_floating(input, "glu")
    if x.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    axis = axis_of(dim, x.ndim)
    if x.shape[axis] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {axis} is size {x.shape[axis]}")
    return ops.GLU.apply(x, axis=axis)


def softsign(input: Any) -> Tensor:
    """x / (1 + |x|), element by element.

    Args:
        input: a tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is bool.

    Source: torch.nn.functional.softsign.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.softsign(npnn.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    return ops.Softsign.apply(as_floating(input, "softsign", from_integers=True))


def tanhshrink(input: Any) -> Tensor:
    """x - tanh x, element by element.

    Args:
        input: a tensor or array of any shape.

    Returns:
        A tensor of the same shape.

    Raises:
        NotImplementedError: the input is bool.

    Source: torch.nn.functional.tanhshrink.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.tanhshrink(npnn.tensor([-1.0, 3.0]))
        tensor([-0.2384,  2.0049])
    """
    return ops.Tanhshrink.apply(as_floating(input, "tanhshrink", from_integers=True))


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) divided by its sum along an axis: numbers between 0 and 1 that add up to 1.

    Args:
        input: a tensor or array of any shape.
        dim: the axis. As on torch it may be left out, with a warning: it is then 0 for 0, 1 or 3 axes, else
            1.
        dtype: compute in this dtype.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: there is no such axis.
        NotImplementedError: the dtype is not a floating-point one.

    Source: torch.nn.functional.softmax.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.softmax(npnn.tensor([1.0, 1.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    x = as_floating(input, "softmax", dtype)
    return ops.Softmax.apply(x, axis=_softmax_axis("softmax", x, dim, _stacklevel))


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The softmax of -x: the least number gets the most.

    Args:
        input: a tensor or array of any shape.
        dim: the axis; left out, as of `softmax`.
        dtype: compute in this dtype.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: there is no such axis.
        NotImplementedError: the dtype is not a floating-point one.

    Source: torch.nn.functional.softmin.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.softmin(npnn.tensor([1.0, 2.0]), dim=0)
        tensor([0.7311, 0.2689])
    """
    x = as_floating(input, "softmin", dtype)
    return ops.Softmax.apply(-x, axis=_softmax_axis("softmin", x, dim, _stacklevel))


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`, without overflow and without the loss of small values.

    Args:
        input: a tensor or array of any shape.
        dim: the axis. As on torch it may be left out, with a warning: it is then 0 for 0, 1 or 3 axes, else
            1.
        dtype: compute in this dtype.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: there is no such axis.
        NotImplementedError: the dtype is not a floating-point one.

    Source: torch.nn.functional.log_softmax.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> F.log_softmax(npnn.tensor([1.0, 1.0]), dim=0)
        tensor([-0.6931, -0.6931])
    """
    x = as_floating(input, "log_softmax", dtype)
    return ops.LogSoftmax.apply(x, axis=_softmax_axis("log_softmax", x, dim, _stacklevel))


def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """The softmax of (x + g) / τ, where g is drawn from the Gumbel distribution: a soft draw of one class.

    Args:
        logits: a floating-point tensor or array, the logarithms of class weights along an axis.
        tau: the temperature; the lower, the nearer to one-hot.
        hard: give the one-hot of the class that was drawn, with the gradient of the soft draw.
        eps: ignored, as on torch.
        dim: the axis.

    Returns:
        A tensor of the same shape, which sums to 1 along the axis.

    Raises:
        RuntimeError: the input is not floating-point.
        IndexError: there is no such axis.

    Source: torch.nn.functional.gumbel_softmax, whose draws it repeats from the same seed; Jang, Gu and Poole,
    Categorical reparameterization with Gumbel-softmax, 2016.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> _ = npnn.manual_seed(0)
        >>> F.gumbel_softmax(npnn.tensor([0.0, 1.0, 2.0]), hard=True)
        tensor([0., 0., 1.])
    """
    x = as_floating(logits, "gumbel_softmax")
    axis = axis_of(dim, x.ndim)
    # -ln of an exponential variable has the Gumbel distribution.
    gumbel = -np.log(default_generator.exponential(x.shape, dtype=x.dtype))
    soft = ops.Softmax.apply((x + gumbel) / tau, axis=axis)
    if not hard:
        return soft
    rows = soft.array.reshape(soft.shape or (1,))
    one_hot = np.zeros_like(rows)
    np.put_along_axis(one_hot, rows.argmax(axis, keepdims=True), 1, axis)
    # The value is the one-hot, the gradient that of the soft draw.
    return (one_hot.reshape(soft.shape) - soft.detach()) + soft


def _softmax_axis(name: str, x: Tensor, dim: int | None, stacklevel: int) -> int:
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as"
            " an argument.",
            stacklevel=stacklevel,
        )
        return 0 if x.ndim in (0, 1, 3) else 1
    return axis_of(dim, x.ndim)

"""Smooth activations, and the softmax family, as modules. Those made of straight lines are in `piecewise`."""

from __future__ import annotations

import numpy as np

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class Sigmoid(Module):
    """1 / (1 + exp(-x)), element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Sigmoid.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Sigmoid()(npnn.tensor([0.0]))
        tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns 1 / (1 + exp(-x))."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Tanh.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Tanh()(npnn.tensor([1.0]))
        tensor([0.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns tanh x."""
        return F.tanh(input)


class LogSigmoid(Module):
    """The logarithm of the sigmoid, element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.LogSigmoid.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LogSigmoid()(npnn.tensor([0.0]))
        tensor([-0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns ln σ(x)."""
        return F.logsigmoid(input)


class Softplus(Module):
    """ln(1 + exp(β x)) / β, element by element: a smooth max(x, 0).

    Args:
        beta: how sharp the bend is.
        threshold: where β x exceeds it, the result is x.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Softplus.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softplus()(npnn.tensor([0.0]))
        tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Returns ln(1 + exp(β x)) / β."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The two numbers, for repr."""
        return f"beta={self.beta}, threshold={self.threshold}"


class SiLU(Module):
    """x σ(x), element by element; also known as swish.

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.SiLU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.SiLU()(npnn.tensor([1.0]))
        tensor([0.7311])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x σ(x)."""
        return F.silu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, for repr."""
        return "inplace=True" if self.inplace else ""


class Mish(Module):
    """x tanh(softplus(x)), element by element.

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Mish.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Mish()(npnn.tensor([1.0]))
        tensor([0.8651])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x tanh(softplus(x))."""
        return F.mish(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, for repr."""
        return "inplace=True" if self.inplace else ""


class ELU(Module):
    """x where x > 0, else α (exp(x) - 1).

    Args:
        alpha: the result approaches -alpha for large negative x.
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.ELU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ELU()(npnn.tensor([-1.0, 1.0]))
        tensor([-0.6321,  1.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or α (exp(x) - 1) where x is negative."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """α, and whether it works in place, for repr."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(Module):
    """x where x > 0, else α (exp(x / α) - 1).

    Args:
        alpha: the result approaches -alpha for large negative x.
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.CELU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.CELU(2.0)(npnn.tensor([-1.0, 1.0]))
        tensor([-0.7869,  1.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns x, or α (exp(x / α) - 1) where x is negative."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """α, and whether it works in place, for repr."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class SELU(Module):
    """scale times ELU with an α, two constants that keep mean 0 and variance 1 from layer to layer.

    Args:
        inplace: write the result into the input.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.SELU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.SELU()(npnn.tensor([-1.0, 1.0]))
        tensor([-1.1113,  1.0507])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Returns scale x, or scale α (exp(x) - 1) where x is negative."""
        return F.selu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, for repr."""
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """x Φ(x), element by element, with Φ the standard normal distribution function.

    Args:
        approximate: "none", or "tanh" for a formula with tanh in place of Φ.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.GELU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.GELU()(npnn.tensor([-1.0, 1.0]))
        tensor([-0.1587,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Returns x Φ(x)."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The kind of approximation, for repr."""
        return f"approximate={self.approximate!r}"


class GLU(Module):
    """a σ(b), where a and b are the halves of the input along an axis.

    Args:
        dim: the axis, of even length. On npnn the channels of an image are on the last.

    Shape:
        - Input: (*, 2 n, *). Output: (*, n, *).

    Source: torch.nn.GLU.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.GLU()(npnn.tensor([1.0, 2.0, 0.0, 0.0]))
        tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Returns a σ(b)."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The axis, for repr."""
        return f"dim={self.dim}"


class Softsign(Module):
    """x / (1 + |x|), element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Softsign.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softsign()(npnn.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns x / (1 + |x|)."""
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh x, element by element.

    Shape:
        - Input: (*). Output: (*).

    Source: torch.nn.Tanhshrink.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Tanhshrink()(npnn.tensor([3.0]))
        tensor([2.0049])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns x - tanh x."""
        return F.tanhshrink(input)


class Softmax(Module):
    """exp(x) divided by its sum along an axis.

    Args:
        dim: the axis. As on torch it may be left out, with a warning.

    Shape:
        - Input: (*). Output: (*), numbers between 0 and 1 that add up to 1 along the axis.

    Source: torch.nn.Softmax.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softmax(dim=1)(npnn.tensor([[1.0, 1.0]]))
        tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = _checked_dim(dim)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the softmax of x."""
        return F.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The axis, for repr."""
        return f"dim={self.dim}"


class Softmin(Module):
    """The softmax of -x along an axis: the least number gets the most.

    Args:
        dim: the axis. As on torch it may be left out, with a warning.

    Shape:
        - Input: (*). Output: (*), numbers between 0 and 1 that add up to 1 along the axis.

    Source: torch.nn.Softmin.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softmin(dim=0)(npnn.tensor([1.0, 2.0]))
        tensor([0.7311, 0.2689])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = _checked_dim(dim)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the softmax of -x."""
        return F.softmin(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The axis, for repr."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """The softmax over the channels of an image, which are on the last axis.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: the same.

    Raises:
        ValueError: the input has another number of axes.

    Source: torch.nn.Softmax2d, channels last.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.Softmax2d()(npnn.zeros(1, 1, 4))
        tensor([[[0.2500, 0.2500, 0.2500, 0.2500]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Returns the softmax over the last axis."""
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -1, _stacklevel=5)


class LogSoftmax(Module):
    """The logarithm of the softmax along an axis.

    Args:
        dim: the axis. As on torch it may be left out, with a warning.

    Shape:
        - Input: (*). Output: (*), numbers of at most 0.

    Source: torch.nn.LogSoftmax.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.LogSoftmax(dim=1)(npnn.tensor([[1.0, 1.0]]))
        tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = _checked_dim(dim)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the logarithm of the softmax of x."""
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The axis, for repr."""
        return f"dim={self.dim}"


def _checked_dim(dim: int | None) -> int | None:
    if dim is not None and (isinstance(dim, bool) or not isinstance(dim, (int, np.integer))):
        raise TypeError(f"dim must be an int or None, got {type(dim)}")
    return dim

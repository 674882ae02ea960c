"""Conv2D: a kernel slides over images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from npnn._typing import Array, Shape
from npnn.autograd.function import Context
from npnn.cs189._common import floating
from npnn.cs189.activations import Activation, initialize_activation
from npnn.cs189.layers.layer import Layer
from npnn.cs189.weights import initialize_weights
from npnn.ops.conv import Conv

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Pad: TypeAlias = int | Literal["same", "valid"]


def zero_padding(pad: Pad, kernel_shape: tuple[int, int]) -> tuple[int, int]:
    """How many zeros go on each side of the rows, and of the columns.

    Args:
        pad: "same" keeps the size of the image if the kernel is odd and the stride 1; "valid" adds none; or
            a number, for all sides.
        kernel_shape: height and width of the kernel.

    Returns:
        The two numbers.

    Raises:
        ValueError: `pad` is none of these, or negative.

    Examples:
        >>> zero_padding("same", (3, 5)), zero_padding("valid", (3, 5)), zero_padding(4, (3, 5))
        ((1, 2), (0, 0), (4, 4))
    """
    height, width = kernel_shape
    if pad == "same":
        return (height - 1) // 2, (width - 1) // 2
    if pad == "valid":
        return 0, 0
    if isinstance(pad, int) and pad >= 0:
        return pad, pad
    raise ValueError(f'pad must be "same", "valid" or a number of zeros, but got {pad!r}')


class Conv2D(Layer):
    """Y = f(Z), where Z is the cross-correlation of X with W, plus b.

    With s the stride and p the padding, for every output channel o

        Z[n, i, j, o] = b[o] + Σ_{u, v, c} X[n, s i + u - p, s j + v - p, c] W[u, v, c, o]

    and X counts as 0 beside its edges. dX, dW and db are the sums of dZ times the other factor over the
    same terms: see `npnn.ops.conv`.

    The first forward makes the parameters W (kh, kw, n_in, n_out) and b (1, n_out), when it sees how many
    channels the input has. The cache has Z, X and ctx. The homework draws W as if its height were the
    fan-in; here the fan-in is kh kw n_in, all that an output adds up.

    Args:
        n_out: the number of output channels.
        kernel_shape: height and width of the kernel.
        activation: the name of f.
        stride: the step from one position of the kernel to the next.
        pad: "same", "valid" or a number of zeros: see `zero_padding`.
        weight_init: the name of what draws the first W; b begins as zeros.

    Shape:
        X: (m, rows, columns, n_in). Output: (m, rows', columns', n_out), with rows' = ⌊(rows + 2p - kh) / s⌋
        + 1 and columns' likewise.

    Raises:
        ValueError: `pad` is none of the above.

    Examples:
        >>> layer = Conv2D(n_out=4, kernel_shape=(3, 5), activation="relu", stride=2)
        >>> Y = layer.forward(np.ones((2, 9, 8, 3)))
        >>> Y.shape, layer.backward(np.ones(Y.shape)).shape, layer.gradients["W"].shape
        ((2, 5, 4, 4), (2, 9, 8, 3), (3, 5, 3, 4))
    """

    def __init__(
        self,
        n_out: int,
        kernel_shape: tuple[int, int],
        activation: str,
        stride: int = 1,
        pad: Pad = "same",
        weight_init: str = "xavier_uniform",
    ) -> None:
        super().__init__()
        self.n_out: int = n_out
        self.kernel_shape = kernel_shape
        self.stride = stride
        self.pad = zero_padding(pad, kernel_shape)
        self.activation: Activation = initialize_activation(activation)
        self.init_weights = initialize_weights(weight_init, activation)

    def _init_parameters(self, X_shape: Shape) -> None:
        """Makes the parameters for inputs of that shape."""
        self.n_in = X_shape[3]
        shape = (*self.kernel_shape, self.n_in, self.n_out)
        self._set_parameters(W=self.init_weights(shape, self.generator), b=np.zeros((1, self.n_out)))

    def forward(self, X: ArrayLike) -> Array:
        """Slides the kernel over the images.

        Args:
            X: the images, channels last.

        Returns:
            The output.

        Raises:
            ValueError: X are no images, have another number of channels than the first ones had, or are
                smaller than the kernel.
        """
        X = floating(X)
        if X.ndim != 4 or self.n_in not in (None, X.shape[3]):
            channels = "n_in" if self.n_in is None else self.n_in
            raise ValueError(f"Conv2D expects images (m, rows, columns, {channels}), but got shape {X.shape}")
        refuse_small("Conv2D", X.shape, self.kernel_shape, self.pad)
        if self.n_in is None:
            self._init_parameters(X.shape)
        W, b = self.parameters["W"], self.parameters["b"]
        ctx = Context()
        Z = Conv.forward(
            ctx,
            floating(X, W),
            W,
            b,
            stride=(self.stride, self.stride),
            padding=tuple((zeros, zeros) for zeros in self.pad),
            dilation=(1, 1),
        )
        self.cache.update(Z=Z, X=X, ctx=ctx)
        return self.activation(Z)

    def backward(self, dLdY: ArrayLike) -> Array:
        """Goes back from dL/dY to dL/dX, and leaves dL/dW and dL/db in `gradients`.

        Args:
            dLdY: the gradient of the loss by the output.

        Returns:
            The gradient of the loss by the input.

        Raises:
            RuntimeError: there was no forward.
        """
        dZ = self.activation.backward(self._cached("Z"), dLdY)
        dX, dW, db = Conv.backward(self._context(), dZ)
        self.gradients.update(W=dW, b=db.reshape(1, -1))
        return dX


def refuse_small(layer: str, shape: Shape, kernel_shape: tuple[int, int], pad: tuple[int, int]) -> None:
    """Refuses images into which, with their padding, the kernel does not fit once.

    Args:
        layer: the name of the layer, for the error.
        shape: of the images.
        kernel_shape: height and width of the kernel.
        pad: the zeros on each side.

    Raises:
        ValueError: the kernel is larger than the images.
    """
    padded = tuple(size + 2 * zeros for size, zeros in zip(shape[1:3], pad, strict=True))
    if any(size < kernel for size, kernel in zip(padded, kernel_shape, strict=True)):
        raise ValueError(
            f"{layer}'s kernel {tuple(kernel_shape)} does not fit into images that are {padded} with padding"
        )

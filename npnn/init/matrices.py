"""Random matrices with a structure: orthogonal and sparse ones."""

from __future__ import annotations

import math

import numpy as np

from npnn.init.distributions import normal_
from npnn.init.layout import in_torch_order, require_matrix
from npnn.random import Generator, default_generator
from npnn.tensors import Tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fills a weight with a (semi-)orthogonal matrix, uniformly distributed.

    The matrix is the Q of a normal matrix's QR decomposition, with the signs that make R's diagonal positive:
    without them Q would not be uniform. A kernel is taken as the matrix (out, in/groups · k) that it is on
    torch.

    Args:
        tensor: the weight to fill: a layer's, or one in torch's order, (out, in/groups, *k).
        gain: a factor of the result.
        generator: the generator to draw from; None is the default one.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor has fewer than two axes.

    Source: torch.nn.init.orthogonal_; Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics
    of learning in deep linear neural networks" (2014); Mezzadri, "How to generate random matrices from the
    classical compact groups" (2007), for the signs.

    Examples:
        >>> import npnn
        >>> w = npnn.init.orthogonal_(npnn.empty(5, 3, dtype=npnn.float64))
        >>> np.allclose(w.array.T @ w.array, np.eye(3))
        True
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"Only tensors with 2 or more dimensions are supported, but got one with {tensor.ndim}"
        )
    view = in_torch_order(tensor)
    if view.size == 0:
        return tensor
    rows, cols = len(view), view.size // len(view)
    matrix = (generator or default_generator).normal((rows, cols), 0.0, 1.0, view.dtype)
    q, r = np.linalg.qr(matrix.T if rows < cols else matrix)
    q *= np.sign(np.diagonal(r))
    view[...] = (q.T if rows < cols else q).reshape(view.shape)
    view *= gain
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fills a matrix with normal draws, of which the same number are set to zero for each input.

    Args:
        tensor: the matrix to fill: a layer's weight, or one in torch's order, (out, in).
        sparsity: the part of each input's outgoing weights that are zero, rounded up to a whole number.
        std: the standard deviation of the others.
        generator: the generator to draw the values from; None is the default one. Which of them are zero is
            drawn from the default one in any case, as on torch.

    Returns:
        The tensor.

    Raises:
        ValueError: the tensor is no matrix.

    Source: torch.nn.init.sparse_; Martens, "Deep learning via Hessian-free optimization" (2010).

    Examples:
        >>> import npnn
        >>> w = npnn.init.sparse_(npnn.empty(4, 5), sparsity=0.5)
        >>> (w.array == 0).sum(axis=0).tolist()
        [2, 2, 2, 2, 2]
    """
    require_matrix(tensor)
    normal_(tensor, 0.0, std, generator)
    view = in_torch_order(tensor)
    rows, cols = view.shape
    zeros = math.ceil(sparsity * rows)
    for col in range(cols):
        view[default_generator.randperm(rows)[:zeros], col] = 0
    return tensor

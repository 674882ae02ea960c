"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from npnn.tensors import Tensor
from npnn.tensors.functions import cat


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, flattened, one after another.

    Args:
        parameters: the parameters; elements come in npnn's order, a Linear's weight as (in, out).

    Returns:
        One vector, on the tape.

    Source: torch.nn.utils.parameters_to_vector.

    Examples:
        >>> import npnn
        >>> parameters_to_vector([npnn.ones(2, 2), npnn.zeros(1)])
        tensor([1., 1., 1., 1., 0.])
    """
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Takes a vector apart into the values of parameters: the inverse of `parameters_to_vector`.

    Args:
        vec: the vector; what is left over is ignored, as on torch.
        parameters: the parameters, whose values become parts of it.

    Raises:
        TypeError: `vec` is no tensor.
        RuntimeError: the vector is too short.

    Source: torch.nn.utils.vector_to_parameters.

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.zeros(2))
        >>> vector_to_parameters(npnn.tensor([3.0, 4.0]), [weight])
        >>> weight.tolist()
        [3.0, 4.0]
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].reshape(parameter.shape).data
        start = end

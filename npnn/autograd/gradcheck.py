"""Checks of gradients against finite differences: gradcheck and gradgradcheck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.autograd import function as _function
from npnn.autograd.engine import grad
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad


class GradcheckError(RuntimeError):
    """An analytic gradient and its finite difference disagree."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Compares the whole Jacobian that backward gives with central differences.

    For every input that requires grad and every output, J[i, j] = d output_j / d input_i is computed twice:
    row by row of backward with one-hot gradients, and as (f(x + eps) - f(x - eps)) / (2 eps). Give inputs in
    float64: in float32 the differences are mostly rounding.

    Args:
        func: a function of the inputs that returns a tensor or several.
        inputs: a tensor or a tuple of arguments; those that require grad are checked.
        eps: the step of the differences.
        atol: absolute tolerance.
        rtol: relative tolerance.
        raise_exception: raise on disagreement, rather than return False.
        nondet_tol: how far two runs of backward may differ.

    Returns:
        True if all entries agree.

    Raises:
        GradcheckError: they do not; it names the worst entry.
        ValueError: no input requires grad, or one is not float64.

    Source: torch.autograd.gradcheck.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([0.3, -1.2], dtype=npnn.float64, requires_grad=True)
        >>> npnn.autograd.gradcheck(lambda x: (x * x).sin(), x)
        True
    """
    arguments = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    checked = [
        (i, x) for i, x in enumerate(arguments) if isinstance(x, _function._tensor) and x.requires_grad
    ]
    if not checked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, got none")
    for number, x in checked:
        if x.array.dtype != np.float64:
            raise ValueError(f"gradcheck expects inputs in float64, but input {number} is {x.array.dtype}")
    try:
        outputs = _outputs(func, arguments)
        for j in range(len(outputs)):
            for i, x in checked:
                analytic = _analytic(outputs[j], x)
                again = _analytic(outputs[j], x)
                if not np.allclose(analytic, again, rtol=0, atol=nondet_tol, equal_nan=True):
                    raise GradcheckError(
                        f"Backward is not reentrant: two runs for output {j}, input {i} differ"
                    )
                numeric = numeric_jacobian(func, arguments, x, j, eps)
                _compare(analytic, numeric, i, j, x.array.shape, outputs[j].array.shape, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    seed: int = 0,
) -> bool:
    """`gradcheck` of the gradient: compares second derivatives with central differences of the first.

    Args:
        func: a function of the inputs that returns a tensor or several.
        inputs: a tensor or a tuple of arguments; those that require grad are checked.
        grad_outputs: the gradients of the outputs. Default: random ones.
        eps: the step of the differences.
        atol: absolute tolerance.
        rtol: relative tolerance.
        raise_exception: raise on disagreement, rather than return False.
        nondet_tol: how far two runs of backward may differ.
        seed: for the random gradients.

    Returns:
        True if all entries agree.

    Raises:
        GradcheckError: they do not; it names the worst entry.

    Source: torch.autograd.gradgradcheck.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([0.3, -1.2], dtype=npnn.float64, requires_grad=True)
        >>> npnn.autograd.gradgradcheck(lambda x: x**3, x)
        True
    """
    arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    outputs = [y for y in _outputs(func, arguments) if y.requires_grad]
    if grad_outputs is None:
        random = np.random.default_rng(seed)
        cotangents = [wrap(random.standard_normal(y.array.shape).astype(y.array.dtype)) for y in outputs]
        for cotangent in cotangents:
            cotangent.requires_grad = True
    else:
        cotangents = list(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else [grad_outputs]
    count = len(arguments)

    def gradient(*both: Any) -> tuple[Any, ...]:
        xs = [x for x in both[:count] if isinstance(x, _function._tensor) and x.requires_grad]
        ys = [y for y in _outputs(func, both[:count]) if y.requires_grad]
        found = grad(ys, xs, list(both[count:]), create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(gradient, (*arguments, *cotangents), eps, atol, rtol, raise_exception, nondet_tol)


@enable_grad()
def _outputs(func: Callable[..., Any], arguments: Any) -> list[Any]:
    """The outputs of a function that may depend on its inputs smoothly: those of floating-point numbers."""
    result = func(*arguments)
    results = result if isinstance(result, (tuple, list)) else (result,)
    return [y for y in results if isinstance(y, _function._tensor) and y.is_floating_point()]


def _analytic(output: Any, x: Any) -> Array:
    """The Jacobian by backward, (size of x, size of output)."""
    jacobian = np.zeros((x.array.size, output.array.size), x.array.dtype)
    if not output.requires_grad:
        return jacobian
    for j in range(output.array.size):
        one_hot = np.zeros(output.array.size, output.array.dtype)
        one_hot[j] = 1
        (dx,) = grad(
            output, x, wrap(one_hot.reshape(output.array.shape)), retain_graph=True, allow_unused=True
        )
        if dx is not None:
            jacobian[:, j] = dx.array.reshape(-1)
    return jacobian


def numeric_jacobian(func: Callable[..., Any], arguments: Any, x: Any, number: int, eps: float) -> Array:
    """The Jacobian of an output by central differences.

    Args:
        func: the function.
        arguments: what it is called on.
        x: the tensor among them whose entries are moved in place, and put back.
        number: which of the outputs.
        eps: the step.

    Returns:
        (size of x, size of the output).
    """
    size = _outputs(func, arguments)[number].array.size
    jacobian = np.zeros((x.array.size, size), x.array.dtype)
    for row, place in enumerate(np.ndindex(x.array.shape)):
        kept = x.array[place].copy()
        x.array[place] = kept + eps
        above = _outputs(func, arguments)[number].array.copy()
        x.array[place] = kept - eps
        below = _outputs(func, arguments)[number].array.copy()
        x.array[place] = kept
        jacobian[row] = ((above - below) / (2 * eps)).reshape(-1)
    return jacobian


def _compare(
    analytic: Array, numeric: Array, i: int, j: int, shape: Any, out_shape: Any, atol: float, rtol: float
) -> None:
    if np.allclose(analytic, numeric, rtol, atol, equal_nan=True):
        return
    difference = np.abs(analytic - numeric) - rtol * np.abs(numeric)
    row, column = np.unravel_index(int(np.nanargmax(difference)), analytic.shape)
    raise GradcheckError(
        f"Jacobian mismatch for output {j} with respect to input {i}: d output{_place(column, out_shape)} / d"
        f" input{_place(row, shape)} is {analytic[row, column]:.10g} by backward, {numeric[row, column]:.10g}"
        " by central differences"
    )


def _place(number: Any, shape: Any) -> list[int]:
    return [int(k) for k in np.unravel_index(int(number), shape)] if shape else []

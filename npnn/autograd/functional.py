"""Derivatives of functions: Jacobians, Hessians, and their products with vectors.

All are made of the engine's `grad`. A product with the Jacobian from the right, which forward-mode
differentiation would give at once, comes from differentiating twice: vᵀJ is linear in v, and the gradient of
(vᵀJ)u with respect to v is J u.

Source: torch.autograd.functional.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from npnn.autograd import engine
from npnn.autograd import function as _function
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Any, ...]

_OUTPUTS = "outputs of the user-provided function"
_STRICT = "This is not allowed in strict mode"


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product vᵀJ of a vector and the Jacobian of a function.

    Args:
        func: takes tensors and returns a tensor or a tuple of them.
        inputs: where to differentiate, a tensor or a tuple of them.
        v: of the shape of the outputs; may be left out for one output of one element, where it is 1.
        create_graph: give results that can be differentiated further.
        strict: an output that is independent of an input is an error, and not a derivative of zeros.

    Returns:
        The outputs, and the product: of the shape of the inputs.

    Raises:
        RuntimeError: v is missing or of another shape, or `strict` found an independence.
        TypeError: something is neither a tensor nor a tuple of them.

    Source: torch.autograd.functional.vjp.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([1.0, 2.0])
        >>> vjp(lambda x: x**2, x, npnn.ones(2))
        (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        xs, xs_tuple = _fresh_inputs(inputs, "vjp", create_graph)
        ys, ys_tuple = _outputs(func, xs, "vjp", strict)
        if v is None and not _is_single(ys):
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a"
                " single element."
            )
        cotangents = _vector(v, ys, ys_tuple, "vjp", create_graph)
        gradients = _grad(ys, xs, cotangents, create_graph)
        product = _without_none(
            gradients, xs, "output of the user-provided function", "jacobian", create_graph, strict
        )
    return _as_given(ys, ys_tuple, create_graph), _as_given(product, xs_tuple, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product J v of the Jacobian of a function and a vector, by differentiating twice.

    Args:
        func: takes tensors and returns a tensor or a tuple of them.
        inputs: where to differentiate, a tensor or a tuple of them.
        v: of the shape of the inputs; may be left out for one input of one element, where it is 1.
        create_graph: give results that can be differentiated further.
        strict: an output that is independent of an input is an error, and not a derivative of zeros.

    Returns:
        The outputs, and the product: of the shape of the outputs.

    Raises:
        RuntimeError: v is missing or of another shape, or `strict` found an independence.
        TypeError: something is neither a tensor nor a tuple of them.

    Source: torch.autograd.functional.jvp.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([1.0, 2.0])
        >>> jvp(lambda x: x**2, x, npnn.tensor([1.0, 0.0]))
        (tensor([1., 4.]), tensor([2., 0.]))
    """
    with enable_grad():
        xs, xs_tuple = _fresh_inputs(inputs, "jvp", create_graph)
        tangents = _input_vector(v, xs, xs_tuple, "jvp", create_graph)
        ys, ys_tuple = _outputs(func, xs, "jvp", strict)
        # vᵀJ is linear in v, so that any v will do to differentiate it at.
        cotangents = _zeros_on_tape(ys)
        gradients = _grad(ys, xs, cotangents, create_graph=True)
        if strict:
            _require_grad(
                gradients,
                lambda i: (
                    f"The gradient with respect to input {i} is independent of the inputs of the"
                    f" user-provided function. {_STRICT}."
                ),
            )
        products = _grad(gradients, cotangents, tangents, create_graph)
        product = _without_none(
            products, ys, "gradient with respect to the input", "jacobian", create_graph, strict
        )
    return _as_given(ys, ys_tuple, create_graph), _as_given(product, ys_tuple, create_graph)


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of a function, one backward for each element of its outputs.

    Args:
        func: takes tensors and returns a tensor or a tuple of them.
        inputs: where to differentiate, a tensor or a tuple of them.
        create_graph: give a result that can be differentiated further.
        strict: an output that is independent of an input is an error, and not a derivative of zeros.
        vectorize: accepted; the rows are computed one by one in any case.
        strategy: "reverse-mode", or "forward-mode" with `vectorize`, which gives the same numbers.

    Returns:
        A tensor of shape (*output, *input); for a tuple of inputs a tuple of those, and for a tuple of
        outputs a tuple with an entry for each output.

    Raises:
        RuntimeError: `strict` found an independence, or is set with `vectorize`.
        TypeError: something is neither a tensor nor a tuple of them.
        NotImplementedError: "forward-mode" without `vectorize`.
        AssertionError: another strategy.

    Source: torch.autograd.functional.jacobian.

    Examples:
        >>> import npnn
        >>> jacobian(lambda x: x**2, npnn.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    _check_strategy(strategy, strict, vectorize)
    with enable_grad():
        xs, xs_tuple = _fresh_inputs(inputs, "jacobian", create_graph)
        ys, ys_tuple = _outputs(func, xs, "jacobian", strict)
        blocks = tuple([_jacobian_of(number, y, xs, create_graph, strict) for number, y in enumerate(ys)])
    rows = tuple([_as_given(block, xs_tuple, create_graph) for block in blocks])
    return rows if ys_tuple else rows[0]


def _jacobian_of(number: int, y: Any, xs: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The Jacobians of one output with respect to each input."""
    columns: list[list[Any]] = [[] for _ in xs]
    for place in np.ndindex(y.array.shape):
        one_hot = np.zeros_like(y.array)
        one_hot[place] = 1
        for i, gradient in enumerate(_grad((y,), xs, (wrap(one_hot),), create_graph, retain_graph=True)):
            if strict and gradient is None:
                raise RuntimeError(
                    f"Output {number} of the user-provided function is independent of input {i}. {_STRICT}."
                )
            if strict and create_graph and not gradient.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {i}. {_STRICT} when"
                    " create_graph=True."
                )
            columns[i].append(wrap(np.zeros_like(xs[i].array)) if gradient is None else gradient)
    return tuple(
        [
            (
                np.stack(column).reshape(*y.array.shape, *x.array.shape)
                if column
                else wrap(np.zeros((*y.array.shape, *x.array.shape), x.array.dtype))
            )
            for x, column in zip(xs, columns, strict=True)
        ]
    )


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a function of one value: the Jacobian of its gradient.

    Args:
        func: takes tensors and returns a tensor of one element.
        inputs: where to differentiate, a tensor or a tuple of them.
        create_graph: give a result that can be differentiated further.
        strict: a gradient that is independent of an input is an error, and not a derivative of zeros.
        vectorize: accepted, as `jacobian` has it.
        outer_jacobian_strategy: how the outer Jacobian is computed, as `jacobian` has it.

    Returns:
        A tensor of shape (*input, *input); for a tuple of inputs a tuple of tuples, whose entry `[i][j]` has
        the shape `(*inputs[i], *inputs[j])`.

    Raises:
        RuntimeError: func returns anything but one tensor of one element, or `strict` found an independence.
        TypeError: something is neither a tensor nor a tuple of them.
        NotImplementedError: "forward-mode" without `vectorize`.
        AssertionError: another strategy.

    Source: torch.autograd.functional.hessian.

    Examples:
        >>> import npnn
        >>> hessian(lambda x: (x**3).sum(), npnn.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    _, is_tuple = _tensors(inputs, "inputs", "hessian")

    def gradient(*xs: Any) -> Tensors:
        rows: Tensors = jacobian(lambda *xs: _single(func, xs, "hessian", strict), xs, create_graph=True)
        if strict:
            _require_grad(rows, _jacobian_independent)
        return rows

    rows = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows if is_tuple else rows[0]


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product vᵀH of a vector and the Hessian of a function of one value.

    Args:
        func: takes tensors and returns a tensor of one element.
        inputs: where to differentiate, a tensor or a tuple of them.
        v: of the shape of the inputs; may be left out for one input of one element, where it is 1.
        create_graph: give results that can be differentiated further.
        strict: a gradient that is independent of an input is an error, and not a derivative of zeros.

    Returns:
        The output, and the product: of the shape of the inputs.

    Raises:
        RuntimeError: func returns anything but one tensor of one element, v is missing or of another shape,
            or `strict` found an independence.
        TypeError: something is neither a tensor nor a tuple of them.

    Source: torch.autograd.functional.vhp.

    Examples:
        >>> import npnn
        >>> vhp(lambda x: (x**3).sum(), npnn.tensor([1.0, 2.0]), npnn.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        xs, xs_tuple = _fresh_inputs(inputs, "vhp", create_graph)
        vector = _input_vector(v, xs, xs_tuple, "vhp", create_graph)
        y, gradients = _value_and_gradient(func, xs, "vhp", strict)
        products = _grad(gradients, xs, vector, create_graph)
        product = _without_none(
            products, xs, "jacobian of the user-provided function", "hessian", create_graph, strict
        )
    return _as_given((y,), False, create_graph), _as_given(product, xs_tuple, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product H v of the Hessian of a function of one value and a vector; `vhp` is quicker.

    Args:
        func: takes tensors and returns a tensor of one element.
        inputs: where to differentiate, a tensor or a tuple of them.
        v: of the shape of the inputs; may be left out for one input of one element, where it is 1.
        create_graph: give results that can be differentiated further.
        strict: a gradient that is independent of an input is an error, and not a derivative of zeros.

    Returns:
        The output, and the product: of the shape of the inputs.

    Raises:
        RuntimeError: func returns anything but one tensor of one element, v is missing or of another shape,
            or `strict` found an independence.
        TypeError: something is neither a tensor nor a tuple of them.

    Source: torch.autograd.functional.hvp.

    Examples:
        >>> import npnn
        >>> hvp(lambda x: (x**3).sum(), npnn.tensor([1.0, 2.0]), npnn.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        xs, xs_tuple = _fresh_inputs(inputs, "hvp", create_graph)
        vector = _input_vector(v, xs, xs_tuple, "hvp", create_graph)
        y, gradients = _value_and_gradient(func, xs, "hvp", strict)
        cotangents = _zeros_on_tape(xs)
        rows = _grad(gradients, xs, cotangents, create_graph=True)
        products = _grad(rows, cotangents, vector, create_graph)
        product = _without_none(
            products, xs, "hessian of the user-provided function", "hessian", create_graph, strict
        )
    return _as_given((y,), False, create_graph), _as_given(product, xs_tuple, create_graph)


# ---- inputs, vectors and outputs


def _tensors(value: Any, what: str, name: str) -> tuple[Tensors, bool]:
    """A tensor or a tuple of them as a tuple, and whether it was one."""
    is_tuple = isinstance(value, tuple)
    values = value if is_tuple else (value,)
    for number, each in enumerate(values):
        if not isinstance(each, _function._tensor):
            which = f"value at index {number}" if is_tuple else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {which}"
                f" has type {type(each)}."
            )
    return values, is_tuple


def _fresh(tensors: Tensors, create_graph: bool, need_graph: bool) -> Tensors:
    """Tensors of the same values, on the tape if they are wanted there.

    They are new objects, so that what func captures, even one of the inputs, is a constant to it.
    """
    return tuple(
        [
            x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(need_graph)
            for x in tensors
        ]
    )


def _fresh_inputs(inputs: Any, name: str, create_graph: bool) -> tuple[Tensors, bool]:
    xs, is_tuple = _tensors(inputs, "inputs", name)
    return _fresh(xs, create_graph, need_graph=True), is_tuple


def _outputs(func: Callable[..., Any], xs: Tensors, name: str, strict: bool) -> tuple[Tensors, bool]:
    ys, is_tuple = _tensors(func(*xs), _OUTPUTS, name)
    if strict:
        _require_grad(
            ys,
            lambda i: (
                f"Output {i} of the user-provided function does not require gradients. The outputs must be"
                " computed in a differentiable manner from the input when running in strict mode."
            ),
        )
    return ys, is_tuple


def _single(func: Callable[..., Any], xs: Tensors, name: str, strict: bool) -> Any:
    """The output, without axes, of a function that may have but one, of one element."""
    ys, is_tuple = _outputs(func, xs, name, strict)
    if is_tuple:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if not _is_single(ys):
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element, but it has"
            f" shape {list(ys[0].array.shape)}"
        )
    return ys[0].squeeze() if name == "hessian" else ys[0]


def _value_and_gradient(
    func: Callable[..., Any], xs: Tensors, name: str, strict: bool
) -> tuple[Any, Sequence[Any]]:
    y = _single(func, xs, name, strict)
    gradients = _grad((y,), xs, None, create_graph=True)
    if strict:
        _require_grad(gradients, _jacobian_independent)
    return y, gradients


def _is_single(tensors: Tensors) -> bool:
    return len(tensors) == 1 and tensors[0].array.size == 1


def _input_vector(v: Any, xs: Tensors, xs_tuple: bool, name: str, create_graph: bool) -> Tensors | None:
    if v is None and not _is_single(xs):
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with"
            " a single element."
        )
    return _vector(v, xs, xs_tuple, name, create_graph)


def _vector(v: Any, others: Tensors, is_tuple: bool, name: str, create_graph: bool) -> Tensors | None:
    """A vector, checked against what it is to be of the shapes of."""
    if v is None:
        return None
    vs, _ = _tensors(v, "v", name)
    if len(vs) != len(others):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(others)} but got {len(vs)}."
            if is_tuple
            else f"The given v should contain a single Tensor, but it has {len(vs)}."
        )
    for number, (each, other) in enumerate(zip(vs, others, strict=True)):
        if each.shape != other.shape:
            entry = f"Entry {number} in " if is_tuple else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {other.shape} but got {each.shape}.")
    return _fresh(vs, create_graph, need_graph=False)


def _zeros_on_tape(tensors: Tensors) -> Tensors:
    return tuple([wrap(np.zeros_like(x.array)).requires_grad_() for x in tensors])


def _as_given(tensors: Tensors, is_tuple: bool, create_graph: bool) -> Any:
    """Results as the inputs were given, off the tape unless they are wanted there."""
    results = tensors if create_graph else tuple([x.detach() for x in tensors])
    return results if is_tuple else results[0]


# ---- gradients, and what strict mode refuses


def _grad(
    outputs: Sequence[Any],
    inputs: Tensors,
    grad_outputs: Sequence[Any] | None,
    create_graph: bool,
    retain_graph: bool | None = None,
) -> tuple[Any, ...]:
    """`engine.grad` of those outputs that there are and that require grad; None for an unused input."""
    given = (None,) * len(outputs) if grad_outputs is None else grad_outputs
    pairs = [(y, dy) for y, dy in zip(outputs, given, strict=True) if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    ys, dys = zip(*pairs, strict=True)
    return engine.grad(ys, inputs, dys, retain_graph, create_graph, allow_unused=True)


def _without_none(
    gradients: Sequence[Any], like: Tensors, what: str, derivative: str, create_graph: bool, strict: bool
) -> Tensors:
    """Gradients with zeros for None, which strict mode refuses."""
    results: list[Any] = []
    for number, (gradient, x) in enumerate(zip(gradients, like, strict=True)):
        if gradient is None and strict:
            raise RuntimeError(f"The {what} is independent of input {number}. {_STRICT}.")
        if strict and create_graph and not gradient.requires_grad:
            raise RuntimeError(
                f"The {derivative} of the user-provided function is independent of input {number}."
                f" {_STRICT} when create_graph=True."
            )
        results.append(wrap(np.zeros_like(x.array)) if gradient is None else gradient)
    return tuple(results)


def _require_grad(tensors: Sequence[Any], message: Callable[[int], str]) -> None:
    for number, tensor in enumerate(tensors):
        if tensor is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {number}. {_STRICT}."
            )
        if not tensor.requires_grad:
            raise RuntimeError(message(number))


def _jacobian_independent(number: int) -> str:
    return (
        "While computing the hessian, found that the jacobian of the user-provided function with respect to"
        f" input {number} is independent of the input, as that of a linear function is. {_STRICT}."
    )


def _check_strategy(strategy: str, strict: bool, vectorize: bool) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            f'Expected strategy to be either "forward-mode" or "reverse-mode", but got {strategy!r}'
        )
    if strategy == "forward-mode" and strict:
        raise RuntimeError('`strict=True` and `strategy="forward-mode"` are not supported together')
    if strategy == "forward-mode" and not vectorize:
        raise NotImplementedError('strategy="forward-mode" is only implemented for `vectorize=True`')
    if strict and vectorize:
        raise RuntimeError("`strict=True` and `vectorize=True` are not supported together")

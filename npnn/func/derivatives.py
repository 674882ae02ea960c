"""Functions that make a function's derivatives of it.

A derivative stays on the tape if it depends on more than the arguments it is taken at, and so derivatives of
derivatives compose.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from npnn.autograd import engine
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad, is_grad_enabled
from npnn.func._tree import leaves, map_tree
from npnn.tensors import Tensor
from npnn.tensors.joining import stack


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns the gradient of a function and its value.

    Args:
        func: returns a tensor of one element without axes; with `has_aux`, a pair of that and anything.
        argnums: by which argument, or which several, to differentiate.
        has_aux: whether func returns a pair, whose second half is handed on.

    Returns:
        A function of the same arguments, which returns (gradient, value), or (gradient, (value, aux)). The
        gradient is in the form of the argument, and in a tuple for a tuple of argnums.

    Raises:
        RuntimeError: from the function, as func returns something else.

    Source: torch.func.grad_and_value.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> func.grad_and_value(lambda x: x**3)(npnn.tensor(2.0))
        (tensor(12.), tensor(8.))
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, args, kwargs, argnums, has_aux)
        y = call.output
        if not isinstance(y, Tensor) or y.ndim:
            given = f"shape {list(y.shape)}" if isinstance(y, Tensor) else f"a {type(y).__name__}"
            raise RuntimeError(f"Expected f(*args) to return a scalar Tensor, got {given}")
        gradient = call.pulled_back(y, None)
        value = call.off_the_tape(y)
        return gradient, (value, call.aux) if has_aux else value

    return wrapper


def grad(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns the gradient of a function.

    Args:
        func: returns a tensor of one element without axes; with `has_aux`, a pair of that and anything.
        argnums: by which argument, or which several, to differentiate.
        has_aux: whether func returns a pair, whose second half is handed on.

    Returns:
        A function of the same arguments, which returns the gradient, or (gradient, aux).

    Raises:
        RuntimeError: from the function, as func returns something else.

    Source: torch.func.grad.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> func.grad(func.grad(lambda x: x**3))(npnn.tensor(2.0))
        tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function, and the function v -> vᵀJ.

    Args:
        func: the function.
        *primals: where to differentiate.
        has_aux: whether func returns a pair, whose second half is handed on.

    Returns:
        (output, vjp_fn), or (output, vjp_fn, aux). vjp_fn takes what is of the form of the output, and
        returns a tuple with an entry for each primal; it may be called several times.

    Source: torch.func.vjp.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> y, pull = func.vjp(lambda x: x**2, npnn.tensor([1.0, 2.0]))
        >>> pull(npnn.ones(2))
        (tensor([2., 4.]),)
    """
    call = _Call(func, primals, {}, tuple(range(len(primals))), has_aux)

    def vjp_fn(*cotangents: Any) -> Any:
        return call.pulled_back(call.output, cotangents[0] if len(cotangents) == 1 else cotangents)

    output = map_tree(call.off_the_tape, call.output)
    return (output, vjp_fn, call.aux) if has_aux else (output, vjp_fn)


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """The value of a function, and the product J v, by differentiating twice.

    Args:
        func: the function.
        primals: where to differentiate, a tuple of arguments.
        tangents: the vector v, of the form of the primals.
        strict: accepted; an output that depends on no primal has a product of zeros.
        has_aux: whether func returns a pair, whose second half is handed on.

    Returns:
        (output, product), or (output, product, aux).

    Source: torch.func.jvp.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> func.jvp(lambda x: x**2, (npnn.tensor([1.0, 2.0]),), (npnn.tensor([1.0, 0.0]),))
        (tensor([1., 4.]), tensor([2., 0.]))
    """
    call = _Call(func, primals, {}, tuple(range(len(primals))), has_aux)
    # vᵀJ is linear in v, so that any v will do to differentiate it at.
    cotangents = [
        wrap(np.zeros_like(y.array)).requires_grad_(y.is_floating_point()) for y in leaves(call.output)
    ]
    with enable_grad():
        rows = _grad(list(leaves(call.output)), call.inputs, cotangents, create_graph=True)
        found = _grad(rows, cotangents, list(leaves(tangents)), call.stays or _on_tape(tangents))
    products = iter(_without_none(found, cotangents))
    product = map_tree(lambda _: next(products), call.output)
    output = map_tree(call.off_the_tape, call.output)
    return (output, product, call.aux) if has_aux else (output, product)


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that returns the Jacobian of a function, one backward for each element of its outputs.

    Args:
        func: the function.
        argnums: by which argument, or which several, to differentiate.
        has_aux: whether func returns a pair, whose second half is handed on.
        chunk_size: accepted; the rows are computed one by one.

    Returns:
        A function of the same arguments. It returns, in the form of the output, for each tensor there what is
        of the form of the argument, of tensors of shape (*output, *argument).

    Source: torch.func.jacrev.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> func.jacrev(lambda x: x**2)(npnn.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, args, kwargs, argnums, has_aux)
        jacobian = map_tree(call.jacobian, call.output)
        return (jacobian, call.aux) if has_aux else jacobian

    return wrapper


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """As `jacrev`: there is no forward mode, and the numbers are the same.

    Args:
        func: the function.
        argnums: by which argument, or which several, to differentiate.
        has_aux: whether func returns a pair, whose second half is handed on.
        randomness: accepted; func is called once.

    Returns:
        A function of the same arguments, which returns the Jacobian.

    Source: torch.func.jacfwd.
    """
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns the Hessian of a function: the Jacobian of its Jacobian.

    Args:
        func: the function.
        argnums: by which argument, or which several, to differentiate.

    Returns:
        A function of the same arguments, which returns the Hessian.

    Source: torch.func.hessian.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> func.hessian(lambda x: (x**3).sum())(npnn.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


class _Call:
    """One call of a function, recorded with respect to some of its arguments.

    Attributes:
        output: what the function returned, on the tape; its first half if there is an aux.
        aux: the second half.
        inputs: the tensors in the arguments to differentiate by.
        stays: whether derivatives depend on more than these, and so stay on the tape.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        argnums: int | tuple[int, ...],
        has_aux: bool,
    ) -> None:
        self.single = isinstance(argnums, int)
        places = (argnums,) if isinstance(argnums, int) else argnums
        for place in places:
            if not -len(args) <= place < len(args):
                raise RuntimeError(
                    f"Got argnum={place}, but only {len(args)} positional inputs: expected one of them"
                )
        recording = is_grad_enabled()
        with enable_grad():
            fresh = list(args)
            for place in places:
                fresh[place] = map_tree(_fresh, args[place])
            self.wanted = tuple([fresh[place] for place in places])
            self.inputs: list[Tensor] = list(leaves(self.wanted))
            result = func(*fresh, **kwargs)
        self.output: Any
        self.aux: Any
        self.output, self.aux = result if has_aux else (result, None)
        if has_aux:
            self.aux = map_tree(lambda x: x.detach(), self.aux)
        self.stays = recording and _depends_on_more(list(leaves(self.output)), self.inputs)

    def off_the_tape(self, y: Tensor) -> Tensor:
        """An output, off the tape unless it stays on it."""
        return y if self.stays else y.detach()

    def pulled_back(self, output: Any, cotangents: Any) -> Any:
        """The gradients of an output, in the form of the arguments."""
        given = None if cotangents is None else list(leaves(cotangents))
        create_graph = self.stays or _on_tape(cotangents)
        found = _grad(list(leaves(output)), self.inputs, given, create_graph)
        return self._as_arguments(_without_none(found, self.inputs))

    def jacobian(self, y: Tensor) -> Any:
        """The Jacobian of one tensor of the output, in the form of the arguments."""
        rows = []
        for place in np.ndindex(y.array.shape):
            one_hot = np.zeros_like(y.array)
            one_hot[place] = 1
            rows.append(_without_none(_grad([y], self.inputs, [wrap(one_hot)], self.stays), self.inputs))
        return self._as_arguments(
            [
                stack(column).reshape(*y.array.shape, *column[0].array.shape)
                for column in zip(*rows, strict=True)
            ]
        )

    def _as_arguments(self, tensors: list[Tensor]) -> Any:
        each = iter(tensors)
        results = map_tree(lambda _: next(each), self.wanted)
        return results[0] if self.single else results


def _fresh(x: Tensor) -> Tensor:
    """A tensor of the same values, which nothing that the function captures can be."""
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()


def _depends_on_more(outputs: list[Tensor], inputs: list[Tensor]) -> bool:
    """Whether a gradient flows from outputs to leaves other than the inputs."""
    known = {id(x) for x in inputs}
    todo: list[Any] = [y if y.grad_fn is None else y.grad_fn for y in outputs if y.requires_grad]
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) in seen or id(node) in known:
            continue
        if isinstance(node, Tensor):
            return True
        seen.add(id(node))
        todo.extend(edge[0] for edge in node.edges if edge is not None)
    return False


def _on_tape(tree: Any) -> bool:
    return is_grad_enabled() and any(x.requires_grad for x in leaves(tree))


def _grad(outputs: Sequence[Any], inputs: list[Tensor], given: Any, create_graph: bool) -> Sequence[Any]:
    """The gradients of those outputs that require grad; None for an unused input."""
    cotangents = [None] * len(outputs) if given is None else given
    pairs = [(y, dy) for y, dy in zip(outputs, cotangents, strict=True) if y is not None and y.requires_grad]
    if not pairs:
        return [None] * len(inputs)
    ys, dys = zip(*pairs, strict=True)
    return engine.grad(ys, inputs, dys, True, create_graph, allow_unused=True)


def _without_none(gradients: Sequence[Any], like: Sequence[Tensor]) -> list[Tensor]:
    return [
        wrap(np.zeros_like(x.array)) if gradient is None else gradient
        for gradient, x in zip(gradients, like, strict=True)
    ]

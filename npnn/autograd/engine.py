"""The engine: one walk of the tape from outputs to inputs, and what is built on it: backward and grad.

Every call that was recorded carries a number, and its inputs always carry smaller ones. Taking the nodes from
the largest number down is therefore a topological order of the graph, read backwards, and that is the whole
trick of backpropagation: when a node's turn comes, everything that used its outputs has already been through,
so the gradient that has piled up for it is complete and its own backward runs exactly once. The walk is a
loop over a heap, not a recursion, so the depth of a network is bounded by memory alone.
"""

from __future__ import annotations

import heapq
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from npnn._typing import Array, Shape
from npnn.autograd import function as _function
from npnn.autograd.function import Context, Edge, edge_of, wrap
from npnn.autograd.grad_mode import mode

watchers: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = []
"""Each is given what runs a node's backward, and returns what is run instead: for anomaly mode."""


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Adds the gradient of `tensors` to the `.grad` of every leaf that they depend on.

    Args:
        tensors: a tensor or a sequence of them.
        grad_tensors: the gradient of each, of its shape; may be left out for tensors of one element, where it
            is 1.
        retain_graph: keep what backward has used, for another walk. Default: the value of `create_graph`.
        create_graph: record backward itself, for second derivatives.
        inputs: the tensors whose `.grad` is to be filled, and no others. Default: every leaf.

    Raises:
        RuntimeError: a tensor does not require grad, has several elements and no gradient, a gradient's shape
            differs from its tensor's, or the graph was already freed.

    Source: torch.autograd.backward.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor([1.0, 2.0], requires_grad=True)
        >>> npnn.autograd.backward((x * x).sum())
        >>> x.grad
        tensor([2., 4.])
    """
    roots = _as_tuple(tensors)
    gradients = _root_gradients(roots, _as_tuple(grad_tensors, len(roots)), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    wanted = None if inputs is None else _as_tuple(inputs)
    if wanted is not None and not wanted:
        raise RuntimeError(
            "`inputs` argument to `backward` cannot be empty: leave it out to fill every leaf's .grad"
        )
    captured = _walk(roots, gradients, keep, create_graph, wanted)
    if wanted is not None:
        for tensor, grad in zip(wanted, captured, strict=True):
            if grad is not None:
                _accumulate(tensor, _copy(grad), create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of `outputs` with respect to `inputs`, returned rather than accumulated.

    Args:
        outputs: a tensor or a sequence of them.
        inputs: the tensors, leaves or not, to differentiate with respect to; or a dict of them.
        grad_outputs: the gradient of each output, of its shape; may be left out for outputs of one element.
        retain_graph: keep what backward has used, for another walk. Default: the value of `create_graph`.
        create_graph: record the walk, so that the gradients can themselves be differentiated.
        only_inputs: makes no difference; False is warned of, as on torch.
        allow_unused: give None, rather than an error, for an input that the outputs do not depend on.
            Default: the value of `materialize_grads`.
        is_grads_batched: the gradients carry a leading batch axis; the walk is made once for each entry of
            it.
        materialize_grads: give zeros, rather than None, for an input that is not used.

    Returns:
        A tuple with one tensor for each input, or a dict with the keys of inputs.

    Raises:
        RuntimeError: an output or input does not require grad, an input is unused, a shape is wrong, or the
            graph was already freed.
        ValueError: `materialize_grads=True` with `allow_unused=False`.
        TypeError: the inputs are a mapping that is no dict.

    Source: torch.autograd.grad.

    Examples:
        >>> import npnn
        >>> x = npnn.tensor(3.0, requires_grad=True)
        >>> (dx,) = npnn.autograd.grad(x**3, x, create_graph=True)
        >>> (ddx,) = npnn.autograd.grad(dx, x)
        >>> dx.item(), ddx.item()
        (27.0, 18.0)
    """
    if isinstance(inputs, Mapping):
        if type(inputs) is not dict:
            raise TypeError(f"`inputs` argument to `grad()` must be a dict, not {type(inputs).__name__}")
        options = retain_graph, create_graph, only_inputs, allow_unused, is_grads_batched, materialize_grads
        return dict(zip(inputs, grad(outputs, tuple(inputs.values()), grad_outputs, *options), strict=True))
    if not only_inputs:
        warnings.warn(
            "only_inputs=False is ignored: to fill the .grad of other leaves, call torch.autograd.backward",
            FutureWarning,
            stacklevel=2,
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "expected allow_unused to be True or left out when materialize_grads is True, got False"
        )
    roots, wanted = _as_tuple(outputs), _as_tuple(inputs)
    if not wanted:
        raise RuntimeError("grad requires non-empty inputs.")
    for number, tensor in enumerate(wanted):
        if not tensor.requires_grad:
            raise RuntimeError(f"One of the differentiated Tensors does not require grad: inputs[{number}]")
    keep = create_graph if retain_graph is None else retain_graph
    given = _as_tuple(grad_outputs, len(roots))
    if is_grads_batched:
        batch = len(next(g for g in given if g is not None))
        rows = [
            grad(roots, wanted, [None if g is None else g[row] for g in given], keep or row < batch - 1,
                 create_graph, True, allow_unused, False, materialize_grads)
            for row in range(batch)
        ]  # fmt: skip
        columns = zip(*rows, strict=True)
        return tuple(None if column[0] is None else np.stack(column) for column in columns)
    gradients = _root_gradients(roots, given, create_graph)
    captured = _walk(roots, gradients, keep, create_graph, wanted)
    results: list[Any] = []
    for number, (tensor, value) in enumerate(zip(wanted, captured, strict=True)):
        if value is None and materialize_grads:
            value = np.zeros_like(tensor.array)
        elif value is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {number} appears to not have been used in the graph. Set"
                " allow_unused=True if this is the desired behavior."
            )
        results.append(value if value is None else wrap(value))
    return tuple(results)


def _walk(
    roots: Sequence[Any],
    gradients: Sequence[Any],
    keep: bool,
    create_graph: bool,
    wanted: Sequence[Any] | None,
) -> list[Any]:
    """Carries the roots' gradients back through the tape.

    Without `wanted` the gradients of leaves go to their `.grad`; with it they are returned, in its order, and
    only the nodes that lead to a wanted tensor are run.
    """
    if wanted is None:
        needed, captures = None, {}
    else:
        targets = [_target(tensor) for tensor in wanted]
        needed = _ancestors(roots, {id(node) for node, _ in targets})
        captures = {(id(node), number): None for node, number in targets}
    arriving: dict[int, list[Any]] = {}
    heap: list[tuple[int, Context]] = []
    leaves: dict[int, tuple[Any, Any]] = {}
    hooked: dict[int, Any] = {}
    first_uses: dict[int, float] | None = None

    def settle(leaf: Any, value: Any) -> None:
        """Hands over the gradient of a leaf, to which nothing more will be added."""
        if leaf._hooks is not None:
            value = _copy(_hooked(leaf._hooks.values(), value))
        if wanted is None:
            _accumulate(leaf, value, create_graph)
        elif (id(leaf), 0) in captures:
            captures[id(leaf), 0] = value

    # The roots' gradients are handed on as if a node beyond them, whose inputs they are, had just been run.
    node: Context | None = None
    grad_outputs: list[Any] = []
    edges: Sequence[Edge | None] = [edge_of(root) for root in roots]
    grad_inputs: Sequence[Any] = gradients
    run = _run
    for watch in watchers:
        run = watch(run)
    previous = mode.enabled, mode.fills_leaves
    mode.enabled, mode.fills_leaves = create_graph, mode.fills_leaves and wanted is None
    try:
        while True:
            for edge, value in zip(edges, grad_inputs, strict=True):
                if value is None or edge is None:
                    continue
                target, number, shape, dtype = edge
                if not create_graph and type(value) is not np.ndarray:
                    value = np.asarray(_as_array(value))
                if value.shape != shape and node is not None:
                    value = _sum_to(value, shape, node, edge)
                if value.dtype is not dtype and value.dtype != dtype:
                    value = value.astype(dtype)
                key = id(target)
                if needed is not None and key not in needed:
                    continue
                if type(target) is Context:
                    # Added to what has arrived for one output of a node, which is then due.
                    slots = arriving.get(key)
                    if slots is None:
                        slots = arriving[key] = [None] * target.outputs
                        heapq.heappush(heap, (-target.sequence, target))
                    slots[number] = value if slots[number] is None else slots[number] + value
                elif key in leaves:
                    leaves[key] = (target, leaves[key][1] + value)
                else:
                    owned = node is not None and _is_owned(value, node, grad_outputs, grad_inputs)
                    leaves[key] = (target, value if owned else _copy(value))
                    if target._hooks is not None or target._accumulate_hooks is not None:
                        hooked[key] = target
            if node is not None and not keep:
                node.release()
            if not heap:
                break
            if hooked:
                # As on torch, a leaf's hooks run as soon as its gradient is complete.
                first_uses = _first_uses(roots) if first_uses is None else first_uses
                for key in [key for key in hooked if first_uses[key] > -heap[0][0]]:
                    del hooked[key]
                    settle(*leaves.pop(key))
            _, node = heapq.heappop(heap)
            grad_outputs = arriving.pop(id(node))
            if node.tensor_hooks is not None or node.retained is not None:
                _run_tensor_hooks(node, grad_outputs)
            if needed is not None:
                for number, value in enumerate(grad_outputs):
                    if (id(node), number) in captures:
                        captures[id(node), number] = value
                if needed[id(node)] == _TARGET_ONLY:
                    node, edges, grad_inputs = None, (), ()
                    continue
            edges, grad_inputs = node.edges, run(node, grad_outputs, create_graph)
        for leaf, value in leaves.values():
            settle(leaf, value)
    finally:
        mode.enabled, mode.fills_leaves = previous
    return [] if wanted is None else [captures[id(node), number] for node, number in targets]


def _run(node: Context, grad_outputs: list[Any], create_graph: bool) -> tuple[Any, ...]:
    """One node's backward with its hooks: on tensors while recorded, or if a user's, else on arrays."""
    if node.outputs > 1 and node.materialize_grads:
        for number, value in enumerate(grad_outputs):
            if value is None and node.output_meta[number] is not None:
                grad_outputs[number] = np.zeros(*node.output_meta[number])
    arguments = grad_outputs
    on_arrays = node.function.on_arrays
    if create_graph or not on_arrays:
        arguments = _as_tensors(grad_outputs)
    if on_arrays:
        node.recordable = create_graph
    if node.pre_hooks:
        for hook in list(node.pre_hooks.values()):
            replaced = hook(tuple(_as_tensors(arguments)))
            if replaced is not None:
                arguments = list(_as_tuple(replaced))
        if on_arrays and not create_graph:
            arguments = [_as_array(value) for value in arguments]
    results = node.function.backward(node, *arguments)
    if type(results) is not tuple:
        results = tuple(results) if isinstance(results, list) else (results,)
    expected = len(node.edges)
    if len(results) != expected:
        # torch forgives Nones at the end, which stand for inputs that have no gradient.
        if len(results) < expected or any(value is not None for value in results[expected:]):
            raise RuntimeError(
                f"{node.name()} returned an incorrect number of gradients (expected {expected}, got"
                f" {len(results)})"
            )
        results = results[:expected]
    if node.post_hooks:
        before, after = tuple(_as_tensors(results)), tuple(_as_tensors(arguments))
        for hook in list(node.post_hooks.values()):
            replaced = hook(before, after)
            before = before if replaced is None else _as_tuple(replaced)
        results = before
    return results


def _as_tensors(values: Iterable[Any]) -> list[Any]:
    return [None if value is None else wrap(value) for value in values]


def _sum_to(value: Any, shape: Shape, node: Context, edge: Edge) -> Any:
    """The gradient of a value that was broadcast: the sum over the axes along which it was repeated.

    Every elementwise operation broadcasts, so this transpose of broadcasting is written here, once, and not
    in each of them.
    """
    lead = value.ndim - len(shape)
    if lead >= 0:
        repeated = [size == 1 and value.shape[lead + axis] != 1 for axis, size in enumerate(shape)]
        axes = (*range(lead), *(lead + axis for axis, sums in enumerate(repeated) if sums))
        summed = value.sum(axis=axes, keepdims=True)
        if summed.shape[lead:] == shape:
            return summed.reshape(shape)
    number = next(i for i, other in enumerate(node.edges) if other is edge)
    raise RuntimeError(
        f"Function {node.name()} returned an invalid gradient at index {number} - got {list(value.shape)} "
        f"but expected shape compatible with {list(shape)}"
    )


def _accumulate(tensor: Any, value: Any, create_graph: bool) -> None:
    """Adds a gradient to `tensor.grad`, unless it was told in the meantime that it needs none."""
    if not tensor._requires_grad:
        return
    grad = tensor._grad
    if grad is None:
        tensor._grad = wrap(value)
    elif create_graph:
        tensor._grad = grad + wrap(value)
    else:
        grad.array += value
        grad._bump_version()
    if tensor._accumulate_hooks is not None:
        for hook in list(tensor._accumulate_hooks.values()):
            hook(tensor)


def _is_owned(value: Any, node: Context, grad_outputs: list[Any], grad_inputs: Sequence[Any]) -> bool:
    """Whether a gradient that backward returned is a new array which nothing else can reach.

    A leaf keeps such an array as its `.grad`; any other it must copy, or a later change of one gradient would
    change another, or a value that was saved.
    """
    if type(value) is not np.ndarray or value.base is not None:
        return False
    if not node.function.on_arrays or node.post_hooks is not None or node.packing is not None:
        return False
    seen = False
    for other in (*grad_inputs, *grad_outputs, *node._saved):
        if other is value:
            if seen:
                return False
            seen = True
    return seen


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, _function._tensor) else value.copy()


def _run_tensor_hooks(node: Context, grad_outputs: list[Any]) -> None:
    """Hooks that were put on a node's outputs, and the gradients that `retain_grad` keeps for them."""
    if node.tensor_hooks is not None:
        for number, hooks in node.tensor_hooks.items():
            if grad_outputs[number] is not None:
                grad_outputs[number] = _hooked(hooks.values(), grad_outputs[number])
    if node.retained is not None:
        for number, reference in node.retained.items():
            tensor = reference()
            if tensor is not None and grad_outputs[number] is not None:
                value = grad_outputs[number]
                kept = wrap(value if mode.enabled else _as_array(value).copy())
                tensor.grad = kept if tensor.grad is None else tensor.grad + kept


def _hooked(hooks: Iterable[Callable[..., Any]], value: Any) -> Any:
    for hook in list(hooks):
        replaced = hook(wrap(value))
        if replaced is not None:
            if np.shape(_as_array(replaced)) != value.shape:
                raise RuntimeError(
                    f"hook {getattr(hook, '__name__', hook)!r} has changed the size of value: from"
                    f" {list(value.shape)} to {list(np.shape(_as_array(replaced)))}"
                )
            value = replaced if mode.enabled else _as_array(replaced)
    return value


_TARGET_ONLY, _ON_THE_WAY = 1, 2


def _first_uses(roots: Sequence[Any]) -> dict[int, float]:
    """For each leaf the first node that used it: once that has run, the leaf's gradient is complete."""
    first = {id(root): math.inf for root in roots}
    stack = [_target(root)[0] for root in roots]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if not isinstance(node, Context) or id(node) in seen:
            continue
        seen.add(id(node))
        for edge in node.edges:
            if edge is not None:
                target = edge[0]
                stack.append(target)
                first[id(target)] = min(node.sequence, first.get(id(target), node.sequence))
    return first


def _ancestors(roots: Sequence[Any], targets: set[int]) -> dict[int, int]:
    """The nodes between roots and targets: on the way to one, or a target with nothing wanted beyond."""
    stack = [_target(root)[0] for root in roots]
    order: list[Any] = []
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        order.append(node)
        if isinstance(node, Context):
            stack.extend(edge[0] for edge in node.edges if edge is not None)
    needed: dict[int, int] = {}
    # Leaves carry no number and come first; then every node after all the nodes that it leads to.
    for node in sorted(order, key=lambda node: node.sequence if isinstance(node, Context) else 0):
        if isinstance(node, Context) and any(
            edge is not None and id(edge[0]) in needed for edge in node.edges
        ):
            needed[id(node)] = _ON_THE_WAY
        elif id(node) in targets:
            needed[id(node)] = _TARGET_ONLY
    return needed


def _target(tensor: Any) -> tuple[Any, int]:
    """Where the gradient of a tensor goes: to an output of the node that made it, or to the leaf itself."""
    node = tensor.grad_fn
    return (tensor, 0) if node is None else (node, tensor._output_nr)


def _root_gradients(roots: Sequence[Any], given: Sequence[Any], create_graph: bool) -> list[Any]:
    """The gradient that the walk starts from at each root, checked against the root's shape."""
    gradients: list[Any] = []
    for number, (root, gradient) in enumerate(zip(roots, given, strict=True)):
        if not root.requires_grad:
            raise RuntimeError(
                f"element {number} of tensors does not require grad and does not have a grad_fn: "
                "it was computed from no tensor with requires_grad=True, or under no_grad"
            )
        if gradient is None:
            if root.array.size != 1:
                raise RuntimeError(
                    "grad can be implicitly created only for scalar outputs, got shape"
                    f" {list(root.array.shape)}: pass the gradient, an array of that shape"
                )
            gradients.append(np.array(1, root.array.dtype, ndmin=root.array.ndim))
            continue
        shape = np.shape(_as_array(gradient))
        if shape != root.array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{number}] has a shape of {list(shape)} and output[{number}]"
                f" has a shape of {list(root.array.shape)}."
            )
        if create_graph and isinstance(gradient, _function._tensor):
            gradients.append(gradient)
        else:
            gradients.append(np.asarray(_as_array(gradient), root.array.dtype))
    return gradients


def _as_array(value: Any) -> Array | Any:
    return value.array if isinstance(value, _function._tensor) else value


def _as_tuple(value: Any, length: int = 1) -> tuple[Any, ...]:
    """Torch's arguments may be one tensor, a sequence, or None for a sequence of Nones."""
    if value is None:
        return (None,) * length
    if isinstance(value, (_function._tensor, np.ndarray, np.generic)):
        return (value,)
    values = tuple(value.values() if isinstance(value, dict) else value)
    if length > 1 and len(values) != length:
        raise RuntimeError(f"got {length} tensors and {len(values)} gradients")
    return values

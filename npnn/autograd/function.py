"""Function, Operation and Context: a forward written beside its backward, and the record of one call.

A `Function` is a pair of static methods, `forward` and `backward`. Calling `apply` runs `forward` and, if any
input requires grad, leaves a `Context` behind the output: the node of the tape. A node holds what backward
needs and an edge to the node, or the leaf tensor, that each input came from. `npnn.autograd.engine` walks
those edges.

This file knows nothing of `npnn.tensor`, which is built on it; tensor.py hands its class over through
`set_tensor_type`.
"""

from __future__ import annotations

import functools
import itertools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from npnn._typing import Array, Shape
from npnn.autograd.grad_mode import mode
from npnn.autograd.hooks import RemovableHandle, register

if TYPE_CHECKING:
    from npnn.autograd.graph import saved_tensors_hooks

Edge: TypeAlias = tuple[Any, int, Shape, "np.dtype[Any]"]
"""Where the gradient of an input goes, and what it must look like: the Context that made the input and which
of its outputs it was, or (leaf Tensor, 0), then the input's shape and dtype."""

recorders: list[Callable[[Context], None]] = []
"""Called with each node as it is recorded: for anomaly mode, and for hooks on what is saved."""

_sequence = itertools.count(1)
_tensor: Any = None


def set_tensor_type(cls: type) -> None:
    """Tells the tape which class to wrap outputs in."""
    global _tensor
    _tensor = cls


def wrap(value: Any) -> Any:
    """An array as a tensor off the tape; a tensor as itself."""
    return value if isinstance(value, _tensor) else _tensor._wrap(value)


class _All:
    """A `needs_input_grad` that answers the same for every input."""

    def __init__(self, answer: bool) -> None:
        self._answer = answer

    def __getitem__(self, index: int) -> bool:
        return self._answer


_ALL_NEEDED, _NONE_NEEDED = _All(True), _All(False)


class _Unchanged:
    """The version of a copy that nobody else can reach."""

    value = 0


UNCHANGED = _Unchanged()


class Context:
    """What forward leaves for backward, and the node of the tape that stands for one call.

    A Context made by hand drives an operation without a tape: `y = Op.forward(ctx, x)`, then `dx =
    Op.backward(ctx, dy)`. Arrays go through `save_for_backward`, so that they are freed with the graph and
    checked for in-place changes; anything small (shapes, axes, options) may be set as an attribute.

    Attributes:
        needs_input_grad: for each positional input of forward, whether its gradient is wanted.
        saved_tensors: what was given to `save_for_backward`.
        next_functions: for each input, the node that made it and which of its outputs it was.

    Examples:
        >>> import numpy as np
        >>> from npnn.autograd.function import Context
        >>> from npnn.ops.arithmetic import Mul
        >>> ctx = Context()
        >>> Mul.forward(ctx, np.array([2.0]), np.array([5.0]))
        array([10.])
        >>> Mul.backward(ctx, np.array([1.0]))
        (array([5.]), array([2.]))
    """

    # Class attributes are the defaults: a call that records nothing pays for none of them.
    function: type[Function]
    needs_input_grad: Any = _ALL_NEEDED
    edges: Sequence[Edge | None] = ()
    outputs: int = 1
    output_meta: Sequence[Any] = ()
    sequence: int = 0
    materialize_grads: bool = True
    recordable: bool = False
    released: bool = False
    tensor_hooks: dict[int, OrderedDict[int, Callable[..., Any]]] | None = None
    retained: dict[int, Any] | None = None
    pre_hooks: OrderedDict[int, Callable[..., Any]] | None = None
    post_hooks: OrderedDict[int, Callable[..., Any]] | None = None
    packing: saved_tensors_hooks | None = None
    made_at: Any = None
    _saved: tuple[Any, ...] = ()
    _origins: Sequence[Any] = ()
    _non_differentiable: tuple[Any, ...] = ()
    _dirty: tuple[Any, ...] = ()

    if TYPE_CHECKING:
        # forward may leave any small thing on its Context for backward.
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def save_for_backward(self, *values: Any) -> None:
        """Keeps arrays (tensors, in a `Function`) for backward, where `saved_tensors` gives them back.

        Inputs and outputs of forward stay differentiable in backward, which is what gives second derivatives;
        anything else that is saved is a constant there.
        """
        self._saved = values

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Says that these outputs have no gradient. Integer and boolean outputs never have one."""
        self._non_differentiable = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """Says that forward changed these inputs in place."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether an output that nothing depends on gives backward zeros (the default) or None."""
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given.

        Raises:
            RuntimeError: the graph was freed by an earlier backward, or a saved value was changed in place
                since.
        """
        if self.released:
            raise RuntimeError(
                f"Trying to backward through the graph a second time: what {self.name()} had saved was freed"
                " by the first backward. Pass retain_graph=True to the first one to keep it."
            )
        for place, origin in enumerate(self._origins):
            if origin is not None and origin[1].value != origin[2]:
                shape = list(self._saved[place].shape)
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace"
                    f" operation: a value of shape {shape} that {self.name()} saved is at version"
                    f" {origin[1].value}; expected version {origin[2]} instead."
                )
        saved = self._saved if self.packing is None else self.packing.opened(self._saved)
        if not self.recordable:
            return saved
        origins = self._origins or (None,) * len(saved)
        return tuple(
            value if origin is None else self._as_tensor(value, origin[0])
            for value, origin in zip(saved, origins, strict=True)
        )

    def _as_tensor(self, value: Any, source: Any) -> Any:
        """A saved value as the tensor that it was: a leaf as itself, any other as an output of its node."""
        if source is None:
            return value
        if isinstance(source, _tensor):
            return source
        tensor = _tensor._wrap(value)
        tensor._requires_grad = True
        tensor._grad_fn, tensor._output_nr = (self, source) if isinstance(source, int) else source
        return tensor

    def _note_origins(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Remembers which saved values are inputs or outputs, and at which version.

        Only a leaf is held itself. An output is noted by its number, and any other input by the node that
        made it and its number there: the tensor itself, or the base of which it is a view, may come to stand
        for this very node, and would tie it into a cycle.
        """
        origins: list[Any] = []
        for place, value in enumerate(self._saved):
            origins.append(None)
            if value is None:
                continue
            array = value if type(value) is np.ndarray else _array_of(value)
            source: Any = None
            for tensor in inputs:
                if isinstance(tensor, _tensor) and tensor.array is array:
                    if tensor._inference:
                        raise RuntimeError(
                            f"Inference tensors cannot be saved for backward: an input of {self.name()} was"
                            " made in inference_mode; clone it outside to use it in a recorded computation."
                        )
                    node = tensor._grad_fn if tensor._base is None else tensor.grad_fn
                    source = tensor if node is None else (node, tensor._output_nr)
                    break
            else:
                for number, tensor in enumerate(outputs):
                    if isinstance(tensor, _tensor) and tensor.array is array:
                        source = number
                        break
                else:
                    continue
            if not tensor._requires_grad:
                source = None
            elif array is not value:
                self._saved = (*self._saved[:place], array, *self._saved[place + 1 :])
            version = tensor._version_counter or tensor._shared_version()
            origins[place] = (source, version, version.value)
        self._origins = origins

    def keep_values_of(self, array: Array) -> None:
        """Copies what was saved in memory that is about to be overwritten by the result of this very call."""
        if self.packing is not None:
            self._saved = self.packing.kept(self._saved, array)
            return
        for place, value in enumerate(self._saved):
            if isinstance(value, np.ndarray) and (not value.size or np.may_share_memory(value, array)):
                origin = self._origins[place]
                origins = list(self._origins)
                origins[place] = None if origin is None else (origin[0], UNCHANGED, 0)
                self._origins = origins
                self._saved = (*self._saved[:place], value.copy(), *self._saved[place + 1 :])

    def release(self) -> None:
        """Drops what was saved. A node that saved nothing can be walked again, as on torch."""
        if self._saved:
            self._saved, self._origins, self.released = (), (), True

    def name(self) -> str:
        """The name that torch's users know a node by: that of the operation, and `Backward`."""
        function = self.function
        return function.node_name or f"{function.__name__}Backward{'0' if function.on_arrays else ''}"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each input, the node that made it (AccumulateGrad for a leaf) and which output it was."""
        return tuple(
            (
                (None, 0)
                if edge is None
                else (AccumulateGrad(edge[0]) if isinstance(edge[0], _tensor) else edge[0], edge[1])
            )
            for edge in self.edges
        )

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(grad_inputs, grad_outputs)` after backward; a result replaces grad_inputs."""
        self.post_hooks = OrderedDict() if self.post_hooks is None else self.post_hooks
        return register(self.post_hooks, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(grad_outputs)` before this node's backward; a result replaces grad_outputs."""
        self.pre_hooks = OrderedDict() if self.pre_hooks is None else self.pre_hooks
        return register(self.pre_hooks, hook)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class AccumulateGrad:
    """The end of the tape: adds the gradient that arrives to `variable.grad`."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def name(self) -> str:
        """The node's name."""
        return "AccumulateGrad"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return id(self.variable)

    def __repr__(self) -> str:
        return "<AccumulateGrad>"


class Function:
    """An operation of the user's own: `forward` and `backward` see tensors, as with torch.autograd.Function.

    Subclass it, write both static methods, and call `apply`. forward takes a Context and the inputs, of any
    type; backward takes the Context and the gradient of each output, and returns one gradient (or None) for
    each input. As on torch, forward may leave out the Context if a static method `setup_context(ctx, inputs,
    output)` is given instead. The bodies may be written in torch's terms or in NumPy's: tensors understand
    both.

    Source: torch.autograd.Function.

    Examples:
        >>> import npnn
        >>> class Cube(npnn.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x**3
        ...
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         (x,) = ctx.saved_tensors
        ...         return 3 * x**2 * dy
        >>> x = npnn.tensor([2.0], requires_grad=True)
        >>> Cube.apply(x).backward()
        >>> x.grad
        tensor([12.])
    """

    on_arrays = False
    node_name = ""

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Computes the outputs from the inputs."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *inputs)")

    @staticmethod
    def backward(*args: Any) -> Any:
        """Computes the gradients of the inputs from those of the outputs."""
        raise NotImplementedError("a Function needs a static method backward(ctx, *grad_outputs)")

    setup_context: Callable[..., None] | None = None

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Runs forward on the inputs and records the call if any of them requires grad."""
        ctx = Context()
        ctx.function = cls
        edges = [edge_of(value) if isinstance(value, _tensor) else None for value in inputs]
        recorded = mode.enabled and any(edges)
        ctx.needs_input_grad = tuple([edge is not None for edge in edges])
        # As on torch, forward itself runs unrecorded: backward is its derivative.
        enabled, mode.enabled = mode.enabled, False
        try:
            if cls.setup_context is None:
                results = cls.forward(ctx, *inputs)
            else:
                results = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, results)
        finally:
            mode.enabled = enabled
        for number, value in enumerate(ctx._saved):
            if value is not None and not isinstance(value, (_tensor, np.ndarray)):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {number} is of type"
                    f" {type(value).__name__}"
                )
        single = not isinstance(results, tuple)
        outputs = tuple(
            (
                _output_tensor(ctx, value, inputs)
                if isinstance(value, (_tensor, np.ndarray, np.generic))
                else value
            )
            for value in ((results,) if single else results)
        )
        if recorded:
            ctx.recordable = True
            _record(ctx, edges, inputs, outputs)
        return outputs[0] if single else outputs


class Operation(Function):
    """One of the house's own operations: a Function whose forward and backward see plain ndarrays.

    Positional arguments of forward are its inputs, keyword arguments its options; backward returns one
    gradient for each input. An input that may be left out is passed as None. `apply` on plain arrays computes
    plain arrays; with a tensor among the inputs it gives a tensor and records the call. So a backward that is
    written in plain NumPy, or in terms of other operations' `apply`, works on arrays and, when
    `create_graph=True` asks for it, on tensors: that gives second derivatives.

    Attributes:
        is_view: forward may return a view of its first input; the output then shares its version counter.
        node_name: what torch calls the node, where that is not the name of the class and "Backward0".
    """

    on_arrays = True
    is_view = False

    @classmethod
    def apply(cls, *inputs: Any, **options: Any) -> Any:
        """Runs forward on the inputs' arrays and records the call if any of them requires grad."""
        ctx = Context()
        ctx.function = cls
        recording, any_tensor = mode.enabled, False
        arrays: list[Any] = []
        edges: list[Edge | None] = []
        needs: list[bool] = []
        for value in inputs:
            edge = None
            if isinstance(value, _tensor):
                any_tensor = True
                if recording:
                    edge = edge_of(value)
                value = value.array
            arrays.append(value)
            edges.append(edge)
            needs.append(edge is not None)
        recorded = True in needs
        ctx.needs_input_grad = needs if recorded else _NONE_NEEDED
        results = cls.forward(ctx, *arrays, **options)
        if not any_tensor:
            return results
        if type(results) is tuple:
            outputs = tuple([_tensor._wrap(_settled(ctx, value)) for value in results])
            if recorded:
                _record(ctx, edges, inputs, outputs)
            return outputs
        output = _tensor._wrap(_settled(ctx, results))
        if cls.is_view:
            output._note_view(inputs[0], cls, options)
        if recorded:
            _record(ctx, edges, inputs, (output,))
        return output


def _settled(ctx: Context, result: Any) -> Array:
    """A result as an array; NumPy gives scalars for arrays without axes, which may also have been saved."""
    if type(result) is np.ndarray:
        return result
    array = np.asarray(result)
    ctx._saved = tuple([array if value is result else value for value in ctx._saved])
    return array


def edge_of(tensor: Any) -> Edge | None:
    """Where the gradient of an input goes; None if it needs none."""
    # What a view is of may have joined the tape since: only the properties know.
    node = tensor._grad_fn if tensor._base is None else tensor.grad_fn
    if not tensor._requires_grad:
        return None
    array = tensor.array
    return (tensor if node is None else node, tensor._output_nr, array.shape, array.dtype)


def _record(
    ctx: Context, edges: Sequence[Edge | None], inputs: Sequence[Any], outputs: Sequence[Any]
) -> None:
    """Hangs the node behind its outputs and ties it to the nodes that its inputs came from."""
    ctx.edges = edges
    ctx.sequence = next(_sequence)
    for number, output in enumerate(outputs):
        if not isinstance(output, _tensor) or output.array.dtype.kind not in "fc":
            continue
        if ctx._non_differentiable and _is_among(output, ctx._non_differentiable):
            continue
        output._requires_grad = True
        output._grad_fn, output._output_nr = ctx, number
    if len(outputs) > 1:
        ctx.outputs = len(outputs)
        ctx.output_meta = [
            (output.array.shape, output.array.dtype) if isinstance(output, _tensor) else None
            for output in outputs
        ]
    if ctx._saved:
        ctx._note_origins(inputs, outputs)
    if recorders:
        for recorder in recorders[:]:
            recorder(ctx)


def _is_among(output: Any, marked: tuple[Any, ...]) -> bool:
    return any(output is value or output.array is value for value in marked)


def _output_tensor(ctx: Context, value: Any, inputs: Sequence[Any]) -> Any:
    """What a user's forward returned, as a tensor of its own; an input handed through, as its view."""
    if not isinstance(value, _tensor):
        return _tensor._wrap(value)
    if _is_among(value, ctx._dirty):
        if mode.enabled and value.requires_grad:
            if value.is_leaf:
                raise RuntimeError(
                    "a leaf Variable that requires grad has been used in an in-place operation:"
                    f" {ctx.name()} marked it as dirty"
                )
            if value._base is not None:
                raise RuntimeError(f"{ctx.name()} marked a view as dirty: give it a clone() instead")
        value._bump_version()
        return value
    # What has a place on the tape already keeps it: the output stands beside it, in the same memory.
    known = value._base is not None or value.requires_grad or any(value is source for source in inputs)
    return value.detach() if known else value


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a backward that cannot itself be differentiated; a second derivative through it raises an error.

    Args:
        backward: the static method `backward(ctx, *grad_outputs)` of a Function.

    Returns:
        The same backward, run unrecorded. A second backward that comes to its results raises a RuntimeError
        that names the operation.
    """

    @functools.wraps(backward)
    def wrapper(ctx: Context, *grad_outputs: Any) -> Any:
        recorded = mode.enabled and any(getattr(grad, "requires_grad", False) for grad in grad_outputs)
        on_arrays = ctx.function.on_arrays
        recordable, enabled = ctx.recordable, mode.enabled
        ctx.recordable, mode.enabled = recordable and not on_arrays, False
        try:
            results = backward(ctx, *(_array_of(grad) if on_arrays else grad for grad in grad_outputs))
        finally:
            ctx.recordable, mode.enabled = recordable, enabled
        if not recorded:
            return results
        results = results if isinstance(results, tuple) else (results,)
        return _OnlyOnce.apply(ctx.name(), len(results), *results, *grad_outputs)

    return wrapper


class _OnlyOnce(Function):
    """Hands on what a backward returned that cannot be differentiated, and says so when it is."""

    @staticmethod
    def forward(ctx: Context, name: str, count: int, *values: Any) -> Any:
        ctx.culprit = name
        return values[:count]

    @staticmethod
    def backward(ctx: Context, *grad_outputs: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable:"
            f" {ctx.culprit} has no second derivative"
        )


def _array_of(value: Any) -> Any:
    return value.array if isinstance(value, _tensor) else value

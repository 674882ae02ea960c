"""Tensor: an ndarray with a gradient and a place on the tape.

A tensor's values are the ndarray `array`. Its operators and methods call the operations of `npnn.ops`, which
record themselves; `backward` walks the record. Methods carry torch's names and take torch's arguments (`dim`,
`keepdim`) as well as NumPy's (`axis`, `keepdims`), and NumPy's own functions work on tensors through
`npnn.tensors.protocol`.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from npnn._missing import MissingAttributeError
from npnn._typing import Array
from npnn.autograd import engine
from npnn.autograd.function import Context, set_tensor_type
from npnn.autograd.grad_mode import mode
from npnn.autograd.hooks import RemovableHandle, register
from npnn.ops.indexing import GetItem, keeps_axes, viewed
from npnn.tensors.arithmetic import ArithmeticMethods
from npnn.tensors.conversion import ConversionMethods
from npnn.tensors.indexing import IndexingMethods
from npnn.tensors.inplace import InPlaceMethods
from npnn.tensors.late import LateMethods
from npnn.tensors.printing import format_tensor
from npnn.tensors.protocol import NumPyProtocols
from npnn.tensors.reductions import ReductionMethods
from npnn.tensors.sampling import SamplingMethods
from npnn.tensors.shapes import ShapeMethods


class _Version:
    """Counts the in-place changes of one piece of memory; views share it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


_new: Any = object.__new__
"""An object without values yet: to call a class of tensors makes a tensor of numbers or lengths."""


class Tensor(
    ArithmeticMethods,
    InPlaceMethods,
    ReductionMethods,
    ShapeMethods,
    IndexingMethods,
    SamplingMethods,
    ConversionMethods,
    LateMethods,
    NumPyProtocols,
):
    """An n-dimensional array of one dtype, with reverse-mode differentiation.

    Called on lengths, the class makes zeros (torch leaves what lay in the memory), and of numbers a tensor of
    the default dtype. `npnn.tensor` keeps the dtype of what it is given, or takes one.

    Args:
        *args: lengths one by one, or one Size, one sequence of numbers, or one tensor, of which it is a view.
        **kwargs: device, "cpu"; and instead of args, one of size, data and other.

    Attributes:
        array: the ndarray that holds the values.
        grad: the gradient that backward has accumulated, a Tensor, or None.
        grad_fn: the node of the tape that made this tensor, or None for a leaf.
        requires_grad: whether a gradient flows to it.

    Raises:
        TypeError: it was given something else, such as a dtype.
        RuntimeError: another device, a device beside a tensor, or a negative length.

    Source: torch.Tensor.

    Examples:
        >>> import numpy as np
        >>> import npnn
        >>> npnn.Tensor([1, 2]), npnn.Tensor(2, 3).shape
        (tensor([1., 2.]), torch.Size([2, 3]))
        >>> x = npnn.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> y = (np.exp(x) * x).sum()
        >>> y.backward()
        >>> np.allclose(x.grad, np.exp(x.array) * (1 + x.array))
        True
    """

    # Class attributes are the defaults, so that making a tensor sets as little as it can.
    array: Array
    _requires_grad: bool = False
    _grad: Tensor | None = None
    _grad_fn: Context | None = None
    _output_nr: int = 0
    _version_counter: _Version | None = None
    _base: Tensor | None = None
    _view_steps: Any = None
    _view_node: Any = None
    _inference: bool = False
    _hooks: OrderedDict[int, Callable[..., Any]] | None = None
    _accumulate_hooks: OrderedDict[int, Callable[..., Any]] | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A tensor as torch's classes make it; see `npnn.tensors.legacy.construct`."""
        from npnn.tensors.legacy import construct  # it makes tensors, and so stands above this file

        made: Tensor = construct(None, *args, **kwargs)
        if cls is not Tensor:
            made.__class__ = cls
        return made

    @staticmethod
    def _wrap(array: Any) -> Tensor:
        """An ndarray as a tensor, with nothing checked and no copy."""
        tensor: Tensor = _new(Tensor)
        tensor.array = array if type(array) is np.ndarray else np.asarray(array)
        if mode.inference:
            tensor._inference = True
        return tensor

    @staticmethod
    def _make_subclass(cls: Any, data: Tensor, require_grad: bool = False) -> Any:
        """The values of a tensor, in its memory and off the tape, as an object of a subclass."""
        tensor = _new(cls)
        tensor.array = data.array
        if data.torch_axes is not None:
            tensor.torch_axes = data.torch_axes
        if require_grad:
            tensor.requires_grad = True
        return tensor

    # ---- the tape

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded and a gradient flows to it."""
        if self._base is not None:
            self._look_anew()
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        kind = self.array.dtype.kind
        if value and kind == "c":
            raise NotImplementedError(
                "npnn does not differentiate complex numbers: requires_grad is for real ones"
            )
        if value and kind != "f":
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients, got"
                f" {self.array.dtype}"
            )
        if self.grad_fn is not None and not value:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use detach() for a tensor off the"
                " tape"
            )
        if value and self._inference and not mode.inference:
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
            )
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Sets `requires_grad` and returns the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward has accumulated, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got {type(value).__name__}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.array.shape != self.array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.array.shape)}' to a tensor of size"
                    f" '{list(self.array.shape)}'"
                )
            if value.array.dtype != self.array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value.array.dtype}' to a tensor with dtype"
                    f" '{self.array.dtype}'"
                )
        self._grad = value

    @property
    def grad_fn(self) -> Context | None:
        """The node of the tape that made this tensor; None for a leaf."""
        if self._base is not None:
            self._look_anew()
        return self._grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor, so that its gradient is kept in `.grad`."""
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` this tensor is."""
        return self._output_nr

    @property
    def _version(self) -> int:
        if self._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._version_counter is None else self._version_counter.value

    def _shared_version(self) -> _Version:
        if self._version_counter is None:
            self._version_counter = _Version()
        return self._version_counter

    def _bump_version(self) -> None:
        """Notes that the values were changed in place, for the checks in backward."""
        self._shared_version().value += 1

    # ---- views, and changes in place

    def _note_view(self, source: Any, operation: Any, options: dict[str, Any]) -> None:
        """Ties a result in the memory of `source` to it: one version counter, and the way there again."""
        mine, theirs = self.array, source.array
        if mine is not theirs and (mine.base is None or _owner(mine) is not _owner(theirs)):
            return
        self._version_counter = source._shared_version()
        self._inference = source._inference
        self._base = source if source._base is None else source._base
        self._view_steps = (source._view_steps, operation, options)
        self._view_node = self._base._grad_fn
        if source.torch_axes is not None and operation is GetItem and keeps_axes(options["index"]):
            self.torch_axes = source.torch_axes

    def _look_anew(self) -> None:
        """Finds the node of a view again if the tensor that it is a view of was changed in place."""
        base: Any = self._base
        if base._grad_fn is self._view_node:
            return
        self._view_node = base._grad_fn
        enabled, mode.enabled = mode.enabled, True
        try:
            fresh = viewed(base, self._view_steps)
        finally:
            mode.enabled = enabled
        self._move_to(fresh)

    def _move_to(self, result: Tensor) -> None:
        """Makes this tensor, which was changed in place, stand for what another stands for on the tape."""
        old, number = self._grad_fn, self._output_nr
        self._grad_fn, self._output_nr = result._grad_fn, result._output_nr
        self._requires_grad = result._requires_grad
        if old is not None and old.retained is not None and old.retained.get(number, lambda: None)() is self:
            del old.retained[number]
            self.retain_grad()

    # ---- gradients

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Adds the gradient of this tensor to the `.grad` of every leaf that it depends on.

        Args:
            gradient: dL/d(self), of this tensor's shape; may be left out for a tensor of one element, where
                it is 1.
            retain_graph: keep what backward has used, for another walk. Default: the value of `create_graph`.
            create_graph: record backward itself, for second derivatives.
            inputs: the tensors whose `.grad` is to be filled, and no others. Default: every leaf.
        """
        engine.backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Calls `hook(grad)` when this tensor's gradient is known; a tensor that it returns replaces it."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self._grad_fn
        if node is None:
            self._hooks = OrderedDict() if self._hooks is None else self._hooks
            return register(self._hooks, hook)
        node.tensor_hooks = {} if node.tensor_hooks is None else node.tensor_hooks
        return register(node.tensor_hooks.setdefault(self._output_nr, OrderedDict()), hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Calls `hook(tensor)` after backward has added to this leaf's `.grad`."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        self._accumulate_hooks = OrderedDict() if self._accumulate_hooks is None else self._accumulate_hooks
        return register(self._accumulate_hooks, hook)

    def retain_grad(self) -> None:
        """Keeps the gradient of a tensor that is not a leaf in its `.grad` too."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        node = self._grad_fn
        if node is not None:
            node.retained = {} if node.retained is None else node.retained
            node.retained[self._output_nr] = weakref.ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` keeps the gradient of this tensor, which is not a leaf."""
        node = self.grad_fn
        return node is not None and node.retained is not None and self._output_nr in node.retained

    def detach(self) -> Tensor:
        """The same values in the same memory, off the tape."""
        tensor = Tensor._wrap(self.array)
        tensor._version_counter = self._shared_version()
        tensor._inference = self._inference
        if self.torch_axes is not None:
            tensor.torch_axes = self.torch_axes
        return tensor

    def detach_(self) -> Tensor:
        """Takes this tensor itself off the tape."""
        if self._base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._grad_fn, self._requires_grad, self._output_nr = None, False, 0
        return self

    @property
    def data(self) -> Tensor:
        """The same values in the same memory, off the tape and unseen by its in-place checks."""
        tensor = Tensor._wrap(self.array)
        tensor._inference = self._inference
        if self.torch_axes is not None:
            tensor.torch_axes = self.torch_axes
        return tensor

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self.array = value.array

    def is_inference(self) -> bool:
        """Whether this tensor was made in `inference_mode`."""
        return self._inference

    # ---- as an object

    if not TYPE_CHECKING:
        # Where nothing else has answered.
        def __getattr__(self, name: str) -> NoReturn:
            owner = f"{type(self).__name__!r} object"
            if name.startswith("__"):
                # NumPy asks for two protocols, which a tensor lacks, with each np.asarray: this is quicker.
                raise AttributeError(f"{owner} has no attribute {name!r}")
            raise MissingAttributeError(owner, name, self.__dir__, "torch.Tensor")

    def __repr__(self) -> str:
        suffixes = []
        if self.grad_fn is not None:
            suffixes.append(f"grad_fn={self._grad_fn!r}")
        elif self._requires_grad:
            suffixes.append("requires_grad=True")
        return format_tensor(self.array, suffixes)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self.grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at"
                " the moment: detach() this one first"
            )
        if id(self) in memo:
            known: Tensor = memo[id(self)]
            return known
        copied: Tensor = _new(type(self))
        copied.array = self.array.copy()
        copied._requires_grad = self._requires_grad
        memo[id(self)] = copied
        if self._grad is not None:
            copied._grad = self._grad.__deepcopy__(memo)
        return copied

    def __reduce__(self) -> Any:
        if self.grad_fn is not None:
            raise RuntimeError("only leaf tensors can be pickled: detach() this one first")
        return _rebuild, (type(self), self.array, self._requires_grad)


def _rebuild(cls: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    tensor: Tensor = _new(cls)
    tensor.array, tensor._requires_grad = array, requires_grad
    return tensor


def _owner(array: Any) -> Any:
    """The array, or other object, whose memory an array shows."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


set_tensor_type(Tensor)

"""Modules and their weights, from torch to npnn and back.

`from_torch` gives the npnn twin of a layer or of a container of layers, `to_torch` the way back, and
`load_torch_state_dict` and `torch_state_dict` move weights alone. A twin is made by calling the constructor
of the class of the same name with the arguments that the module was made with, read from its attributes; then
it is given the module's weights and buffers, brought into its own layout.

    TWINS[MyTorchLayer] = MyLayer          # a layer of your own: its twin,
    layouts.MODULES["MyTorchLayer"] = ...  # what is not the same about its arrays (for to_torch, of MyLayer),
    ARGUMENTS["MyLayer", "size"] = ...     # and how to read an argument that is no attribute, if there is one
"""

from __future__ import annotations

import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

import numpy as np
import torch

import npnn
from npnn.modules.attention import NonDynamicallyQuantizableLinear
from torch_ref.flow import Plan, plan
from torch_ref.layouts import SAME, Layout, ModuleLayout
from torch_ref.values import NPNN, TORCH, Library, array_of, is_tensor, map_nested, seeded
from torch_ref.weights import state_layout

TWINS: dict[type, type] = {
    torch.nn.modules.linear.NonDynamicallyQuantizableLinear: NonDynamicallyQuantizableLinear
}
"""The npnn class for a torch class, where it is not that of the same name in nn."""

Reader: TypeAlias = Callable[[Any], Any]

_TRANSFORMER_LAYER: dict[str, Reader] = {
    "d_model": lambda module: module.self_attn.embed_dim,
    "nhead": lambda module: module.self_attn.num_heads,
    "dim_feedforward": lambda module: module.linear1.out_features,
    "dropout": lambda module: module.dropout.p,
    "layer_norm_eps": lambda module: module.norm1.eps,
    "batch_first": lambda module: module.self_attn.batch_first,
    "bias": lambda module: module.linear1.bias is not None,
}

ARGUMENTS: dict[tuple[str, str], Reader] = {
    ("AdaptiveLogSoftmaxWithLoss", "cutoffs"): lambda module: module.cutoffs[:-1],
    ("LinearCrossEntropyLoss", "bias"): lambda module: module.linear.bias is not None,
    ("LinearCrossEntropyLoss", "in_features"): lambda module: module.linear.in_features,
    ("MultiheadAttention", "add_bias_kv"): lambda module: module.bias_k is not None,
    ("MultiheadAttention", "bias"): lambda module: module.in_proj_bias is not None,
    ("PairwiseDistance", "p"): lambda module: module.norm,
    ("ParameterDict", "parameters"): lambda module: dict(module.items()),
    ("ParameterList", "values"): list,
    ("RNNCellBase", "num_chunks"): lambda module: module.weight_hh.numel() // module.hidden_size**2,
    ("Transformer", "custom_decoder"): lambda module: module.decoder,
    ("Transformer", "custom_encoder"): lambda module: module.encoder,
    ("TransformerDecoder", "decoder_layer"): lambda module: next(iter(module.layers), None),
    ("TransformerEncoder", "encoder_layer"): lambda module: next(iter(module.layers), None),
    **{
        (f"Transformer{part}Layer", name): read
        for part in ("Encoder", "Decoder")
        for name, read in _TRANSFORMER_LAYER.items()
    },
}
"""How to read an argument of a class's constructor from a module, where no attribute has its name."""

_RECURRENT = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")

SIGNATURES: dict[str, tuple[str, ...]] = {
    "GRU": _RECURRENT,
    "LSTM": (*_RECURRENT, "proj_size"),
    "RNN": (*_RECURRENT, "nonlinearity"),
}
"""The arguments of constructors whose own signature hides them behind *args and **kwargs."""

_FOLLOW_FROM_WEIGHTS = ("device", "dtype")

_DTYPES = {
    getattr(torch, name): np.dtype(name)
    for name in (
        *("float16", "float32", "float64", "complex64", "complex128", "bool"),
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    )
}
_TORCH_DTYPES = {mine: theirs for theirs, mine in _DTYPES.items()}


def from_torch(module: torch.nn.Module, input: Layout | None = None) -> npnn.Module:
    """The npnn twin of a torch layer or container, with its weights, buffers, dtype, mode and requires_grad.

    Parameters and modules that stand in several places do so in the twin as well. Nothing is shared with the
    original. Hooks stay behind.

    Args:
        module: a layer, or a Sequential, ModuleList or ModuleDict of layers and of such containers.
        input: the layout of what a Sequential is called on, which need be given only if a Flatten and a
            Linear follow before any layer that tells: `channels_last(2, C=3)` for images of three channels,
            `SAME` for arrays that are the same in both.

    Returns:
        The twin, which takes and gives channels-last arrays.

    Raises:
        LookupError: a class has no twin in npnn; the message names it and where it stands.
        UnknownLayoutError: the order of the features behind a Flatten is not known.
        ValueError: a weight is shared by layers that store it differently, or the module has members that its
            class has not.
        TypeError: a weight has a dtype that NumPy has not.

    Examples:
        >>> from torch import nn
        >>> from_torch(nn.Sequential(nn.Linear(4, 3), nn.ReLU()))
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): ReLU()
        )
    """
    twin: npnn.Module = _Conversion(NPNN, plan(module, input)).module(module, "")
    return twin


def to_torch(module: npnn.Module, input: Layout | None = None) -> torch.nn.Module:
    """The torch twin of a npnn layer or container, with its weights, buffers, dtype, mode and requires_grad.

    Args:
        module: a layer, or a Sequential, ModuleList or ModuleDict of layers and of such containers.
        input: the layout of what a Sequential is called on; see `from_torch`.

    Returns:
        The twin, which takes and gives arrays with their axes in torch's order.

    Raises:
        LookupError: a class has no twin in torch.nn; the message names it and where it stands.
        UnknownLayoutError: the order of the features behind a Flatten is not known.
        ValueError: a weight is shared by layers that store it differently, or the module has members that its
            class has not.

    Examples:
        >>> from npnn import nn
        >>> to_torch(nn.Linear(4, 3)).weight.shape
        torch.Size([3, 4])
    """
    twin: torch.nn.Module = _Conversion(TORCH, plan(module, input)).module(module, "")
    return twin


def load_torch_state_dict(
    module: npnn.Module,
    state_dict: Mapping[str, Any],
    strict: bool = True,
    input: Layout | None = None,
    *,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> Any:
    """Loads a state_dict of torch's into a npnn module.

    Args:
        module: the module.
        state_dict: what `state_dict` of the torch twin gives: tensors or arrays, in torch's layout.
        strict: refuse a state_dict that lacks a name, or has one too many.
        input: the layout of what a Sequential is called on; see `from_torch`.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Returns:
        The names that are missing and those that are unexpected.

    Raises:
        RuntimeError: names do not match and `strict` is set, or shapes differ.
        ValueError: an entry does not fit its layout.
        LookupError: a layout is not known.

    Examples:
        >>> import torch
        >>> layer = npnn.nn.Linear(4, 3)
        >>> load_torch_state_dict(layer, torch.nn.Linear(4, 3).state_dict())
        <All keys matched successfully>
    """
    known = state_layout(module, input, flattened, layouts)
    return module.load_state_dict(rearranged(state_dict, known, NPNN), strict)


def torch_state_dict(
    module: npnn.Module,
    input: Layout | None = None,
    *,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> OrderedDict[str, Any]:
    """The state_dict of a npnn module as that of its torch twin: torch's keys, tensors and layout.

    Args:
        module: the module.
        input: the layout of what a Sequential is called on; see `from_torch`.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Returns:
        A state_dict that the twin's `load_state_dict` takes; it shares no memory with the module.

    Examples:
        >>> {name: tuple(t.shape) for name, t in torch_state_dict(npnn.nn.Linear(4, 3)).items()}
        {'weight': (3, 4), 'bias': (3,)}
    """
    return rearranged(module.state_dict(), state_layout(module, input, flattened, layouts), TORCH)


def rearranged(state: Mapping[str, Any], layouts: ModuleLayout, library: Library) -> OrderedDict[str, Any]:
    """The arrays and tensors of a state_dict as tensors of a library, in its layout; extra state as it is.

    Args:
        state: the state_dict, in the other library's layout.
        layouts: of its entries.
        library: the one to go to.

    Raises:
        ValueError: an entry does not fit its layout.
    """
    found = OrderedDict(
        (
            (name, library.tensor(library.rearrange(array_of(value), layouts.of_state(name))))
            if is_tensor(value) or isinstance(value, np.ndarray)
            else (name, value)
        )
        for name, value in state.items()
    )
    found._metadata = getattr(state, "_metadata", {})  # type: ignore[attr-defined]
    return found


def translate(value: Any, library: Library, layout: Layout = SAME) -> Any:
    """A value of the other library as one of this library: what constructors and forward take.

    Args:
        value: a tensor, dtype, module, function or dataclass of the other library, anything that is the same
            in both, or a nest of these.
        library: the one to translate into.
        layout: of the tensors in it.

    Returns:
        The value. Tensors share no memory with the original and keep their requires_grad.

    Raises:
        LookupError: there is no such dtype, module or function.

    Examples:
        >>> translate((torch.ones(2), torch.float64, "mean"), NPNN)
        (tensor([1., 1.]), dtype('float64'), 'mean')
    """
    return map_nested(lambda entry: _translated(entry, library, layout), value)


def _translated(value: Any, library: Library, layout: Layout) -> Any:
    if is_tensor(value):
        tensor = library.tensor(library.rearrange(array_of(value), layout))
        return tensor.requires_grad_(value.requires_grad)
    if isinstance(value, (torch.dtype, np.dtype)):
        known = _DTYPES if library is NPNN else _TORCH_DTYPES
        if value not in known:
            raise LookupError(f"{library.name} has no dtype {value}")
        return known[value]  # type: ignore[index]
    if isinstance(value, torch.nn.Module):
        return from_torch(value)
    if isinstance(value, npnn.Module):
        return to_torch(value)
    if inspect.isroutine(value):
        return function_twin(value, library)
    if is_dataclass(value) and not isinstance(value, type):
        options = {one.name: translate(getattr(value, one.name), library) for one in fields(value)}
        return twin_class(type(value), library)(**options)
    return value


def function_twin(function: Callable[..., Any], library: Library) -> Callable[..., Any]:
    """The function of the same name: of nn.functional, or of the package itself."""
    name = function.__name__
    found = getattr(library.nn.functional, name, None) or getattr(library.root, name, None)
    if found is None:
        raise LookupError(f"{library.name} has no function {name}")
    twin: Callable[..., Any] = found
    return twin


def twin_class(cls: type, library: Library, place: str = "") -> type:
    """The class of `library` that is the twin of a class of the other one.

    Raises:
        LookupError: there is none.
    """
    registered = TWINS if library is NPNN else {mine: theirs for theirs, mine in TWINS.items()}
    if cls in registered:
        return registered[cls]
    name = cls.__name__
    twin: type | None = getattr(library.nn, name, None)
    if twin is None or getattr(library.other.nn, name, None) is not cls:
        raise LookupError(
            f"{cls.__module__}.{name}{place} has no twin in {library.name}: layers of nn can be converted,"
            " and Sequential, ModuleList and ModuleDict of them; name the twin of a class of your own in"
            " torch_ref.convert.TWINS"
        )
    return twin


class _Conversion:
    """One conversion of a tree of modules, which remembers what it has met: what is shared stays shared."""

    def __init__(self, library: Library, plans: dict[str, Plan]) -> None:
        self.library = library
        self.plans = plans
        self.modules: dict[int, tuple[Plan, Any]] = {}
        self.tensors: dict[int, tuple[Layout, Any]] = {}

    def module(self, module: Any, path: str) -> Any:
        """The twin of a module and of those below it."""
        own = self.plans[path]
        if id(module) in self.modules:
            known, twin = self.modules[id(module)]
            if (known.layout.state, known.arguments) != (own.layout.state, own.arguments):
                raise ValueError(
                    f"{_named(module, path)} also stands elsewhere, where it is called on another layout: "
                    "no one twin serves both"
                )
            return twin
        twin = self._constructed(module, own, path)
        self.modules[id(module)] = own, twin
        for name, child in module._modules.items():
            below = f"{path}.{name}" if path else name
            twin.add_module(name, None if child is None else self.module(child, below))
        for kind in ("_parameters", "_buffers"):
            mine, theirs = getattr(twin, kind), getattr(module, kind)
            if set(mine) != set(theirs):
                raise ValueError(
                    f"{_named(module, path)} has the {kind[1:]} {list(theirs)} where its twin has "
                    f"{list(mine)}: remove what was added to it, such as a weight norm, before conversion"
                )
            for name, tensor in theirs.items():
                label = f"{name} of {_named(module, path)}"
                mine[name] = (
                    None
                    if tensor is None
                    else self._tensor(tensor, own.layout.of_state(name), label, mine[name])
                )
        twin._non_persistent_buffers_set.update(module._non_persistent_buffers_set)
        twin.training = module.training
        return twin

    def _constructed(self, module: Any, own: Plan, path: str) -> Any:
        """A twin as its constructor makes it."""
        cls = twin_class(type(module), self.library, f" at '{path}'" if path else "")
        arguments = {}
        for name, required in _constructor_arguments(cls):
            if name in own.arguments:
                arguments[name] = own.arguments[name]
            elif (cls.__name__, name) in ARGUMENTS:
                arguments[name] = translate(ARGUMENTS[cls.__name__, name](module), self.library)
            elif name in module._parameters:
                arguments[name] = module._parameters[name] is not None
            elif hasattr(module, name) and not inspect.ismethod(getattr(module, name)):
                arguments[name] = translate(getattr(module, name), self.library, own.layout.of_state(name))
            elif required:
                raise LookupError(
                    f"cannot read the argument {name} of {cls.__name__} from {_named(module, path)}: say how "
                    "in torch_ref.convert.ARGUMENTS"
                )
        with seeded(), warnings.catch_warnings():
            # What is to be said of a class or its arguments was said when the original was made.
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", UserWarning)
            return cls(**arguments)

    def _tensor(self, tensor: Any, layout: Layout, label: str, replaced: Any) -> Any:
        """A parameter or buffer in this library and its layout; what is shared is converted once.

        It takes the place of one that the twin was made with, which knows the order of its axes.
        """
        if id(tensor) in self.tensors:
            known, converted = self.tensors[id(tensor)]
            if known != layout:
                raise ValueError(
                    f"the {label} is shared by layers that store it differently, as {known} and as {layout}: "
                    "no one twin serves both"
                )
            return converted
        converted = self.library.tensor(self.library.rearrange(array_of(tensor), layout))
        if isinstance(tensor, (torch.nn.Parameter, npnn.Parameter)):
            axes = getattr(replaced, "torch_axes", None)
            declared = {} if axes is None else {"torch_axes": axes}
            converted = self.library.nn.Parameter(converted, requires_grad=tensor.requires_grad, **declared)
        self.tensors[id(tensor)] = layout, converted
        return converted


def _constructor_arguments(cls: type) -> list[tuple[str, bool]]:
    """The names of a constructor's arguments, and whether they must be given."""
    if cls.__name__ in SIGNATURES:
        return [(name, True) for name in SIGNATURES[cls.__name__]]
    # Not the signature of the class, which a decorator such as deprecated hides.
    constructor: Any = cls.__init__  # type: ignore[misc]
    _, *signature = inspect.signature(constructor).parameters.values()
    return [
        (one.name, one.default is one.empty)
        for one in signature
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD) and one.name not in _FOLLOW_FROM_WEIGHTS
    ]


def _named(module: Any, path: str) -> str:
    return type(module).__name__ + (f" at '{path}'" if path else "")

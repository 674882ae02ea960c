"""What the cases of torch.nn.init, torch.nn.utils and modules of one's own do, in terms of either library.

Each script takes a library, the function that it is about, and the arguments of the case. Those of `SCRIPTS`
also take tensors, and give a nest of tensors, which are compared with their gradients; those of `MAKERS` give
a module, which is compared with its twin.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from torch_ref.case import Case
from torch_ref.values import Library

Args: TypeAlias = Sequence[Any]
Kwargs: TypeAlias = Mapping[str, Any]


def _fill(library: Library, function: Any, args: Args, kwargs: Kwargs, tensor: Any) -> Any:
    """A tensor, filled, and the next number of the generator."""
    return function(tensor.detach(), *args, **kwargs), library.root.rand(1)


def _gain(library: Library, function: Any, args: Args, kwargs: Kwargs) -> Any:
    return library.root.tensor(function(*args, **kwargs), dtype=library.root.float64)


def _clip(library: Library, function: Any, args: Args, kwargs: Kwargs, *gradients: Any) -> Any:
    """What the function returns, if it does, and the gradients after it."""
    parameters = [_with_gradient(library, gradient) for gradient in gradients]
    result = function(parameters, *args, **kwargs)
    return result, [parameter.grad for parameter in parameters]


def _clip_with_norm(library: Library, function: Any, args: Args, kwargs: Kwargs, *gradients: Any) -> Any:
    most, total = args
    return _clip(
        library, function, (most, library.root.tensor(total, dtype=library.root.float64)), {}, *gradients
    )


def _with_gradient(library: Library, gradient: Any) -> Any:
    parameter = library.nn.Parameter(library.root.zeros_like(gradient))
    parameter.grad = gradient.detach()
    return parameter


def _on_list(library: Library, function: Any, args: Args, kwargs: Kwargs, *tensors: Any) -> Any:
    return function(list(tensors), *args, **kwargs)


def _on_tensor(library: Library, function: Any, args: Args, kwargs: Kwargs, tensor: Any) -> Any:
    return function(tensor, *args, **kwargs)


def _take_apart(library: Library, function: Any, args: Args, kwargs: Kwargs, vector: Any) -> Any:
    """The values of parameters of the shapes that are the arguments."""
    parameters = [library.nn.Parameter(library.root.zeros(shape, dtype=vector.dtype)) for shape in args]
    function(vector.detach(), parameters)
    return parameters


def _skip(library: Library, function: Any, args: Args, kwargs: Kwargs, *inputs: Any) -> Any:
    """The layer's output once it has values, the next number of the generator, and the parameters' shapes."""
    (layer,) = args
    made = function(
        getattr(library.nn, layer.module), *layer.args, **layer.kwargs, dtype=library.root.float64
    )
    for parameter in made.parameters():
        library.nn.init.constant_(parameter, 0.5)
    return made(*inputs), library.root.rand(1), [library.root.zeros_like(one) for one in made.parameters()]


def _fuse_weights(
    library: Library,
    function: Any,
    args: Args,
    kwargs: Kwargs,
    *tensors: Any,
) -> Any:
    weight, bias, mean, variance, norm_weight, norm_bias = tensors
    return function(weight, bias, mean, variance, *args, norm_weight, norm_bias, **kwargs)


def _pack_then(library: Library, function: Any, args: Args, kwargs: Kwargs, padded: Any) -> Any:
    lengths, batch_first, in_order = args
    packed = library.nn.utils.rnn.pack_padded_sequence(padded, lengths, batch_first, in_order)
    return [function(packed, batch_first), function(packed, not batch_first, -1.5, 7)]


def _unpack(library: Library, function: Any, args: Args, kwargs: Kwargs, *sequences: Any) -> Any:
    return function(library.nn.utils.rnn.pack_sequence(list(sequences), *args))


def _unpad(library: Library, function: Any, args: Args, kwargs: Kwargs, padded: Any) -> Any:
    """The sequences, of a copy where torch transposes what it is given in place."""
    lengths, batch_first = args
    return function(padded if batch_first else padded.clone(), library.root.tensor(lengths), batch_first)


def _packed(library: Library, function: Any, args: Args, kwargs: Kwargs, *tensors: Any) -> Any:
    return function(*tensors).to(getattr(library.root, args[0]))


def _there_and_back(library: Library, module: Any, args: Args, kwargs: Kwargs, padded: Any) -> Any:
    """Through all of utils.rnn: unpadded, packed, padded again."""
    (lengths,) = args
    sequences = _unpad(library, module.unpad_sequence, (lengths, False), {}, padded)
    packed = module.pack_sequence(sequences, enforce_sorted=False)
    return packed, module.pad_packed_sequence(packed), module.pad_sequence(module.unpack_sequence(packed))


def _call_with(library: Library, module: Any, args: Args, kwargs: Kwargs, x: Any, *parameters: Any) -> Any:
    """A Linear as a function of its parameters; those that are not given are 0.5."""
    layer = library.nn.Linear(*args, dtype=library.root.float64)
    for parameter in layer.parameters():
        library.nn.init.constant_(parameter, 0.5)
    given = dict(zip(("weight", "bias"), parameters, strict=False))
    return _quietly(module.functional_call, layer, given, (x,)), layer(x)


Script: TypeAlias = Callable[..., Any]

_FILLED = (
    *("constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_"),
    *("orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_"),
)

SCRIPTS: dict[str, Script] = {
    **{f"init.{name}": _fill for name in _FILLED},
    "init.calculate_gain": _gain,
    **{f"utils.{name}": _clip for name in ("clip_grad_norm", "clip_grad_norm_", "clip_grad_value_")},
    "utils.clip_grads_with_norm_": _clip_with_norm,
    "utils.get_total_norm": _on_list,
    "utils.parameters_to_vector": _on_list,
    "utils.vector_to_parameters": _take_apart,
    "utils.skip_init": _skip,
    "utils.fuse_conv_bn_weights": _fuse_weights,
    "utils.fuse_linear_bn_weights": _fuse_weights,
    "utils.stateless": _call_with,
    "utils.rnn": _there_and_back,
    "utils.rnn.PackedSequence": _packed,
    "utils.rnn.invert_permutation": _on_tensor,
    "utils.rnn.pack_padded_sequence": _on_tensor,
    "utils.rnn.pack_sequence": _on_list,
    "utils.rnn.pad_packed_sequence": _pack_then,
    "utils.rnn.pad_sequence": _on_list,
    "utils.rnn.unpack_sequence": _unpack,
    "utils.rnn.unpad_sequence": _unpad,
}
"""What is done with the tensors of a case, by the function's name from torch.nn on."""


def _layer(library: Library, layer: Case) -> Any:
    """A layer, drawn in float64."""
    root = library.root
    default = root.get_default_dtype()
    root.set_default_dtype(root.float64)
    try:
        return getattr(library.nn, layer.module)(*layer.args, **layer.kwargs)
    finally:
        root.set_default_dtype(default)


def _change(library: Library, function: Any, args: Args, kwargs: Kwargs) -> Any:
    """A layer that a function has changed."""
    layer, *more = args
    return _quietly(function, _layer(library, layer), *more, **kwargs)


def _change_memory(memory_format: str) -> Script:
    """A layer with its weight in another order in memory, of which npnn knows none."""

    def script(library: Library, function: Any, args: Args, kwargs: Kwargs) -> Any:
        return function(_layer(library, *args), getattr(library.root, memory_format))

    return script


def _change_back(normalize: str) -> Script:
    """A layer that has been changed, called once, and changed back."""

    def script(library: Library, function: Any, args: Args, kwargs: Kwargs) -> Any:
        return function(_change(library, getattr(library.nn.utils, normalize), args, kwargs))

    return script


def _fuse(library: Library, function: Any, args: Args, kwargs: Kwargs) -> Any:
    """A layer fused with a batch norm, which has seen something."""
    layer, norm = (_layer(library, one).eval() for one in args[:2])
    for name, tensor in [*norm.named_parameters(), *norm.named_buffers()]:
        if name != "num_batches_tracked":
            library.nn.init.uniform_(tensor, 0.5, 1.5)
    return function(layer, norm, *args[2:])


def _parametrize(library: Library, module: Any, args: Args, kwargs: Kwargs) -> Any:
    """A layer whose weight goes through activations, which may be removed again."""
    layer, activations = _layer(library, args[0]), args[1:]
    for activation in activations:
        module.register_parametrization(layer, "weight", getattr(library.nn, activation)())
    if kwargs["removed"] is not None:
        module.remove_parametrizations(layer, "weight", leave_parametrized=kwargs["removed"])
    return layer


def _parametrize_by_name(library: Library, module: Any, args: Args, kwargs: Kwargs) -> Any:
    layer, name = args
    return getattr(module, name)(_layer(library, layer))


def _assemble(library: Library, base: Any, args: Args, kwargs: Kwargs) -> Any:
    """A module with members, which it applies one after another, after a call of some of its methods."""

    class Own(base):  # type: ignore[misc]
        def forward(self, input: Any) -> Any:
            for member in self.children():
                input = member(input)
            for scale in self.parameters(recurse=False):
                input = input * scale
            for offset in self.buffers(recurse=False):
                input = input + offset
            return input

    own = Own()
    for name, member in kwargs.items():
        setattr(
            own, name, _layer(library, member) if isinstance(member, Case) else _uniform(library, *member)
        )
    for method, *options in args:
        getattr(own, method)(*options)
    return own


def _uniform(library: Library, kind: str, *shape: int) -> Any:
    """A Parameter or a Buffer."""
    return getattr(library.nn, kind)(library.root.rand(*shape, dtype=library.root.float64))


def _quietly(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls what is deprecated, and says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return function(*args, **kwargs)


MAKERS: dict[str, Script] = {
    "utils.convert_conv2d_weight_memory_format": _change_memory("channels_last"),
    "utils.convert_conv3d_weight_memory_format": _change_memory("channels_last_3d"),
    **{f"utils.fuse_{layer}_bn_eval": _fuse for layer in ("conv", "linear")},
    **{f"utils.{name}": _change for name in ("spectral_norm", "weight_norm")},
    **{f"utils.remove_{name}": _change_back(name) for name in ("spectral_norm", "weight_norm")},
    **{f"utils.parametrizations.{name}": _change for name in ("orthogonal", "spectral_norm", "weight_norm")},
    "Module": _assemble,
    "utils.parametrizations": _parametrize_by_name,
    "utils.parametrize": _parametrize,
}
"""Likewise what makes a module."""

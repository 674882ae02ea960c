"""torch.nn.utils and torch.utils: clipped gradients, fused layers, normalized weights, hooks; and data."""

import importlib
from typing import TYPE_CHECKING, Any

from npnn.utils import rnn
from npnn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from npnn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from npnn.utils.fusion import (
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)
from npnn.utils.init import skip_init
from npnn.utils.memory_format import (
    convert_conv2d_weight_memory_format,
    convert_conv3d_weight_memory_format,
)
from npnn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from npnn.utils.weight_norm import remove_weight_norm, weight_norm

if TYPE_CHECKING:
    from npnn.utils import checkpoint, data, parametrizations, parametrize, stateless
    from npnn.utils import prune as prune


def __getattr__(name: str) -> Any:
    """Loads a submodule on first use: few scripts need it, or it is made of modules, which need this."""
    if name in ("checkpoint", "data", "parametrizations", "parametrize", "prune", "stateless"):
        return importlib.import_module(f"npnn.utils.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "checkpoint",
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "convert_conv2d_weight_memory_format",
    "convert_conv3d_weight_memory_format",
    "data",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "skip_init",
    "spectral_norm",
    "stateless",
    "vector_to_parameters",
    "weight_norm",
]

"""The functions of networks that torch has at its root too; some take their arguments in another order there.

torch's losses at its root take a number for `reduction`, which nobody writes: they are in functional only.
"""

from __future__ import annotations

from typing import Any

from npnn.functional import normalization, sparse
from npnn.functional.activation import celu, celu_, selu, selu_
from npnn.functional.conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_tbc,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from npnn.functional.distance import cosine_similarity, pairwise_distance, pdist
from npnn.functional.dropout import alpha_dropout, dropout, feature_alpha_dropout
from npnn.functional.linear import bilinear
from npnn.functional.normalization import group_norm, layer_norm, rms_norm
from npnn.functional.piecewise import hardshrink, prelu, rrelu, rrelu_, threshold, threshold_
from npnn.functional.pooling import (
    adaptive_avg_pool1d,
    adaptive_max_pool1d,
    avg_pool1d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool3d,
)
from npnn.functional.vision import channel_shuffle, pixel_shuffle, pixel_unshuffle
from npnn.tensors import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "alpha_dropout",
    "avg_pool1d",
    "batch_norm",
    "bilinear",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_similarity",
    "dropout",
    "embedding",
    "feature_alpha_dropout",
    "group_norm",
    "hardshrink",
    "instance_norm",
    "layer_norm",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "threshold",
    "threshold_",
]


def embedding(
    weight: Any,
    indices: Any,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """`functional.embedding` with the weight first; a padding_idx of -1 means none.

    Source: torch.embedding.
    """
    padding = None if padding_idx == -1 else padding_idx
    return _embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


_embedding = sparse.embedding


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    """`functional.batch_norm` with the weights before the statistics.

    Source: torch.batch_norm.
    """
    return normalization.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    """`functional.instance_norm` with the weights before the statistics.

    Source: torch.instance_norm.
    """
    return normalization.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )

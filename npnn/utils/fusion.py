"""Batch norm folded into the layer before it, for evaluation."""

from __future__ import annotations

import copy
from typing import Any

from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import ones_like, zeros_like


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that does what a convolution and the batch norm after it do in evaluation.

    Args:
        conv: the convolution, in evaluation mode.
        bn: the batch norm, in evaluation mode.
        transpose: whether the convolution is a transposed one.

    Returns:
        A new convolution; both modules are left alone.

    Raises:
        AssertionError: a module is in training mode.

    Source: torch.nn.utils.fuse_conv_bn_eval.
    """
    return _fused(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A Linear that does what a Linear and the batch norm after it do in evaluation.

    Args:
        linear: the Linear, in evaluation mode.
        bn: the batch norm, in evaluation mode.

    Returns:
        A new Linear; both modules are left alone.

    Raises:
        AssertionError: a module is in training mode, or their sizes differ.

    Source: torch.nn.utils.fuse_linear_bn_eval.
    """
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got"
            f" {linear.out_features} and {bn.num_features}"
        )
    return _fused(linear, bn, fuse_linear_bn_weights)


def _fused(layer: Any, bn: Any, fuse: Any, *options: Any) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, *options
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Kernels and bias of the fused convolution: w' = w γ/√(σ² + ε), b' = (b - μ) γ/√(σ² + ε) + β.

    Args:
        conv_w: the kernels, their output channels last.
        conv_b: the bias, or None.
        bn_rm: the running mean μ.
        bn_rv: the running variance σ².
        bn_eps: ε.
        bn_w: γ, or None for 1.
        bn_b: β, or None for 0.
        transpose: accepted for torch's sake: here output channels are last in both kinds.

    Returns:
        The new kernels and the new bias; these require grad if those that they are made of do, and a bias
        made of none does not.

    Source: torch.nn.utils.fuse_conv_bn_weights.
    """
    b = zeros_like(bn_rm) if conv_b is None else conv_b
    scale = (ones_like(bn_rm) if bn_w is None else bn_w) * (bn_rv + bn_eps).rsqrt()
    shift = zeros_like(bn_rm) if bn_b is None else bn_b
    weight = Parameter(
        (conv_w * scale).to(conv_w.dtype).detach(),
        conv_w.requires_grad,
        torch_axes=getattr(conv_w, "torch_axes", None),
    )
    return weight, Parameter(((b - bn_rm) * scale + shift).to(b.dtype).detach(), b.requires_grad)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the fused Linear, by the same formula as for a convolution.

    Source: torch.nn.utils.fuse_linear_bn_weights.
    """
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)

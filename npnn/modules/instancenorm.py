"""Instance normalisation, channels last."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from npnn import functional as F
from npnn.modules.batchnorm import _LazyNormBase, _NormBase
from npnn.tensors import Tensor


class _InstanceNorm(_NormBase):
    """What instance normalisation is, over any number of spatial axes."""

    spatial_axes: ClassVar[int]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the normalised input, and in training moves the running statistics, if there are any."""
        unbatched = self.spatial_axes + 1
        if len(input.shape) not in (unbatched, unbatched + 1):
            raise ValueError(
                f"expected {unbatched}D or {unbatched + 1}D input (got {len(input.shape)}D input)"
            )
        channels = input.shape[-1]
        if channels != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={len(input.shape) - 1} to match num_features"
                    f" ({self.num_features}), but got: {channels}."
                )
            warnings.warn(
                f"input's size at dim={len(input.shape) - 1}, {channels}, does not match num_features,"
                f" {self.num_features}, which is not used because affine=False",
                stacklevel=2,
            )
        if len(input.shape) == unbatched:
            return self._normalized(input.unsqueeze(0)).squeeze(0)
        return self._normalized(input)

    def _normalized(self, batch: Tensor) -> Tensor:
        return F.instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        old = [
            f"{prefix}{name}" for name in ("running_mean", "running_var") if f"{prefix}{name}" in state_dict
        ]
        if local_metadata.get("version") is None and not self.track_running_stats and old:
            # Before torch 0.4.0 there were always running statistics.
            error_msgs.append(
                f"Unexpected running stats buffer(s) {' and '.join(old)} for {self._get_name()} with"
                " track_running_stats=False: remove them from the state_dict, which has them if it was saved"
                " before torch 0.4.0, or set track_running_stats=True to use them."
            )
            for key in old:
                del state_dict[key]
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Brings each channel of each of a batch of sequences to mean 0 and variance 1, over its positions.

    y = w (x - μ) / √(σ² + ε) + b, with σ² the biased variance. Running statistics, which by default there are
    none of, move in training towards the means over the batch, and are μ and σ² in evaluation.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of an input in the running statistics; None leaves them as they are.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics, and use them in evaluation.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, L, C) or (L, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: stays at 0, as on torch, or is None.

    Source: torch.nn.InstanceNorm1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.InstanceNorm1d(100, affine=True)(npnn.randn(20, 40, 100)).shape
        torch.Size([20, 40, 100])
    """

    spatial_axes = 1


class InstanceNorm2d(_InstanceNorm):
    """Brings each channel of each of a batch of images to mean 0 and variance 1, over its positions.

    y = w (x - μ) / √(σ² + ε) + b, with σ² the biased variance. Running statistics, which by default there are
    none of, move in training towards the means over the batch, and are μ and σ² in evaluation.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of an input in the running statistics; None leaves them as they are.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics, and use them in evaluation.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: stays at 0, as on torch, or is None.

    Source: torch.nn.InstanceNorm2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.InstanceNorm2d(100, affine=True)(npnn.randn(20, 35, 45, 100)).shape
        torch.Size([20, 35, 45, 100])
    """

    spatial_axes = 2


class InstanceNorm3d(_InstanceNorm):
    """Brings each channel of each of a batch of volumes to mean 0 and variance 1, over its positions.

    y = w (x - μ) / √(σ² + ε) + b, with σ² the biased variance. Running statistics, which by default there are
    none of, move in training towards the means over the batch, and are μ and σ² in evaluation.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of an input in the running statistics; None leaves them as they are.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics, and use them in evaluation.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: stays at 0, as on torch, or is None.

    Source: torch.nn.InstanceNorm3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.InstanceNorm3d(100, affine=True)(npnn.randn(2, 10, 35, 45, 100)).shape
        torch.Size([2, 10, 35, 45, 100])
    """

    spatial_axes = 3


class LazyInstanceNorm1d(_LazyNormBase, InstanceNorm1d):
    """An InstanceNorm1d that takes num_features from the last axis of the first input.

    As on torch it has a weight, a bias and running statistics unless told otherwise, which InstanceNorm1d has
    not.

    Args:
        eps: ε, added to the variance.
        momentum: the part of an input in the running statistics; None leaves them as they are.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics, and use them in evaluation.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, L, C) or (L, C). Output: the same.

    Source: torch.nn.LazyInstanceNorm1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyInstanceNorm1d()
        >>> _ = layer(npnn.randn(20, 40, 100))
        >>> layer
        InstanceNorm1d(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNormBase, InstanceNorm2d):
    """An InstanceNorm2d that takes num_features from the last axis of the first input.

    As on torch it has a weight, a bias and running statistics unless told otherwise, which InstanceNorm2d has
    not.

    Args:
        eps: ε, added to the variance.
        momentum: the part of an input in the running statistics; None leaves them as they are.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics, and use them in evaluation.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, H, W, C) or (H, W, C). Output: the same.

    Source: torch.nn.LazyInstanceNorm2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyInstanceNorm2d()
        >>> _ = layer(npnn.randn(20, 35, 45, 100))
        >>> layer
        InstanceNorm2d(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNormBase, InstanceNorm3d):
    """An InstanceNorm3d that takes num_features from the last axis of the first input.

    As on torch it has a weight, a bias and running statistics unless told otherwise, which InstanceNorm3d has
    not.

    Args:
        eps: ε, added to the variance.
        momentum: the part of an input in the running statistics; None leaves them as they are.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics, and use them in evaluation.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, D, H, W, C) or (D, H, W, C). Output: the same.

    Source: torch.nn.LazyInstanceNorm3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyInstanceNorm3d()
        >>> _ = layer(npnn.randn(2, 10, 35, 45, 100))
        >>> layer
        InstanceNorm3d(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = InstanceNorm3d

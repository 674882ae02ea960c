"""Batch normalisation, channels last."""

from __future__ import annotations

from typing import Any, ClassVar

from npnn import functional as F
from npnn import init
from npnn.modules.lazy import LazyModuleMixin
from npnn.modules.module import Module
from npnn.parameter import Parameter, UninitializedBuffer, UninitializedParameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty, tensor


class _NormBase(Module):
    """What batch and instance normalisation share: weight, bias and running statistics of each channel."""

    # Since version 2 there is num_batches_tracked in the state.
    _version = 2

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats

        def vector() -> Tensor:
            return empty(num_features, device=device, dtype=dtype)

        self.register_parameter("weight", Parameter(vector()) if affine else None)
        self.register_parameter("bias", Parameter(vector()) if affine and bias else None)
        self.register_buffer("running_mean", vector() if track_running_stats else None)
        self.register_buffer("running_var", vector() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0, device=device) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Sets the running mean to 0, the running variance to 1, and the count of batches to 0."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.fill_(value)

    def reset_parameters(self) -> None:
        """Resets the running statistics, sets the weight to ones and the bias to zeros."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def extra_repr(self) -> str:
        """The options, for repr."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine},"
            f" bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
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
        key = f"{prefix}num_batches_tracked"
        if local_metadata.get("version", 1) < 2 and self.num_batches_tracked is not None:
            state_dict.setdefault(key, self.num_batches_tracked)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class _BatchNorm(_NormBase):
    """What batch normalisation is, over any number of spatial axes."""

    axes: ClassVar[tuple[int, ...]]
    """How many axes an input may have."""

    def forward(self, input: Tensor) -> Tensor:
        """Returns the normalised input, and in training moves the running statistics."""
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        own_statistics = self.training or (self.running_mean is None and self.running_var is None)
        running = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if running else None,
            self.running_var if running else None,
            self.weight,
            self.bias,
            own_statistics,
            momentum,
            self.eps,
        )

    def _check_input_dim(self, input: Any) -> None:
        if len(input.shape) not in self.axes:
            wanted = " or ".join(f"{axes}D" for axes in self.axes)
            raise ValueError(f"expected {wanted} input (got {len(input.shape)}D input)")


class _LazyNormBase(LazyModuleMixin, _NormBase):
    """What lazy batch and instance normalisation share."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, affine=False, track_running_stats=False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = tensor(0, device=device)

    def reset_parameters(self) -> None:
        """As for an ordinary layer, once there is something to reset."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Gives parameters and running statistics an element for each channel of the input.

        Args:
            input: what the module is called on.
        """
        self.num_features = input.shape[-1]
        if self.has_uninitialized_params():
            names = ("weight", "bias", "running_mean", "running_var")
            self._materialize(**dict.fromkeys(names, (self.num_features,)))
            self.reset_parameters()


class BatchNorm1d(_BatchNorm):
    """Brings each channel of sequences, or of rows of features, to mean 0 and variance 1, over a batch.

    y = w (x - μ) / √(σ² + ε) + b. In training μ and σ² are the mean and the biased variance of the batch, and
    the running statistics move towards the mean and the unbiased variance; in evaluation they are the running
    statistics.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, L, C) or (N, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: how many batches are in the running statistics, or None.

    Source: torch.nn.BatchNorm1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.BatchNorm1d(100)(npnn.randn(20, 35, 100)).shape
        torch.Size([20, 35, 100])
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Brings each channel of images to mean 0 and variance 1, over a batch.

    y = w (x - μ) / √(σ² + ε) + b. In training μ and σ² are the mean and the biased variance of the batch, and
    the running statistics move towards the mean and the unbiased variance; in evaluation they are the running
    statistics.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, H, W, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: how many batches are in the running statistics, or None.

    Source: torch.nn.BatchNorm2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.BatchNorm2d(100)(npnn.randn(20, 35, 45, 100)).shape
        torch.Size([20, 35, 45, 100])
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """Brings each channel of volumes to mean 0 and variance 1, over a batch.

    y = w (x - μ) / √(σ² + ε) + b. In training μ and σ² are the mean and the biased variance of the batch, and
    the running statistics move towards the mean and the unbiased variance; in evaluation they are the running
    statistics.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, D, H, W, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: how many batches are in the running statistics, or None.

    Source: torch.nn.BatchNorm3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.BatchNorm3d(100)(npnn.randn(2, 10, 35, 45, 100)).shape
        torch.Size([2, 10, 35, 45, 100])
    """

    axes = (5,)


class LazyBatchNorm1d(_LazyNormBase, BatchNorm1d):
    """A BatchNorm1d that takes num_features from the last axis of the first input.

    Args:
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, L, C) or (N, C). Output: the same.

    Source: torch.nn.LazyBatchNorm1d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyBatchNorm1d()
        >>> _ = layer(npnn.randn(20, 35, 100))
        >>> layer
        BatchNorm1d(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNormBase, BatchNorm2d):
    """A BatchNorm2d that takes num_features from the last axis of the first input.

    Args:
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, H, W, C). Output: the same.

    Source: torch.nn.LazyBatchNorm2d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyBatchNorm2d()
        >>> _ = layer(npnn.randn(20, 35, 45, 100))
        >>> layer
        BatchNorm2d(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNormBase, BatchNorm3d):
    """A BatchNorm3d that takes num_features from the last axis of the first input.

    Args:
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, D, H, W, C). Output: the same.

    Source: torch.nn.LazyBatchNorm3d.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.LazyBatchNorm3d()
        >>> _ = layer(npnn.randn(2, 10, 35, 45, 100))
        >>> layer
        BatchNorm3d(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm3d


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation over the batches of all processes; here, where there is one process, over its own.

    Takes any number of spatial axes, and is else as BatchNorm2d.

    Args:
        num_features: C.
        eps: ε, added to the variance.
        momentum: the part of a batch in the running statistics; None for plain averages over all batches.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics. Without them the batch's own serve in
            evaluation too.
        process_group: the processes that would share their statistics: kept, and without effect.
        device: "cpu".
        dtype: the dtype of the parameters and running statistics.
        bias: whether there is a bias beside the weight.

    Shape:
        - Input: (N, *spatial, C). Output: the same.

    Attributes:
        weight: w, (C,), or None. Starts as ones.
        bias: b, (C,), or None. Starts as zeros.
        running_mean: (C,), or None. Starts as zeros.
        running_var: (C,), or None. Starts as ones.
        num_batches_tracked: how many batches are in the running statistics, or None.

    Source: torch.nn.SyncBatchNorm.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.SyncBatchNorm(100)(npnn.randn(20, 35, 45, 100)).shape
        torch.Size([20, 35, 45, 100])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Any) -> None:
        if len(input.shape) < 2:
            raise ValueError(f"expected at least 2D input (got {len(input.shape)}D input)")
        if input.shape[-1] == 0:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """Puts a SyncBatchNorm in the place of every batch normalisation in a network.

        Args:
            module: the network, which is changed in place.
            process_group: for the new layers.

        Returns:
            The network; or, if that is itself a batch normalisation, the layer in its place. A new layer has
            the parameters and buffers of the old one, not copies of them.

        Source: torch.nn.SyncBatchNorm.convert_sync_batchnorm.

        Examples:
            >>> from npnn import nn
            >>> net = nn.Sequential(nn.Linear(20, 100), nn.BatchNorm1d(100))
            >>> nn.SyncBatchNorm.convert_sync_batchnorm(net)[1]
            SyncBatchNorm(100, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
        """
        converted = module
        if isinstance(module, _BatchNorm):
            converted = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
                bias=module.bias is not None,
            )
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(converted, name, getattr(module, name))
            converted.training = module.training
        for name, child in module.named_children():
            converted.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return converted

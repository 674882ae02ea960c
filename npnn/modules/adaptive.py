"""Softmax over so many classes that most of them are best left alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from npnn import functional as F
from npnn._typing import Array
from npnn.modules.container import ModuleList, Sequential
from npnn.modules.linear import Linear
from npnn.modules.module import Module
from npnn.ops.indexing import PutAdd
from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor
from npnn.tensors.joining import cat


class _ASMoutput(NamedTuple):
    """The log-probability of each target, and the loss, which is minus their mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of classes in clusters, the rarer ones of which are only looked into when needed.

    Classes are sorted by frequency, the most frequent first. The head gives logits for the first of them, the
    shortlist, and one for each further cluster. A class in a cluster has the probability of the cluster times
    its own within it, and the logits within come from a tail: a projection to fewer features, the fewer the
    rarer the cluster, and a linear layer. So a batch pays only for the clusters that its targets are in.

    Args:
        in_features: the length of the input's last axis.
        n_classes: the number of classes.
        cutoffs: where each cluster begins, in increasing order; the shortlist ends at the first of these.
        div_value: cluster i, from 1, is projected to in_features // div_value**i features.
        head_bias: whether the head has a bias.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, in_features) or (in_features). Target: (N) or (), integers in [0, n_classes).
        - Output: a named tuple of the targets' log-probabilities, (N) or (), and the loss, ().

    Attributes:
        head: the linear layer of the shortlist and the clusters.
        tail: for each cluster the two linear layers of its classes.

    Raises:
        ValueError: cutoffs that are no unique, increasing integers between 1 and n_classes - 1.

    Source: torch.nn.AdaptiveLogSoftmaxWithLoss; Grave et al., Efficient softmax approximation for GPUs, 2017.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> layer = nn.AdaptiveLogSoftmaxWithLoss(16, 1000, cutoffs=[10, 100])
        >>> output, loss = layer(npnn.randn(3, 16), npnn.tensor([4, 99, 500]))
        >>> output.shape, loss.shape, layer.predict(npnn.randn(3, 16)).shape
        (torch.Size([3]), torch.Size([]), torch.Size([3]))
    """

    in_features: int
    n_classes: int
    cutoffs: list[int]
    div_value: float
    head_bias: bool
    head: Linear
    tail: ModuleList

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0, got an empty one")
        increasing = all(before < after for before, after in pairwise([0, *cutoffs, n_classes]))
        if not increasing or any(int(cutoff) != cutoff for cutoff in cutoffs):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order,"
                f" where each value is between 1 and n_classes-1: got {cutoffs} with {n_classes} classes"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for number, (low, high) in enumerate(pairwise(self.cutoffs), start=1):
            hidden = int(in_features // div_value**number)
            self.tail.append(
                Sequential(
                    Linear(in_features, hidden, bias=False, device=device, dtype=dtype),
                    Linear(hidden, high - low, bias=False, device=device, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        self.head.reset_parameters()
        for layer in self.tail.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """Returns the log-probability of each target, and minus their mean.

        Raises:
            RuntimeError: shapes that do not go together, or a target outside [0, n_classes).
        """
        self._check_shapes(input_, target_)
        batched = target_.ndim > 0
        x = input_ if batched else input_.unsqueeze(0)
        target: Array = target_.array.reshape(-1)
        if target.size and not (target.min() >= 0 and target.max() < self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range"
                f" [{target.min()}, {target.max()}] were found."
            )
        cluster = np.searchsorted(self.cutoffs, target, side="right")
        in_head = np.where(cluster == 0, target, self.shortlist_size + cluster - 1)
        output = _picked(self.head(x), in_head)
        for number in np.unique(cluster[cluster > 0]):
            rows = np.flatnonzero(cluster == number)
            within = _picked(self.tail[number - 1](x[rows]), target[rows] - self.cutoffs[number - 1])
            output = output + PutAdd.apply(within, index=rows, shape=target.shape)
        loss = -output.mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def _check_shapes(self, x: Tensor, target: Tensor) -> None:
        if target.ndim > 1:
            raise RuntimeError(
                f"0D or 1D target tensor expected, multi-target not supported: got {list(target.shape)}"
            )
        if target.ndim == 1 and x.shape[:1] != target.shape:
            raise RuntimeError(
                "Input and target should have the same size in the batch dimension: got"
                f" {list(x.shape)} and {list(target.shape)}"
            )
        if x.ndim != target.ndim + 1:
            raise RuntimeError(
                f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs"
                f" with size {list(x.shape)}"
            )

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes.

        Args:
            input: (N, in_features).

        Returns:
            (N, n_classes).
        """
        head = F.log_softmax(self.head(input), -1)
        parts = [head[:, : self.shortlist_size]]
        for number, tail in enumerate(self.tail.children()):
            cluster = self.shortlist_size + number
            parts.append(F.log_softmax(tail(input), -1) + head[:, cluster : cluster + 1])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each row, in few cases at the cost of all classes.

        Args:
            input: (N, in_features).

        Returns:
            (N,), the same as `log_prob(input).argmax(1)`.
        """
        best: Array = self.head(input).array.argmax(1)
        open_rows = np.flatnonzero(best >= self.shortlist_size)
        if open_rows.size:
            best[open_rows] = self.log_prob(input[open_rows]).array.argmax(1)
        return as_tensor(best)


def _picked(logits: Tensor, classes: Array) -> Tensor:
    """The log-probability of one class in each row."""
    picked: Tensor = F.log_softmax(logits, -1).gather(1, classes[:, None]).squeeze(1)
    return picked

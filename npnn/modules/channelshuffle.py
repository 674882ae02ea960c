"""ChannelShuffle: channels dealt out anew among groups."""

from __future__ import annotations

from npnn import functional as F
from npnn.modules.module import Module
from npnn.tensors import Tensor


class ChannelShuffle(Module):
    """Channels dealt out anew: the first of each group, then the second of each, and so on.

    Args:
        groups: the number of groups, each of C / groups channels that stand together.

    Shape:
        - Input: (N, *, C), with one spatial axis or more. Output: (N, *, C).

    Source: torch.nn.ChannelShuffle; Zhang et al., ShuffleNet: an extremely efficient convolutional neural
    network for mobile devices, 2018.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.ChannelShuffle(2)(npnn.arange(4).reshape(1, 1, 1, 4))
        tensor([[[[0, 2, 1, 3]]]])
    """

    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Returns the input with its channels in the new order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The number of groups, for repr."""
        return f"groups={self.groups}"

"""How much arithmetic a network takes."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode


def training_flops(net: torch.nn.Module, images: Tensor) -> int:
    """Floating-point operations of one image in training, forward and backward.

    Products and convolutions are counted, a multiplication and an addition as two; what else there is
    (normalisation, activations, pooling) is of lower order.

    Args:
        net: the network, on any device.
        images: some images, of which only the shape matters.

    Returns:
        The operations for one image.
    """
    trial = copy.deepcopy(net).cpu().train()
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        trial(images).sum().backward()
    return counter.get_total_flops() // len(images)

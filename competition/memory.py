"""How much memory there is, how much a batch takes, and how to keep what one has."""

from __future__ import annotations

import ctypes
import math

import torch
from torch import Tensor


def free_memory(device: torch.device) -> float:
    """Bytes that can be had on a device; infinity where nothing tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return math.inf


def activation_bytes(net: torch.nn.Module, images: Tensor) -> int:
    """Bytes in float32 that autograd keeps of one image for the backward pass.

    Args:
        net: the network.
        images: some images.

    Returns:
        The bytes of all tensors saved, without parameters, for one image.
    """
    saved: dict[int, int] = {}
    parameters = {parameter.data_ptr() for parameter in net.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in parameters:
            saved[tensor.data_ptr()] = tensor.nbytes
        return tensor

    buffers = {name: value.clone() for name, value in net.named_buffers()}
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        # Kept until the sum is made: a tensor that is freed gives its address to the next one.
        output = torch.func.functional_call(net, buffers, (images,))
        total = sum(saved.values())
        del output
    return total // len(images)


def keep_freed_memory() -> None:
    """Tells glibc to keep the memory that tensors give back, for the next step asks for the same again.

    Otherwise every large tensor is mapped anew and its pages are zeroed by the system, which costs up to half
    of the time of a step on a CPU. MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=-1 in the environment does the
    same.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    trim_threshold, mmap_max = -1, -4
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, -1)

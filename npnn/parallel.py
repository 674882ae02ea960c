"""torch.nn.parallel, where there is one device: a module that is asked to run on several runs on it.

Source: torch.nn.parallel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from npnn import distributed
from npnn.modules.module import Module

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


class DataParallel(Module):
    """A module that would share its batches among GPUs, and without any calls the module that it wraps.

    The names in its `state_dict` begin with "module.", as on torch. NumPy's work is dealt to threads in any
    case: see `npnn.set_num_threads`.

    Args:
        module: the module to call.
        device_ids: accepted, as the rest; there is no GPU to choose.
        output_device: likewise.
        dim: likewise.

    Source: torch.nn.DataParallel.

    Examples:
        >>> import npnn
        >>> net = npnn.DataParallel(npnn.Linear(3, 2))
        >>> net(npnn.ones(4, 3)).shape, list(net.state_dict())
        (torch.Size([4, 2]), ['module.weight', 'module.bias'])
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """`module(*inputs, **kwargs)`."""
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Raises ValueError: it needs a group of processes, and npnn runs in one.

    Source: torch.nn.parallel.DistributedDataParallel.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        distributed.get_world_size()


def data_parallel(module: Module, inputs: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError, as on torch without an accelerator, where only the class goes on without one.

    Args:
        module: the module to call.
        inputs: what it would be called on.
        *args: whatever torch takes.
        **kwargs: likewise.

    Source: torch.nn.parallel.data_parallel.
    """
    raise RuntimeError(
        "device type could not be determined: data_parallel is for GPUs, DataParallel for any machine"
    )

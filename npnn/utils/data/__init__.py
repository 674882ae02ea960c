"""torch.utils.data: datasets, samplers, and the DataLoader that makes batches of them.

    dataset.py      what can be indexed or iterated, put together and split
    sampler.py      in which order its samples are taken
    distributed.py  the share of one process among several
    collate.py      samples made into a batch
    fetch.py        from indices to a batch
    iterator.py     one pass, without worker processes
    worker.py       the life of a worker process
    workers.py      one pass that several of them make the batches of
    dataloader.py   DataLoader

From the same seed each draws what torch's draws, and so shuffles as torch's.
"""

from npnn.utils.data import _utils as _utils
from npnn.utils.data.collate import default_collate, default_convert
from npnn.utils.data.dataloader import DataLoader
from npnn.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from npnn.utils.data.distributed import DistributedSampler
from npnn.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from npnn.utils.data.worker import get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

"""The life of a worker process: it takes tasks from one pipe, and puts the batches into another.

The main process sends a numbered task, what the sampler yielded; the answer bears the task's number. A thread
sends the answers, so that the next batch is made while the last one waits to be read. Arrays travel pickled:
there is no memory that both processes own, and nothing is left behind when one of them is killed.
"""

from __future__ import annotations

import os
import queue
import random
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any, NoReturn

import numpy as np

from npnn.random import manual_seed
from npnn.threads import set_num_threads
from npnn.utils.data.fetch import Recipe

CHECK_INTERVAL = 5.0
"""Seconds after which a process that waits for another looks whether that one still lives."""


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker process knows of itself.

    Attributes:
        id: its number, from 0.
        num_workers: how many there are.
        seed: what its random numbers were seeded with.
        dataset: its own copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """The worker that this is called in, or None in the main process.

    A stream asks it which part of the samples is its own; a `worker_init_fn` finds the copy of the dataset.

    Source: torch.utils.data.get_worker_info.

    Examples:
        >>> get_worker_info() is None
        True
    """
    return _info


class Order(Enum):
    """What the main process says to a worker, other than tasks."""

    RESUME = "begin the dataset anew, and confirm with RESUME"
    STOP = "end"


class StreamEnd(Enum):
    """A worker's answer to a task for which its stream has no samples left."""

    REACHED = "reached"


class _Readable(str):
    """A message that KeyError, which shows the repr of what it is given, shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Failure:
    """A worker's answer to a task that raised an exception.

    Attributes:
        exception: its type.
        text: where it was raised, and the traceback.
    """

    exception: type[BaseException]
    text: str

    @classmethod
    def caught(cls, worker_id: int) -> Failure:
        """The exception that is being handled."""
        exception = sys.exc_info()[0]
        assert exception is not None
        name = exception.__name__
        return cls(
            exception,
            f"Caught {name} in DataLoader worker process {worker_id}.\nOriginal {traceback.format_exc()}",
        )

    def reraise(self) -> NoReturn:
        """Raises an exception of that type with that text, or a RuntimeError if the type takes no text."""
        try:
            exception = self.exception(_Readable(self.text))
        except Exception:
            exception = RuntimeError(self.text)
        raise exception


@dataclass(frozen=True)
class Job:
    """What all the workers of one iterator are to do.

    Attributes:
        recipe: makes batches of tasks.
        init_fn: is called first, with the worker's number.
        base_seed: the seed of worker 0; worker i has base_seed + i.
        num_workers: how many there are.
    """

    recipe: Recipe
    init_fn: Callable[[int], Any] | None
    base_seed: int
    num_workers: int


def seed_everything(base_seed: int, worker_id: int) -> None:
    """Seeds the random numbers of npnn, Python and NumPy in a worker as torch does.

    torch's own, which transforms of torchvision draw from, are seeded if the dataset has loaded torch: forked
    workers would all repeat those of the main process.
    """
    seed = base_seed + worker_id
    random.seed(seed)
    manual_seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    # Not the seed itself, from which NumPy's Mersenne Twister would draw the same words as Python's.
    entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(entropy).generate_state(4))  # noqa: NPY002 - what samples may draw from


def work(tasks: Connection, results: Connection, job: Job, worker_id: int) -> None:
    """Answers tasks until it is told to stop, or the main process is gone.

    Args:
        tasks: brings pairs of a number and what the sampler yielded, and Orders.
        results: takes pairs of that number and a batch, a Failure or StreamEnd.REACHED; for
            RESUME, that and None.
        job: what to do.
        worker_id: the worker's number.
    """
    global _info
    outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_send, args=(results, outbox), daemon=True).start()
    try:
        set_num_threads(1)  # there are several workers
        seed_everything(job.base_seed, worker_id)
        recipe = job.recipe
        _info = WorkerInfo(worker_id, job.num_workers, job.base_seed + worker_id, recipe.dataset)
        answer = _prepare(recipe, worker_id, job.init_fn)
        for task in _received(tasks):
            if task is Order.RESUME:
                outbox.put(ForkingPickler.dumps((Order.RESUME, None)))
                answer = _prepare(recipe, worker_id)
                continue
            number, index = task
            outbox.put(_packed(number, answer(index), worker_id))
    except KeyboardInterrupt:
        pass  # the main process, which gets it too, tells


def _send(results: Connection, outbox: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            results.send_bytes(outbox.get())
    except OSError:
        pass  # nobody reads any more


def _received(tasks: Connection) -> Any:
    """Yields what the main process sends; STOP and RESUME take effect before the tasks that wait."""
    parent, main = os.getppid(), parent_process()
    assert main is not None
    waiting: deque[Any] = deque()
    while True:
        while not waiting or tasks.poll():
            while not tasks.poll():
                # The sentinel tells at once, but for the copies of its other end that forked siblings hold.
                if main.sentinel in wait([tasks, main.sentinel], CHECK_INTERVAL) or os.getppid() != parent:
                    return
            try:
                task = tasks.recv()
            except EOFError:
                return
            if task is Order.STOP:
                return
            if task is Order.RESUME:
                waiting.clear()
            waiting.append(task)
        yield waiting.popleft()


def _prepare(
    recipe: Recipe, worker_id: int, init_fn: Callable[[int], Any] | None = None
) -> Callable[[Any], Any]:
    """A function from what the sampler yielded to an answer. It raises no Exception."""
    try:
        if init_fn is not None:
            init_fn(worker_id)
        fetch = recipe.fetcher()
    except Exception:
        failure = Failure.caught(worker_id)
        return lambda index: failure

    def answer(index: Any) -> Any:
        try:
            return fetch(index)
        except Exception as error:
            if recipe.iterable and isinstance(error, StopIteration):
                return StreamEnd.REACHED
            return Failure.caught(worker_id)

    return answer


def _packed(number: int, answer: Any, worker_id: int) -> Any:
    """A numbered answer as bytes; if it cannot be pickled, the Failure to do so."""
    try:
        return ForkingPickler.dumps((number, answer))
    except Exception:
        # An exception's type, too, may have no name under which the main process finds it.
        text = answer.text if isinstance(answer, Failure) else Failure.caught(worker_id).text
        return ForkingPickler.dumps((number, Failure(RuntimeError, text)))

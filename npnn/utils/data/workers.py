"""A pass over a DataLoader that worker processes make the batches of."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, NoReturn

from npnn.utils.data.iterator import LoaderIterator
from npnn.utils.data.worker import CHECK_INTERVAL, Failure, Job, Order, StreamEnd, work

if TYPE_CHECKING:
    from npnn.utils.data.dataloader import DataLoader


@dataclass(eq=False)
class Worker:
    """A worker process, as the main process sees it.

    Attributes:
        process: the process.
        tasks: where its tasks are put.
        results: where its answers come from.
        active: whether it is given tasks; not after the end of its stream.
        running: whether it has not been told to stop.
        waiting: how many tasks it has that were not answered, or the answers not handed out.
    """

    process: Any
    tasks: Connection
    results: Connection
    active: bool = True
    running: bool = True
    waiting: int = 0

    @classmethod
    def start(cls, context: Any, job: Job, worker_id: int) -> Worker:
        """Starts a process.

        Args:
            context: of `multiprocessing`.
            job: what it is to do.
            worker_id: its number.
        """
        its_tasks, tasks = context.Pipe(duplex=False)
        results, its_results = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(its_tasks, its_results, job, worker_id), daemon=True)
        process.start()
        # With its own ends open here as well, the end of the process would not be seen at the other ends.
        its_tasks.close()
        its_results.close()
        return cls(process, tasks, results)

    def send(self, task: Any) -> None:
        """Gives it a task or an Order."""
        try:
            self.tasks.send(task)
        except OSError:
            self.mourn()

    def stop(self) -> None:
        """Tells it to stop."""
        if self.running:
            self.running = self.active = False
            with contextlib.suppress(OSError):
                self.tasks.send(Order.STOP)

    def mourn(self) -> NoReturn:
        """Raises RuntimeError: it died without having been told to."""
        self.process.join(CHECK_INTERVAL)
        self.running = self.active = False
        code = self.process.exitcode
        cause = (
            f"was killed by {signal.Signals(-code).name}"
            if code and code < 0
            else f"ended with exit code {code}"
        )
        raise RuntimeError(f"DataLoader worker (pid {self.process.pid}) exited unexpectedly: it {cause}")


def _stop_all(owner: int, workers: Sequence[Worker]) -> None:
    """Ends all workers, by force if they do not end by themselves."""
    if os.getpid() != owner:
        return  # a forked copy of the iterator, whose workers are not its own
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.process.join(CHECK_INTERVAL)
        if worker.process.is_alive():
            worker.process.terminate()
            worker.process.join(CHECK_INTERVAL)
        worker.tasks.close()
        worker.results.close()


class WorkersIterator(LoaderIterator):
    """Keeps worker processes busy ahead of time and yields their batches, by default in the sampler's order.

    Tasks are numbered as they are given out. The workers end with the pass (or, if they are persistent, with
    the iterator), when the iterator is no longer referred to, and with the main process.

    Args:
        loader: the DataLoader.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        if not loader.prefetch_factor:
            raise AssertionError(
                f"prefetch_factor must be greater than 0 with workers, but got {loader.prefetch_factor}"
            )
        self._prefetch = loader.prefetch_factor * loader.num_workers
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._workers: list[Worker] = []
        self._stop = weakref.finalize(self, _stop_all, os.getpid(), self._workers)
        super().__init__(loader)

    def _begin(self, loader: DataLoader[Any]) -> None:
        super()._begin(loader)
        if not self._workers:
            context = loader.multiprocessing_context or multiprocessing.get_context()
            job = Job(self._recipe, loader.worker_init_fn, self._base_seed, self._num_workers)
            try:
                for worker_id in range(self._num_workers):
                    self._workers.append(Worker.start(context, job, worker_id))
            except BaseException:
                self._stop()
                raise
        # Once more, though the constructor has just done so: a sampler that draws here draws as on torch.
        self._indices = iter(self._index_sampler)
        self._sent = 0  # the next task's number
        self._next = 0  # the number of the task whose batch is due
        self._assigned: dict[int, Worker] = {}  # tasks whose batches were not handed out
        self._arrived: dict[int, Any] = {}  # answers that came before they were due
        self._turns = itertools.cycle(self._workers)
        for _ in range(self._prefetch):
            self._assign()

    def reset(self, loader: DataLoader[Any]) -> None:
        """Begins another pass with the same workers.

        Args:
            loader: the DataLoader.
        """
        for worker in self._workers:
            worker.send(Order.RESUME)
        resumed = 0
        while resumed < len(self._workers):
            _, number, _ = self._receive()
            resumed += number is Order.RESUME
        for worker in self._workers:
            worker.active, worker.waiting = True, 0
        self._begin(loader)

    def _assign(self) -> None:
        """Gives the next task to the worker whose turn it is, if there are a task and a worker left."""
        try:
            index = next(self._indices)
        except StopIteration:
            return
        active = sum(worker.active for worker in self._workers)
        for worker in itertools.islice(self._turns, self._num_workers):
            if worker.active and (self._in_order or worker.waiting < self._prefetch // active):
                worker.send((self._sent, index))
                worker.waiting += 1
                self._assigned[self._sent] = worker
                self._sent += 1
                return

    def _next_batch(self) -> Any:
        while True:
            while self._next < self._sent and not self._expected(self._next):
                self._assigned.pop(self._next, None)
                self._next += 1
            if self._next == self._sent:
                if not self._persistent:
                    self._stop()
                raise StopIteration
            if self._next in self._arrived:
                return self._handed_out(self._next, self._arrived.pop(self._next))
            worker, number, answer = self._receive()
            if answer is StreamEnd.REACHED:
                worker.active = False
                if not self._persistent:
                    worker.stop()
                self._assign()
            elif self._in_order and number != self._next:
                self._arrived[number] = answer
            else:
                return self._handed_out(number, answer)

    def _expected(self, number: int) -> bool:
        """Whether there is a batch still to be handed out; not if its worker's stream ended before it."""
        return number in self._arrived or (number in self._assigned and self._assigned[number].active)

    def _handed_out(self, number: int, answer: Any) -> Any:
        self._assigned.pop(number).waiting -= 1
        self._assign()
        if isinstance(answer, Failure):
            answer.reraise()
        return answer

    def _receive(self) -> tuple[Worker, Any, Any]:
        """The next answer of any worker: the worker, the task's number, and what it answered."""
        running = {worker.results: worker for worker in self._workers if worker.running}
        while not (ready := wait(list(running), self._timeout or CHECK_INTERVAL)):
            for worker in running.values():
                if not worker.process.is_alive():
                    worker.mourn()
            if self._timeout:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
        worker = running[ready[0]]  # type: ignore[index]
        try:
            number, answer = worker.results.recv()
        except (EOFError, OSError):
            worker.mourn()
        return worker, number, answer

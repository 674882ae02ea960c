"""Worker processes: their batches, and what is told when something goes wrong in one."""

import functools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import npnn
from npnn.utils.data import DataLoader, IterableDataset, get_worker_info

pytestmark = [
    pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
]

forked = functools.partial(DataLoader, multiprocessing_context="fork")
"""For samples that are made by functions of a test's own, which cannot be pickled."""


class Samples:
    """Calls a function for each of a few samples."""

    def __init__(self, function, size=6):
        self.function, self.size = function, size

    def __getitem__(self, index):
        return self.function(index)

    def __len__(self):
        return self.size


def values(batches):
    return [batch.tolist() for batch in batches]


def square(index):
    return np.float32(index**2)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_batches_come_in_order_and_can_be_written_to(method):
    loader = DataLoader(
        Samples(square), 4, num_workers=1 + (method == "fork"), multiprocessing_context=method
    )
    batches = list(loader)
    assert values(batches) == [[0, 1, 4, 9], [16, 25]]
    batches[0] += 1
    assert batches[0].tolist() == [1, 2, 5, 10]


def test_out_of_order_the_quick_come_first():
    def late(index):
        time.sleep(0.3 if index == 0 else 0)
        return index

    batches = values(forked(Samples(late, 5), num_workers=2, in_order=False))
    assert batches[0] != [0]
    assert sorted(batches) == [[0], [1], [2], [3], [4]]


class Stream(IterableDataset):
    """The first worker has one sample, the second five."""

    def __iter__(self):
        info = get_worker_info()
        return iter(range(10 * info.id, 10 * info.id + 1 + 4 * info.id))


def test_persistent_workers_begin_their_streams_anew():
    loader = forked(Stream(), 2, num_workers=2, persistent_workers=True)
    assert values(loader) == [[0], [10, 11], [12, 13], [14]]
    begun = iter(loader)
    pids = [worker.process.pid for worker in begun._workers]
    next(begun)
    assert values(loader) == [[0], [10, 11], [12, 13], [14]]
    assert pids == [worker.process.pid for worker in loader._iterator._workers]


def test_workers_draw_from_seeds_of_their_own():
    def draw(index):
        numpys = np.random.rand()  # noqa: NPY002 - which workers seed
        return random.random(), numpys, npnn.rand(1).item(), get_worker_info().seed

    npnn.manual_seed(0)
    drawn = [[column.item() for column in batch] for batch in forked(Samples(draw, 2), num_workers=2)]
    assert drawn[1][3] == drawn[0][3] + 1
    assert len({value for sample in drawn for value in sample}) == 8


def test_init_functions_see_the_copy_of_the_dataset():
    def enlarge(worker_id):
        get_worker_info().dataset.function = lambda index: index + 100 * (worker_id + 1)

    dataset = Samples(square, 3)
    assert values(forked(dataset, num_workers=2, worker_init_fn=enlarge)) == [[100], [201], [102]]
    assert dataset.function is square


class Two(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)


def fail_with(error):
    def function(index):
        if index == 1:
            raise error
        return index

    return function


def local_error():
    class Local(Exception):
        pass

    return Local("sad")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("sad"), ValueError),
        (KeyError("sad"), KeyError),
        (Two(1, 2), RuntimeError),  # whose type takes no message alone
        (local_error(), RuntimeError),  # whose type the main process cannot find
    ],
    ids=repr,
)
def test_exceptions_come_back_with_their_tracebacks_and_the_pass_goes_on(error, raised):
    batches = iter(forked(Samples(fail_with(error), 3), num_workers=1))
    assert next(batches).tolist() == [0]
    with pytest.raises(raised) as caught:
        next(batches)
    assert type(caught.value) is raised
    text = str(caught.value)
    assert text.startswith(
        f"Caught {type(error).__name__} in DataLoader worker process 0.\nOriginal Traceback"
    )
    assert "raise error\n" in text
    assert values(batches) == [[2]]


def test_batches_that_cannot_be_sent_are_told():
    loader = forked(Samples(lambda index: lambda: index), None, num_workers=1)
    with pytest.raises(Exception, match=r"(?s)in DataLoader worker process 0.*Pickler"):
        next(iter(loader))


def test_a_failing_init_function_is_told():
    def fail(worker_id):
        raise ValueError(f"worker {worker_id} cannot")

    with pytest.raises(ValueError, match=r"(?s)Caught ValueError.*worker 0 cannot"):
        next(iter(forked(Samples(square), num_workers=1, worker_init_fn=fail)))


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "it was killed by SIGKILL"),
        (lambda: sys.exit(3), "it ended with exit code 3"),
    ],
    ids=["killed", "exited"],
)
def test_the_death_of_a_worker_is_told(ending, told):
    def function(index):
        if index == 3:
            ending()
        return index

    batches = iter(forked(Samples(function), num_workers=2))
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid \d+\) exited unexpectedly: {told}"):
        list(batches)


def test_a_slow_worker_is_not_waited_for_longer_than_the_timeout():
    loader = forked(Samples(lambda index: time.sleep(60)), num_workers=1, timeout=0.2)
    batches = iter(loader)
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.2 seconds"):
        next(batches)
    for worker in batches._workers:
        worker.process.terminate()


def test_workers_end_when_a_pass_is_left():
    batches = iter(forked(Samples(square, 100), num_workers=2))
    next(batches)
    processes = [worker.process for worker in batches._workers]
    assert all(process.is_alive() for process in processes)
    del batches
    assert not any(process.is_alive() for process in processes)


def ends(pid):
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


INTERRUPTED = """
    import os, signal, sys, time
    from npnn.utils.data import DataLoader
    # A shell starts what runs in the background with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    class Samples:
        def __getitem__(self, index):
            print(os.getpid(), flush=True)
            time.sleep(60 if {asleep} else 0.01)
            return index
        def __len__(self):
            return 1000
    for batch in DataLoader(Samples(), num_workers=1, multiprocessing_context="fork"):
        pass
"""


@pytest.mark.parametrize(("asleep", "sent"), [(True, signal.SIGINT), (False, signal.SIGKILL)])
def test_no_orphans_are_left(asleep, sent):
    """Ctrl-C goes to all processes of a terminal; of a kill only the main process knows."""
    script = textwrap.dedent(INTERRUPTED).format(asleep=asleep)
    main = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    worker = int(main.stdout.readline())
    if sent == signal.SIGINT:
        os.killpg(main.pid, sent)
        _, errors = main.communicate(timeout=20)
        assert errors.count("KeyboardInterrupt") == 1
    else:
        os.kill(main.pid, sent)
        main.communicate(timeout=20)  # ends when nobody holds the pipes any more
    assert ends(worker)

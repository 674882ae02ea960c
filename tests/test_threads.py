"""Blocks dealt to threads."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import npnn
from npnn.threads import BUFFER, CACHE_LINE, SCRATCH_BYTES, _blas, for_each, scratch, slices


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = npnn.get_num_threads()
    npnn.set_num_threads(request.param)
    yield request.param
    npnn.set_num_threads(before)


@pytest.fixture
def two_threads():
    before = npnn.get_num_threads()
    npnn.set_num_threads(2)
    yield
    npnn.set_num_threads(before)


def test_every_block_once(threads):
    counts = np.zeros(1000, int)

    def work(block):
        counts[block] += 1

    for_each(work, slices(1000, 7))
    assert (counts == 1).all()
    for_each(work, [])


def test_works_on_several_threads_at_once(two_threads):
    both = threading.Barrier(2, timeout=10)
    for_each(lambda _: both.wait(), range(2))  # either alone would wait in vain


def test_an_error_reaches_the_caller_and_ends_the_work(threads):
    done = []

    def work(block):
        if block == 3:
            raise ZeroDivisionError("block 3")
        time.sleep(0.001)
        done.append(block)

    with pytest.raises(ZeroDivisionError, match="block 3"):
        for_each(work, range(1000))
    assert len(done) < 900
    for_each(done.append, [-1])
    assert done[-1] == -1


def test_error_state_is_the_callers(two_threads):
    both = threading.Barrier(2, timeout=10)

    def work(_):
        both.wait()
        np.array([1.0]) / 0

    with np.errstate(divide="ignore"):
        for_each(work, range(2))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        for_each(lambda _: np.array([1.0]) / 0, range(2))


def test_within_a_block_and_from_several_threads(two_threads):
    counts = np.zeros((3, 8, 50), int)

    def call(caller):
        def outer(row):
            def inner(block):
                counts[caller, row, block] += 1

            for_each(inner, slices(50, 9))

        for_each(outer, range(8))

    callers = [threading.Thread(target=call, args=(caller,)) for caller in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (counts == 1).all()


def test_openblas_has_one_thread_within_and_as_many_as_before_after(two_threads):
    functions = _blas._load()
    if functions is None:
        pytest.skip("NumPy is not built with OpenBLAS")
    count = functions[0]
    before, within = count(), []
    for_each(lambda _: within.append(count()), range(4))
    assert before == 2
    assert within == [1] * 4
    assert count() == before


def test_scratch_is_used_again_but_not_kept_when_large(two_threads):
    one = scratch("test", (3, 4), np.dtype(np.float32))
    two = scratch("test", (2, 5), np.dtype(np.float32))
    assert np.shares_memory(one, two)
    assert two.shape == (2, 5)
    large = (SCRATCH_BYTES + 1,)
    assert not np.shares_memory(
        scratch("test", large, np.dtype(np.int8)), scratch("test", large, np.dtype(np.int8))
    )
    memories, both = [], threading.Barrier(2, timeout=10)

    def work(_):
        both.wait()
        memories.append(scratch("test", (3,), np.dtype(np.float32)))

    for_each(work, range(2))
    assert not np.shares_memory(*memories)


def test_scratch_begins_with_a_cache_line():
    assert all(
        scratch(f"test {size}", (size,), np.dtype(np.int8)).ctypes.data % CACHE_LINE == 0
        for size in (1, 999, 10**6)
    )


@pytest.mark.parametrize(
    ("value", "error"), [(0, RuntimeError), (-1, RuntimeError), (2.0, TypeError), (True, TypeError)]
)
def test_refuses(value, error):
    with pytest.raises(error, match="set_num_threads expects"):
        npnn.set_num_threads(value)


@pytest.mark.parametrize(("variable", "expected"), [("3", "3"), ("2,1", "2"), ("", None), ("many", None)])
def test_number_from_the_environment(variable, expected):
    code = "from npnn.threads import _threads_of_environment as threads; print(threads())"
    environment = {**os.environ, "OMP_NUM_THREADS": variable}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert done.stdout.strip() == (expected or str(cores))


def test_small_buffers_within_blocks_alone(threads):
    sizes = []
    usual = np.getbufsize()
    for_each(lambda block: sizes.append(np.getbufsize()), range(8))
    assert sizes == [BUFFER] * 8
    with pytest.raises(ZeroDivisionError):
        for_each(lambda block: 1 / block, [0])
    assert np.getbufsize() == usual


FORK = """
import os, signal
import numpy as np
import npnn
from npnn.threads import for_each
npnn.set_num_threads(2)
for_each(lambda block: None, range(4))
child = os.fork()
if child == 0:
    signal.alarm(20)
    seen = []
    for_each(seen.append, range(4))
    os._exit(0 if sorted(seen) == [0, 1, 2, 3] else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_works_in_a_forked_process():
    subprocess.run([sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK], check=True, timeout=60)


def test_importing_makes_no_threads():
    code = "import threading, npnn; print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"

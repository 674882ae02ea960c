"""Threads: blocks of an array are dealt to as many cores as torch would use.

NumPy lets go of Python's lock while it copies, computes elementwise or multiplies matrices, so that blocks of
one array can be worked on by several threads. The pool is made when first needed. A block is the same, and
is computed in the same way, whoever takes it, so results do not depend on the number of threads.

A product of matrices would bring threads of its own, which then wait for each other's cores. While blocks are
dealt, OpenBLAS, with which NumPy's wheels are built, is held to one thread for each of them. Another library
goes on as it is: the results are right, and may take longer.
"""

from __future__ import annotations

import contextvars
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from npnn._typing import Array, Shape

if TYPE_CHECKING:
    from queue import SimpleQueue

T = TypeVar("T")

SCRATCH_BYTES = 2**22
"""The most memory that a thread keeps under one name."""

BUFFER = 2**9
"""The size of NumPy's own buffers while blocks are worked on. It copies strided and broadcast operands into
them, needed or not, unless a row is as long as a buffer: at the usual 2**13 that takes as long as the
arithmetic."""

PAGE, CACHE_LINE = 2**12, 64
"""Arrays of whole pages that are made one after the other begin 16 bytes apart within a page. From one to the
next of such the C library copies at a tenth of its speed on some processors, so scratch memory begins half a
page further on."""

_buffers = threading.local()


def get_num_threads() -> int:
    """The number of threads that blocks are dealt to.

    Returns:
        What `set_num_threads` was given; before that OMP_NUM_THREADS or, without it, the number of cores.

    Source: torch.get_num_threads.

    Examples:
        >>> import npnn
        >>> npnn.get_num_threads() >= 1
        True
    """
    return _pool.threads


def set_num_threads(threads: int) -> None:
    """Sets the number of threads that blocks are dealt to, and that OpenBLAS uses for products of matrices.

    Args:
        threads: 1 or more, of which the caller is one.

    Raises:
        TypeError: threads is not an integer.
        RuntimeError: threads is not positive.

    Source: torch.set_num_threads.

    Examples:
        >>> import npnn
        >>> threads = npnn.get_num_threads()
        >>> npnn.set_num_threads(1)
        >>> npnn.get_num_threads()
        1
        >>> npnn.set_num_threads(threads)
    """
    if not isinstance(threads, int) or isinstance(threads, bool):
        raise TypeError(f"set_num_threads expects an int, but got {type(threads).__name__}")
    if threads < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, but got {threads}")
    _pool.threads = threads
    _blas.set_threads(threads)


def for_each(work: Callable[[T], object], blocks: Iterable[T]) -> None:
    """Calls `work(block)` for every block, on several threads at once, and returns when all are done.

    The calls must not depend on each other, and so write to different places. NumPy's error state and other
    context variables are the caller's in all of them. Within a call, `for_each` goes one block after another.

    Args:
        work: what to do with one block.
        blocks: more of them than threads, for the work to come out even.

    Raises:
        BaseException: what `work` raised; blocks which were not begun by then are left out.

    Examples:
        >>> import numpy as np
        >>> x, y = np.arange(6.0), np.empty(6)
        >>> for_each(lambda block: np.sqrt(x[block], out=y[block]), slices(6, 4))
        >>> np.allclose(y * y, x)
        True
    """
    _pool.for_each(work, blocks)


@contextmanager
def one_thread_for_products() -> Iterator[None]:
    """Holds OpenBLAS to one thread, as `for_each` does; also as the decorator of a function.

    For work with many products of matrices that is dealt to no threads: those of OpenBLAS would go on
    spinning for 110 ms after the last product, on a core that whatever comes next needs.

    Examples:
        >>> import numpy as np
        >>> with one_thread_for_products():
        ...     z = np.ones((300, 300)) @ np.ones((300, 300))
    """
    _blas.begin()
    try:
        yield
    finally:
        _blas.end()


def slices(size: int, block: int) -> list[slice]:
    """Cuts an axis into blocks.

    Args:
        size: the length of the axis.
        block: the length of every block but the last, which may be shorter.

    Returns:
        The slices, in order.

    Examples:
        >>> slices(5, 3)
        [slice(0, 3, None), slice(3, 5, None)]
    """
    return [slice(start, min(start + block, size)) for start in range(0, size, block)]


def scratch(name: str, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Memory for intermediate results of one block.

    Each thread has its own, and uses it again for the next block: fresh memory is mapped by the system page
    by page, which takes about as long as it takes to fill it. Large arrays are made afresh all the same, for
    the memory not to be kept.

    Args:
        name: what the memory is for. What a thread was given under the same name before is overwritten.
        shape: of the array.
        dtype: of the array.

    Returns:
        An array of any values.
    """
    size = math.prod(shape) * dtype.itemsize
    if size > SCRATCH_BYTES:
        return np.empty(shape, dtype)
    buffer = _buffers.__dict__.get(name)
    if buffer is None or buffer.nbytes < size:
        memory = np.empty(size + PAGE, np.uint8)
        start = PAGE // 2
        start += -(memory.__array_interface__["data"][0] + start) % CACHE_LINE
        buffer = _buffers.__dict__[name] = memory[start : start + size]
    return np.ndarray(shape, dtype, buffer)


class _OpenBlas:
    """The thread count of the OpenBLAS that NumPy has loaded, if it is one."""

    # (get, set), as NumPy's wheels, other wheels, and distributions name them.
    NAMES = tuple(
        (f"{prefix}openblas_get_num_threads{suffix}", f"{prefix}openblas_set_num_threads{suffix}")
        for prefix in ("scipy_", "")
        for suffix in ("64_", "")
    )

    def __init__(self) -> None:
        self._functions: tuple[Callable[[], int], Callable[[int], object]] | None = None
        self._looked = False
        self._threads = 1
        self.forget()

    def forget(self) -> None:
        """Begins anew: sections of other threads do not come along into a forked process."""
        self._lock = threading.Lock()
        self._sections = 0

    def _load(self) -> tuple[Callable[[], int], Callable[[int], object]] | None:
        if not self._looked:
            import ctypes

            self._looked = True
            # The linker finds the symbols of a library in whatever was linked against it.
            library = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
            for get, set_ in self.NAMES:
                if hasattr(library, get) and hasattr(library, set_):
                    self._functions = getattr(library, get), getattr(library, set_)
                    break
        return self._functions

    def set_threads(self, threads: int) -> None:
        """Sets the count outside sections."""
        with self._lock:
            functions = self._load()
            if self._sections:
                self._threads = threads
            elif functions is not None:
                functions[1](threads)

    def begin(self) -> None:
        """Begins a section in which every product of matrices has one thread; sections may overlap."""
        with self._lock:
            functions = self._load()
            if functions is not None and self._sections == 0:
                self._threads = functions[0]()
                if self._threads > 1:
                    functions[1](1)
            self._sections += 1

    def end(self) -> None:
        """Ends a section: with the last one, the count is again what it was."""
        with self._lock:
            self._sections -= 1
            if self._functions is not None and self._sections == 0 and self._threads > 1:
                self._functions[1](self._threads)


class _Section:
    """Blocks that are being worked on, by whoever asks for the next one."""

    def __init__(self, work: Callable[[Any], object], blocks: deque[Any], left: SimpleQueue[None]) -> None:
        self.work = work
        self.blocks = blocks
        self.left = left
        self.error: BaseException | None = None

    def take_part(self) -> None:
        """Works until no block is left."""
        work, next_block = self.work, self.blocks.popleft
        try:
            while True:
                try:
                    block = next_block()
                except IndexError:
                    return
                work(block)
        except BaseException as error:
            self.error = error
            self.blocks.clear()


class _Pool:
    """The threads beside the caller's: none until they are needed, and none in a process that was forked."""

    def __init__(self) -> None:
        self.threads = _threads_of_environment()
        self.forget()

    def forget(self) -> None:
        """Begins anew: threads do not come along into a forked process."""
        self._busy = threading.Lock()
        self._helpers = 0
        self._sections: SimpleQueue[tuple[contextvars.Context, _Section]] | None = None

    def for_each(self, work: Callable[[T], object], blocks: Iterable[T]) -> None:
        blocks = deque(blocks)
        helpers = min(self.threads, len(blocks)) - 1
        _blas.begin()
        try:
            with np.errstate():  # which on its way out sets the size of the buffers back
                np.setbufsize(BUFFER)
                if helpers < 1 or not self._busy.acquire(blocking=False):
                    for block in blocks:
                        work(block)
                    return
                try:
                    self._deal(work, blocks, helpers)
                finally:
                    self._busy.release()
        finally:
            _blas.end()

    def _deal(self, work: Callable[[Any], object], blocks: deque[Any], helpers: int) -> None:
        from queue import SimpleQueue  # with the first work for several threads: it takes time to load

        sections = self._sections = self._sections or SimpleQueue()
        while self._helpers < helpers:
            self._helpers += 1
            name = f"npnn-{self._helpers}"
            threading.Thread(target=_help, args=(sections,), name=name, daemon=True).start()
        section = _Section(work, blocks, SimpleQueue())
        for _ in range(helpers):
            sections.put((contextvars.copy_context(), section))
        section.take_part()
        for _ in range(helpers):
            section.left.get()
        if section.error is not None:
            raise section.error


def _help(sections: SimpleQueue[tuple[contextvars.Context, _Section]]) -> None:
    """What a thread does: it takes part in one section after another."""
    while True:
        context, section = sections.get()
        context.run(section.take_part)
        section.left.put(None)
        del context, section


def _threads_of_environment() -> int:
    """OMP_NUM_THREADS, of which only the first level counts, or else the cores that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_blas = _OpenBlas()
_pool = _Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.forget)
    os.register_at_fork(after_in_child=_blas.forget)

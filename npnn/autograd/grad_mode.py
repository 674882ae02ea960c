"""Whether operations are recorded: no_grad, enable_grad, inference_mode, set_grad_enabled."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):
    """The switches of the current thread; every thread starts with recording on.

    Attributes:
        enabled: whether operations are recorded.
        inference: whether results can never be.
        fills_leaves: whether every backward that is under way adds to the `.grad` of all leaves.
    """

    enabled: bool = True
    inference: bool = False
    fills_leaves: bool = True


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are being recorded.

    Examples:
        >>> import npnn
        >>> npnn.is_grad_enabled()
        True
    """
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is in force.

    Examples:
        >>> import npnn
        >>> npnn.is_inference_mode_enabled()
        False
    """
    return mode.inference


class _GradMode:
    """A context manager and decorator that holds the switches at given values and puts them back after."""

    def __init__(self, enabled: bool, inference: bool = False) -> None:
        self._target = (enabled, inference)
        self._previous: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._previous.append((mode.enabled, mode.inference))
        mode.enabled, mode.inference = self._target

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        mode.enabled, mode.inference = self._previous.pop()

    def __call__(self, function: F) -> F:
        target = self._target

        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                # The body runs piece by piece in its caller's context, so each piece is wrapped, not the
                # call.
                iterator = function(*args, **kwargs)
                step: Callable[[], Any] = functools.partial(next, iterator)
                while True:
                    try:
                        with _GradMode(*target):
                            value = step()
                    except StopIteration as stop:
                        return stop.value
                    try:
                        sent = yield value
                        step = functools.partial(iterator.send, sent)
                    except GeneratorExit:
                        with _GradMode(*target):
                            iterator.close()
                        raise
                    except BaseException as error:
                        step = functools.partial(iterator.throw, error)

            return cast(F, generator)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with _GradMode(*target):
                return function(*args, **kwargs)

        return cast(F, wrapper)


class _BareDecorator(_GradMode):
    """Lets `@no_grad` stand without parentheses, as `@no_grad()` does."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        instance = super().__new__(cls)
        if function is None:
            return instance
        instance.__init__()  # type: ignore[misc]
        return instance(function)


class no_grad(_BareDecorator):  # noqa: N801 - torch's name
    """Turns recording off, for a block or a function: results do not require grad.

    Examples:
        >>> import npnn
        >>> x = npnn.ones(2, requires_grad=True)
        >>> with npnn.no_grad():
        ...     (x * 2).requires_grad
        False
    """

    def __init__(self) -> None:
        super().__init__(False, mode.inference)


class enable_grad(_BareDecorator):  # noqa: N801 - torch's name
    """Turns recording on again inside a `no_grad` block.

    Examples:
        >>> import npnn
        >>> x = npnn.ones(2, requires_grad=True)
        >>> with npnn.no_grad(), npnn.enable_grad():
        ...     (x * 2).requires_grad
        True
    """

    def __init__(self) -> None:
        super().__init__(True, mode.inference)


class set_grad_enabled(_GradMode):  # noqa: N801 - torch's name
    """Turns recording on or off at once when called, and puts it back when used as a context manager.

    Args:
        mode: True to record, False not to.

    Examples:
        >>> import npnn
        >>> with npnn.set_grad_enabled(False):
        ...     npnn.is_grad_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode), _current().inference)
        self._before = (_current().enabled, _current().inference)
        _current().enabled = bool(mode)

    def __enter__(self) -> None:
        self._previous.append(self._before)
        _current().enabled = self._target[0]

    def __call__(self, function: F) -> F:
        """Decorates a function."""
        # As a decorator it switches for the function alone, so the switch made on construction is undone.
        _current().enabled, _current().inference = self._before
        return super().__call__(function)


class inference_mode(_GradMode):  # noqa: N801 - torch's name
    """`no_grad` whose results can never take part in a recorded computation.

    Args:
        mode: True for inference, False for an ordinary recorded block.

    Examples:
        >>> import npnn
        >>> x = npnn.ones(2, requires_grad=True)
        >>> with npnn.inference_mode():
        ...     y = x * 2
        >>> y.requires_grad, y.is_inference()
        (False, True)
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        """Lets `@inference_mode` stand without parentheses."""
        instance = super().__new__(cls)
        if isinstance(mode, bool):
            return instance
        instance.__init__()  # type: ignore[misc]
        return instance(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode, mode)


def _current() -> _Mode:
    """The switches, for the methods whose argument is called `mode` as well."""
    return mode

"""The engine under `npnn.random`: the Mersenne Twister with torch's seeding and torch's bytes of state.

MT19937 [1] yields 32-bit words. torch seeds it with the low 32 bits of the seed by Knuth's recurrence, which
is NumPy's legacy seeding. A 64-bit draw is two words, the high one first.

References:
    [1] Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

import functools
import math
import operator
import os
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar

import numpy as np

from npnn import devices
from npnn._typing import Array
from npnn.autograd.function import wrap

if TYPE_CHECKING:
    from numpy.random import MT19937
    from numpy.typing import ArrayLike

DEFAULT_SEED = 67280421310721  # of a generator that nobody has seeded: torch's constant

_N = 624  # words of state
_WORD = 2**32 - 1
_BLOCK = 2**14

# The memory of torch's generator, byte for byte. `next` is the position in `state`, `left` counts down to its
# renewal: left + next = 625, or left = 1 and next = 0 between seeding and the first draw.
_LEGACY_STATE = np.dtype(
    [
        ("initial_seed", np.uint64),
        ("left", np.int32),
        ("seeded", np.int32),
        ("next", np.uint64),
        ("state", np.uint64, _N),
        ("normal_x", np.float64),
        ("normal_y", np.float64),
        ("normal_rho", np.float64),
        ("normal_is_valid", np.int32),
    ],
    align=True,
)
_STATE = np.dtype(
    [("legacy", _LEGACY_STATE), ("next_float_normal", np.float32), ("next_float_normal_is_valid", np.bool_)],
    align=True,
)

EngineType = TypeVar("EngineType", bound="Engine")


def _seeding(seed: int) -> tuple[int, int]:
    """The first two words of state that Knuth's recurrence makes of a seed."""
    first = seed & _WORD
    return first, (1812433253 * (first ^ first >> 30) + 1) & _WORD


class Engine:
    """The stream of words of a torch.Generator on the CPU, and that class's methods.

    Args:
        device: the CPU, the only one there is.

    Raises:
        RuntimeError: another device.

    Source: torch.Generator.
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = devices.device(device)
        self.manual_seed(DEFAULT_SEED)

    @functools.cached_property
    def _mt19937(self) -> MT19937:
        """The twister, made when the first word is drawn: importing numpy.random takes a while."""
        from numpy.random import MT19937

        twister = MT19937()
        twister._legacy_seeding(self._initial_seed & _WORD)
        return twister

    def manual_seed(self: EngineType, seed: SupportsIndex) -> EngineType:
        """Starts the stream anew from a seed.

        Args:
            seed: an integer in [-2^63, 2^64); a negative one stands for 2^64 + seed. Seeds that agree in
                their low 32 bits start the same stream.

        Returns:
            The generator itself.

        Raises:
            RuntimeError: the seed is no integer.
            ValueError: the seed is out of range.

        Source: torch.Generator.manual_seed.

        Examples:
            >>> Engine().manual_seed(-1).initial_seed() == 2**64 - 1
            True
        """
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, an integer, but got {type(seed).__name__}")
        value = operator.index(seed)
        if not -(2**63) <= value < 2**64:
            raise ValueError(
                f"Overflow when unpacking long long: the seed {value} is not within [-2^63, 2^64)"
            )
        self._initial_seed = value % 2**64
        self.__dict__.pop("_mt19937", None)
        self._next_normal: float | None = None
        return self

    def initial_seed(self) -> int:
        """The seed from which the stream was started, as an unsigned 64-bit integer.

        Source: torch.Generator.initial_seed.

        Examples:
            >>> Engine().initial_seed()
            67280421310721
        """
        return self._initial_seed

    def seed(self) -> int:
        """Starts the stream anew from a seed that the operating system chooses, and returns that seed.

        Source: torch.Generator.seed.

        Examples:
            >>> engine = Engine()
            >>> engine.seed() == engine.initial_seed()
            True
        """
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def get_state(self) -> Any:
        """Where the stream stands, as the 5056 bytes that torch returns for the same stream.

        Returns:
            A tensor of uint8, which `set_state` takes, here or (as a tensor of its own) in torch.

        Source: torch.Generator.get_state.

        Examples:
            >>> engine = Engine()
            >>> engine.get_state().shape
            torch.Size([5056])
        """
        engine: Any = self._mt19937.state["state"]
        # NumPy's position is 624 after seeding as at the end of the words; torch's bytes tell the two apart.
        undrawn = engine["pos"] == _N and tuple(engine["key"][:2]) == _seeding(self._initial_seed)
        record = np.zeros(1, _STATE)
        legacy = record["legacy"]
        legacy["initial_seed"], legacy["seeded"], legacy["state"] = self._initial_seed, 1, engine["key"]
        legacy["left"], legacy["next"] = (1, 0) if undrawn else (_N + 1 - engine["pos"], engine["pos"])
        if self._next_normal is not None:
            legacy["normal_is_valid"], legacy["normal_y"] = 1, self._next_normal
        return wrap(record.view(np.uint8))

    def set_state(self, new_state: ArrayLike) -> None:
        """Sets the stream to where it stood when `get_state`, here or in torch, returned the state.

        Args:
            new_state: the 5056 bytes.

        Raises:
            TypeError: not an array of uint8.
            RuntimeError: of another size, or not the state of a generator.

        Source: torch.Generator.set_state.

        Examples:
            >>> engine, other = Engine().manual_seed(3), Engine()
            >>> other.set_state(engine.get_state())
            >>> other.initial_seed()
            3
        """
        state = np.asarray(new_state)
        if state.dtype != np.uint8:
            raise TypeError(
                f"RNG state must be a torch.ByteTensor or an array of uint8, but got {state.dtype}"
            )
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} "
                f"but found the input RNG state size to be {state.size}"
            )
        legacy = np.ascontiguousarray(state).reshape(-1).view(_STATE)["legacy"][0]
        left, position = int(legacy["left"]), int(legacy["next"])
        at_a_word = 1 <= position <= _N and left == _N + 1 - position
        if not legacy["seeded"] or not (at_a_word or (left, position) == (1, 0)):
            raise RuntimeError(
                f"Invalid mt19937 state: left + next must be {_N + 1}, or 1 before the first draw, "
                f"but left is {left} and next is {position}"
            )
        engine: Any = {"key": legacy["state"].astype(np.uint32), "pos": position or _N}
        self._mt19937.state = {"bit_generator": "MT19937", "state": engine}
        self._initial_seed = int(legacy["initial_seed"])
        self._next_normal = float(legacy["normal_y"]) if legacy["normal_is_valid"] else None

    def clone_state(self: EngineType) -> EngineType:
        """A new generator that stands where this one stands.

        Source: torch.Generator.clone_state.

        Examples:
            >>> Engine().manual_seed(3).clone_state().initial_seed()
            3
        """
        clone = type(self)(self.device)
        clone.set_state(self.get_state())
        return clone

    def _random(self, count: int) -> Array:
        """The next words, as uint64: torch's random()."""
        return self._mt19937.random_raw(count)

    def _random64(self, count: int) -> Array:
        """The next 64-bit draws: torch's random64()."""
        from numpy.random import Generator

        # Over the whole range NumPy hands on the twister's 64-bit draws, which are made as torch makes them.
        return Generator(self._mt19937).integers(0, 2**64, count, dtype=np.uint64)

    def _below(self, p: float, count: int) -> Array:
        """Whether each of the next float64 uniforms is below p: k 2^-53 < p, with the integers k compared.

        The draws are eight times as large as what comes of them, so they are made in blocks that stay in the
        cache.
        """
        threshold = np.uint64(math.ceil(p * 2.0**53))
        below = np.empty(count, np.bool_)
        for start in range(0, count, _BLOCK):
            part = below[start : start + _BLOCK]
            draws = self._random64(len(part))
            draws &= 2**53 - 1
            np.less(draws, threshold, out=part)
        return below

    def _unit(self, count: int, dtype: type[np.floating[Any]]) -> Array:
        """Uniform on [0, 1): 24 bits of a word times 2^-24; in float64 53 bits of a 64-bit draw, 2^-53."""
        digits, draws = (53, self._random64(count)) if dtype is np.float64 else (24, self._random(count))
        draws &= 2**digits - 1
        unit = draws.astype(dtype)
        unit *= 2.0**-digits
        return unit

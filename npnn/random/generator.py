"""Generator: the distributions of whole numbers, and the class that has them all."""

from __future__ import annotations

import math
import operator
import warnings
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from npnn._typing import Array, Shape
from npnn.random.continuous import DIGITS, LARGEST, OPMATH, supported, within
from npnn.random.rejection import RejectionGenerator

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

# random() draws below this: all of an integer type from zero up, all integers up to 2^digits of a float type.
_MODULUS = {
    np.dtype(np.bool_): 2,
    **{np.dtype(t): np.iinfo(t).max + 1 for t in (np.uint8, np.int8, np.int16, np.int32, np.int64)},
    **{dtype: 2**digits + 1 for dtype, digits in DIGITS.items()},
}
_NUMBERS = [dtype for dtype in _MODULUS if dtype != np.bool_]
_INTEGERS = [*_MODULUS, *map(np.dtype, (np.uint16, np.uint32, np.uint64))]
_WIDE = 2**28  # the range from which randint takes 64 bits: 32 modulo the range would be too uneven
_LONG = (2**32 - 1) // 20  # the length from which torch's randperm takes 64 bits, and another algorithm


def _integers(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the largest integer of the dtype; for a float type, up to where its integers get gaps."""
    if dtype in OPMATH:
        return -(2 ** DIGITS[dtype]), 2 ** DIGITS[dtype]
    if dtype == np.bool_:
        return 0, 1
    return int(np.iinfo(dtype).min), min(int(np.iinfo(dtype).max), 2**63 - 1)


def _representable(first: int, last: int, dtype: np.dtype[Any]) -> tuple[int, int]:
    """The range [first, last] if the dtype holds it, narrowed if a float type rounds its ends out of it."""
    least, largest = _integers(dtype)
    if dtype not in OPMATH:
        within("from", first, least, largest, dtype)
        within("to - 1", last, least, largest, dtype)
        return first, last
    within("from", first, -LARGEST[dtype], LARGEST[dtype], dtype)
    within("to - 1", last, -LARGEST[dtype], LARGEST[dtype], dtype)
    # Integers with b bits more than the significand has are multiples of 2^b: step to the next one inside.
    after_first, near_last = int(dtype.type(first + 1)), int(dtype.type(last))
    if after_first < first:
        first = after_first + 2 ** (abs(first + 1).bit_length() - DIGITS[dtype])
    if near_last > last:
        last = near_last - 2 ** (abs(last).bit_length() - DIGITS[dtype]) - 1
    if first > last:
        raise RuntimeError(
            f"random_ expects 'from' casted to {dtype} to be less than 'to', but got {first} > {last}"
        )
    if first < least or last > largest:
        warnings.warn(
            f"{dtype} does not hold each integer of [{first}, {last}]: some are never drawn", stacklevel=3
        )
    return first, last


class Generator(RejectionGenerator):
    """A stream of random numbers, the same as that of a torch.Generator on the CPU with the same seed.

    The sampling methods bear the names of torch's in-place methods without the underscore. They take a shape
    where those have a tensor, and return a new array, filled in C order as torch fills a contiguous tensor. A
    dtype of float16 is computed in float32.

    Args:
        device: the CPU, the only one there is.

    Source: torch.Generator.

    Examples:
        >>> generator = Generator().manual_seed(0)
        >>> state = generator.get_state()
        >>> generator.uniform((3,))  # torch.rand(3, generator=torch.Generator().manual_seed(0))
        array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
        >>> generator.set_state(state)
        >>> generator.uniform((2,))
        array([0.4962566, 0.7682218], dtype=float32)
    """

    def bernoulli(
        self, p: float | Array, shape: Shape | None = None, dtype: DTypeLike | None = None
    ) -> Array:
        """One with probability p, else zero: u < p, with a uniform u for each value. torch's to the bit.

        For a number p, u is float64 (two words), whatever the dtype; for an array p, even one of no
        dimensions, it is of p's type (one word in float16 and float32).

        Args:
            p: the probability, or an array of them that broadcasts to the shape.
            shape: of the result; if None, () for a number, that of p for an array.
            dtype: of the result, any; if None, float32 for a number, that of p for an array.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: p is not within [0, 1], or does not broadcast to the shape.
            NotImplementedError: an array p of another type than float16, float32 and float64.

        Source: torch.Tensor.bernoulli_, torch.bernoulli.

        Examples:
            >>> Generator().manual_seed(0).bernoulli(0.75, (4,))
            array([0., 1., 1., 0.], dtype=float32)
            >>> Generator().manual_seed(0).bernoulli(np.array([0.25, 0.75, 0.5, 0.0]))
            array([0., 1., 1., 0.])
        """
        if not isinstance(p, np.ndarray):
            if not 0 <= p <= 1:
                raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
            shape = () if shape is None else shape
            hits = self._below(p, math.prod(shape)).reshape(shape)
            return hits.astype(np.float32 if dtype is None else dtype, copy=False)
        opmath = OPMATH[supported("bernoulli", p.dtype)]
        shape = p.shape if shape is None else shape
        try:
            thresholds = np.broadcast_to(p, shape)
        except ValueError as error:
            raise RuntimeError(f"p of shape {p.shape} does not broadcast to the shape {shape}") from error
        if not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError(f"Expected p_in >= 0 && p_in <= 1 for every probability, but got p={p}")
        hits = self._unit(thresholds.size, opmath).reshape(shape) < thresholds
        return hits.astype(p.dtype if dtype is None else dtype)

    def geometric(self, shape: Shape, p: float, dtype: DTypeLike = np.float32) -> Array:
        """Trials to the first success: ceil(log u / log(1 - p)), with a float64 u (two words) for each.

        Args:
            shape: of the array.
            p: the probability of success.
            dtype: floating-point, signed or uint8.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: p is not within (0, 1).
            NotImplementedError: another dtype.

        Source: torch.Tensor.geometric_.

        Examples:
            >>> Generator().manual_seed(0).geometric((4,), 0.25, dtype=np.int64)
            array([1, 2, 3, 1])
        """
        dtype = supported("geometric", dtype, _NUMBERS)
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        with np.errstate(all="ignore"):  # u may be zero, and the dtype too narrow
            trials = np.ceil(np.log(self._unit(math.prod(shape), np.float64)) / math.log1p(-p))
            return trials.astype(dtype).reshape(shape)

    def randint(
        self, low: SupportsIndex, high: SupportsIndex | None, shape: Shape, dtype: DTypeLike = np.int64
    ) -> Array:
        """Integers of [low, high): low + (a draw modulo high - low). torch's to the bit.

        One word for each value, or two if high - low >= 2^28. A range is narrowed if a float type would round
        high - 1 to high.

        Args:
            low: the least value.
            high: the bound above, which is not reached; if None, all to the largest of the dtype, for a float
                type to the last up to which it holds every integer.
            shape: of the array.
            dtype: integer, floating-point or bool.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: low >= high, or the dtype does not hold the range.
            ValueError: a bound is not within [-2^63, 2^63).
            NotImplementedError: another dtype.

        Source: torch.randint, torch.Tensor.random_(from, to).

        Examples:
            >>> Generator().manual_seed(0).randint(0, 10, (5,))
            array([4, 9, 3, 0, 3])
        """
        dtype = supported("randint", dtype, _INTEGERS)
        first = operator.index(low)
        last = _integers(dtype)[1] if high is None else operator.index(high) - 1
        if not -(2**63) <= first < 2**63 or not -(2**63) <= last < 2**63:
            raise ValueError(
                f"Overflow when unpacking long long: from={low}, to={high} not within [-2^63, 2^63)"
            )
        if first > last:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            )
        first, last = _representable(first, last, dtype)
        span, count = last - first + 1, math.prod(shape)
        draws = self._random64(count) if span >= _WIDE else self._random(count)
        if span == 2**64:  # the draw itself, as a signed integer
            return draws.astype(dtype).reshape(shape)
        integers: Array = (draws % np.uint64(span)).astype(np.int64) + first
        return integers.astype(dtype).reshape(shape)

    def random(self, shape: Shape, dtype: DTypeLike = np.float32) -> Array:
        """Integers from zero to the largest of the dtype, or to 2^digits of a float. torch's to the bit.

        One word for each value, two in int64 and float64, modulo the number of values there are.

        Args:
            shape: of the array.
            dtype: floating-point, signed, uint8 or bool.

        Returns:
            An array of the shape and dtype.

        Raises:
            NotImplementedError: another dtype.

        Source: torch.Tensor.random_().

        Examples:
            >>> Generator().manual_seed(0).random((3,), dtype=np.uint8)
            array([172,  47, 117], dtype=uint8)
        """
        dtype = supported("random", dtype, _MODULUS)
        count = math.prod(shape)
        draws = self._random64(count) if dtype.itemsize == 8 else self._random(count)
        integers: Array = draws % np.uint64(_MODULUS[dtype])
        return integers.astype(dtype).reshape(shape)

    def randperm(self, n: SupportsIndex, dtype: DTypeLike = np.int64) -> Array:
        """A permutation of 0, ..., n - 1. torch's to the bit.

        Each place i but the last, in turn, swaps with i + (a word modulo n - i).

        Args:
            n: how many.
            dtype: floating-point, signed or uint8.

        Returns:
            An array of shape (n,) and the dtype.

        Raises:
            RuntimeError: n < 0, or the dtype does not hold n.
            NotImplementedError: another dtype, or n >= 214748364, from where torch shuffles in another way.

        Source: torch.randperm.

        Examples:
            >>> Generator().manual_seed(0).randperm(5)
            array([4, 0, 1, 3, 2])
        """
        n, dtype = operator.index(n), supported("randperm", dtype, _NUMBERS)
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: randperm expects n >= 0"
            )
        if n > _MODULUS[dtype]:
            raise RuntimeError(f"n cannot be greater than {_MODULUS[dtype]} for {dtype}, but got n={n}")
        if n >= _LONG:
            raise NotImplementedError(f"randperm expects n < {_LONG}, but got n={n}")
        places = np.arange(max(n - 1, 0), dtype=np.uint64)
        partners = places + self._random(len(places)) % (n - places)
        order = list(range(n))
        for i, j in enumerate(partners.tolist()):
            order[i], order[j] = order[j], order[i]
        return np.array(order, dtype)

    def multinomial(self, probabilities: Array, num_samples: int, replacement: bool = False) -> Array:
        """Indices drawn with the given probabilities, which need not sum to one.

        With replacement and for two samples or more: a float64 uniform u (two words) for each, and the first
        index at which the cumulated and normalised probabilities reach u. torch's to the bit.

        Else: the num_samples largest of p / e, in descending order, with an exponential e for each
        probability. Equal ones (as of probabilities of zero) may stand in another order than torch's.

        Args:
            probabilities: (m,) or (n, m), float16, float32 or float64.
            num_samples: how many indices for each row.
            replacement: whether an index may be drawn again.

        Returns:
            An int64 array (num_samples,) or (n, num_samples).

        Raises:
            RuntimeError: num_samples <= 0, or more than there are probabilities to draw without replacement;
                or the probabilities are negative, not finite, all zero in a row, or of another shape or type.

        Source: torch.multinomial; pytorch issue 11931 for p / e.

        Examples:
            >>> generator, p = Generator().manual_seed(0), np.array([1.0, 3.0, 0.0, 4.0])
            >>> generator.multinomial(p, 6, replacement=True)
            array([3, 3, 1, 3, 3, 3])
            >>> generator.multinomial(p, 3)
            array([3, 1, 0])
        """
        p = probabilities
        if p.ndim not in (1, 2):
            raise RuntimeError(f"prob_dist must be 1 or 2 dim, but got shape {p.shape}")
        if p.dtype not in OPMATH:
            raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {p.dtype}")
        if num_samples <= 0:
            raise RuntimeError(f"cannot sample n_sample <= 0 samples, but got {num_samples}")
        if not replacement and num_samples > p.shape[-1]:
            raise RuntimeError(
                "cannot sample n_sample > prob_dist.size(-1) samples without replacement, "
                f"but got {num_samples} > {p.shape[-1]}"
            )
        if not ((p >= 0) & (p < np.inf)).all():
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        if not p.any(axis=-1).all():
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
        if replacement and num_samples > 1:
            cumulated = np.cumsum(p, axis=-1, dtype=OPMATH[p.dtype])
            cumulated /= cumulated[..., -1:]
            rows = np.atleast_2d(cumulated)
            uniform = self._unit(len(rows) * num_samples, np.float64).reshape(len(rows), num_samples)
            indices = np.array(
                [row.searchsorted(u) for row, u in zip(rows, uniform, strict=True)], dtype=np.int64
            )
            return indices.reshape(*p.shape[:-1], num_samples)
        with np.errstate(divide="ignore", over="ignore"):
            race = p / self.exponential(p.shape, dtype=p.dtype)
        order: Array = np.argsort(-race, axis=-1, kind="stable")
        return order[..., :num_samples]

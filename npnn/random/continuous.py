"""The continuous distributions of `npnn.random`, each a transformation of uniform draws.

References:
    [1] Box and Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29(2), 1958.
    [2] Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18, 1971.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from npnn._typing import Array, Shape
from npnn.random.engine import Engine

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

# The type in which torch computes, for each in which it stores; the digits of the latter's significand; its
# largest number.
OPMATH: dict[np.dtype[Any], type[np.floating[Any]]] = {
    np.dtype(np.float16): np.float32,
    np.dtype(np.float32): np.float32,
    np.dtype(np.float64): np.float64,
}
DIGITS = {dtype: np.finfo(dtype).nmant + 1 for dtype in OPMATH}
LARGEST = {dtype: float(np.finfo(dtype).max) for dtype in OPMATH}


def supported(method: str, dtype: DTypeLike, dtypes: Iterable[np.dtype[Any]] = OPMATH) -> np.dtype[Any]:
    """The dtype, if the method draws it."""
    dtype = np.dtype(dtype)
    if dtype not in dtypes:
        names = ", ".join(str(each) for each in dtypes)
        raise NotImplementedError(f'"{method}" not implemented for {dtype}; it draws {names}')
    return dtype


def within(name: str, value: float, least: float, largest: float, dtype: np.dtype[Any]) -> None:
    """Refuses a bound that the dtype does not hold."""
    if not least <= value <= largest:
        raise RuntimeError(f"{name} is out of bounds for {dtype}: {value} is not within [{least}, {largest}]")


def _halves(x: Any) -> tuple[Any, Any]:
    """The float64 x as a sum of two numbers of 26 and 27 bits, whose products with each other are exact."""
    high = (x.view(np.uint64) & 0xFFFFFFFFF8000000).view(np.float64)
    return high, x - high


def _fused(x: Array, a: np.floating[Any], b: np.floating[Any]) -> Array:
    """The value of x * a + b, rounded once; all three are float32 or all three float64.

    float32: by way of float64, which holds the product. float64: product and sum are each taken as a rounded
    value and its error (Dekker [2], Knuth's two-sum), and the errors added last. The second rounding that is
    left in either may show in one case in 2^29 and in one in 2^50.
    """
    if b == 0 or abs(math.frexp(a)[0]) == 0.5:  # a sum or a product without rounding
        plain: Array = x * a + b
        return plain
    if x.dtype == np.float32:
        rounded: Array = (x.astype(np.float64) * a + b).astype(np.float32)
        return rounded
    product = x * a
    (x_high, x_low), (a_high, a_low) = _halves(x), _halves(a)
    product_error = ((x_high * a_high - product) + x_high * a_low + x_low * a_high) + x_low * a_low
    total = product + b
    rounded_b = total - product
    total_error = (product - (total - rounded_b)) + (b - rounded_b)
    fused: Array = total + (total_error + product_error)
    return fused


def _stored(values: Array, dtype: np.dtype[Any]) -> Array:
    """The values in the dtype, rounded to float32 on the way to float16, as torch does."""
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore"):
        return values.astype(OPMATH[dtype], copy=False).astype(dtype, copy=False)


def _polar(radius: Array, theta: Array) -> Array:
    """Polar coordinates made Cartesian, flat: x and y of each point or, given rows, of each row in turn."""
    points = np.empty((len(radius), 2, *radius.shape[1:]), radius.dtype)
    np.multiply(radius, np.cos(theta), out=points[:, 0])
    np.multiply(radius, np.sin(theta), out=points[:, 1])
    return points.reshape(-1)


class ContinuousGenerator(Engine):
    """The continuous half of `npnn.random.Generator`."""

    def uniform(
        self, shape: Shape, low: float = 0.0, high: float = 1.0, dtype: DTypeLike = np.float32
    ) -> Array:
        """Uniform on [low, high): u (high - low) + low, rounded once, where u = k 2^-24, in float64 k 2^-53.

        One word for each value, two in float64. What rounds up to high becomes low. torch's to the bit.

        Args:
            shape: of the array.
            low: the least value.
            high: the bound above, which is not reached unless it equals low.
            dtype: float16, float32 or float64.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: low > high, or the dtype does not hold low, high or their distance.
            NotImplementedError: another dtype.

        Source: torch.Tensor.uniform_, torch.rand.

        Examples:
            >>> ContinuousGenerator().manual_seed(0).uniform((2,), -1.0, 1.0)
            array([-0.00748682,  0.5364436 ], dtype=float32)
        """
        dtype = supported("uniform", dtype)
        largest = LARGEST[dtype]
        within("from", low, -largest, largest, dtype)
        within("to", high, -largest, largest, dtype)
        if low > high:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
            )
        if high - low > largest:
            raise RuntimeError(
                f"uniform_ expects to-from <= {largest} for {dtype}, but got from={low}, to={high}"
            )
        opmath = OPMATH[dtype]
        start, end = opmath(low), opmath(high)
        values = _stored(_fused(self._unit(math.prod(shape), opmath), end - start, start), dtype)
        np.putmask(values, values == dtype.type(high), low)
        return values.reshape(shape)

    def normal(
        self,
        shape: Shape,
        mean: float = 0.0,
        std: float = 1.0,
        dtype: DTypeLike = np.float32,
        contiguous: bool = True,
    ) -> Array:
        """Normally distributed: std z + mean, rounded once, with z by the method of Box and Muller [1].

        Sixteen values or more: a block of sixteen uniform values (float64 for float64, else float32) holds
        eight 1 - u and eight v. It becomes eight z = sqrt(-2 log u) cos(2π v) and the eight with the sine. If
        the number is no multiple of sixteen, a block of further draws replaces the last sixteen values.

        Fewer: float64 pairs of v and 1 - u, with the cosine for one value and the sine for the next, which
        the generator keeps for the next call if it is left over.

        How near z is to torch's: see the head of `npnn.random`.

        Args:
            shape: of the array.
            mean: of the distribution.
            std: its standard deviation.
            dtype: float16, float32 or float64.
            contiguous: False draws pairs whatever the number, as torch does for a tensor that is not
                contiguous (which it fills in the order of memory).

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: std < 0.
            NotImplementedError: another dtype.

        Source: torch.Tensor.normal_, torch.randn.

        Examples:
            >>> ContinuousGenerator().manual_seed(0).normal((2,))
            array([ 1.5409961, -0.2934289], dtype=float32)
        """
        dtype = supported("normal", dtype)
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
        count = math.prod(shape)
        draw = self._normal_blocks if count >= 16 and contiguous else self._normal_pairs
        return draw(count, mean, std, dtype).reshape(shape)

    def _normal_blocks(self, count: int, mean: float, std: float, dtype: np.dtype[Any]) -> Array:
        opmath, whole = OPMATH[dtype], count - count % 16
        # torch first draws all the values, the part of a block too; but in float16 it draws block by block.
        uniform = self._unit(whole if dtype == np.float16 else count, opmath)[:whole]
        if whole < count:
            uniform = np.concatenate((uniform, self._unit(16, opmath)))
        blocks = uniform.reshape(-1, 2, 8)
        radius, theta = np.sqrt(-2 * np.log(1 - blocks[:, 0])), opmath(2 * np.pi) * blocks[:, 1]
        values = _stored(_fused(_polar(radius, theta), opmath(std), opmath(mean)), dtype)
        return values if whole == count else np.concatenate((values[: count - 16], values[-16:]))

    def _normal_pairs(self, count: int, mean: float, std: float, dtype: np.dtype[Any]) -> Array:
        kept = [] if self._next_normal is None else [self._next_normal]
        pairs = (count - len(kept) + 1) // 2
        uniform = self._unit(2 * pairs, np.float64)
        radius, theta = np.sqrt(-2 * np.log1p(-uniform[1::2])), 2 * np.pi * uniform[0::2]
        z = np.concatenate((kept, _polar(radius, theta)))
        self._next_normal = float(z[count]) if len(z) > count else None
        return _stored(_fused(z[:count], np.float64(std), np.float64(mean)), dtype)

    def log_normal(
        self, shape: Shape, mean: float = 1.0, std: float = 2.0, dtype: DTypeLike = np.float32
    ) -> Array:
        """The exponential of a normal variable, drawn in pairs like `normal` of fewer than sixteen values.

        Args:
            shape: of the array.
            mean: of the normal variable.
            std: its standard deviation.
            dtype: float16, float32 or float64.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: std <= 0.
            NotImplementedError: another dtype.

        Source: torch.Tensor.log_normal_.

        Examples:
            >>> ContinuousGenerator().manual_seed(0).log_normal((2,), 0.0, 1.0)
            array([4.669239 , 0.7457022], dtype=float32)
        """
        dtype = supported("log_normal", dtype)
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
        normal = self._normal_pairs(math.prod(shape), mean, std, np.dtype(np.float64))
        with np.errstate(over="ignore"):
            values: Array = np.exp(normal)
        return _stored(values, dtype).reshape(shape)

    def exponential(self, shape: Shape, lambd: float = 1.0, dtype: DTypeLike = np.float32) -> Array:
        """Exponentially distributed: -log(1 - u) / lambd, with a float64 uniform u (two words) for each.

        Args:
            shape: of the array.
            lambd: the rate.
            dtype: float16, float32 or float64.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: lambd <= 0.
            NotImplementedError: another dtype.

        Source: torch.Tensor.exponential_.

        Examples:
            >>> ContinuousGenerator().manual_seed(0).exponential((2,))
            array([3.5083263, 1.2303847], dtype=float32)
        """
        dtype = supported("exponential", dtype)
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        values: Array = -1.0 / lambd * np.log1p(-self._unit(math.prod(shape), np.float64))
        return _stored(values, dtype).reshape(shape)

    def cauchy(
        self, shape: Shape, median: float = 0.0, sigma: float = 1.0, dtype: DTypeLike = np.float32
    ) -> Array:
        """Cauchy distributed: median + sigma tan(π (u - ½)), with a float64 uniform u (two words) for each.

        Args:
            shape: of the array.
            median: of the distribution.
            sigma: half its width at half its height.
            dtype: float16, float32 or float64.

        Returns:
            An array of the shape and dtype.

        Raises:
            RuntimeError: sigma <= 0.
            NotImplementedError: another dtype.

        Source: torch.Tensor.cauchy_.

        Examples:
            >>> ContinuousGenerator().manual_seed(0).cauchy((2,))
            array([10.59773  ,  0.7647673], dtype=float32)
        """
        dtype = supported("cauchy", dtype)
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
        tangent = np.tan(np.pi * (self._unit(math.prod(shape), np.float64) - 0.5))
        return _stored(_fused(tangent, np.float64(sigma), np.float64(median)), dtype).reshape(shape)

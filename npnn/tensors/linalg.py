"""Systems of equations, inverses, determinants and powers of matrices, as tensors and functions of them.

Leading axes are stacks of matrices. `npnn.linalg` gives these functions torch.linalg's names.
Sources: the torch.linalg function of the same name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.ops import linalg as ops
from npnn.ops.arithmetic import Where
from npnn.tensors.base import array_of
from npnn.tensors.promotion import check_shapes
from npnn.tensors.results import return_type


class LinAlgError(RuntimeError):
    """What torch.linalg raises for a matrix that has no inverse, or no such decomposition."""


def matrices(value: Any, name: str) -> Any:
    """A tensor of floating-point matrices.

    Raises:
        RuntimeError: it has fewer than two axes, or another dtype.
    """
    x = wrap(value)
    if x.array.ndim < 2:
        raise RuntimeError(
            f"linalg.{name}: The input tensor A must have at least 2 dimensions, got {x.array.ndim}."
        )
    if x.array.dtype.kind != "f":
        raise RuntimeError(
            f"linalg.{name}: Expected a floating point or complex tensor as input. Got {x.array.dtype}"
        )
    if x.array.dtype == np.float16:
        raise RuntimeError(f"linalg.{name}: Low precision dtypes not supported. Got {x.array.dtype}")
    return x


def squares(value: Any, name: str) -> Any:
    """A tensor of square floating-point matrices.

    Raises:
        RuntimeError: they are not square, or see `matrices`.
    """
    x = matrices(value, name)
    if x.array.shape[-1] != x.array.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are"
            f" {x.array.shape[-2]} by {x.array.shape[-1]} matrices"
        )
    return x


def attempted(name: str, compute: Callable[[], Any], why: str) -> Any:
    """What a computation of NumPy's gives; where NumPy finds that there is no result, torch's kind of error.

    Raises:
        LinAlgError: there is none.
    """
    try:
        return compute()
    except np.linalg.LinAlgError:
        raise LinAlgError(f"linalg.{name}: {why}") from None


_SINGULAR = "The solver failed because the input matrix is singular."


def inv(A: Any) -> Any:  # noqa: N803 - torch's name
    """The inverse of square matrices.

    Raises:
        LinAlgError: a matrix is singular.
    """
    x = squares(A, "inv")
    return attempted("inv", lambda: ops.Inverse.apply(x), _SINGULAR)


inverse = inv


def det(A: Any) -> Any:  # noqa: N803
    """The determinant of square matrices."""
    return ops.Determinant.apply(squares(A, "det"))


def slogdet(A: Any) -> Any:  # noqa: N803
    """The sign and the logarithm of the size of the determinant of square matrices."""
    return return_type("linalg_slogdet", "sign", "logabsdet")(
        *ops.LogDeterminant.apply(squares(A, "slogdet"))
    )


def logdet(A: Any) -> Any:  # noqa: N803
    """The logarithm of the determinant of square matrices, nan where it is negative."""
    sign, logarithm = slogdet(A)
    return Where.apply(sign.array < 0, np.full((), np.nan, sign.array.dtype), logarithm)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:  # noqa: N803
    """X with A X = B, or X A = B if `left` is False.

    Args:
        A: square matrices (*, n, n).
        B: a vector (n,), vectors (*, n) where the leading axes are those of A, or matrices (*, n, k).
        left: on which side of X the matrix stands.

    Raises:
        LinAlgError: a matrix is singular.
        RuntimeError: the shapes or dtypes do not fit.
    """
    a, b = squares(A, "solve"), wrap(B)
    if a.array.dtype != b.array.dtype:
        raise RuntimeError(
            "linalg.solve: Expected A and B to have the same dtype, but found A of type"
            f" {a.array.dtype} and B of type {b.array.dtype} instead"
        )
    vectors = b.array.ndim == 1 or b.array.shape == a.array.shape[:-1]
    columns = b.unsqueeze(-1) if vectors else b
    if columns.array.shape[-2 if left else -1] != a.array.shape[-1]:
        raise RuntimeError(
            "linalg.solve: Incompatible shapes of A and B for the equation"
            f" {'AX = B' if left else 'XA = B'}: {list(a.array.shape)} and {list(b.array.shape)}"
        )
    check_shapes(a.array.shape[:-2], columns.array.shape[:-2])
    if left:
        x = attempted("solve", lambda: ops.Solve.apply(a, columns), _SINGULAR)
    else:
        x = attempted("solve", lambda: ops.Solve.apply(a.mT, columns.mT), _SINGULAR).mT
    return x.squeeze(-1) if vectors else x


def solve_triangular(
    A: Any,  # noqa: N803
    B: Any,  # noqa: N803
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Any:
    """X with A X = B, or X A = B, where A is triangular: its other triangle is not looked at.

    Args:
        A: square matrices (*, n, n).
        B: matrices (*, n, k).
        upper: which triangle of A counts.
        left: on which side of X the matrix stands.
        unitriangular: take the diagonal of A as ones, whatever stands there.
    """
    a, b = squares(A, "solve_triangular"), matrices(B, "solve_triangular")
    n = a.array.shape[-1]
    triangle = np.tri(n, k=-1 if unitriangular else 0, dtype=bool)
    rest = np.eye(n, dtype=a.array.dtype) if unitriangular else np.zeros((), a.array.dtype)
    return solve(Where.apply(triangle.T if upper else triangle, a, rest), b, left=left)


def matrix_power(A: Any, n: int) -> Any:  # noqa: N803
    """The n-th power of square matrices, by repeated squaring; of the inverse if n is negative."""
    x = squares(A, "matrix_power")
    if n < 0:
        x, n = inv(x), -n
    result = x * 0 + np.eye(x.array.shape[-1], dtype=x.array.dtype) if n == 0 else None
    while n:
        if n % 2:
            result = x if result is None else result @ x
        n //= 2
        if n:
            x = x @ x
    return result


def matrix_exp(A: Any) -> Any:  # noqa: N803
    """The exponential Σ Aʲ / j! of square matrices."""
    return ops.MatrixExp.apply(squares(A, "matrix_exp"))


def multi_dot(tensors: Any) -> Any:
    """The product of a chain of matrices, in the order that takes the fewest multiplications.

    Args:
        tensors: two or more; the first and the last may be vectors.

    Raises:
        RuntimeError: there are fewer, or the shapes do not fit.
    """
    chain = [wrap(x) for x in tensors]
    if len(chain) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(chain)}")
    ends = chain[0].array.ndim, chain[-1].array.ndim
    for place, x in enumerate(chain):
        if x.array.ndim != 2 and (x.array.ndim != 1 or 0 < place < len(chain) - 1):
            raise RuntimeError(f"multi_dot(): tensor {place} must be 2D but got {x.array.ndim}D")
    chain[0] = chain[0].reshape(1, -1) if ends[0] == 1 else chain[0]
    chain[-1] = chain[-1].reshape(-1, 1) if ends[1] == 1 else chain[-1]
    for place, (x, y) in enumerate(itertools.pairwise(chain)):
        if x.array.shape[1] != y.array.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {place} and {place + 1} with shapes {list(x.array.shape)} and"
                f" {list(y.array.shape)} cannot be multiplied"
            )
    product = _multiplied(chain, _order([x.array.shape[0] for x in chain] + [chain[-1].array.shape[1]]))
    return product.reshape([size for size, end in zip(product.array.shape, ends, strict=True) if end == 2])


def _order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to part each stretch of a chain of matrices of these sizes (Cormen et al., chapter 15.2)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    part = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            costs = [
                cost[first, k] + cost[k + 1, last] + sizes[first] * sizes[k + 1] * sizes[last + 1]
                for k in range(first, last)
            ]
            cost[first, last] = min(costs)
            part[first, last] = first + costs.index(min(costs))
    return part


def _multiplied(chain: list[Any], part: dict[tuple[int, int], int]) -> Any:
    def product(first: int, last: int) -> Any:
        if first == last:
            return chain[first]
        k = part[first, last]
        return product(first, k) @ product(k + 1, last)

    return product(0, len(chain) - 1)


def chain_matmul(*matrices: Any) -> Any:
    """The product of matrices, by `multi_dot`; one alone is returned as it is."""
    return multi_dot(matrices) if len(matrices) > 1 else wrap(matrices[0])


# ---- where there is no exact solution


def _limits(x: Any, atol: Any, rtol: Any) -> dict[str, Any]:
    """The absolute and the relative size up to which singular values count as 0, ready to broadcast."""
    if rtol is None:
        # An absolute limit alone leaves no relative one.
        given = atol is not None and np.any(array_of(atol))
        rtol = 0.0 if given else max(x.array.shape[-2:]) * np.finfo(x.array.dtype).eps
    absolute = 0.0 if atol is None else array_of(atol)
    return {"atol": np.asarray(absolute)[..., None], "rtol": np.asarray(array_of(rtol))[..., None]}


def _rank(values: Any, atol: Any, rtol: Any) -> Any:
    return np.asarray((values > np.maximum(atol, rtol * values[..., :1])).sum(-1))


def pinv(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:  # noqa: N803
    """The pseudo-inverse of matrices, singular values up to max(atol, rtol · the largest) counted as 0.

    Args:
        A: matrices (*, m, n).
        atol: a number, or one for each matrix. Default: 0.
        rtol: the same. Default: max(m, n) times the distance from 1 to the next number; 0 if atol is given.
        hermitian: take A as symmetric, and look at its lower triangle only.
    """
    x = matrices(A, "pinv")
    if not x.array.size:
        return x.mT.clone()
    return ops.PseudoInverse.apply(x, **_limits(x, atol, rtol), symmetric=hermitian)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse, singular values up to rcond times the largest counted as 0."""
    return pinv(input, rtol=rcond)


def matrix_rank(
    A: Any,  # noqa: N803
    tol: Any = None,
    *,
    atol: Any = None,
    rtol: Any = None,
    hermitian: bool = False,
) -> Any:
    """How many singular values exceed max(atol, rtol · the largest), which have the defaults of `pinv`."""
    x = matrices(A, "matrix_rank")
    if tol is not None:
        atol, rtol = tol, 0.0
    values = np.linalg.svd(x.array, compute_uv=False)
    return wrap(_rank(values, **_limits(x, atol, rtol)))


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> Any:  # noqa: N803
    """X that makes the Frobenius norm of A X - B least; of several, that of the least norm.

    Args:
        A: matrices (*, m, n).
        B: matrices (*, m, k), or vectors (*, m).
        rcond: singular values up to it times the largest count as 0. Default: as for `pinv`.
        driver: LAPACK's, "gelsy", "gelsd", "gelss", or "gels"; which are only told apart by what else they
            give: the rank, the singular values.

    Returns:
        The solution, which is differentiable; the sums of squared residuals, if m > n; rank and singular
        values, as far as the driver gives them.

    Raises:
        RuntimeError: the shapes do not fit, or there is no such driver.
    """
    a, b = matrices(A, "lstsq"), wrap(B)
    driver = "gelsy" if driver is None else driver
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            f"linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got {driver!r}"
        )
    vectors = b.array.ndim == 1 or b.array.shape == a.array.shape[:-1]
    columns = b.unsqueeze(-1) if vectors else b
    m, n = a.array.shape[-2:]
    if columns.array.ndim < 2 or columns.array.shape[-2] != m:
        raise RuntimeError(
            f"linalg.lstsq: input.size(-2) should match other.size(-2), got shapes {list(a.array.shape)} and"
            f" {list(b.array.shape)}"
        )
    x = pinv(a, rtol=rcond) @ columns
    empty = np.zeros(0, a.array.dtype)
    values = np.linalg.svd(a.array, compute_uv=False)
    rank = _rank(values, **_limits(a, None, rcond))
    residuals: Any = wrap(empty)
    if m > n and driver != "gelsy" and bool(np.all(rank == n)):
        residuals = ((a @ x - columns) ** 2).sum(-2)
    return return_type("linalg_lstsq", "solution", "residuals", "rank", "singular_values")(
        x.squeeze(-1) if vectors else x,
        residuals,
        wrap(empty.astype(np.int64) if driver == "gels" else rank),
        wrap(values if driver in ("gelsd", "gelss") else empty),
    )


# ---- by several indices


def tensorinv(A: Any, ind: int = 2) -> Any:  # noqa: N803
    """The inverse with respect to `tensordot` over the first `ind` axes, taken together."""
    x = wrap(A)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', got {ind}")
    rows, columns = x.array.shape[:ind], x.array.shape[ind:]
    if np.prod(rows) != np.prod(columns):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but"
            f" got {np.prod(columns)} != {np.prod(rows)}"
        )
    return inv(x.reshape(int(np.prod(rows)), -1)).reshape(*columns, *rows)


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:  # noqa: N803
    """X with tensordot(A, X, X.ndim) = B; the axes `dims` of A are moved to its end first."""
    a, b = wrap(A), wrap(B)
    if dims is not None:
        a = a.movedim(tuple(dims), tuple(range(-len(dims), 0)))
    left = a.array.shape[b.array.ndim :]
    if np.prod(left) != b.array.size:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) =="
            f" prod(self.shape[:other.ndim]), but got {np.prod(left)} != {b.array.size}"
        )
    return solve(a.reshape(b.array.size, -1), b.reshape(-1)).reshape(*left)


def vander(x: Any, N: int | None = None) -> Any:  # noqa: N803
    """Vandermonde's matrices: the powers 0 to N - 1 of each number, along a last axis."""
    base = wrap(x)
    base = base if base.array.ndim else base.reshape(1)
    count = base.array.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError(f"N must be greater than 1, got {count}")
    return base.unsqueeze(-1) ** np.arange(count)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """The inner products along an axis, the first factor conjugated."""
    return (wrap(x).conj() * y).sum(dim)

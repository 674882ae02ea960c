"""Decompositions of matrices, as tensors and functions of them: Cholesky, QR, singular values, eigenvalues.

Leading axes are stacks of matrices. `npnn.linalg` gives these functions torch.linalg's names.
Sources: the torch.linalg function of the same name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn.autograd.function import wrap
from npnn.ops import decomposition as ops
from npnn.tensors.linalg import attempted, matrices, squares
from npnn.tensors.results import return_type


def cholesky(A: Any, *, upper: bool = False) -> Any:  # noqa: N803 - torch's name
    """The lower triangular L with L Lᵀ = A, or its transpose.

    Args:
        A: symmetric positive definite matrices (*, n, n).
        upper: return Lᵀ.

    Raises:
        LinAlgError: a matrix is not positive definite.
    """
    x = squares(A, "cholesky")
    lower = attempted(
        "cholesky",
        lambda: ops.Cholesky.apply(x),
        "The factorization could not be completed because the input is not positive-definite.",
    )
    return lower.mT if upper else lower


def qr(A: Any, mode: str = "reduced") -> Any:  # noqa: N803
    """A = Q R, with orthonormal columns in Q and an upper triangular R.

    Args:
        A: matrices (*, m, n).
        mode: "reduced" for as many columns as A has, "complete" for a square Q, "r" for an empty Q, which
            has no derivative.

    Raises:
        RuntimeError: there is no such mode.
    """
    x = matrices(A, "qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or"
            " 'complete'"
        )
    if mode == "r":
        return return_type("linalg_qr", "Q", "R")(
            wrap(np.zeros(0, x.array.dtype)), wrap(np.linalg.qr(x.array, mode="r"))
        )
    return return_type("linalg_qr", "Q", "R")(*ops.QR.apply(x, complete=mode == "complete"))


def linalg_svd(A: Any, full_matrices: bool = True) -> Any:  # noqa: N803
    """A = U diag(S) Vh, with orthonormal columns in U, orthonormal rows in Vh, and S in falling order.

    Args:
        A: matrices (*, m, n).
        full_matrices: make U and Vh square; columns and rows beyond the min(m, n) first have no gradient.
    """
    return return_type("linalg_svd", "U", "S", "Vh")(
        *ops.SingularValues.apply(matrices(A, "svd"), full=full_matrices)
    )


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    """The singular values and vectors, V not transposed; without `compute_uv` zeros for the vectors.

    Source: torch.svd.
    """
    x = matrices(input, "svd")
    u, s, vh = linalg_svd(x, full_matrices=not some)
    if compute_uv:
        return return_type("svd", "U", "S", "V")(u, s, vh.mT)
    m, n = x.array.shape[-2:]
    lead, dtype = x.array.shape[:-2], x.array.dtype
    return return_type("svd", "U", "S", "V")(
        wrap(np.zeros((*lead, m, m), dtype)), s, wrap(np.zeros((*lead, n, n), dtype))
    )


def svdvals(A: Any) -> Any:  # noqa: N803
    """The singular values of matrices, in falling order."""
    return ops.SingularValues.apply(matrices(A, "svdvals"))[1]


def eigh(A: Any, UPLO: str = "L") -> Any:  # noqa: N803
    """The eigenvalues of symmetric matrices, in rising order, and their eigenvectors, as columns.

    Args:
        A: symmetric matrices (*, n, n).
        UPLO: which triangle of A is looked at, "L" or "U".

    Raises:
        RuntimeError: UPLO is neither.
    """
    x = squares(A, "eigh")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return return_type("linalg_eigh", "eigenvalues", "eigenvectors")(
        *ops.SymmetricEigen.apply(x, triangle=UPLO.upper())
    )


def eigvalsh(A: Any, UPLO: str = "L") -> Any:  # noqa: N803
    """The eigenvalues of symmetric matrices, in rising order."""
    return eigh(A, UPLO).eigenvalues

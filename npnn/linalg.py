"""torch.linalg's names: linear algebra on stacks of matrices, with its gradients.

Source: torch.linalg.

Examples:
    >>> import npnn
    >>> A = npnn.tensor([[4.0, 2.0], [2.0, 3.0]], requires_grad=True)
    >>> npnn.linalg.slogdet(A).logabsdet.backward()
    >>> A.grad
    tensor([[ 0.3750, -0.2500],
            [-0.2500,  0.5000]])
"""

from npnn.tensors import out as _out
from npnn.tensors.arithmetic import matmul
from npnn.tensors.decomposition import cholesky, eigh, eigvalsh, qr, svdvals
from npnn.tensors.decomposition import linalg_svd as svd
from npnn.tensors.linalg import (
    LinAlgError,
    det,
    inv,
    lstsq,
    matrix_exp,
    matrix_power,
    matrix_rank,
    multi_dot,
    pinv,
    slogdet,
    solve,
    solve_triangular,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
)
from npnn.tensors.norms import cond, matrix_norm, norm, vector_norm
from npnn.tensors.products import linalg_cross as cross

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "eigh",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

# Here rather than where they are defined: their namesakes at the root of torch do not all take `out`.
globals().update({_name: _out.with_out(globals()[_name]) for _name in _out.IN_LINALG})

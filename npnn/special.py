"""torch.special's names: special functions, with their derivatives.

Source: torch.special.

Examples:
    >>> import npnn
    >>> x = npnn.tensor([0.0, 1.0], requires_grad=True)
    >>> npnn.special.erf(x).sum().backward()
    >>> x.grad
    tensor([1.1284, 0.4151])
"""

from __future__ import annotations

from npnn.tensors import out as _out
from npnn.tensors.functions import expm1, log1p, log_softmax, logsumexp, round, softmax
from npnn.tensors.functions import sigmoid as expit
from npnn.tensors.pointwise import exp2, sinc, xlogy
from npnn.tensors.special import (
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    i0,
    i0e,
    i1,
    i1e,
    log_ndtr,
    logit,
    ndtr,
    ndtri,
    polygamma,
    xlog1py,
)
from npnn.tensors.special import digamma as psi
from npnn.tensors.special import lgamma as gammaln
from npnn.tensors.special import mvlgamma as multigammaln

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]

# Here rather than where they are defined: their namesakes at the root of torch do not all take `out`.
globals().update({_name: _out.with_out(globals()[_name]) for _name in _out.IN_SPECIAL})

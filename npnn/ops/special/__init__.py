"""The special functions of torch.special that NumPy lacks, on plain arrays.

Each takes real numbers of any shape and gives an array of the same shape: float64, float32 and float16 stay
what they are, integers and bools become float32, as in torch. The arithmetic is float64 throughout, in blocks
that stay in the cache; float64 results are right to a few units in the last place, float32 and float16
results are rounded once.
"""

from npnn.ops.special.bessel import i0, i0e, i1, i1e
from npnn.ops.special.erf import erf, erfc, erfcx, erfinv
from npnn.ops.special.gamma import lgamma, multigammaln
from npnn.ops.special.ndtr import log_ndtr, ndtr, ndtri
from npnn.ops.special.polygamma import digamma, polygamma, trigamma

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "lgamma",
    "log_ndtr",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "trigamma",
]

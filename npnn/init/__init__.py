"""torch.nn.init: fills weights in place, from torch's random streams.

npnn keeps weights in another order of axes than torch: (in, out) for (out, in), (*k, in/groups, out) for
(out, in/groups, *k). The functions here write through a view of the weight in torch's order, so that fans
mean what they mean on torch and the same seed gives torch's weights, transposed. They write into the memory
of the tensor, off the tape, and return it.
"""

from npnn.init.constants import constant_, dirac_, eye_, ones_, zeros_
from npnn.init.deprecated import (
    constant,
    dirac,
    eye,
    kaiming_normal,
    kaiming_uniform,
    normal,
    orthogonal,
    sparse,
    uniform,
    xavier_normal,
    xavier_uniform,
)
from npnn.init.distributions import normal_, trunc_normal_, uniform_
from npnn.init.matrices import orthogonal_, sparse_
from npnn.init.variance_scaling import (
    calculate_gain,
    kaiming_normal_,
    kaiming_uniform_,
    xavier_normal_,
    xavier_uniform_,
)

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

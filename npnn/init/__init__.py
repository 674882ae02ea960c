"""torch.nn.init: fills weights in place, from torch's random streams.

Layers keep their weights in another order of axes than torch: (in, out) for (out, in), (*k, in/groups, out)
for (out, in/groups, *k). The functions here write through a view of such a weight in torch's order, so that
fans mean what they mean on torch and the same seed gives torch's weights, transposed. A tensor that no layer
made is in torch's order: its first axis counts outputs, its second inputs, and the same seed gives the same
numbers. A weight of one's own that is (in, out) says so by the attribute `torch_axes`, where torch's axes are
among its own:

    >>> import npnn
    >>> from npnn import nn
    >>> weight = nn.Parameter(npnn.empty(5, 3), torch_axes=(1, 0))
    >>> nn.init.kaiming_uniform_(weight, nonlinearity="relu").abs().max() < (6 / 5) ** 0.5
    tensor(True)

All write into the memory of the tensor, off the tape, and return it.
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
from npnn.init.layout import fans as _calculate_fan_in_and_fan_out  # noqa: F401 - scripts import it
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

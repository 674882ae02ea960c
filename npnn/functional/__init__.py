"""torch.nn.functional's names: each checks its arguments, then calls one operation.

Arguments may be tensors or ndarrays; results are tensors.
"""

from npnn.functional.activation import log_softmax, relu, sigmoid, softmax, tanh
from npnn.functional.linear import linear
from npnn.functional.loss import cross_entropy, mse_loss, nll_loss

__all__ = [
    "cross_entropy",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]

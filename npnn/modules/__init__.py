"""torch.nn's classes, in files named as torch.nn.modules names them."""

from npnn.modules.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from npnn.modules.container import Container, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from npnn.modules.flatten import Flatten
from npnn.modules.linear import Identity, Linear
from npnn.modules.loss import CrossEntropyLoss, MSELoss, NLLLoss
from npnn.modules.module import Module

__all__ = [
    "Container",
    "CrossEntropyLoss",
    "Flatten",
    "Identity",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "ParameterDict",
    "ParameterList",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
]

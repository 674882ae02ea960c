"""Automatic differentiation: Function and Context, the engine, recording switches, gradient checks."""

from npnn.autograd import function, grad_mode
from npnn.autograd.engine import backward, grad
from npnn.autograd.function import Function
from npnn.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from npnn.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck

__all__ = [
    "Function",
    "GradcheckError",
    "backward",
    "enable_grad",
    "function",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]

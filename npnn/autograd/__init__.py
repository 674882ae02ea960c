"""Automatic differentiation: Function and Context, the engine, recording switches, gradient checks."""

import importlib
from typing import TYPE_CHECKING, Any

from npnn.autograd import function, grad_mode
from npnn.autograd.engine import backward, grad
from npnn.autograd.function import Function
from npnn.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from npnn.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from npnn.autograd.variable import Variable

if TYPE_CHECKING:
    from npnn.autograd import anomaly_mode, functional, graph
    from npnn.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly


def __getattr__(name: str) -> Any:
    """Loads on first use what few scripts need."""
    if name in ("anomaly_mode", "functional", "graph"):
        return importlib.import_module(f"npnn.autograd.{name}")
    if name in ("detect_anomaly", "set_detect_anomaly"):
        return getattr(importlib.import_module("npnn.autograd.anomaly_mode"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

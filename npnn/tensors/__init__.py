"""Tensor, its methods by family, the functions that make tensors, and torch's functions of them."""

from npnn.tensors.core import Tensor
from npnn.tensors.shapes import Size

__all__ = ["Size", "Tensor"]

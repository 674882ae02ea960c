"""The cells of RNN, LSTM and GRU: one step of one layer."""

from __future__ import annotations

import math
from typing import Any

from npnn import init
from npnn.functional._check import as_input
from npnn.modules.module import Module
from npnn.ops import rnn as ops
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty, zeros


class RNNCellBase(Module):
    """What the cells share: the parameters of one layer, and the checks of input and state.

    Args:
        input_size: the length of the input vector.
        hidden_size: the length of the hidden state.
        bias: whether there are biases.
        num_chunks: the number of gates.
        device: "cpu".
        dtype: the dtype of the parameters.

    Attributes:
        weight_ih: (input_size, num_chunks · hidden_size): torch's weight, transposed.
        weight_hh: (hidden_size, num_chunks · hidden_size).
        bias_ih: (num_chunks · hidden_size,), or None.
        bias_hh: (num_chunks · hidden_size,), or None.

    Source: torch.nn.RNNCellBase.
    """

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        width = num_chunks * hidden_size
        for name, inputs in (("weight_ih", input_size), ("weight_hh", hidden_size)):
            weight = Parameter(empty(inputs, width, device=device, dtype=dtype), torch_axes=(1, 0))
            self.register_parameter(name, weight)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(
                name, Parameter(empty(width, device=device, dtype=dtype)) if bias else None
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters anew, uniform on ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes and the options that differ from their defaults, for repr."""
        shown = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            shown += ", bias=False"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            shown += f", nonlinearity={self.nonlinearity}"
        return shown

    def _batch(self, input: Any, states: Any, names: list[str]) -> tuple[Tensor, list[Tensor], bool]:
        """Input and states with a batch axis, checked, zeros where not given; was there an axis already?"""
        cell = self._get_name()
        x = as_input(input, cell)
        if x.ndim not in (1, 2):
            raise ValueError(f"{cell}: Expected input to be 1D or 2D, got {x.ndim}D instead")
        given = [None if state is None else as_input(state, cell) for state in states]
        for name, state in zip(names, given, strict=True):
            if state is not None and state.ndim not in (1, 2):
                raise ValueError(f"{cell}: Expected {name} to be 1D or 2D, got {state.ndim}D instead")
        batched = x.ndim == 2
        if not batched:
            x = x.unsqueeze(0)
            given = [None if state is None else state.unsqueeze(0) for state in given]
        if x.array.shape[1] != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {x.array.shape[1]} expected {self.input_size}"
            )
        full = [zeros(len(x), self.hidden_size, dtype=x.dtype) if state is None else state for state in given]
        for number, state in enumerate(full):
            if state.array.shape[1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{number} has inconsistent hidden_size: got {state.array.shape[1]}, expected"
                    f" {self.hidden_size}"
                )
            if len(state) != len(x):
                raise RuntimeError(
                    f"Input batch size {len(x)} doesn't match hidden{number} batch size {len(state)}"
                )
        return x, full, batched


class RNNCell(RNNCellBase):
    """One step of RNN: h' = tanh(x W_ih + b_ih + h W_hh + b_hh), or with relu.

    Args:
        input_size: the length of the input vector.
        hidden_size: the length of the hidden state.
        bias: whether there are biases.
        nonlinearity: "tanh" or "relu".
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, input_size) or (input_size,); state (N, hidden_size) or (hidden_size,), zeros by default.
        - Output: the new state.

    Source: torch.nn.RNNCell.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.RNNCell(10, 20)(npnn.randn(3, 10)).shape
        torch.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Returns the new state."""
        x, (h,), batched = self._batch(input, [hx], ["hidden"])
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        new: Tensor = ops.RNN.apply(
            x,
            h,
            self.weight_ih,
            self.weight_hh,
            self.bias_ih,
            self.bias_hh,
            nonlinearity=self.nonlinearity,
            batch_sizes=(len(x),),
        )
        return new if batched else new.squeeze(0)


class LSTMCell(RNNCellBase):
    """One step of LSTM.

    Args:
        input_size: the length of the input vector.
        hidden_size: the length of the hidden state.
        bias: whether there are biases.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, input_size) or (input_size,); a pair of states (N, hidden_size) or (hidden_size,), zeros
          by default.
        - Output: the pair of new states.

    Source: torch.nn.LSTMCell.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> h, c = nn.LSTMCell(10, 20)(npnn.randn(3, 10))
        >>> h.shape, c.shape
        (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Returns the new hidden and cell states."""
        x, (h, c), batched = self._batch(input, (None, None) if hx is None else hx, ["hx[0]", "hx[1]"])
        h, c, _ = ops.LSTM.apply(
            x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, None, batch_sizes=(len(x),)
        )
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of GRU.

    Args:
        input_size: the length of the input vector.
        hidden_size: the length of the hidden state.
        bias: whether there are biases.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (N, input_size) or (input_size,); state (N, hidden_size) or (hidden_size,), zeros by default.
        - Output: the new state.

    Source: torch.nn.GRUCell.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.GRUCell(10, 20)(npnn.randn(3, 10)).shape
        torch.Size([3, 20])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Returns the new state."""
        x, (h,), batched = self._batch(input, [hx], ["hidden"])
        new, _ = ops.GRU.apply(
            x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, batch_sizes=(len(x),)
        )
        return new if batched else new.squeeze(0)

"""Recurrent layers: RNN, LSTM and GRU over whole sequences."""

from __future__ import annotations

import math
from typing import Any

from npnn import functional as F
from npnn import init
from npnn._typing import Shape
from npnn.functional._check import as_input
from npnn.modules.module import Module
from npnn.ops import rnn as ops
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty, zeros
from npnn.tensors.functions import cat, stack
from npnn.utils.rnn import PackedSequence

# How many gates each kind of layer has.
_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


class RNNBase(Module):
    """What the recurrent layers share: parameters by layer and direction, and the way through them.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
        input_size: the length of each input vector.
        hidden_size: the length of the hidden state.
        num_layers: how many layers, each fed with the output of the one below.
        bias: whether there are biases.
        batch_first: whether batches are (N, L, *) instead of (L, N, *). States are (layers, N, *) in both.
        dropout: the probability with which an output is dropped on its way to the next layer.
        bidirectional: whether there is a second set of layers that reads sequences backwards.
        proj_size: for LSTM, the length to which the hidden state is projected, or 0.
        device: "cpu".
        dtype: the dtype of the parameters.

    Attributes:
        weight_ih_l[k]: W_ih of layer k, (input, gates · hidden): torch's weight, transposed. A suffix
            _reverse marks the backward direction.
        weight_hh_l[k]: W_hh of layer k, (hidden, gates · hidden).
        bias_ih_l[k]: (gates · hidden,).
        bias_hh_l[k]: (gates · hidden,).
        weight_hr_l[k]: the projection of layer k, (hidden, proj_size), if there is one.

    Raises:
        TypeError: a size or a flag of another type.
        ValueError: a size below 1, a dropout outside [0, 1], or a projection that is not smaller than the
            state.

    Source: torch.nn.RNNBase.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_types(input_size=(input_size, int), hidden_size=(hidden_size, int), bias=(bias, bool))
        _check_types(batch_first=(batch_first, bool))
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being"
                f" zeroed, got {dropout}"
            )
        for name, size in (
            ("input_size", input_size),
            ("hidden_size", hidden_size),
            ("num_layers", num_layers),
        ):
            if size <= 0:
                raise ValueError(f"{name} must be greater than zero, got {size}")
        if proj_size < 0:
            raise ValueError(
                f"proj_size should be a positive integer or zero to disable projections, got {proj_size}"
            )
        if proj_size >= hidden_size:
            raise ValueError(
                f"proj_size has to be smaller than hidden_size, got {proj_size} and {hidden_size}"
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._names: list[list[str]] = []
        directions = 2 if bidirectional else 1
        output = proj_size or hidden_size
        gates = _GATES[mode] * hidden_size
        for layer in range(num_layers):
            below = input_size if layer == 0 else output * directions
            for suffix in ("", "_reverse")[:directions]:
                shapes: dict[str, Shape] = {"weight_ih": (below, gates), "weight_hh": (output, gates)}
                if bias:
                    shapes.update(bias_ih=(gates,), bias_hh=(gates,))
                if proj_size:
                    shapes["weight_hr"] = (hidden_size, proj_size)
                names = {kind: f"{kind}_l{layer}{suffix}" for kind in shapes}
                for kind, shape in shapes.items():
                    axes = tuple(reversed(range(len(shape))))
                    values = empty(shape, device=device, dtype=dtype)
                    setattr(self, names[kind], Parameter(values, torch_axes=axes))
                self._names.append(list(names.values()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters anew, uniform on ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: torch lays the weights out for a GPU here."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._names]

    def extra_repr(self) -> str:
        """The sizes and the options that differ from their defaults, for repr."""
        shown = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size:
            shown.append(f"proj_size={self.proj_size}")
        if self.num_layers != 1:
            shown.append(f"num_layers={self.num_layers}")
        for name, default in (
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0),
            ("bidirectional", False),
        ):
            if getattr(self, name) != default:
                shown.append(f"{name}={getattr(self, name)}")
        return ", ".join(shown)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Runs the layers over sequences.

        Args:
            input: (L, N, input_size), (N, L, input_size) if batch_first, (L, input_size), or a
                PackedSequence.
            hx: the initial state (layers · directions, N, hidden_size), for LSTM a pair with the cell state;
                zeros by default. Without N for an input without.

        Returns:
            The outputs of the last layer, (L, N, directions · hidden_size) or like the input, and the final
            state.
        """
        if isinstance(input, PackedSequence):
            rows, batch_sizes = input.data, tuple(input.batch_sizes.tolist())
            self._check_input(rows)
            states = self._states(hx, batch_sizes[0], rows, input.sorted_indices)
            rows, final = self._through_layers(rows, states, batch_sizes)
            output: Any = PackedSequence(rows, *input[1:])
            return output, self._wrapped([_permuted(state, input.unsorted_indices) for state in final])
        name = self._get_name()
        x = as_input(input, name)
        if x.ndim not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {x.ndim}D instead")
        batched = x.ndim == 3
        if not batched:
            x = x.unsqueeze(1)
            hx = self._batched_state(hx)
        elif self.batch_first:
            x = x.transpose(0, 1)
        if batched and hx is not None:
            self._check_state_axes(hx, 3)
        self._check_input(x)
        steps, sequences = x.array.shape[:2]
        if steps == 0:
            raise RuntimeError(f"{name}: Expected sequence length to be larger than 0 in RNN")
        states = self._states(hx, sequences, x, None)
        rows, final = self._through_layers(x.reshape(steps * sequences, -1), states, (sequences,) * steps)
        output = rows.reshape(steps, sequences, -1)
        if not batched:
            return output.squeeze(1), self._wrapped([state.squeeze(1) for state in final])
        return output.transpose(0, 1) if self.batch_first else output, self._wrapped(final)

    def _through_layers(
        self, rows: Tensor, states: list[Tensor], batch_sizes: Shape
    ) -> tuple[Tensor, list[Tensor]]:
        """The rows through all layers and directions; each kind of state is (layers · directions, N, *)."""
        directions = 2 if self.bidirectional else 1
        final: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(directions):
                index = layer * directions + direction
                output, last = self._one_direction(
                    rows, [state[index] for state in states], index, batch_sizes, direction == 1
                )
                outputs.append(output)
                final.append(last)
            rows = outputs[0] if directions == 1 else cat(outputs, 1)
            if self.dropout and self.training and layer < self.num_layers - 1:
                rows = F.dropout(rows, self.dropout, True)
        return rows, [stack(list(kind)) for kind in zip(*final, strict=True)]

    def _one_direction(
        self, rows: Tensor, state: list[Tensor], index: int, batch_sizes: Shape, reverse: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """One layer in one direction: its outputs, and its state after each sequence's last step."""
        by_kind = {name.split("_l")[0]: getattr(self, name) for name in self._names[index]}
        weights = [by_kind.get(kind) for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        order = {"batch_sizes": batch_sizes, "reverse": reverse}
        last = ops.schedule(batch_sizes, reverse).last
        if self.mode == "LSTM":
            hs, cs, _ = ops.LSTM.apply(rows, *state, *weights, by_kind.get("weight_hr"), **order)
            return hs, [hs[last], cs[last]]
        if self.mode == "GRU":
            hs, _ = ops.GRU.apply(rows, *state, *weights, **order)
        else:
            nonlinearity = self.mode.removeprefix("RNN_").lower()
            hs = ops.RNN.apply(rows, *state, *weights, nonlinearity=nonlinearity, **order)
        return hs, [hs[last]]

    # ---- states and their checks
    # --------------------------------------------------------------------------------

    def _as_list(self, hx: Any) -> list[Any]:
        """The state as a list with one tensor, or two for LSTM."""
        if self.mode != "LSTM":
            return [hx]
        if not isinstance(hx, (tuple, list)) or len(hx) != 2:
            raise RuntimeError(f"LSTM expects hx to be a pair of tensors (h_0, c_0), got {type(hx).__name__}")
        return list(hx)

    def _wrapped(self, states: list[Tensor]) -> Any:
        return tuple(states) if self.mode == "LSTM" else states[0]

    def _sizes(self) -> list[int]:
        """The length of each kind of state."""
        output = self.proj_size or self.hidden_size
        return [output, self.hidden_size] if self.mode == "LSTM" else [output]

    def _states(self, hx: Any, sequences: int, like: Tensor, order: Tensor | None) -> list[Tensor]:
        """The initial states, checked, in the order in which the sequences are packed."""
        count = self.num_layers * (2 if self.bidirectional else 1)
        if hx is None:
            return [zeros(count, sequences, size, dtype=like.dtype) for size in self._sizes()]
        states = [as_input(state, self._get_name()) for state in self._as_list(hx)]
        for number, (state, size) in enumerate(zip(states, self._sizes(), strict=True)):
            expected = (count, sequences, size)
            if state.array.shape != expected:
                which = f"hidden[{number}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(f"Expected {which} size {expected}, got {list(state.array.shape)}")
        return [_permuted(state, order) for state in states]

    def _batched_state(self, hx: Any) -> Any:
        if hx is None:
            return None
        self._check_state_axes(hx, 2)
        return self._wrapped([as_input(state, self._get_name()).unsqueeze(1) for state in self._as_list(hx)])

    def _check_state_axes(self, hx: Any, axes: int) -> None:
        found = [len(state.shape) for state in self._as_list(hx)]
        if any(ndim != axes for ndim in found):
            kind = "batched 3-D" if axes == 3 else "unbatched 2-D"
            if self.mode == "LSTM":
                got = ", ".join(f"{ndim}-D" for ndim in found)
                raise RuntimeError(
                    f"For {kind} input, hx and cx should also be {axes}-D but got ({got}) tensors"
                )
            raise RuntimeError(f"For {kind} input, hx should also be {axes}-D but got {found[0]}-D tensor")

    def _check_input(self, x: Tensor) -> None:
        if x.array.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got"
                f" {x.array.shape[-1]}"
            )
        weight = self.weight_ih_l0
        if x.array.dtype != weight.array.dtype:
            raise ValueError(
                f"RNN input dtype ({x.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({x.dtype})"
            )

    weight_ih_l0: Parameter


class RNN(RNNBase):
    """h_t = tanh(x_t W_ih + b_ih + h_(t-1) W_hh + b_hh), or with relu, over sequences, in one or more layers.

    Args:
        *args: input_size, hidden_size, num_layers, nonlinearity and so on, in torch's order.
        **kwargs: as for RNNBase, and nonlinearity, "tanh" or "relu".

    Shape:
        - Input: (L, N, input_size), (N, L, input_size) if batch_first, or (L, input_size); state
          (layers · directions, N, hidden_size).
        - Output: (L, N, directions · hidden_size) or like the input, and the final state.

    Source: torch.nn.RNN.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> output, state = nn.RNN(10, 20, 2)(npnn.randn(5, 3, 10))
        >>> output.shape, state.shape
        (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = (*args[:3], *args[4:])
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity {self.nonlinearity!r}. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory: gates i, f, g, o, cell c_t = f c_(t-1) + i g, state h_t = o tanh c_t.

    Args:
        *args: input_size, hidden_size and so on, in the order of RNNBase.
        **kwargs: as for RNNBase.

    Shape:
        - Input: (L, N, input_size), (N, L, input_size) if batch_first, or (L, input_size); a pair of states
          (layers · directions, N, proj_size or hidden_size) and (layers · directions, N, hidden_size).
        - Output: (L, N, directions · hidden_size) or like the input, and the pair of final states.

    Source: torch.nn.LSTM; Hochreiter and Schmidhuber, 1997.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> output, (h, c) = nn.LSTM(10, 20, 2, batch_first=True, proj_size=7)(npnn.randn(3, 5, 10))
        >>> output.shape, h.shape, c.shape
        (torch.Size([3, 5, 7]), torch.Size([2, 3, 7]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """Gated recurrent unit: gates r, u; n = tanh(x part + r (h part)); h_t = (1 - u) n + u h_(t-1).

    Args:
        *args: input_size, hidden_size and so on, in the order of RNNBase.
        **kwargs: as for RNNBase.

    Shape:
        - Input: (L, N, input_size), (N, L, input_size) if batch_first, or (L, input_size); state
          (layers · directions, N, hidden_size).
        - Output: (L, N, directions · hidden_size) or like the input, and the final state.

    Source: torch.nn.GRU; Cho et al., 2014.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> output, state = nn.GRU(10, 20, bidirectional=True)(npnn.randn(5, 3, 10))
        >>> output.shape, state.shape
        (torch.Size([5, 3, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


def _permuted(state: Tensor, order: Tensor | None) -> Tensor:
    """A state with its sequences in another order."""
    return state if order is None else state[:, order]


def _check_types(**given: Any) -> None:
    for name, (value, wanted) in given.items():
        if type(value) is not wanted:
            raise TypeError(f"{name} should be of type {wanted.__name__}, got: {type(value).__name__}")

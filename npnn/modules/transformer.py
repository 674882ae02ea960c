"""Transformers: encoder and decoder layers, stacks of them, and the whole."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn import dtypes, init
from npnn import functional as F
from npnn.autograd.function import wrap
from npnn.functional._check import as_input
from npnn.modules.attention import MultiheadAttention
from npnn.modules.container import ModuleList
from npnn.modules.dropout import Dropout
from npnn.modules.linear import Linear
from npnn.modules.module import Module
from npnn.modules.normalization import LayerNorm
from npnn.tensors import Tensor

_ACTIVATIONS: dict[str, Callable[..., Any]] = {"relu": F.relu, "gelu": F.gelu}


class Transformer(Module):
    """An encoder and a decoder.

    Args:
        d_model: E, the length of all vectors.
        nhead: the number of heads of every attention.
        num_encoder_layers: how many layers the encoder has.
        num_decoder_layers: how many layers the decoder has.
        dim_feedforward: the width between the two linear layers of every layer.
        dropout: the probability of every dropout.
        activation: "relu", "gelu", or a function.
        custom_encoder: a module to use as encoder.
        custom_decoder: a module to use as decoder.
        layer_norm_eps: of every layer norm.
        batch_first: whether sequences are (N, L, E) instead of (L, N, E).
        norm_first: whether each part of a layer normalises before rather than after.
        bias: whether linear layers and norms have biases.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - src: (S, N, E), (N, S, E) if batch_first, or (S, E). tgt: likewise, T long. Output: like tgt.

    Source: torch.nn.Transformer; Vaswani et al., Attention is all you need, 2017.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> net = nn.Transformer(8, 2, 1, 1, 16)
        >>> net(npnn.randn(5, 3, 8), npnn.randn(4, 3, 8)).shape
        torch.Size([4, 3, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options: dict[str, Any] = {
            "dropout": dropout,
            "activation": activation,
            "layer_norm_eps": layer_norm_eps,
            "batch_first": batch_first,
            "norm_first": norm_first,
            "bias": bias,
            "device": device,
            "dtype": dtype,
        }

        def norm() -> LayerNorm:
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            layer = TransformerEncoderLayer(d_model, nhead, dim_feedforward, **options)
            self.encoder = TransformerEncoder(layer, num_encoder_layers, norm())
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            decoder_layer = TransformerDecoderLayer(d_model, nhead, dim_feedforward, **options)
            self.decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm())
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        """Draws every matrix by Xavier's rule."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Returns what the decoder makes of the target and of what the encoder makes of the source.

        Args:
            src: what goes into the encoder.
            tgt: what goes into the decoder.
            src_mask: where the source may not look at itself, (S, S) or (N · heads, S, S).
            tgt_mask: where the target may not look at itself, (T, T) or (N · heads, T, T).
            memory_mask: where the target may not look at the encoder's output, (T, S) or (N · heads, T, S).
            src_key_padding_mask: what is padding in src, (N, S).
            tgt_key_padding_mask: what is padding in tgt, (N, T).
            memory_key_padding_mask: what is padding in the encoder's output, (N, S).
            src_is_causal: a hint that src_mask is the causal one; found out if left out.
            tgt_is_causal: likewise for tgt_mask.
            memory_is_causal: likewise for memory_mask.

        Raises:
            RuntimeError: batches or vectors of different sizes.
        """
        src, tgt = as_input(src, "Transformer"), as_input(tgt, "Transformer")
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.array.shape[batch] != tgt.array.shape[batch]:
            raise RuntimeError(
                f"the batch number of src and tgt must be equal, got {src.array.shape[batch]} and"
                f" {tgt.array.shape[batch]}"
            )
        if src.array.shape[-1] != self.d_model or tgt.array.shape[-1] != self.d_model:
            raise RuntimeError(
                "the feature number of src and tgt must be equal to d_model, got "
                f"{src.array.shape[-1]} and {tgt.array.shape[-1]}, expected {self.d_model}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        output: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return output

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask (sz, sz): 0 where a step may look, -inf for what comes later.

        Examples:
            >>> from npnn import nn
            >>> nn.Transformer.generate_square_subsequent_mask(2)
            tensor([[0., -inf],
                    [0., 0.]])
        """
        dtype = dtypes.get_default_dtype() if dtype is None else dtype
        return wrap(np.triu(np.full((sz, sz), -np.inf, dtype), 1))


class TransformerEncoder(Module):
    """A stack of encoder layers.

    Args:
        encoder_layer: the layer, of which each layer of the stack is a copy.
        num_layers: how many.
        norm: a module for the end, or None.
        enable_nested_tensor: accepted for torch's sake; it changes only the speed there.
        mask_check: accepted for torch's sake, likewise.

    Shape:
        - As for the layer.

    Source: torch.nn.TransformerEncoder.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)(npnn.randn(5, 3, 8)).shape
        torch.Size([5, 3, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Tensor:
        """Returns the output of the last layer, normalised.

        Args:
            src: the sequence.
            mask: where it may not look at itself.
            src_key_padding_mask: what is padding in it.
            is_causal: a hint that the mask is the causal one; found out if left out.
        """
        causal = _is_causal(mask, is_causal)
        output: Tensor = as_input(src, "TransformerEncoder")
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        return output if self.norm is None else self.norm(output)


class TransformerDecoder(Module):
    """A stack of decoder layers.

    Args:
        decoder_layer: the layer, of which each layer of the stack is a copy.
        num_layers: how many.
        norm: a module for the end, or None.

    Shape:
        - As for the layer.

    Source: torch.nn.TransformerDecoder.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2)
        >>> decoder(npnn.randn(4, 3, 8), npnn.randn(5, 3, 8)).shape
        torch.Size([4, 3, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Returns the output of the last layer, normalised.

        Args:
            tgt: the sequence.
            memory: what the encoder made.
            tgt_mask: where tgt may not look at itself.
            memory_mask: where tgt may not look at memory.
            tgt_key_padding_mask: what is padding in tgt.
            memory_key_padding_mask: what is padding in memory.
            tgt_is_causal: a hint that tgt_mask is the causal one; found out if left out.
            memory_is_causal: likewise for memory_mask.
        """
        causal = _is_causal(tgt_mask, tgt_is_causal)
        output: Tensor = as_input(tgt, "TransformerDecoder")
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class _Layer(Module):
    """What encoder and decoder layers share: a feedforward part, and where each part is normalised."""

    linear1: Linear
    linear2: Linear
    dropout: Dropout
    norm_first: bool

    def _activation(self, activation: str | Callable[..., Any]) -> Callable[..., Any]:
        if not isinstance(activation, str):
            return activation
        if activation not in _ACTIVATIONS:
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        return _ACTIVATIONS[activation]

    def _residual(self, x: Tensor, norm: Module, part: Callable[[Tensor], Tensor]) -> Tensor:
        """The sum of x and a part made of it, normalised before or after."""
        return x + part(norm(x)) if self.norm_first else norm(x + part(x))

    def _feedforward(self, x: Tensor, dropout: Module) -> Tensor:
        result: Tensor = dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))
        return result

    activation: Callable[..., Any]


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feedforward part, each with a residual, a dropout and a layer norm.

    Args:
        d_model: E, the length of all vectors.
        nhead: the number of heads.
        dim_feedforward: the width between the two linear layers.
        dropout: the probability of every dropout.
        activation: "relu", "gelu", or a function.
        layer_norm_eps: of the layer norms.
        batch_first: whether sequences are (N, L, E) instead of (L, N, E).
        norm_first: whether each part normalises before rather than after.
        bias: whether linear layers and norms have biases.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Input: (L, N, E), (N, L, E) if batch_first, or (L, E). Output: like it.

    Source: torch.nn.TransformerEncoderLayer.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.TransformerEncoderLayer(8, 2, 16)(npnn.randn(5, 3, 8)).shape
        torch.Size([5, 3, 8])
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = self._activation(activation)

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """Returns the layer's output.

        Args:
            src: the sequence.
            src_mask: where it may not look at itself.
            src_key_padding_mask: what is padding in it.
            is_causal: a hint that the mask is the causal one.
        """

        def attention(x: Tensor) -> Tensor:
            attended = self.self_attn(
                x,
                x,
                x,
                attn_mask=src_mask,
                key_padding_mask=src_key_padding_mask,
                need_weights=False,
                is_causal=is_causal,
            )[0]
            return self.dropout1(attended)

        x = self._residual(as_input(src, "TransformerEncoderLayer"), self.norm1, attention)
        return self._residual(x, self.norm2, lambda x: self._feedforward(x, self.dropout2))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's output, and a feedforward part, each with residual and norm.

    Args:
        d_model: E, the length of all vectors.
        nhead: the number of heads.
        dim_feedforward: the width between the two linear layers.
        dropout: the probability of every dropout.
        activation: "relu", "gelu", or a function.
        layer_norm_eps: of the layer norms.
        batch_first: whether sequences are (N, L, E) instead of (L, N, E).
        norm_first: whether each part normalises before rather than after.
        bias: whether linear layers and norms have biases.
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - tgt: (T, N, E), (N, T, E) if batch_first, or (T, E). memory: likewise, S long. Output: like tgt.

    Source: torch.nn.TransformerDecoderLayer.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> nn.TransformerDecoderLayer(8, 2, 16)(npnn.randn(4, 3, 8), npnn.randn(5, 3, 8)).shape
        torch.Size([4, 3, 8])
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm3 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = self._activation(activation)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Returns the layer's output.

        Args:
            tgt: the sequence.
            memory: what the encoder made.
            tgt_mask: where tgt may not look at itself.
            memory_mask: where tgt may not look at memory.
            tgt_key_padding_mask: what is padding in tgt.
            memory_key_padding_mask: what is padding in memory.
            tgt_is_causal: a hint that tgt_mask is the causal one.
            memory_is_causal: likewise for memory_mask.
        """

        def to_itself(x: Tensor) -> Tensor:
            attended = self.self_attn(
                x,
                x,
                x,
                attn_mask=tgt_mask,
                key_padding_mask=tgt_key_padding_mask,
                is_causal=tgt_is_causal,
                need_weights=False,
            )[0]
            return self.dropout1(attended)

        def to_memory(x: Tensor) -> Tensor:
            attended = self.multihead_attn(
                x,
                memory,
                memory,
                attn_mask=memory_mask,
                key_padding_mask=memory_key_padding_mask,
                is_causal=memory_is_causal,
                need_weights=False,
            )[0]
            return self.dropout2(attended)

        x = self._residual(as_input(tgt, "TransformerDecoderLayer"), self.norm1, to_itself)
        x = self._residual(x, self.norm2, to_memory)
        return self._residual(x, self.norm3, lambda x: self._feedforward(x, self.dropout3))


def _is_causal(mask: Any, hint: bool | None) -> bool:
    """Whether a mask is the causal one, unless a hint says."""
    if hint is not None:
        return hint
    if mask is None:
        return False
    array = as_input(mask, "mask").array
    size = array.shape[-1]
    causal = np.triu(np.full((size, size), -np.inf), 1)
    return array.shape[-2:] == (size, size) and array.dtype.kind == "f" and bool((array == causal).all())

"""Multi-head attention."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn import init
from npnn.functional._check import as_input
from npnn.modules.linear import Linear
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty


class NonDynamicallyQuantizableLinear(Linear):
    """Linear, under the name that torch's reprs show for the projection of an attention's output."""


class MultiheadAttention(Module):
    """Attention with several heads: projections of q, k and v, attention in each, a projection of all.

    Args:
        embed_dim: E, the length of queries and outputs.
        num_heads: into how many heads E is dealt.
        dropout: the probability with which a weight is dropped in training.
        bias: whether the projections have biases.
        add_bias_kv: whether there is a further, learned key and value.
        add_zero_attn: whether to add a key and a value of zeros.
        kdim: the length of keys. Default: E.
        vdim: the length of values. Default: E.
        batch_first: whether inputs are (N, L, E) instead of (L, N, E).
        device: "cpu".
        dtype: the dtype of the parameters.

    Shape:
        - Query: (L, N, E), (N, L, E) if batch_first, or (L, E). Key and value likewise, S long.
        - Output: like the query; weights (N, L, S), or (N, heads, L, S) if not averaged.

    Attributes:
        in_proj_weight: (E, 3E), the projections of q, k and v side by side: torch's weight, transposed. If
            kdim or vdim differ from E, q_proj_weight (E, E), k_proj_weight (kdim, E) and v_proj_weight (vdim,
            E) instead.
        in_proj_bias: (3E,), or None.
        out_proj: the projection of the output, a Linear.

    Raises:
        ValueError: a size that is not positive.
        AssertionError: num_heads does not divide embed_dim.

    Source: torch.nn.MultiheadAttention; Vaswani et al., Attention is all you need, 2017.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> x = npnn.randn(7, 2, 6)
        >>> output, weights = nn.MultiheadAttention(6, 3)(x, x, x)
        >>> output.shape, weights.shape
        (torch.Size([7, 2, 6]), torch.Size([2, 7, 7]))
    """

    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and"
                f" num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError(f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}")

        def parameter(*shape: int) -> Parameter:
            axes = tuple(reversed(range(len(shape))))
            return Parameter(empty(*shape, device=device, dtype=dtype), torch_axes=axes)

        separate = {
            "q_proj_weight": (embed_dim, embed_dim),
            "k_proj_weight": (self.kdim, embed_dim),
            "v_proj_weight": (self.vdim, embed_dim),
        }
        for name, shape in separate.items():
            self.register_parameter(name, None if self._qkv_same_embed_dim else parameter(*shape))
        self.register_parameter(
            "in_proj_weight", parameter(embed_dim, 3 * embed_dim) if self._qkv_same_embed_dim else None
        )
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias=bias, device=device, dtype=dtype
        )
        for name in ("bias_k", "bias_v"):
            # The axes of a further key are those of a sequence, in torch's own order.
            further = Parameter(empty(1, 1, embed_dim, device=device, dtype=dtype), torch_axes=(0, 1, 2))
            setattr(self, name, further if add_bias_kv else None)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draws the input projections by Xavier's rule; biases start at 0."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = getattr(self, name)
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
        if self.out_proj.bias is not None:
            init.constant_(self.out_proj.bias, 0.0)
        for further in (self.bias_k, self.bias_v):
            if further is not None:
                init.xavier_normal_(further)

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns the output, and the weights or None.

        Args:
            query: what looks.
            key: what is looked at.
            value: what is seen there.
            key_padding_mask: (N, S) or (S,): True, or -inf, for keys that nobody may look at.
            need_weights: whether to return the weights too.
            attn_mask: (L, S) or (N · heads, L, S): True, or -inf, where a query may not look.
            average_attn_weights: whether the weights returned are averaged over the heads.
            is_causal: a hint that attn_mask, which must be given, is the causal one.
        """
        q, k, v = (as_input(x, "MultiheadAttention") for x in (query, key, value))
        swap = self.batch_first and q.ndim == 3
        if swap:
            q, k, v = (x.transpose(0, 1) if x.ndim == 3 else x for x in (q, k, v))
        output, weights = F.multi_head_attention_forward(
            q,
            k,
            v,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return output.transpose(0, 1) if swap else output, weights

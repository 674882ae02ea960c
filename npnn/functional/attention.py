"""Attention: softmax(q kᵀ / √d) v, by itself and with several heads and their projections."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from npnn._typing import Array
from npnn.functional._check import as_input
from npnn.functional.dropout import dropout
from npnn.functional.linear import linear
from npnn.ops.activation import Softmax
from npnn.tensors import Tensor
from npnn.tensors.creation import zeros
from npnn.tensors.functions import cat


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(scale · q kᵀ + mask) v.

    Args:
        query: q, (*, H, L, E).
        key: k, (*, H, S, E).
        value: v, (*, H, S, Ev).
        attn_mask: broadcastable to (*, H, L, S): bool, True where a query may look, or numbers that are
            added.
        dropout_p: the probability with which a weight is dropped, always: pass 0 in evaluation.
        is_causal: let no query look at later keys; excludes attn_mask.
        scale: Default: 1/√E.
        enable_gqa: let several heads of q share one of k and v.

    Returns:
        (*, H, L, Ev). A query that may look nowhere gets zeros.

    Raises:
        RuntimeError: both a mask and is_causal, or shapes or dtypes that do not go together.

    Source: torch.nn.functional.scaled_dot_product_attention; Vaswani et al., Attention is all you need, 2017.

    Examples:
        >>> import npnn
        >>> import npnn.functional as F
        >>> q, k, v = npnn.randn(2, 3, 5, 4), npnn.randn(2, 3, 6, 4), npnn.randn(2, 3, 6, 7)
        >>> F.scaled_dot_product_attention(q, k, v).shape
        torch.Size([2, 3, 5, 7])
    """
    name = "scaled_dot_product_attention"
    q, k, v = (as_input(x, name) for x in (query, key, value))
    if not q.array.dtype == k.array.dtype == v.array.dtype:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got {q.dtype}, {k.dtype} and"
            f" {v.dtype}"
        )
    if min(x.ndim for x in (q, k, v)) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be at least 2 dimensional, but got "
            f"{q.ndim}, {k.ndim} and {v.ndim}"
        )
    if enable_gqa:
        k = _repeated_heads(k, q.array.shape[-3])
        v = _repeated_heads(v, q.array.shape[-3])
    scores = (q * (1 / math.sqrt(q.array.shape[-1]) if scale is None else scale)) @ k.transpose(-2, -1)
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
        attn_mask = np.tri(*scores.array.shape[-2:], dtype=bool)
    if attn_mask is not None:
        scores = scores + as_input(_additive(attn_mask, scores.dtype, "attn_mask", True), name)
    weights: Tensor = Softmax.apply(scores, axis=-1)
    # A query that may look nowhere has weights of 0/0: the first of each row tells whether there can be one.
    if np.isnan(weights.array[..., :1]).any():
        nowhere = (scores.array == -np.inf).all(axis=-1, keepdims=True)
        if nowhere.any():
            weights = weights.masked_fill(nowhere, 0.0)
    if dropout_p > 0.0:
        weights = dropout(weights, dropout_p, True)
    return weights @ v


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention with several heads: projections of q, k and v, attention in each, a projection of all.

    Args:
        query: (L, N, E) or (L, E).
        key: (S, N, E_k) or (S, E_k).
        value: (S, N, E_v) or (S, E_v).
        embed_dim_to_check: E.
        num_heads: into how many heads E is dealt.
        in_proj_weight: (E, 3E), the projections of q, k and v side by side: torch's weight, transposed.
        in_proj_bias: (3E,) or None.
        bias_k: (1, 1, E), a further key, or None.
        bias_v: (1, 1, E), a further value, or None.
        add_zero_attn: whether to add a key and a value of zeros.
        dropout_p: the probability with which a weight is dropped in training.
        out_proj_weight: (E, E).
        out_proj_bias: (E,) or None.
        training: whether dropout is on.
        key_padding_mask: (N, S) or (S,): True, or -inf, for keys that nobody may look at.
        need_weights: whether to return the weights too.
        attn_mask: (L, S) or (N · heads, L, S): True, or -inf, where a query may not look.
        use_separate_proj_weight: take the three weights below instead of in_proj_weight.
        q_proj_weight: (E, E).
        k_proj_weight: (E_k, E).
        v_proj_weight: (E_v, E).
        static_k: keys by head, (N · heads, S, E/heads), instead of projected ones.
        static_v: values by head, instead of projected ones.
        average_attn_weights: whether the weights returned are averaged over the heads.
        is_causal: a hint that attn_mask, which must be given, is the causal one.

    Returns:
        The output, like the query, and the weights, (N, L, S) or (N, heads, L, S), or None.

    Raises:
        AssertionError: an embedding or number of heads other than said.
        RuntimeError: masks or inputs whose shapes do not go together.

    Source: torch.nn.functional.multi_head_attention_forward.
    """
    name = "multi_head_attention_forward"
    q, k, v = (as_input(x, name) for x in (query, key, value))
    batched = _check_axes(q, k, v, key_padding_mask, attn_mask, num_heads)
    if not batched:
        q, k, v = (x.unsqueeze(1) for x in (q, k, v))
        if key_padding_mask is not None:
            key_padding_mask = _array(key_padding_mask)[None]
    targets, batch, embedding = q.array.shape
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if embedding != embed_dim_to_check:
        raise AssertionError(
            f"was expecting embedding dimension of {embed_dim_to_check}, but got {embedding}"
        )
    head = embedding // num_heads
    if head * num_heads != embedding:
        raise AssertionError(f"embed_dim {embedding} not divisible by num_heads {num_heads}")
    # Keys and values may have features of their own only if they have projections of their own.
    alike = slice(2 if use_separate_proj_weight else 3)
    if k.array.shape[alike] != v.array.shape[alike]:
        raise AssertionError(
            f"key's sequence and batch dims {k.array.shape[alike]} do not match value's"
            f" {v.array.shape[alike]}"
        )
    biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    if use_separate_proj_weight:
        matrices = (q_proj_weight, k_proj_weight, v_proj_weight)
        for what, x, matrix in zip(("query", "key", "value"), (q, k, v), matrices, strict=True):
            expected = (x.array.shape[-1], embedding)
            if np.shape(_array(matrix)) != expected:
                raise AssertionError(
                    f"expecting {what} weights of shape {expected}, but got {np.shape(_array(matrix))}"
                )
    else:
        matrices = in_proj_weight.chunk(3, 1)
    q, k, v = (linear(x, w, b) for x, w, b in zip((q, k, v), matrices, biases, strict=True))
    mask = None if attn_mask is None else _additive(attn_mask, q.dtype, "attn_mask")
    padding = None if key_padding_mask is None else _additive(key_padding_mask, q.dtype, "key_padding_mask")
    if mask is not None:
        mask = _checked_mask(mask, targets, k.array.shape[0], batch * num_heads)
    more = 0
    if bias_k is not None and bias_v is not None:
        k, v = cat([k, bias_k.expand(1, batch, embedding)]), cat([v, bias_v.expand(1, batch, embedding)])
        more += 1
    q, k, v = (x.reshape(x.array.shape[0], batch * num_heads, head).transpose(0, 1) for x in (q, k, v))
    k = k if static_k is None else as_input(static_k, name)
    v = v if static_v is None else as_input(static_v, name)
    if add_zero_attn:
        none = zeros(batch * num_heads, 1, head, dtype=k.dtype)
        k, v = cat([k, none], 1), cat([v, none], 1)
        more += 1
    sources = k.array.shape[1]
    if padding is not None:
        padding = _extended(padding, more)
        if padding.array.shape != (batch, sources):
            raise AssertionError(
                f"expecting key_padding_mask shape of {(batch, sources - more)}, but got "
                f"{(padding.array.shape[0], padding.array.shape[1] - more)}"
            )
        by_head = padding.reshape(batch, 1, 1, sources).expand(batch, num_heads, 1, sources)
        by_head = by_head.reshape(batch * num_heads, 1, sources)
        mask = by_head if mask is None else _extended(mask, more) + by_head
    elif mask is not None:
        mask = _extended(mask, more)
    p = dropout_p if training else 0.0
    weights: Tensor | None = None
    if need_weights:
        scores = (q * math.sqrt(1.0 / head)) @ k.transpose(-2, -1)
        weights = Softmax.apply(scores if mask is None else scores + mask, axis=-1)
        if p > 0.0:
            weights = dropout(weights, p, True)
        heads = weights @ v
    else:
        heads = scaled_dot_product_attention(q, k, v, mask, p)
    output = linear(heads.transpose(0, 1).reshape(targets, batch, embedding), out_proj_weight, out_proj_bias)
    if weights is not None:
        weights = weights.reshape(batch, num_heads, targets, sources)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    if not batched:
        return output.squeeze(1), None if weights is None else weights.squeeze(0)
    return output, weights


def _check_axes(
    q: Tensor, k: Tensor, v: Tensor, key_padding_mask: Any, attn_mask: Any, num_heads: int
) -> bool:
    """Whether the inputs have a batch axis; they and the masks must agree in that."""
    if q.ndim not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {q.ndim}-D query tensor"
        )
    batched = q.ndim == 3
    kind = "batched (3-D)" if batched else "unbatched (2-D)"
    if k.ndim != q.ndim or v.ndim != q.ndim:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {q.ndim}-D but found {k.ndim}-D and"
            f" {v.ndim}-D tensors respectively"
        )
    if key_padding_mask is not None and np.ndim(_array(key_padding_mask)) != q.ndim - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {q.ndim - 1}-D but found "
            f"{np.ndim(_array(key_padding_mask))}-D tensor instead"
        )
    if attn_mask is not None and np.ndim(_array(attn_mask)) not in (2, 3):
        raise AssertionError(
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found"
            f" {np.ndim(_array(attn_mask))}-D tensor instead"
        )
    if attn_mask is not None and not batched and np.ndim(_array(attn_mask)) == 3:
        expected = (num_heads, q.array.shape[0], k.array.shape[0])
        if np.shape(_array(attn_mask)) != expected:
            raise AssertionError(
                f"Expected `attn_mask` shape to be {expected} but got {np.shape(_array(attn_mask))}"
            )
    return batched


def _checked_mask(mask: Tensor, targets: int, sources: int, heads: int) -> Tensor:
    """An attention mask as (1 or N · heads, L, S)."""
    expected = (targets, sources) if mask.ndim == 2 else (heads, targets, sources)
    if mask.array.shape != expected:
        raise RuntimeError(
            f"The shape of the {mask.ndim}D attn_mask is {tuple(mask.array.shape)}, but should be {expected}."
        )
    return mask.unsqueeze(0) if mask.ndim == 2 else mask


def _additive(mask: Any, dtype: Any, name: str, true_means_look: bool = False) -> Tensor:
    """A mask as numbers to add to the scores: bool becomes 0 and -inf."""
    array = _array(mask)
    if array.dtype.kind == "b":
        hidden = ~array if true_means_look else array
        return as_input(np.where(hidden, -np.inf, 0.0).astype(dtype), name)
    if array.dtype.kind != "f":
        raise RuntimeError(f"only bool and floating types of {name} are supported, got {array.dtype}")
    return as_input(mask, name).to(dtype)


def _extended(mask: Tensor, more: int) -> Tensor:
    """A mask with further keys that everybody may look at."""
    if more == 0:
        return mask
    return cat([mask, zeros(*mask.array.shape[:-1], more, dtype=mask.dtype)], mask.ndim - 1)


def _repeated_heads(x: Tensor, heads: int) -> Tensor:
    """Keys or values with each head repeated for the queries' heads that share it."""
    own = x.array.shape[-3]
    if heads % own:
        raise RuntimeError(
            f"enable_gqa needs the heads of key and value, {own}, to divide those of query, {heads}"
        )
    *batch, _, length, width = x.array.shape
    # Not by an index array: its result has the heads first in memory, and dropout draws in memory's order.
    apart = x.unsqueeze(-3).expand(*batch, own, heads // own, length, width)
    return apart.reshape(*batch, heads, length, width)


def _array(x: Any) -> Array:
    return x.array if isinstance(x, Tensor) else np.asarray(x)

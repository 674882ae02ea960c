"""Losses of one element at a time: what a prediction x costs where t was to be predicted.

None of these reduces: the mean or the sum is taken afterwards. x and t, and any weights, broadcast; the
gradients are those of the broadcast shape, which the engine sums over the axes along which an operand was
repeated.
"""

from __future__ import annotations

import math

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation
from npnn.ops.activation import LogSigmoid, Sigmoid


class L1Loss(Operation):
    """|x - t|; dx = dy sign(x - t), which is 0 where they are equal, and dt = -dx.

    Source: torch.nn.functional.l1_loss.
    """

    node_name = "AbsBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array) -> Array:
        ctx.save_for_backward(x, target)
        return np.abs(x - target)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        dx = dy * np.sign(x - target)
        return dx, -dx if ctx.needs_input_grad[1] else None


class HuberLoss(Operation):
    """The square (x - t)² / 2 up to an error |x - t| of δ, and from there on its tangent, δ (|x - t| - δ/2).

    With q = min(|x - t|, δ) both are q (|x - t| - q/2). dx = dy (x - t), limited to [-δ, δ], and dt = -dx.

    Source: torch.nn.functional.huber_loss; Huber, Robust estimation of a location parameter, 1964.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array, *, delta: float) -> Array:
        ctx.save_for_backward(x, target)
        ctx.delta = delta
        error = np.abs(x - target)
        squared = np.minimum(error, delta)
        return squared * (error - squared / 2)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        dx = dy * np.clip(x - target, -ctx.delta, ctx.delta)
        return dx, -dx if ctx.needs_input_grad[1] else None


class PoissonNLLLoss(Operation):
    """-ln P(t) of a count t with the Poisson distribution of mean λ, less ln t!: λ - t ln λ.

    x is λ, of which ln(λ + ε) is taken, or with `log_input` ln λ, when the loss is exp x - t x. `full` adds
    Stirling's approximation of ln t! where t > 1: t ln t - t + ln(2πt) / 2.

    dx = dy (1 - t / (x + ε)) or dy (exp x - t); dt = -dy ln λ, plus dy (ln t + 1 / 2t) from Stirling's.

    Source: torch.nn.functional.poisson_nll_loss.
    """

    @staticmethod
    def forward(
        ctx: Context, x: Array, target: Array, *, log_input: bool, full: bool, eps: float = 1e-8
    ) -> Array:
        ctx.save_for_backward(x, target)
        ctx.log_input, ctx.full, ctx.eps = log_input, full, eps
        loss: Array = np.exp(x) - target * x if log_input else x - target * np.log(x + eps)
        if full:
            t = np.where(target > 1, target, 1)
            loss = loss + np.where(target > 1, t * np.log(t) - t + np.log(2 * math.pi * t) / 2, 0)
        return loss

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        dx = dy * (np.exp(x) - target if ctx.log_input else 1 - target / (x + ctx.eps))
        if not ctx.needs_input_grad[1]:
            return dx, None
        dtarget = -dy * (x if ctx.log_input else np.log(x + ctx.eps))
        if ctx.full:
            t = np.where(target > 1, target, 1.0)
            dtarget = dtarget + dy * np.where(target > 1, np.log(t) + 0.5 / t, 0.0)
        return dx, dtarget


class GaussianNLLLoss(Operation):
    """-ln p(t) under the normal distribution of mean x and variance v, less ln(2π) / 2.

    That is (ln v + (x - t)² / v) / 2; dx = dy (x - t) / v, dt = -dx, dv = dy (1 - (x - t)² / v) / 2v.

    Source: torch.nn.functional.gaussian_nll_loss.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array, var: Array) -> Array:
        ctx.save_for_backward(x, target, var)
        return (np.log(var) + np.square(x - target) / var) / 2

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target, var = ctx.saved_tensors
        scaled = (x - target) / var
        dx = dy * scaled
        dvar = dy * (1 / var - scaled * scaled) / 2 if ctx.needs_input_grad[2] else None
        return dx, -dx if ctx.needs_input_grad[1] else None, dvar


class KLDivLoss(Operation):
    """t (ln t - x), with x a log-probability and t a probability: a term of the divergence of x from t.

    With `log_target` the target is ln t, and the term exp t (t - x). 0 ln 0 is 0. dx = -dy t, or -dy exp t;
    dt = dy (ln t + 1 - x), or dy exp t (t + 1 - x).

    Source: torch.nn.functional.kl_div.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array, *, log_target: bool) -> Array:
        ctx.save_for_backward(x, target)
        ctx.log_target = log_target
        if log_target:
            return np.exp(target) * (target - x)
        with np.errstate(invalid="ignore"):  # as on torch, a negative probability gives nan
            return target * np.log(np.where(target == 0, 1, target)) - target * x

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        p = np.exp(target) if ctx.log_target else target
        if not ctx.needs_input_grad[1]:
            return -dy * p, None
        with np.errstate(divide="ignore", invalid="ignore"):
            dtarget = p * (target + 1 - x) if ctx.log_target else np.log(target) + 1 - x
        return -dy * p, dy * dtarget


class BCELoss(Operation):
    """-w (t ln x + (1 - t) ln(1 - x)), with x a probability, each logarithm no less than -100.

    So a certain but wrong x costs 100 rather than infinity; and dx = dy w (x - t) / (x (1 - x)) divides by no
    less than 1e-12. dt = dy w (ln(1 - x) - ln x). The weight w, or None for 1, is a constant.

    Source: torch.nn.functional.binary_cross_entropy.
    """

    node_name = "BinaryCrossEntropyBackward0"

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array, weight: Array | None = None) -> Array:
        ctx.save_for_backward(x, target, weight)
        with np.errstate(divide="ignore"):
            log_x, log_rest = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
        loss: Array = (target - 1) * log_rest - target * log_x
        return loss if weight is None else loss * weight

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target, weight = ctx.saved_tensors
        dy = dy if weight is None else dy * weight
        dx = dy * (x - target) / np.maximum(x * (1 - x), 1e-12)
        if not ctx.needs_input_grad[1]:
            return dx, None, None
        with np.errstate(divide="ignore"):
            return dx, dy * (np.log1p(-x) - np.log(x)), None


class BCEWithLogitsLoss(Operation):
    """-w (q t ln σ(x) + (1 - t) ln σ(-x)), with x a logit, σ the sigmoid and q the weight of positives.

    Since ln σ(-x) = ln σ(x) - x it is w ((1 - t) x - l ln σ(x)) with l = 1 + (q - 1) t, in which nothing
    overflows. dx = dy w (1 - t - l σ(-x)), dt = -dy w (x + (q - 1) ln σ(x)), dq = -dy w t ln σ(x), and dw =
    dy times the loss without w.

    w and q broadcast, and are 1 where they are None.

    Source: torch.nn.functional.binary_cross_entropy_with_logits.
    """

    node_name = "BinaryCrossEntropyWithLogitsBackward0"

    @staticmethod
    def forward(
        ctx: Context, x: Array, target: Array, weight: Array | None = None, pos_weight: Array | None = None
    ) -> Array:
        ctx.save_for_backward(x, target, weight, pos_weight)
        loss: Array = (1 - target) * x - _log_weight(target, pos_weight) * LogSigmoid.apply(x)
        return loss if weight is None else loss * weight

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target, weight, pos_weight = ctx.saved_tensors
        _, needs_target, needs_weight, needs_pos_weight = (ctx.needs_input_grad[i] for i in range(4))
        log_weight = _log_weight(target, pos_weight)
        share = dy if weight is None else dy * weight
        dtarget = dweight = dpos_weight = None
        if needs_target:
            dtarget = -share * (x if pos_weight is None else x + (pos_weight - 1) * LogSigmoid.apply(x))
        if needs_weight:
            dweight = dy * ((1 - target) * x - log_weight * LogSigmoid.apply(x))
        if needs_pos_weight:
            dpos_weight = -share * target * LogSigmoid.apply(x)
        return share * (1 - target - log_weight * Sigmoid.apply(-x)), dtarget, dweight, dpos_weight


def _log_weight(target: Array, pos_weight: Array | None) -> Array | float:
    """The factor of ln σ(x): 1 where the target is 0, the weight of positives where it is 1."""
    return 1.0 if pos_weight is None else 1 + (pos_weight - 1) * target


class SoftMarginLoss(Operation):
    """ln(1 + exp(-t x)), with t = ±1; dx = -dy t σ(-t x). The target is a constant.

    Source: torch.nn.functional.soft_margin_loss.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array) -> Array:
        ctx.save_for_backward(x, target)
        loss: Array = -LogSigmoid.apply(target * x)
        return loss

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, target = ctx.saved_tensors
        return -dy * target * Sigmoid.apply(-target * x), None


class HingeEmbeddingLoss(Operation):
    """The distance x of a pair itself where t = 1, and what it falls short of a margin, max(0, m - x), at -1.

    dx = dy where t = 1, -dy where t = -1 and x <= m, and else 0.

    Source: torch.nn.functional.hinge_embedding_loss.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, target: Array, *, margin: float) -> Array:
        like, unlike = target != -1, target != 1
        ctx.save_for_backward(like.astype(x.dtype) - (unlike & (x <= margin)))
        return np.where(unlike, np.maximum(margin - x, 0), 0) + np.where(like, x, 0)

    @staticmethod
    def backward(ctx: Context, dy: Array) -> Gradients:
        (slope,) = ctx.saved_tensors
        return dy * slope, None

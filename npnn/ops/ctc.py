"""Connectionist temporal classification: a loss for sequences whose alignment with the input is not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from npnn._typing import Array, Gradients
from npnn.autograd.function import Context, Operation, once_differentiable


class CTCLoss(Operation):
    """-ln of the probability of a sequence of labels, summed over all its alignments with the time steps.

    An alignment names one class for each time step; merging repetitions and then dropping blanks must leave
    the labels. It is a path through the states blank, l_1, blank, l_2, ..., l_S, blank that in each step
    stays, moves on by one state, or by two where this skips a blank between different labels. With e_t(s) the
    log-probability at time t of the class of state s, the forward variable

        a_t(s) = e_t(s) + ln(exp a_(t-1)(s) + exp a_(t-1)(s-1) + [may skip] exp a_(t-1)(s-2))

    is the log-probability of all beginnings that are in s at time t, and the backward variable b_t(s), from
    the other end, that of all continuations from s. So a + b - ln p is the log-posterior of being in s at
    time t, and the gradient by the logits that log_probs is the log-softmax of is

        exp log_probs - (the posterior, summed over the states of each class).

    As on torch this is returned for log_probs itself: log-softmax's backward leaves it as it is, since its
    rows add up to 0; for log_probs that are not normalised it is not the derivative. The loops go over time;
    each step takes all states of all samples at once.

    log_probs (T, N, C), targets (N, S) padded with any class, lengths (N,); y (N,). `zero_infinity` makes
    the loss and the gradient 0 where no alignment fits into the time steps.

    Source: torch.nn.functional.ctc_loss; Graves et al., Connectionist temporal classification, 2006.
    """

    node_name = "CtcLossBackward0"

    @staticmethod
    def forward(
        ctx: Context,
        log_probs: Array,
        targets: Array,
        input_lengths: Array,
        target_lengths: Array,
        *,
        blank: int,
        zero_infinity: bool,
    ) -> Array:
        steps, count = log_probs.shape[:2]
        states = np.full((count, 2 * targets.shape[1] + 1), blank)
        states[:, 1::2] = targets
        skips = np.zeros(states.shape, bool)
        skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
        emitted = np.take_along_axis(log_probs, states[None], axis=2)
        alpha = np.full(emitted.shape, -np.inf, log_probs.dtype)
        alpha[:1, :, :2] = emitted[:1, :, :2]
        for t in range(1, steps):
            arriving = alpha[t - 1].copy()
            arriving[:, 1:] = np.logaddexp(arriving[:, 1:], alpha[t - 1, :, :-1])
            arriving[:, 2:] = _add_where(skips[:, 2:], arriving[:, 2:], alpha[t - 1, :, :-2])
            alpha[t] = emitted[t] + arriving
        is_last = _is_last(states.shape[1], target_lengths)
        # A sample without time steps has the empty alignment, which fits the empty sequence alone.
        loss = np.where(target_lengths == 0, 0, np.inf).astype(log_probs.dtype)
        some = np.flatnonzero(input_lengths > 0)
        final = np.where(is_last[some], alpha[input_lengths[some] - 1, some], -np.inf)
        loss[some] = -np.logaddexp.reduce(final, axis=1)
        ctx.save_for_backward(log_probs, states, skips, emitted, alpha, loss)
        ctx.input_lengths, ctx.is_last, ctx.zero_infinity = input_lengths, is_last, zero_infinity
        return np.where(np.isinf(loss), 0, loss) if zero_infinity else loss.copy()

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, dy: Array) -> Gradients:
        log_probs, states, skips, emitted, alpha, loss = ctx.saved_tensors
        steps, count = log_probs.shape[:2]
        beta = np.full(alpha.shape, -np.inf, alpha.dtype)
        ends = np.where(ctx.is_last, 0, -np.inf).astype(alpha.dtype)
        for t in reversed(range(steps)):
            if t + 1 < steps:
                onward = emitted[t + 1] + beta[t + 1]
                beta[t] = onward
                beta[t, :, :-1] = np.logaddexp(beta[t, :, :-1], onward[:, 1:])
                beta[t, :, :-2] = _add_where(skips[:, 2:], beta[t, :, :-2], onward[:, 2:])
            beta[t, ctx.input_lengths == t + 1] = ends[ctx.input_lengths == t + 1]
        fits = np.isfinite(loss)
        posterior = np.exp(alpha + beta + np.where(fits, loss, 0)[:, None])
        of_class = np.zeros_like(log_probs)
        places: Any = (slice(None), np.arange(count)[:, None], states)
        np.add.at(of_class, places, posterior)
        dlog_probs = (np.exp(log_probs) - of_class) * dy[:, None]
        dlog_probs[:, ~fits] = 0 if ctx.zero_infinity else np.nan
        dlog_probs[np.arange(steps)[:, None] >= ctx.input_lengths] = 0
        return dlog_probs, None, None, None


def _add_where(condition: Array, x: Array, y: Array) -> Any:
    """ln(exp x + exp y) where the condition holds, else x."""
    return np.where(condition, np.logaddexp(x, y), x)


def _is_last(states: int, target_lengths: Array) -> Array:
    """The states an alignment may end in: the last label of each sample and the blank behind it."""
    behind = 2 * target_lengths[:, None]
    place = np.arange(states)
    return (place == behind) | (place == behind - 1)

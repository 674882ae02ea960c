"""Recurrent layers: one layer in one direction over a whole batch of sequences, backpropagated through time.

Sequences of several lengths lie one time step after another, without padding, the longest sequence first:
step t holds batch_sizes[t] rows, and the batch sizes never grow. R is the number of rows in all, N =
batch_sizes[0] the number of sequences. A padded batch is the special case in which all steps have N rows.

Only the recurrence itself has to be a loop. Whatever does not pass through the previous state is one matrix
product over all rows: the inputs' part of the gates before it, and after the loop back the gradients of the
inputs and of all weights. With z_t the gates before their activation and h_t the state,

    z_t = x_t W_ih + b_ih + h_(t-1) W_hh + b_hh
    dh_(t-1) = dz_t W_hhᵀ + the gradient of what h_(t-1) passed on beside the gates

Activated gates and cell states come out as further outputs, so that they stay on the tape and second
derivatives are right.

x (R, input), h0 (N, hidden), W_ih (input, gates · hidden), W_hh (hidden, gates · hidden), biases (gates ·
hidden,) or None.

Source: torch.nn.RNN, LSTM and GRU; Werbos, Backpropagation through time: what it does and how to do it, 1990.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array, Gradients, Shape
from npnn.autograd.function import Context, Operation
from npnn.ops._product import column_sums, product
from npnn.ops.activation import Sigmoid, sigmoid_into
from npnn.threads import one_thread_for_products

_SILENT = np.errstate(over="ignore")  # exp(-z) may be infinite, and the sigmoid then is 0


class Schedule(NamedTuple):
    """The order in which rows are gone through.

    Attributes:
        steps: the rows of each time step, as slices, in the order of the recurrence.
        previous: for each row, where in (h0, rows of the output) the state before it stands.
        last: for each sequence, the row of its last state.
    """

    steps: tuple[slice, ...]
    previous: Array
    last: Array


@lru_cache(maxsize=64)
def schedule(batch_sizes: Shape, reverse: bool) -> Schedule:
    """The schedule of sequences with these batch sizes, from the front or from the back."""
    ends = np.cumsum(batch_sizes)
    starts = ends - batch_sizes
    sequences = batch_sizes[0]
    lengths = (np.asarray(batch_sizes)[:, None] > np.arange(sequences)).sum(0)
    previous = np.empty(ends[-1], np.int64)
    for t, (start, size) in enumerate(zip(starts, batch_sizes, strict=True)):
        row = np.arange(size)
        neighbour = t + 1 if reverse else t - 1
        has_one = (row < batch_sizes[neighbour]) if 0 <= neighbour < len(batch_sizes) else row < 0
        from_rows = sequences + starts[neighbour % len(batch_sizes)] + row
        previous[start : start + size] = np.where(has_one, from_rows, row)
    last = np.arange(sequences) + (0 if reverse else starts[lengths - 1])
    steps = [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
    return Schedule(tuple(reversed(steps) if reverse else steps), previous, last)


class RNN(Operation):
    """h_t = f(z_t) with f tanh or relu; output (R, hidden).

    Backward: dz_t = f'(z_t) dh_t, with f' = 1 - h² or h > 0.
    """

    @staticmethod
    @one_thread_for_products()
    def forward(
        ctx: Context,
        x: Array,
        h0: Array,
        w_ih: Array,
        w_hh: Array,
        b_ih: Array | None,
        b_hh: Array | None,
        *,
        nonlinearity: str,
        batch_sizes: Shape,
        reverse: bool = False,
    ) -> Array:
        plan = schedule(batch_sizes, reverse)
        z = _inputs_part(x, w_ih, b_ih, b_hh)
        state, output = h0.copy(), np.empty((len(z), h0.shape[1]), z.dtype)
        for rows in plan.steps:
            now = output[rows]
            np.matmul(state[: len(now)], w_hh, out=now)
            now += z[rows]
            np.tanh(now, out=now) if nonlinearity == "tanh" else np.maximum(now, 0, out=now)
            state[: len(now)] = now
        ctx.save_for_backward(x, h0, w_ih, w_hh, output)
        ctx.plan, ctx.nonlinearity = plan, nonlinearity
        return output

    @staticmethod
    @one_thread_for_products()
    def backward(ctx: Context, dy: Array) -> Gradients:
        x, h0, w_ih, w_hh, output = ctx.saved_tensors
        slope = (
            1 - output * output if ctx.nonlinearity == "tanh" else np.where(output > 0, 1, 0).astype(dy.dtype)
        )
        carried: Any = np.zeros_like(h0)
        dz = []
        for rows in reversed(ctx.plan.steps):
            size = rows.stop - rows.start
            dz.append((dy[rows] + carried[:size]) * slope[rows])
            carried = _replaced(carried, dz[-1] @ w_hh.T)
        dz_all = _in_row_order(dz, ctx.plan)
        before = np.concatenate([h0, output])[ctx.plan.previous]
        dx, dw_ih, dw_hh, db = _products(x, before, w_ih, dz_all, dz_all)
        return dx, carried, dw_ih, dw_hh, db, db


class LSTM(Operation):
    """Gates i, f, g, o = σ, σ, tanh, σ of z_t; c_t = f c_(t-1) + i g; h_t = o tanh c_t, times W_hr if given.

    Outputs: h (R, projected or hidden), c (R, hidden) and the activated gates (R, 4 hidden).

    Backward, with m = o tanh c: dm = dh W_hrᵀ, dc_t = dm o (1 - tanh² c) + f_(t+1) dc_(t+1), and then dz =
    (dc g i(1-i), dc c_(t-1) f(1-f), dc i (1-g²), dm tanh(c) o(1-o)).

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; Sak et al., 2014, for the projection.
    """

    @staticmethod
    @one_thread_for_products()
    @_SILENT
    def forward(
        ctx: Context,
        x: Array,
        h0: Array,
        c0: Array,
        w_ih: Array,
        w_hh: Array,
        b_ih: Array | None,
        b_hh: Array | None,
        w_hr: Array | None,
        *,
        batch_sizes: Shape,
        reverse: bool = False,
    ) -> tuple[Array, Array, Array]:
        plan, hidden = schedule(batch_sizes, reverse), c0.shape[1]
        gates = _inputs_part(x, w_ih, b_ih, b_hh)
        h, c = h0.copy(), c0.copy()
        hs = np.empty((len(gates), h0.shape[1]), gates.dtype)
        cs, tanh_cs = (np.empty((len(gates), hidden), gates.dtype) for _ in range(2))
        from_h = np.empty((len(h0), 4 * hidden), gates.dtype)
        for rows in plan.steps:
            now, c_now = gates[rows], cs[rows]
            size = len(now)
            now += np.matmul(h[:size], w_hh, out=from_h[:size])
            i, f, g, o = (now[:, k * hidden : (k + 1) * hidden] for k in range(4))
            tanh_g = np.tanh(g)
            _sigmoid(now)  # of g too: one call on contiguous memory takes less than two that leave it out
            g[...] = tanh_g
            np.multiply(f, c[:size], out=c_now)
            c_now += i * g
            c[:size] = c_now
            m = o * np.tanh(c_now, out=tanh_cs[rows])
            hs[rows] = m if w_hr is None else m @ w_hr
            h[:size] = hs[rows]
        ctx.save_for_backward(x, h0, c0, w_ih, w_hh, w_hr, hs, cs, tanh_cs, gates)
        ctx.plan = plan
        ctx.set_materialize_grads(False)
        return hs, cs, gates

    @staticmethod
    @one_thread_for_products()
    def backward(ctx: Context, dhs: Array | None, dcs: Array | None, dgates: Array | None) -> Gradients:
        x, h0, c0, w_ih, w_hh, w_hr, hs, cs, tanh_cs, gates = ctx.saved_tensors
        plan, hidden = ctx.plan, c0.shape[1]
        i, f, g, o = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
        c_before = np.concatenate([c0, cs])[plan.previous]
        tanh_c = tanh_cs if isinstance(cs, np.ndarray) else np.tanh(cs)
        slopes = i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)
        partners = g, c_before, i, tanh_c
        factors = np.concatenate([a * b for a, b in zip(partners, slopes, strict=True)], axis=1)
        dc_by_dm = o * (1 - tanh_c * tanh_c)
        extra = None if dgates is None else dgates * np.concatenate(slopes, axis=1)
        carried_h: Any = np.zeros_like(h0)
        carried_c: Any = np.zeros_like(c0)
        dz, dh_all = [], []
        for rows in reversed(plan.steps):
            size = rows.stop - rows.start
            dh = carried_h[:size] if dhs is None else dhs[rows] + carried_h[:size]
            dh_all.append(dh)
            dm = dh if w_hr is None else dh @ w_hr.T
            dc = dm * dc_by_dm[rows] + carried_c[:size]
            if dcs is not None:
                dc = dc + dcs[rows]
            now = np.concatenate([dc, dc, dc, dm], axis=1) * factors[rows]
            dz.append(now if extra is None else now + extra[rows])
            carried_h = _replaced(carried_h, dz[-1] @ w_hh.T)
            carried_c = _replaced(carried_c, dc * f[rows])
        dz_all = _in_row_order(dz, plan)
        before = np.concatenate([h0, hs])[plan.previous]
        dx, dw_ih, dw_hh, db = _products(x, before, w_ih, dz_all, dz_all)
        dw_hr = None if w_hr is None else product((o * tanh_c).T, _in_row_order(dh_all, plan))
        return dx, carried_h, carried_c, dw_ih, dw_hh, db, db, dw_hr


class GRU(Operation):
    """r, u = σ of z_t's first two parts; n = tanh(third of x + r q); h_t = (1 - u) n + u h_(t-1).

    Here q = h_(t-1) W_hn + b_hn is the third part of what comes from the state.

    Outputs: h (R, hidden) and (r, u, n, q), (R, 4 hidden).

    Backward: dn = dh (1-u) (1-n²) before its tanh, then dq = dn r, dr = dn q r(1-r), du = dh (h_(t-1) - n)
    u(1-u), and u dh is what passes beside the gates.

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014.
    """

    @staticmethod
    @one_thread_for_products()
    @_SILENT
    def forward(
        ctx: Context,
        x: Array,
        h0: Array,
        w_ih: Array,
        w_hh: Array,
        b_ih: Array | None,
        b_hh: Array | None,
        *,
        batch_sizes: Shape,
        reverse: bool = False,
    ) -> tuple[Array, Array]:
        plan, hidden = schedule(batch_sizes, reverse), h0.shape[1]
        z = _inputs_part(x, w_ih, b_ih)
        h = h0.copy()
        hs = np.empty((len(z), hidden), z.dtype)
        gates = np.empty((len(z), 4 * hidden), z.dtype)
        products = np.empty((len(h0), 3 * hidden), z.dtype)
        for rows in plan.steps:
            now, from_x, h_now = gates[rows], z[rows], hs[rows]
            size = len(now)
            from_h = np.matmul(h[:size], w_hh, out=products[:size])
            if b_hh is not None:
                from_h += b_hh
            r, u, n, q = (now[:, k * hidden : (k + 1) * hidden] for k in range(4))
            np.add(from_x[:, : 2 * hidden], from_h[:, : 2 * hidden], out=now[:, : 2 * hidden])
            _sigmoid(now[:, : 2 * hidden])
            q[...] = from_h[:, 2 * hidden :]
            np.multiply(r, q, out=n)
            n += from_x[:, 2 * hidden :]
            np.tanh(n, out=n)
            np.subtract(h[:size], n, out=h_now)
            h_now *= u
            h_now += n
            h[:size] = h_now
        ctx.save_for_backward(x, h0, w_ih, w_hh, hs, gates)
        ctx.plan = plan
        ctx.set_materialize_grads(False)
        return hs, gates

    @staticmethod
    @one_thread_for_products()
    def backward(ctx: Context, dhs: Array | None, dgates: Array | None) -> Gradients:
        x, h0, w_ih, w_hh, hs, gates = ctx.saved_tensors
        plan, hidden = ctx.plan, h0.shape[1]
        r, u, n, q = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
        before = np.concatenate([h0, hs])[plan.previous]
        slope_r, slope_u, slope_n = r * (1 - r), u * (1 - u), 1 - n * n
        carried: Any = np.zeros_like(h0)
        from_x, from_h = [], []
        for rows in reversed(plan.steps):
            size = rows.stop - rows.start
            dh = carried[:size] if dhs is None else dhs[rows] + carried[:size]
            dr, du, dn, dq = 0, dh * (before[rows] - n[rows]), dh * (1 - u[rows]), 0
            if dgates is not None:
                extra = dgates[rows]
                dr, du, dn, dq = (
                    value + extra[:, k * hidden : (k + 1) * hidden]
                    for k, value in enumerate((dr, du, dn, dq))
                )
            dn = dn * slope_n[rows]
            dq = dq + dn * r[rows]
            dr = (dr + dn * q[rows]) * slope_r[rows]
            du = du * slope_u[rows]
            from_x.append(np.concatenate([dr, du, dn], axis=1))
            from_h.append(np.concatenate([dr, du, dq], axis=1))
            carried = _replaced(carried, dh * u[rows] + from_h[-1] @ w_hh.T)
        dz_x, dz_h = _in_row_order(from_x, plan), _in_row_order(from_h, plan)
        dx, dw_ih, dw_hh, db_ih = _products(x, before, w_ih, dz_x, dz_h)
        return dx, carried, dw_ih, dw_hh, db_ih, column_sums(dz_h)


def _inputs_part(x: Array, w_ih: Array, *biases: Array | None) -> Array:
    """The part of every z that does not depend on the state: one product for all rows."""
    z: Array = product(x, w_ih)
    for bias in biases:
        if bias is not None:
            z += bias
    return z


def _sigmoid(z: Array) -> None:
    """The sigmoid, in place."""
    if z.dtype == np.float16:
        z[...] = Sigmoid.apply(z)  # in float32
    else:
        sigmoid_into(z, z)


def _replaced(state: Any, first: Any) -> Any:
    """A state whose first rows are replaced: sequences that are over, or not yet begun, keep theirs."""
    size = first.shape[0]
    return first if size == state.shape[0] else np.concatenate([first, state[size:]])


def _in_row_order(parts: list[Any], plan: Schedule) -> Any:
    """Rows computed step by step, against the order of the recurrence, put together."""
    forward = plan.steps[0].start == 0
    return np.concatenate(parts[::-1] if forward else parts)


def _products(x: Any, before: Any, w_ih: Any, dz_x: Any, dz_h: Any) -> tuple[Any, Any, Any, Any]:
    """What is left after the loop: gradients of the inputs, both matrices and the first bias."""
    return product(dz_x, w_ih.T), product(x.T, dz_x), product(before.T, dz_h), column_sums(dz_x)

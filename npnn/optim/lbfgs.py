"""LBFGS: a quasi-Newton method that remembers the last few steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.autograd.grad_mode import enable_grad
from npnn.optim._blocks import as_real
from npnn.optim._checks import check_lr
from npnn.optim._per_parameter import scalar
from npnn.optim.optimizer import Optimizer, ParamsT
from npnn.tensors import Tensor

__all__ = ["LBFGS"]

_VECTORS = ("d", "prev_flat_grad")
_HISTORIES = ("old_dirs", "old_stps", "ro")


class LBFGS(Optimizer):
    """Limited-memory BFGS: gradient descent in the metric of a Hessian that is estimated from past steps.

    One call of `step` makes up to `max_iter` iterations, and calls the closure in each. With all parameters
    as one vector θ, gradient g = ∇f(θ) and, of the last `history_size` steps, s = their moves of θ, y = the
    changes of g that came with them and ρ = 1 / yᵀs, an iteration goes

        q = -g
        aᵢ = ρᵢ sᵢᵀ q,  q = q - aᵢ yᵢ                   from the newest to the oldest
        d = q sᵀy / yᵀy, with those of the newest
        d = d + (aᵢ - ρᵢ yᵢᵀ d) sᵢ                      from the oldest to the newest
        θ = θ + t d

    t is the learning rate, or is found from there by a line search for the strong Wolfe conditions. The first
    step of all is along -g, and no longer than γ.

    Args:
        params: tensors, or (name, tensor) pairs, in one group; see `Optimizer`.
        lr: the learning rate γ, a number or a tensor of one element.
        max_iter: the most iterations of one step.
        max_eval: the most calls of the closure in one step; None is 1.25 `max_iter`.
        tolerance_grad: stop when no element of the gradient is larger.
        tolerance_change: stop when neither θ nor the loss changes by more.
        history_size: how many steps to remember.
        line_search_fn: "strong_wolfe", or None for steps of fixed length.
        maximize: whether to ascend the objective rather than to descend it.

    Raises:
        ValueError: `lr` is negative or a tensor of more than one element, or there is more than one group.

    Source: torch.optim.LBFGS; Nocedal & Wright, "Numerical Optimization" (2006), algorithms 7.4 and 3.5.

    Examples:
        >>> import npnn
        >>> weight = npnn.Parameter(npnn.tensor([3.0, -2.0]))
        >>> optimizer = npnn.optim.LBFGS([weight], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((weight - npnn.tensor([1.0, 2.0])) ** 4).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item()
        272.0
        >>> closure().item() < 1e-6
        True
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        check_lr(lr)
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
                "maximize": maximize,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError(
                "LBFGS doesn't support per-parameter options (parameter groups): expected one group, but got "
                f"{len(self.param_groups)}"
            )

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Makes up to `max_iter` iterations.

        Args:
            closure: evaluates the model again, with gradients, and returns the loss.

        Returns:
            What the closure returned the first time, before anything moved.

        Raises:
            RuntimeError: the line search is neither None nor "strong_wolfe".
        """
        (group,) = self.param_groups
        params, lr, tolerance = group["params"], scalar(group["lr"]), group["tolerance_change"]
        if not params:
            return self._evaluate(closure)[0]
        # What is kept is one state for all parameters; with the first of them, load_state_dict casts it.
        state = self.state[params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss, loss, g = self._evaluate(closure)
        evaluations = 1
        state["func_evals"] += 1
        if np.abs(g).max() <= group["tolerance_grad"] or group["max_iter"] < 1:
            return first_loss

        memory = _Memory(state, group["history_size"])
        t: Any = state.get("t")
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            first_of_all = state["n_iter"] == 1
            d = memory.direction(g, None if first_of_all else t)
            previous_loss = loss
            t = min(1.0, 1.0 / np.abs(g).sum()) * lr if first_of_all else lr
            slope = g @ d
            if slope > -tolerance:
                break

            new_evaluations = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError(
                        f"only 'strong_wolfe' is supported, but got {group['line_search_fn']!r}"
                    )
                probe = _Probe(self, closure, d)
                start = _Point(0, loss, g, slope)
                found = _strong_wolfe(probe, start, t, np.abs(d).max(), group["max_eval"] - evaluations)
                t, loss, g, new_evaluations = found.t, found.loss, found.gradient, probe.calls
                self._move(t, d)
            else:
                self._move(t, d)
                # The last of the iterations leaves the look at where it came to for the next step.
                if iteration != group["max_iter"]:
                    _, loss, g = self._evaluate(closure)
                    new_evaluations = 1
            evaluations += new_evaluations
            state["func_evals"] += new_evaluations

            if (
                iteration == group["max_iter"]
                or evaluations >= group["max_eval"]
                or np.abs(g).max() <= group["tolerance_grad"]
                or np.abs(d * float(t)).max() <= tolerance
                or abs(loss - previous_loss) < tolerance
            ):
                break

        memory.save(state)
        state["t"] = float(t)
        state["prev_loss"] = previous_loss
        return first_loss

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[Any, float, Array]:
        """The closure's loss, that loss as a number to minimize, and its gradient as one vector."""
        with enable_grad():
            loss = closure()
        sign = -1.0 if self.param_groups[0].get("maximize", False) else 1.0
        parts = [
            _flat(np.zeros_like(param.array) if param.grad is None else param.grad.array)
            for param in self.param_groups[0]["params"]
        ]
        return loss, sign * float(loss), sign * np.concatenate(parts) if parts else np.zeros(0)

    def _move(self, t: Any, d: Array) -> None:
        """Moves all parameters by t d."""
        offset = 0
        for param in self.param_groups[0]["params"]:
            theta = as_real(param.array) if param.is_complex() else param.array
            theta += float(t) * d[offset : offset + theta.size].reshape(theta.shape)
            offset += theta.size
            param._bump_version()


class _Memory:
    """The steps that are remembered, oldest first, and what the newest one is to be made from.

    Args:
        state: the optimizer's state for its first parameter.
        size: how many steps to remember.
    """

    def __init__(self, state: dict[str, Any], size: int) -> None:
        self.size = size
        self.d, self.last_gradient = (_array(state.get(name)) for name in _VECTORS)
        self.ys, self.ss, self.rhos = (
            [_array(entry) for entry in state.get(name) or ()] for name in _HISTORIES
        )
        self.scale: Any = _array(state.get("H_diag"))

    def direction(self, g: Array, t: Any) -> Array:
        """The direction in which to go next, after the step of length t that led to the gradient g.

        Args:
            g: the gradient.
            t: the length; None forgets all steps, and goes straight down.
        """
        if t is None:
            self.ys, self.ss, self.rhos, self.scale = [], [], [], 1
            d = -g
        else:
            self._remember(g - self.last_gradient, self.d * float(t))
            d = self._descent(g)
        self.d, self.last_gradient = d, g.copy()
        return d

    def _remember(self, y: Array, s: Array) -> None:
        curvature = y @ s
        # A step along which the gradient does not grow would make the estimate of the Hessian indefinite.
        if curvature > 1e-10:
            if len(self.ys) == self.size:
                for history in (self.ys, self.ss, self.rhos):
                    history.pop(0)
            self.ys.append(y)
            self.ss.append(s)
            self.rhos.append(1.0 / curvature)
            self.scale = curvature / (y @ y)

    def _descent(self, g: Array) -> Array:
        q = -g
        steps = list(zip(self.ys, self.ss, self.rhos, strict=True))
        factors = []
        for y, s, rho in reversed(steps):
            factors.append(rho * (s @ q))
            q -= factors[-1] * y
        d: Array = q * self.scale
        for y, s, rho in steps:
            d += (factors.pop() - rho * (y @ d)) * s
        return d

    def save(self, state: dict[str, Any]) -> None:
        """Puts all into the optimizer's state, under torch's names."""
        vectors = (self.d, self.last_gradient)
        histories = (self.ys, self.ss, self.rhos)
        state.update((name, wrap(vector)) for name, vector in zip(_VECTORS, vectors, strict=True))
        for name, history in zip(_HISTORIES, histories, strict=True):
            state[name] = [wrap(np.asarray(entry)) for entry in history]
        state["H_diag"] = self.scale if isinstance(self.scale, int) else wrap(np.asarray(self.scale))


class _Point(NamedTuple):
    """A point on the line of a search: how far out, the loss, its gradient and its slope along the line."""

    t: Any
    loss: float
    gradient: Array
    slope: Any


class _Probe:
    """Looks at points on the line from where the parameters are along d, to where they return each time."""

    def __init__(self, optimizer: LBFGS, closure: Callable[[], Any], d: Array) -> None:
        self.optimizer, self.closure, self.d = optimizer, closure, d
        self.calls = 0
        self.origin = [param.array.copy() for param in optimizer.param_groups[0]["params"]]

    def __call__(self, t: Any) -> _Point:
        self.calls += 1
        self.optimizer._move(t, self.d)
        _, loss, g = self.optimizer._evaluate(self.closure)
        for param, array in zip(self.optimizer.param_groups[0]["params"], self.origin, strict=True):
            param.array[...] = array
        return _Point(t, loss, g, g @ self.d)


def _strong_wolfe(
    probe: _Probe,
    start: _Point,
    t: Any,
    reach: float,
    max_iter: int,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance: float = 1e-9,
) -> _Point:
    """Finds a point where the loss is low enough and its slope flat enough, or the best that it sees.

    Args:
        probe: gives the point at a distance.
        start: the point at distance 0.
        t: the distance to try first.
        reach: the largest element of the direction.
        max_iter: how many points to try after the first.
        c1: the part of the slope at the start by which the loss must fall.
        c2: the part of the slope at the start that may be left.
        tolerance: the size of the bracket, as a move of parameters, at which to give up.
    """

    def too_high(point: _Point) -> bool:
        return bool(point.loss > start.loss + c1 * point.t * start.slope)

    def flat(point: _Point) -> bool:
        return bool(abs(point.slope) <= -c2 * start.slope)

    # Go outwards until a stretch must hold such a point.
    previous, point = start, probe(t)
    for tried in range(max_iter):
        if too_high(point) or (tried > 1 and point.loss >= previous.loss):
            bracket = [previous, point]
            break
        if flat(point):
            return point
        if point.slope >= 0:
            bracket = [previous, point]
            break
        bounds = (point.t + 0.01 * (point.t - previous.t), point.t * 10)
        previous, point = point, probe(_cubic_minimum(previous, point, bounds))
    else:
        bracket, tried = [start, point], max_iter

    # Close in on it.
    low = _lower(bracket)
    stalled = False
    while tried < max_iter and abs(bracket[1].t - bracket[0].t) * reach >= tolerance:
        left, right = sorted(point.t for point in bracket)
        t = _cubic_minimum(bracket[0], bracket[1], (left, right))
        margin = 0.1 * (right - left)
        close = min(right - t, t - left) < margin
        if close and (stalled or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            close = False
        stalled = close

        point = probe(t)
        tried += 1
        if too_high(point) or point.loss >= bracket[low].loss:
            bracket[1 - low] = point
            low = _lower(bracket)
            continue
        done = flat(point)
        if not done and point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = point
        if done:
            break
    return bracket[low]


def _lower(bracket: list[_Point]) -> int:
    """Which of the two ends of a bracket has the lower loss."""
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _cubic_minimum(a: _Point, b: _Point, bounds: tuple[Any, Any]) -> Any:
    """Where the cubic through two points with these slopes is least, kept within bounds."""
    if a.t > b.t:
        a, b = b, a
    lowest, highest = bounds
    with np.errstate(all="ignore"):
        d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
        discriminant = d1**2 - a.slope * b.slope
        if not discriminant >= 0:
            return (lowest + highest) / 2.0
        d2 = np.sqrt(discriminant)
        t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, lowest), highest)


def _flat(array: Array) -> Array:
    """All elements in one row; of a complex array, the real and imaginary part of each."""
    return (as_real(array) if array.dtype.kind == "c" else array).reshape(-1)


def _array(value: Any) -> Any:
    return value.array if isinstance(value, Tensor) else value

"""LBFGS: on quadratics, where theory says what it does, and in a valley that bends."""

from __future__ import annotations

import numpy as np
import pytest

import npnn
from npnn.optim import LBFGS


def closure_of(optimizer, loss):
    def closure():
        closure.calls += 1
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    closure.calls = 0
    return closure


def parameter(values):
    return npnn.Parameter(npnn.tensor(np.array(values, np.float64)))


def test_first_step_is_along_the_gradient_and_no_longer_than_lr():
    weight = parameter([3.0, -1.0])
    optimizer = LBFGS([weight], lr=0.5, max_iter=1)
    loss = optimizer.step(closure_of(optimizer, lambda: (weight * weight).sum()))
    # Along -(6, -2), whose elements add up to 8.
    assert loss.item() == 10.0
    np.testing.assert_allclose(weight.array, [3 - 0.5 * 6 / 8, -1 + 0.5 * 2 / 8], rtol=1e-15)


def test_second_step_uses_the_curvature_of_the_first():
    """On one dimension the secant is the Newton step: exact on a parabola."""
    weight = parameter([5.0])
    optimizer = LBFGS([weight], max_iter=3)
    optimizer.step(closure_of(optimizer, lambda: (3.0 * (weight - 2.0) ** 2).sum()))
    np.testing.assert_allclose(weight.array, [2.0], rtol=1e-12)


def test_quadratic_with_exact_minimum():
    curvature = npnn.tensor(np.array([[1.0, 4.0], [9.0, 2.0]]))
    target = npnn.tensor(np.array([[1.0, -2.0], [0.5, 3.0]]))
    weight = parameter(np.zeros((2, 2)))
    optimizer = LBFGS([weight], line_search_fn="strong_wolfe", max_iter=50, tolerance_change=1e-16)
    optimizer.step(closure_of(optimizer, lambda: (curvature * (weight - target) ** 2).sum()))
    np.testing.assert_allclose(weight.array, target.array, rtol=1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_valley_that_bends(sign):
    x, y = parameter(-1.2), parameter([1.0])
    optimizer = LBFGS(
        [x, y], line_search_fn="strong_wolfe", max_iter=100, tolerance_change=1e-16, maximize=sign < 0
    )

    def loss():
        return sign * ((1 - x) ** 2 + 100 * (y - x**2) ** 2).sum()

    closure = closure_of(optimizer, loss)
    optimizer.step(closure)
    np.testing.assert_allclose([x.item(), y.item()], [1.0, 1.0], rtol=1e-5)
    (state,) = optimizer.state.values()
    assert state["func_evals"] == closure.calls < 100


def test_no_more_calls_than_asked_for():
    weight = parameter([30.0, -10.0])
    optimizer = LBFGS([weight], lr=0.01, max_iter=50, max_eval=7)
    closure = closure_of(optimizer, lambda: (weight**4).sum())
    optimizer.step(closure)
    assert closure.calls == 7


def test_history_is_limited():
    weight = parameter(np.arange(1.0, 6.0))
    optimizer = LBFGS([weight], lr=0.1, max_iter=9, history_size=3)
    optimizer.step(closure_of(optimizer, lambda: (weight**4 + weight**2).sum()))
    (state,) = optimizer.state.values()
    assert [len(state[name]) for name in ("old_dirs", "old_stps", "ro")] == [3, 3, 3]


def test_at_a_minimum_nothing_moves_and_the_closure_runs_once():
    weight = parameter([0.0])
    optimizer = LBFGS([weight])
    closure = closure_of(optimizer, lambda: (weight * weight).sum())
    assert optimizer.step(closure).item() == 0.0
    assert closure.calls == 1


def test_parameters_without_gradient_stay():
    used, unused = parameter([1.0]), parameter([1.0, 2.0])
    optimizer = LBFGS([used, unused], max_iter=3)
    optimizer.step(closure_of(optimizer, lambda: (used * used).sum()))
    assert unused.tolist() == [1.0, 2.0]
    np.testing.assert_allclose(used.array, [0.0], atol=1e-12)


def test_groups_and_other_line_searches_are_refused():
    weight = parameter([1.0])
    with pytest.raises(ValueError, match="LBFGS doesn't support per-parameter options"):
        LBFGS([{"params": [weight]}, {"params": [parameter([1.0])]}])
    optimizer = LBFGS([weight], line_search_fn="golden")
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optimizer.step(closure_of(optimizer, lambda: (weight * weight).sum()))

"""LBFGS against torch's: on losses, as it asks for them many times in a step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.optim.lbfgs import _strong_wolfe as torch_strong_wolfe
from torch.testing._internal.common_optimizers import optim_db

import npnn
from npnn.optim.lbfgs import _Point, _strong_wolfe
from torch_ref.convert import translate
from torch_ref.values import NPNN

LBFGS_INFO = next(info for info in optim_db if info.optim_cls is torch.optim.LBFGS)
STEPS = 50
RTOL, ATOL = 1e-9, 1e-11


def valley(library, params, sign=1.0):
    """Convex and no quadratic, with mild curvature: in a steep one, the last bit decides where steps lead."""
    x = library.cat([param.reshape(-1) for param in params])
    return sign * ((1 - x) ** 2 + 0.3 * (x[1:] - 2 * x[:-1]).mean() ** 2 + 0.05 * (x + 1) ** 4).sum()


def closure_of(library, optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return closure


LBFGS_INPUTS = [
    *(entry.kwargs for entry in LBFGS_INFO.optim_inputs_func("cpu")),
    {"history_size": 3, "max_iter": 7},
    {"max_eval": 4},
    {"max_eval": 9, "line_search_fn": "strong_wolfe"},
]


@pytest.mark.parametrize("options", LBFGS_INPUTS, ids=str)
def test_every_configuration_of_lbfgs(options):
    start = [np.linspace(-0.5, 0.4, 3), np.array([[0.3, 0.8]])]
    sign = -1.0 if options.get("maximize") else 1.0

    def trace(library, tensor, options):
        params = [library.nn.Parameter(tensor(array)) for array in start]
        optimizer = library.optim.LBFGS(params, **options)
        closure = closure_of(library, optimizer, lambda: valley(library, params, sign))
        found = []
        for _ in range(STEPS):
            loss = optimizer.step(closure)
            found.append([loss.item(), *(x for param in params for x in param.reshape(-1).tolist())])
        return np.array(found), optimizer.state_dict()

    # Without a line search, only short steps stay where the loss is finite.
    options = options if "line_search_fn" in options else {"lr": 0.05, **options}
    theirs, their_state = trace(torch, torch.tensor, options)
    ours, our_state = trace(npnn, npnn.tensor, translate(options, NPNN))
    assert np.isfinite(theirs).all()
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=ATOL)
    counts = ("func_evals", "n_iter")
    assert [our_state["state"][0][key] for key in counts] == [their_state["state"][0][key] for key in counts]
    assert set(their_state["state"][0]) - set(our_state["state"][0]) <= {"al"}  # torch's scratch space


LANDSCAPES = {
    "waves": lambda library, x: (0.1 * x**2 + library.sin(3 * x)).sum(),
    "cusps": lambda library, x: ((x - 0.3).abs() + 0.01 * x**4).sum(),
    "banana": lambda library, x: ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum(),
}


@pytest.mark.parametrize("lr", [0.01, 1, 40])
@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_line_search_where_it_is_hard(landscape, lr):
    """Bracketing and closing in, for as many steps as rounding leaves alone."""

    def trace(library):
        param = library.nn.Parameter(library.tensor(np.array([-1.2, 1.0, 0.4])))
        optimizer = library.optim.LBFGS([param], lr=lr, max_iter=6, line_search_fn="strong_wolfe")
        closure = closure_of(library, optimizer, lambda: LANDSCAPES[landscape](library, param))
        found, counts = [], []
        for _ in range(3):
            optimizer.step(closure)
            found.append(param.tolist())
            counts.append(optimizer.state_dict()["state"][0]["func_evals"])
        return found, counts

    (ours, our_counts), (theirs, their_counts) = trace(npnn), trace(torch)
    assert our_counts == their_counts
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=ATOL)


def search_both(rng):
    """One search on a sum of waves, from 0 downhill: what npnn and torch found, as (t, loss, gradient)."""
    height, frequency, phase = rng.standard_normal(5), 3 * rng.random(5), 6 * rng.random(5)
    first, max_iter = 10.0 ** rng.uniform(-2, 1.5), int(rng.integers(1, 26))

    def gradient(t):
        return float((height * frequency * np.cos(frequency * float(t) + phase)).sum())

    direction = -np.sign(gradient(0.0))

    def point(t):
        x = float(t) * direction
        g = np.array([gradient(x)])
        return _Point(t, float((height * np.sin(frequency * x + phase)).sum()), g, g[0] * direction)

    def evaluate(x, t, d):
        return point(t).loss, torch.tensor(point(t).gradient)

    start = point(0)
    found = _strong_wolfe(point, start, first, 1.0, max_iter)
    d, g = torch.tensor([direction]), torch.tensor(start.gradient)
    loss, g, t, _ = torch_strong_wolfe(evaluate, [], first, d, start.loss, g, g.dot(d), max_ls=max_iter)
    return [found.t, found.loss, found.gradient[0]], [float(t), loss, g.item()]


def test_line_search_on_random_functions():
    """Many enough that every turn of the search is taken."""
    rng = np.random.default_rng(0)
    for _ in range(400):
        ours, theirs = search_both(rng)
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)

"""npnn.distributions against torch's: samples from the same seed, densities and the like with gradients."""

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same

A = np.random.default_rng(0).uniform(0.1, 0.9, (2, 3))
B = np.random.default_rng(1).uniform(0.1, 0.9, (3,))

# Made of two parameters, x (2, 3) and y (3,).
MADE = {
    "Normal": lambda d, x, y: d.Normal(x, y),
    "Normal of a number": lambda d, x, y: d.Normal(0.25, y),
    "Uniform": lambda d, x, y: d.Uniform(-x, 1 + y),
    "Exponential": lambda d, x, y: d.Exponential(x * y),
    "Bernoulli of probabilities": lambda d, x, y: d.Bernoulli(x * y),
    "Bernoulli of logits": lambda d, x, y: d.Bernoulli(logits=x - 2 * y),
    "Categorical of probabilities": lambda d, x, y: d.Categorical(x * y),
    "Categorical of logits": lambda d, x, y: d.Categorical(logits=x - 2 * y),
    "Categorical without a batch": lambda d, x, y: d.Categorical(logits=y),
    "Independent": lambda d, x, y: d.Independent(d.Normal(x, y), 1),
    "expanded": lambda d, x, y: d.Normal(x, y).expand((4, 2, 3)),
}
ASKED = {
    "entropy": lambda p, value: p.entropy(),
    "log_prob": lambda p, value: p.log_prob(value),
    "mean": lambda p, value: p.mean,
    "stddev": lambda p, value: p.stddev,
    "mode": lambda p, value: p.mode,
    "cdf": lambda p, value: p.cdf(value),
    "icdf": lambda p, value: p.icdf(value * 0 + 0.375),
    "rsample": lambda p, value: p.rsample((2,)),
}


def log(lib, name):
    """All that a distribution tells, with the gradients of each by its parameters."""
    lib.manual_seed(7)
    x, y = (lib.tensor(values, requires_grad=True) for values in (A, B))
    p = MADE[name](lib.distributions, x, y)
    value = p.sample((3,))
    entries = [
        ["sample", value.numpy()],
        ["shapes", [list(p.batch_shape), list(p.event_shape), list(p.sample().shape)]],
        ["repr", repr(p)],
        ["has_rsample", p.has_rsample],
        ["next", lib.rand(3).numpy()],
    ]
    for asked, function in ASKED.items():
        try:
            answer = function(p, value)
        except NotImplementedError:
            entries.append([asked, "not implemented"])
            continue
        entries.append([asked, answer.detach().numpy()])
        if answer.requires_grad:
            weights = lib.tensor(np.random.default_rng(2).standard_normal(tuple(answer.shape)))
            grads = lib.autograd.grad((answer * weights).sum(), (x, y), allow_unused=True, retain_graph=True)
            entries += [[f"{asked}, gradient", None if g is None else g.numpy()] for g in grads]
    return entries


@pytest.mark.parametrize("name", MADE)
def test_all_that_they_tell(name):
    assert_same(log(npnn, name), log(torch, name))


DIVERGENCES = {
    "Normal": lambda d, x, y: (d.Normal(x, y), d.Normal(y, x)),
    "Uniform": lambda d, x, y: (d.Uniform(-x, y), d.Uniform(-x - 1, y + x - 0.2)),
    "Exponential": lambda d, x, y: (d.Exponential(x), d.Exponential(y)),
    "Bernoulli": lambda d, x, y: (d.Bernoulli(x), d.Bernoulli(logits=y.expand(2, 3))),
    "Categorical": lambda d, x, y: (d.Categorical(x), d.Categorical(logits=y.expand(2, 3))),
    "Independent": lambda d, x, y: (
        d.Independent(d.Normal(x, y), 1),
        d.Independent(d.Normal(y.expand(2, 3), x), 1),
    ),
}


@pytest.mark.parametrize("name", DIVERGENCES)
def test_divergences(name):
    logs = []
    for lib in (npnn, torch):
        x, y = (lib.tensor(values, requires_grad=True) for values in (A, B))
        divergence = lib.distributions.kl_divergence(*DIVERGENCES[name](lib.distributions, x, y))
        finite = divergence.masked_fill(divergence.isinf(), 0.0)
        grads = lib.autograd.grad((finite * finite).sum(), (x, y))
        logs.append([divergence.detach().numpy(), *(g.numpy() for g in grads)])
    assert_same(*logs)


def test_certain_events():
    logs = []
    for lib in (npnn, torch):
        d = lib.distributions
        p = d.Categorical(lib.tensor([0.0, 0.5, 0.5])), d.Categorical(lib.tensor([0.5, 0.0, 0.5]))
        q = d.Bernoulli(lib.tensor([0.0, 1.0, 0.3])), d.Bernoulli(lib.tensor([0.0, 0.5, 1.0]))
        logs.append(
            [
                *(d.kl_divergence(*pair).numpy() for pair in (p, p[::-1], q, q[::-1])),
                *(one.entropy().numpy() for one in (*p, *q)),
                *(one.logits.numpy() for one in (*p, *q)),
            ]
        )
    for ours, theirs in zip(*logs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_policy_learns_the_same(dtype):
    """Actions drawn, their log-probabilities weighted: the step of REINFORCE."""
    losses = []
    for lib in (npnn, torch):
        lib.manual_seed(0)
        net = lib.nn.Linear(4, 3, dtype=getattr(lib, dtype))
        optimizer = lib.optim.SGD(net.parameters(), lr=0.5)
        log = []
        for _ in range(20):
            policy = lib.distributions.Categorical(logits=net(lib.randn(8, 4, dtype=getattr(lib, dtype))))
            action = policy.sample()
            loss = -(policy.log_prob(action) * (action - 1)).mean() - 0.01 * policy.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log.append(loss.item())
        losses.append(log)
    np.testing.assert_allclose(*losses, rtol=1e-4 if dtype == "float32" else 1e-9)


REFUSED = [
    lambda d, t: d.Normal(0.0, -1.0),
    lambda d, t: d.Uniform(1.0, 0.0),
    lambda d, t: d.Exponential(-1.0),
    lambda d, t: d.Bernoulli(2.0),
    lambda d, t: d.Bernoulli(0.5, 0.5),
    lambda d, t: d.Categorical(t.tensor(0.5)),
    lambda d, t: d.Categorical(t.tensor([-1.0, 2.0])),
    lambda d, t: d.Categorical(logits=t.zeros(2)).log_prob(t.tensor(2)),
    lambda d, t: d.Bernoulli(0.5).log_prob(t.tensor(0.5)),
    lambda d, t: d.Exponential(1.0).log_prob(t.tensor(-1.0)),
    lambda d, t: d.Normal(t.zeros(2), 1.0).log_prob(t.zeros(3)),
    lambda d, t: d.Normal(0.0, 1.0).log_prob(0.0),
    lambda d, t: d.Independent(d.Normal(0.0, 1.0), 1),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    for lib in (npnn, torch):
        with pytest.raises(ValueError, match=r"."):
            REFUSED[number](lib.distributions, lib)

"""Random programs of operations, views and changes in place: the same values and gradients as on torch.

Where torch finds that a value it had saved was changed, npnn may have saved a copy, or something else: it
then gives a gradient, and is held to nothing here but to have run.
"""

import operator
import random

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, plain

NEW = [
    lambda t, p, q: p + q,
    lambda t, p, q: p * q,
    lambda t, p, q: p / (q * q + 1),
    lambda t, p, q: p * p,
    lambda t, p, q: p.sin(),
    lambda t, p, q: p.tanh(),
    lambda t, p, q: p.exp(),
    lambda t, p, q: p.clone(),
    lambda t, p, q: p.sum(),
    lambda t, p, q: p.mean(0),
    lambda t, p, q: p.amax(),
    lambda t, p, q: p[[0, 0]],
    lambda t, p, q: t.cat([p.reshape(-1), q.reshape(-1)]),
    lambda t, p, q: p.detach(),
]
VIEWS = [
    lambda t, p, q: p.view(-1),
    lambda t, p, q: p.transpose(0, -1),
    lambda t, p, q: p[0],
    lambda t, p, q: p[..., :1],
    lambda t, p, q: p.unsqueeze(-1),
    lambda t, p, q: p.squeeze(),
]
IN_PLACE = [
    lambda t, p, q: p.add_(0.5),
    lambda t, p, q: p.mul_(q.clone()),
    lambda t, p, q: p.sub_(q.clone()),
    lambda t, p, q: p.copy_(q.clone()),
    lambda t, p, q: p.sigmoid_(),
    lambda t, p, q: p.exp_(),
    lambda t, p, q: p.neg_(),
    lambda t, p, q: p.zero_(),
    lambda t, p, q: operator.setitem(p, 0, 0.7),
    lambda t, p, q: operator.setitem(p, -1, q.clone()),
]


def run(t, seed):
    """One program: the values it makes, what of it requires grad, and the gradients of two leaves."""
    draw = random.Random(seed)
    x = t.tensor(np.arange(6.0).reshape(2, 3) / 5 + 0.1, requires_grad=True)
    y = t.tensor(np.arange(3.0) / 4 + 0.3, requires_grad=True)
    pool, kept, log = [x * 1.0, y * 2.0, t.tensor(np.full((2, 1), 0.7)), x, y], [], []
    # A write off the tape makes torch look at views anew and forget retained gradients: one or the other.
    retaining = draw.random() < 0.5
    new = NEW[:-1] if retaining else NEW
    for _ in range(draw.randint(3, 12)):
        steps = draw.choice([new, VIEWS, IN_PLACE])
        step, p, q = draw.choice(steps), draw.choice(pool), draw.choice(pool)
        chance = draw.random()
        if retaining and chance < 0.3 and p.requires_grad and not p.is_leaf:
            p.retain_grad()
            kept.append(p)
        try:
            with t.set_grad_enabled(retaining or chance > 0.1 or steps is not IN_PLACE):
                result = step(t, p, q)
        except (RuntimeError, IndexError):
            log.append("refused")
        else:
            log.append("done")
            if steps is not IN_PLACE:
                pool.append(result)
    sums = [(p * (i + 1)).sum() for i, p in enumerate(pool) if p.requires_grad]
    values = [log, pool, [p.requires_grad for p in pool]]
    try:
        sum(sums).backward()
    except RuntimeError:
        return plain(values), None
    return plain(values), plain([x.grad, y.grad, [k.grad for k in kept]])


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_random_programs(start):
    agreed = 0
    for seed in range(start, start + 100):
        (ours, our_grads), (theirs, their_grads) = run(npnn, seed), run(torch, seed)
        assert_same(ours, theirs, f"seed {seed}")
        if their_grads is not None:
            assert_same(our_grads, their_grads, f"gradients, seed {seed}")
            agreed += 1
    assert agreed > 70

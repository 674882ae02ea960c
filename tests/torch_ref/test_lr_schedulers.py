"""The schedulers against torch's: every learning rate, momentum and state dict equal to the last bit."""

from __future__ import annotations

import copy
import math
from collections import Counter

import numpy as np
import pytest
import torch

import npnn

STEPS = 60
BASE_LRS = (0.05, 0.3, 1e-4)


class Harmonic:
    """A callable object, whose attributes a state dict keeps."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, x):
        return 1 / (1 + self.rate * x)


# A scheduler of each kind, made from a library's lr_scheduler module and an optimizer.
SCHEDULERS = {
    "LambdaLR": lambda s, o, **k: s.LambdaLR(o, lambda e: 0.95**e, **k),
    "LambdaLR by object": lambda s, o, **k: s.LambdaLR(o, [Harmonic(0.3), Harmonic(0.7), Harmonic(0.1)], **k),
    "MultiplicativeLR": lambda s, o, **k: s.MultiplicativeLR(o, lambda e: 0.9 + 0.1 * math.sin(e), **k),
    "MultiplicativeLR by object": lambda s, o, **k: s.MultiplicativeLR(
        o, [Harmonic(r) for r in (0.3, 0.7, 0.1)], **k
    ),
    "StepLR": lambda s, o, **k: s.StepLR(o, 7, gamma=0.3, **k),
    "StepLR of one": lambda s, o, **k: s.StepLR(o, 1, gamma=0.97, **k),
    "MultiStepLR": lambda s, o, **k: s.MultiStepLR(o, [3, 10, 10, 41], gamma=0.3, **k),
    "ConstantLR": lambda s, o, **k: s.ConstantLR(o, **k),
    "ConstantLR of none": lambda s, o, **k: s.ConstantLR(o, 0.7, 0, **k),
    "ConstantLR long": lambda s, o, **k: s.ConstantLR(o, 0.37, 23, **k),
    "LinearLR": lambda s, o, **k: s.LinearLR(o, **k),
    "LinearLR down": lambda s, o, **k: s.LinearLR(o, 0.9, 0.13, 37, **k),
    "ExponentialLR": lambda s, o, **k: s.ExponentialLR(o, 0.93, **k),
    "PolynomialLR": lambda s, o, **k: s.PolynomialLR(o, **k),
    "PolynomialLR of a power": lambda s, o, **k: s.PolynomialLR(o, 43, power=2.3, **k),
    "CosineAnnealingLR": lambda s, o, **k: s.CosineAnnealingLR(o, 70, eta_min=0.003, **k),
    "CosineAnnealingLR up and down": lambda s, o, **k: s.CosineAnnealingLR(o, 7, eta_min=0.01, **k),
    "CosineAnnealingWarmRestarts": lambda s, o, **k: s.CosineAnnealingWarmRestarts(o, 9, eta_min=0.003, **k),
    "CosineAnnealingWarmRestarts that grow": lambda s, o, **k: s.CosineAnnealingWarmRestarts(
        o, 3, T_mult=2, **k
    ),
    "CyclicLR": lambda s, o, **k: s.CyclicLR(o, [0.01, 0.02, 0.03], [0.1, 0.5, 0.9], 5, 8, **k),
    "CyclicLR triangular2": lambda s, o, **k: s.CyclicLR(
        o, 0.01, 0.3, 6, mode="triangular2", base_momentum=0.7, **k
    ),
    "CyclicLR exp_range": lambda s, o, **k: s.CyclicLR(o, 0.01, 0.3, 6, mode="exp_range", gamma=0.97, **k),
    "CyclicLR by a function": lambda s, o, **k: s.CyclicLR(
        o, 0.01, 0.3, 6, scale_fn=lambda x: 0.99**x, scale_mode="iterations", cycle_momentum=False, **k
    ),
    "CyclicLR by object": lambda s, o, **k: s.CyclicLR(o, 0.01, 0.3, 6, scale_fn=Harmonic(0.5), **k),
    "OneCycleLR": lambda s, o, **k: s.OneCycleLR(o, [0.1, 0.5, 0.9], total_steps=STEPS, **k),
    "OneCycleLR linear": lambda s, o, **k: s.OneCycleLR(
        o, 0.7, epochs=13, steps_per_epoch=5, anneal_strategy="linear", cycle_momentum=False, **k
    ),
    "OneCycleLR of three phases": lambda s, o, **k: s.OneCycleLR(
        o, 0.7, total_steps=STEPS, pct_start=0.4, three_phase=True, div_factor=7.0, final_div_factor=90.0, **k
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1.0, 6), s.ExponentialLR(o, 0.9), s.StepLR(o, 4, 0.5)], [6, 30]
    ),
    "SequentialLR of cosines": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 4), s.CosineAnnealingLR(o, 50), s.CosineAnnealingWarmRestarts(o, 5)], [4, 45]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, 20), s.ExponentialLR(o, 0.9), s.MultiStepLR(o, [5, 25])]
    ),
    "ChainedScheduler of a sequence": lambda s, o: s.ChainedScheduler(
        [s.SequentialLR(o, [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)], [4]), s.StepLR(o, 7)], o
    ),
}

# Several at once on one optimizer, each stepped in turn.
SIDE_BY_SIDE = [
    ("StepLR", "LinearLR down"),
    ("LinearLR", "ExponentialLR", "MultiStepLR"),
    ("ConstantLR long", "PolynomialLR of a power", "MultiplicativeLR"),
    ("CosineAnnealingLR up and down", "ExponentialLR"),
    ("CosineAnnealingLR", "LinearLR", "ConstantLR"),
    ("LambdaLR", "StepLR of one"),
]


def libraries():
    return (npnn, torch)


def new_optimizer(library, tensors=False):
    groups = [{"params": [library.zeros(2)], "lr": library.tensor(lr) if tensors else lr} for lr in BASE_LRS]
    return library.optim.SGD(groups, lr=0.1, momentum=0.5)


def plain(value):
    """A state as numbers, strings and containers of them, for comparison by ==."""
    if isinstance(value, npnn.Tensor | torch.Tensor):
        return str(value.dtype).removeprefix("torch."), np.asarray(value).tolist()
    if isinstance(value, Counter):
        return "Counter", dict(value)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items() if key != "params"}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(plain, value)]
    return type(value).__name__, value


def snapshot(optimizer, schedulers):
    return (
        plain(optimizer.param_groups),
        [plain(scheduler.get_last_lr()) for scheduler in schedulers],
        [plain(scheduler.state_dict()) for scheduler in schedulers],
    )


def advance(optimizer, schedulers, *arguments):
    optimizer.step()
    for scheduler in schedulers:
        scheduler.step(*arguments)


def both(make, tensors=False):
    """In each library an optimizer and the list of schedulers that `make` builds for it."""
    pairs = []
    for library in libraries():
        optimizer = new_optimizer(library, tensors)
        pairs.append((optimizer, make(library.optim.lr_scheduler, optimizer)))
    return pairs


def assert_lockstep(ours, theirs, steps=STEPS):
    for _ in range(steps):
        assert snapshot(*ours) == snapshot(*theirs)
        advance(*ours)
        advance(*theirs)
    assert snapshot(*ours) == snapshot(*theirs)


@pytest.mark.parametrize("tensors", [False, True], ids=["floats", "tensors"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_step(name, tensors):
    ours, theirs = both(lambda s, o: [SCHEDULERS[name](s, o)], tensors)
    assert_lockstep(ours, theirs)


@pytest.mark.parametrize("tensors", [False, True], ids=["floats", "tensors"])
@pytest.mark.parametrize("names", SIDE_BY_SIDE, ids=" and ".join)
def test_side_by_side(names, tensors):
    ours, theirs = both(lambda s, o: [SCHEDULERS[name](s, o) for name in names], tensors)
    assert_lockstep(ours, theirs)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_state_dicts_are_interchangeable(name):
    """After 30 steps torch's state dicts are loaded into a fresh pair of npnn's, and the other way round."""

    def pair():
        return both(lambda s, o: [SCHEDULERS[name](s, o)])

    ours, theirs = pair()
    for _ in range(30):
        advance(*ours)
        advance(*theirs)
    our_heir, their_heir = pair()
    for (optimizer, (scheduler,)), heir in ((theirs, our_heir), (ours, their_heir)):
        heir[1][0].load_state_dict(copy.deepcopy(scheduler.state_dict()))
        for group, options in zip(heir[0].param_groups, optimizer.param_groups, strict=True):
            group.update({key: value for key, value in options.items() if key != "params"})
    for _ in range(30):
        for each in (ours, theirs, our_heir, their_heir):
            advance(*each)
        expected = snapshot(*theirs)
        assert snapshot(*ours) == expected
        assert snapshot(*our_heir) == expected
        assert snapshot(*their_heir) == expected


CLOSED = [
    name
    for name in SCHEDULERS
    if name.startswith(
        ("StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "Expo", "Poly", "CosineAnnealingLR")
    )
]


@pytest.mark.parametrize("name", [*CLOSED, "LambdaLR", "MultiplicativeLR", "CyclicLR"])
def test_steps_to_given_epochs(name):
    ours, theirs = both(lambda s, o: [SCHEDULERS[name](s, o)])
    for epoch in (3, 4, 17, 9, 0, 43, 50):
        for pair in (ours, theirs):
            with pytest.warns(UserWarning, match="The epoch parameter in"):
                advance(*pair, epoch)
        assert snapshot(*ours) == snapshot(*theirs)
        advance(*ours)
        advance(*theirs)
        assert snapshot(*ours) == snapshot(*theirs)


@pytest.mark.parametrize("t_mult", [1, 2, 3])
def test_warm_restarts_at_fractions_of_epochs(t_mult):
    ours, theirs = both(lambda s, o: [s.CosineAnnealingWarmRestarts(o, 5, t_mult, 0.002)])
    for epoch in (0.25, 4.75, 5, 6.5, 30.3, 2, 61.8):
        advance(*ours, epoch)
        advance(*theirs, epoch)
        assert snapshot(*ours) == snapshot(*theirs)
    assert_lockstep(ours, theirs, 20)


RESUMABLE = [name for name in SCHEDULERS if not name.startswith(("SequentialLR", "ChainedScheduler"))]


@pytest.mark.parametrize("name", RESUMABLE)
def test_resuming_by_last_epoch(name):
    """A second scheduler of the same kind goes on from last_epoch, at the rates it finds."""

    def resume(s, o):
        first = SCHEDULERS[name](s, o)
        for _ in range(12):
            advance(o, [first])
        return [SCHEDULERS[name](s, o, last_epoch=11)]

    ours, theirs = both(resume)
    assert_lockstep(ours, theirs, 30)


PLATEAU = [
    {},
    {"patience": 2, "factor": 0.3},
    {"patience": 0, "cooldown": 3, "threshold": 0.05},
    {"patience": 1, "mode": "max", "threshold": 0.01, "min_lr": 0.02},
    {"patience": 1, "mode": "max", "threshold": 0.05, "threshold_mode": "abs"},
    {"patience": 1, "threshold": 0.05, "threshold_mode": "abs", "min_lr": [0.01, 0.2, 0.0]},
    {"patience": 0, "eps": 0.01},
]


@pytest.mark.parametrize("tensors", [False, True], ids=["floats", "tensors"])
@pytest.mark.parametrize("options", PLATEAU, ids=str)
def test_plateau(options, tensors):
    ours, theirs = both(lambda s, o: [s.ReduceLROnPlateau(o, **options)], tensors)
    metrics = np.random.default_rng(6).standard_normal(STEPS).cumsum() * 0.1 + 1.0
    for step, metric in enumerate(metrics):
        advance(*ours, npnn.tensor(metric))
        advance(*theirs, torch.tensor(metric))
        assert snapshot(*ours) == snapshot(*theirs)
        if step == 30:
            for optimizer, (scheduler,) in (ours, theirs):
                state = copy.deepcopy(scheduler.state_dict())
                scheduler.__init__(optimizer)
                scheduler.load_state_dict(state)


def test_plateau_beside_others():
    def make(s, o):
        return [s.StepLR(o, 10, 0.9), s.ExponentialLR(o, 0.99)]

    ours, theirs = both(make)
    plateaus = [
        library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
        for library, (optimizer, _) in zip(libraries(), (ours, theirs), strict=True)
    ]
    for step in range(STEPS):
        for plateau, pair in zip(plateaus, (ours, theirs), strict=True):
            advance(*pair)
            plateau.step(math.sin(step))
        assert snapshot(ours[0], [*ours[1], plateaus[0]]) == snapshot(theirs[0], [*theirs[1], plateaus[1]])


@pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")
def test_sequence_within_a_sequence():
    """Torch starts the inner one an epoch late, with a warning; so does npnn."""

    def make(s, o):
        inner = s.SequentialLR(o, [s.ConstantLR(o, 0.5, 100), s.ConstantLR(o, 0.25, 100)], [2])
        return [s.SequentialLR(o, [inner, s.ExponentialLR(o, 0.9)], [4])]

    ours, theirs = both(make)
    assert_lockstep(ours, theirs, 10)


def test_every_public_name_of_torch_is_there():
    assert set(npnn.optim.lr_scheduler.__all__) == set(torch.optim.lr_scheduler.__all__)
    for name in torch.optim.lr_scheduler.__all__:
        theirs = getattr(torch.optim.lr_scheduler, name)
        public = {attribute for attribute in dir(theirs) if not attribute.startswith("_")}
        assert public <= set(dir(getattr(npnn.optim.lr_scheduler, name)))

"""The schedulers against closed forms and short schedules worked out by hand."""

from __future__ import annotations

import math
import pickle
import re
import types
import warnings
from functools import partial

import numpy as np
import pytest

import npnn
from npnn.optim import SGD, lr_scheduler
from npnn.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

BASE_LRS = (0.05, 0.3)


def sgd(*lrs, **options):
    lrs = lrs or BASE_LRS
    return SGD([{"params": [npnn.zeros(2)], "lr": lr} for lr in lrs], **options)


def schedule(optimizer, scheduler, count, *arguments):
    """The learning rates of epochs 0 to count - 1, one column for each group."""
    rows = []
    for _ in range(count):
        rows.append([float(group["lr"]) for group in optimizer.param_groups])
        assert [float(lr) for lr in scheduler.get_last_lr()] == rows[-1]
        optimizer.step()
        scheduler.step(*arguments)
    return np.array(rows)


def cosine(epoch, period, low=0.0):
    return low + (np.array(BASE_LRS) - low) * (1 + math.cos(math.pi * epoch / period)) / 2


# ---- closed forms: name, scheduler, learning rates at an epoch

CLOSED_FORMS = {
    "LambdaLR": (lambda o: LambdaLR(o, lambda e: 0.9**e), lambda e, lr: lr * 0.9**e),
    "LambdaLR of each group": (
        lambda o: LambdaLR(o, [lambda e: 1 / (1 + e), lambda e: 2.0]),
        lambda e, lr: lr * np.array([1 / (1 + e), 2.0]),
    ),
    "MultiplicativeLR": (
        lambda o: MultiplicativeLR(o, lambda e: e / (e + 1)),
        lambda e, lr: lr / (e + 1),
    ),
    "StepLR": (lambda o: StepLR(o, 3, gamma=0.5), lambda e, lr: lr * 0.5 ** (e // 3)),
    "MultiStepLR": (
        lambda o: MultiStepLR(o, [2, 5, 5, 7], gamma=0.5),
        lambda e, lr: lr * 0.5 ** sum(e >= m for m in (2, 5, 5, 7)),
    ),
    "ConstantLR": (lambda o: ConstantLR(o, 0.25, 4), lambda e, lr: lr * (0.25 if e < 4 else 1)),
    "LinearLR": (
        lambda o: LinearLR(o, 0.2, 0.9, 6),
        lambda e, lr: lr * (0.2 + 0.7 * min(e, 6) / 6),
    ),
    "ExponentialLR": (lambda o: ExponentialLR(o, 0.8), lambda e, lr: lr * 0.8**e),
    "PolynomialLR": (
        lambda o: PolynomialLR(o, 8, power=1.5),
        lambda e, lr: lr * (1 - min(e, 8) / 8) ** 1.5,
    ),
    "CosineAnnealingLR": (lambda o: CosineAnnealingLR(o, 5, 0.01), lambda e, lr: cosine(e, 5, 0.01)),
    "CosineAnnealingWarmRestarts": (
        lambda o: CosineAnnealingWarmRestarts(o, 4, eta_min=0.01),
        lambda e, lr: cosine(e % 4, 4, 0.01),
    ),
    "CosineAnnealingWarmRestarts that grow": (
        lambda o: CosineAnnealingWarmRestarts(o, 2, T_mult=2),
        lambda e, lr: cosine(e - (2 if e < 6 else 6) * (e >= 2), 2 if e < 2 else 4 if e < 6 else 8),
    ),
    "CyclicLR": (
        lambda o: CyclicLR(o, list(BASE_LRS), [0.25, 0.7], 2, 3),
        lambda e, lr: np.interp(e % 5, [0, 2, 5], [0, 1, 0]) * (np.array([0.25, 0.7]) - lr) + lr,
    ),
    "CyclicLR triangular2": (
        lambda o: CyclicLR(o, list(BASE_LRS), 0.8, 2, mode="triangular2"),
        lambda e, lr: np.interp(e % 4, [0, 2, 4], [0, 1, 0]) * (0.8 - lr) * 0.5 ** (e // 4) + lr,
    ),
    "CyclicLR exp_range": (
        lambda o: CyclicLR(o, list(BASE_LRS), 0.8, 2, mode="exp_range", gamma=0.9),
        lambda e, lr: np.interp(e % 4, [0, 2, 4], [0, 1, 0]) * (0.8 - lr) * 0.9**e + lr,
    ),
    "CyclicLR by a function": (
        lambda o: CyclicLR(o, list(BASE_LRS), 0.8, 2, scale_fn=lambda c: 1 / c),
        lambda e, lr: np.interp(e % 4, [0, 2, 4], [0, 1, 0]) * (0.8 - lr) / (e // 4 + 1) + lr,
    ),
    "OneCycleLR": (
        lambda o: OneCycleLR(o, [0.5, 1.0], 12, pct_start=4 / 12, anneal_strategy="linear"),
        lambda e, lr: np.array([0.5, 1.0]) * np.interp(e, [0, 3, 11], [1 / 25, 1, 1 / 25e4]),
    ),
    "OneCycleLR of three phases": (
        lambda o: OneCycleLR(
            o, 0.5, epochs=3, steps_per_epoch=4, pct_start=1 / 3, three_phase=True, anneal_strategy="linear"
        ),
        lambda e, lr: 0.5 * np.interp([e, e], [0, 3, 6, 11], [1 / 25, 1, 1 / 25, 1 / 25e4]),
    ),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_form(name):
    make, learning_rates = CLOSED_FORMS[name]
    optimizer = sgd(momentum=0.5)
    rows = schedule(optimizer, make(optimizer), 12)
    expected = [learning_rates(epoch, np.array(BASE_LRS)) * np.ones(2) for epoch in range(12)]
    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "name",
    ["StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"],
)
def test_step_to_an_epoch_takes_the_closed_form(name):
    make, learning_rates = CLOSED_FORMS[name]
    optimizer = sgd()
    scheduler = make(optimizer)
    optimizer.step()
    for epoch in (7, 3, 0, 11):
        with pytest.warns(
            UserWarning, match=r"The epoch parameter in `scheduler.step\(\)` was not necessary"
        ):
            scheduler.step(epoch)
        expected = learning_rates(epoch, np.array(BASE_LRS)) * np.ones(2)
        np.testing.assert_allclose(scheduler.get_last_lr(), expected, rtol=1e-12, atol=1e-15)
        assert scheduler.last_epoch == epoch


def test_step_to_an_epoch_without_a_closed_form_takes_the_chainable_one():
    optimizer = sgd()
    scheduler = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter"):
        scheduler.step(4)
    np.testing.assert_allclose(scheduler.get_last_lr(), np.array(BASE_LRS) / 5, rtol=1e-15)


def test_warm_restarts_go_to_fractions_of_epochs_and_on_from_there():
    scheduler = CosineAnnealingWarmRestarts(sgd(), 2, T_mult=2)
    for epoch, since, period in ((0.5, 0.5, 2), (3.25, 1.25, 4), (5.75, 3.75, 4), (6.5, 0.5, 8)):
        scheduler.step(epoch)
        np.testing.assert_allclose(scheduler.get_last_lr(), cosine(since, period), rtol=1e-12)
    scheduler.step()
    np.testing.assert_allclose(scheduler.get_last_lr(), cosine(1.5, 8), rtol=1e-12)
    assert scheduler.last_epoch == 7
    with pytest.raises(ValueError, match="Expected non-negative epoch, but got -1"):
        scheduler.step(-1)


@pytest.mark.parametrize("pct_start", [0.25, 0.4])
def test_one_cycle_anneals_along_cosines(pct_start):
    optimizer = sgd(0.1, momentum=0.5)
    rows = schedule(optimizer, OneCycleLR(optimizer, 1.0, 20, pct_start=pct_start, div_factor=10.0), 20)
    top = int(pct_start * 20) - 1
    up = 1 + (0.1 - 1) / 2 * (1 + np.cos(np.pi * np.arange(top + 1) / top))
    down = 1e-5 + (1 - 1e-5) / 2 * (1 + np.cos(np.pi * np.arange(1, 20 - top) / (19 - top)))
    np.testing.assert_allclose(rows[:, 0], [*up, *down], rtol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: CyclicLR(o, 0.1, 1.0, 4, base_momentum=0.6, max_momentum=0.8),
        lambda o: OneCycleLR(
            o, 1.0, 9, pct_start=5 / 9, anneal_strategy="linear", base_momentum=0.6, max_momentum=0.8
        ),
    ],
)
def test_momentum_moves_against_the_learning_rate(make):
    optimizer = sgd(0.1, momentum=0.5)
    scheduler = make(optimizer)
    momenta = []
    for _ in range(9):
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(momenta, 0.8 - 0.05 * np.array([0, 1, 2, 3, 4, 3, 2, 1, 0]), rtol=1e-12)


def test_momentum_of_an_optimizer_with_betas():
    class WithBetas(SGD):
        def __init__(self, params):
            super().__init__(params, lr=0.1)
            self.defaults["betas"] = (0.9, 0.99)
            self.param_groups[0]["betas"] = (0.9, 0.99)

    optimizer = WithBetas([npnn.zeros(2)])
    scheduler = CyclicLR(optimizer, 0.1, 1.0, 2, base_momentum=0.6, max_momentum=0.8)
    assert optimizer.param_groups[0]["betas"] == (0.8, 0.99)
    optimizer.step()
    scheduler.step()
    np.testing.assert_allclose(optimizer.param_groups[0]["betas"], (0.7, 0.99), rtol=1e-12)
    assert optimizer.param_groups[0]["momentum"] == 0


def test_cycle_without_momentum_leaves_it_alone():
    for make in (
        lambda o: CyclicLR(o, 0.1, 1.0, 2, cycle_momentum=False),
        lambda o: OneCycleLR(o, 1.0, 9, cycle_momentum=False),
    ):
        optimizer = sgd(momentum=0.5)
        schedule(optimizer, make(optimizer), 5)
        assert optimizer.param_groups[1]["momentum"] == 0.5


def test_one_cycle_ends():
    optimizer = sgd(momentum=0.5)
    scheduler = OneCycleLR(optimizer, 1.0, 3)
    schedule(optimizer, scheduler, 3)
    with pytest.raises(
        ValueError, match=re.escape("Tried to step 4 times. The specified number of total steps is 3")
    ):
        scheduler.step()


# ---- a metric instead of epochs

IMPROVING, FLAT = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5], [1.0] * 6


@pytest.mark.parametrize(
    ("options", "metrics", "factors"),
    [
        ({"patience": 1}, IMPROVING, [1, 1, 1, 1, 1, 1]),
        ({"patience": 0}, FLAT, [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]),
        ({"patience": 1}, FLAT, [1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 4]),
        ({"patience": 0, "cooldown": 2}, FLAT, [1, 1 / 2, 1 / 2, 1 / 2, 1 / 4, 1 / 4]),
        ({"patience": 0, "mode": "max"}, IMPROVING, [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]),
        ({"patience": 0, "mode": "max"}, IMPROVING[::-1], [1, 1, 1, 1, 1, 1]),
        ({"patience": 0, "threshold": 0.15}, IMPROVING[:3], [1, 1 / 2, 1 / 2]),
        (
            {"patience": 0, "threshold": 0.15, "threshold_mode": "abs"},
            IMPROVING,
            [1, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 8],
        ),
        (
            {"patience": 0, "threshold": 0.2, "mode": "max"},
            IMPROVING[::-1],
            [1, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 8],
        ),
        ({"patience": 0, "min_lr": 0.02}, FLAT, [1, 1 / 2, 0.4, 0.4, 0.4, 0.4]),
        ({"patience": 0, "eps": 0.02}, FLAT, [1, 1 / 2, 1 / 2, 1 / 2, 1 / 2, 1 / 2]),
    ],
)
def test_plateau(options, metrics, factors):
    optimizer = sgd(0.05)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, **options)
    rows = []
    for metric in metrics:
        scheduler.step(npnn.tensor(metric, dtype=npnn.float64))
        rows.append(optimizer.param_groups[0]["lr"])
        assert scheduler.get_last_lr() == [rows[-1]]
    np.testing.assert_allclose(rows, 0.05 * np.array(factors), rtol=1e-12)


def test_plateau_learns_of_new_groups():
    optimizer = sgd(0.5)
    shared, own = (
        ReduceLROnPlateau(optimizer, patience=0, min_lr=0.2),
        ReduceLROnPlateau(optimizer, min_lr=[0.2]),
    )
    optimizer.add_param_group({"params": [npnn.zeros(2)], "lr": 0.4})
    shared.step(1.0)
    shared.step(1.0)
    assert shared.get_last_lr() == [0.2, 0.2]
    own.patience = 0
    own.step(1.0)
    with pytest.raises(
        RuntimeError, match=re.escape("The number of param groups in the `optimizer` (2) differs")
    ):
        own.step(1.0)


# ---- schedules made of schedules


def test_chained_schedules_multiply():
    optimizer = sgd()
    parts = [ConstantLR(optimizer, 0.5, 4), ExponentialLR(optimizer, 0.9)]
    rows = schedule(optimizer, ChainedScheduler(parts), 8)
    expected = [np.array(BASE_LRS) * 0.9**e * (0.5 if e < 4 else 1) for e in range(8)]
    np.testing.assert_allclose(rows, expected, rtol=1e-12)


def test_schedulers_side_by_side_multiply():
    optimizer = sgd()
    parts = [StepLR(optimizer, 3, 0.5), LinearLR(optimizer, 0.2, 1.0, 4), ExponentialLR(optimizer, 0.9)]
    together = types.SimpleNamespace(
        get_last_lr=parts[-1].get_last_lr, step=lambda: [part.step() for part in parts]
    )
    rows = schedule(optimizer, together, 9)
    expected = [np.array(BASE_LRS) * 0.5 ** (e // 3) * (0.2 + 0.2 * min(e, 4)) * 0.9**e for e in range(9)]
    np.testing.assert_allclose(rows, expected, rtol=1e-12)


def test_sequential_schedules_take_turns():
    optimizer = sgd()
    parts = [LinearLR(optimizer, 0.2, 1.0, 4), ExponentialLR(optimizer, 0.9), ConstantLR(optimizer, 0.5, 2)]
    rows = schedule(optimizer, SequentialLR(optimizer, parts, [4, 7]), 11)
    factors = [0.2, 0.4, 0.6, 0.8, 1, 0.9, 0.81, 0.5, 0.5, 1, 1]
    np.testing.assert_allclose(rows, np.outer(factors, BASE_LRS), rtol=1e-12)


# ---- saving, resuming, tensors

STATEFUL = {
    **{name: make for name, (make, _) in CLOSED_FORMS.items()},
    "SequentialLR": lambda o: SequentialLR(o, [ConstantLR(o, 0.5, 3), ExponentialLR(o, 0.9)], [4]),
    "ChainedScheduler": lambda o: ChainedScheduler([ConstantLR(o, 0.5, 3), ExponentialLR(o, 0.9)]),
}


@pytest.mark.parametrize("name", STATEFUL)
def test_schedule_goes_on_from_a_state_dict(name):
    optimizer = sgd(momentum=0.5)
    scheduler = STATEFUL[name](optimizer)
    schedule(optimizer, scheduler, 5)
    saved = pickle.dumps((scheduler.state_dict(), optimizer.state_dict()))
    rows = schedule(optimizer, scheduler, 6)

    resumed_optimizer = sgd(momentum=0.5)
    resumed = STATEFUL[name](resumed_optimizer)
    scheduler_state, optimizer_state = pickle.loads(saved)
    resumed.load_state_dict(scheduler_state)
    resumed_optimizer.load_state_dict(optimizer_state)
    assert scheduler_state == pickle.loads(saved)[0]
    assert (schedule(resumed_optimizer, resumed, 6) == rows).all()


def test_state_of_callable_objects_is_kept_and_of_functions_is_not():
    class Decay:
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, epoch):
            return self.rate**epoch

    saved = LambdaLR(sgd(), [Decay(0.5), lambda epoch: 1.0]).state_dict()
    assert saved["lr_lambdas"] == [{"rate": 0.5}, None]
    resumed = LambdaLR(sgd(), [Decay(0.9), math.exp])
    resumed.load_state_dict(saved)
    assert resumed.lr_lambdas[0].rate == 0.5

    optimizer = sgd(momentum=0.5)
    saved = CyclicLR(optimizer, 0.1, 1.0, 2, scale_fn=Decay(0.5)).state_dict()
    assert saved["_scale_fn_custom"] == {"rate": 0.5}
    resumed = CyclicLR(optimizer, 0.1, 1.0, 2, scale_fn=Decay(0.9))
    resumed.load_state_dict(saved)
    assert resumed.scale_fn(2) == 0.25


@pytest.mark.parametrize(
    "make",
    [partial(StepLR, step_size=2), partial(ExponentialLR, gamma=0.9), partial(CosineAnnealingLR, T_max=5)],
)
def test_resuming_by_last_epoch_keeps_the_learning_rate(make):
    optimizer = sgd()
    scheduler = make(optimizer)
    rows = schedule(optimizer, scheduler, 9)
    optimizer = sgd()
    schedule(optimizer, make(optimizer), 3)
    resumed = make(optimizer, last_epoch=2)
    np.testing.assert_allclose(schedule(optimizer, resumed, 6), rows[3:], rtol=1e-12)


def test_resuming_needs_initial_learning_rates():
    with pytest.raises(
        KeyError, match="param 'initial_lr' is not specified in param_groups\\[0\\] when resuming"
    ):
        StepLR(sgd(), 2, last_epoch=3)


def test_tensor_learning_rates_are_changed_in_place_and_given_as_copies():
    rate = npnn.tensor(0.5)
    optimizer = sgd(rate)
    scheduler = StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    (last,) = scheduler.get_last_lr()
    assert optimizer.param_groups[0]["lr"] is rate
    assert (rate.item(), last.item()) == (0.25, 0.25)
    last.fill_(7.0)
    assert rate.item() == 0.25
    assert optimizer.param_groups[0]["initial_lr"].item() == 0.5


# ---- the user's own schedulers, warnings, refusals


@pytest.mark.parametrize("name", ["LRScheduler", "_LRScheduler"])
def test_subclass_with_get_lr(name):
    class Harmonic(getattr(npnn.optim.lr_scheduler, name)):
        def get_lr(self):
            return [lr / (1 + self.last_epoch) for lr in self.base_lrs]

    optimizer = sgd()
    rows = schedule(optimizer, Harmonic(optimizer), 5)
    np.testing.assert_allclose(rows, np.outer(1 / np.arange(1, 6), BASE_LRS), rtol=1e-15)
    with pytest.raises(NotImplementedError, match="LRScheduler"):
        LRScheduler(sgd())


def test_get_lr_outside_of_a_step_warns():
    scheduler = StepLR(sgd(), 2)
    with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`"):
        scheduler.get_lr()


def test_scheduler_before_optimizer_warns_once():
    scheduler = StepLR(sgd(), 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    scheduler.step()


def test_steps_before_the_scheduler_was_made_do_not_count():
    optimizer = sgd()
    optimizer.step()
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        StepLR(optimizer, 2).step()


def test_step_that_was_overridden_after_the_scheduler_was_made_warns():
    optimizer = sgd()
    scheduler = StepLR(optimizer, 2)
    optimizer.step = types.MethodType(lambda self: None, optimizer)
    optimizer.step()
    with pytest.warns(UserWarning, match=r"`optimizer.step\(\)` has been overridden"):
        scheduler.step()


def test_step_that_was_overridden_before_is_seen():
    optimizer = sgd()
    optimizer.step = types.MethodType(lambda self: "own", optimizer)
    scheduler = StepLR(optimizer, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert optimizer.step() == "own"
        scheduler.step()


def test_scheduled_optimizer_still_steps_and_is_freed():
    weight = npnn.Parameter(npnn.tensor([1.0]))
    optimizer = SGD([weight], lr=0.5)
    calls = []
    optimizer.register_step_post_hook(lambda *_: calls.append("step"))
    for _ in range(2):
        StepLR(optimizer, 2)
    weight.grad = npnn.tensor([1.0])
    assert optimizer.step(lambda: "loss") == "loss"
    assert (weight.tolist(), calls) == ([0.5], ["step"])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: StepLR("optimizer", 2), TypeError, "str is not an Optimizer"),
        (lambda o: CyclicLR(1, 0.1, 1.0), TypeError, "int is not an Optimizer"),
        (lambda o: OneCycleLR(1, 0.1, 3), TypeError, "int is not an Optimizer"),
        (lambda o: ReduceLROnPlateau(1), TypeError, "int is not an Optimizer"),
        (lambda o: LambdaLR(o, [abs]), ValueError, "Expected 2 lr_lambdas"),
        (lambda o: MultiplicativeLR(o, 0.5), TypeError, "lr_lambda should be a function, but got float"),
        (lambda o: ConstantLR(o, 1.5), ValueError, "multiplicative factor expected to be between 0 and 1"),
        (
            lambda o: LinearLR(o, 0.0),
            ValueError,
            "Starting multiplicative factor expected to be greater than 0",
        ),
        (
            lambda o: LinearLR(o, end_factor=1.5),
            ValueError,
            "Ending multiplicative factor expected to be between",
        ),
        (lambda o: CosineAnnealingWarmRestarts(o, 0), ValueError, "Expected positive integer T_0, but got 0"),
        (
            lambda o: CosineAnnealingWarmRestarts(o, 1, 0.5),
            ValueError,
            "Expected integer T_mult >= 1, but got 0.5",
        ),
        (lambda o: CosineAnnealingWarmRestarts(o, 1, 1, "0"), ValueError, "Expected float or int eta_min"),
        (
            lambda o: CyclicLR(o, [0.1], 1.0),
            ValueError,
            "base_lr must have the same length as optimizer.param_groups",
        ),
        (lambda o: CyclicLR(o, 0.1, 1.0, mode="square"), ValueError, "mode is invalid and scale_fn is None"),
        (lambda o: OneCycleLR(o, 0.1), ValueError, "You must define either total_steps OR (epochs AND"),
        (lambda o: OneCycleLR(o, 0.1, 0), ValueError, "Expected positive integer total_steps, but got 0"),
        (
            lambda o: OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=2),
            ValueError,
            "positive integer epochs, but got 0",
        ),
        (
            lambda o: OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=0.5),
            ValueError,
            "positive integer steps_per_epoch",
        ),
        (
            lambda o: OneCycleLR(o, 0.1, 3, pct_start=2.0),
            ValueError,
            "Expected float between 0 and 1 pct_start",
        ),
        (lambda o: OneCycleLR(o, 0.1, 3, anneal_strategy="up"), ValueError, "anneal_strategy must be one of"),
        (lambda o: ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0"),
        (lambda o: ReduceLROnPlateau(o, mode="mid"), ValueError, "mode mid is unknown!"),
        (lambda o: ReduceLROnPlateau(o, threshold_mode="mid"), ValueError, "threshold mode mid is unknown!"),
        (lambda o: ReduceLROnPlateau(o, min_lr=[0.1]), ValueError, "expected 2 min_lrs, got 1"),
        (
            lambda o: SequentialLR(o, [], []),
            ValueError,
            "expects at least one scheduler, but got no scheduler",
        ),
        (
            lambda o: SequentialLR(o, [StepLR(o, 2)], [1]),
            ValueError,
            "number of schedulers provided to be one more",
        ),
        (lambda o: SequentialLR(o, [StepLR(sgd(), 2)], []), ValueError, "belong to the same optimizer"),
        (
            lambda o: SequentialLR(o, [abs], []),
            TypeError,
            "at index 0 should have `optimizer` as its attribute",
        ),
        (
            lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []),
            ValueError,
            "does not support `ReduceLROnPlateau`",
        ),
        (lambda o: ChainedScheduler([]), ValueError, "expects at least one scheduler"),
        (lambda o: ChainedScheduler([abs]), TypeError, "at index 0 should have `optimizer` as its attribute"),
        (
            lambda o: ChainedScheduler([StepLR(o, 2), StepLR(sgd(), 2)]),
            ValueError,
            "belong to the same optimizer",
        ),
        (
            lambda o: ChainedScheduler([ReduceLROnPlateau(o)]),
            ValueError,
            "does not support `ReduceLROnPlateau`",
        ),
    ],
)
def test_arguments_that_are_refused(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make(sgd())


def test_cycling_momentum_needs_one():
    class WithoutMomentum(npnn.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.1})

    for make in (lambda o: CyclicLR(o, 0.1, 1.0), lambda o: OneCycleLR(o, 1.0, 3)):
        with pytest.raises(
            ValueError, match="optimizer must support momentum or beta1 with `cycle_momentum`"
        ):
            make(WithoutMomentum([npnn.zeros(2)]))


def test_every_scheduler_is_exported():
    assert sorted(lr_scheduler.__all__) == sorted(
        name for name, value in vars(lr_scheduler).items() if isinstance(value, type) and name[0] != "_"
    )

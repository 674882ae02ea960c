"""Averaged models: means in closed form, statistics of batch norm, and the learning rate on its way."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.optim.swa_utils import (
    SWALR,
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)

RNG = np.random.default_rng(0)


def averaged(values, **options):
    """The average of a weight, and of a running mean, that take on some values."""
    model = nn.Sequential(nn.Linear(2, 3, dtype=npnn.float64), nn.BatchNorm1d(3, dtype=npnn.float64))
    average = AveragedModel(model, **options)
    for value in values:
        model[0].weight.array[...] = value
        model[1].running_mean.array[...] = value
        average.update_parameters(model)
    assert average.n_averaged.item() == len(values)
    return average.module[0].weight.array[0, 0], average.module[1].running_mean.array[0]


VALUES = RNG.standard_normal(6)
EMA = 0.75**5 * VALUES[0] + sum(0.25 * 0.75 ** (5 - t) * VALUES[t] for t in range(1, 6))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, VALUES.mean()),
        ({"avg_fn": get_swa_avg_fn()}, VALUES.mean()),
        ({"multi_avg_fn": get_swa_multi_avg_fn()}, VALUES.mean()),
        ({"avg_fn": get_ema_avg_fn(0.75)}, EMA),
        ({"multi_avg_fn": get_ema_multi_avg_fn(0.75)}, EMA),
    ],
    ids=["default", "swa", "swa-multi", "ema", "ema-multi"],
)
@pytest.mark.parametrize("use_buffers", [False, True])
def test_averages(options, expected, use_buffers):
    weight, running_mean = averaged(VALUES, use_buffers=use_buffers, **options)
    np.testing.assert_allclose(weight, expected, rtol=1e-12)
    np.testing.assert_allclose(running_mean, expected if use_buffers else VALUES[-1], rtol=1e-12)


def test_the_model_is_copied_and_called():
    model = nn.Linear(2, 3)
    average = AveragedModel(model)
    x = npnn.ones(4, 2)
    before = model(x).tolist()
    model.weight.array[...] += 1
    assert average(x).tolist() == before


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_state_is_that_of_a_module(duplicate):
    model = nn.Linear(2, 3)
    average = AveragedModel(model)
    average.update_parameters(model)
    assert list(average.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    assert duplicate(average).n_averaged.item() == 1


def test_what_is_refused():
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn should be provided"):
        AveragedModel(nn.Linear(2, 3), avg_fn=get_ema_avg_fn(), multi_avg_fn=get_ema_multi_avg_fn())
    for make in (get_ema_avg_fn, get_ema_multi_avg_fn):
        with pytest.raises(ValueError, match=r"Invalid decay value 1\.5 provided"):
            make(1.5)


@pytest.mark.parametrize("form", [lambda x: x, lambda x: [x, None], lambda x: (x, 1)])
def test_statistics_are_means_over_all_batches(form):
    data = RNG.standard_normal((3, 8, 4)) * 2 + 1
    model = nn.Sequential(nn.BatchNorm1d(4, momentum=0.3, dtype=npnn.float64), nn.Dropout(0.5)).eval()
    update_bn([form(npnn.tensor(batch)) for batch in data], model)
    np.testing.assert_allclose(model[0].running_mean.array, data.mean((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(model[0].running_var.array, data.var(axis=1, ddof=1).mean(0), rtol=1e-12)
    assert model[0].momentum == 0.3
    assert not model.training
    assert not model[1].training


def test_models_without_batch_norm_are_not_called():
    update_bn([None], nn.Linear(2, 3))


CURVES = {"linear": lambda t: t, "cos": lambda t: (1 - math.cos(math.pi * t)) / 2}


@pytest.mark.parametrize("strategy", CURVES)
def test_learning_rates_on_their_way(strategy):
    groups = [{"params": [npnn.zeros(1)], "lr": 1.0}, {"params": [npnn.zeros(1)], "lr": 0.2}]
    optimizer = npnn.optim.SGD(groups)
    scheduler = SWALR(optimizer, [0.5, 0.3], anneal_epochs=4, anneal_strategy=strategy)
    for epoch in range(7):
        weight = CURVES[strategy](min(1.0, epoch / 4))
        expected = [weight * 0.5 + (1 - weight) * 1.0, weight * 0.3 + (1 - weight) * 0.2]
        np.testing.assert_allclose(scheduler.get_last_lr(), expected, rtol=1e-12)
        optimizer.step()
        scheduler.step()


def test_schedules_that_are_refused():
    optimizer = npnn.optim.SGD([npnn.zeros(1)], lr=1.0)
    with pytest.raises(ValueError, match="anneal_strategy must be one of 'cos' or 'linear'"):
        SWALR(optimizer, 0.5, anneal_strategy="steep")
    with pytest.raises(ValueError, match="anneal_epochs must be equal or greater than 0"):
        SWALR(optimizer, 0.5, anneal_epochs=-1)
    with pytest.raises(ValueError, match="swa_lr must have the same length"):
        SWALR(optimizer, [0.5, 0.5])

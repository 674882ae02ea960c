"""Averaged models and their schedule against torch.optim.swa_utils."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import npnn
from torch_ref import from_torch, torch_state_dict


def network():
    torch.manual_seed(0)
    # No bias in front of batch norm: its gradient is rounding error alone, and Adam would make steps of it.
    convolution = torch.nn.Conv2d(2, 3, (2, 3), bias=False)
    layers = [torch.nn.BatchNorm2d(3, momentum=0.3), torch.nn.Flatten(), torch.nn.Linear(24, 2)]
    return torch.nn.Sequential(convolution, *layers).double()


AVERAGES = {
    "default": lambda swa: {},
    "swa": lambda swa: {"avg_fn": swa.get_swa_avg_fn()},
    "swa-multi": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "ema": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9)},
    "ema-multi": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9)},
    "own": lambda swa: {"avg_fn": lambda average, param, n: 0.5 * (average + param) + 0.01 * n},
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", ["default", "swa", "ema", "own"])
def test_training_with_an_average(average, use_buffers):
    """Network, optimizer, scheduler and average together; then statistics for the average."""
    theirs = network()
    ours = from_torch(theirs)
    batches = np.random.default_rng(0).standard_normal((6, 5, 2, 3, 6))

    def train(library, net, batches):
        swa = library.optim.swa_utils
        averaged = swa.AveragedModel(net, use_buffers=use_buffers, **AVERAGES[average](swa))
        optimizer = library.optim.Adam(net.parameters(), lr=0.05)
        scheduler = swa.SWALR(optimizer, swa_lr=0.01, anneal_epochs=4)
        for batch in batches:
            optimizer.zero_grad()
            (net(library.tensor(batch)) ** 2).mean().backward()
            optimizer.step()
            averaged.update_parameters(net)
            scheduler.step()
        if not use_buffers:
            swa.update_bn([library.tensor(batch) for batch in batches], averaged)
        return averaged, scheduler.get_last_lr()

    their_average, their_lr = train(torch, theirs, batches)
    our_average, our_lr = train(npnn, ours, np.moveaxis(batches, 2, -1))
    np.testing.assert_allclose(our_lr, their_lr, rtol=1e-12)
    expected = their_average.state_dict()
    assert list(our_average.state_dict()) == list(expected)
    assert our_average.n_averaged.item() == expected["n_averaged"].item()
    for name, array in torch_state_dict(our_average.module).items():
        np.testing.assert_allclose(
            array.numpy(), expected[f"module.{name}"].numpy(), rtol=1e-9, atol=1e-11, err_msg=name
        )


@pytest.mark.parametrize("average", [name for name in AVERAGES if name != "swa-multi"])
def test_parameters_of_several_dtypes(average):
    """Integers too, and to what their average is rounded; with swa-multi torch refuses them."""
    values = [3, 8, -4, 5]

    def run(library):
        model = library.nn.Linear(2, 1, dtype=library.float64)
        model.register_buffer("count", library.tensor([0, 0]))
        swa = library.optim.swa_utils
        averaged = swa.AveragedModel(model, use_buffers=True, **AVERAGES[average](swa))
        with library.no_grad():
            for value in values:
                model.weight.fill_(value / 3)
                model.bias.fill_(value)
                model.count.fill_(value)
                averaged.update_parameters(model)
        kept = averaged.module
        return kept.weight.reshape(-1).tolist() + kept.bias.tolist(), kept.count.tolist()

    (ours, our_count), (theirs, their_count) = run(npnn), run(torch)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert our_count == their_count


@pytest.mark.parametrize("anneal_epochs", [0, 1, 5])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("lr", [0.1, "tensor"])
def test_schedule(lr, strategy, anneal_epochs):
    """After another scheduler, with a checkpoint in between."""

    def run(library):
        start = library.tensor(0.1, dtype=library.float64) if lr == "tensor" else lr
        optimizer = library.optim.SGD([library.zeros(1)], lr=start)
        other = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
        scheduler = library.optim.swa_utils.SWALR(optimizer, 0.02, anneal_epochs, strategy)
        found = []
        for step in range(12):
            optimizer.step()
            (other if step < 3 else scheduler).step()
            if step == 6:
                state = copy.deepcopy(scheduler.state_dict())
                rate = float(optimizer.param_groups[0]["lr"])
                optimizer = library.optim.SGD([library.zeros(1)], lr=start)
                scheduler = library.optim.swa_utils.SWALR(optimizer, 0.02, 1, "linear")
                scheduler.load_state_dict(state)
                optimizer.param_groups[0]["lr"] = rate
            found.append(float(optimizer.param_groups[0]["lr"]))
        return found, set(scheduler.state_dict())

    (ours, our_keys), (theirs, their_keys) = run(npnn), run(torch)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert our_keys == their_keys

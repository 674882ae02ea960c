"""Checkpoints of each library's optimizers, loaded into the other's in the middle of training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import npnn
from torch_ref import from_torch, torch_state_dict
from torch_ref.optim import load_torch_optimizer_state_dict, torch_optimizer_state_dict

OPTIMIZERS = [name for name in torch.optim.__all__ if name[0].isupper() and name != "Optimizer"]
RTOL, ATOL = 1e-9, 1e-11


def closure_of(library, optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return closure


def network():
    return torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.Tanh(), torch.nn.Linear(3, 4)).double()


def images():
    """Convolution, flatten and linear: three layouts, and rows in another order."""
    layers = [torch.nn.Conv2d(2, 3, (2, 3)), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(24, 2)]
    return torch.nn.Sequential(*layers).double()


def trained(library, net, optimizer, batches):
    for array in batches:
        x = library.tensor(array)

        def loss(x=x):
            return (net(x) ** 2).mean()

        optimizer.step(closure_of(library, optimizer, loss))


# Of kernels, Muon takes none and Adafactor factors other axes than on torch.
TRAINED = [
    (name, make)
    for make, without in ((network, {"SparseAdam"}), (images, {"SparseAdam", "Muon", "Adafactor"}))
    for name in OPTIMIZERS
    if name not in without
]


@pytest.mark.parametrize(("name", "make"), TRAINED)
def test_state_dicts_are_interchangeable(name, make):
    """Each library trains a network, hands over to the other, and the other goes on as the first does."""
    torch.manual_seed(3)
    theirs = make()
    rng = np.random.default_rng(3)
    batches = rng.standard_normal((8, 6, 5) if make is network else (8, 6, 2, 3, 6))
    our_batches = batches if make is network else np.moveaxis(batches, 2, -1)
    options = {"lr": 0.02, **({"max_iter": 4} if name == "LBFGS" else {})}

    def params(net):
        return [param for param in net.parameters() if name != "Muon" or param.ndim == 2]

    ours = from_torch(theirs)
    torch_optimizer = getattr(torch.optim, name)(params(theirs), **options)
    optimizer = getattr(npnn.optim, name)(params(ours), **options)
    trained(torch, theirs, torch_optimizer, batches[:4])
    trained(npnn, ours, optimizer, our_batches[:4])
    assert_same_network(ours, theirs)

    new_theirs, new_ours = copy.deepcopy(theirs), from_torch(theirs)
    new_torch_optimizer = getattr(torch.optim, name)(params(new_theirs), **options)
    new_torch_optimizer.load_state_dict(torch_optimizer_state_dict(optimizer, ours))
    new_optimizer = getattr(npnn.optim, name)(params(new_ours), **options)
    load_torch_optimizer_state_dict(new_optimizer, torch_optimizer.state_dict(), new_ours)
    trained(torch, theirs, torch_optimizer, batches[4:])
    trained(torch, new_theirs, new_torch_optimizer, batches[4:])
    trained(npnn, new_ours, new_optimizer, our_batches[4:])
    assert_same_network(new_ours, theirs)
    assert_same_network(from_torch(new_theirs), theirs)


def assert_same_network(ours, theirs):
    for (name, mine), expected in zip(
        torch_state_dict(ours).items(), theirs.state_dict().values(), strict=True
    ):
        np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=RTOL, atol=ATOL, err_msg=name)


def test_factors_of_a_kernel_cannot_be_moved():
    theirs = images()
    ours = from_torch(theirs)
    optimizer = torch.optim.Adafactor(theirs.parameters())
    trained(torch, theirs, optimizer, np.ones((1, 6, 2, 3, 6)))
    with pytest.raises(ValueError, match=r"row_var of a parameter with the layout .* cannot be moved"):
        load_torch_optimizer_state_dict(npnn.optim.Adafactor(ours.parameters()), optimizer.state_dict(), ours)

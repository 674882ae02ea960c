"""How much a batch takes: layers whose activations can be counted by hand."""

import torch
from torch import nn

from competition.memory import activation_bytes, free_memory


def test_activations_of_a_linear_layer_and_a_nonlinearity():
    # Linear keeps its input, Sigmoid its output; the weights are there anyway.
    net = nn.Sequential(nn.Linear(7, 5), nn.Sigmoid(), nn.Linear(5, 3, bias=False))
    images = torch.randn(2, 7)
    assert activation_bytes(net, images) == 4 * (7 + 5)


def test_batch_norm_keeps_its_statistics():
    net = nn.Sequential(nn.Linear(7, 5), nn.BatchNorm1d(5))
    before = net[1].running_mean.clone()
    activation_bytes(net, torch.randn(2, 7))
    assert torch.equal(net[1].running_mean, before)
    assert net[1].num_batches_tracked == 0


def test_some_memory_is_free():
    assert free_memory(torch.device("cpu")) > 2**20

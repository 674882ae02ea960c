"""How much arithmetic a network takes: layers whose products can be counted by hand."""

import torch
from torch import nn

from competition.arithmetic import training_flops


def test_a_linear_layer_is_one_product_forward_and_two_backward():
    # The first layer has no gradient to hand on to its input.
    net = nn.Sequential(nn.Linear(7, 5), nn.GELU(), nn.Linear(5, 3))
    assert training_flops(net, torch.zeros(4, 7)) == 2 * (2 * 7 * 5 + 3 * 5 * 3)


def test_a_convolution_is_a_product_at_each_position():
    net = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Flatten(), nn.Linear(3 * 4 * 5, 6))
    convolution, linear = 2 * 3 * 9 * 4 * 5, 3 * 4 * 5 * 6
    assert training_flops(net, torch.zeros(2, 2, 4, 5)) == 2 * (2 * convolution + 3 * linear)


def test_the_network_stays_as_it_is():
    net = nn.Sequential(nn.Linear(7, 5), nn.BatchNorm1d(5)).eval()
    training_flops(net, torch.ones(2, 7))
    assert not net.training
    assert net[0].weight.grad is None
    assert net[1].num_batches_tracked == 0

"""The networks: shapes, whitening, Dirac initialisation, what is frozen, sizes worked out by hand."""

import pytest
import torch
from torch import nn

from competition.models import MLP, Airbench, PlainCNN, Residual, Scale


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (Airbench((4, 6, 8)), (3, 32, 32)),
        (Airbench((4, 6, 8), depth=3, whitening=False, dirac=False), (3, 32, 32)),
        (PlainCNN((4, 6, 8), (1, 2, 1)), (3, 32, 32)),
        (MLP((9, 7)), (1, 28, 28)),
        (MLP((9,), batch_norm=False), (1, 28, 28)),
    ],
)
def test_images_to_logits(net, shape):
    assert net(torch.randn(5, *shape)).shape == (5, 10)


def test_the_record_has_the_published_size():
    # 24 biases; 3 x 3 filters 24-64-64-256-256-256-256; a bias for each of these; a head of 256 x 10.
    pairs = [(24, 64), (64, 64), (64, 256), (256, 256), (256, 256), (256, 256)]
    expected = 24 + sum(9 * a * b for a, b in pairs) + 2 * (64 + 256 + 256) + 2560
    assert sum(p.numel() for p in Airbench().parameters() if p.requires_grad) == expected


def correlated_images(count=200):
    """Images in which neighbouring pixels and the three channels are alike."""
    smooth = nn.functional.avg_pool2d(torch.randn(count, 3, 36, 36), 5, 1)
    return smooth + smooth.mean(1, keepdim=True)


def test_whitening_whitens():
    images, net = correlated_images(), Airbench()
    net.whiten_patches(images, eps=0.0)
    outputs = net.whiten(images).transpose(0, 1).flatten(1).double()
    covariance = outputs[:12] @ outputs[:12].T / outputs.shape[1]
    torch.testing.assert_close(covariance, torch.eye(12, dtype=torch.float64), rtol=0, atol=1e-3)
    torch.testing.assert_close(outputs[12:], -outputs[:12], rtol=0, atol=1e-5)


def test_whitening_with_eps_shrinks_what_is_hardly_there():
    images, net = correlated_images(), Airbench()
    images[:, 2] = images[:, 1]
    net.whiten_patches(images)
    outputs = net.whiten(images).transpose(0, 1).flatten(1)[:12]
    variances = outputs.square().mean(1)
    assert variances.min() < 0.01
    assert variances.max() < 1


def test_the_whitening_convolution_is_frozen_but_for_its_bias():
    net = Airbench()
    assert not net.whiten.weight.requires_grad
    assert net.whiten.bias.requires_grad
    learned = Airbench(whitening=False)
    before = learned.whiten.weight.clone()
    learned.whiten_patches(correlated_images(10))
    assert torch.equal(before, learned.whiten.weight)
    assert learned.whiten.weight.requires_grad


def test_dirac_filters_hand_their_input_on():
    conv = Airbench((30, 40, 40)).group1[0]
    images = torch.randn(2, 24, 6, 5)
    torch.testing.assert_close(conv(images)[:, :24], images)


def test_batch_norm_learns_no_scale():
    norms = [module for module in Airbench().modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 6
    assert not any(norm.weight.requires_grad for norm in norms)
    assert all(norm.bias.requires_grad for norm in norms)


def test_the_mlps_weighted_layers_are_linear():
    weighted = [m for m in MLP().modules() if getattr(m, "weight", None) is not None and m.weight.ndim > 1]
    assert len(weighted) == 3
    assert all(type(module) is nn.Linear for module in weighted)


def test_scale_and_residual():
    x = torch.randn(3, 4)
    assert torch.equal(Scale(0.5)(x), x / 2)
    assert torch.equal(Residual(Scale(3.0))(x), x + 3 * x)

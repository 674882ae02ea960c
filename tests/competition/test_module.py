"""The LightningModule: test-time augmentation against views made by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from competition.module import Classifier, averaged_logits
from competition.optim import Groups


@pytest.fixture
def net():
    return nn.Sequential(nn.Flatten(), nn.Linear(2 * 5 * 4, 10))


def test_views(net):
    images = torch.randn(3, 2, 5, 4)
    around = F.pad(images, (1, 1, 1, 1), mode="reflect")
    views = {(0, 0): images, (-1, -1): around[..., :5, :4], (1, 1): around[..., 2:, 2:]}
    logits = {
        (shift, side): net(image.flip(-1) if side else image)
        for shift, image in views.items()
        for side in (0, 1)
    }
    plain = logits[(0, 0), 0]
    both = plain / 2 + logits[(0, 0), 1] / 2
    shares = {(0, 0): 1 / 4, (-1, -1): 1 / 8, (1, 1): 1 / 8}
    six = sum(shares[shift] * value for (shift, _), value in logits.items())
    for count, expected in ((1, plain), (2, both), (6, six)):
        torch.testing.assert_close(averaged_logits(net, images, count), expected)


def test_views_that_are_not_known(net):
    with pytest.raises(ValueError, match=r"views must be one of \[1, 2, 6\], but got 3"):
        Classifier(net, Groups(), views=3)

"""The networks in NumPy: the same logits, and the same predictions counted by hand."""

import pytest
import torch

from competition.data import BatchLoader
from competition.data.batches import EpochSampler
from competition.models import MLP, Airbench, PlainCNN
from competition.parity import Parity, compare_predictions

NETS = {
    "airbench": lambda: Airbench((4, 6, 8)),
    "residual": lambda: Airbench((4, 6, 8), depth=3),
    "plain": lambda: PlainCNN((4, 6, 8), (1, 2, 1), dropout=0.2),
    "mlp": lambda: MLP((9, 7)),
}


@pytest.mark.parametrize("name", NETS)
def test_npnn_predicts_the_same(name):
    net = NETS[name]()
    shape = (28, 28, 1) if name == "mlp" else (32, 32, 3)
    images = torch.randint(256, (12, *shape), dtype=torch.uint8)
    labels = torch.randint(10, (12,))
    mean, std = (0.5,) * shape[-1], (0.25,) * shape[-1]
    loader = BatchLoader(images, labels, mean, std, EpochSampler(12, 5, shuffle=False))
    for batch in loader:
        net(batch.images)  # gives the batch norms statistics of their own
    parity = compare_predictions(net, loader, shape[-1])
    assert parity.images == 12
    assert parity.largest < 1e-4
    assert parity.explained
    everything = torch.cat([batch.images for batch in loader])
    with torch.no_grad():
        accuracy = (net.eval()(everything).argmax(1) == labels).double().mean()
    assert parity.accuracies["torch"] == pytest.approx(float(accuracy))
    assert parity.differing or parity.accuracies["npnn"] == parity.accuracies["torch"]


def test_what_rounding_explains():
    accuracies = {"torch": 0.5, "npnn": 0.5}
    assert Parity(4, accuracies, 1e-5, {}).explained
    assert Parity(4, accuracies, 1e-5, {3: 1.5e-5}).explained
    assert not Parity(4, accuracies, 1e-5, {3: 1e-3}).explained
    assert not Parity(4, accuracies, 0.1, {3: 0.1}).explained
    assert "predict the same for 3 of 4 images" in str(Parity(4, accuracies, 1e-5, {3: 1.5e-5}))

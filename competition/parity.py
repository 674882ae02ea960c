"""The trained network in NumPy: npnn makes the same predictions as torch."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

import npnn
from competition.data import BatchLoader
from competition.models import Residual, Scale
from npnn import Tensor
from torch_ref import Layout, channels_last, from_torch
from torch_ref.convert import TWINS
from torch_ref.layouts import ANY, MODULES, ModuleLayout


class NumPyScale(npnn.nn.Module):
    """y = factor x, as `competition.models.Scale`."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return self.factor * x


class NumPyResidual(npnn.nn.Module):
    """y = x + layers(x), as `competition.models.Residual`."""

    def __init__(self, layers: npnn.nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return x + self.layers(x)


TWINS.update({Scale: NumPyScale, Residual: NumPyResidual})
MODULES.update(dict.fromkeys(("Scale", "Residual"), ModuleLayout({"input": ANY}, ANY)))


@dataclass
class Parity:
    """How the predictions of torch and of NumPy compare.

    Attributes:
        images: how many there were.
        accuracies: of torch and of npnn.
        largest: the largest difference between two logits.
        differing: number of an image that they do not agree about -> by how much torch preferred its class.
    """

    images: int
    accuracies: dict[str, float]
    largest: float
    differing: dict[int, float]

    @property
    def explained(self) -> bool:
        """Whether wherever they do not agree, the two highest logits lie within rounding."""
        return all(gap <= 2 * self.largest for gap in self.differing.values()) and self.largest < 1e-3

    def __str__(self) -> str:
        same = self.images - len(self.differing)
        lines = [
            (
                f"torch and npnn predict the same for {same} of {self.images} images;"
                f" logits differ by {self.largest:.1e} at most"
            ),
            *(
                f"test accuracy with {name}, one view of each image: {value:.2%}"
                for name, value in self.accuracies.items()
            ),
            *(
                f"image {number}: torch's two highest logits are {gap:.1e} apart"
                for number, gap in self.differing.items()
            ),
        ]
        return "\n".join(lines)


def numpy_twin(net: nn.Sequential, channels: int) -> npnn.nn.Module:
    """The npnn twin of a network of `competition.models`, in eval mode.

    Args:
        net: the network.
        channels: of its images.

    Returns:
        A network of NumPy that takes images (N, H, W, C).
    """
    layers = nn.Sequential(OrderedDict(net.named_children()))
    layout: Layout = channels_last(2, C=channels)
    return from_torch(layers, input=layout).eval()


def compare_predictions(net: nn.Sequential, loader: BatchLoader, channels: int) -> Parity:
    """Classifies images with torch and with NumPy.

    Args:
        net: the network.
        loader: the images, in order.
        channels: of the images.

    Returns:
        The comparison.
    """
    net = net.cpu().float().eval()
    twin = numpy_twin(net, channels)
    correct, largest, images, differing = {"torch": 0, "npnn": 0}, 0.0, 0, {}
    with torch.no_grad(), npnn.no_grad():
        for batch in loader:
            pixels, labels = batch.images.cpu(), batch.labels.cpu()
            theirs = net(pixels)
            mine = torch.from_numpy(twin(npnn.tensor(pixels.permute(0, 2, 3, 1).numpy())).numpy())
            largest = max(largest, float((theirs - mine).abs().max()))
            highest = theirs.topk(2).values
            for place in (theirs.argmax(1) != mine.argmax(1)).nonzero().flatten().tolist():
                differing[int(batch.index[place])] = float(highest[place, 0] - highest[place, 1])
            images += len(labels)
            for name, logits in (("torch", theirs), ("npnn", mine)):
                correct[name] += int((logits.argmax(1) == labels).sum())
    return Parity(images, {name: count / images for name, count in correct.items()}, largest, differing)

"""The network of the homework: a plain CNN."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


class PlainCNN(nn.Sequential):
    """Convolutions of 3 x 3 with batch norm and ReLU, max pooling once in each stage, one linear layer.

    Pooling comes right behind a stage's first convolution: the rest of the stage then works on a quarter of
    the pixels.

    Args:
        widths: channels of each stage.
        depths: convolutions in each stage.
        dropout: share of the features that are dropped before the linear layer.
        size: height and width of the images.
        channels: of the images.
        classes: number of classes.

    Shape:
        (N, channels, size, size) -> (N, classes)
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (32, 64, 128),
        depths: tuple[int, ...] = (1, 2, 2),
        dropout: float = 0.0,
        size: int = 32,
        channels: int = 3,
        classes: int = 10,
    ) -> None:
        layers: dict[str, nn.Module] = {}
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True), 1):
            for number in range(1, depth + 1):
                layers[f"conv{stage}_{number}"] = nn.Conv2d(channels, width, 3, padding=1, bias=False)
                if number == 1:
                    layers[f"pool{stage}"] = nn.MaxPool2d(2)
                layers[f"norm{stage}_{number}"] = nn.BatchNorm2d(width)
                layers[f"relu{stage}_{number}"] = nn.ReLU()
                channels = width
            size //= 2
        layers |= {"flatten": nn.Flatten(), "dropout": nn.Dropout(dropout)}
        layers["head"] = nn.Linear(channels * size**2, classes)
        super().__init__(OrderedDict(layers))

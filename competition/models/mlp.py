"""A multilayer perceptron: its weighted layers are Linear only."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


class MLP(nn.Sequential):
    """Linear, batch norm, GELU and dropout for each hidden layer, then a linear head.

    Args:
        hidden: width of each hidden layer.
        dropout: share of a hidden layer's features that are dropped.
        batch_norm: whether there is batch norm at all.
        inputs: pixels of an image times its channels.
        classes: number of classes.

    Shape:
        (N, C, H, W) with C H W = inputs -> (N, classes)
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (512, 256),
        dropout: float = 0.1,
        batch_norm: bool = True,
        inputs: int = 784,
        classes: int = 10,
    ) -> None:
        layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
        for number, width in enumerate(hidden, 1):
            layers[f"linear{number}"] = nn.Linear(inputs, width, bias=not batch_norm)
            if batch_norm:
                layers[f"norm{number}"] = nn.BatchNorm1d(width)
            layers |= {f"gelu{number}": nn.GELU(), f"dropout{number}": nn.Dropout(dropout)}
            inputs = width
        layers["head"] = nn.Linear(inputs, classes)
        super().__init__(OrderedDict(layers))

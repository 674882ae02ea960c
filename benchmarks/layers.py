"""Layers and losses one by one: forward and backward, to the input too, and a step if there are weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks.measure import Case, Contender
from benchmarks.twins import twins

# (N, H, W, C), output channels, kernel, further options
CONVOLUTIONS = {
    "conv3x3_32x32_3_32": ((64, 32, 32, 3), 32, 3, {"padding": 1}),
    "conv3x3_32x32_64_64": ((64, 32, 32, 64), 64, 3, {"padding": 1}),
    "conv3x3_16x16_64_64": ((64, 16, 16, 64), 64, 3, {"padding": 1}),
    "conv3x3_8x8_128_128": ((64, 8, 8, 128), 128, 3, {"padding": 1}),
    "conv1x1_16x16_64_128": ((64, 16, 16, 64), 128, 1, {}),
    "conv5x5_stride2_32x32_32_64": ((64, 32, 32, 32), 64, 5, {"padding": 2, "stride": 2}),
    "conv3x3_depthwise_32x32_64": ((64, 32, 32, 64), 64, 3, {"padding": 1, "groups": 64}),
}
IMAGES = (64, 32, 32, 64)
POOLS = {
    "max_pool_2x2": ("MaxPool2d", {"kernel_size": 2}),
    "max_pool_3x3_stride2": ("MaxPool2d", {"kernel_size": 3, "stride": 2}),
    "avg_pool_2x2": ("AvgPool2d", {"kernel_size": 2}),
    "avg_pool_3x3_stride2": ("AvgPool2d", {"kernel_size": 3, "stride": 2}),
}
ELEMENTS = (4, 2**20)
ELEMENTWISE = {
    "gelu": ("GELU", {}),
    "gelu_tanh": ("GELU", {"approximate": "tanh"}),
    "silu": ("SiLU", {}),
    "tanh": ("Tanh", {}),
    "relu": ("ReLU", {}),
}
RECURRENT = {"lstm": "LSTM", "gru": "GRU"}


def conv(shape: Sequence[int], out: int, kernel: int, options: dict[str, Any]) -> dict[str, Contender]:
    """A convolution with a bias."""
    return twins(lambda nn: nn.Conv2d(shape[-1], out, kernel, **options), shape, spatial=2)


def layer(name: str, options: dict[str, Any], shape: Sequence[int], spatial: int = 0) -> dict[str, Contender]:
    """A layer that takes its options by name."""
    return twins(lambda nn: getattr(nn, name)(**options), shape, spatial=spatial)


def cross_entropy(batch: int, classes: int) -> dict[str, Contender]:
    """Softmax cross entropy."""
    return twins(lambda nn: nn.Identity(), (batch, classes), labels=classes)


def dropout() -> dict[str, Contender]:
    """Dropout, of which only the figures are compared: which elements it keeps may hang on the processor."""
    made = layer("Dropout", {"p": 0.5}, ELEMENTS)
    return {name: Contender(contender.run) for name, contender in made.items()}


def recurrent(name: str) -> dict[str, Contender]:
    """35 steps of 20 sequences through two layers of 200 units."""
    return twins(lambda nn: getattr(nn, name)(200, 200, num_layers=2), (35, 20, 200))


def transformer() -> dict[str, Contender]:
    """8 sequences of 128 tokens, 256 numbers each, through a layer with 8 heads."""
    return twins(
        lambda nn: nn.TransformerEncoderLayer(256, 8, dim_feedforward=1024, dropout=0.0, batch_first=True),
        (8, 128, 256),
    )


CASES = (
    *(
        Case(
            name,
            f"Conv2d({shape[-1]}, {out}, {kernel}{''.join(f', {key}={options[key]}' for key in options)})"
            f" of {shape}",
            partial(conv, shape, out, kernel, options),
            against="torch",
            target=1.3,
            rtol=1e-4,
        )
        for name, (shape, out, kernel, options) in CONVOLUTIONS.items()
    ),
    *(
        Case(name, f"{cls}({options}) of {IMAGES}", partial(layer, cls, options, IMAGES, 2), "torch", 1.5)
        for name, (cls, options) in POOLS.items()
    ),
    Case(
        "batch_norm",
        f"BatchNorm2d(64) of {IMAGES}",
        partial(layer, "BatchNorm2d", {"num_features": 64}, IMAGES, 2),
        against="torch",
        target=1.5,
        rtol=1e-4,
    ),
    Case(
        "layer_norm",
        "LayerNorm(768) of (32, 128, 768)",
        partial(layer, "LayerNorm", {"normalized_shape": 768}, (32, 128, 768)),
        against="torch",
        target=1.5,
        rtol=1e-4,
    ),
    Case("cross_entropy_10", "4096 rows, 10 classes", partial(cross_entropy, 4096, 10), "torch", 1.5),
    Case("cross_entropy_10000", "256 rows, 10,000 classes", partial(cross_entropy, 256, 10000), "torch", 1.5),
    *(
        Case(name, f"{cls}({options}) of 4 Mi elements", partial(layer, cls, options, ELEMENTS), "torch", 1.5)
        for name, (cls, options) in ELEMENTWISE.items()
    ),
    Case("dropout", "Dropout(0.5) of 4 Mi elements", dropout, against="torch", target=1.5),
    *(
        Case(name, "T=35 B=20 H=200, two layers", partial(recurrent, cls), "torch", 1.0, rtol=1e-4)
        for name, cls in RECURRENT.items()
    ),
    Case("transformer_layer", "encoder layer, B=8 T=128 E=256 H=8", transformer, "torch", 1.2, rtol=1e-4),
)

"""The classes of npnn.nn, with the arguments and inputs that they are checked with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npnn import modules as nn
from npnn._typing import Array
from npnn.autograd.function import wrap
from npnn.gradient_check.subjects import Subject, module_subject
from npnn.random import fork_rng, manual_seed
from npnn.tensors import Tensor

Draw = Callable[[np.random.Generator], Any]
"""Draws an input. Gradients are checked by arrays of floating-point numbers; tensors are constants."""


@dataclass(frozen=True)
class Case:
    """A class of npnn.nn with its arguments, and what it is called on.

    Attributes:
        name: of the class.
        args: what it is made with; a Case among them is made first.
        options: the same by keyword.
        inputs: what it is called on.
        first: what the first input goes through before, or None.
    """

    name: str
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    inputs: tuple[Draw, ...] = ()
    first: Case | None = None

    def on(self, *inputs: Draw) -> Case:
        """The same called on these inputs."""
        return replace(self, inputs=inputs)

    def after(self, first: Case) -> Case:
        """The same of what another module makes of the first input."""
        return replace(self, first=first)

    def make(self) -> nn.Module:
        """Makes the module."""
        args = [value.make() if isinstance(value, Case) else value for value in self.args]
        made: nn.Module = getattr(nn, self.name)(*args, **dict(self.options))
        return made if self.first is None else _After(self.first.make(), made)

    def __repr__(self) -> str:
        return f"{self.name}({self.arguments()})"

    def arguments(self) -> str:
        """What stands between the brackets."""
        return ", ".join([*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.options)])


class _After(nn.Module):
    """A module of what another one makes of the first input."""

    def __init__(self, first: nn.Module, module: nn.Module) -> None:
        super().__init__()
        self.first = first
        self.module = module

    def forward(self, input: Tensor, *others: Tensor) -> Any:
        return self.module(self.first(input), *others)


def case(name: str, *args: Any, **options: Any) -> Case:
    """A row of the table, as one writes the call.

    Args:
        name: of the class.
        *args: what it is made with.
        **options: the same by keyword.

    Returns:
        The case, without inputs yet.

    Examples:
        >>> case("Linear", 3, 4, bias=False)
        Linear(3, 4, bias=False)
    """
    return Case(name, args, tuple(options.items()))


def normal(*shape: int) -> Draw:
    """Normal numbers."""
    return lambda random: random.standard_normal(shape)


def uniform(*shape: int, low: float = 0.1, high: float = 0.9) -> Draw:
    """Evenly distributed numbers; by default they are far enough from 0 and 1 for a logarithm."""
    return lambda random: random.uniform(low, high, shape)


def classes(count: int, *shape: int) -> Draw:
    """Numbers of classes; no gradient."""
    return lambda random: random.integers(count, size=shape)


def literal(values: Any) -> Draw:
    """The same each time; no gradient."""
    return lambda _: wrap(np.asarray(values))


def constant(draw: Draw) -> Draw:
    """What a draw gives, but no gradient."""
    return lambda random: wrap(draw(random))


def places(bound: int, *shape: int) -> Draw:
    """For each example and channel, different places of an input that has so many; no gradient."""

    def draw(random: np.random.Generator) -> Array:
        lead, spatial, channels = shape[0], shape[1:-1], shape[-1]
        size = int(np.prod(spatial))
        rows = [random.permutation(bound)[:size] for _ in range(lead * channels)]
        return np.moveaxis(np.reshape(rows, (lead, channels, *spatial)), 1, -1)

    return draw


_SIZES = {1: (7,), 2: (5, 4), 3: (4, 2, 3)}
_SMALL = {1: (4,), 2: (4, 3), 3: (4, 3, 2)}
"""Spatial sizes of inputs with one, two and three spatial axes."""

_POINTWISE = (
    *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid"),
    *("Mish", "ReLU", "ReLU6", "RReLU", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink", "Softsign"),
    *("Tanh", "Tanhshrink", "Identity"),
)
_WIDE: dict[str, Any] = {"dim_feedforward": 3, "dropout": 0.0}

CASES: tuple[Case, ...] = (
    # linear
    case("Linear", 3, 4).on(normal(2, 3)),
    case("Bilinear", 4, 3, 2).on(normal(5, 4), normal(5, 3)),
    case("LazyLinear", 4).on(normal(2, 3)),
    case("Embedding", 7, 3).on(classes(7, 2, 5)),
    *(case("EmbeddingBag", 7, 3, mode=mode).on(classes(7, 2, 5)) for mode in ("mean", "sum", "max")),
    # convolution
    *(
        case(f"Conv{n}d", 4, 6, (3, 2, 1)[:n], stride=2, padding=1).on(normal(2, *_SMALL[n], 4))
        for n in _SMALL
    ),
    case("Conv2d", 4, 6, (2, 3), groups=2, dilation=2, padding=2).on(normal(2, 4, 3, 4)),
    *(case(f"ConvTranspose{n}d", 4, 3, (3, 2, 1)[:n], stride=2).on(normal(2, *_SMALL[n], 4)) for n in _SMALL),
    *(case(f"LazyConv{n}d", 3, 2).on(normal(2, *_SMALL[n], 4)) for n in _SMALL),
    *(case(f"LazyConvTranspose{n}d", 3, 2).on(normal(2, *_SMALL[n], 4)) for n in _SMALL),
    case("Unfold", (2, 3), stride=2).on(normal(2, 5, 7, 3)),
    case("Fold", (4, 5), (2, 3)).on(normal(2, 9, 12)),
    # pooling
    *(case(f"MaxPool{n}d", 3, stride=2, padding=1).on(normal(2, *_SIZES[n], 2)) for n in _SIZES),
    *(case(f"AvgPool{n}d", 3, stride=2, padding=1).on(normal(2, *_SIZES[n], 2)) for n in _SIZES),
    *(case(f"LPPool{n}d", 2, 2).on(uniform(2, *_SIZES[n], 2)) for n in _SIZES),
    *(
        case(f"Adaptive{kind}Pool{n}d", 2).on(normal(2, *_SIZES[n], 2))
        for kind in ("Avg", "Max")
        for n in _SIZES
    ),
    *(case(f"FractionalMaxPool{n}d", 2, output_ratio=0.5).on(normal(2, *(4, 6, 5)[:n], 2)) for n in (2, 3)),
    *(
        case(f"MaxUnpool{n}d", 2).on(
            normal(2, *(2, 3, 2)[:n], 3), places((4, 24, 96)[n - 1], 2, *(2, 3, 2)[:n], 3)
        )
        for n in _SIZES
    ),
    # padding, and moving numbers about
    *(
        case(f"{kind}Pad{n}d", (1, 2, 0, 3, 2, 1)[: 2 * n]).on(normal(2, *(4, 6, 5)[:n], 3))
        for kind in ("Circular", "Reflection", "Replication", "Zero")
        for n in _SIZES
    ),
    *(case(f"ConstantPad{n}d", 1, 2.5).on(normal(2, *_SMALL[n], 3)) for n in _SMALL),
    case("Flatten").on(normal(2, 5, 3)),
    case("Unflatten", 1, (2, 5)).on(normal(3, 10)),
    case("PixelShuffle", 2).on(normal(2, 3, 5, 8)),
    case("PixelUnshuffle", 2).on(normal(2, 4, 6, 3)),
    case("ChannelShuffle", 3).on(normal(2, 5, 6)),
    *(
        case("Upsample", scale_factor=2, mode=mode).on(normal(2, *_SMALL[n], 3))
        for n, mode in ((1, "linear"), (2, "nearest"), (2, "bilinear"), (2, "bicubic"), (3, "trilinear"))
    ),
    case("UpsamplingNearest2d", scale_factor=3).on(normal(2, 4, 3, 5)),
    case("UpsamplingBilinear2d", scale_factor=3).on(normal(2, 4, 3, 5)),
    # activation
    *(case(name).on(normal(4, 2, 3)) for name in _POINTWISE),
    case("Threshold", 0.5, -7.0).on(normal(4, 2, 3)),
    case("PReLU", 3).on(normal(4, 3)),
    case("GLU").on(normal(4, 6)),
    *(case(name, -1).on(normal(4, 2, 3)) for name in ("Softmax", "LogSoftmax", "Softmin")),
    case("Softmax2d").on(normal(2, 5, 3, 4)),
    # normalisation, and dropout with the same numbers dropped each time
    *(
        case(f"{lazy}BatchNorm{n}d", *(() if lazy else (3,))).on(normal(2, *_SMALL[n], 3))
        for lazy in ("", "Lazy")
        for n in _SMALL
    ),
    *(
        case(f"{lazy}InstanceNorm{n}d", *(() if lazy else (3,)), affine=True).on(normal(2, *_SMALL[n], 3))
        for lazy in ("", "Lazy")
        for n in _SMALL
    ),
    case("SyncBatchNorm", 3).on(normal(4, 5, 3)),
    case("GroupNorm", 2, 6).on(normal(4, 5, 6)),
    case("LayerNorm", (3, 5)).on(normal(4, 3, 5)),
    case("RMSNorm", 5).on(normal(4, 5)),
    case("LocalResponseNorm", 3, alpha=0.5).on(normal(2, 4, 6)),
    # Its gradient is torch's, which is right only where every window holds all channels.
    case("CrossMapLRN2d", 13, alpha=0.5).on(normal(2, 3, 4, 6)),
    *(case(name).on(normal(4, 7)) for name in ("Dropout", "AlphaDropout", "FeatureAlphaDropout")),
    *(case(f"Dropout{n}d").on(normal(4, *(2, 3, 2)[:n], 5)) for n in (1, 2, 3)),
    # recurrent layers and transformers
    case("RNN", 3, 4, num_layers=2).on(normal(5, 2, 3), normal(2, 2, 4)),
    case("LSTM", 3, 4, proj_size=2).on(normal(5, 2, 3)),
    case("GRU", 3, 4, bidirectional=True).on(normal(5, 2, 3)),
    *(case(name, 3, 4).on(normal(2, 3)) for name in ("RNNCell", "LSTMCell", "GRUCell")),
    case("MultiheadAttention", 4, 2).on(normal(3, 2, 4), normal(5, 2, 4), normal(5, 2, 4)),
    case("TransformerEncoderLayer", 4, 2, **_WIDE).on(normal(3, 2, 4)),
    case("TransformerDecoderLayer", 4, 2, **_WIDE).on(normal(2, 1, 4), normal(3, 1, 4)),
    case("TransformerEncoder", case("TransformerEncoderLayer", 4, 2, **_WIDE), 2).on(normal(3, 1, 4)),
    case("TransformerDecoder", case("TransformerDecoderLayer", 4, 1, **_WIDE), 1).on(
        normal(2, 1, 4), normal(3, 1, 4)
    ),
    case("Transformer", 4, 1, num_encoder_layers=1, num_decoder_layers=1, **_WIDE).on(
        normal(2, 1, 4), normal(3, 1, 4)
    ),
    case("Sequential", case("Conv2d", 2, 3, 2), case("ReLU"), case("Flatten"), case("Linear", 24, 5)).on(
        normal(2, 3, 5, 2)
    ),
    # distances
    case("PairwiseDistance").on(normal(4, 3), normal(4, 3)),
    case("CosineSimilarity").on(normal(4, 3), normal(4, 3)),
    # losses
    *(
        case(name).on(normal(4, 3), normal(4, 3))
        for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
    ),
    case("CrossEntropyLoss", label_smoothing=0.2).on(normal(4, 5), classes(5, 4)),
    case("NLLLoss").on(normal(4, 5), classes(5, 4)),
    case("NLLLoss2d").on(normal(2, 4, 3, 5), classes(5, 2, 4, 3)),
    case("BCELoss").on(uniform(4, 3), constant(uniform(4, 3))),
    case("BCEWithLogitsLoss").on(normal(4, 3), constant(uniform(4, 3))),
    case("KLDivLoss", reduction="batchmean").on(normal(4, 3), constant(uniform(4, 3))),
    case("PoissonNLLLoss").on(normal(4, 3), constant(uniform(4, 3, high=5.0))),
    case("GaussianNLLLoss").on(normal(4, 3), normal(4, 3), uniform(4, 3)),
    case("SoftMarginLoss").on(normal(4, 3), literal([[1, -1, 1]])),
    case("HingeEmbeddingLoss").on(normal(4, 3), literal([[1.0, -1.0, -1.0]])),
    case("MultiMarginLoss").on(normal(4, 5), classes(5, 4)),
    case("MultiLabelMarginLoss").on(normal(2, 3), literal([[2, 0, -1], [1, -1, 0]])),
    case("MultiLabelSoftMarginLoss").on(normal(4, 3), constant(uniform(4, 3))),
    case("MarginRankingLoss", 0.5).on(normal(4), normal(4), literal([1.0, -1.0, 1.0, -1.0])),
    case("CosineEmbeddingLoss", 0.1).on(normal(3, 5), normal(3, 5), literal([1, -1, -1])),
    case("TripletMarginLoss").on(normal(4, 3), normal(4, 3), normal(4, 3)),
    case("TripletMarginWithDistanceLoss").on(normal(4, 3), normal(4, 3), normal(4, 3)),
    # Its gradient is torch's, which is that of the logits.
    case("CTCLoss")
    .on(normal(7, 3, 5), literal([[1, 1, 3], [3, 1, 2], [1, 3, 3]]), literal([7, 6, 5]), literal([3, 2, 1]))
    .after(case("LogSoftmax", -1)),
    case("LinearCrossEntropyLoss", 6, 5, bias=True).on(normal(4, 6), classes(5, 4)),
    case("AdaptiveLogSoftmaxWithLoss", 8, 20, cutoffs=[3, 7]).on(normal(9, 8), classes(20, 9)),
)


def module_subjects(name: str, seed: int = 0) -> Iterator[Subject]:
    """A class of npnn.nn, in each of its cases.

    Args:
        name: of the class.
        seed: of its weights and inputs.

    Yields:
        The subjects.

    Examples:
        >>> [(subject.name, subject.arguments) for subject in module_subjects("PReLU")]
        [('nn.PReLU', '3')]
    """
    for one in CASES:
        if one.name == name:
            random = np.random.default_rng(seed)
            # A deprecated layer is checked like any other, and a lazy one has nothing to draw at first.
            with fork_rng(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                manual_seed(seed)
                subject = module_subject(
                    f"nn.{name}", one.make(), *(draw(random) for draw in one.inputs), seed=seed
                )
            yield replace(subject, arguments=one.arguments())

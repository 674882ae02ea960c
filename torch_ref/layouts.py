"""The layout of all that passes between torch and npnn, as one table: declared, never guessed from a shape.

A `Layout` names the axes of an array in torch's order and in npnn's:

    Layout("out in -> in out")
    Layout("C H W -> H W C", "N C H W -> N H W C")

Of several patterns, that with as many axes as the array has applies, so an image without a batch axis is told
from a batch by the number of its axes, which its class has declared. `*name` stands for any number of axes,
and `(a b)` for one axis that runs through a and, for each of them, through b: the size of one of them must
then be known, as in `Layout("N (C S) -> N (S C)", C=3)`.

`MODULES` holds one row for each class of torch.nn and `FUNCTIONS` one for each function of
torch.nn.functional: the layout of every input, output, parameter and buffer that is not the same in both. To
use torch_ref on a layer of your own, add a row:

    MODULES["MyConv2d"] = ModuleLayout({"input": channels_last(2)}, channels_last(2), {"weight": KERNEL})
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class _Side(NamedTuple):
    """One side of a pattern: its axes, each a tuple of one name, or of several for a group in brackets."""

    axes: tuple[tuple[str, ...], ...]

    @property
    def run(self) -> int | None:
        """The place of the axis that stands for any number of axes, if there is one."""
        return next((place for place, names in enumerate(self.axes) if names[0].startswith("*")), None)

    def fits(self, ndim: int) -> bool:
        """Whether an array of so many axes can have these."""
        return ndim >= len(self.axes) - 1 if self.run is not None else ndim == len(self.axes)

    def spelled_out(self, ndim: int) -> list[tuple[str, ...]]:
        """The axes of an array of so many axes, with *d written as d0, d1, ..."""
        if self.run is None:
            return list(self.axes)
        name = self.axes[self.run][0][1:]
        count = ndim - len(self.axes) + 1
        named = [(f"{name}{number}",) for number in range(count)]
        return [*self.axes[: self.run], *named, *self.axes[self.run + 1 :]]


class Pattern(NamedTuple):
    """The axes of an array in torch's order and in npnn's."""

    torch: _Side
    npnn: _Side


@cache
def _parsed(text: str) -> Pattern:
    left, arrow, right = text.partition("->")
    torch, npnn = (
        _Side(tuple(tuple(token.strip("()").split()) for token in re.findall(r"\([^)]*\)|\S+", side)))
        for side in (left, right)
    )
    if not arrow or sorted(sum(torch.axes, ())) != sorted(sum(npnn.axes, ())):
        raise ValueError(
            f"a layout names the same axes on both sides of an arrow, as 'out in -> in out'; got {text!r}"
        )
    return Pattern(torch, npnn)


@dataclass(frozen=True, init=False)
class Layout:
    """How torch and npnn order the axes of one array.

    Args:
        *patterns: "torch's axes -> npnn's axes", one pattern for each number of axes that the array may have.
        floating_only: arrays of integers are the same in both, as targets that are classes are.
        **sizes: the sizes of axes, where they are known.

    Examples:
        >>> to_npnn(np.zeros((5, 3)), Layout("out in -> in out")).shape
        (3, 5)
    """

    patterns: tuple[str, ...]
    floating_only: bool
    sizes: tuple[tuple[str, int], ...]

    def __init__(self, *patterns: str, floating_only: bool = False, **sizes: int) -> None:
        for text in patterns:
            _parsed(text)
        object.__setattr__(self, "patterns", patterns)
        object.__setattr__(self, "floating_only", floating_only)
        object.__setattr__(self, "sizes", tuple(sorted(sizes.items())))

    def __str__(self) -> str:
        sizes = "".join(f", {name}={size}" for name, size in self.sizes)
        return " or ".join(repr(text) for text in self.patterns) + sizes

    def pattern(self, ndim: int, side: str) -> Pattern:
        """The pattern for an array of so many axes.

        Args:
            ndim: the number of axes.
            side: whose array it is, "torch" or "npnn".

        Raises:
            ValueError: none of the patterns has so many axes.
        """
        for text in self.patterns:
            pattern = _parsed(text)
            if getattr(pattern, side).fits(ndim):
                return pattern
        raise ValueError(f"an array of {ndim} axes does not fit the layout {self}")

    def fits(self, ndim: int, side: str) -> bool:
        """Whether there is a pattern for an array of so many axes."""
        return any(getattr(_parsed(text), side).fits(ndim) for text in self.patterns)

    def size(self, name: str) -> int | None:
        """The size of an axis, or None if it is not known."""
        return dict(self.sizes).get(name)

    def with_sizes(self, **sizes: int) -> Layout:
        """The same layout with the sizes of some axes known."""
        known: dict[str, Any] = {**dict(self.sizes), **sizes}
        return Layout(*self.patterns, floating_only=self.floating_only, **known)

    def alike(self, other: Layout) -> bool:
        """Whether both order their axes in the same way, whatever the sizes."""
        return self.patterns == other.patterns


def to_npnn(array: Array, layout: Layout) -> Array:
    """An array of torch's, as npnn orders it.

    Args:
        array: the array.
        layout: its layout.

    Returns:
        The array, which is `array` itself if nothing moves, and else a C-contiguous copy.

    Raises:
        ValueError: the array does not fit the layout.

    Examples:
        >>> to_npnn(np.zeros((8, 3, 32, 30)), channels_last(2)).shape
        (8, 32, 30, 3)
        >>> to_npnn(np.array([["c0s0", "c0s1", "c1s0", "c1s1"]]), Layout("N (C S) -> N (S C)", C=2))
        array([['c0s0', 'c1s0', 'c0s1', 'c1s1']], dtype='<U4')
    """
    return _rearranged(array, layout, "torch", "npnn")


def to_torch(array: Array, layout: Layout) -> Array:
    """An array of npnn's, as torch orders it.

    Args:
        array: the array.
        layout: its layout.

    Returns:
        The array, which is `array` itself if nothing moves, and else a C-contiguous copy.

    Raises:
        ValueError: the array does not fit the layout.

    Examples:
        >>> to_torch(np.zeros((5, 3, 4, 16)), KERNEL).shape
        (16, 4, 5, 3)
    """
    return _rearranged(array, layout, "npnn", "torch")


def shape_to_npnn(shape: Sequence[int], layout: Layout) -> tuple[int, ...]:
    """The sizes of an array of torch's, as npnn orders them: for arguments such as output_size.

    Args:
        shape: the sizes. Those that fit no pattern of the layout stay as they are.
        layout: the layout of an array of this shape, without groups.

    Examples:
        >>> shape_to_npnn((8, 3, 32, 30), channels_last(2))
        (8, 32, 30, 3)
    """
    return _reordered(shape, layout, "torch", "npnn")


def shape_to_torch(shape: Sequence[int], layout: Layout) -> tuple[int, ...]:
    """The sizes of an array of npnn's, as torch orders them.

    Args:
        shape: the sizes. Those that fit no pattern of the layout stay as they are.
        layout: the layout of an array of this shape, without groups.
    """
    return _reordered(shape, layout, "npnn", "torch")


def _reordered(shape: Sequence[int], layout: Layout, source: str, target: str) -> tuple[int, ...]:
    if not layout.fits(len(shape), source):
        return tuple(shape)
    pattern = layout.pattern(len(shape), source)
    here, there = (getattr(pattern, side).spelled_out(len(shape)) for side in (source, target))
    return tuple(shape[here.index(name)] for name in there)


def _rearranged(array: Array, layout: Layout, source: str, target: str) -> Array:
    if layout.floating_only and array.dtype.kind not in "fc":
        return array
    pattern = layout.pattern(array.ndim, source)
    here, there = (getattr(pattern, side).spelled_out(array.ndim) for side in (source, target))
    if here == there:
        return array
    sizes = dict(layout.sizes)
    for names, length in zip(here, array.shape, strict=True):
        _solve(names, length, sizes, layout)
    flat_here, flat_there = sum(here, ()), sum(there, ())
    apart = array.reshape([sizes[name] for name in flat_here])
    moved = apart.transpose([flat_here.index(name) for name in flat_there])
    return np.ascontiguousarray(moved.reshape([math.prod(sizes[name] for name in names) for names in there]))


def _solve(names: tuple[str, ...], length: int, sizes: dict[str, int], layout: Layout) -> None:
    """Adds the sizes of one axis's parts to `sizes`: at most one of them may be unknown."""
    unknown = [name for name in names if name not in sizes]
    if len(unknown) > 1:
        raise ValueError(
            f"the layout {layout} needs the size of {' or '.join(unknown)} to take its axis apart"
        )
    known = math.prod(sizes[name] for name in names if name in sizes)
    if unknown and known and length % known == 0:
        sizes[unknown[0]] = length // known
    elif unknown or known != length:
        raise ValueError(
            f"an axis of length {length} does not fit ({' '.join(names)}) in the layout {layout}"
        )


SAME = Layout("*axes -> *axes")
"""Nothing moves."""

ANY = Layout("*any -> *any")
"""Nothing moves, and the layer works whatever the layout is: its output has that of its input."""

MATRIX = Layout("out in -> in out")
"""Every matrix that torch applies as x @ W.T, and npnn as x @ W."""

FORM = Layout("out in1 in2 -> in1 in2 out")
"""A bilinear form for each feature that comes out."""

KERNEL = Layout("out in *kernel -> *kernel in out")
"""A convolution's kernels; `in` counts the channels of one group."""

TRANSPOSED_KERNEL = Layout("in out *kernel -> *kernel in out")
"""A transposed convolution's kernels; `out` counts the channels of one group."""

CLASS_SCORES = Layout("C -> C", "N C *d -> N *d C")
"""Scores of classes: for one sample, for a batch, for a batch with any further axes."""

CLASS_TARGETS = Layout("C -> C", "N C *d -> N *d C", floating_only=True)
"""Targets: integers name a class each and stay as they are, probabilities are laid out as the scores."""

CHANNELS_SECOND = Layout("N C *d -> N *d C", "*few -> *few")
"""Always a batch, with any number of further axes; what has fewer than two axes has no channels."""

IMAGES = Layout("*N C H W -> *N H W C")
"""Images, with any number of axes before them."""

WINDOWS = Layout("K L -> L K", "N K L -> N L K")
"""Windows of images as Unfold has them: K elements of each of L windows."""

_SPATIAL = {1: "L", 2: "H W", 3: "D H W"}


def channels_last(spatial: int, **sizes: int) -> Layout:
    """Sequences of channels, images or volumes, in a batch or alone.

    Args:
        spatial: the number of spatial axes: 1, 2 or 3.
        **sizes: `C=3` for three channels, where that is known.

    Examples:
        >>> print(channels_last(2, C=3))
        'C H W -> H W C' or 'N C H W -> N H W C', C=3
    """
    d = _SPATIAL[spatial]
    return Layout(f"C {d} -> {d} C", f"N C {d} -> N {d} C").with_sizes(**sizes)


@dataclass(frozen=True)
class ModuleLayout:
    """What is not the same in torch and npnn about the arrays of one class, or of one function.

    Attributes:
        inputs: the layout of arguments of forward, by name; those that are not named are the same in both.
            For a tuple of sizes, such as an output_size, it is that of an array of this shape.
        output: the layout of the output, or a tuple with that of each output.
        state: the layout of parameters and buffers, by name or by pattern (`weight_*`); likewise.
        channels: the attribute that tells how many channels come out, for layers that may change their
            number.
        renumbered: arguments that name axes, such as a Softmax's, are not the same in both, nor then is repr.
    """

    inputs: Mapping[str, Layout] = field(default_factory=dict)
    output: Layout | tuple[Layout, ...] = SAME
    state: Mapping[str, Layout] = field(default_factory=dict)
    channels: str | None = None
    renumbered: bool = False

    def of_input(self, name: str) -> Layout:
        """The layout of an argument of forward."""
        return self.inputs.get(name, SAME)

    def of_output(self, number: int) -> Layout:
        """The layout of an output."""
        if isinstance(self.output, Layout):
            return self.output
        return self.output[number]

    def of_state(self, name: str) -> Layout:
        """The layout of a parameter or buffer."""
        return next((layout for pattern, layout in self.state.items() if fnmatchcase(name, pattern)), SAME)


PLAIN = ModuleLayout()
POINTWISE = ModuleLayout({"input": ANY}, ANY)
_SCORES = ModuleLayout({"input": CLASS_SCORES, "target": CLASS_TARGETS})


def _over(spatial: int, channels: str | None = None, **state: Layout) -> ModuleLayout:
    """A layer from channels to channels over a number of spatial axes."""
    return ModuleLayout({"input": channels_last(spatial)}, channels_last(spatial), state, channels)


def _transposed(spatial: int) -> ModuleLayout:
    """A transposed convolution, which may be told the size of its output."""
    places = channels_last(spatial)
    return ModuleLayout(
        {"input": places, "output_size": places}, places, {"weight": TRANSPOSED_KERNEL}, "out_channels"
    )


def _over_any(channels: str | None = None) -> ModuleLayout:
    """A layer from channels to channels over any number of spatial axes."""
    return ModuleLayout({"input": CHANNELS_SECOND}, CHANNELS_SECOND, channels=channels)


def _unpooling(spatial: int) -> ModuleLayout:
    """A layer that puts values where indices say."""
    places = channels_last(spatial)
    return ModuleLayout({"input": places, "indices": places, "output_size": places}, places)


_PROJECTIONS = ModuleLayout(state={"*weight": Layout("axis -> axis", *MATRIX.patterns)})

MODULES: dict[str, ModuleLayout] = {
    # Whatever works element by element, or along an axis of any array.
    **dict.fromkeys(("Flatten", "Identity"), POINTWISE),
    **dict.fromkeys(("CELU", "ELU", "GELU", "LogSigmoid", "Mish", "SELU", "SiLU", "Sigmoid"), POINTWISE),
    **dict.fromkeys(("Softplus", "Softsign", "Tanh", "Tanhshrink"), POINTWISE),
    **dict.fromkeys(("Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "RReLU"), POINTWISE),
    **dict.fromkeys(("ReLU", "ReLU6", "Softshrink", "Threshold"), POINTWISE),
    **dict.fromkeys(("GLU", "LogSoftmax", "Softmax", "Softmin"), POINTWISE),
    "Softmax2d": _over(2),
    "PReLU": _over_any(),
    # Whatever has its features on the last axis in both.
    **dict.fromkeys(("Linear", "NonDynamicallyQuantizableLinear"), ModuleLayout(state={"weight": MATRIX})),
    "Bilinear": ModuleLayout(state={"weight": FORM}),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), PLAIN),
    **dict.fromkeys(("LayerNorm", "RMSNorm"), PLAIN),
    # Distances, along the last axis or one that is named.
    **dict.fromkeys(("CosineSimilarity", "PairwiseDistance"), PLAIN),
    # Losses that take each element by itself.
    **dict.fromkeys(("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss"), PLAIN),
    **dict.fromkeys(("GaussianNLLLoss", "KLDivLoss", "BCELoss", "BCEWithLogitsLoss"), PLAIN),
    **dict.fromkeys(("SoftMarginLoss", "HingeEmbeddingLoss"), PLAIN),
    # Losses of rows of scores or features, which stand on the last axis in both.
    **dict.fromkeys(("MultiMarginLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss"), PLAIN),
    **dict.fromkeys(("MarginRankingLoss", "CosineEmbeddingLoss", "CTCLoss"), PLAIN),
    **dict.fromkeys(("TripletMarginLoss", "TripletMarginWithDistanceLoss"), PLAIN),
    # Containers: what they hold has rows of its own.
    **dict.fromkeys(("Container", "Module", "ModuleDict", "ModuleList", "Sequential"), PLAIN),
    **dict.fromkeys(("ParameterDict", "ParameterList"), PLAIN),
    # Losses on class scores.
    "CrossEntropyLoss": _SCORES,
    "NLLLoss": _SCORES,
    "NLLLoss2d": _SCORES,
    "LinearCrossEntropyLoss": ModuleLayout({"target": CLASS_TARGETS}),
    "AdaptiveLogSoftmaxWithLoss": PLAIN,
    # Convolution, pooling and normalisation over 1, 2 and 3 spatial axes.
    **{f"Conv{n}d": _over(n, "out_channels", weight=KERNEL) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed(n) for n in (1, 2, 3)},
    **{
        f"{kind}Pool{n}d": _over(n)
        for kind in ("Max", "Avg", "LP", "AdaptiveMax", "AdaptiveAvg")
        for n in (1, 2, 3)
    },
    **{f"FractionalMaxPool{n}d": _over(n) for n in (2, 3)},
    **{f"MaxUnpool{n}d": _unpooling(n) for n in (1, 2, 3)},
    "Fold": ModuleLayout({"input": WINDOWS}, channels_last(2)),
    "Unfold": ModuleLayout({"input": channels_last(2)}, WINDOWS),
    **{f"InstanceNorm{n}d": _over(n, "num_features") for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": _over(n, "num_features") for n in (2, 3)},
    **dict.fromkeys(("BatchNorm1d", "SyncBatchNorm"), _over_any("num_features")),
    "GroupNorm": _over_any("num_channels"),
    "LocalResponseNorm": _over_any(),
    "CrossMapLRN2d": _over(2),
    # Pixels, which become channels and come of channels, and channels that change places. A number that is
    # known to be that of the channels is no longer so behind the first two.
    **dict.fromkeys(("PixelShuffle", "PixelUnshuffle"), ModuleLayout({"input": IMAGES}, IMAGES)),
    "ChannelShuffle": _over_any(),
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), _over_any()),
    # An axis spread over several, whatever these are.
    "Unflatten": PLAIN,
    # Dropout of elements, and of channels.
    **dict.fromkeys(("AlphaDropout", "Dropout"), POINTWISE),
    **{f"Dropout{n}d": _over(n) for n in (1, 3)},
    **dict.fromkeys(("Dropout2d", "FeatureAlphaDropout"), _over_any()),
    # Padding names the spatial axes.
    **{
        f"{kind}Pad{n}d": _over(n)
        for kind in ("Circular", "Constant", "Reflection", "Replication", "Zero")
        for n in (1, 2, 3)
    },
    # Attention and transformers, whose sequences are the same in both.
    **dict.fromkeys(
        ("MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerDecoder"), _PROJECTIONS
    ),
    **dict.fromkeys(("TransformerEncoderLayer", "TransformerDecoderLayer"), _PROJECTIONS),
    # Recurrent layers and cells, whose sequences and states are the same in both.
    **dict.fromkeys(
        ("RNN", "LSTM", "GRU", "RNNBase", "RNNCell", "LSTMCell", "GRUCell", "RNNCellBase"),
        ModuleLayout(state={"weight_*": MATRIX}),
    ),
}

# A lazy layer is laid out as that which it is going to be.
_LAZY = (
    "Linear",
    *(f"{kind}{n}d" for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for n in (1, 2, 3)),
)
MODULES.update({f"Lazy{name}": MODULES[name] for name in _LAZY})

FUNCTIONS: dict[str, ModuleLayout] = {
    **{
        f"conv{n}d": ModuleLayout({"input": channels_last(n), "weight": KERNEL}, channels_last(n))
        for n in (1, 2, 3)
    },
    **{
        f"conv_transpose{n}d": ModuleLayout(
            {"input": channels_last(n), "weight": TRANSPOSED_KERNEL}, channels_last(n)
        )
        for n in (1, 2, 3)
    },
    **dict.fromkeys(("conv_tbc", "grouped_mm", "pad"), PLAIN),
    "scaled_dot_product_attention": PLAIN,
    "multi_head_attention_forward": ModuleLayout(
        dict.fromkeys(
            ("in_proj_weight", "out_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"), MATRIX
        )
    ),
    **dict.fromkeys(("celu", "elu", "gelu", "logsigmoid", "mish", "selu", "sigmoid", "silu"), POINTWISE),
    **dict.fromkeys(("softplus", "softsign", "tanh", "tanhshrink"), POINTWISE),
    **dict.fromkeys(("hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "relu"), POINTWISE),
    **dict.fromkeys(("relu6", "rrelu", "softshrink", "threshold"), POINTWISE),
    **dict.fromkeys(("celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "rrelu_"), POINTWISE),
    **dict.fromkeys(("selu_", "threshold_"), POINTWISE),
    **dict.fromkeys(("glu", "gumbel_softmax", "log_softmax", "softmax", "softmin"), POINTWISE),
    "prelu": ModuleLayout({"input": CHANNELS_SECOND}, CHANNELS_SECOND),
    "linear": ModuleLayout({"weight": Layout("in -> in", *MATRIX.patterns)}),
    **dict.fromkeys(("cosine_similarity", "pairwise_distance", "pdist"), PLAIN),
    **dict.fromkeys(("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss"), PLAIN),
    **dict.fromkeys(("gaussian_nll_loss", "kl_div", "binary_cross_entropy"), PLAIN),
    **dict.fromkeys(("multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss"), PLAIN),
    **dict.fromkeys(("margin_ranking_loss", "cosine_embedding_loss", "ctc_loss"), PLAIN),
    **dict.fromkeys(("triplet_margin_loss", "triplet_margin_with_distance_loss"), PLAIN),
    **dict.fromkeys(("binary_cross_entropy_with_logits", "soft_margin_loss", "hinge_embedding_loss"), PLAIN),
    "cross_entropy": _SCORES,
    "nll_loss": _SCORES,
    "linear_cross_entropy": ModuleLayout(
        {
            "linear_weight": Layout("C *d in -> in *d C"),
            "linear_bias": Layout("C *d -> *d C"),
            "target": CLASS_TARGETS,
        }
    ),
    **{
        f"{kind}_pool{n}d{ending}": _over(n)
        for kind in ("max", "adaptive_max", "fractional_max")
        for ending in ("", "_with_indices")
        for n in ((2, 3) if kind == "fractional_max" else (1, 2, 3))
    },
    **{f"{kind}_pool{n}d": _over(n) for kind in ("avg", "lp", "adaptive_avg") for n in (1, 2, 3)},
    **{f"max_unpool{n}d": _unpooling(n) for n in (1, 2, 3)},
    **dict.fromkeys(("layer_norm", "rms_norm", "normalize"), PLAIN),
    **dict.fromkeys(("batch_norm", "instance_norm", "group_norm", "local_response_norm"), _over_any()),
    **dict.fromkeys(("alpha_dropout", "dropout"), POINTWISE),
    **{f"dropout{n}d": MODULES[f"Dropout{n}d"] for n in (1, 2, 3)},
    "feature_alpha_dropout": MODULES["FeatureAlphaDropout"],
    "bilinear": ModuleLayout({"weight": FORM}),
    **dict.fromkeys(("pixel_shuffle", "pixel_unshuffle"), MODULES["PixelShuffle"]),
    **dict.fromkeys(("channel_shuffle", "native_channel_shuffle"), _over_any()),
    "grid_sample": _over_any(),
    "affine_grid": ModuleLayout({"size": CHANNELS_SECOND}),
    **dict.fromkeys(("interpolate", "upsample", "upsample_nearest", "upsample_bilinear"), _over_any()),
    **dict.fromkeys(("embedding", "embedding_bag", "one_hot"), PLAIN),
    "fold": MODULES["Fold"],
    "unfold": MODULES["Unfold"],
}


def layout_of_call(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> ModuleLayout:
    """The layouts of one call of a function: those of its row, except where an argument decides.

    Padding names the last axes, whatever they mean, in constant mode; in the others it names spatial axes.

    Args:
        function: npnn's function.
        args: what it is called on.
        kwargs: the same by name.

    Examples:
        >>> from npnn.functional import pad
        >>> print(layout_of_call(pad, [None, (1, 2)], {"mode": "reflect"}).output)
        'C L -> L C' or 'N C L -> N L C'
    """
    name = getattr(function, "__name__", "")
    if name == "pad":
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        if given.get("mode", "constant") != "constant":
            return _over(len(given["pad"]) // 2)
    return FUNCTIONS.get(name, PLAIN)

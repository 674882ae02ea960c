"""The rows of `cases` for layers that hold layers or keep state, and for convolutions and padding."""

from __future__ import annotations

from typing import Any

from torch_ref.case import Case, case, literal, normal, packed

_LINEAR = case("Linear", 7, 5)
_RELU = case("ReLU")

_LAYERS: tuple[tuple[Case, ...], ...] = (
    (),
    (_LINEAR,),
    (_LINEAR, _RELU),
    (_RELU, _RELU, case("Linear", 7, 5, bias=False)),
    (case("Sequential", _LINEAR), case("Sequential")),
    (case("BatchNorm1d", 7), _LINEAR, case("Dropout", 0.25)),
    (case("Conv2d", 4, 6, (2, 3), groups=2), case("ConvTranspose1d", 4, 6, 3)),
    (case("GRU", 3, 5), case("LSTMCell", 3, 4)),
    (case("ModuleList", [_LINEAR, case("Tanh")]),),
    (case("ModuleDict", {"first": _LINEAR, "second": case("PReLU", 3)}), _RELU),
    (case("Embedding", 9, 4, padding_idx=2),),
)
"""What containers hold."""

_PARAMETERS: tuple[tuple[Any, ...], ...] = (
    (),
    (normal(3),),
    (normal(),),
    (normal(4, 3), normal(5)),
    (normal(0, 3),),
    (normal(2, 1, 3), normal(3, 2)),
    (normal(4, 3), normal(2), normal(5, 1, 2, 3)),
    (normal(1), normal(1, 1), normal(2, 1)),
    (normal(7, 2),) * 2,
    (normal(2),) * 12,
)
"""What lists and dictionaries of parameters hold."""


def _named(values: tuple[Any, ...]) -> dict[str, Any]:
    return {f"part{number}": value for number, value in enumerate(values)}


_RECURRENT: tuple[dict[str, Any], ...] = (
    {},
    {"num_layers": 2},
    {"bias": False},
    {"batch_first": True},
    {"dropout": 0.5},
    {"bidirectional": True},
    {"num_layers": 3, "bidirectional": True, "bias": False},
    {"num_layers": 2, "batch_first": True, "dropout": 0.25},
)
_GATES: dict[str, dict[str, Any]] = {
    "RNN": {"nonlinearity": "relu"},
    "LSTM": {"proj_size": 3},
    "GRU": {"bias": False},
}
"""An option that only this class has, or that stands for those that all have."""

_DECODERS: tuple[dict[str, Any], ...] = (
    {},
    {"dropout": 0.5},
    {"activation": "gelu"},
    {"norm_first": True},
    {"bias": False},
    {"batch_first": True},
    {"layer_norm_eps": 0.25, "dim_feedforward": 1},
    {"norm_first": True, "bias": False, "dropout": 0.25},
)
_WIDE: dict[str, Any] = {"dim_feedforward": 9, "dropout": 0.0}

_SEQUENTIAL = (
    case("Sequential").on(normal(4, 7)),
    case("Sequential", _LINEAR).on(normal(7)),
    case("Sequential", _LINEAR, _RELU, case("Linear", 5, 3, bias=False)).on(normal(2, 4, 7)),
    case("Sequential", case("Sequential", _LINEAR, case("Tanh")), case("Sequential")).on(normal(4, 7)),
    case("Sequential", case("Linear", 4, 6), case("BatchNorm1d", 6), case("GELU")).on(normal(5, 4)),
    case("Sequential", case("Linear", 4, 6), case("BatchNorm1d", 6)).eval().on(normal(5, 4)),
    case("Sequential", case("Dropout", 0.25), case("Linear", 4, 6), case("AlphaDropout")).on(normal(5, 4)),
    case("Sequential", case("Conv2d", 2, 3, (3, 2)), _RELU, case("MaxPool2d", 2)).on(normal(2, 7, 6, 2)),
    case("Sequential", case("Conv1d", 2, 6, 3, stride=2), case("GroupNorm", 2, 6)).on(normal(3, 9, 2)),
    case("Sequential", case("LayerNorm", 4), case("Softmax", -1)).on(normal(2, 3, 4)),
    case("Sequential", case("Conv2d", 2, 3, 2), case("Flatten"), case("Linear", 24, 5)).on(
        normal(2, 3, 5, 2)
    ),
)


NETWORKS: tuple[Case, ...] = (
    case("Identity", 54, unused=1).on(normal()),
    *(case("Identity").on(normal(*shape)) for shape in ((), (7,), (0, 3), (1, 1), (4, 3), (2, 5, 4, 3))),
    case("Identity").on(literal([-0.0, 1e30, 1e-30])),
    case("Identity", "anything").eval().on(normal(4, 3)),
    case("Flatten", -2).on(normal(2, 5, 3)),
    case("Flatten", 2, 2).on(normal(2, 5, 3)),
    case("Flatten", 1, -2).on(normal(2, 5, 3, 4)),
    # containers; those that are not called agree in names, parameters and repr
    *_SEQUENTIAL,
    *(case("ModuleList", list(layers)) for layers in _LAYERS),
    *(case("ModuleDict", _named(layers)) for layers in _LAYERS),
    *(case("Container", **_named(layers)) for layers in _LAYERS),
    case("Module"),
    case("Module").eval(),
    *(case("ParameterList", list(values)) for values in _PARAMETERS),
    *(case("ParameterDict", _named(values)) for values in _PARAMETERS),
    # recurrent layers
    *(
        case("RNNBase", mode, 3, 4, **options)
        for mode in ("LSTM", "GRU", "RNN_TANH", "RNN_RELU")
        for options in ({}, {"num_layers": 2, "bias": False}, {"bidirectional": True})
    ),
    *(
        case("RNNCellBase", inputs, hidden, bias, chunks)
        for inputs, hidden in ((3, 4), (5, 2))
        for bias in (True, False)
        for chunks in (1, 3, 4)
    ),
    *(
        case(name, 3, 4, **options).on(packed(lengths, 3))
        for name, own in _GATES.items()
        for options in (*({**one, "num_layers": one.get("num_layers", 2)} for one in _RECURRENT), own)
        for lengths in ([5, 4, 2], [2, 5, 1, 3])
    ),
    *(
        case(name, 3, 4, num_layers=2, bidirectional=True).on(packed([2, 5, 3], 3), normal(4, 3, 4))
        for name in ("RNN", "GRU")
    ),
    case("LSTM", 3, 4, proj_size=2).on(packed([2, 5, 3], 3), (normal(1, 3, 2), normal(1, 3, 4))),
    # transformers
    *(
        case("TransformerDecoder", case("TransformerDecoderLayer", 6, 2, **{**_WIDE, **options}), 2).on(
            normal(4, 4, 6), normal(4, 4, 6)
        )
        for options in _DECODERS
    ),
    case("TransformerDecoder", case("TransformerDecoderLayer", 6, 3, **_WIDE), 1).on(
        normal(5, 6), normal(3, 6)
    ),
    case(
        "TransformerDecoder", case("TransformerDecoderLayer", 6, 3, **_WIDE), 2, norm=case("LayerNorm", 6)
    ).on(normal(5, 2, 6), normal(3, 2, 6)),
    case("TransformerDecoder", case("TransformerDecoderLayer", 6, 1, **_WIDE), 3)
    .eval()
    .on(normal(5, 2, 6), normal(3, 2, 6)),
    case("TransformerDecoder", case("TransformerDecoderLayer", 6, 2, **_WIDE), 1).on(
        normal(3, 2, 6), normal(4, 2, 6), literal([[False, True, True], [False, False, True], [False] * 3])
    ),
    # convolutions over what torch's database has little of
    *(
        case(f"Conv{n}d", 4, 6, kernel[:n], **options).on(normal(2, *(7, 6, 5)[:n], 4))
        for n in (1, 2, 3)
        for kernel in ((3, 2, 1), (2, 3, 2))
        for options in (
            {"stride": 2},
            {"padding": 1, "dilation": 2},
            {"groups": 2, "bias": False},
            {"groups": 2, "padding": 1, "padding_mode": "reflect"},
            {"padding": 1, "padding_mode": "circular"},
            {"padding": "same", "padding_mode": "replicate"},
        )
    ),
    *(
        case(f"ConvTranspose{n}d", 4, 6, kernel[:n], **options).on(normal(2, *(4, 3, 2)[:n], 4))
        for n in (1, 2, 3)
        for kernel in ((3, 2, 1), (2, 3, 2))
        for options in (
            {"stride": 2, "output_padding": 1},
            {"dilation": 2, "bias": False},
            {"groups": 2, "stride": 2},
        )
    ),
    # images of other sizes
    case("PixelShuffle", 2).on(normal(3, 2, 5, 8)),
    case("PixelUnshuffle", 2).on(normal(3, 4, 6, 5)),
    case("UpsamplingNearest2d", scale_factor=3).on(normal(2, 4, 3, 5)),
    case("UpsamplingBilinear2d", scale_factor=3).on(normal(2, 4, 3, 5)),
    # padding, with a size for each side
    *(
        case(f"{kind}Pad{n}d", (1, 2, 0, 3, 2, 1)[: 2 * n]).on(normal(*batch, *(4, 6, 5)[:n], 3))
        for kind in ("Circular", "Reflection", "Replication", "Zero")
        for n in (1, 2, 3)
        for batch in ((), (2,))
    ),
    *(
        case(f"ConstantPad{n}d", sizes[: 2 * n], -1.5).on(normal(2, *(4, 6, 5)[:n], 3))
        for n in (1, 2, 3)
        for sizes in ((1, 2, 0, 3, 2, 1), (-1, 2, 1, -2, 0, -1))
    ),
)

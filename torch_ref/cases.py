"""The table of cases: one line for each, from which come the differential suite and the golden vectors.

    case("Linear", 7, 5, bias=False).on(normal(4, 7))

is `nn.Linear(7, 5, bias=False)` called on one array, (4, 7), of normal numbers. Shapes are npnn's, channels
last, and no two sizes are equal: where they are, a transposed axis goes unseen. What torch's own database has
in plenty is not repeated here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torch_ref.case import Case, case, classes, literal, normal, places, probabilities, uniform
from torch_ref.network_cases import NETWORKS

_REDUCTIONS = ("mean", "sum", "none")
_BAGS = ("sum", "mean", "max")
_LEADS: tuple[tuple[int, ...], ...] = ((), (2,), (2, 4))
_ROWS = ((7,), (4, 7), (2, 3, 7), (0, 7), (2, 1, 3, 7))
_NORM_OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"momentum": None},
    {"eps": 0.5, "momentum": 0.7},
    {"affine": False},
    {"bias": False},
    {"track_running_stats": False},
    {"eps": 1e-2, "momentum": 0.3, "affine": False},
    {"bias": False, "momentum": 0.0},
    {"eps": 1e-3, "bias": False, "track_running_stats": False},
    {"momentum": 1.0, "affine": False},
)

_SMOOTH = (
    *("CELU", "ELU", "GELU", "LogSigmoid", "Mish", "SELU", "SiLU"),
    *("Softplus", "Softsign", "Tanhshrink"),
)
_PIECEWISE = ("Hardshrink", "Hardswish", "Hardtanh", "LeakyReLU", "ReLU6", "Softshrink")
_INPLACE = ("CELU", "ELU", "Hardswish", "Hardtanh", "LeakyReLU", "Mish", "RReLU", "ReLU6", "SELU", "SiLU")
_KINKS = [-7.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0]

_SIZES = {1: (7,), 2: (5, 7), 3: (4, 3, 5)}
"""Spatial sizes, and below options for so many axes: kernel_size, dilation, padding, stride."""

_FOLDED = (
    (2, 1, 0, 1),
    ((2, 3), 1, 0, 1),
    ((3, 1), 1, 0, (2, 3)),
    (2, (2, 3), 0, 1),
    (3, 1, (1, 2), 2),
    ((1, 4), 1, (0, 3), (3, 1)),
    ((2, 3), 2, 1, (1, 2)),
    ((5, 7), 1, 0, 1),
    (1, 1, 0, 2),
    (2, 3, 2, 3),
)
_UNPOOLED: tuple[tuple[int, dict[str, int], int | None], ...] = (
    (2, {"stride": 2}, None),
    (2, {"padding": 1}, None),
    (3, {"stride": 2}, None),
    (3, {"stride": 3, "padding": 1}, None),
    (3, {"stride": 2, "padding": 1}, None),
    (2, {"stride": 3}, 1),
    (2, {}, 1),
    (2, {}, -1),
    (4, {"stride": 3, "padding": 2}, 2),
    (5, {"stride": 2}, 0),
)
"""Kernel size, options, and by how much the size that is asked for is more than the default."""


def _fold_cases(kernel: Any, dilation: Any, padding: Any, stride: Any) -> tuple[Case, Case]:
    """Unfold on images of 5 by 7, and Fold back."""
    pairs = [(each, each) if isinstance(each, int) else each for each in (kernel, dilation, padding, stride)]
    blocks = [
        (size + 2 * p - d * (k - 1) - 1) // s + 1 for size, k, d, p, s in zip(_SIZES[2], *pairs, strict=True)
    ]
    rows = normal(1, math.prod(blocks), 2 * math.prod(pairs[0]))
    return (
        case("Unfold", kernel, dilation, padding, stride).on(normal(1, *_SIZES[2], 2)),
        case("Fold", _SIZES[2], kernel, dilation, padding, stride).on(rows),
    )


def _unpool_case(axes: int, kernel: int, options: dict[str, int], more: int | None) -> Case:
    """Unpooling of 2 elements along the first axis, 3 along the next, and 2 along the last of three."""
    pooled = (2, 3, 2)[:axes]
    stride, padding = options.get("stride", kernel), options.get("padding", 0)
    wanted = tuple((size - 1) * stride - 2 * padding + kernel + (more or 0) for size in pooled)
    index = places(math.prod(wanted), 1, *pooled, 2)
    inputs = (normal(1, *pooled, 2), index) + (() if more is None else (wanted,))
    return case(f"MaxUnpool{axes}d", kernel, **options).on(*inputs)


CASES: tuple[Case, ...] = (
    # linear
    case("Identity").on(normal(2, 5, 3)),
    case("Identity", 54, unused=1).on(normal()),
    case("Linear", 7, 5).on(normal(4, 7)),
    case("Linear", 7, 5).on(normal(7)),
    case("Linear", 7, 5).on(normal(2, 3, 4, 7)),
    case("Linear", 7, 5, bias=False).on(normal(4, 7)),
    case("Linear", 7, 5, bias=False).on(normal(2, 3, 7)),
    case("Linear", 7, 5).on(normal(0, 7)),
    case("Linear", 1, 5).on(normal(4, 1)),
    case("Linear", 7, 1).on(normal(4, 7)),
    # activation
    case("ReLU").on(normal(2, 5, 3)),
    case("ReLU").on(literal([-1.5, -0.0, 0.0, 2.5, -np.inf, np.inf])),
    case("ReLU", inplace=True).on(normal(4, 3)),
    case("ReLU").on(normal(0, 3)),
    case("Sigmoid").on(normal(2, 5, 3)),
    case("Sigmoid").on(literal([-1000.0, -40.0, -1e-9, 0.0, 40.0, 1000.0])),
    case("Tanh").on(normal(2, 5, 3)),
    case("Tanh").on(literal([-400.0, -1e-9, 0.0, 3.0, 400.0])),
    *(case(name, dim).on(normal(4, 2, 3)) for name in ("Softmax", "LogSoftmax") for dim in (0, 1, 2, -1, -3)),
    *(case(name, dim=0).on(normal(5)) for name in ("Softmax", "LogSoftmax")),
    *(
        case(name, dim=-1).on(literal([[1e4, 0.0, -1e4], [-1e4, -1e4, 2.0]]))
        for name in ("Softmax", "LogSoftmax")
    ),
    *(case(name, dim=1).on(normal(0, 3)) for name in ("Softmax", "LogSoftmax")),
    *(case(name).on(normal(4, 2, 3)) for name in _SMOOTH + _PIECEWISE),
    *(case(name).on(literal([-40.0, -9.0, -2.0, 0.0, 2.0, 9.0, 40.0])) for name in _SMOOTH),
    *(case(name).on(literal(_KINKS)) for name in (*_PIECEWISE, "ELU", "CELU", "SELU")),
    *(case(name, inplace=True).on(normal(4, 3)) for name in _INPLACE),
    case("ELU", 1.7).on(normal(4, 3)),
    case("CELU", 0.3).on(normal(4, 3)),
    case("GELU", approximate="tanh").on(literal([-30.0, -2.0, 0.0, 2.0, 30.0])),
    case("Softplus", beta=2.5, threshold=1.5).on(literal([-300.0, -2.0, 0.5, 0.7, 300.0])),
    case("Threshold", 0.5, -7.0).on(literal([-2.0, 0.5, 0.75])),
    case("Hardtanh", -0.5, 2.0).on(literal([-2.0, -0.5, 0.0, 2.0, 3.0])),
    case("LeakyReLU", 0.2).on(normal(4, 3)),
    case("Hardshrink", 1.0).on(literal([-2.0, -1.0, 0.5, 1.0, 1.5])),
    case("Softshrink", 1.0).on(literal([-2.0, -1.0, 0.5, 1.0, 1.5])),
    *(case("Hardsigmoid").on(normal(*shape)) for shape in ((), (7,), (0, 3), (4, 3), (2, 5, 3, 4))),
    *(case("Hardsigmoid", inplace=True).on(normal(*shape)) for shape in ((7,), (4, 3), (2, 3, 5))),
    case("Hardsigmoid").on(literal([-4.0, -3.0, 0.0, 3.0, 4.0])),
    case("Hardsigmoid").on(uniform(5, 7, low=-9.0, high=9.0)),
    *(case("RReLU").on(normal(*shape)) for shape in ((), (7,), (0, 3), (4, 3), (2, 5, 3, 4))),
    *(case("RReLU", 0.2, 0.9).on(normal(*shape)).eval() for shape in ((7,), (4, 3), (2, 3, 5))),
    case("RReLU", 0.25, 0.25).on(normal(4, 3)),
    case("RReLU", -0.5, 1.5).on(literal([-4.0, 0.0, -0.0, 3.0])),
    case("PReLU").on(normal(4, 2, 3)),
    case("PReLU", 3, init=0.75).on(normal(4, 2, 3)),
    case("PReLU", 3).on(normal(4, 3)),
    case("PReLU", 3).on(normal(0, 5, 3)),
    # At 0 the first derivative is that from the left, and torch's derivative of it that from the right.
    case("PReLU").on(literal([-4.0, 0.0, 3.0])),
    *(case("GLU", dim).on(normal(4, 2, 6)) for dim in (0, 1, 2, -1)),
    *(case("Softmin", dim).on(normal(4, 2, 3)) for dim in (0, 1, -1)),
    case("Softmax2d").on(normal(4, 2, 5, 3)),
    case("Softmax2d").on(normal(2, 5, 3)),
    # flatten
    case("Flatten").on(normal(2, 5, 3, 4)),
    case("Flatten").on(normal(2, 5)),
    case("Flatten", 0).on(normal(2, 5, 3)),
    case("Flatten", 1, 2).on(normal(2, 5, 3, 4)),
    case("Flatten", start_dim=-3, end_dim=-2).on(normal(2, 5, 3, 4)),
    case("Flatten", 0, -1).on(normal()),
    case("Flatten").on(normal(0, 5, 3)),
    # loss
    *(case("MSELoss", reduction=r).on(normal(4, 3), normal(4, 3)) for r in _REDUCTIONS),
    case("MSELoss").on(normal(), normal()),
    case("MSELoss", reduction="sum").on(normal(0, 3), normal(0, 3)),
    *(case("NLLLoss", reduction=r).on(normal(4, 5), classes(5, 4)) for r in _REDUCTIONS),
    *(
        case("NLLLoss", uniform(5), reduction=r).on(normal(4, 2, 3, 5), classes(5, 4, 2, 3))
        for r in _REDUCTIONS
    ),
    *(case("NLLLoss", ignore_index=1, reduction=r).on(normal(9, 3), classes(3, 9)) for r in _REDUCTIONS),
    case("NLLLoss", uniform(3), ignore_index=-7).on(normal(4, 3), literal([2, -7, 0, -7])),
    case("NLLLoss", ignore_index=1).on(normal(2, 3), literal([1, 1])),
    case("NLLLoss").on(normal(5), literal(3)),
    case("NLLLoss", reduction="sum").on(normal(0, 5), classes(5, 0)),
    *(case("CrossEntropyLoss", reduction=r).on(normal(4, 5), classes(5, 4)) for r in _REDUCTIONS),
    *(case("CrossEntropyLoss", reduction=r).on(normal(4, 2, 3, 5), classes(5, 4, 2, 3)) for r in _REDUCTIONS),
    *(case("CrossEntropyLoss", reduction=r).on(normal(4, 2, 5), probabilities(4, 2, 5)) for r in _REDUCTIONS),
    *(
        case("CrossEntropyLoss", uniform(5), ignore_index=2, label_smoothing=0.3, reduction=r).on(
            normal(4, 3, 5), classes(5, 4, 3)
        )
        for r in _REDUCTIONS
    ),
    *(
        case("CrossEntropyLoss", uniform(5), label_smoothing=0.3, reduction=r).on(
            normal(4, 5), probabilities(4, 5)
        )
        for r in _REDUCTIONS
    ),
    case("CrossEntropyLoss", label_smoothing=1.0).on(normal(4, 5), classes(5, 4)),
    case("CrossEntropyLoss", ignore_index=-7).on(normal(4, 3), literal([2, -7, 0, -7])),
    # No target counts: torch's mean is nan, its gradient 0, and the second derivative of that is nan.
    case("CrossEntropyLoss", ignore_index=1).on(normal(2, 3), literal([1, 1])),
    case("CrossEntropyLoss", ignore_index=1, label_smoothing=0.3).on(normal(2, 3), literal([1, 1])),
    case("CrossEntropyLoss").on(normal(5), literal(3)),
    case("CrossEntropyLoss").on(normal(5), probabilities(5)),
    case("CrossEntropyLoss").on(literal([[1e4, 0.0, -1e4], [-1e4, -1e4, 2.0]]), literal([2, 0])),
    case("CrossEntropyLoss", reduction="sum").on(normal(0, 5), classes(5, 0)),
    # other losses: of each element, with margins, of sequences, with layers of their own
    *(case("NLLLoss2d", reduction=r).on(normal(2, 4, 3, 5), classes(5, 2, 4, 3)) for r in _REDUCTIONS),
    *(
        case("NLLLoss2d", uniform(5), ignore_index=1, reduction=r).on(normal(2, 4, 3, 5), classes(5, 2, 4, 3))
        for r in _REDUCTIONS
    ),
    *(case("NLLLoss2d", ignore_index=i).on(normal(2, 4, 3, 3), classes(3, 2, 4, 3)) for i in (-100, 0, 1, 2)),
    case("NLLLoss2d", reduction="sum").on(normal(0, 4, 3, 5), classes(5, 0, 4, 3)),
    case("L1Loss").on(normal(4, 3), normal(4, 3)),
    case("L1Loss", reduction="none").on(literal([1.0, 2.0, 0.5]), literal([1.0, 4.0, 0.25])),
    *(case("SmoothL1Loss", beta=b).on(normal(4, 3), normal(4, 3)) for b in (0.0, 0.3, 2.0)),
    *(case("HuberLoss", delta=d, reduction="sum").on(normal(4, 3), normal(4, 3)) for d in (0.3, 2.0)),
    *(
        case("PoissonNLLLoss", log_input=log, full=full).on(uniform(4, 3), uniform(4, 3, high=5.0))
        for log in (True, False)
        for full in (True, False)
    ),
    *(
        case("GaussianNLLLoss", full=full, eps=0.1).on(normal(4, 3), normal(4, 3), uniform(*shape))
        for full, shape in ((True, (4, 3)), (False, (4, 1)), (False, (1, 3)), (True, (4,)))
    ),
    case("KLDivLoss", reduction="batchmean").on(normal(4, 3), probabilities(4, 3)),
    case("KLDivLoss", reduction="sum", log_target=True).on(normal(4, 3), normal(4, 3)),
    case("KLDivLoss", reduction="batchmean").on(normal(), uniform()),
    *(case("BCELoss", uniform(3), reduction=r).on(uniform(4, 3), uniform(4, 3)) for r in _REDUCTIONS),
    case("BCELoss", reduction="none").on(literal([0.0, 1.0, 1.0, 0.5]), literal([0.0, 1.0, 1.0, 0.0])),
    *(
        case("BCEWithLogitsLoss", uniform(4, 1), pos_weight=uniform(3, high=4.0), reduction=r).on(
            normal(4, 3), uniform(4, 3)
        )
        for r in _REDUCTIONS
    ),
    case("BCEWithLogitsLoss").on(literal([-800.0, -1e-9, 0.0, 800.0]), literal([1.0, 0.0, 0.5, 0.0])),
    case("SoftMarginLoss").on(normal(4, 3), literal([[1, -1, 1]])),
    case("HingeEmbeddingLoss", 0.7).on(normal(4, 3), literal([[1.0, -1.0, -1.0]])),
    *(
        case("MultiMarginLoss", p, 0.7, uniform(5), reduction=r).on(normal(4, 5), classes(5, 4))
        for p in (1, 2)
        for r in _REDUCTIONS
    ),
    case("MultiMarginLoss", 2).on(normal(5), literal(3)),
    *(
        case("MultiLabelMarginLoss", reduction=r).on(
            normal(4, 3), literal([[2, 0, -1], [-1, 1, 2], [1, 1, 0], [0, 1, 2]])
        )
        for r in _REDUCTIONS
    ),
    *(
        case("MultiLabelSoftMarginLoss", uniform(3), reduction=r).on(normal(4, 3), uniform(4, 3))
        for r in _REDUCTIONS
    ),
    case("MarginRankingLoss", 0.5).on(normal(4), normal(4), literal([1.0, -1.0, 1.0, -1.0])),
    *(
        case("CosineEmbeddingLoss", 0.1, reduction=r).on(normal(3, 5), normal(3, 5), literal([1, -1, -1]))
        for r in _REDUCTIONS
    ),
    *(
        case("TripletMarginLoss", swap=swap, reduction=r).on(normal(4, 3), normal(4, 3), normal(4, 3))
        for swap in (True, False)
        for r in _REDUCTIONS
    ),
    *(
        case("TripletMarginLoss", 0.2, p).on(normal(4, 3), normal(4, 3), normal(4, 3))
        for p in (1, 2.5, np.inf, 0.5)
    ),
    case("TripletMarginLoss", eps=0.3).on(normal(3), normal(3), normal(3)),
    case("TripletMarginLoss", 2.0).on(normal(4, 3), normal(1, 3), normal(4, 1)),
    case("TripletMarginLoss", reduction="sum").on(normal(0, 3), normal(0, 3), normal(0, 3)),
    *(
        case("TripletMarginWithDistanceLoss", swap=swap, reduction=r).on(
            normal(4, 3), normal(4, 3), normal(4, 3)
        )
        for swap in (True, False)
        for r in _REDUCTIONS
    ),
    *(
        case("TripletMarginWithDistanceLoss", margin=m).on(normal(2, 4, 3), normal(2, 4, 3), normal(2, 4, 3))
        for m in (0.01, 2.0, 50.0)
    ),
    case("TripletMarginWithDistanceLoss").on(normal(3), normal(3), normal(3)),
    case("TripletMarginWithDistanceLoss", reduction="sum").on(normal(0, 3), normal(0, 3), normal(0, 3)),
    *(
        case("CTCLoss", blank, reduction=r).on(
            normal(7, 3, 5),
            literal([[1, 1, 3], [3, 1, 0], [1, 3, 3]]),
            literal([7, 6, 4]),
            literal([3, 2, 1]),
        )
        for blank in (2, 4)
        for r in _REDUCTIONS
    ),
    *(
        case("CTCLoss", zero_infinity=zero, reduction=r).on(
            normal(3, 3, 4), literal([1, 1, 2, 2, 2]), literal([3, 2, 1]), literal([2, 0, 3])
        )
        for zero, r in ((True, "mean"), (True, "none"), (False, "none"))
    ),
    case("CTCLoss").on(normal(6, 4), literal([2, 3, 3]), literal(6), literal(3)),
    *(
        case("LinearCrossEntropyLoss", 6, 5, weight=uniform(5), bias=bias, reduction=r).on(
            normal(4, 6), classes(5, 4)
        )
        for bias in (True, False)
        for r in _REDUCTIONS
    ),
    case("LinearCrossEntropyLoss", 6, 5, out_features=(2, 3), bias=True, label_smoothing=0.2).on(
        normal(4, 6), classes(5, 4, 2, 3)
    ),
    case("LinearCrossEntropyLoss", 6, 5, out_features=(2,), bias=True).on(
        normal(4, 6), probabilities(4, 2, 5)
    ),
    *(
        case("AdaptiveLogSoftmaxWithLoss", 8, 20, cutoffs=c, div_value=2.0, head_bias=bias).on(
            normal(9, 8), classes(20, 9)
        )
        for c in ([5], [3, 7], [2, 6, 15], [19])
        for bias in (True, False)
    ),
    case("AdaptiveLogSoftmaxWithLoss", 17, 20, [4, 10]).on(normal(5, 17), classes(4, 5)),
    case("AdaptiveLogSoftmaxWithLoss", 17, 20, [4, 10]).on(normal(3, 17), literal([12, 19, 10])),
    *(
        case("AdaptiveLogSoftmaxWithLoss", 17, 20, [4, 10]).on(normal(17), literal(target))
        for target in (1, 4, 19)
    ),
    # distance
    *(
        case("PairwiseDistance", p, keepdim=keep).on(normal(4, 3), normal(4, 3))
        for p in (1, 2.0, 3.5, 0.5, np.inf, -np.inf, -1.5)
        for keep in (True, False)
    ),
    case("PairwiseDistance", eps=0.5).on(normal(3), normal(3)),
    case("PairwiseDistance").on(normal(2, 1, 3), normal(4, 3)),
    case("PairwiseDistance", eps=0.0).on(literal([[1.0, 2.0]]), literal([[1.0, 2.0]])),
    case("PairwiseDistance").on(normal(0, 3), normal(0, 3)),
    *(case("CosineSimilarity", d).on(normal(4, 2, 3), normal(4, 2, 3)) for d in (0, 1, 2, -1, -3)),
    *(case("CosineSimilarity", eps=e).on(normal(4, 3), normal(4, 3)) for e in (1e-8, 0.5, 2.0, 10.0)),
    case("CosineSimilarity", 0).on(normal(5), normal(5)),
    case("CosineSimilarity", -1).on(normal(2, 1, 3), normal(4, 3)),
    case("CosineSimilarity").on(literal([[0.0, 0.0], [1.0, 2.0]]), normal(2, 2)),
    case("CosineSimilarity").on(normal(0, 3), normal(0, 3)),
    # normalization
    *(
        case("SyncBatchNorm", 3, **options).on(normal(*shape))
        for options in (
            {},
            {"bias": False},
            {"affine": False, "momentum": None},
            {"track_running_stats": False},
        )
        for shape in ((4, 3), (2, 5, 3), (2, 4, 5, 3))
    ),
    case("SyncBatchNorm", 3, momentum=0.7).eval().on(normal(2, 5, 3)),
    case("BatchNorm1d", 3, momentum=0.0).on(normal(4, 3)),
    case("BatchNorm1d", 3, eps=0.5, momentum=1.0).on(normal(1, 2, 3)),
    case("BatchNorm1d", 1).on(normal(4, 5, 1)),
    case("BatchNorm2d", 3).on(normal(0, 4, 5, 3)),
    case("BatchNorm2d", 3, track_running_stats=False).eval().on(normal(2, 4, 5, 3)),
    case("InstanceNorm1d", 3, momentum=None, track_running_stats=True).on(normal(2, 5, 3)),
    case("InstanceNorm2d", 3, affine=True, track_running_stats=True).eval().on(normal(4, 5, 3)),
    case("InstanceNorm2d", 3, track_running_stats=True).on(normal(0, 4, 5, 3)),
    *(
        case("GroupNorm", groups, 6, **options).on(normal(*shape))
        for groups in (1, 2, 3, 6)
        for shape in ((4, 6), (2, 5, 6), (2, 4, 5, 6))
        for options in ({}, {"affine": False})
        # In float32, a group of two or three values has no second derivative to speak of.
        if not (groups > 1 and len(shape) == 2)
    ),
    case("GroupNorm", 2, 6).on(normal(0, 4, 6)),
    *(
        case(name, shape, **options).on(normal(4, 2, 3, 5))
        for name in ("LayerNorm", "RMSNorm")
        for shape in (5, (3, 5), (2, 3, 5), (4, 2, 3, 5))
        for options in ({}, {"elementwise_affine": False}, {"eps": 0.5})
    ),
    case("LayerNorm", 5).on(normal(5)),
    case("LayerNorm", (1, 5)).on(normal(3, 1, 5)),
    case("LayerNorm", (0,)).on(normal(3, 0)),
    *(
        case("LocalResponseNorm", size, alpha=0.5, beta=beta, k=k).on(normal(*shape))
        for size, beta, k in ((1, 0.75, 1.0), (2, 1.5, 0.3), (3, 0.75, 2.0), (5, -0.5, 1.0), (13, 0.75, 1.0))
        for shape in ((2, 3, 6), (2, 3, 4, 6))
    ),
    *(
        case("CrossMapLRN2d", size, alpha=0.5, beta=beta, k=k).on(normal(2, 3, 4, channels))
        for size, beta, k in ((2, 1.5, 0.3), (3, 0.75, 2.0), (4, 0.75, 1), (5, 0.25, 1.0), (8, 0.75, 1.0))
        for channels in (1, 6, 9)
    ),
    # dropout
    *(
        case(name, p=p).on(normal(*shape))
        for name in ("Dropout", "AlphaDropout")
        for p in (0.0, 0.1, 0.5, 0.9, 1.0)
        for shape in ((7,), (4, 2, 3))
    ),
    *(case(name).on(normal(*shape)) for name in ("Dropout", "AlphaDropout") for shape in ((), (0, 3))),
    *(case(name, inplace=True).on(normal(4, 2, 3)) for name in ("Dropout", "AlphaDropout")),
    *(case(name).eval().on(normal(4, 2, 3)) for name in ("Dropout", "AlphaDropout")),
    *(
        case(name, p=p).on(normal(*shape))
        for name, shape in (
            ("Dropout1d", (4, 2, 9)),
            ("Dropout1d", (4, 9)),
            ("Dropout2d", (4, 2, 3, 9)),
            ("Dropout3d", (3, 1, 2, 4, 9)),
            ("Dropout3d", (2, 1, 3, 9)),
            ("FeatureAlphaDropout", (5, 9)),
            ("FeatureAlphaDropout", (4, 2, 9)),
            ("FeatureAlphaDropout", (4, 2, 3, 9)),
        )
        for p in (0.0, 0.1, 0.2, 0.5, 0.9, 1.0)
    ),
    *(
        case(name, **options).on(normal(*shape))
        for name, shape in (
            ("Dropout1d", (4, 2, 9)),
            ("Dropout2d", (4, 2, 3, 9)),
            ("Dropout3d", (3, 1, 2, 4, 9)),
        )
        for options in ({"inplace": True}, {"p": 0.7, "inplace": True})
    ),
    *(
        case(name).eval().on(normal(*shape))
        for name, shape in (
            ("Dropout1d", (4, 2, 9)),
            ("Dropout2d", (4, 2, 3, 9)),
            ("Dropout3d", (3, 1, 2, 4, 9)),
        )
    ),
    case("Dropout2d").on(normal(0, 2, 3, 9)),
    *(case("FeatureAlphaDropout", inplace=inplace).eval().on(normal(4, 2, 9)) for inplace in (False, True)),
    # lazy layers
    *(case("LazyLinear", 5, bias=bias).on(normal(*shape)) for bias in (True, False) for shape in _ROWS),
    *(
        case(f"LazyBatchNorm{n}d", **options).on(normal(*shape))
        for n, shape in ((1, (4, 3)), (1, (2, 5, 3)), (2, (2, 4, 5, 3)), (3, (2, 2, 1, 4, 3)))
        for options in _NORM_OPTIONS
    ),
    *(
        case(f"LazyInstanceNorm{n}d", **options).on(normal(*shape))
        for n, shape in ((1, (2, 5, 3)), (2, (2, 4, 5, 3)), (3, (2, 2, 1, 4, 3)))
        for options in _NORM_OPTIONS
    ),
    *(
        case(f"LazyConv{n}d", 6, 2, **options).on(normal(2, *(4, 3, 2)[:n], 4))
        for n in (1, 2, 3)
        for options in ({"groups": 2}, {"stride": 2, "padding": 1, "bias": False})
    ),
    *(
        case(f"LazyConvTranspose{n}d", 6, 2, **options).on(normal(2, *(4, 3, 2)[:n], 4))
        for n in (1, 2, 3)
        for options in ({"groups": 2}, {"stride": 2, "output_padding": 1, "bias": False})
    ),
    # embeddings; torch differentiates bags once, and forgets frequencies when it differentiates twice
    case("Embedding", 7, 3, padding_idx=2).on(literal([[2, 0, 6], [1, 2, 2]])),
    case("Embedding", 7, 3, max_norm=1.0, norm_type=1.5).on(classes(7, 2, 4)),
    case("Embedding", 7, 3, padding_idx=-1, scale_grad_by_freq=True).on(literal([1, 1, 6, 1, 0])),
    case("Embedding", 7, 3).on(classes(7, 0, 4)),
    *(case("EmbeddingBag", 7, 3, mode=mode).on(classes(7, 2, 5)) for mode in _BAGS),
    *(
        case("EmbeddingBag", 7, 3, mode=mode, padding_idx=1).on(
            literal([2, 1, 4, 0, 1, 1, 4]), literal([0, 2, 2, 4])
        )
        for mode in _BAGS
    ),
    *(
        case("EmbeddingBag", 7, 3, mode=mode, include_last_offset=True, max_norm=0.7).on(
            classes(7, 6), literal([0, 1, 6])
        )
        for mode in _BAGS
    ),
    *(case("EmbeddingBag", 7, 3, mode=m, scale_grad_by_freq=True).on(classes(3, 2, 6)) for m in _BAGS[:2]),
    case("EmbeddingBag", 7, 3, mode="sum").on(classes(7, 6), literal([0, 4, 4]), normal(6)),
    case("EmbeddingBag", 7, 3, mode="sum", padding_idx=-2).on(classes(7, 3, 4), None, normal(3, 4)),
    *(case("EmbeddingBag", 7, 3, mode=mode).on(classes(7, 4), literal([0, 2, 4, 4])) for mode in _BAGS),
    # pooling
    *(
        case(f"MaxPool{axes}d", kernel, **options).on(normal(2, *_SIZES[axes], 3))
        for axes in (1, 2, 3)
        for kernel, options in (
            (3, {"stride": 2, "padding": 1, "ceil_mode": True}),
            ((2, 3, 2)[:axes], {"stride": (1, 2, 3)[-axes:], "return_indices": True}),
            (2, {"stride": 1, "padding": 1, "dilation": (3, 1, 2)[:axes]}),
        )
    ),
    case("MaxPool2d", 2).on(literal([[[[0.0], [np.inf], [1.0]], [[np.inf], [1.0], [1.0]]]])),
    *(
        case(f"AvgPool{axes}d", kernel, **options).on(normal(2, *_SIZES[axes], 3))
        for axes in (1, 2, 3)
        for kernel, options in (
            (2, {"padding": 1, "ceil_mode": True}),
            (3, {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
            ((2, 3, 2)[:axes], {"stride": (1, 2, 3)[-axes:]}),
        )
    ),
    *(case(f"AvgPool{n}d", 2, divisor_override=3).on(normal(2, *_SIZES[n], 3)) for n in (2, 3)),
    *(
        case(f"LPPool{axes}d", p, kernel, **options).on(uniform(2, *_SIZES[axes], 3, low=0.1))
        for axes in (1, 2, 3)
        for p, kernel, options in (
            (2, 2, {}),
            (1.5, 3, {"stride": 2, "ceil_mode": True}),
            (np.inf, 2, {"stride": 1}),
        )
    ),
    *(
        case(f"{kind}Pool{axes}d", size, **options).on(normal(2, *_SIZES[axes], 3))
        for kind, options in (("AdaptiveAvg", {}), ("AdaptiveMax", {"return_indices": True}))
        for axes in (1, 2, 3)
        for size in ((2,) if axes == 1 else (2, (3, None, 7)[:axes]))
    ),
    *(
        case(f"FractionalMaxPool{axes}d", 2, _random_samples=uniform(2, 3, axes), **options).on(
            normal(2, *_SIZES[axes], 3)
        )
        for axes in (2, 3)
        for options in ({"output_size": (2, 1, 3)[:axes]}, {"output_ratio": 0.5, "return_indices": True})
    ),
    *(_unpool_case(axes, *options) for axes in (1, 2, 3) for options in _UNPOOLED),
    # fold
    *(one for options in _FOLDED for one in _fold_cases(*options)),
    # rearrangements, and the bilinear form
    *(case("PixelShuffle", r).on(normal(*lead, 3, 5, 2 * r * r)) for r in (1, 2, 3) for lead in _LEADS),
    *(case("PixelUnshuffle", r).on(normal(*lead, 3 * r, 5 * r, 2)) for r in (1, 2, 3) for lead in _LEADS),
    *(
        case("ChannelShuffle", groups).on(normal(2, *spatial, 6))
        for groups in (1, 2, 3, 6)
        for spatial in ((5,), (5, 4), (5, 4, 3))
    ),
    case("ChannelShuffle", 3).on(normal(0, 5, 6)),
    case("Unflatten", 1, (2, 5)).on(normal(3, 10)),
    case("Unflatten", 1, (2, 1, 5)).on(normal(3, 10, 4)),
    case("Unflatten", 0, (2, 5)).on(normal(10)),
    case("Unflatten", -1, (2, 5)).on(normal(3, 10)),
    case("Unflatten", -2, [5, 2]).on(normal(3, 10, 4)),
    case("Unflatten", 1, (-1, 5)).on(normal(3, 10)),
    case("Unflatten", 1, (2, -1)).on(normal(3, 10, 4)),
    case("Unflatten", 2, (7,)).on(normal(3, 2, 7)),
    case("Unflatten", 1, (2, 5)).on(normal(0, 10)),
    case("Unflatten", 0, (0, 5)).on(normal(0, 3)),
    case("Unflatten", dim=1, unflattened_size=(2, 3, 2)).on(normal(3, 12)),
    *(
        case("Bilinear", 4, 3, 5, bias=b).on(normal(*n, 4), normal(*n, 3))
        for b in (True, False)
        for n in _LEADS
    ),
    case("Bilinear", 1, 3, 2).on(normal(7, 1), normal(7, 3)),
    case("Bilinear", 4, 1, 1).on(normal(7, 4), normal(7, 1)),
    # interpolation
    *(
        case("Upsample", scale_factor=factor, mode=mode).on(normal(2, *(5, 4, 3)[:axes], 2))
        for axes, mode in ((1, "linear"), (2, "nearest"), (2, "bilinear"), (2, "bicubic"), (3, "trilinear"))
        for factor in (2, 1.4)
    ),
    *(
        case("Upsample", (3, 7), mode=mode).on(normal(2, 5, 4, 3))
        for mode in ("nearest-exact", "area", "bilinear")
    ),
    case("Upsample", scale_factor=(2, 0.6), mode="bilinear", align_corners=True).on(normal(2, 5, 4, 3)),
    case("Upsample", scale_factor=1.4, mode="bicubic", recompute_scale_factor=True).on(normal(2, 5, 4, 3)),
    *(
        case(name, *given).on(normal(*shape, 3))
        for name in ("UpsamplingNearest2d", "UpsamplingBilinear2d")
        for shape in ((2, 5, 4), (1, 1, 7))
        for given in ((3,), ((9, 2),), (None, 2), (None, (1.4, 3)), (None, 0.9))
        if shape[1] > 1 or given != (None, 0.9)
    ),
    # containers and networks, in a file of their own
    *NETWORKS,
)

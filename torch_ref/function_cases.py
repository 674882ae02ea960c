"""The table of cases of functions that torch's op_db leaves out, or calls in one way only: one line for each.

    call("pad", normal(2, 5, 3), (1, 2), mode="reflect")

is `nn.functional.pad` called on an array, (2, 5, 3), of normal numbers, in npnn's layout. What the cases of
layers (`cases`) or op_db (`database`) have in plenty is not repeated here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from torch_ref.case import Draw, FunctionCase, call, literal, normal

_SIZES = {1: (7,), 2: (5, 7), 3: (4, 6, 5)}
"""Spatial sizes, for so many axes."""

_DROPOUTS = ("alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout")
_IMAGES = {"dropout1d": (3, 5, 4), "dropout2d": (3, 5, 2, 4), "dropout3d": (3, 2, 5, 2, 4)}
_INPLACE = (
    *("celu", "elu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "mish"),
    *("relu", "relu6", "selu", "silu"),
)
_ENDS = (1, 2, 0, 3, 2, 1)


def _int32(values: Sequence[int]) -> Draw:
    return literal(np.array(values, np.int32))


FUNCTION_CASES: tuple[FunctionCase, ...] = (
    # dropout: the same seed, the same numbers
    *(
        call(name, normal(*_IMAGES.get(name, (3, 5, 4))), **options)
        for name in _DROPOUTS
        for options in (
            {"p": 0.3, "training": True},
            {"p": 0.3, "training": True, "inplace": True},
            {"p": 0.3, "training": False},
            {"p": 0.0, "training": True},
            {"p": 1.0, "training": True},
        )
    ),
    *(call(name, normal(5, 4)) for name in ("dropout", "dropout1d")),
    call("dropout1d", normal(3, 33, 17), 0.5),
    call("dropout3d", normal(2, 5, 2, 4), 0.5),
    *(
        call("gumbel_softmax", normal(4, 3, 5), **options)
        for options in (
            {},
            {"tau": 0.3},
            {"hard": True},
            {"dim": 1, "tau": 2.0},
            {"dim": 0, "hard": True},
        )
    ),
    call("gumbel_softmax", normal(7)),
    call("gumbel_softmax", normal(2, 40)),
    # in place, as an option
    *(call(name, normal(4, 3), inplace=True) for name in _INPLACE),
    call("threshold", normal(4, 3), 0.2, -3.0, inplace=True),
    call("rrelu", normal(4, 3), training=True, inplace=True),
    call("rrelu_", normal(4, 3), 0.1, 0.6, training=True),
    # padding, of sides that are not equal
    *(call("pad", normal(2, 4, 6, 5), _ENDS[:n], value=-1.5) for n in (2, 4, 6)),
    call("pad", normal(4, 6), (-1, 2, 1, -2)),
    *(
        call("pad", normal(*batch, *_SIZES[n], 3), _ENDS[: 2 * n], mode=mode)
        for mode in ("reflect", "replicate", "circular")
        for n in (1, 2, 3)
        for batch in ((), (2,))
    ),
    # pooling
    *(
        call(f"lp_pool{n}d", normal(*batch, *_SIZES[n], 3), norm, kernel, **options)
        for n in (1, 2, 3)
        for batch in ((), (2,))
        for norm, kernel, options in ((2, 2, {}), (3, 3, {"stride": 2}), (2.5, 2, {"stride": 1}))
    ),
    call("lp_pool2d", normal(2, 5, 7, 3), 2, (2, 3), stride=(1, 2), ceil_mode=True),
    # sequences, time first
    *(
        call("conv_tbc", normal(7, 3, 4), normal(k, 4, 5), normal(5), pad)
        for k, pad in ((1, 0), (3, 1), (2, 4))
    ),
    # products of groups, of sizes that suit torch's kernels
    *(
        call("grouped_mm", normal(*a), normal(*b), offs=None if ends is None else _int32(ends)).of(np.float32)
        for a, b, ends in (
            ((11, 4), (3, 4, 8), (2, 5, 11)),
            ((6, 4), (3, 4, 8), (0, 6, 6)),
            ((3, 5, 8), (3, 8, 4), None),
            ((5, 12), (12, 8), (4, 12)),
            ((2, 5, 4), (4, 16), (4, 16)),
        )
    ),
    # windows
    call("fold", normal(2, 24, 12), (5, 7), (2, 2)),
    call("fold", normal(24, 12), (5, 7), (2, 2)),
    call("fold", normal(2, 6, 12), (5, 7), (2, 3), stride=(2, 3), padding=(0, 1)),
    call("fold", normal(3, 18, 8), (5, 7), 2, dilation=(2, 1), padding=(1, 0), stride=(2, 1)),
    call("unfold", normal(2, 5, 7, 3), (2, 3), dilation=(2, 1), stride=(1, 2)),
    # images of other sizes, and where their pixels come from
    *(
        call(name, normal(2, 4, 3, 5), **options)
        for name in ("upsample", "upsample_nearest", "upsample_bilinear")
        for options in ({"size": (7, 6)}, {"scale_factor": 2})
    ),
    *(
        call("upsample", normal(2, *_SIZES[n], 3), scale_factor=2, mode=mode, align_corners=aligned)
        for n, mode in ((1, "linear"), (2, "bilinear"), (2, "bicubic"), (3, "trilinear"))
        for aligned in (False, True)
    ),
    *(
        call("affine_grid", normal(2, n, n + 1), (2, *_SIZES[n], 3), align_corners=aligned)
        for n in (2, 3)
        for aligned in (False, True)
    ),
    call("affine_grid", normal(1, 2, 3), (1, 1, 1, 4), align_corners=False),
    *(
        call(name, normal(3, *lead, 6), 3)
        for name in ("channel_shuffle", "native_channel_shuffle")
        for lead in ((5,), (4, 5), (2, 4, 5))
    ),
)

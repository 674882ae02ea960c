"""The table of cases: one line for each, from which come the differential suite and the golden vectors.

    case("Linear", 7, 5, bias=False).on(normal(4, 7))

is `nn.Linear(7, 5, bias=False)` called on one array, (4, 7), of normal numbers. Shapes are npnn's, channels
last, and no two sizes are equal: where they are, a transposed axis goes unseen. What torch's own database has
in plenty is not repeated here.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

import npnn
from torch_ref.convert import load_torch_state_dict, translate
from torch_ref.layouts import Array
from torch_ref.samples import Sample, layouts_of
from torch_ref.values import TORCH, map_nested, seeded


@dataclass(frozen=True)
class Draw:
    """An array that is drawn anew for each case and dtype.

    Attributes:
        text: how the case's name has it.
        values: makes it from a random generator; floating-point numbers are then cast to the case's dtype.
    """

    text: str
    values: Callable[[np.random.Generator], Array]

    def __repr__(self) -> str:
        return self.text


def normal(*shape: int) -> Draw:
    """Standard normal numbers."""
    return Draw(f"normal{shape}", lambda random: random.standard_normal(shape))


def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Draw:
    """Numbers from an interval."""
    return Draw(f"uniform{shape}", lambda random: random.uniform(low, high, shape))


def probabilities(*shape: int) -> Draw:
    """Numbers that add up to 1 along the last axis."""
    return Draw(f"probabilities{shape}", lambda random: random.dirichlet(np.ones(shape[-1]), shape[:-1]))


def classes(count: int, *shape: int) -> Draw:
    """Integers from 0 to count - 1."""
    return Draw(f"classes{shape}", lambda random: np.asarray(random.integers(count, size=shape)))


def literal(values: Any) -> Draw:
    """These values themselves."""
    return Draw(repr(values), lambda random: np.array(values))


@dataclass(frozen=True)
class Case:
    """A module and what it is called on.

    Attributes:
        module: the name of the class, in torch.nn and in npnn.
        args: the arguments of its constructor, in which a `Draw` stands for a tensor.
        kwargs: the same by name.
        inputs: what forward is called on.
        training: the mode.
        second: whether torch has second derivatives of it.
    """

    module: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    training: bool = True
    second: bool = True

    def on(self, *inputs: Any) -> Case:
        """The case called on these inputs."""
        return replace(self, inputs=inputs)

    def eval(self) -> Case:
        """The case in evaluation mode."""
        return replace(self, training=False)

    def once(self) -> Case:
        """The case without second derivatives, which torch has not."""
        return replace(self, second=False)

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        mode = "" if self.training else ".eval()"
        return f"{self.module}({', '.join(given)}){mode} on {', '.join(map(repr, self.inputs))}"

    def drawn(self, dtype: Any = np.float64) -> tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...]]:
        """The arguments of the constructor, the same by name, and the inputs, with an array for each `Draw`.

        Args:
            dtype: of the floating-point numbers.
        """
        random = np.random.default_rng(self._seed())

        def array(value: Any) -> Any:
            if not isinstance(value, Draw):
                return value
            values = np.asarray(value.values(random))
            return values.astype(dtype) if values.dtype.kind == "f" else values

        args, kwargs, inputs = map_nested(array, (self.args, self.kwargs, self.inputs))
        return args, kwargs, inputs

    def sample(self, dtype: Any = np.float64) -> Sample:
        """Both modules, with the same weights, and the inputs.

        Args:
            dtype: of the floating-point numbers.
        """
        args, kwargs, inputs = self.drawn(dtype)
        args, kwargs = map_nested(
            lambda v: npnn.tensor(v) if isinstance(v, np.ndarray) else v, (args, kwargs)
        )
        with seeded(self._seed()), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of classes that are deprecated
            theirs = getattr(torch.nn, self.module)(*translate(args, TORCH), **translate(kwargs, TORCH))
            mine = getattr(npnn.nn, self.module)(*args, **kwargs)
        theirs.to(getattr(torch, np.dtype(dtype).name)).train(self.training)
        mine.to(np.dtype(dtype)).train(self.training)
        layouts = layouts_of(mine, theirs, inputs, {})
        load_torch_state_dict(mine, theirs.state_dict())
        return Sample(str(self), mine, theirs, inputs, {}, layouts, self.second)

    def _seed(self) -> int:
        return zlib.crc32(str(self).encode())


def case(module: str, *args: Any, **kwargs: Any) -> Case:
    """A case of a class of that name, made with these arguments; `on` says what it is called on."""
    return Case(module, args, kwargs)


_REDUCTIONS = ("mean", "sum", "none")
_ROWS = ((7,), (4, 7), (2, 3, 7), (0, 7), (2, 1, 3, 7))
_NORM_OPTIONS = (
    {},
    {"momentum": None},
    {"eps": 0.5, "momentum": 0.7},
    {"affine": False},
    {"bias": False},
    {"track_running_stats": False},
    {"affine": False, "track_running_stats": False, "bias": False},
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
    *(case("Hardsigmoid").on(normal(*shape)).once() for shape in ((), (7,), (0, 3), (4, 3), (2, 5, 3, 4))),
    *(case("Hardsigmoid", inplace=True).on(normal(*shape)).once() for shape in ((7,), (4, 3), (2, 3, 5))),
    case("Hardsigmoid").on(literal([-4.0, -3.0, 0.0, 3.0, 4.0])).once(),
    case("Hardsigmoid").on(uniform(5, 7, low=-9.0, high=9.0)).once(),
    *(case("RReLU").on(normal(*shape)) for shape in ((), (7,), (0, 3), (4, 3), (2, 5, 3, 4))),
    *(case("RReLU", 0.2, 0.9).on(normal(*shape)).eval() for shape in ((7,), (4, 3), (2, 3, 5))),
    case("RReLU", 0.25, 0.25).on(normal(4, 3)),
    case("RReLU", -0.5, 1.5).on(literal([-4.0, 0.0, -0.0, 3.0])),
    case("PReLU").on(normal(4, 2, 3)),
    case("PReLU", 3, init=0.75).on(normal(4, 2, 3)),
    case("PReLU", 3).on(normal(4, 3)),
    case("PReLU", 3).on(normal(0, 5, 3)),
    # At 0 the first derivative is that from the left, and torch's derivative of it that from the right.
    case("PReLU").on(literal([-4.0, 0.0, 3.0])).once(),
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
    case("NLLLoss", ignore_index=1).on(normal(2, 3), literal([1, 1])).once(),
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
    case("CrossEntropyLoss", ignore_index=1).on(normal(2, 3), literal([1, 1])).once(),
    case("CrossEntropyLoss", ignore_index=1, label_smoothing=0.3).on(normal(2, 3), literal([1, 1])).once(),
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
    case("BCELoss", reduction="none").on(literal([0.0, 1.0, 1.0, 0.5]), literal([0.0, 1.0, 1.0, 0.0])).once(),
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
        case("MultiMarginLoss", p, 0.7, uniform(5), reduction=r).on(normal(4, 5), classes(5, 4)).once()
        for p in (1, 2)
        for r in _REDUCTIONS
    ),
    case("MultiMarginLoss", 2).on(normal(5), literal(3)).once(),
    *(
        case("MultiLabelMarginLoss", reduction=r)
        .on(normal(4, 3), literal([[2, 0, -1], [-1, 1, 2], [1, 1, 0], [0, 1, 2]]))
        .once()
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
        case("CTCLoss", blank, reduction=r)
        .on(
            normal(7, 3, 5),
            literal([[1, 1, 3], [3, 1, 0], [1, 3, 3]]),
            literal([7, 6, 4]),
            literal([3, 2, 1]),
        )
        .once()
        for blank in (2, 4)
        for r in _REDUCTIONS
    ),
    *(
        case("CTCLoss", zero_infinity=zero, reduction=r)
        .on(normal(3, 3, 4), literal([1, 1, 2, 2, 2]), literal([3, 2, 1]), literal([2, 0, 3]))
        .once()
        for zero, r in ((True, "mean"), (True, "none"), (False, "none"))
    ),
    case("CTCLoss").on(normal(6, 4), literal([2, 3, 3]), literal(6), literal(3)).once(),
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
    case("PairwiseDistance", eps=0.0).on(literal([[1.0, 2.0]]), literal([[1.0, 2.0]])).once(),
    case("PairwiseDistance").on(normal(0, 3), normal(0, 3)),
    *(case("CosineSimilarity", d).on(normal(4, 2, 3), normal(4, 2, 3)) for d in (0, 1, 2, -1, -3)),
    *(case("CosineSimilarity", eps=e).on(normal(4, 3), normal(4, 3)) for e in (1e-8, 0.5, 2.0, 10.0)),
    case("CosineSimilarity", 0).on(normal(5), normal(5)),
    case("CosineSimilarity", -1).on(normal(2, 1, 3), normal(4, 3)),
    case("CosineSimilarity").on(literal([[0.0, 0.0], [1.0, 2.0]]), normal(2, 2)).once(),
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
        case("CrossMapLRN2d", size, alpha=0.5, beta=beta, k=k).on(normal(2, 3, 4, channels)).once()
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
            ("Dropout1d", (5, 4, 9)),
            ("Dropout1d", (4, 9)),
            ("Dropout2d", (5, 2, 4, 9)),
            ("Dropout3d", (5, 2, 3, 4, 9)),
            ("Dropout3d", (2, 3, 4, 9)),
            ("FeatureAlphaDropout", (5, 9)),
            ("FeatureAlphaDropout", (5, 4, 9)),
            ("FeatureAlphaDropout", (5, 2, 4, 9)),
        )
        for p in (0.0, 0.1, 0.2, 0.5, 0.9, 1.0)
    ),
    *(
        case(name, **options).on(normal(*shape))
        for name, shape in (
            ("Dropout1d", (5, 4, 9)),
            ("Dropout2d", (5, 2, 4, 9)),
            ("Dropout3d", (5, 2, 3, 4, 9)),
        )
        for options in ({"inplace": True}, {"p": 0.7, "inplace": True})
    ),
    *(
        case(name).eval().on(normal(*shape))
        for name, shape in (
            ("Dropout1d", (5, 4, 9)),
            ("Dropout2d", (5, 2, 4, 9)),
            ("Dropout3d", (5, 2, 3, 4, 9)),
        )
    ),
    case("Dropout2d").on(normal(0, 2, 4, 9)),
    *(case("FeatureAlphaDropout", inplace=inplace).eval().on(normal(5, 4, 9)) for inplace in (False, True)),
    # lazy layers
    *(case("LazyLinear", 5, bias=bias).on(normal(*shape)) for bias in (True, False) for shape in _ROWS),
    *(
        case(f"LazyBatchNorm{n}d", **options).on(normal(*shape))
        for n, shape in ((1, (4, 3)), (1, (2, 5, 3)), (2, (2, 4, 5, 3)), (3, (2, 2, 4, 5, 3)))
        for options in _NORM_OPTIONS
    ),
    *(
        case(f"LazyInstanceNorm{n}d", **options).on(normal(*shape))
        for n, shape in ((1, (2, 5, 3)), (2, (2, 4, 5, 3)), (3, (2, 2, 4, 5, 3)))
        for options in _NORM_OPTIONS
    ),
    *(
        case(f"LazyConv{n}d", 6, 2, **options).on(normal(2, *(5, 4, 3)[:n], 4))
        for n in (1, 2, 3)
        for options in ({"groups": 2}, {"stride": 2, "padding": 1, "bias": False})
    ),
    *(
        case(f"LazyConvTranspose{n}d", 6, 2, **options).on(normal(2, *(5, 4, 3)[:n], 4))
        for n in (1, 2, 3)
        for options in ({"groups": 2}, {"stride": 2, "output_padding": 1, "bias": False})
    ),
)

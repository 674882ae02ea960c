"""What is not compared as strictly as the rest, and why: the one table of it.

All else agrees within `report.TOLERANCE`, which is the rule for each dtype.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from torch_ref.values import array_of


@dataclass(frozen=True)
class Exemption:
    """Something that is not compared as strictly as the rest.

    Attributes:
        names: the classes or functions.
        reason: why.
        numbers: which of the samples of torch's database; all, if there are none.
        where: tells, of a sample, whether it is meant.
        dtype: only samples of this one.
        atol: the absolute tolerance, in the place of that of the dtype.
        gradients: whether gradients are compared.
        second: whether second derivatives are.
        compared: whether anything is.
    """

    names: tuple[str, ...]
    reason: str
    numbers: tuple[int, ...] = ()
    where: Callable[[Any], bool] = lambda sample: True
    dtype: type[np.floating[Any]] | None = None
    atol: float | None = None
    gradients: bool = True
    second: bool = True
    compared: bool = True

    def covers(self, sample: Any) -> bool:
        """Whether a sample is meant.

        Args:
            sample: a `torch_ref.samples.Sample`.
        """
        name, number = _LABEL.match(sample.name).groups()  # type: ignore[union-attr]
        return (
            name in self.names
            and (not self.numbers or int(number or -1) in self.numbers)
            and self.dtype in (None, sample.dtype)
            and self.where(sample)
        )

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.numbers))
        what = ", ".join(self.names) + (f" [{numbers}]" if numbers else "")
        return f"{what}{f' in {self.dtype.__name__}' if self.dtype else ''}"

    @property
    def instead(self) -> str:
        """What holds in the place of the rule."""
        if not self.compared:
            return "nothing"
        if self.atol is not None:
            return f"atol {self.atol:.0e}"
        return "no second derivatives" if self.gradients else "no gradients"


_LABEL = re.compile(r"(?:\w+\.)*(\w*)(?:\[(\d+)\])?")
"""How the label of a sample begins."""


def _option(sample: Any, name: str) -> Any:
    """An option of a sample: an argument of the function, or an attribute of the module."""
    of_module = isinstance(sample.torch, torch.nn.Module)
    return getattr(sample.torch, name, None) if of_module else sample.kwargs.get(name)


def _in_chunks(sample: Any) -> bool:
    """Whether torch takes the scores in chunks: for classes on one axis, and constant probabilities."""
    target = sample.inputs[-1]
    simple = (
        target.ndim < 2 if array_of(target).dtype.kind == "i" else not getattr(target, "requires_grad", True)
    )
    return simple and _option(sample, "options") is not None and not _option(sample, "label_smoothing")


def _without_targets(sample: Any) -> bool:
    """Whether a loss is the mean over targets that are all to be ignored."""
    target = array_of(sample.inputs[1])
    classes = target.dtype.kind == "i" and target.size > 0
    return (
        classes
        and _option(sample, "reduction") == "mean"
        and (target == _option(sample, "ignore_index")).all()
    )


EXEMPTIONS = (
    Exemption(
        ("CTCLoss", "ctc_loss"),
        "the gradient is the exponential of a difference of log-likelihoods of about -600, which float32"
        " knows to 6e-5 each",
        dtype=np.float32,
        atol=2e-4,
    ),
    Exemption(
        ("multi_head_attention_forward",),
        "inputs up to 9 make second derivatives of some thousands; by the bias of the keys, which no softmax"
        " sees, they cancel, and their rounding is left",
        dtype=np.float64,
        atol=1e-9,
    ),
    Exemption(
        ("multi_head_attention_forward",),
        "the same inputs make scores of some thousands, whose rounding in float32 is a part of 1e-4 of the"
        " softmax",
        numbers=(126, 127, 134, 135, 174, 175, 182, 183),
        dtype=np.float32,
        compared=False,
    ),
    Exemption(
        ("multi_head_attention_forward",),
        "likewise in float16, where it decides which score is the largest",
        numbers=(16, 32, 64, 80, 98, 99, 126, 127, 134, 146, 147, 174, 175, 182),
        dtype=np.float16,
        compared=False,
    ),
    Exemption(
        ("soft_margin_loss",),
        "torch's exponential overflows in float16, npnn's does not",
        numbers=(1, 2, 3, 4, 5),
        dtype=np.float16,
        compared=False,
    ),
    Exemption(
        ("normalize",),
        "torch's gradient overflows in float16, npnn's does not",
        numbers=(3,),
        dtype=np.float16,
        compared=False,
    ),
    Exemption(
        ("grid_sample",),
        "a place on the border between two pixels comes to lie in the other one, as it is rounded to float16",
        numbers=(23, 28),
        dtype=np.float16,
        compared=False,
    ),
    Exemption(
        (
            "CTCLoss",
            "CrossMapLRN2d",
            "EmbeddingBag",
            "Hardsigmoid",
            "MultiLabelMarginLoss",
            "MultiMarginLoss",
        ),
        "torch differentiates it only once",
        second=False,
    ),
    Exemption(("ctc_loss", "hardsigmoid"), "torch differentiates it only once", second=False),
    Exemption(
        ("LinearCrossEntropyLoss", "linear_cross_entropy"),
        "torch goes through it in chunks, and differentiates these only once",
        where=_in_chunks,
        second=False,
    ),
    Exemption(
        ("Embedding", "embedding"),
        "with scale_grad_by_freq torch's second derivative has forgotten the frequencies",
        where=lambda sample: bool(_option(sample, "scale_grad_by_freq")),
        second=False,
    ),
    Exemption(
        ("Embedding",),
        "of no indices torch cannot reshape the second derivative",
        where=lambda sample: sample.inputs[0].size == 0,
        second=False,
    ),
    Exemption(
        ("CrossEntropyLoss", "NLLLoss"),
        "the mean over no targets: torch's gradient is 0, and the derivative of that nan",
        where=_without_targets,
        second=False,
    ),
    Exemption(
        ("CosineSimilarity", "PairwiseDistance"),
        "of a vector of length 0 torch's gradient is 0, and the derivative of that nan",
        where=lambda sample: "[0.0, 0.0]" in sample.name or "eps=0.0" in sample.name,
        second=False,
    ),
    Exemption(
        ("PReLU",),
        "at 0 torch takes one side in the first derivative and the other in the second",
        where=lambda sample: " 0.0," in sample.name,
        second=False,
    ),
    Exemption(
        ("binary_cross_entropy",),
        "torch adds 1e-12 to probabilities in the second derivative, which shows where they are small",
        numbers=(6, 7, 10),
        second=False,
    ),
    Exemption(
        ("embedding", "embedding_bag"),
        "torch has no sparse gradients with scale_grad_by_freq",
        where=lambda sample: bool(_option(sample, "sparse") and _option(sample, "scale_grad_by_freq")),
        gradients=False,
    ),
    Exemption(
        ("weight_norm",),
        "torch's own gradgradcheck of its fused kernel fails, which there is for a norm along one axis",
        where=lambda sample: "dim=None" not in sample.name,
        second=False,
    ),
    Exemption(
        ("topk", "kthvalue", "mode"),
        "of equal values torch finds whichever its algorithm comes upon; integers are often equal",
        where=lambda sample: sample.dtype is None,
        compared=False,
    ),
    Exemption(
        ("logcumsumexp",),
        "inputs up to 10,000, whose rounding in float32 is a part of 1e-3 of an exponential",
        dtype=np.float32,
        atol=1e-2,
    ),
    Exemption(
        ("logcumsumexp",),
        "inputs up to 10,000, whose rounding is a part of 1e-12 of an exponential, and many of these add up",
        dtype=np.float64,
        atol=1e-10,
    ),
    Exemption(
        ("cov",),
        "op_db's weights are float32, and second derivatives cancel in them",
        where=lambda sample: sample.kwargs.get("aweights") is not None,
        second=False,
    ),
    Exemption(
        ("norm",),
        "torch's second derivative of the norm of nothing is nan",
        where=lambda sample: sample.name.startswith("linalg.") and not array_of(sample.inputs[0]).size,
        second=False,
    ),
    Exemption(("native_channel_shuffle",), "torch has no derivative of it", gradients=False),
)

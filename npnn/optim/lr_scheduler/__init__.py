"""torch.optim.lr_scheduler: schedules that set an optimizer's learning rates from epoch to epoch."""

from npnn.optim.lr_scheduler.base import LRScheduler
from npnn.optim.lr_scheduler.compose import ChainedScheduler, SequentialLR
from npnn.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from npnn.optim.lr_scheduler.cyclic import CyclicLR, OneCycleLR
from npnn.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from npnn.optim.lr_scheduler.plateau import ReduceLROnPlateau

# The name that schedulers of one's own derive from where they were written before torch 2.0.
_LRScheduler = LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

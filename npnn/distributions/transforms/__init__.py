"""torch.distributions.transforms: functions of samples, and how much they stretch.

Source: torch.distributions.transforms.

Examples:
    >>> import npnn
    >>> from npnn.distributions.transforms import AffineTransform, ComposeTransform, TanhTransform
    >>> squash = ComposeTransform([TanhTransform(), AffineTransform(0.0, 2.0)])
    >>> y = squash(npnn.tensor([0.0, 1.0]))
    >>> y, squash.inv(y)
    (tensor([0.0000, 1.5232]), tensor([0., 1.]))
"""

from npnn.distributions.transforms.combining import (
    ComposeTransform,
    IndependentTransform,
    ReshapeTransform,
    identity_transform,
)
from npnn.distributions.transforms.elementwise import (
    AbsTransform,
    AffineTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
)
from npnn.distributions.transforms.transform import Transform
from npnn.distributions.transforms.vectors import (
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftmaxTransform,
    StickBreakingTransform,
)

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "ComposeTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]

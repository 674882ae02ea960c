"""The network of the records for CIFAR-10."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from competition.models.layers import Residual, Scale

_PATCH = 2
_BATCH_NORM_EPS = 1e-12


class Airbench(nn.Sequential):
    """Frozen whitening convolution, three groups of convolutions, and a head without bias.

    A group halves the image: convolution, max pooling, batch norm, GELU, then convolution, batch norm, GELU;
    at depth 3 another convolution with batch norm, and the last two are residual.

    Args:
        widths: channels of the three groups.
        depth: convolutions in a group, 2 or 3.
        whitening: whether the first convolution is set by `whiten_patches` and stays as it is; otherwise it
            is learned as the others are.
        dirac: whether a convolution's first filters start as the identity.
        batch_norm_momentum: share of the newest batch in the running statistics; a large one suits short
            runs.
        channels: of the images, which must be 32 x 32.
        classes: number of classes.

    Shape:
        (N, channels, 32, 32) -> (N, classes)

    Source: K. Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024, and the records that followed.
    """

    def __init__(
        self,
        widths: tuple[int, int, int] = (64, 256, 256),
        depth: int = 2,
        whitening: bool = True,
        dirac: bool = True,
        batch_norm_momentum: float = 0.4,
        channels: int = 3,
        classes: int = 10,
    ) -> None:
        patch_size = channels * _PATCH**2
        whiten = nn.Conv2d(channels, 2 * patch_size, _PATCH)
        nn.init.zeros_(whiten.bias)
        whiten.weight.requires_grad_(not whitening)
        head = nn.Linear(widths[2], classes, bias=False)
        with torch.no_grad():
            head.weight /= head.weight.std()
        before = (2 * patch_size, *widths)
        groups = {
            f"group{number}": _group(before[number - 1], before[number], depth, dirac, batch_norm_momentum)
            for number in (1, 2, 3)
        }
        layers = {"whiten": whiten, "gelu": nn.GELU(), **groups}
        layers |= {
            "pool": nn.MaxPool2d(3),
            "flatten": nn.Flatten(),
            "head": head,
            "scale": Scale(1 / widths[2]),
        }
        super().__init__(OrderedDict(layers))
        self.whitening = whitening

    @torch.no_grad()
    def whiten_patches(self, images: Tensor, eps: float = 5e-4) -> None:
        """Sets the first convolution so that its outputs over these images are uncorrelated, of variance one.

        With the patches' covariance E diag(λ) Eᵀ, the filters are the columns of E, each divided by
        sqrt(λ + eps), and the same with the other sign, for GELU leaves only the positive half of each.

        Args:
            images: training images, normalised.
            eps: keeps directions in which there is next to nothing from being blown up.
        """
        if not self.whitening:
            return
        patches = nn.functional.unfold(images.float(), _PATCH).transpose(1, 2).flatten(0, 1)
        variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (directions / torch.sqrt(variances + eps)).T.reshape(-1, *self.whiten.weight.shape[1:])
        self.whiten.weight.copy_(torch.cat([filters, -filters]))


def _group(channels_in: int, width: int, depth: int, dirac: bool, momentum: float) -> nn.Sequential:
    """One group; see `Airbench`."""

    def conv(channels: int) -> nn.Conv2d:
        layer = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        if dirac:
            nn.init.dirac_(layer.weight.data[:channels])
        return layer

    def norm() -> nn.BatchNorm2d:
        layer = nn.BatchNorm2d(width, eps=_BATCH_NORM_EPS, momentum=momentum)
        layer.weight.requires_grad_(False)
        return layer

    down = [conv(channels_in), nn.MaxPool2d(2), norm(), nn.GELU()]
    if depth == 2:
        return nn.Sequential(*down, conv(width), norm(), nn.GELU())
    again = nn.Sequential(conv(width), norm(), nn.GELU(), conv(width), norm())
    return nn.Sequential(*down, Residual(again), nn.GELU())

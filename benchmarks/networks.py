"""Networks, whose definition is the same text for torch.nn and npnn.nn."""

from __future__ import annotations

from typing import Any

from torch_ref import channels_last
from torch_ref.layouts import MODULES, ModuleLayout

MODULES["ResidualBlock"] = ModuleLayout({"input": channels_last(2)}, channels_last(2), channels="channels")


def mlp(nn: Any) -> Any:
    """For Fashion-MNIST: 784-512-256-10."""
    return nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)
    )  # fmt: skip


def lenet5(nn: Any) -> Any:
    """For images of 28x28 with one channel."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def cifar_cnn(nn: Any, size: int = 32, widths: tuple[int, ...] = (32, 64, 128)) -> Any:
    """For images of 32x32 with three channels: stages of convolution, batch norm, ReLU and pooling."""
    layers = []
    for before, after in zip((3, *widths), widths, strict=False):
        layers += [
            nn.Conv2d(before, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    side = size // 2 ** len(widths)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(side * side * widths[-1], 10))


def resnet18(nn: Any) -> Any:
    """For images of 224x224 with three channels and a thousand classes.

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    class ResidualBlock(nn.Module):
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.channels = after
            self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(after)
            self.relu = nn.ReLU(inplace=True)
            self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(after)
            self.shortcut = (
                nn.Identity()
                if stride == 1
                else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
            )

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    layers.append(nn.MaxPool2d(3, 2, 1))
    before = 64
    for after in (64, 128, 256, 512):
        layers += [ResidualBlock(before, after, 1 if after == before else 2), ResidualBlock(after, after, 1)]
        before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))

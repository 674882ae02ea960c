"""The homework's layers beside loops in the manner of its printed solution, on shapes of its tests."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Case, Contender
from npnn.cs189.layers import Conv2D, Pool2D


def conv2d_backward() -> dict[str, Contender]:
    """Conv2D's backward: a loop over positions and output channels.

    Returns:
        npnn and loops.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 32, 24, 21))
    layer = Conv2D(32, (3, 5), "linear", stride=1, pad="same")
    dy = rng.standard_normal(layer.forward(x).shape)
    weight = layer.parameters["W"]
    results: dict[str, tuple[np.ndarray, ...]] = {}

    def npnn() -> None:
        dx = layer.backward(dy)
        results["npnn"] = dx, layer.gradients["W"], layer.gradients["b"]

    def loops() -> None:
        padded = np.pad(x, ((0, 0), (1, 1), (2, 2), (0, 0)))
        dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                window = padded[:, i : i + 3, j : j + 5]
                for o in range(dy.shape[3]):
                    here = dy[:, i, j, o].reshape(-1, 1, 1, 1)
                    dpadded[:, i : i + 3, j : j + 5] += weight[..., o] * here
                    dweight[..., o] += (window * here).sum(0)
        results["loops"] = dpadded[:, 1:-1, 2:-2], dweight, dy.sum((0, 1, 2)).reshape(1, -1)

    return {
        "npnn": Contender(npnn, lambda: results["npnn"]),
        "loops": Contender(loops, lambda: results["loops"]),
    }


def pool2d_backward() -> dict[str, Contender]:
    """Pool2D's backward, maxima: a loop over examples, positions and channels.

    Returns:
        npnn and loops.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((24, 44, 48, 4))
    layer = Pool2D((3, 3), mode="max", stride=2)
    dy = rng.standard_normal(layer.forward(x).shape)
    results: dict[str, tuple[np.ndarray, ...]] = {}

    def npnn() -> None:
        results["npnn"] = (layer.backward(dy),)

    def loops() -> None:
        dx = np.zeros_like(x)
        for n, i, j, c in np.ndindex(dy.shape):
            window = x[n, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3, c]
            u, v = np.unravel_index(window.argmax(), window.shape)
            dx[n, 2 * i + u, 2 * j + v, c] += dy[n, i, j, c]
        results["loops"] = (dx,)

    return {
        "npnn": Contender(npnn, lambda: results["npnn"]),
        "loops": Contender(loops, lambda: results["loops"]),
    }


CASES = (
    Case(
        "homework_conv2d",
        "Conv2D of (16, 32, 24, 21), 3x5 to 32, backward alone",
        conv2d_backward,
        "loops",
        1 / 20,
    ),
    Case(
        "homework_pool2d",
        "Pool2D of (24, 44, 48, 4), maxima of 3x3, stride 2, backward alone",
        pool2d_backward,
        "loops",
        1 / 200,
    ),
)

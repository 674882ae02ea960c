"""Other libraries beside npnn, each on work that it does well; those that are not installed are left out.

They are not compared with torch, so npnn's seconds stand over theirs: 0.1 is ten times as fast. numpy-ml is
not among them, since its last release, 0.1.2, cannot be imported on Python 3.10 or newer.
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from itertools import pairwise
from shutil import which

import numpy as np

import npnn
from benchmarks.measure import Case, Contender

BATCH, HIDDEN, CLASSES, LR = 128, (784, 512, 256), 10, 1e-3
IMAGES, KERNEL = (16, 16, 16, 32), (3, 3, 32, 32)


def _drawn(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape, np.float32) / shape[0] ** 0.5 for shape in shapes]


def mlp_by_autograd() -> dict[str, Contender]:
    """A training step of the MLP 784-512-256-10, by HIPS autograd from its formula.

    Returns:
        npnn and autograd.
    """
    import autograd
    import autograd.numpy as anp

    sizes = [*HIDDEN, CLASSES]
    start = _drawn(*pairwise(sizes))
    (x,) = _drawn((BATCH, sizes[0]))
    labels = np.arange(BATCH) % CLASSES
    ours = [npnn.tensor(weight, requires_grad=True) for weight in start]
    theirs = [weight.copy() for weight in start]
    optimizer = npnn.optim.SGD(ours, lr=LR)

    def npnn_step() -> None:
        optimizer.zero_grad()
        y = npnn.tensor(x)
        for weight in ours[:-1]:
            y = npnn.relu(y @ weight)
        npnn.functional.cross_entropy(y @ ours[-1], npnn.tensor(labels)).backward()
        optimizer.step()

    def loss(weights: list[np.ndarray]) -> np.ndarray:
        y = x
        for weight in weights[:-1]:
            y = anp.maximum(y @ weight, 0)
        y = y @ weights[-1]
        y = y - anp.max(y, axis=1, keepdims=True)
        log_p = y - anp.log(anp.sum(anp.exp(y), axis=1, keepdims=True))
        return -anp.mean(log_p[np.arange(BATCH), labels])

    gradient = autograd.grad(loss)

    def autograd_step() -> None:
        for weight, change in zip(theirs, gradient(theirs), strict=True):
            weight -= np.float32(LR) * change

    return {
        "npnn": Contender(npnn_step, lambda: [weight.numpy(force=True) for weight in ours]),
        "autograd": Contender(autograd_step, lambda: theirs),
    }


def conv_by_onnx() -> dict[str, Contender]:
    """A convolution forward, by onnx's reference evaluator.

    Returns:
        npnn and onnx.
    """
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    x, weight = _drawn(IMAGES, KERNEL)
    names = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in "xwy"]
    node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    opset = helper.make_opsetid("", 20)
    graph = helper.make_graph([node], "conv", names[:2], names[2:])
    evaluator = ReferenceEvaluator(helper.make_model(graph, opset_imports=[opset]))
    feed = {"x": x.transpose(0, 3, 1, 2).copy(), "w": weight.transpose(3, 2, 0, 1).copy()}
    results = {}

    def ours() -> None:
        results["npnn"] = npnn.functional.conv2d(x, weight, padding=1).numpy()

    def theirs() -> None:
        results["onnx"] = evaluator.run(None, feed)[0].transpose(0, 2, 3, 1)

    return {
        "npnn": Contender(ours, lambda: [results["npnn"]]),
        "onnx": Contender(theirs, lambda: [results["onnx"]]),
    }


def conv_by_tinygrad() -> dict[str, Contender]:
    """A convolution forward and backward, by tinygrad's CPU backend, which compiles C.

    Returns:
        npnn and tinygrad.
    """
    from tinygrad import Tensor

    x, weight = _drawn(IMAGES, KERNEL)
    (dy,) = _drawn((*IMAGES[:3], KERNEL[-1]))
    made = (x.transpose(0, 3, 1, 2), weight.transpose(3, 2, 0, 1), dy.transpose(0, 3, 1, 2))
    x_theirs, weight_theirs, dy_theirs = (Tensor(array.copy(), device="CPU").realize() for array in made)
    results = {}

    def ours() -> None:
        leaves = [npnn.tensor(array, requires_grad=True) for array in (x, weight)]
        npnn.functional.conv2d(*leaves, padding=1).backward(npnn.tensor(dy))
        results["npnn"] = [leaf.grad.numpy() for leaf in leaves]

    def theirs() -> None:
        y = x_theirs.conv2d(weight_theirs, padding=1)
        dx, dweight = (y * dy_theirs).sum().gradient(x_theirs, weight_theirs)
        results["tinygrad"] = [dx.numpy().transpose(0, 2, 3, 1), dweight.numpy().transpose(2, 3, 1, 0)]

    return {
        "npnn": Contender(ours, lambda: results["npnn"]),
        "tinygrad": Contender(theirs, lambda: results["tinygrad"]),
    }


_ALL: tuple[Case, ...] = (
    Case("autograd_mlp_step", "MLP 784-512-256-10, batch 128", mlp_by_autograd, "autograd", math.inf, 1e-4),
    Case("onnx_conv_forward", f"3x3 of {IMAGES}, forward", conv_by_onnx, "onnx", math.inf, 1e-4),
    Case("tinygrad_conv", f"3x3 of {IMAGES}", conv_by_tinygrad, "tinygrad", math.inf, 1e-4),
)
# tinygrad's CPU backend compiles with clang.
_READY = {"autograd": True, "onnx": True, "tinygrad": which("clang") is not None}
CASES = tuple(case for case in _ALL if _READY[case.against] and find_spec(case.against) is not None)

"""Training steps: zero_grad, forward, loss, backward and step, by one function for npnn and torch alike."""

from __future__ import annotations

from functools import partial
from types import ModuleType

import numpy as np

import npnn
from benchmarks.measure import Case, Contender
from benchmarks.networks import cifar_cnn, lenet5, mlp, resnet18
from benchmarks.twins import twins
from npnn.datasets import load_iris

LR, MOMENTUM = 0.01, 0.9


def iris_step() -> dict[str, Contender]:
    """A step of the multilayer perceptron 4-16-3 on 16 flowers, with bare NumPy for comparison.

    Returns:
        npnn, torch and numpy.
    """
    import torch

    iris = load_iris()
    batch = np.random.default_rng(0).permutation(len(iris.labels))[:16]
    x, labels = iris.features[batch].astype(np.float32), iris.labels[batch]
    ours, parameters = _mlp_step(npnn, x, labels)
    theirs, _ = _mlp_step(torch, x, labels)
    return {"npnn": ours, "torch": theirs, "numpy": _bare_numpy_step(x, labels, parameters)}


def _mlp_step(library: ModuleType, x: np.ndarray, labels: np.ndarray) -> tuple[Contender, list[np.ndarray]]:
    """The step, and copies of the weights it starts from: the same in both libraries, from the same seed."""
    nn = library.nn
    library.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    criterion = nn.CrossEntropyLoss()
    optimizer = library.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    x, labels = library.as_tensor(x), library.as_tensor(labels)

    def run() -> object:
        optimizer.zero_grad()
        loss = criterion(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    def state() -> list[np.ndarray]:
        arrays = [parameter.detach().numpy() for parameter in model.parameters()]
        return arrays if library is npnn else [array.T for array in arrays]

    return Contender(run, state), [array.copy() for array in state()]


def _bare_numpy_step(x: np.ndarray, labels: np.ndarray, parameters: list[np.ndarray]) -> Contender:
    """The same arithmetic without layers or tape: what the step costs if nothing but NumPy runs."""
    weight1, bias1, weight2, bias2 = parameters
    velocities = [np.zeros_like(parameter) for parameter in parameters]
    rows = np.arange(len(x))

    def run() -> object:
        hidden = np.maximum(x @ weight1 + bias1, 0)
        logits = hidden @ weight2 + bias2
        shifted = logits - logits.max(1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        loss = -log_p[rows, labels].mean()
        dlogits = np.exp(log_p)
        dlogits[rows, labels] -= 1
        dlogits /= len(x)
        dhidden = (dlogits @ weight2.T) * (hidden > 0)
        gradients = (x.T @ dhidden, dhidden.sum(0), hidden.T @ dlogits, dlogits.sum(0))
        for parameter, velocity, gradient in zip(parameters, velocities, gradients, strict=True):
            velocity *= MOMENTUM
            velocity += gradient
            parameter -= LR * velocity
        return loss

    return Contender(run, lambda: parameters)


CASES = (
    Case("iris_step", "MLP 4-16-3, batch 16", iris_step, against="torch", target=0.4),
    Case(
        "fashion_mlp_step",
        "MLP 784-512-256-10, batch 128",
        partial(twins, mlp, (128, 784), labels=10, dx=False),
        against="torch",
        target=0.9,
    ),
    Case(
        "lenet5_step",
        "LeNet-5, 28x28, batch 64",
        partial(twins, lenet5, (64, 28, 28, 1), spatial=2, labels=10, dx=False),
        against="torch",
        target=1.0,
    ),
    Case(
        "cifar_cnn_step",
        "three stages of convolution, batch norm, ReLU and pooling, 32-64-128, batch 64",
        partial(twins, cifar_cnn, (64, 32, 32, 3), spatial=2, labels=10, dx=False),
        against="torch",
        target=1.3,
        rtol=1e-3,
        memory_target=1.5,
    ),
    Case(
        "resnet18_forward",
        "ResNet-18, batch 1, 224x224, forward alone",
        partial(twins, resnet18, (1, 224, 224, 3), spatial=2, train=False),
        against="torch",
        target=1.5,
        rtol=1e-3,
    ),
)

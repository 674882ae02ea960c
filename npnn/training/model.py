"""The classifier that is trained: a multilayer perceptron and the standardisation of its inputs."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import npnn
import npnn as nn
from npnn import functional as F
from npnn import init
from npnn._typing import Array
from npnn.init.variance_scaling import Nonlinearity
from npnn.serialization import SerializationError

ACTIVATIONS: dict[Nonlinearity, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


def _keep(weight: npnn.Tensor, nonlinearity: Nonlinearity) -> None:
    """Leaves a weight as its layer's constructor drew it."""


# Name -> what fills a weight, given the nonlinearity that follows it.
INITIALIZERS: dict[str, Callable[[npnn.Tensor, Nonlinearity], object]] = {
    "default": _keep,
    "xavier_uniform": lambda weight, nonlinearity: init.xavier_uniform_(
        weight, init.calculate_gain(nonlinearity)
    ),
    "xavier_normal": lambda weight, nonlinearity: init.xavier_normal_(
        weight, init.calculate_gain(nonlinearity)
    ),
    "kaiming_uniform": lambda weight, nonlinearity: init.kaiming_uniform_(weight, nonlinearity=nonlinearity),
    "kaiming_normal": lambda weight, nonlinearity: init.kaiming_normal_(weight, nonlinearity=nonlinearity),
    "normal": lambda weight, nonlinearity: init.normal_(weight, std=0.1),
    "uniform": lambda weight, nonlinearity: init.uniform_(weight, -0.1, 0.1),
    "sparse": lambda weight, nonlinearity: init.sparse_(weight, sparsity=0.5, std=0.1),
    "zeros": lambda weight, nonlinearity: init.zeros_(weight),
}


def build_mlp(
    in_features: int,
    hidden: tuple[int, ...],
    out_features: int,
    activation: Nonlinearity,
    initializer: str = "default",
) -> nn.Sequential:
    """A multilayer perceptron: Linear layers with an activation between them.

    Args:
        in_features: width of the input.
        hidden: width of each hidden layer.
        out_features: width of the output.
        activation: a key of `ACTIVATIONS`.
        initializer: a key of `INITIALIZERS`; any but `default` sets the biases to zero.

    Shape:
        Input of the network: (*, in_features). Output: (*, out_features).

    Returns:
        The network.

    Examples:
        >>> build_mlp(4, (16,), 3, "relu")
        Sequential(
          (0): Linear(in_features=4, out_features=16, bias=True)
          (1): ReLU()
          (2): Linear(in_features=16, out_features=3, bias=True)
        )
    """
    widths = (in_features, *hidden, out_features)
    layers: list[nn.Module] = []
    for index, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
        last = index == len(hidden)
        linear = nn.Linear(fan_in, fan_out)
        if initializer != "default":
            INITIALIZERS[initializer](linear.weight, "linear" if last else activation)
            init.zeros_(linear.get_parameter("bias"))
        layers += [linear] if last else [linear, ACTIVATIONS[activation]()]
    return nn.Sequential(*layers)


def one_line(error: Exception) -> str:
    """The message of an error without its line breaks.

    Args:
        error: the error.

    Returns:
        The message.
    """
    return " ".join(str(error).split())


@dataclass(frozen=True)
class Classifier:
    """All that predicting needs: a network, the standardisation of its inputs, and names for both ends.

    Attributes:
        model: the network, from standardised features to logits.
        hidden: width of each hidden layer of `model`.
        activation: its activation, a key of `ACTIVATIONS`.
        mean: what is subtracted from the features, float64, (features,).
        std: what they are then divided by, float64, (features,).
        feature_names: names of the features.
        class_names: names of the classes.
    """

    model: nn.Sequential
    hidden: tuple[int, ...]
    activation: Nonlinearity
    mean: Array
    std: Array
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The dtype of the network's parameters."""
        dtype: np.dtype[np.floating] = next(self.model.parameters()).dtype
        return dtype

    def inputs(self, features: Array) -> npnn.Tensor:
        """The network's input for raw features.

        Args:
            features: float64, (rows, features).

        Returns:
            The standardised features in the network's dtype.
        """
        return npnn.tensor((features - self.mean) / self.std, dtype=self.dtype)

    def predict(self, features: Array) -> Array:
        """Probabilities of the classes.

        Args:
            features: float64, (rows, features).

        Shape:
            Output: (rows, classes).

        Returns:
            One row of probabilities for each row of features.
        """
        self.model.eval()
        with npnn.no_grad():
            probabilities: Array = F.softmax(self.model(self.inputs(features)), dim=1).numpy()
        return probabilities

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the classifier to a file, atomically and without pickle.

        Args:
            path: the file.

        Raises:
            OSError: the file cannot be written.
        """
        npnn.save(
            {
                "architecture": {"hidden": self.hidden, "activation": self.activation, "dtype": self.dtype},
                "state_dict": self.model.state_dict(),
                "standardization": {"mean": self.mean, "std": self.std},
                "feature_names": self.feature_names,
                "class_names": self.class_names,
            },
            path,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Classifier:
        """Reads what `save` wrote.

        Args:
            path: the file.

        Returns:
            The classifier.

        Raises:
            SerializationError: the file is foreign, damaged, or cut short.
            OSError: the file cannot be opened.
        """
        saved = npnn.load(path)
        try:
            architecture = saved["architecture"]
            feature_names, class_names = saved["feature_names"], saved["class_names"]
            model = build_mlp(
                len(feature_names), architecture["hidden"], len(class_names), architecture["activation"]
            ).to(architecture["dtype"])
            model.load_state_dict(saved["state_dict"])
            return cls(
                model=model,
                hidden=architecture["hidden"],
                activation=architecture["activation"],
                mean=saved["standardization"]["mean"],
                std=saved["standardization"]["std"],
                feature_names=feature_names,
                class_names=class_names,
            )
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise SerializationError(
                f"{path} holds no classifier that npnn train iris wrote: {one_line(error)}"
            ) from error

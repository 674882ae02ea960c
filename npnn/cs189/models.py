"""NeuralNetwork: layers one after another, trained on batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from npnn._typing import Array
from npnn.cs189.datasets import Data, Dataset
from npnn.cs189.layers import Layer, initialize_layer
from npnn.cs189.logs import EpochRecord, Logger
from npnn.cs189.losses import initialize_loss
from npnn.cs189.optimizers import initialize_optimizer
from npnn.random import Generator, default_generator
from npnn.serialization import open_atomically

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

KAGGLE_PREDICTIONS = "kaggle_predictions.csv"


class NeuralNetwork:
    """Layers one after another, a loss, and an optimizer.

    Four things are unlike the homework's. The seed decides the first weights and the order of the batches:
    the same seed gives the same network, to the bit, whatever else draws random numbers. Training goes on
    where it left off when it is asked for again: the last layer, which gets its n_out from the data set, is
    added once, and epochs are counted on. A data set needs no validation data. And the predictions for
    Kaggle are in the order of the test set.

    Args:
        loss: name of the loss.
        layer_args: for each layer the arguments of `initialize_layer`; the last layer's n_out may be left
            out, and is that of the data set in any case.
        optimizer_args: the arguments of `initialize_optimizer`.
        logger: what keeps the records, or None.
        seed: of all random numbers; None draws them from npnn's default generator.

    Attributes:
        layers: the layers; the last one joins them when its n_out is known.
        loss: the loss.
        optimizer: the optimizer.
        logger: what keeps the records, or None.
        epoch: number of epochs it was trained for.
        records: an `EpochRecord` for each of them.
        batch_losses: the loss of each batch that it was trained on, before the step.

    Raises:
        NotImplementedError: a name stands for nothing.

    Examples:
        >>> from npnn.cs189.datasets import initialize_dataset
        >>> layers = [
        ...     {"name": "fully_connected", "activation": "relu", "n_out": 25},
        ...     {"name": "fully_connected", "activation": "softmax"},
        ... ]
        >>> model = NeuralNetwork(
        ...     "cross_entropy", layers, {"name": "SGD", "lr": 0.01, "momentum": 0.9}, seed=0
        ... )
        >>> dataset = initialize_dataset("iris", batch_size=25)
        >>> model.train(dataset, epochs=20)
        >>> [layer.n_out for layer in model.layers], model.test(dataset)["error"] < 0.2
        ([25, 3], True)
    """

    def __init__(
        self,
        loss: str,
        layer_args: Sequence[Mapping[str, Any]],
        optimizer_args: Mapping[str, Any],
        logger: Logger | None = None,
        seed: int | None = None,
    ) -> None:
        self.loss = initialize_loss(loss)
        self.optimizer = initialize_optimizer(**optimizer_args)
        self.logger = logger
        self.epoch = 0
        self.records: list[EpochRecord] = []
        self.batch_losses: list[float] = []
        self.layer_args = layer_args
        self.n_layers = len(layer_args)
        self.layers: list[Layer] = []
        self._generator = default_generator if seed is None else Generator().manual_seed(seed)
        for args in layer_args[:-1]:
            self._add_layer(args)

    def _add_layer(self, args: Mapping[str, Any]) -> None:
        layer = initialize_layer(**args)
        layer.generator = self._generator
        self.layers.append(layer)

    def _add_last_layer(self, n_out: int | None) -> None:
        """Adds the last layer, unless it is there."""
        if len(self.layers) < self.n_layers:
            if n_out is None:
                raise RuntimeError(
                    "the last layer has no n_out yet: train takes it from the data set, or give it one before"
                )
            self._add_layer({**self.layer_args[-1], "n_out": n_out})
        elif self.layers[-1].n_out not in (None, n_out):
            raise ValueError(
                f"the last layer has n_out {self.layers[-1].n_out}, but the data set's labels have {n_out}"
            )

    def forward(self, X: ArrayLike) -> Array:
        """Runs every layer's forward.

        Args:
            X: the examples, in rows.

        Returns:
            The predictions.

        Raises:
            RuntimeError: the last layer has no n_out, and the network was not trained yet.
            ValueError: a layer refuses its input.
        """
        if len(self.layers) < self.n_layers:
            self._add_last_layer(self.layer_args[-1].get("n_out"))
        Y = np.asarray(X)
        for layer in self.layers:
            Y = layer.forward(Y)
        return Y

    def backward(self, Y: ArrayLike, Y_hat: ArrayLike) -> float:
        """Computes the loss, and goes back through every layer for the gradients of all parameters.

        Args:
            Y: the targets.
            Y_hat: what forward returned.

        Returns:
            The loss.

        Raises:
            RuntimeError: there was no forward.
            ValueError: Y and Y_hat differ in shape.
        """
        loss = self.loss.forward(Y, Y_hat)
        gradient = self.loss.backward(Y, Y_hat)
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return loss

    def predict(self, X: ArrayLike, Y: ArrayLike) -> tuple[Array, float]:
        """Runs forward and computes the loss.

        Args:
            X: the examples, in rows.
            Y: their targets.

        Returns:
            The predictions and the loss.

        Raises:
            RuntimeError: as for `forward`.
            ValueError: as for `forward`, or Y and the predictions differ in shape.
        """
        Y_hat = self.forward(X)
        return Y_hat, self.loss.forward(Y, Y_hat)

    def update(self, epoch: int) -> None:
        """Moves every parameter against its gradient.

        Args:
            epoch: the epoch, counted from 0, which the learning rate depends on.
        """
        for index, layer in enumerate(self.layers):
            for name, value in layer.parameters.items():
                delta = self.optimizer.update(f"{index}.{name}", value, layer.gradients[name], epoch)
                layer.parameters[name] = value - delta

    def error(self, Y: ArrayLike, Y_hat: ArrayLike) -> float:
        """How wrong predictions are.

        Args:
            Y: the targets.
            Y_hat: the predictions.

        Returns:
            With cross entropy the part of the rows in which another class is the likeliest, 1 - accuracy;
            else the mean squared error.
        """
        if self.loss.name == "cross_entropy":
            return float(np.mean(np.argmax(Y, axis=1) != np.argmax(Y_hat, axis=1)))
        return float(np.mean(np.square(np.subtract(Y, Y_hat))))

    def train(
        self, dataset: Dataset, epochs: int, on_epoch: Callable[[EpochRecord], object] | None = None
    ) -> None:
        """Trains for so many epochs more.

        Args:
            dataset: what to learn from.
            epochs: how many times to go through it.
            on_epoch: called with the record of each epoch: with `print`, one sees how it goes.

        Raises:
            ValueError: the network was trained before, on labels of another width; or a layer or the loss
                refuses what the data set holds.
            FileExistsError: the logger is to save parameters of an epoch that it has saved before.
        """
        self._add_last_layer(dataset.out_dim)
        for _ in range(epochs):
            record = self._train_epoch(dataset)
            self.records.append(record)
            if self.logger is not None:
                self.logger.log(record, self._parameters())
            if on_epoch is not None:
                on_epoch(record)
        if self.logger is not None and epochs:
            if self.logger.save:
                self.save_parameters(self.epoch)
            if self.logger.plot:
                self.logger.draw()

    def _train_epoch(self, dataset: Dataset) -> EpochRecord:
        metrics = _Means()
        for X, Y in dataset.train.batches(generator=self._generator):
            Y = _known(Y)
            Y_hat = self.forward(X)
            loss = self.backward(Y, Y_hat)
            self.update(self.epoch)
            self.batch_losses.append(loss)
            metrics.add(len(X), loss, self.error(Y, Y_hat))
        self.epoch += 1
        validation = (np.nan, np.nan)
        if dataset.validate is not None:
            validation, _ = self._evaluate(dataset.validate)
        return EpochRecord(self.epoch, *metrics.values(), *validation)

    def _evaluate(self, data: Data) -> tuple[tuple[float, float], Array]:
        """Mean loss and error of all examples, and the predictions in the examples' order."""
        metrics, predictions = _Means(), []
        for X, Y in data.batches(shuffle=False):
            Y = _known(Y)
            Y_hat, loss = self.predict(X, Y)
            metrics.add(len(X), loss, self.error(Y, Y_hat))
            predictions.append(Y_hat)
        return metrics.values(), np.concatenate(predictions)

    def test(self, dataset: Dataset, save_predictions: bool = False) -> dict[str, Any]:
        """Tests the network on the data set's test examples.

        Args:
            dataset: what holds them.
            save_predictions: whether the predictions are asked for too.

        Returns:
            "loss" and "error", the means over all examples; and "prediction", in the order of the examples,
            if asked for.

        Raises:
            ValueError: the data set has no test examples, or they have no labels.
        """
        (loss, error), predictions = self._evaluate(_test_data(dataset))
        results: dict[str, Any] = {"loss": loss, "error": error}
        return {**results, "prediction": predictions} if save_predictions else results

    def test_kaggle(self, dataset: Dataset) -> None:
        """Writes kaggle_predictions.csv into the current directory, a submission for the test examples.

        Its columns are Id, the number of the example in the order of the data set, counted from 1, and
        Category, the likeliest class. An earlier file of that name is replaced.

        Args:
            dataset: what holds the test examples; they need no labels.

        Raises:
            ValueError: the data set has no test examples.
        """
        batches = _test_data(dataset).batches(shuffle=False)
        categories = np.concatenate([np.argmax(self.forward(X), axis=1) for X, _ in batches])
        lines = ["Id,Category", *(f"{id},{category}" for id, category in enumerate(categories, start=1))]
        with open_atomically(KAGGLE_PREDICTIONS) as stream:
            stream.write(("\n".join(lines) + "\n").encode())

    def save_parameters(self, epoch: int) -> None:
        """Writes the parameters into the logger's folder, as parameters_epoch<n>.npz.

        Args:
            epoch: the number in the file's name.

        Raises:
            ValueError: there is no logger.
            FileExistsError: there is such a file already.
        """
        if self.logger is None:
            raise ValueError("save_parameters writes into the folder of a logger, but the model has none")
        self.logger.save_parameters(epoch, self._parameters())

    def _parameters(self) -> dict[str, Array]:
        """All parameters, as 0.W, 0.b, 1.W and so on."""
        return {
            f"{index}.{name}": value
            for index, layer in enumerate(self.layers)
            for name, value in layer.parameters.items()
        }


class _Means:
    """The mean loss and error of examples that come in batches, of which the last may be short."""

    def __init__(self) -> None:
        self._rows, self._loss, self._error = 0, 0.0, 0.0

    def add(self, rows: int, loss: float, error: float) -> None:
        self._rows += rows
        self._loss += rows * loss
        self._error += rows * error

    def values(self) -> tuple[float, float]:
        return self._loss / self._rows, self._error / self._rows


def _known(labels: Array | None) -> Array:
    if labels is None:
        raise ValueError("loss and error need labels, but the data has none")
    return labels


def _test_data(dataset: Dataset) -> Data:
    if dataset.test is None:
        raise ValueError("the data set has no test examples")
    return dataset.test


def initialize_model(
    name: str,
    loss: str,
    layer_args: Sequence[Mapping[str, Any]],
    optimizer_args: Mapping[str, Any],
    logger: Logger | None = None,
    seed: int | None = None,
) -> NeuralNetwork:
    """Makes a network.

    Args:
        name: what the model is called; there is one kind, so any name will do.
        loss: name of the loss.
        layer_args: for each layer the arguments of `initialize_layer`.
        optimizer_args: the arguments of `initialize_optimizer`.
        logger: what keeps the records, or None.
        seed: of all random numbers; None draws them from npnn's default generator.

    Returns:
        The network.

    Raises:
        NotImplementedError: the name of a loss, layer, optimizer or the like stands for nothing.

    Examples:
        >>> model = initialize_model(
        ...     "feed_forward",
        ...     loss="l2",
        ...     layer_args=[{"name": "fully_connected", "activation": "linear", "n_out": 2}],
        ...     optimizer_args={"name": "SGD", "lr": 0.1},
        ...     seed=0,
        ... )
        >>> model.forward(np.ones((5, 3))).shape
        (5, 2)
    """
    return NeuralNetwork(loss, layer_args, optimizer_args, logger, seed)

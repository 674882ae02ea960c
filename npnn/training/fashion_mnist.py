"""Fashion-MNIST: the network of `competition/configs/fashion_mnist.yaml` and its training, in NumPy alone.

It is the same run as over there: a seed leads to the same first weights, the same images set aside, the same
order, and the same mirrored images and dropped features. Only rounding is another, and what is dropped where
torch draws that from Intel's MKL.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import npnn
import npnn as nn
from npnn import optim
from npnn._typing import Array
from npnn.datasets.fashion_mnist import CLASS_NAMES, MEAN, SIZE, STD, load_fashion_mnist
from npnn.optim.lr_scheduler import LambdaLR
from npnn.training.config import (
    AT_LEAST_0,
    COUNT,
    COUNT_OR_0,
    POSITIVE,
    SEED,
    SHARE,
    SWITCH,
    WIDTHS,
    Check,
    ConfigError,
    Settings,
)
from npnn.training.trainer import EpochRecord, Metrics, StepRecord

# What a generator is for, besides the seed and the epoch: the order of the images, which of them are
# mirrored, and how far they are shifted.
_ORDER, _FLIP, _SHIFT = 0, 1, 2


@dataclass(frozen=True)
class Recipe(Settings):
    """What a run's numbers depend on, in torch's names.

    Attributes:
        hidden: width of each hidden layer.
        dropout: share of a hidden layer's features that are dropped.
        label_smoothing: share of the target that is spread over all classes.
        flip: whether images are mirrored at random in training, and logits averaged over an image and its
            mirror image in the results.
        translate: by how many pixels training images are shifted at most, up or down and left or right; what
            comes in at the border is the image's reflection.
        lr: learning rate of Muon, which the hidden weights follow.
        momentum: momentum of Muon.
        adamw_lr: learning rate of AdamW, which all other parameters follow.
        weight_decay: weight decay of AdamW on the last layer.
        batch_size: images in a training step.
        epochs: passes over the training images; in the course of all of them learning rates fall to zero.
        validation: how many training images are set aside.
        seed: of the weights, the order of the images, mirroring and dropout.

    Raises:
        ConfigError: a value is out of its range.

    Examples:
        >>> Recipe(epochs=20).hidden
        (512, 256)
        >>> Recipe(dropout=2.0)
        Traceback (most recent call last):
        npnn.training.config.ConfigError: dropout must be a number from 0 to 1, but got 2.0
    """

    CHECKS: ClassVar[Mapping[str, Check]] = {
        "hidden": WIDTHS,
        "dropout": SHARE,
        "label_smoothing": SHARE,
        "flip": SWITCH,
        "translate": COUNT_OR_0,
        "lr": POSITIVE,
        "momentum": AT_LEAST_0,
        "adamw_lr": POSITIVE,
        "weight_decay": AT_LEAST_0,
        "batch_size": COUNT,
        "epochs": COUNT,
        "validation": COUNT,
        "seed": SEED,
    }
    SUBJECT: ClassVar[str] = "Fashion-MNIST"
    EXTENSIBLE: ClassVar[bool] = False

    hidden: tuple[int, ...] = (512, 256)
    dropout: float = 0.1
    label_smoothing: float = 0.1
    flip: bool = True
    translate: int = 0
    lr: float = 0.1
    momentum: float = 0.9
    adamw_lr: float = 0.002
    weight_decay: float = 0.01
    batch_size: int = 1000
    epochs: int = 30
    validation: int = 5000
    seed: int = 0

    @property
    def remedy(self) -> str:
        """See `Settings`."""
        return f"lr {self.lr} and adamw_lr {self.adamw_lr}; smaller ones may help"


@dataclass(frozen=True)
class Images:
    """Images and their classes.

    Attributes:
        pixels: grey values, uint8, (images, 28, 28, 1).
        labels: int64, (images,).
    """

    pixels: Array
    labels: Array

    def inputs(self, index: Array, mirrored: Array | bool = False, shift: Array | int = 0) -> npnn.Tensor:
        """Some images as the network takes them.

        Args:
            index: which images, (B,).
            mirrored: which of these stand mirrored, (B,), or whether all do.
            shift: by how many pixels each is shifted up and to the left, (2, B), or 0.

        Returns:
            float32 of mean 0 and variance 1 over the training images, (B, 28, 28, 1).
        """
        shift = np.broadcast_to(shift, (2, len(index)))[..., np.newaxis]
        rows, columns = (_reflected(np.arange(SIZE) + each) for each in shift)
        turned = np.broadcast_to(mirrored, len(index))[:, np.newaxis]
        columns = np.where(turned, columns[:, ::-1], columns)
        pixels = self.pixels[index[:, None, None], rows[:, :, None], columns[:, None, :]]
        return npnn.from_numpy(pixels * np.float32(1 / (255 * STD)) - np.float32(MEAN / STD))


def _reflected(position: Array) -> Array:
    """Positions outside of an image brought inside, by reflection at its first and its last pixel."""
    last = SIZE - 1
    inside: Array = last - abs(last - abs(position))
    return inside


@dataclass(frozen=True)
class SplitImages:
    """Fashion-MNIST in three parts.

    Attributes:
        train: the images to learn from.
        validation: the images to choose settings by.
        test: the images that nothing is chosen by.
    """

    train: Images
    validation: Images
    test: Images


def prepare_fashion_mnist(root: str | os.PathLike[str], validation: int) -> SplitImages:
    """Reads Fashion-MNIST and sets training images aside, the same ones whatever the seed of the run.

    Args:
        root: the folder of the data sets, as `npnn.datasets.load_fashion_mnist` takes it.
        validation: how many.

    Returns:
        The three parts.

    Raises:
        ConfigError: no image would be left to train on.
        DataError: a file is missing or damaged.
    """
    known, test = load_fashion_mnist(root), load_fashion_mnist(root, train=False)
    count = len(known.labels)
    if validation >= count:
        raise ConfigError(
            f"validation is {validation}, but must leave some of the {count} training images to train on"
        )
    order = npnn.randperm(count, generator=seeded(count)).numpy()
    aside, learned = order[:validation], np.sort(order[validation:])
    return SplitImages(
        train=Images(known.images[learned], known.labels[learned]),
        validation=Images(known.images[aside], known.labels[aside]),
        test=Images(test.images, test.labels),
    )


def seeded(*parts: int) -> npnn.Generator:
    """A generator whose stream depends on all parts of its seed, and is unlike that of neighbouring seeds.

    An epoch that has a generator of its own is the same whether or not the run was interrupted before it.

    Args:
        *parts: whole numbers of at least 0.

    Returns:
        The generator.

    Examples:
        >>> seeded(0, 1).initial_seed() == seeded(0, 2).initial_seed()
        False
    """
    state = np.random.SeedSequence(parts).generate_state(1, np.uint64)[0]
    return npnn.Generator().manual_seed(int(state) >> 1)


def build_network(hidden: tuple[int, ...] = Recipe.hidden, dropout: float = Recipe.dropout) -> nn.Sequential:
    """A multilayer perceptron: linear, batch norm, GELU, dropout for each hidden layer, then a linear head.

    Args:
        hidden: width of each hidden layer.
        dropout: share of a hidden layer's features that are dropped.

    Shape:
        Input of the network: (N, 28, 28, 1). Output: (N, 10).

    Returns:
        The network; its layers have the names of `competition.models.MLP`.

    Examples:
        >>> [name for name, _ in build_network(hidden=(32,)).named_children()]
        ['flatten', 'linear1', 'norm1', 'gelu1', 'dropout1', 'head']
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    inputs = SIZE * SIZE
    for number, width in enumerate(hidden, 1):
        # Batch norm takes away the mean, and a bias with it.
        layers[f"linear{number}"] = nn.Linear(inputs, width, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm1d(width)
        layers[f"gelu{number}"] = nn.GELU()
        layers[f"dropout{number}"] = nn.Dropout(dropout)
        inputs = width
    layers["head"] = nn.Linear(inputs, len(CLASS_NAMES))
    return nn.Sequential(layers)


class ImageTrainer:
    """A network in training on Fashion-MNIST; a `Learner`, as `npnn.training.trainer.Trainer` is.

    Muon moves the hidden weights, which are scaled to columns of norm one on average before each step, so
    that the learning rate alone says how far they turn. AdamW moves the rest.

    Args:
        recipe: what to train and how.
        data: the images.

    Attributes:
        network: the network.
        epoch: number of epochs done.
        step: number of steps done.

    Raises:
        ConfigError: a batch takes more images than there are.
    """

    def __init__(self, recipe: Recipe, data: SplitImages) -> None:
        steps = len(data.train.labels) // recipe.batch_size
        if not steps:
            raise ConfigError(
                f"batch_size is {recipe.batch_size}, but there are {len(data.train.labels)} training images"
            )
        npnn.manual_seed(recipe.seed)
        self.network = build_network(recipe.hidden, recipe.dropout)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
        parameters = dict(self.network.named_parameters())
        head = [parameters.pop("head.weight"), parameters.pop("head.bias")]
        self._matrices = [
            parameters.pop(f"linear{number}.weight") for number in range(1, len(recipe.hidden) + 1)
        ]
        muon = optim.Muon(
            self._matrices, lr=recipe.lr, momentum=recipe.momentum, weight_decay=0.0, ns_steps=3
        )
        groups: list[dict[str, Any]] = [
            {"params": head, "weight_decay": recipe.weight_decay},
            {"params": [*parameters.values()]},
        ]
        adamw = optim.AdamW(groups, lr=recipe.adamw_lr, weight_decay=0.0)
        self.optimizers = [muon, adamw]
        total = steps * recipe.epochs
        self.schedulers = [
            LambdaLR(optimizer, lambda step: (total - step) / total) for optimizer in self.optimizers
        ]
        self.epoch = 0
        self.step = 0
        self._recipe = recipe
        self._data = data
        self._steps = steps

    def steps(self) -> Iterator[StepRecord]:
        """Goes through the training images once in random order, without those that fill no batch.

        Yields:
            The record of each step. `finish_epoch` is to follow the last.

        """
        recipe, images = self._recipe, self._data.train
        self.network.train()
        # Dropout draws from the default generator.
        npnn.manual_seed(seeded(recipe.seed, self.epoch, 0).initial_seed())
        count = len(images.labels)
        order = npnn.randperm(count, generator=seeded(recipe.seed, self.epoch, _ORDER)).numpy()
        mirrored = npnn.rand(count, generator=seeded(recipe.seed, self.epoch, _FLIP)).numpy() < 0.5
        reach, generator = recipe.translate, seeded(recipe.seed, self.epoch, _SHIFT)
        shift = npnn.randint(-reach, reach + 1, (2, count), generator=generator).numpy()
        for index in order[: self._steps * recipe.batch_size].reshape(self._steps, recipe.batch_size):
            targets = npnn.from_numpy(images.labels[index])
            logits = self.network(images.inputs(index, mirrored[index] & recipe.flip, shift[:, index]))
            loss = self.criterion(logits, targets)
            for optimizer in self.optimizers:
                optimizer.zero_grad()
            loss.backward()
            with npnn.no_grad():
                for weight in self._matrices:
                    weight *= weight.shape[1] ** 0.5 / weight.norm()
            learning_rate = float(self.schedulers[0].get_last_lr()[0])
            for optimizer, scheduler in zip(self.optimizers, self.schedulers, strict=True):
                optimizer.step()
                scheduler.step()
            self.step += 1
            accuracy = (logits.argmax(1) == targets).sum().item() / len(index)
            yield StepRecord(self.step, self.epoch + 1, loss.item(), accuracy, learning_rate)

    def finish_epoch(self) -> EpochRecord:
        """Evaluates the network.

        Returns:
            The record of the epoch, with the learning rate that its last step left behind.
        """
        self.epoch += 1
        train, validation = self._metrics(self._data.train), self._metrics(self._data.validation)
        learning_rate = float(self.schedulers[0].get_last_lr()[0])
        return EpochRecord(self.epoch, self.step, *train, *validation, learning_rate)

    def evaluate(self, part: Images) -> Metrics:
        """Loss and accuracy of the mean logits over an image and, with `flip`, its mirror image.

        Args:
            part: the images.

        Returns:
            The metrics.
        """
        return self._metrics(part, views=(False, True) if self._recipe.flip else (False,))

    def save_model(self, path: str | os.PathLike[str]) -> None:
        """Writes the arguments of `build_network`, the network's state and the names of the classes.

        Args:
            path: the file.

        Raises:
            OSError: the file cannot be written.
        """
        recipe = self._recipe
        npnn.save(
            {
                "architecture": {"hidden": recipe.hidden, "dropout": recipe.dropout},
                "state_dict": self.network.state_dict(),
                "class_names": CLASS_NAMES,
            },
            path,
        )

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the training depends on, between two epochs.

        Returns:
            A dict that `load_state_dict` and `npnn.save` take.
        """
        return {
            "epoch": self.epoch,
            "step": self.step,
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "schedulers": [scheduler.state_dict() for scheduler in self.schedulers],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes back to where `state_dict` was called.

        Args:
            state: what it gave, from a trainer with the same recipe and data.

        Raises:
            KeyError, RuntimeError, ValueError: the state is another trainer's.
        """
        self.network.load_state_dict(state["network"])
        for name in ("schedulers", "optimizers"):
            for own, saved in zip(getattr(self, name), state[name], strict=True):
                own.load_state_dict(saved)
        self.epoch, self.step = state["epoch"], state["step"]

    def _metrics(self, part: Images, views: tuple[bool, ...] = (False,)) -> Metrics:
        """In batches, so that the features of all images need not be in memory at once."""
        self.network.eval()
        count, loss, correct = len(part.labels), 0.0, 0
        with npnn.no_grad():
            for start in range(0, count, self._recipe.batch_size):
                index = np.arange(start, min(start + self._recipe.batch_size, count))
                targets = npnn.from_numpy(part.labels[index])
                logits = sum(self.network(part.inputs(index, mirrored)) for mirrored in views) / len(views)
                loss += self.criterion(logits, targets).item() * len(targets)
                correct += (logits.argmax(1) == targets).sum().item()
        return Metrics(loss / count, correct / count)

"""`npnn train fashion-mnist` is the run of fashion_mnist.yaml: the same losses from the same seed."""

import numpy as np
import pandas as pd
import pytest
import torch

from competition.data import FashionMNIST
from npnn.datasets import FashionMNISTData
from npnn.training import fashion_mnist
from npnn.training.fashion_mnist import ImageTrainer, Recipe, prepare_fashion_mnist


@pytest.fixture
def same_data(monkeypatch):
    """Images whose class can be learned, for both."""
    random = np.random.default_rng(3)
    drawn = {}
    for train, count in ((True, 1050), (False, 90)):
        labels = random.integers(10, size=count)
        images = random.integers(120, size=(count, 28, 28, 1), dtype=np.uint8)
        images[np.arange(count), 4 + 2 * labels] += 100
        drawn[train] = images, labels
    monkeypatch.setattr(FashionMNIST, "prepare_data", lambda self: None)
    monkeypatch.setattr(FashionMNIST, "read", lambda self, train: tuple(map(torch.from_numpy, drawn[train])))
    monkeypatch.setattr(
        fashion_mnist, "load_fashion_mnist", lambda root, train=True: FashionMNISTData(*drawn[train])
    )


def test_the_twin_in_numpy_has_the_same_losses(command, configs, tmp_path, same_data):
    # Dropped features are the same only where torch draws them as it does on most processors.
    assert not command(
        *("fit", "-c", configs / "fashion_mnist.yaml", "--run", tmp_path, "--seed_everything=3"),
        *("--trainer.max_epochs=3", "--data.init_args.batch_size=100", "--data.init_args.validation=250"),
        *("--model.net.init_args.dropout=0.0", "--data.init_args.translate=2"),
    )
    theirs = pd.read_csv(tmp_path / "epochs.csv")
    recipe = Recipe(dropout=0.0, translate=2, batch_size=100, epochs=3, validation=250, seed=3)
    trainer = ImageTrainer(recipe, prepare_fashion_mnist("", recipe.validation))
    for row in theirs.itertuples():
        train_loss = np.mean([record.train_loss for record in trainer.steps()])
        # npnn's Muon orthogonalizes in bfloat16, as torch.optim.Muon does: its updates are right to 8 bits.
        np.testing.assert_allclose(train_loss, row.train_loss, rtol=2e-4)
        np.testing.assert_allclose(trainer.finish_epoch().validation_loss, row.val_loss, rtol=2e-4)
    assert theirs["train_loss"].iloc[-1] < 0.8 * theirs["train_loss"].iloc[0]

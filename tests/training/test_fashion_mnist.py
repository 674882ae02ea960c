"""Fashion-MNIST: the images as the network takes them, the recipe, and the command from data to resumed run.

That a run is the one of competition/configs/fashion_mnist.yaml, tests/competition/test_twin.py sees.
"""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

import npnn
from npnn.training.config import ConfigError
from npnn.training.fashion_mnist import (
    Images,
    ImageTrainer,
    Recipe,
    SplitImages,
    build_network,
    prepare_fashion_mnist,
)

SMALL = "--hidden 12,7 --batch-size 25 --validation 30 --epochs 3"


def write_idx(folder, part, images, labels):
    for name, array in (("images", images), ("labels", labels)):
        header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
        (folder / f"{part}-{name}-idx{array.ndim}-ubyte").write_bytes(header + array.tobytes())


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """130 training images and 40 test images: each class has a bright row of its own, in noise."""
    random = np.random.default_rng(5)
    root = tmp_path_factory.mktemp("data")
    folder = root / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    for part, count in (("train", 130), ("t10k", 40)):
        labels = random.integers(10, size=count, dtype=np.uint8)
        images = random.integers(60, size=(count, 28, 28), dtype=np.uint8)
        images[np.arange(count), 4 + 2 * labels] += 150
        write_idx(folder, part, images, labels)
    return root


@pytest.fixture
def split(data):
    return prepare_fashion_mnist(data, 30)


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_inputs_are_shifted_by_reflection_then_mirrored_then_scaled():
    pixels = np.random.default_rng(0).integers(256, size=(4, 28, 28, 1), dtype=np.uint8)
    index, mirrored = np.array([2, 0, 3]), np.array([True, False, True])
    shift = np.array([[2, -1, 0], [-2, 1, 2]])
    inputs = Images(pixels, np.zeros(4, int)).inputs(index, mirrored, shift).numpy()
    assert inputs.dtype == np.float32
    for image, one, turned, (down, right) in zip(inputs, index, mirrored, shift.T, strict=True):
        around = np.pad(pixels[one, ..., 0], 2, mode="reflect")
        expected = around[2 + down : 30 + down, 2 + right : 30 + right]
        expected = expected[:, ::-1] if turned else expected
        # A share of 255, of the published mean and deviation; float32 has 24 bits.
        np.testing.assert_allclose(image[..., 0], (expected / 255 - 0.2860) / 0.3530, rtol=0, atol=1e-6)


def test_images_set_aside_are_no_training_images_and_always_the_same(data, split):
    images = np.concatenate([split.train.pixels, split.validation.pixels])
    assert (len(split.train.labels), len(split.validation.labels)) == (100, 30)
    assert len(np.unique(images, axis=0)) == 130
    again = prepare_fashion_mnist(data, 30)
    np.testing.assert_array_equal(again.validation.pixels, split.validation.pixels)
    with pytest.raises(
        ConfigError, match="validation is 130, but must leave some of the 130 training images"
    ):
        prepare_fashion_mnist(data, 130)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden": ()}, "hidden must be one positive whole number for each hidden layer"),
        ({"dropout": -0.1}, "dropout must be a number from 0 to 1, but got -0.1"),
        ({"flip": 1}, "flip must be true or false, but got 1"),
        ({"translate": -1}, "translate must be a whole number of at least 0, but got -1"),
        ({"adamw_lr": 0}, "adamw_lr must be a positive number, but got 0"),
        ({"validation": 0}, "validation must be a positive whole number, but got 0"),
    ],
)
def test_refuses(values, message):
    with pytest.raises(ConfigError, match=message):
        Recipe(**values)


def test_a_batch_larger_than_the_training_images_is_refused(split):
    with pytest.raises(ConfigError, match="batch_size is 101, but there are 100 training images"):
        ImageTrainer(Recipe(batch_size=101), split)


def test_every_image_of_an_epoch_stands_in_one_step_and_learning_rates_fall_to_zero(split, monkeypatch):
    seen = []
    straight = Images.inputs
    monkeypatch.setattr(
        Images, "inputs", lambda self, index, *rest: (seen.append(index), straight(self, index, *rest))[1]
    )
    trainer = ImageTrainer(Recipe(hidden=(5,), batch_size=30, epochs=2), split)
    rates = []
    for _ in range(2):
        seen.clear()
        rates += [record.learning_rate for record in trainer.steps()]
        assert [len(index) for index in seen] == [30, 30, 30]  # ten images fill no batch
        assert len(np.unique(seen)) == 90
        trainer.finish_epoch()
    np.testing.assert_allclose(rates, 0.1 * np.arange(6, 0, -1) / 6, rtol=1e-12)


def test_weights_turn_by_the_learning_rate_and_no_further(split):
    trainer = ImageTrainer(Recipe(hidden=(12,), batch_size=100, epochs=4, lr=0.05), split)
    before = trainer.network.linear1.weight.numpy(force=True).copy()
    before *= np.sqrt(12) / np.linalg.norm(before)
    next(trainer.steps())
    singular = np.linalg.svd(trainer.network.linear1.weight.numpy(force=True) - before, compute_uv=False)
    # After three steps of Newton-Schulz, singular values lie between 0 and 1.3, the larger ones around 1.
    assert 0.05 * 0.6 < singular[0] < 0.05 * 1.3


def test_the_command_learns_writes_a_run_and_shows_a_table(run, data):
    result = run(f"train fashion-mnist --data {data} {SMALL} --epochs 12 --translate 1")
    folder = Path("experiments/fashion-mnist")
    assert set(contents(folder)) == {
        *("hyperparameters.json", "steps.csv", "epochs.csv", "checkpoint.npz", "model.npz", "results.json"),
        *("loss.png", "accuracy.png"),
    }
    for text in (
        "Fashion-MNIST after 12 epochs",
        "100",
        "30",
        "40",
        "The run is in experiments/fashion-mnist.",
    ):
        assert text in result.stdout
    assert "12/12 loss" in result.stderr
    results = json.loads((folder / "results.json").read_text())
    assert results["train"]["accuracy"] > 0.8
    with (folder / "epochs.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["step"]) for row in rows] == [*range(4, 49, 4)]
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])

    saved = npnn.load(folder / "model.npz")
    network = build_network(**saved["architecture"])
    network.load_state_dict(saved["state_dict"])
    test = prepare_fashion_mnist(data, 30).test
    with npnn.no_grad():
        views = [network.eval()(test.inputs(np.arange(40), mirrored)) for mirrored in (False, True)]
    correct = (sum(views).argmax(1).numpy() == test.labels).mean()
    assert correct == results["test"]["accuracy"]


@pytest.mark.parametrize("steps", [2, 9])
def test_an_interrupted_run_resumes_to_the_same_files(run, data, monkeypatch, steps):
    options = f"{SMALL} --data {data} --no-plots"
    run(f"train fashion-mnist --name straight {options} --quiet")
    straight = ImageTrainer.steps

    def stopping(self):
        for record in straight(self):
            yield record
            if record.step == steps:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ImageTrainer, "steps", stopping)
        result = run(f"train fashion-mnist --name stopped {options}", status=130)
    command = f"npnn train fashion-mnist --data {data} --name stopped --resume"
    assert f"Interrupted. Continue with: {command}\n" in result.output
    run([*command.split()[1:], "--no-plots", "--quiet"])
    assert contents("experiments/stopped") == contents("experiments/straight")

    result = run(f"train fashion-mnist --data {data} --name stopped --resume --epochs 9", status=1)
    assert "cannot resume experiments/stopped with epochs 9 (the run has 3)" in result.output


def test_without_the_data_one_sentence_says_how_to_get_it(run, monkeypatch):
    monkeypatch.delenv("NPNN_DATA", raising=False)
    result = run("train fashion-mnist", status=1)
    assert result.output.startswith(
        "Error: Fashion-MNIST is not in data: data/FashionMNIST/raw has no train-images"
    )
    assert "torchvision.datasets.FashionMNIST('data', download=True)" in result.output
    assert not Path("experiments").exists()


def test_training_that_diverges_says_so(run, data):
    result = run(f"train fashion-mnist --data {data} {SMALL} --adamw-lr 1e38 --no-plots", status=1)
    assert "training diverged: the loss became" in result.output
    assert "with lr 0.1 and adamw_lr 1e+38; smaller ones may help" in result.output


def test_four_epochs_on_a_tenth_of_the_real_images():
    root = Path(os.environ.get("NPNN_DATA", "data"))
    if not (root / "FashionMNIST" / "raw").is_dir():
        pytest.skip(f"Fashion-MNIST is not in {root}: NPNN_DATA names the folder that holds it")
    whole = prepare_fashion_mnist(root, 5000)
    parts = (whole.train, whole.validation, whole.test)
    split = SplitImages(*(Images(part.pixels[:5500], part.labels[:5500]) for part in parts))
    trainer = ImageTrainer(Recipe(hidden=(128,), batch_size=250, epochs=4), split)
    for _ in range(4):
        list(trainer.steps())
        trainer.finish_epoch()
    assert trainer.evaluate(split.test).accuracy > 0.82

"""NeuralNetwork: training, and each of the homework's faults that it leaves behind."""

import csv
import math

import numpy as np
import pytest

import npnn
from npnn.cs189.datasets import Dataset, initialize_dataset
from npnn.cs189.logs import Logger
from npnn.cs189.models import initialize_model

LAYERS = (
    {"name": "fully_connected", "activation": "relu", "weight_init": "xavier_uniform", "n_out": 25},
    {"name": "fully_connected", "activation": "softmax", "weight_init": "xavier_uniform", "n_out": None},
)
SGD = {"name": "SGD", "lr": 0.01, "lr_scheduler": "constant", "momentum": 0.9, "clip_norm": 1.0}


@pytest.fixture
def iris():
    return initialize_dataset("iris", batch_size=25)


def network(seed=0, loss="cross_entropy", layers=LAYERS, optimizer=SGD, logger=None):
    return initialize_model("feed_forward", loss, layers, optimizer, logger=logger, seed=seed)


def parameters(model):
    return [value for layer in model.layers for value in layer.parameters.values()]


def assert_same(model, other):
    for value, same in zip(parameters(model), parameters(other), strict=True):
        np.testing.assert_array_equal(value, same)
    assert model.records == other.records


def test_the_homeworks_network_learns_iris(iris):
    model = network()
    model.train(iris, epochs=100)
    results = model.test(iris)
    assert set(results) == {"loss", "error"}
    assert results["loss"] < 0.3
    assert results["error"] <= 0.1
    assert [record.epoch for record in model.records] == list(range(1, 101))
    assert len(model.batch_losses) == 500
    assert model.records[-1].train_loss < 0.3 < model.records[0].train_loss


def test_backward_fills_the_slopes_of_the_loss(iris):
    layers = (
        {"name": "conv2d", "activation": "tanh", "n_out": 3, "kernel_shape": (2, 3), "stride": 2},
        {"name": "pool2d", "kernel_shape": 2, "mode": "average"},
        {"name": "flatten"},
        {"name": "fully_connected", "activation": "softmax", "n_out": 4},
    )
    random = np.random.default_rng(2)
    X, Y = random.standard_normal((3, 7, 6, 2)), np.eye(4)[[2, 0, 3]]
    model = network(layers=layers)
    loss = model.backward(Y, model.forward(X))
    assert loss == model.predict(X, Y)[1]
    for layer in (model.layers[0], model.layers[-1]):
        for name, value in layer.parameters.items():
            place = (0,) * value.ndim
            losses = []
            for step in (1e-6, -1e-6):
                layer.parameters[name] = value.copy()
                layer.parameters[name][place] += step
                losses.append(model.predict(X, Y)[1])
            layer.parameters[name] = value
            slope = (losses[0] - losses[1]) / 2e-6
            np.testing.assert_allclose(layer.gradients[name][place], slope, rtol=1e-6)


def test_update_subtracts_what_the_optimizer_says():
    model = network(layers=[{**LAYERS[1], "n_out": 2}], optimizer={"name": "SGD", "lr": 0.5})
    X, Y = np.arange(6.0).reshape(2, 3), np.eye(2)
    model.backward(Y, model.forward(X))
    (layer,) = model.layers
    before = {name: value.copy() for name, value in layer.parameters.items()}
    model.update(epoch=0)
    for name, value in layer.parameters.items():
        np.testing.assert_allclose(value, before[name] - 0.5 * layer.gradients[name], rtol=1e-12)


def test_the_seed_decides_everything(iris):
    first, second, other = network(seed=3), network(seed=3), network(seed=4)
    first.train(iris, epochs=3)
    npnn.manual_seed(99)
    iris.train.sample()
    second.train(iris, epochs=2)
    other.train(iris, epochs=3)
    second.train(iris, epochs=1)
    assert_same(first, second)
    assert first.records != other.records


def test_without_a_seed_the_default_generator_decides(iris):
    models = []
    for _ in range(2):
        npnn.manual_seed(5)
        models.append(network(seed=None))
        models[-1].train(iris, epochs=2)
    assert_same(*models)


def test_training_twice_goes_on_where_it_left_off(iris):
    decaying = {**SGD, "lr_scheduler": "exponential", "lr_decay": 0.5, "stage_length": 2, "staircase": True}
    once, twice = network(optimizer=decaying), network(optimizer=decaying)
    once.train(iris, epochs=6)
    twice.train(iris, epochs=4)
    twice.train(iris, epochs=2)
    assert len(twice.layers) == 2
    assert twice.epoch == 6
    assert_same(once, twice)


def test_layer_args_stay_as_they_were(iris):
    network().train(iris, epochs=1)
    assert LAYERS[1]["n_out"] is None


def test_a_data_set_needs_no_validation_and_no_test_data(iris):
    dataset = Dataset(iris.train.data, iris.train.labels, batch_size=40)
    model = network()
    model.train(dataset, epochs=2)
    assert all(math.isnan(record.validate_loss) for record in model.records)
    assert model.records[1].train_loss > 0
    for ask in (model.test, model.test_kaggle):
        with pytest.raises(ValueError, match="the data set has no test examples"):
            ask(dataset)


def test_means_are_over_rows_and_predictions_in_their_order(iris):
    model = network()
    model.train(iris, epochs=3)
    results = model.test(iris, save_predictions=True)  # in batches of 25 and 5
    Y_hat, loss = model.predict(iris.test.data, iris.test.labels)
    np.testing.assert_allclose(results["prediction"], Y_hat, rtol=1e-12)
    np.testing.assert_allclose(results["loss"], loss, rtol=1e-12)
    np.testing.assert_allclose(results["error"], model.error(iris.test.labels, Y_hat), rtol=1e-12)


def test_kaggle_predictions_are_in_the_order_of_the_test_set(iris, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = Dataset(iris.train.data, iris.train.labels, 25, test_set=iris.test.data)
    model = network()
    model.train(dataset, epochs=30)
    model.test_kaggle(dataset)
    with open("kaggle_predictions.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["Id", "Category"]
    expected = model.forward(iris.test.data).argmax(axis=1)
    assert len(set(expected)) == 3
    assert [(int(id), int(category)) for id, category in rows] == list(enumerate(expected, start=1))
    with pytest.raises(ValueError, match="loss and error need labels"):
        model.test(dataset)


def test_error_of_regression():
    model = network(loss="l2", layers=[{"name": "fully_connected", "activation": "linear"}])
    assert model.error(np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]])) == 2.0
    X = np.random.default_rng(1).standard_normal((40, 3))
    Y = X @ [[1.0, -2.0], [0.5, 0.25], [3.0, 1.0]] + 1
    model.optimizer.lr_scheduler.lr = 0.1
    model.train(Dataset(X, Y, batch_size=40, test_set=X, test_labels=Y), epochs=300)
    assert model.test(Dataset(X, Y, 7, test_set=X, test_labels=Y))["error"] < 1e-6


def test_on_epoch_sees_every_record(iris):
    seen = []
    model = network()
    model.train(iris, epochs=3, on_epoch=seen.append)
    assert seen == model.records


def test_the_logger_keeps_the_records_and_the_last_parameters(iris, tmp_path):
    logger = Logger("run", {"layers": LAYERS}, {"name": "iris"}, save=True, plot=True, save_dir=tmp_path)
    model = network(logger=logger)
    model.train(iris, epochs=2)
    assert logger.records == model.records
    assert sorted(path.name for path in logger.folder.iterdir()) == [
        *("error.png", "hyperparameters.json", "log.csv", "loss.png", "parameters_epoch2.npz", "weights.png")
    ]
    with np.load(logger.folder / "parameters_epoch2.npz") as file:
        assert sorted(file) == ["0.W", "0.b", "1.W", "1.b"]
        np.testing.assert_array_equal(file["1.W"], model.layers[1].parameters["W"])
    with pytest.raises(FileExistsError):
        model.save_parameters(2)
    model.train(iris, epochs=1)
    assert (logger.folder / "parameters_epoch3.npz").exists()
    assert len((logger.folder / "log.csv").read_text().splitlines()) == 4


def test_save_parameters_needs_a_logger():
    with pytest.raises(ValueError, match="writes into the folder of a logger, but the model has none"):
        network().save_parameters(1)


def test_the_last_layer(iris):
    with pytest.raises(RuntimeError, match="the last layer has no n_out yet"):
        network().forward(np.ones((2, 4)))
    given = [LAYERS[0], {**LAYERS[1], "n_out": 5}]
    assert network(layers=given).forward(np.ones((2, 4))).shape == (2, 5)
    model = network(layers=given)
    model.train(iris, epochs=1)
    assert model.layers[-1].n_out == 3
    with pytest.raises(ValueError, match="the last layer has n_out 3, but the data set's labels have 4"):
        model.train(Dataset(np.ones((2, 4)), np.ones((2, 4))), epochs=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": "l1"}, "no loss 'l1'"),
        ({"layers": [{"name": "dense"}, LAYERS[1]]}, "no layer 'dense'"),
        ({"optimizer": {"name": "Adam", "lr": 0.1}}, "no optimizer 'Adam'"),
    ],
)
def test_unknown_names(change, message):
    with pytest.raises(NotImplementedError, match=message):
        network(**change)

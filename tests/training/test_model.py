"""The classifier: its layers, how they start, and the file that predicting needs."""

import numpy as np
import pytest

import npnn
from npnn.serialization import SerializationError
from npnn.training.model import ACTIVATIONS, INITIALIZERS, Classifier, build_mlp


def make_classifier(dtype=np.float32, hidden=(5, 7), activation="tanh"):
    npnn.manual_seed(3)
    return Classifier(
        model=build_mlp(4, hidden, 3, activation).to(np.dtype(dtype)),
        hidden=hidden,
        activation=activation,
        mean=np.array([5.8, 3.0, 3.7, 1.2]),
        std=np.array([0.8, 0.4, 1.7, 0.7]),
        feature_names=("a", "b", "c", "d"),
        class_names=("x", "y", "z"),
    )


def test_layers():
    kinds = [type(layer) for layer in build_mlp(4, (5, 7), 3, "sigmoid")]
    assert kinds == [npnn.Linear, npnn.Sigmoid, npnn.Linear, npnn.Sigmoid, npnn.Linear]
    assert [p.shape for p in build_mlp(4, (5, 7), 3, "relu").parameters()] == [
        (4, 5),
        (5,),
        (5, 7),
        (7,),
        (7, 3),
        (3,),
    ]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer_fills_every_weight(initializer, activation):
    npnn.manual_seed(1)
    network = build_mlp(40, (50, 60), 30, activation, initializer)
    gain = {"relu": 2**0.5, "sigmoid": 1.0, "tanh": 5 / 3, None: 1.0}
    for index, follows in ((0, activation), (2, activation), (4, None)):
        weight, bias = network[index].weight.array, network[index].bias.array
        fan_in, fan_out = weight.shape
        # In closed form: Glorot and Bengio (2010), He et al. (2015), and torch's default for Linear.
        expected = {
            "default": (1 / 3 / fan_in) ** 0.5,
            "xavier_uniform": gain[follows] * (2 / (fan_in + fan_out)) ** 0.5,
            "xavier_normal": gain[follows] * (2 / (fan_in + fan_out)) ** 0.5,
            "kaiming_uniform": gain[follows] / fan_in**0.5,
            "kaiming_normal": gain[follows] / fan_in**0.5,
            "normal": 0.1,
            "uniform": 0.1 / 3**0.5,
            "sparse": 0.1 * 0.5**0.5,
            "zeros": 0.0,
        }[initializer]
        # 1800 draws and more: three standard errors of a deviation are 5 %, and 8 % for the sparse one.
        np.testing.assert_allclose(weight.std(), expected, rtol=0.08)
        assert (bias == 0).all() == (initializer != "default")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predicts_the_softmax_of_standardised_features(dtype):
    classifier = make_classifier(dtype)
    features = np.random.default_rng(0).normal(5, 2, (6, 4))
    h = (features - classifier.mean) / classifier.std
    weights = [p.array.astype(np.float64) for p in classifier.model.parameters()]
    h = np.tanh(np.tanh(h @ weights[0] + weights[1]) @ weights[2] + weights[3]) @ weights[4] + weights[5]
    expected = np.exp(h) / np.exp(h).sum(axis=1, keepdims=True)
    predicted = classifier.predict(features)
    assert predicted.dtype == dtype
    # float32: a dozen roundings of values near 1.
    tolerance = {"rtol": 1e-9, "atol": 1e-11} if dtype == np.float64 else {"rtol": 1e-5}
    np.testing.assert_allclose(predicted, expected, **tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_comes_back_from_its_file(tmp_path, dtype):
    classifier = make_classifier(dtype)
    classifier.save(tmp_path / "model.npz")
    loaded = Classifier.load(tmp_path / "model.npz")
    features = np.random.default_rng(0).normal(5, 2, (6, 4))
    np.testing.assert_array_equal(loaded.predict(features), classifier.predict(features))
    assert repr(loaded.model) == repr(classifier.model)
    assert (loaded.feature_names, loaded.class_names) == (classifier.feature_names, classifier.class_names)


@pytest.mark.parametrize(
    "damage",
    [
        lambda saved: [],
        lambda saved: {},
        lambda saved: {**saved, "state_dict": {}},
        lambda saved: {**saved, "class_names": ("x", "y")},
        lambda saved: {**saved, "architecture": {**saved["architecture"], "activation": "step"}},
        lambda saved: {**saved, "architecture": {**saved["architecture"], "hidden": (5, 8)}},
        lambda saved: {**saved, "architecture": {**saved["architecture"], "hidden": 5}},
        lambda saved: {**saved, "standardization": None},
    ],
)
def test_refuses_files_that_hold_something_else(tmp_path, damage):
    path = tmp_path / "model.npz"
    make_classifier().save(path)
    npnn.save(damage(npnn.load(path)), path)
    with pytest.raises(
        SerializationError, match=r"model\.npz holds no classifier that npnn train iris wrote: ."
    ) as caught:
        Classifier.load(path)
    assert "\n" not in str(caught.value)


def test_refuses_a_file_cut_short(tmp_path):
    path = tmp_path / "model.npz"
    make_classifier().save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(
        SerializationError, match=r"model\.npz is not one that npnn\.save wrote, or not all of it"
    ):
        Classifier.load(path)

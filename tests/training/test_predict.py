"""Classifying files: the same answers however the columns come, and errors that name the cell."""

import csv

import numpy as np
import pytest

from npnn.datasets import DataError, load_iris
from npnn.training import predict
from npnn.training.experiment import ExperimentError
from npnn.training.model import Classifier, build_mlp


@pytest.fixture
def classifier():
    iris = load_iris()
    return Classifier(
        model=build_mlp(4, (5,), 3, "relu"),
        hidden=(5,),
        activation="relu",
        mean=np.zeros(4),
        std=np.ones(4),
        feature_names=iris.feature_names,
        class_names=iris.class_names,
    )


def test_classifies_each_row(tmp_path, classifier):
    features = load_iris().features[::10]
    path = tmp_path / "flowers.csv"
    np.savetxt(path, features, delimiter=",", fmt="%.17g")
    predictions = predict.predict_file(classifier, path)
    expected = classifier.predict(features)
    assert [prediction.row for prediction in predictions] == list(range(1, 16))
    assert [p.label for p in predictions] == [
        classifier.class_names[best] for best in expected.argmax(axis=1)
    ]
    np.testing.assert_array_equal([p.probability for p in predictions], expected.max(axis=1))
    np.testing.assert_array_equal([p.probabilities for p in predictions], expected)


def test_columns_are_found_by_name(tmp_path, classifier):
    plain, named = tmp_path / "plain.csv", tmp_path / "named.csv"
    plain.write_text("5.1,3.5,1.4,0.2\n7.0,3.2,4.7,1.5\n")
    named.write_text(
        "species,petal_width,Sepal.Length,petal_length,sepal width (cm)\n?,0.2,5.1,1.4,3.5\n?,1.5,7,4.7,3.2\n"
    )
    for one, two in zip(*(predict.predict_file(classifier, path) for path in (plain, named)), strict=True):
        np.testing.assert_array_equal(one.probabilities, two.probabilities)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("5.1,3.5,,0.2", r"row 2 \(line 2\), column petal_length: the cell is empty"),
        ("5.1,3.5,1e300,0.2", r"row 2 \(line 2\), column petal_length: 1e\+300 is too large for float32"),
    ],
)
def test_names_the_bad_cell(tmp_path, classifier, row, message):
    path = tmp_path / "flowers.csv"
    path.write_text(f"5.1,3.5,1.4,0.2\n{row}\n")
    with pytest.raises(DataError, match=message):
        predict.predict_file(classifier, path)


def test_writes_all_probabilities(tmp_path, classifier):
    path, output = tmp_path / "flowers.csv", tmp_path / "species.csv"
    path.write_text("5.1,3.5,1.4,0.2\n7.0,3.2,4.7,1.5\n")
    predictions = predict.predict_file(classifier, path)
    predict.write_predictions(output, predictions, classifier.class_names)
    with output.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["row", "class", "probability", "setosa", "versicolor", "virginica"]
    for row, prediction in zip(rows, predictions, strict=True):
        assert (int(row["row"]), row["class"]) == (prediction.row, prediction.label)
        assert float(row[row["class"]]) == float(row["probability"]) == prediction.probability
        assert sum(float(row[name]) for name in classifier.class_names) == pytest.approx(1, abs=1e-6)


def test_needs_a_finished_run(tmp_path, classifier):
    with pytest.raises(ExperimentError, match=r"is no run's folder: expected one with model\.npz in it"):
        predict.load_classifier(tmp_path)
    (tmp_path / "hyperparameters.json").write_text("{}")
    with pytest.raises(
        ExperimentError, match=r"has no model\.npz yet: finish it with npnn train iris --resume"
    ):
        predict.load_classifier(tmp_path)
    classifier.save(tmp_path / "model.npz")
    assert predict.load_classifier(tmp_path).class_names == classifier.class_names

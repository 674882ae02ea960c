"""Iris: Fisher's own numbers, and what a file with other contents is told."""

import numpy as np
import pytest

from npnn.datasets import DataError, load_iris
from npnn.datasets.iris import CLASS_NAMES, FEATURE_NAMES


def test_holds_fishers_data():
    iris = load_iris()
    assert iris.features.shape == (150, 4)
    assert iris.features.dtype == np.float64
    assert iris.labels.dtype == np.int64
    assert iris.class_names == CLASS_NAMES == ("setosa", "versicolor", "virginica")
    np.testing.assert_array_equal(iris.labels, np.repeat([0, 1, 2], 50))
    # Means of each species as printed in Fisher (1936), table 2.
    means = [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]]
    for label, expected in enumerate(means):
        np.testing.assert_allclose(
            iris.features[iris.labels == label].mean(axis=0), expected, rtol=0, atol=1e-12
        )


def test_has_fishers_values_where_ucis_file_departs_from_them():
    features = load_iris().features
    np.testing.assert_array_equal(features[34], [4.9, 3.1, 1.5, 0.2])
    np.testing.assert_array_equal(features[37], [4.9, 3.6, 1.4, 0.1])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "5.1,3.5,1.4,0.2,rosa",
            r"row 2 \(line 3\), column species: 'rosa' is none of setosa, versicolor, virginica",
        ),
        ("5.1,3.5,1.4,0.2,3", "column species: '3' is none of"),
        ("5.1,nan,1.4,0.2,setosa", "column sepal_width: 'nan' is no finite number"),
        ("5.1,3.5,1.4,0.2", "has 4 columns, but the header has 5"),
    ],
)
def test_refuses_bad_rows(tmp_path, row, message):
    path = tmp_path / "iris.csv"
    path.write_text(f"{','.join(FEATURE_NAMES)},species\n5.1,3.5,1.4,0.2,setosa\n{row}\n")
    with pytest.raises(DataError, match=message):
        load_iris(path)

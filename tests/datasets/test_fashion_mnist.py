"""Fashion-MNIST and its IDX files: what is read, packed or not, and what is refused."""

import gzip

import numpy as np
import pytest

from npnn.datasets import DataError, load_fashion_mnist, read_idx


def idx(array):
    """An IDX file by the description of the format."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return header + bytes(array.ravel().tolist())


@pytest.fixture
def root(tmp_path):
    """Three training images, packed, and two test images."""
    random = np.random.default_rng(0)
    folder = tmp_path / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    for part, count, suffix, packed in (("train", 3, ".gz", gzip.compress), ("t10k", 2, "", bytes)):
        images = random.integers(256, size=(count, 28, 28), dtype=np.uint8)
        labels = np.array([9, 0, 4][:count], np.uint8)
        (folder / f"{part}-images-idx3-ubyte{suffix}").write_bytes(packed(idx(images)))
        (folder / f"{part}-labels-idx1-ubyte{suffix}").write_bytes(packed(idx(labels)))
    return tmp_path


def test_reads_images_and_labels_packed_or_not(root):
    train, test = load_fashion_mnist(root), load_fashion_mnist(root, train=False)
    random = np.random.default_rng(0)
    for data, count in ((train, 3), (test, 2)):
        expected = random.integers(256, size=(count, 28, 28), dtype=np.uint8)
        assert data.images.dtype == np.uint8
        np.testing.assert_array_equal(data.images, expected[..., None])
        assert data.labels.dtype == np.int64
    np.testing.assert_array_equal(train.labels, [9, 0, 4])
    assert train.class_names[train.labels[0]] == "Ankle boot"


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 0, 3), ()])
def test_reads_any_number_of_axes(tmp_path, shape):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    (tmp_path / "array").write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(tmp_path / "array"), array, strict=True)


def test_missing_files_are_told_how_to_get_them(tmp_path):
    with pytest.raises(DataError) as caught:
        load_fashion_mnist(tmp_path)
    assert f"{tmp_path / 'FashionMNIST' / 'raw'} has no train-images-idx3-ubyte" in str(caught.value)
    assert f"torchvision.datasets.FashionMNIST('{tmp_path}', download=True)" in str(caught.value)


WHOLE = idx(np.zeros((2, 28, 28), np.uint8))


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("images-idx3", b"", "is no IDX file of unsigned bytes: it begins with nothing"),
        ("images-idx3", b"\x1f\x8b\x08\x00", "it begins with 1f 8b 08 00"),
        ("images-idx3", WHOLE[:2] + b"\x0d" + WHOLE[3:], "it begins with 00 00 0d 03"),
        ("images-idx3", WHOLE[:12], "is cut short: its header alone takes 16 bytes, but it has 12"),
        ("images-idx3", WHOLE[:-1], r"should have 1584 bytes .* of shape \(2, 28, 28\), but has 1583"),
        ("images-idx3", WHOLE + b"\0", "should have 1584 bytes by its header, .* but has 1585"),
        ("images-idx3", idx(np.zeros((2, 28, 27), np.uint8)), r"shape \(2, 28, 27\), but \(images, 28, 28\)"),
        (
            "labels-idx1",
            idx(np.zeros(3, np.uint8)),
            r"has shape \(3,\), but one label for each of the 2 images",
        ),
        ("labels-idx1", idx(np.array([1, 10], np.uint8)), "has the label 10, but 0 to 9 were expected"),
    ],
)
def test_damaged_and_foreign_files_are_refused(root, name, contents, message):
    (root / "FashionMNIST" / "raw" / f"t10k-{name}-ubyte").write_bytes(contents)
    with pytest.raises(DataError, match=message):
        load_fashion_mnist(root, train=False)


def test_a_damaged_packed_file_is_refused(root):
    path = root / "FashionMNIST" / "raw" / "train-labels-idx1-ubyte.gz"
    whole = path.read_bytes()
    for damaged in (whole[:-9], b"text", whole[:12] + b"\xff" + whole[13:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz is damaged"):
            load_fashion_mnist(root)

"""Images to classify: Kaggle's rows, folders of images, and what is refused."""

import numpy as np
import pytest
import torch
from PIL import Image

from competition.data.unlabelled import read_unlabelled
from competition.errors import CompetitionError

SHAPE = (5, 4, 3)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(256, size=(12, *SHAPE), dtype=np.uint8)


def test_kaggles_rows_have_channels_first(tmp_path, images):
    np.save(tmp_path / "rows.npy", images.transpose(0, 3, 1, 2).reshape(12, -1))
    found = read_unlabelled(tmp_path / "rows.npy", SHAPE)
    assert torch.equal(found, torch.from_numpy(images))


def test_a_folder_is_read_in_the_order_of_the_numbers(tmp_path, images):
    for number, image in enumerate(images, 1):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    assert torch.equal(read_unlabelled(tmp_path, SHAPE), torch.from_numpy(images))


def test_grey_images(tmp_path, images):
    grey = images[0, :, :, 0]
    Image.fromarray(grey).save(tmp_path / "one.png")
    found = read_unlabelled(tmp_path, (5, 4, 1))
    assert torch.equal(found[0, :, :, 0], torch.from_numpy(grey))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 60)), r"holds float64 of shape \(3, 60\), but uint8 of shape \(N, 60\)"),
        (np.zeros((3, 61), np.uint8), r"holds uint8 of shape \(3, 61\)"),
        (np.zeros((0, 60), np.uint8), r"holds uint8 of shape \(0, 60\)"),
        (np.zeros((1, 3, 5, 4), np.uint8), r"holds uint8 of shape \(1, 3, 5, 4\)"),
    ],
)
def test_rows_that_are_refused(tmp_path, rows, message):
    np.save(tmp_path / "rows.npy", rows)
    with pytest.raises(CompetitionError, match=message):
        read_unlabelled(tmp_path / "rows.npy", SHAPE)


def test_files_that_are_refused(tmp_path, images):
    with pytest.raises(CompetitionError, match="does not exist"):
        read_unlabelled(tmp_path / "nowhere.npy", SHAPE)
    (tmp_path / "damaged.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(CompetitionError, match=r"damaged.npy is no .npy file, or is damaged"):
        read_unlabelled(tmp_path / "damaged.npy", SHAPE)
    folder = tmp_path / "images"
    folder.mkdir()
    with pytest.raises(CompetitionError, match="holds no image"):
        read_unlabelled(folder, SHAPE)
    (folder / "1.png").write_bytes(b"no image")
    with pytest.raises(CompetitionError, match=r"1.png is no image"):
        read_unlabelled(folder, SHAPE)
    Image.fromarray(images[0].transpose(1, 0, 2)).save(folder / "1.png")
    with pytest.raises(CompetitionError, match=r"1.png is 5 x 4 pixels, but 4 x 5 was expected"):
        read_unlabelled(folder, SHAPE)

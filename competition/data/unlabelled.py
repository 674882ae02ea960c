"""Images without labels, from where a competition keeps them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from competition.errors import CompetitionError

_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}


def read_unlabelled(path: Path, shape: tuple[int, int, int]) -> Tensor:
    """Reads a .npy file or a folder of images.

    Args:
        path: a file of uint8 rows, each an image with its channels first, or a folder. The files of a folder
            are taken in the order of the numbers in their names: 2.png before 10.png.
        shape: the height, width and channels that images must have.

    Returns:
        uint8, (N, H, W, C).

    Raises:
        CompetitionError: there is nothing there, or it is something else.
    """
    if path.is_dir():
        return _read_folder(path, shape)
    if not path.exists():
        raise CompetitionError(
            f"{path} does not exist: data.predict_from takes a .npy file or a folder of images"
        )
    return _read_npy(path, shape)


def _read_npy(path: Path, shape: tuple[int, int, int]) -> Tensor:
    height, width, channels = shape
    try:
        rows = np.load(path)
    except (ValueError, EOFError) as error:
        raise CompetitionError(f"{path} is no .npy file, or is damaged: {error}") from error
    size = height * width * channels
    if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != size or not len(rows):
        raise CompetitionError(
            f"{path} holds {rows.dtype} of shape {rows.shape}, but uint8 of shape (N, {size}) was expected:"
            " a row for each image, channels first"
        )
    return torch.from_numpy(rows.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).copy())


def _read_folder(path: Path, shape: tuple[int, int, int]) -> Tensor:
    files = sorted((file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES), key=_by_numbers)
    if not files:
        raise CompetitionError(f"{path} holds no image: looked for {', '.join(sorted(_SUFFIXES))}")
    return torch.from_numpy(np.stack([_read_image(file, shape) for file in files]))


def _by_numbers(file: Path) -> list[tuple[int, int, str]]:
    """A key that compares the digits in a name as numbers."""
    parts = re.split(r"(\d+)", file.name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def _read_image(file: Path, shape: tuple[int, int, int]) -> np.ndarray:
    height, width, channels = shape
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except (UnidentifiedImageError, OSError) as error:
        raise CompetitionError(f"{file} is no image, or is damaged: {error}") from error
    if pixels.shape[:2] != (height, width):
        raise CompetitionError(
            f"{file} is {pixels.shape[1]} x {pixels.shape[0]} pixels, but {width} x {height} was expected"
        )
    return pixels.reshape(shape)

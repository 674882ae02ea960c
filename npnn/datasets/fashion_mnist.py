"""Fashion-MNIST: 70,000 grey pictures of clothes, 28 x 28 pixels, in ten classes, as published."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npnn._typing import Array
from npnn.datasets.table import DataError

CLASS_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
SIZE = 28

# Of all pixels of the training images, as a share of 255.
MEAN, STD = 0.2860, 0.3530

# Below the folder of the data sets, where torchvision keeps the files too.
FOLDER = Path("FashionMNIST", "raw")

_UNSIGNED_BYTE = 0x08


@dataclass(frozen=True)
class FashionMNISTData:
    """Pictures and what they show.

    Attributes:
        images: grey values, uint8, (images, 28, 28, 1).
        labels: index of the class in `class_names`, int64, (images,).
        class_names: the classes.
    """

    images: Array
    labels: Array
    class_names: tuple[str, ...] = CLASS_NAMES


def load_fashion_mnist(root: str | os.PathLike[str], train: bool = True) -> FashionMNISTData:
    """Loads the training or the test images.

    Args:
        root: the folder of the data sets; the files are in `FashionMNIST/raw` below it, packed with gzip, as
            they were published, or not.
        train: whether to load the 60,000 training images; otherwise the 10,000 test images.

    Shape:
        Output: images (60000, 28, 28, 1) or (10000, 28, 28, 1), labels (60000,) or (10000,).

    Returns:
        The data, in the order of the files.

    Raises:
        DataError: a file is missing, damaged or another one than its name says.
        OSError: a file cannot be read.

    Source:
        H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
        Learning Algorithms" (2017), https://github.com/zalandoresearch/fashion-mnist.

    Examples:
        >>> load_fashion_mnist("nowhere")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        npnn.datasets.table.DataError: Fashion-MNIST is not in nowhere: nowhere/FashionMNIST/raw has no ...
    """
    part = "train" if train else "t10k"
    images_file, images = _read(Path(root), f"{part}-images-idx3-ubyte")
    labels_file, labels = _read(Path(root), f"{part}-labels-idx1-ubyte")
    if images.shape[1:] != (SIZE, SIZE):
        raise DataError(f"{images_file} has shape {images.shape}, but (images, {SIZE}, {SIZE}) was expected")
    if labels.shape != images.shape[:1]:
        raise DataError(
            f"{labels_file} has shape {labels.shape}, but one label for each of the {len(images)} images of"
            f" {images_file.name} was expected"
        )
    if labels.max(initial=0) >= len(CLASS_NAMES):
        raise DataError(
            f"{labels_file} has the label {labels.max()}, but 0 to {len(CLASS_NAMES) - 1} were expected"
        )
    return FashionMNISTData(images[..., np.newaxis], labels.astype(np.int64))


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Reads an array of bytes in the IDX format, in which MNIST and its relatives are published.

    Two zero bytes, one byte for the type of the numbers, one for the number of axes, the length of each axis
    in four bytes, the highest first, and then the numbers, the last axis running fastest.

    Args:
        path: the file; if its name ends in `.gz`, it is unpacked on the way.

    Returns:
        The array, uint8.

    Raises:
        DataError: the file holds something else, or less or more than its header says.
        OSError: the file cannot be read.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits (1998).

    Examples:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers-idx2-ubyte"
        >>> _ = path.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
        >>> read_idx(path)
        array([[1, 2, 3],
               [4, 5, 6]], dtype=uint8)
    """
    path = Path(path)
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path} is damaged: {error}") from error
    if len(data) < 4 or data[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise DataError(
            f"{path} is no IDX file of unsigned bytes: it begins with {data[:4].hex(' ') or 'nothing'}"
        )
    axes = data[3]
    start = 4 + 4 * axes
    if len(data) < start:
        raise DataError(f"{path} is cut short: its header alone takes {start} bytes, but it has {len(data)}")
    shape = struct.unpack(f">{axes}I", data[4:start])
    if len(data) != start + math.prod(shape):
        raise DataError(
            f"{path} should have {start + math.prod(shape)} bytes by its header, of shape {shape}, but has"
            f" {len(data)}: it is damaged"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _read(root: Path, name: str) -> tuple[Path, Array]:
    """One of the four files, and what it holds."""
    folder = root / FOLDER
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path, read_idx(path)
    raise DataError(
        f"Fashion-MNIST is not in {root}: {folder} has no {name}, nor {name}.gz. Where torchvision is"
        " installed,"
        f" this gets it: python -c \"import torchvision; torchvision.datasets.FashionMNIST('{root}',"
        f' download=True)". Or put the four .gz files of https://github.com/zalandoresearch/fashion-mnist'
        f" into"
        f" {folder}"
    )

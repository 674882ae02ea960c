"""Data sets: Iris inside the package, Fashion-MNIST on disk, and the readers and the splitter they share."""

from npnn.datasets.fashion_mnist import FashionMNISTData, load_fashion_mnist, read_idx
from npnn.datasets.iris import IrisData, load_iris
from npnn.datasets.split import stratified_split
from npnn.datasets.table import DataError, Table, read_table

__all__ = [
    "DataError",
    "FashionMNISTData",
    "IrisData",
    "Table",
    "load_fashion_mnist",
    "load_iris",
    "read_idx",
    "read_table",
    "stratified_split",
]

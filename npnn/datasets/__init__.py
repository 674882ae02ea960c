"""Data sets: Iris, which lies inside the package, and the reader and the splitter that its users share."""

from npnn.datasets.iris import IrisData, load_iris
from npnn.datasets.split import stratified_split
from npnn.datasets.table import DataError, Table, read_table

__all__ = ["DataError", "IrisData", "Table", "load_iris", "read_table", "stratified_split"]

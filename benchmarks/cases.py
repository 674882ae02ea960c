"""The table of cases."""

from benchmarks.measure import Case
from benchmarks.processes import import_time, train_ffnn, train_iris
from benchmarks.training_steps import iris_step

CASES = (
    Case("iris_step", "training step of the MLP 4-16-3, batch 16", iris_step, against="torch", target=0.5),
    Case("import_time", "python -c 'import npnn'", import_time, against="numpy", target=1.5),
    Case("train_iris", "npnn train iris, with plots", train_iris, against=None, target=5.0),
    Case("train_ffnn", "npnn train-ffnn, with plots", train_ffnn, against=None, target=4.0),
)

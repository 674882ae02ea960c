"""The table of cases."""

from benchmarks import homework, layers, optimizers, processes, training_steps

CASES = (
    *training_steps.CASES,
    *layers.CASES,
    *optimizers.CASES,
    *homework.CASES,
    *processes.CASES,
)

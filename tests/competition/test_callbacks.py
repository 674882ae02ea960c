"""Callbacks that test_cli.py does not show from outside."""

from types import SimpleNamespace

import torch

from competition.callbacks import EpochSeed


def test_epochs_processes_and_seeds_draw_different_numbers_and_the_same_again():
    def drawn(seed, epoch, rank):
        data = SimpleNamespace(seed=seed)
        trainer = SimpleNamespace(datamodule=data, current_epoch=epoch, global_rank=rank)
        EpochSeed().on_train_epoch_start(trainer, None)
        return float(torch.rand((), dtype=torch.float64))

    cases = [(seed, epoch, rank) for seed in range(3) for epoch in range(3) for rank in range(3)]
    numbers = [drawn(*case) for case in cases]
    assert len(set(numbers)) == len(cases)
    assert [drawn(*case) for case in cases] == numbers

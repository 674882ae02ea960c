"""What the tests of competition/ share: one thread, small data, and the command in this process.

pytest reads this file where the directory is skipped for lack of Lightning too: fixtures import what they
need.
"""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "competition" / "configs"

# What Lightning and TensorBoard are warned about themselves, and what Lightning says of runs so short.
LIGHTNINGS_OWN = (
    "ignore::FutureWarning:lightning",
    "ignore::DeprecationWarning:lightning",
    "ignore::lightning.fabric.utilities.warnings.PossibleUserWarning",
    "ignore::DeprecationWarning:tensorboard",
    "ignore:The number of training batches:UserWarning",
    "ignore:Checkpoint directory:UserWarning",
    "ignore:LightningCLI's args parameter:UserWarning",
    "ignore::ResourceWarning",
    "ignore:.*(unclosed|socket).*:pytest.PytestUnraisableExceptionWarning",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            for warning in LIGHTNINGS_OWN:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True)
def one_thread():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)
    torch.set_num_threads(threads)


@pytest.fixture
def command(monkeypatch):
    """Runs `python -m competition ...` in this process; gives its exit status."""
    from competition.__main__ import main

    monkeypatch.setattr("sys.argv", ["competition"])

    def run(*arguments):
        quiet = (
            ()
            if arguments[0] in ("ablate", "sweep")
            else ("--trainer.enable_progress_bar=false", "--trainer.accelerator=cpu")
        )
        return main([*map(str, arguments), *quiet])

    return run


@pytest.fixture
def configs():
    return CONFIGS


@pytest.fixture
def small_data(monkeypatch):
    """Random images in the place of both data sets."""
    import torch

    from competition.data import CIFAR10, FashionMNIST
    from competition.data.batches import seeded

    def read(self, train):
        generator, count = seeded(int(train)), 5040 if train else 40
        images = torch.randint(256, (count, *self.shape), generator=generator, dtype=torch.uint8)
        return images, torch.randint(10, (count,), generator=generator)

    for data in (CIFAR10, FashionMNIST):
        monkeypatch.setattr(data, "prepare_data", lambda self: None)
        monkeypatch.setattr(data, "read", read)


@pytest.fixture
def data_root():
    """The folder of the real data sets."""
    root = Path(os.environ.get("NPNN_DATA", "data"))
    if not (root / "cifar-10-batches-py").is_dir() or not (root / "FashionMNIST").is_dir():
        pytest.skip(
            f"CIFAR-10 and Fashion-MNIST are not in {root}: NPNN_DATA names the folder that holds them"
        )
    return root


@pytest.fixture
def trainer():
    """What a data module asks its trainer, in a single process."""
    from lightning.pytorch import Trainer

    return Trainer(accelerator="cpu", devices=1, logger=False, enable_checkpointing=False)

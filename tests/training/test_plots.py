"""The plots: PNG files of a fair size, drawn without pyplot and without warnings."""

import struct
import sys

import numpy as np
import pytest

from npnn.training.plots import plot_accuracy, plot_heatmap, plot_loss, plot_sweep_loss


def size(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


@pytest.fixture
def curves():
    steps = np.arange(1, 71.0)
    ends = np.arange(7, 71.0, 7)
    return (
        {"step": steps, "train_loss": 1 / steps},
        {
            "epoch": np.arange(1, 11.0),
            "step": ends,
            "train_loss": 1 / ends,
            "validation_loss": 2 / ends,
            "train_accuracy": 1 - 1 / ends,
            "validation_accuracy": 1 - 2 / ends,
        },
    )


def test_loss_and_accuracy(tmp_path, curves, monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)  # another test may have loaded it
    steps, epochs = curves
    plot_loss(tmp_path / "loss.png", steps, epochs, "loss")
    plot_accuracy(tmp_path / "accuracy.png", epochs, "accuracy")
    assert size(tmp_path / "loss.png") == size(tmp_path / "accuracy.png") == (1050, 675)
    assert "matplotlib.pyplot" not in sys.modules


def test_a_single_epoch_is_enough(tmp_path, curves):
    steps, epochs = ({name: values[:1] for name, values in columns.items()} for columns in curves)
    plot_loss(tmp_path / "loss.png", steps, epochs, "loss")
    plot_accuracy(tmp_path / "accuracy.png", epochs, "accuracy")


def test_every_run_of_a_sweep_looks_different(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    axes = []
    straight = Figure.savefig

    def keep(figure, *arguments, **options):
        axes.extend(figure.axes)
        straight(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    labels = [(rate, hidden) for rate in ("0.1", "1", "10", "100") for hidden in "abcdefg"]
    curves = {label: (np.arange(1, 4.0), np.arange(1, 4.0) * k) for k, label in enumerate(labels, 1)}
    plot_sweep_loss(tmp_path / "sweep.png", curves, "sweep")
    assert size(tmp_path / "sweep.png")[0] == 1350
    lines = axes[0].lines
    assert [line.get_label() for line in lines] == [f"lr {rate}, hidden {hidden}" for rate, hidden in labels]
    assert len({(tuple(line.get_color()), str(line._dash_pattern)) for line in lines}) == len(labels)


@pytest.mark.parametrize(
    "means", [np.array([[0.1, 0.2, np.nan], [0.0, 0.3, 0.1]]), np.full((2, 3), 0.1), np.full((2, 3), np.nan)]
)
def test_heatmap(tmp_path, means):
    plot_heatmap(tmp_path / "map.png", means, means * np.nan, ["0.1", "1"], ["4", "16", "8x8"], "errors")
    width, height = size(tmp_path / "map.png")
    assert width > 600
    assert height > 300

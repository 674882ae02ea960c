"""The folder of a run: what is in it, and that nothing in it is ever overwritten."""

import json
import struct
import sys

import numpy as np
import pytest

from npnn.cs189.logs import EpochRecord, Logger

RECORDS = [EpochRecord(1, 1.5, 0.5, 1.25, 0.25), EpochRecord(2, 1 / 3, 0.125, 0.1, 0.0)]
PARAMETERS = {"0.W": np.array([[1.0, -2.0]]), "0.b": np.array([[0.5, 0.25]]), "1.W": np.ones((2, 1))}


def logger(folder, **options):
    args = {"lr": 0.01, "n_out": np.int64(3), "kernel_shape": (3, 5), "layer": Logger}
    return Logger("run", args, {"name": "iris"}, save_dir=folder, **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_saved_files_can_be_read(tmp_path):
    log = logger(tmp_path / "new", save=True)
    assert log.folder == tmp_path / "new" / "run"
    for record in RECORDS:
        log.log(record, PARAMETERS)
    log.save_parameters(2, PARAMETERS)
    assert names(log.folder) == ["hyperparameters.json", "log.csv", "parameters_epoch2.npz"]
    stored = json.loads((log.folder / "hyperparameters.json").read_text())
    assert stored["data"] == {"name": "iris"}
    assert stored["model_name"] == "run"
    assert (stored["model"]["lr"], stored["model"]["n_out"], stored["model"]["kernel_shape"]) == (
        0.01,
        3,
        [3, 5],
    )
    header, *rows = (log.folder / "log.csv").read_text().splitlines()
    assert header == "epoch,train_loss,train_error,validate_loss,validate_error"
    assert [tuple(map(float, row.split(","))) for row in rows] == [tuple(record) for record in RECORDS]
    with np.load(log.folder / "parameters_epoch2.npz", allow_pickle=False) as file:
        assert set(file) == set(PARAMETERS)
        for name, value in PARAMETERS.items():
            np.testing.assert_array_equal(file[name], value)


@pytest.mark.parametrize("validate_loss", [0.5, np.nan])
def test_plots(tmp_path, validate_loss, monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)  # another test may have loaded it
    log = logger(tmp_path, plot=True)
    for record in RECORDS:
        log.log(record._replace(validate_loss=validate_loss), PARAMETERS)
    assert names(log.folder) == []
    log.draw()
    assert names(log.folder) == ["error.png", "loss.png", "weights.png"]
    for name in names(log.folder):
        data = (log.folder / name).read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", data[16:24])
        assert width == 700
        assert height >= 450
    assert "matplotlib.pyplot" not in sys.modules


def test_what_the_plots_show(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, stream, format: figures.append(self))
    log = logger(tmp_path, plot=True)
    log.log(RECORDS[0], PARAMETERS)
    log.log(RECORDS[1], {name: 2 * value for name, value in PARAMETERS.items()})
    log.draw()
    lines = [[[*line.get_ydata()] for line in axes.lines] for figure in figures for axes in figure.axes]
    loss, error, *weights = lines
    assert loss == [[1.5, 1 / 3], [1.25, 0.1]]
    assert error == [[0.5, 0.125], [0.25, 0.0]]
    assert weights == [[[1, 2], [-2, -4]], [[0.5, 1], [0.25, 0.5]], [[1, 2], [1, 2]], []]


def test_without_save_and_plot_nothing_is_written(tmp_path):
    log = logger(tmp_path)
    log.log(RECORDS[0], PARAMETERS)
    assert log.records == RECORDS[:1]
    assert names(tmp_path) == []
    log.save_parameters(1, PARAMETERS)
    assert names(log.folder) == ["parameters_epoch1.npz"]


@pytest.mark.parametrize("option", ["save", "plot"])
def test_an_earlier_run_is_not_touched(tmp_path, option):
    logger(tmp_path, save=True).log(RECORDS[0], PARAMETERS)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(FileExistsError, match="run is not empty: give the new run another model_name"):
        logger(tmp_path, **{option: True})
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}


def test_saved_parameters_are_not_overwritten(tmp_path):
    log = logger(tmp_path)
    log.save_parameters(1, PARAMETERS)
    with pytest.raises(FileExistsError, match=r"parameters_epoch1\.npz already holds parameters"):
        log.save_parameters(1, {})
    with np.load(log.folder / "parameters_epoch1.npz") as file:
        assert set(file) == set(PARAMETERS)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a"])
def test_a_name_must_be_that_of_one_folder(tmp_path, name):
    with pytest.raises(ValueError, match="model_name must be the name of a single folder, but got"):
        Logger(name, {}, {}, save=True, save_dir=tmp_path)

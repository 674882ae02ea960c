"""The data of the homework's tests is what torch computes now, and the command says so when it is not."""

import numpy as np

from torch_ref import homework
from torch_ref.__main__ import main


def test_files_are_current_and_small(pytestconfig):
    directory = pytestconfig.rootpath / homework.DIRECTORY
    assert homework.stale(directory) == {}
    assert sum(path.stat().st_size for path in directory.iterdir()) < 3e6


def test_what_is_not_current_is_named(tmp_path, monkeypatch, capsys):
    wanted = [entry for entry in homework.files() if entry[0] in ("TestL2.npz", "TestFlatten.npz")]
    monkeypatch.setattr(homework, "files", lambda: iter(wanted))
    options = ["--directory", str(tmp_path)]
    assert main(["homework", "--check", *options]) == 1
    assert "TestL2.npz is not current: there is no such file" in capsys.readouterr().err
    assert main(["homework", *options]) == 0
    assert "wrote 2 files" in capsys.readouterr().out
    assert main(["homework", "--check", *options]) == 0
    with np.load(tmp_path / "TestFlatten.npz") as file:
        arrays = dict(file)
    arrays["0backward_mixed"][1, 2, 3] += 1e-8
    np.savez_compressed(tmp_path / "TestFlatten.npz", **arrays)
    (tmp_path / "TestL2.npz").write_bytes((tmp_path / "TestL2.npz").read_bytes()[:200])
    assert main(["homework", "--check", *options]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "TestFlatten.npz is not current: 0backward_mixed: at [1, 2, 3] the file has" in lines[0]
    assert "TestL2.npz is not current: it cannot be read" in lines[1]
    assert lines[-1] == "write them anew with: python -m torch_ref homework"


def test_mixing_shows_every_wrong_element():
    array = homework.drawn(np.array([7, 1.0, 5, 3, 2]))
    mixed = homework.mixed(array)
    for place in np.ndindex(array.shape):
        changed = array.copy()
        changed[place] += 1e-6
        assert abs(homework.mixed(changed) - mixed).max() > 1e-9

"""Golden vectors are what torch computes now, and the command says so when they are not."""

import shutil

import numpy as np
import pytest

from torch_ref import golden
from torch_ref.__main__ import main
from torch_ref.cases import case, normal


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(
        golden, "CASES", (case("ReLU").on(normal(2, 3)), case("Linear", 3, 2).on(normal(4, 3)))
    )


def test_files_are_current(pytestconfig):
    assert golden.stale(pytestconfig.rootpath / golden.DIRECTORY) == {}


def test_write_and_check(few, tmp_path, capsys):
    options = ["--directory", str(tmp_path / "new")]
    assert main(["golden", "--check", *options]) == 1
    assert "ReLU.npz is not current: there is no such file" in capsys.readouterr().err
    assert main(["golden", *options]) == 0
    assert "wrote 2 files" in capsys.readouterr().out
    assert main(["golden", "--check", *options]) == 0
    first = (tmp_path / "new" / "Linear.npz").read_bytes()
    assert main(["golden", *options]) == 0
    assert (tmp_path / "new" / "Linear.npz").read_bytes() == first


def test_what_is_not_current_is_named(few, tmp_path, capsys):
    golden.write(tmp_path)
    shutil.copy(tmp_path / "ReLU.npz", tmp_path / "Old.npz")
    with np.load(tmp_path / "Linear.npz") as file:
        arrays = dict(file)
    arrays["0/grad_param/weight"][2, 1] += 1e-8
    np.savez_compressed(tmp_path / "Linear.npz", **arrays)
    (tmp_path / "ReLU.npz").write_bytes((tmp_path / "ReLU.npz").read_bytes()[:200])
    assert main(["golden", "--check", "--directory", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any("Old.npz is not current: no case is of this class" in line for line in lines)
    assert any(
        "Linear.npz is not current: 0/grad_param/weight: at [2, 1] the file has" in line for line in lines
    )
    assert any("ReLU.npz is not current: it cannot be read" in line for line in lines)
    assert lines[-1] == "write them anew with: python -m torch_ref golden"
    golden.write(tmp_path)
    assert golden.stale(tmp_path) == {}
    assert not (tmp_path / "Old.npz").exists()


def test_other_cases(few, tmp_path, monkeypatch):
    golden.write(tmp_path)
    monkeypatch.setattr(
        golden, "CASES", (case("ReLU").on(normal(2, 5)), case("Linear", 3, 2).on(normal(4, 3)))
    )
    assert golden.stale(tmp_path) == {"ReLU.npz": "it holds other cases"}


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["golden", "--help"])
    assert stopped.value.code == 0
    assert "python -m torch_ref golden --check" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2

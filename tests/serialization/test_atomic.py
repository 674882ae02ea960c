"""Files that are there whole or not at all: old ones survive whatever happens to a writer."""

import os
import signal
import subprocess
import sys

import pytest

from npnn.serialization import load, open_atomically, save


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with open_atomically(path) as stream:
            stream.write(b"half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_reader_of_the_old_file_reads_all_of_it(tmp_path):
    path = tmp_path / "model.npz"
    save("old", path)
    with path.open("rb") as reader:
        save("new" * 1000, path)
        assert load(reader) == "old"
    assert load(path) == "new" * 1000


def test_devices_and_pipes_are_written_to_and_not_replaced(tmp_path):
    save(1, os.devnull)
    assert not os.path.isfile(os.devnull)
    with pytest.raises(IsADirectoryError):
        save(1, tmp_path)


def test_follows_symbolic_links(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.npz"
    link.symlink_to(tmp_path / "real" / "model.npz")
    save(1, link)
    save(2, link)
    assert link.is_symlink()
    assert load(tmp_path / "real" / "model.npz") == 2


def test_files_are_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_text("")
    save(1, tmp_path / "saved")
    assert (tmp_path / "saved").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_old_file_survives_a_killed_writer(tmp_path):
    path = tmp_path / "model.npz"
    save({"version": "old"}, path)
    script = (
        "import os, signal, sys\n"
        "from npnn.serialization import open_atomically\n"
        "with open_atomically(sys.argv[1]) as stream:\n"
        "    stream.write(b'half')\n"
        "    stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert load(path) == {"version": "old"}

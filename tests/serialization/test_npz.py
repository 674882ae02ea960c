"""The .npz file: read by NumPy too, and damaged, foreign and forged ones are refused whole."""

import io
import json
import math
import mmap
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.serialization import SerializationError, load, save


def test_the_file_is_an_npz_with_readable_names(tmp_path):
    path = tmp_path / "model.npz"
    npnn.save(
        {
            "state_dict": nn.Linear(3, 2).state_dict(),
            "n": 1,
            "odd/../\0name": np.ones(2),
            1: np.zeros(1),
            "1": np.ones(1),
        },
        path,
    )
    with np.load(path, allow_pickle=False) as file:
        assert file["state_dict.weight"].shape == (3, 2)
        assert set(file.files) == {
            "structure.json", "state_dict.weight", "state_dict.bias", "odd_..__name", "1", "1_"
        }  # fmt: skip


def test_equal_objects_make_equal_files(tmp_path):
    for name in ("a", "b"):
        npnn.save({"w": np.arange(3.0), "lr": 0.1}, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


SAMPLE = {"w": np.arange(4.0), "t": (1, 2.5, "x"), "o": OrderedDict(a=2**70), "n": math.nan}


def sample_bytes():
    file = io.BytesIO()
    save(SAMPLE, file)
    return file.getvalue()


def test_refuses_every_truncation():
    whole = sample_bytes()
    for length in range(len(whole)):
        with pytest.raises(
            SerializationError, match=r"the file is not one that npnn\.save wrote, or not all of it"
        ):
            load(io.BytesIO(whole[:length]))


def test_a_damaged_byte_is_refused_or_does_not_matter(assert_same):
    whole = sample_bytes()
    refused = 0
    for place in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[place] ^= flip
            try:
                loaded = load(io.BytesIO(bytes(damaged)))
            except SerializationError:
                refused += 1
            else:
                assert_same(SAMPLE, loaded)
    # All but fields of the zip format that nothing depends on, such as dates.
    assert refused > 2 * len(whole)


def archive(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return file.getvalue()


def structure(obj, version=1, form="npnn"):
    return json.dumps({"format": form, "version": version, "object": obj})


def npy(array, allow_pickle=False):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"w.npy": npy(np.ones(2))}, "it has no structure.json"),
        ({"structure.json": "{"}, "Expecting property name"),
        ({"structure.json": "[1]"}, ""),
        ({"structure.json": structure(1, form="other")}, "its format is 'other'"),
        ({"structure.json": structure(1, version=2)}, "its version is 2, and this npnn reads version 1"),
        ({"structure.json": structure({"ndarray": "w"})}, "'w'"),
        ({"structure.json": structure({"exec": "print()"})}, "'exec'"),
        ({"structure.json": structure({})}, ""),
        ({"structure.json": structure({"dict": [[[1], 2]]})}, "unhashable"),
        ({"structure.json": structure({"int": "seven"})}, "invalid literal"),
        ({"structure.json": structure({"dtype": "O,garbage"})}, ""),
        ({"structure.json": '{"format": "npnn", "version": 1, "object": ' + "[" * 10**6}, ""),
        ({"structure.json": structure({"ndarray": "w"}), "w.npy": b"no array"}, "magic string"),
        (
            {"structure.json": structure({"ndarray": "w"}), "w.npy": npy(np.ones(2)) + b"more"},
            "followed by more bytes",
        ),
        ({"structure.json": structure({"ndarray": "w"}), "w.npy": npy(np.ones(2))[:-1]}, ""),
    ],
)
def test_refuses_forged_files(members, reason):
    with pytest.raises(SerializationError, match=r"is not one that npnn\.save wrote") as caught:
        load(io.BytesIO(archive(members)))
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "data", [npy(np.ones(4))[:-8], npy(np.array([None]), allow_pickle=True)], ids=["short", "objects"]
)
def test_refuses_to_map_forged_arrays(tmp_path, data):
    """Where the next member's bytes would do for those that are missing."""
    path = tmp_path / "model.npz"
    path.write_bytes(archive({"w.npy": data, "structure.json": structure({"ndarray": "w"})}))
    with pytest.raises(SerializationError, match=r"not as long as it says|need pickle"):
        load(path, mmap=True)


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("exploded",))


def test_never_unpickles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickled = npy(np.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(SerializationError, match="allow_pickle=False"):
        load(io.BytesIO(archive({"structure.json": structure({"ndarray": "w"}), "w.npy": pickled})))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("protocol", range(2, 6))
def test_never_unpickles_a_bare_pickle(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SerializationError, match="the file is a pickle, which could run any code"):
        load(io.BytesIO(pickle.dumps(Bomb(), protocol)))
    assert os.listdir(tmp_path) == []


def test_tells_a_file_of_torchs(tmp_path):
    data = archive({"archive/data.pkl": pickle.dumps(Bomb()), "archive/version": "3"})
    with pytest.raises(SerializationError, match=r"torch_ref\.read reads torch's safely"):
        load(io.BytesIO(data))


def test_refuses_compressed_members():
    data = archive({"structure.json": structure("a" * 10_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(SerializationError, match="is compressed"):
        load(io.BytesIO(data))


def test_names_the_path_in_its_errors(tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(b"")
    with pytest.raises(SerializationError, match=r"model\.npz is not one that npnn\.save wrote"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")


def test_everything_is_on_the_cpu(assert_same):
    for location in ("cpu", npnn.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage):
        file = io.BytesIO(sample_bytes())
        assert_same(SAMPLE, load(file, location, weights_only=False))
    with pytest.raises(RuntimeError, match="has one device, 'cpu'; got 'cuda'"):
        load(io.BytesIO(sample_bytes()), map_location="cuda")


def test_mapped_files_are_read_when_used_and_never_changed(tmp_path, assert_same):
    path = tmp_path / "model.npz"
    array = np.arange(6.0).reshape(2, 3)
    obj = {
        "c": array,
        "f": np.asfortranarray(array),
        "0": np.array(3),
        "t": npnn.tensor(array),
        "e": np.ones(0),
    }
    save(obj, path)
    loaded = load(path, mmap=True)
    assert_same(obj, loaded)
    assert isinstance(loaded["c"].base, mmap.mmap)
    loaded["c"][0, 0] = 7
    assert_same(obj, load(path))
    with pytest.raises(ValueError, match="mmap=True expects the path of a file, but got a BytesIO"):
        load(io.BytesIO(), mmap=True)


@pytest.mark.parametrize("length", [0, 1, 100, 400, -1])
def test_refuses_to_map_what_was_cut_short(tmp_path, length):
    path = tmp_path / "model.npz"
    path.write_bytes(sample_bytes()[:length])
    with pytest.raises(SerializationError, match="or not all of it"):
        load(path, mmap=True)

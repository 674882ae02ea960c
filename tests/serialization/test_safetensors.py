"""Safetensors files: npnn's own, other libraries', and damaged ones."""

import io
import json
import math
import sys
from collections import OrderedDict

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import npnn
from npnn import nn
from npnn.serialization import SerializationError, load, save

CHECKPOINT = {
    "model": OrderedDict(weight=npnn.tensor([[1.5, -2.0, 3.0]]), bias=npnn.ones(3, dtype=npnn.float64)),
    "optimizer": {
        "state": {0: {"step": npnn.tensor(7.0), "done": np.array([True, False])}},
        "groups": [(1, None)],
    },
    "loss": math.nan,
    "half": np.arange(4, dtype=np.float16).reshape(2, 2).T,
    "big endian": np.arange(3, dtype=">i4"),
    "empty": np.zeros((0, 2), np.uint8),
}


def same(once, again):
    if isinstance(once, dict):
        return list(once) == list(again) and all(same(once[key], again[key]) for key in once)
    if isinstance(once, (np.ndarray, npnn.Tensor)):
        once, again = np.asarray(once), np.asarray(again)
        kinds = once.dtype.newbyteorder("="), again.dtype.newbyteorder("=")
        return kinds[0] == kinds[1] and once.shape == again.shape and once.tolist() == again.tolist()
    return once == again or (once != once and again != again)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("mmap", [False, True])
def test_checkpoints_come_back(path, mmap):
    save(CHECKPOINT, path)
    loaded = load(path, mmap=mmap)
    assert same(CHECKPOINT, loaded)
    assert type(loaded["model"]) is OrderedDict
    assert type(loaded["model"]["weight"]) is npnn.Tensor
    assert type(loaded["half"]) is np.ndarray
    loaded["half"][0, 1] = 9  # in this copy alone
    assert same(CHECKPOINT, load(path))


def test_other_libraries_read_a_state_dict(path):
    layer = nn.Linear(3, 2)
    save(layer.state_dict(), path)
    read = load_file(path)
    assert read["weight"].tolist() == layer.weight.tolist()
    assert set(read) == {"weight", "bias"}


def test_other_libraries_files_are_dicts_of_tensors(path):
    save_file({"b": np.ones((2, 1), np.float32), "a.weight": np.arange(3)}, path)
    loaded = load(path)
    assert {name: (type(value), value.tolist()) for name, value in loaded.items()} == {
        "b": (npnn.Tensor, [[1.0], [1.0]]),
        "a.weight": (npnn.Tensor, [0, 1, 2]),
    }
    assert list(load(io.BytesIO(path.read_bytes()))) == list(loaded)


def forged(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype, size=4):
    return {"w": {"dtype": dtype, "shape": [2], "data_offsets": [0, size]}}


@pytest.mark.parametrize("mmap", [False, True])
def test_bfloat16_becomes_float32(path, mmap):
    halves = np.array([1.5, -3.0], np.float32).view(np.uint16)[1::2]
    path.write_bytes(forged(entry("BF16"), halves.tobytes()))
    loaded = load(path, mmap=mmap)["w"]
    assert (loaded.dtype, loaded.tolist()) == (npnn.float32, [1.5, -3.0])


def test_equal_objects_make_equal_files(path):
    save(CHECKPOINT, path)
    first = path.read_bytes()
    save(CHECKPOINT, path)
    assert path.read_bytes() == first


def test_refuses_what_the_format_has_not_and_keeps_the_old_file(path):
    save("old", path)
    for array, dtype in ((np.ones(2, complex), "complex128"), (np.array(["a"]), "<U1")):
        with pytest.raises(TypeError, match=rf"has no dtype for a\.0, an array of {dtype}: save to \.npz"):
            save({"a": [array]}, path)
    assert load(path) == "old"


def test_refuses_every_truncation(path):
    save({"w": np.arange(4.0), "n": 3}, path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        for mmap in (False, True):
            with pytest.raises(SerializationError, match=r"model\.safetensors is not .*, or not all of it"):
                load(path, mmap=mmap)


def test_refuses_changed_bytes(path):
    written = {"w": np.arange(4.0), "text": ["n", 3]}
    save(written, path)
    whole, refused = path.read_bytes(), 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            loaded = load(path)
        except SerializationError:
            refused += 1
        else:
            assert same(written, loaded) or set(loaded) == {"w"}
    # Padding may change, and with the name of the metadata it is another library's file.
    assert refused > len(whole) - 20


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (forged(entry("F8_E5M2", 2), b"  "), "it holds w in F8_E5M2, which NumPy has not"),
        (forged(entry("F32", 8), b" " * 9), "not fully covered"),
        (forged(entry("F32", 4), b" " * 4), ""),
        (forged({"__metadata__": {"npnn": "{"}}), "Expecting property name"),
        (
            forged({"__metadata__": {"npnn": json.dumps({"format": "npnn", "version": 2})}}),
            "its version is 2",
        ),
        (b"\xff" * 8 + b"{}", ""),
        (b"neither", ""),
    ],
)
def test_refuses_forged_files(path, data, reason):
    path.write_bytes(data)
    with pytest.raises(SerializationError, match=r"is not a safetensors file, or not all of it") as caught:
        load(path)
    assert reason in str(caught.value)


def test_says_what_to_install(path, monkeypatch):
    save("there", path)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for use in (lambda: load(path), lambda: save("new", path)):
        with pytest.raises(ModuleNotFoundError, match="pip install safetensors"):
            use()
    monkeypatch.undo()
    assert load(path) == "there"

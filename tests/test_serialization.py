"""save and load: everything comes back as it was, damaged files are refused whole, old files survive."""

import io
import json
import math
import os
import signal
import subprocess
import sys
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import npnn
from npnn import nn
from npnn.serialization import SerializationError, load, open_atomically, save


def round_trip(obj):
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    return load(file)


def assert_same(once, again):
    assert type(once) is type(again)
    if isinstance(once, (list, tuple)):
        assert len(once) == len(again)
        for one, other in zip(once, again, strict=True):
            assert_same(one, other)
    elif isinstance(once, dict):
        assert_same(list(once), list(again))
        assert_same(list(once.values()), list(again.values()))
    elif isinstance(once, npnn.Tensor):
        assert once.requires_grad == again.requires_grad
        assert_same(once.array, again.array)
    elif isinstance(once, np.ndarray):
        assert once.dtype == again.dtype
        np.testing.assert_array_equal(once, again)
    elif isinstance(once, float):
        assert math.copysign(1, once) == math.copysign(1, again)
        assert once == again or (math.isnan(once) and math.isnan(again))
    else:
        assert once == again


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.integers() | st.text() | st.booleans() | st.none() | st.tuples(st.text(), st.integers())


@settings(max_examples=60, deadline=None)  # the first example may meet a cold disk
@given(
    st.recursive(
        SCALARS,
        lambda children: (
            st.lists(children)
            | st.lists(children).map(tuple)
            | st.dictionaries(KEYS, children)
            | st.dictionaries(KEYS, children).map(OrderedDict)
        ),
        max_leaves=20,
    )
)
def test_containers_and_plain_values_come_back(obj):
    assert_same(obj, round_trip(obj))


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        -(2**63),
        -(2**63) - 1,
        pytest.param(10**5000, id="long"),
        math.nan,
        math.inf,
        -math.inf,
        -0.0,
        5e-324,
        0.1,
        "\0\ud800ü",
        True,
        {1: "int", "1": "str"},
    ],
    ids=repr if False else str,
)
def test_difficult_values_come_back(value):
    assert_same(value, round_trip(value))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(20.0, dtype=np.float32).reshape(4, 5)[::2, ::-1],
        np.array(3.5),
        np.zeros((0, 4), np.float16),
        np.array([np.nan, -np.inf, -0.0]),
        np.array([True, False]),
        np.array([1 + 2j], np.complex64),
        np.array(["a", "bcd"]),
        np.arange(3, dtype=">i4"),
        np.arange(5056, dtype=np.uint8),
        np.float32(0.1),
        np.float64(0.1),
        np.int64(3),
        np.dtype("float16"),
    ],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', value)}",
)
def test_arrays_scalars_and_dtypes_come_back(array):
    assert_same({"a": [array]}, round_trip({"a": [array]}))


def test_tensors_come_back_as_tensors():
    state = {
        "plain": npnn.tensor([[1.5, -2.0, 3.0]]),
        "double": npnn.tensor(2.0, dtype=npnn.float64, requires_grad=True),
        "long": npnn.tensor([1, 2]),
        "not a tensor": np.ones(3),
    }
    assert_same(state, round_trip(state))
    parameter = round_trip(nn.Parameter(npnn.ones(2, 3)))
    assert type(parameter) is npnn.Tensor
    assert parameter.requires_grad
    assert parameter.is_leaf


def test_a_loaded_tensor_is_a_leaf_of_its_own():
    x = npnn.ones(2, requires_grad=True)
    product = x * 2
    loaded = round_trip([product])[0]
    assert loaded.is_leaf
    loaded.data.fill_(7.0)
    assert product.tolist() == [2.0, 2.0]


def test_modules_and_optimizers_resume_from_their_saved_states():
    def build():
        npnn.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
        return net, npnn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    def step(net, optimizer):
        optimizer.zero_grad()
        net(npnn.tensor([[1.0, 2.0, -1.0]])).sum().backward()
        optimizer.step()

    net, optimizer = build()
    step(net, optimizer)
    saved = round_trip({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert saved["net"]._metadata == net.state_dict()._metadata
    step(net, optimizer)
    other, other_optimizer = build()
    other.load_state_dict(saved["net"])
    other_optimizer.load_state_dict(saved["optimizer"])
    step(other, other_optimizer)
    for one, two in zip(net.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(one.array, two.array)


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


class Foreign:
    pass


@pytest.mark.parametrize(
    ("obj", "error", "message"),
    [
        (
            {"a": [1, Foreign()]},
            TypeError,
            r"cannot save obj\['a'\]\[1\], a Foreign: expected Tensor, ndarray",
        ),
        ({1, 2}, TypeError, "cannot save obj, a set"),
        ({Foreign(): 1}, TypeError, "a Foreign"),
        (b"bytes", TypeError, "cannot save obj, a bytes"),
        ([np.array([None])], TypeError, r"cannot save obj\[0\], an array of dtype object"),
    ],
)
def test_refuses_to_save_other_things_and_keeps_the_old_file(tmp_path, obj, error, message):
    path = tmp_path / "x.npz"
    save("old", path)
    with pytest.raises(error, match=message):
        save(obj, path)
    assert load(path) == "old"
    assert os.listdir(tmp_path) == ["x.npz"]


def test_refuses_what_contains_itself(tmp_path):
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="contains itself or is nested too deeply"):
        save(loop, tmp_path / "x.npz")
    assert os.listdir(tmp_path) == []


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


def test_a_damaged_byte_is_refused_or_does_not_matter():
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


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("exploded",))


def test_never_unpickles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickled = npy(np.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(SerializationError, match="allow_pickle=False"):
        load(io.BytesIO(archive({"structure.json": structure({"ndarray": "w"}), "w.npy": pickled})))
    assert os.listdir(tmp_path) == []


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
    with pytest.raises(ValueError, match="map_location must be None or 'cpu', but got 'cuda'"):
        load(path, map_location="cuda")


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

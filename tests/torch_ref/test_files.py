"""Files of weights: torch's, safetensors and npnn's, read, written, converted and refused."""

import os

import numpy as np
import pytest
import safetensors.torch
import torch

import npnn
from npnn.serialization import SerializationError
from torch_ref import convert_file, from_torch, load_file, read, save_file
from torch_ref.__main__ import main
from torch_ref.files import layout_in, state_dict_in, write

RNG = np.random.default_rng(0)


def network(nn=torch.nn):
    return nn.Sequential(
        nn.Conv2d(3, 4, (2, 3)), nn.BatchNorm2d(4), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 4 * 2, 5)
    ).double()


class Net(npnn.nn.Module):
    """One that the command line makes."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = npnn.nn.Conv2d(3, 4, (2, 3)), npnn.nn.Linear(32, 5)


def same_states(once, again):
    assert list(once) == list(again)
    return all(torch.equal(torch.as_tensor(once[name]), torch.as_tensor(again[name])) for name in once)


def outputs(theirs, ours):
    x = RNG.standard_normal((2, 5, 4, 3))
    yield theirs.eval()(torch.from_numpy(x.transpose(0, 3, 1, 2))).numpy(force=True)
    yield ours.eval()(x).numpy(force=True)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
def test_torchs_files_are_loaded(tmp_path, suffix):
    theirs, ours, path = network(), network(npnn.nn), tmp_path / f"net{suffix}"
    if suffix == ".safetensors":
        safetensors.torch.save_file(theirs.state_dict(), path)
    else:
        torch.save(theirs.state_dict(), path, _use_new_zipfile_serialization=suffix == ".pt")
    assert str(load_file(ours, path)) == "<All keys matched successfully>"
    np.testing.assert_allclose(*outputs(theirs, ours), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_torch_reads_what_is_saved_for_it(tmp_path, suffix):
    theirs, path = network(), tmp_path / f"net{suffix}"
    save_file(from_torch(theirs), path)
    state = torch.load(path, weights_only=True) if suffix == ".pt" else safetensors.torch.load_file(path)
    fresh = network()
    fresh.load_state_dict(state)
    assert same_states(fresh.state_dict(), theirs.state_dict())


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_npnn_reads_what_is_saved_for_it(tmp_path, suffix):
    ours, path = network(npnn.nn), tmp_path / f"net{suffix}"
    save_file(ours, path, "npnn")
    assert layout_in(path) == "npnn"
    for load in (lambda net: net.load_state_dict(npnn.load(path)), lambda net: load_file(net, path)):
        fresh = network(npnn.nn)
        load(fresh)
        for name, value in fresh.state_dict().items():
            np.testing.assert_array_equal(value, ours.state_dict()[name])


def test_a_state_dict_within_a_checkpoint(tmp_path):
    theirs, ours, path = network(), network(npnn.nn), tmp_path / "checkpoint.pt"
    optimizer = torch.optim.SGD(theirs.parameters(), 0.1, momentum=0.5)
    saved = {"nets": {"g": theirs.state_dict()}, "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.5}
    torch.save(saved, path)
    load_file(ours, path, key="nets.g")
    np.testing.assert_allclose(*outputs(theirs, ours), rtol=1e-9, atol=1e-11)
    with pytest.raises(
        LookupError, match="there is no 'model' in the file: it holds 'nets', 'optimizer', 'epoch'"
    ):
        load_file(ours, path, key="model")
    with pytest.raises(LookupError, match="expected a state_dict, names with tensors, at ''"):
        load_file(ours, path)
    with pytest.raises(LookupError, match="at 'epoch'; it is a int"):
        state_dict_in(read(path), "epoch")


@pytest.mark.parametrize("through", [["a.npz"], ["a.safetensors"], ["a.npz", "b.safetensors", "c.npz"]])
def test_weights_go_there_and_back(tmp_path, through):
    theirs, source = network(), tmp_path / "net.pt"
    torch.save(theirs.state_dict(), source)
    for name in through:
        convert_file(source, tmp_path / name, "npnn", theirs)
        source = tmp_path / name
    assert npnn.load(source)["0.weight"].shape == (2, 3, 3, 4)
    convert_file(source, tmp_path / "back.pt", module=network(npnn.nn))
    assert same_states(torch.load(tmp_path / "back.pt", weights_only=True), theirs.state_dict())


def test_to_another_file_in_the_same_layout_takes_no_module(tmp_path):
    theirs = network()
    torch.save(theirs.state_dict(), tmp_path / "net.pt")
    convert_file(tmp_path / "net.pt", tmp_path / "net.safetensors", "torch")
    assert same_states(
        dict(sorted(safetensors.torch.load_file(tmp_path / "net.safetensors").items())),
        dict(sorted(theirs.state_dict().items())),
    )


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("exploded",))


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_file_is_not_run(tmp_path, monkeypatch, legacy):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Bomb()}, "net.pt", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(SerializationError, match=r"^net\.pt is not a file of torch's that is safe .*mkdir"):
        read("net.pt")
    with pytest.raises(SerializationError, match="is a pickle, which could run any code"):
        npnn.load("net.pt")
    assert os.listdir() == ["net.pt"]


@pytest.mark.parametrize("legacy", [False, True])
def test_files_that_were_cut_short_are_refused_and_the_module_left_as_it_was(tmp_path, legacy):
    path, ours = tmp_path / "net.pt", npnn.nn.Linear(2, 3)
    torch.save(torch.nn.Linear(2, 3).state_dict(), path, _use_new_zipfile_serialization=not legacy)
    whole, before = path.read_bytes(), ours.weight.tolist()
    for length in range(0, len(whole) - 1, 41):
        path.write_bytes(whole[:length])
        with pytest.raises(SerializationError, match=r"net\.pt is not a file of torch's"):
            load_file(ours, path)
    assert ours.weight.tolist() == before


def test_refusals(tmp_path):
    net, path = network(), tmp_path / "net.pt"
    torch.save(net.state_dict(), path)
    with pytest.raises(ValueError, match="to bring it into npnn's, the module is needed"):
        convert_file(path, tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r"say whose layout .*net\.safetensors is to have"):
        convert_file(path, tmp_path / "net.safetensors", module=net)
    with pytest.raises(ValueError, match=r"must end in one of \.pt, \.pth"):
        convert_file(path, tmp_path / "net.txt", "torch")
    with pytest.raises(ValueError, match=r"net\.npz would be read in npnn's layout, and cannot have torch's"):
        write(net.state_dict(), tmp_path / "net.npz", "torch")
    with pytest.raises(ValueError, match=r"missing \['2\.bias'.*unexpected \['1\.num_batches_tracked'"):
        convert_file(
            path, tmp_path / "net.npz", module=torch.nn.Sequential(*map(torch.nn.Linear, *[[1] * 4] * 2))
        )
    wider = network()
    wider[4] = torch.nn.Linear(32, 6)
    with pytest.raises(ValueError, match=r"4\.weight would be \(5, 32\) and is \(6, 32\)"):
        convert_file(path, tmp_path / "net.npz", module=wider)
    with pytest.raises(TypeError, match="holds tensors only, and extra is none"):
        write({**net.state_dict(), "extra": 3}, tmp_path / "net.safetensors", "torch")
    assert os.listdir(tmp_path) == ["net.pt"]


def test_the_command(tmp_path, capsys):
    theirs = Net().state_dict()
    source, target = tmp_path / "net.npz", tmp_path / "net.pt"
    npnn.save({"model": theirs}, source)
    place = f"--module={__name__}:Net"
    given = ["convert", str(source), str(target), "--key", "model", place]
    assert main([*given, "--flattened", "fc=4"]) == 0
    assert capsys.readouterr().out == f"wrote {target}\n"
    fresh = Net()
    load_file(fresh, target, flattened={"fc": 4})
    for name, value in fresh.state_dict().items():
        np.testing.assert_array_equal(value, theirs[name])
    assert main(given) == 1
    assert "stands behind a flattening" in capsys.readouterr().err
    assert main(["convert", str(source), str(target), "--module", "json:loads"]) == 1
    assert main(["convert", str(tmp_path / "none.pt"), str(target)]) == 1
    assert "No such file" in capsys.readouterr().err


def test_the_commands_module_can_be_a_sequential(tmp_path, monkeypatch):
    module = network()
    monkeypatch.setattr(f"{__name__}.MADE", module, raising=False)
    torch.save(module.state_dict(), tmp_path / "net.pt")
    given = ["convert", str(tmp_path / "net.pt"), str(tmp_path / "net.npz")]
    assert main([*given, f"--module={__name__}:MADE", "--input", "2,3"]) == 0
    assert npnn.load(tmp_path / "net.npz")["4.weight"].shape == (32, 5)


def test_a_flipped_bit_anywhere_is_noticed(tmp_path):
    """Or it stands where nothing is read, and the values are the same."""
    rng = np.random.default_rng(0)
    values = {"epoch": 3, "weight": torch.arange(60.0).reshape(12, 5), "names": ["a", ("b", None)]}
    path, damaged = tmp_path / "whole.pt", tmp_path / "damaged.pt"
    torch.save(values, path)
    whole, noticed = path.read_bytes(), 0
    for position in rng.integers(len(whole), size=200):
        broken = bytearray(whole)
        broken[position] ^= 1 << rng.integers(8)
        damaged.write_bytes(broken)
        try:
            result = read(damaged)
        except SerializationError:
            noticed += 1
        else:
            assert result.pop("weight").equal(values["weight"])
            assert result == {"epoch": 3, "names": ["a", ("b", None)]}
    assert noticed > 50

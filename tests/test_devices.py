"""The one device."""

import pytest

import npnn
from npnn.devices import CPU, device


def test_spellings():
    assert device() == device("cpu") == device(CPU) == CPU
    assert device("cpu:0") == device("cpu", 0) == device(device("cpu:0"))
    assert device("cpu") != device("cpu:0")
    assert device("cpu") != "cpu"
    assert len({device("cpu"), CPU, device("cpu:0")}) == 2


def test_texts():
    assert (str(CPU), repr(CPU)) == ("cpu", "device(type='cpu')")
    assert (str(device("cpu:0")), repr(device("cpu:0"))) == ("cpu:0", "device(type='cpu', index=0)")
    assert (CPU.type, CPU.index, device("cpu", 0).index) == ("cpu", None, 0)


@pytest.mark.parametrize(
    "given", [("cuda",), ("cuda:0",), ("cpu:1",), ("cpu:x",), ("cpu:",), ("",), ("cpu", 1), (0,), ("meta",)]
)
def test_there_is_no_other(given):
    with pytest.raises(RuntimeError, match="npnn computes in NumPy and has one device, 'cpu'; got"):
        device(*given)


def test_tensors_and_layers_are_on_it():
    assert npnn.ones(2).device == CPU
    assert npnn.nn.Linear(2, 3).to("cpu").weight.device == CPU
    with pytest.raises(RuntimeError, match="one device"):
        npnn.nn.Linear(2, 3, device="cuda")


def test_a_generator_takes_it_in_either_form():
    for given in (CPU, "cpu", "cpu:0"):
        assert npnn.Generator(given).device == device(given)
    assert npnn.Generator(device=CPU).manual_seed(3).initial_seed() == 3
    with pytest.raises(RuntimeError, match="one device, 'cpu'; got 'cuda'"):
        npnn.Generator("cuda")


def test_tensors_are_made_on_it():
    with npnn.device("cpu") as here:
        assert npnn.ones(2).device == here == CPU

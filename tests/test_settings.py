"""Settings that change nothing: they are kept, and what cannot be had is refused."""

import pytest

import npnn


def test_they_are_kept():
    npnn.use_deterministic_algorithms(True, warn_only=True)
    assert npnn.are_deterministic_algorithms_enabled()
    assert npnn.is_deterministic_algorithms_warn_only_enabled()
    npnn.use_deterministic_algorithms(False)
    assert not npnn.are_deterministic_algorithms_enabled()
    npnn.set_float32_matmul_precision("high")
    assert npnn.get_float32_matmul_precision() == "high"
    with pytest.warns(UserWarning, match="low is not one of"):
        npnn.set_float32_matmul_precision("low")
    npnn.set_float32_matmul_precision("highest")
    assert npnn.set_flush_denormal(False)
    assert not npnn.set_flush_denormal(True)


def test_the_one_device():
    npnn.set_default_device("cpu")
    npnn.set_default_device(None)
    assert npnn.get_default_device() == npnn.device("cpu")
    with pytest.raises(RuntimeError, match="one device"):
        npnn.set_default_device("cuda")


def test_compile_hands_back_what_it_was_given():
    @npnn.compile
    def double(x):
        return 2 * x

    @npnn.compile(fullgraph=True)
    def triple(x):
        return 3 * x

    assert double(npnn.ones(1)).item() == 2
    assert triple(npnn.ones(1)).item() == 3
    assert not npnn.is_storage(npnn.ones(1))

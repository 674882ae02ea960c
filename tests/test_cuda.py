"""torch.cuda, as far as it can be answered: code that asks first runs on the CPU."""

import pytest

import npnn


def test_there_is_none():
    assert npnn.cuda.is_available() is False
    assert npnn.cuda.device_count() == 0
    assert npnn.device("cuda" if npnn.cuda.is_available() else "cpu").type == "cpu"


def test_what_does_nothing_without_one():
    npnn.manual_seed(3)
    npnn.cuda.manual_seed(1)
    npnn.cuda.manual_seed_all(1)
    npnn.cuda.empty_cache()
    assert npnn.initial_seed() == 3
    assert npnn.cuda.memory_allocated() == npnn.cuda.max_memory_allocated() == 0
    assert npnn.cuda.memory_reserved() == npnn.cuda.max_memory_reserved() == 0
    assert not npnn.cuda.is_initialized()
    assert not npnn.cuda.is_bf16_supported()


@pytest.mark.parametrize(
    "call",
    [
        npnn.cuda.current_device,
        npnn.cuda.synchronize,
        npnn.cuda.get_device_name,
        npnn.cuda.get_device_properties,
        npnn.cuda.get_device_capability,
        lambda: npnn.cuda.set_device(0),
        lambda: npnn.ones(1).cuda(),
        lambda: npnn.ones(1).to("cuda"),
        lambda: npnn.ones(1).pin_memory(),
    ],
)
def test_what_there_must_be_one_for(call):
    with pytest.raises(RuntimeError, match="npnn computes in NumPy"):
        call()

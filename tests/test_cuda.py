"""torch.cuda, as far as it can be answered: code that asks first runs on the CPU."""

import npnn


def test_there_is_none():
    assert npnn.cuda.is_available() is False
    assert npnn.cuda.device_count() == 0
    assert npnn.device("cuda" if npnn.cuda.is_available() else "cpu").type == "cpu"

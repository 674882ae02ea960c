"""torch.accelerator, torch.backends: what scripts ask and set before they settle for the CPU."""

import pytest

import npnn
import npnn.backends.cudnn as cudnn


def test_there_is_none():
    assert npnn.accelerator.is_available() is False
    assert npnn.accelerator.device_count() == 0
    assert npnn.accelerator.current_accelerator() is None
    with pytest.raises(RuntimeError, match="no accelerator"):
        npnn.accelerator.synchronize()


def test_switches_of_backends_may_be_set(monkeypatch):
    for place, switch in (
        (cudnn, "benchmark"),
        (cudnn, "deterministic"),
        (npnn.backends.cuda.matmul, "allow_tf32"),
    ):
        monkeypatch.setattr(place, switch, True)
    assert npnn.backends.cudnn.benchmark
    assert not any(
        answer()
        for answer in (
            cudnn.is_available,
            cudnn.version,
            npnn.backends.cuda.is_built,
            npnn.backends.mps.is_available,
            npnn.backends.mps.is_built,
        )
    )

"""Conversions where NumPy differs from torch; tests/torch_ref/test_module_surface.py has what is alike."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import npnn
from npnn import nn


def network():
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
    net.register_buffer("mean", npnn.tensor([1.0, 2.0, 3.0]))
    net.register_buffer("count", npnn.tensor(3), persistent=False)
    return net


@pytest.mark.parametrize("device", ["cuda", "ipu", "xpu", "mtia"])
def test_there_is_no_other_device(device):
    with pytest.raises(
        RuntimeError, match=f"npnn computes in NumPy and has one device, 'cpu'; got '{device}'"
    ):
        getattr(network(), device)()
    with pytest.raises(RuntimeError, match="has one device, 'cpu'; got"):
        network().to(f"{device}:0")
    with pytest.raises(RuntimeError, match="has one device, 'cpu'; got"):
        network().to_empty(device=device)


def test_there_is_no_bfloat16():
    with pytest.raises(NotImplementedError, match="NumPy has no bfloat16: use half"):
        network().bfloat16()


def test_a_parameter_keeps_its_identity_through_conversions():
    net = network()
    held = [*net.parameters()]
    net(npnn.ones(5, 4).double()).sum().backward()
    net.float()
    assert [a is b for a, b in zip(held, net.parameters(), strict=True)] == [True] * 4
    assert {parameter.grad.dtype for parameter in held} == {npnn.float32}
    assert net.count.dtype == npnn.int64


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_shared_memory_is_shared_with_a_forked_process():
    script = """
import os
import npnn
from npnn import nn

shared, private = nn.Linear(2, 3).share_memory(), nn.Linear(2, 3)
child = os.fork()
if child == 0:
    with npnn.no_grad():
        shared.weight.array[...] = 5
        private.weight.array[...] = 5
    os._exit(0)
os.waitpid(child, 0)
print((shared.weight.array == 5).all(), (private.weight.array == 5).any())
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == ["True", "False"]


def test_shared_memory_keeps_values_dtypes_and_empty_tensors():
    net = network()
    net.nothing = nn.Buffer(np.zeros((0, 3)))
    before = {name: value.array.copy() for name, value in [*net.named_parameters(), *net.named_buffers()]}
    net.share_memory()
    for name, value in [*net.named_parameters(), *net.named_buffers()]:
        np.testing.assert_array_equal(value.array, before[name])
        assert value.dtype == before[name].dtype

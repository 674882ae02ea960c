"""Memory formats, of which there is one."""

import numpy as np
import pytest

import npnn
from npnn import nn
from npnn.utils import convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format


@pytest.mark.parametrize(
    "convert", [convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format]
)
def test_nothing_changes(convert):
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Conv3d(2, 3, 1))
    before = [parameter.array.copy() for parameter in net.parameters()]
    assert convert(net, npnn.channels_last) is net
    for parameter, values in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.detach(), values)


@pytest.mark.parametrize(
    "convert", [convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format]
)
def test_anything_else_is_refused(convert):
    with pytest.raises(TypeError, match=r"expected a memory format, .*, got str"):
        convert(nn.Conv2d(2, 3, 1), "channels_last")


def test_tensors_and_modules_take_them():
    x = npnn.randn(2, 3, 4)
    for format in npnn.memory_format:
        assert x.contiguous(memory_format=format) is x
        assert x.to(memory_format=format) is x
        np.testing.assert_array_equal(x.clone(memory_format=format), x)
        assert x.is_contiguous(memory_format=format)
        assert str(format) == f"torch.{format.name}"
    assert nn.Linear(2, 3).to(memory_format=npnn.channels_last).weight.shape == (2, 3)

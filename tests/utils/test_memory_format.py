"""Memory formats, of which there is one."""

import numpy as np
import pytest

from npnn import nn
from npnn.utils import convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format


@pytest.mark.parametrize(
    "convert", [convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format]
)
def test_nothing_changes(convert):
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Conv3d(2, 3, 1))
    before = [parameter.array.copy() for parameter in net.parameters()]
    assert convert(net, "channels_last") is net
    for parameter, values in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.detach(), values)

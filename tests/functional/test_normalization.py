"""What the normalizations refuse."""

import pytest

import npnn
from npnn import functional as F


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("which", [0, 1])
def test_running_statistics_have_no_gradient(training, which):
    statistics = [npnn.zeros(3), npnn.ones(3)]
    statistics[which].requires_grad_()
    name = ("running_mean", "running_var")[which]
    with pytest.raises(RuntimeError, match=f"batch_norm is not differentiable with respect to {name}"):
        F.batch_norm(npnn.randn(4, 3), *statistics, training=training)
    with npnn.no_grad():
        F.batch_norm(npnn.randn(4, 3), *statistics, training=training)

"""F.conv_tbc: the sum over the taps of the kernel, and that of `conv1d`."""

import numpy as np
import pytest

import npnn.functional as F

RANDOM = np.random.default_rng(0)
X, W, B = (RANDOM.standard_normal(shape) for shape in ((7, 3, 4), (2, 4, 5), (5,)))


@pytest.mark.parametrize("pad", [0, 1, 3])
def test_time_first(pad):
    padded = np.pad(X, ((pad, pad), (0, 0), (0, 0)))
    wanted = padded[:-1] @ W[0] + padded[1:] @ W[1] + B
    np.testing.assert_allclose(F.conv_tbc(X, W, B, pad), wanted, rtol=1e-12)


def test_needs_three_axes():
    with pytest.raises(RuntimeError, match=r"\(T, N, C\), got shape \[7, 4\]"):
        F.conv_tbc(X[:, 0], W, B)

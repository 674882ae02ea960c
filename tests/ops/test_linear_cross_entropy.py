"""The chunked cross entropy against the plain one, whatever the size of a chunk."""

import numpy as np
import pytest

import npnn
from npnn import functional as F
from npnn.functional.linear_cross_entropy import LinearCrossEntropyOptions
from npnn.ops.linear_cross_entropy import LinearCrossEntropy

RANDOM = np.random.default_rng(0)
X, W, B = RANDOM.standard_normal((7, 3)), RANDOM.standard_normal((3, 5)), RANDOM.standard_normal(5)
CLASSES = np.array([1, 0, 4, 2, -100, 2, 3])
PROBABILITIES = RANDOM.dirichlet(np.ones(5), 7)
WEIGHT = np.array([0.5, 2, 0, 1.5, 1])


def losses_and_gradients(chunk, target, weight, bias):
    x, w, b = (npnn.tensor(array, requires_grad=True) for array in (X, W, B))
    if chunk is None:
        losses = F.cross_entropy(F.linear(x, w, b if bias else None), target, weight, reduction="none")
    else:
        options = {"ignore_index": -100, "chunk": chunk, "dtype": np.float64}
        losses = LinearCrossEntropy.apply(x, w, b if bias else None, target, weight, **options)
    losses.backward(npnn.tensor(np.random.default_rng(1).standard_normal(7)))
    return losses.array, x.grad.array, w.grad.array, b.grad.array if bias else np.zeros(5)


@pytest.mark.parametrize("chunk", [1, 3, 7, 50])
@pytest.mark.parametrize("target", [CLASSES, PROBABILITIES], ids=["classes", "probabilities"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("bias", [True, False])
def test_chunks_change_nothing(chunk, target, weight, bias):
    wanted = losses_and_gradients(None, target, weight, bias)
    for got, expected in zip(losses_and_gradients(chunk, target, weight, bias), wanted, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


def test_no_more_than_a_chunk_of_logits(monkeypatch):
    """Which is what it is for."""
    seen = []
    plain = np.exp

    def exp(x, *args, **kwargs):
        seen.append(np.shape(x))
        return plain(x, *args, **kwargs)

    monkeypatch.setattr(np, "exp", exp)
    losses_and_gradients(2, CLASSES, None, True)
    assert seen
    assert max(shape[0] for shape in seen) == 2


def test_float16_adds_up_in_float32():
    options = LinearCrossEntropyOptions(batch_chunk_size=2)
    assert options.dtype(np.float16) == np.float32
    assert options.dtype(np.float64) == np.float64
    assert LinearCrossEntropyOptions(acc_policy="compact").dtype(np.dtype("f2")) == np.float16
    loss = F.linear_cross_entropy(X.astype("f2"), W.astype("f2"), CLASSES % 5, options=options)
    assert loss.dtype == np.float16
    exact = F.linear_cross_entropy(X.astype("f2").astype("f8"), W.astype("f2").astype("f8"), CLASSES % 5)
    np.testing.assert_allclose(loss.item(), exact.item(), rtol=2e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"acc_policy": "fast"},
        {"chunking_method": "ratio"},
        {"chunking_method": "aspect_ratio:0"},
        {"batch_chunk_size": 0},
        {"batch_chunk_size": 1.5},
        {"acc_dtype": np.int64},
    ],
    ids=str,
)
def test_options_that_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LinearCrossEntropyOptions(**wrong)

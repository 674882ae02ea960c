"""Where torch lays results out in order, npnn does: scripts view them, and random numbers go by memory."""

import pytest
import torch
from torch.nn import functional as F

import npnn
from torch_ref.scripts import assert_same_log, values

# Of a tensor whose axes are as they lie in memory.
PICKED = [
    lambda t, x: x[:, [0, 3, 1]],
    lambda t, x: x[..., [0, 2]],
    lambda t, x: x[:, [0, 3], [1, 2]],
    lambda t, x: x[0, :, [2, 1]],
    lambda t, x: x[1:, None, [0, 2]],
    lambda t, x: x[[1, 0], :, [2, 1]],
    lambda t, x: x[:, x[0, :, 0] > 0],
    lambda t, x: x.index_select(1, t.tensor([3, 0])),
    lambda t, x: x.index_select(2, t.tensor([1, 1])),
]

# Of one whose axes are not.
ANEW = [
    *[lambda t, x, name=name: getattr(x, name)(1) for name in ("sum", "mean", "prod", "amax", "logsumexp")],
    *[lambda t, x, name=name: getattr(x, name)(1) for name in ("std", "cumsum", "cumprod", "softmax")],
    *[lambda t, x, name=name: getattr(x, name)(1) for name in ("all", "any", "logcumsumexp")],
    *[lambda t, x, name=name: getattr(x, name)(1).values for name in ("cummax", "cummin")],
    *[lambda t, x, name=name: getattr(x, name)(1).indices for name in ("cummax", "cummin")],
    *[lambda t, x, name=name: getattr(x, name)(-1) for name in ("tril", "triu")],
    lambda t, x: x.masked_fill(x > 0, 1.5),
    lambda t, x: x.masked_fill(x[0] > 0, 1.5),
    lambda t, x: x[0].masked_fill(x > 0, 1.5),
    lambda t, x: x.gather(1, x.argsort(1)),
    lambda t, x: x.take_along_dim(x.argsort(1), 1),
    lambda t, x: x.renorm(2, 1, 0.5),
    lambda t, x: x.quantile(0.25, 1),
    lambda t, x: x.quantile(0.25, 0, True),
    lambda t, x: x.nanquantile(0.25, 1),
    lambda t, x: t.nn.functional.one_hot((x > 0).long()),
    lambda t, x: x.sum((0, 2)),
    lambda t, x: x.norm(dim=-1),
    lambda t, x: x.norm(p=3, dim=0),
    lambda t, x: x.log_softmax(-1),
    lambda t, x: x.roll(1, 1),
    lambda t, x: t.cat([x, x], 1),
    lambda t, x: t.stack([x, x], 2),
    lambda t, x: t.nn.functional.layer_norm(x, (3,)),
    lambda t, x: t.nn.functional.rms_norm(x, (3,)),
]


@pytest.mark.parametrize("call", PICKED)
def test_what_is_picked_lies_in_order(call):
    def script(t):
        y = call(t, t.tensor(values((5, 4, 3))))
        return [y, y.is_contiguous(), y.stride(), y.view(-1)]

    assert_same_log(script)


@pytest.mark.parametrize("axes", [(1, 2, 0), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("call", ANEW)
def test_what_is_made_anew_lies_in_order(call, axes):
    def script(t):
        shape = [0, 0, 0]
        for axis, size in zip(axes, (5, 4, 3), strict=True):
            shape[axis] = size
        y = call(t, t.tensor(values(tuple(shape))).permute(axes))
        return [y, y.is_contiguous(), y.view(-1)]

    assert_same_log(script)


def test_dropout_of_what_is_picked_drops_the_same():
    kept = []
    for lib, dropout in ((torch, F.dropout), (npnn, npnn.nn.functional.dropout)):
        lib.manual_seed(0)
        kept.append(dropout(lib.ones(40, 7, 5)[:, [4, 0, 2]], 0.5).tolist())
    assert kept[0] == kept[1]

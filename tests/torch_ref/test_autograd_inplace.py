"""Changes in place, views and shared memory, on torch and on npnn.

Each script takes the library, torch or npnn, and returns what it saw, in order: tensors, flags, names, and of
what was refused the kind of error and whether its message has certain words. What torch saw is what npnn must
have seen.
"""

import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, leaf_of, plain, refused

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


# ---- in place


@script
def in_place_on_an_intermediate(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 3.0
    same = y.add_(1.0)
    y.mul_(x)
    y.sum().backward()
    return [same is y, y, x.grad, y.is_leaf]


@script
def in_place_makes_a_tensor_part_of_the_graph(t):
    x = leaf_of(t, 1.0, 2.0)
    y = t.zeros(2, dtype=t.float64)
    y.add_(x * 2.0)
    z = t.zeros(3, dtype=t.float64)
    z[1:] = x * x
    (y.sum() + (z * z).sum()).backward()
    return [y.requires_grad, y.is_leaf, z, x.grad]


@script
def in_place_on_a_leaf(t):
    x = leaf_of(t, 1.0, 2.0)
    y = leaf_of(t, 1.0, 2.0)

    def set_item():
        x[0] = 5.0

    seen = [
        refused(
            lambda: x.add_(1.0), "a leaf Variable that requires grad is being used in an in-place operation."
        ),
        refused(
            lambda: x.view(2, 1).mul_(2.0),
            "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        ),
        refused(
            set_item, "a view of a leaf Variable that requires grad is being used in an in-place operation."
        ),
        refused(
            lambda: x.copy_(y), "a leaf Variable that requires grad is being used in an in-place operation."
        ),
        refused(
            lambda: x.zero_(), "a leaf Variable that requires grad is being used in an in-place operation."
        ),
    ]
    with t.no_grad():
        x.add_(1.0)
        x[0] = 7.0
    return [*seen, x, x.requires_grad, x.is_leaf, x._version]


@script
def version_checks(t):
    def backward_after(change):
        x, w = leaf_of(t, 1.0, 2.0), t.tensor([3.0, 4.0], dtype=t.float64)
        y = x.exp()
        z = (y * w).sum()
        change(x, w, y)
        z.backward()
        return x.grad

    def change_unrecorded(x, w, y):
        with t.no_grad():
            y.mul_(2.0)

    caught = [
        lambda x, w, y: w.add_(1.0),
        lambda x, w, y: y.add_(1.0),
        change_unrecorded,
        lambda x, w, y: y.detach().add_(1.0),
        lambda x, w, y: w.view(2, 1).zero_(),
        lambda x, w, y: w[:1].zero_(),
        lambda x, w, y: w.__setitem__(0, 1.0),
        lambda x, w, y: w.unsqueeze(0).T.fill_(1.0),
    ]
    unseen = [lambda x, w, y: w.data.add_(1.0), lambda x, w, y: x.detach().add_(1.0)]
    words = (
        "one of the variables needed for gradient computation has been modified by an inplace operation",
        "expected version 0 instead",
    )
    return [
        *(refused(lambda change=change: backward_after(change), *words) for change in caught),
        *(backward_after(change) for change in unseen),
    ]


@script
def versions_count(t):
    x = t.zeros(2, 3)
    seen = [x._version]
    x.add_(1.0)
    view = x[0]
    seen += [x._version, view._version]
    view.mul_(2.0)
    seen += [x._version, view._version]
    detached = x.detach()
    detached.zero_()
    seen += [x._version, detached._version]
    x.data.fill_(1.0)
    x[0, 1] = 3.0
    x.reshape(6)[0] = 1.0
    copy = x.clone()
    return [*seen, x._version, copy._version, x.data._version, (x + 1)._version, x]


@script
def a_value_that_is_not_saved_may_change(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 2.0
    z = y + 1.0
    y.mul_(5.0)
    z.sum().backward()
    return [x.grad, y]


@script
def in_place_on_a_base_after_a_view(t):
    x = leaf_of(t, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    base = x * 2.0
    view = base[0]
    base.mul_(x)
    (view * view).sum().backward()
    return [view, x.grad]


@script
def in_place_on_a_view(t):
    x = leaf_of(t, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    base = x * 2.0
    base[0].mul_(3.0)
    base[:, 1] = x[:, 0] * x[:, 2]
    base.T[2].add_(x[0, 0])
    base.view(3, 2)[1].copy_(x[1, :2])
    (base * base).sum().backward()
    return [base, x.grad]


@script
def views_of_views(t):
    x = leaf_of(t, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    base = x * 2.0
    first = base.view(6)
    second = first[1:5]
    third = second.view(2, 2).T
    third[0].mul_(10.0)
    base[0, 1].add_(x[1, 1])
    (first * x.reshape(6) + base.reshape(6)).sum().backward(retain_graph=True)
    seen = [x.grad.clone()]
    x.grad = None
    (third * third).sum().backward()
    return [*seen, x.grad, third, second.requires_grad]


@script
def a_view_of_what_joins_the_graph_later(t):
    p = leaf_of(t, 3.0, 4.0)
    base = t.zeros(4, dtype=t.float64)
    view = base[1:3]
    inner = view[:1]
    base[:2] = p * p
    seen = [view.grad_fn is not None, view.requires_grad, view.is_leaf, view]
    (view * 5.0).sum().backward()
    seen.append(p.grad)
    other = t.zeros(3, dtype=t.float64)
    part = other[1:]
    part.add_(p)
    (other * other).sum().backward()
    return [*seen, inner.requires_grad, other.requires_grad, other, p.grad]


@script
def expanded_views(t):
    x = leaf_of(t, [1.0], [2.0])
    y = (x * 2.0).expand(2, 3)
    (y * t.tensor([1.0, -2.0, 4.0], dtype=t.float64)).sum().backward()
    many = t.zeros(1, 3).expand(2, 3)
    return [
        x.grad,
        refused(
            lambda: many.add_(1.0),
            "more than one element of the written-to tensor refers to a single memory location",
        ),
        t.zeros(2, 3).expand(2, 3).add_(1.0),
    ]


@script
def in_place_with_itself(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 3.0
    y += y
    y -= y.detach() / 2
    z = t.arange(6.0, dtype=t.float64)
    z[1:] = z[:-1].clone()
    y.sum().backward()
    return [y, x.grad, z]


@script
def in_place_and_retain_grad(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 3.0
    y.retain_grad()
    y.mul_(2.0)
    (y * y).sum().backward()
    return [y.grad, x.grad, y.retains_grad]


@script
def in_place_and_hooks(t):
    x = leaf_of(t, 1.0, 2.0)
    seen = []
    y = x * 3.0
    y.register_hook(lambda g: seen.append(["old", g.clone()]))
    y.mul_(2.0)
    y.register_hook(lambda g: seen.append(["new", g.clone()]))
    y.sum().backward()
    return [seen, x.grad]


@script
def what_in_place_refuses(t):
    x = t.zeros(2)
    return [
        refused(
            lambda: x.add_(t.ones(3, 2)), "output with shape [2] doesn't match the broadcast shape [3, 2]"
        ),
        refused(
            lambda: x.add_(t.ones(3)),
            "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
        ),
        refused(lambda: t.zeros(2, dtype=t.int64).add_(1.5), "can't be cast to the desired output type"),
        refused(lambda: t.zeros(2, dtype=t.int64).div_(2), "can't be cast to the desired output type"),
        refused(lambda: t.zeros(2, dtype=t.bool).add_(1), "can't be cast to the desired output type"),
        t.zeros(2, dtype=t.uint8).add_(t.ones(2, dtype=t.int8)),
        t.zeros(2, dtype=t.float16).add_(t.ones(2, dtype=t.float64)),
        t.zeros(2, dtype=t.int64).copy_(t.tensor([2.7, -1.5])),
        t.zeros(2, dtype=t.int64).fill_(2.7),
        refused(
            lambda: x.fill_(t.ones(2)),
            "fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions",
        ),
        refused(lambda: x.copy_(t.ones(3))),
    ]


@script
def every_augmented_assignment(t):
    x = t.tensor([7.0, -9.0], dtype=t.float64)
    address = x.data_ptr()
    x += 1
    x -= 3
    x *= 2
    x /= 4
    x **= 2
    x //= 2
    x %= 3
    n = t.tensor([5, 6])
    there = n.data_ptr()
    n &= 7
    n |= 8
    n ^= 3
    n <<= 2
    n >>= 1
    return [x, n, x.data_ptr() == address, n.data_ptr() == there]


# ---- detach, data, clone


@script
def detach_shares(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x * 2.0
    d, data, copy = y.detach(), y.data, y.clone()
    d.add_(1.0)
    data.add_(10.0)
    copy.add_(100.0)
    seen = [
        y,
        d.requires_grad,
        data.requires_grad,
        copy.requires_grad,
        d.data_ptr() == y.data_ptr(),
        copy.data_ptr() == y.data_ptr(),
    ]
    z = x * 3.0
    same = z.detach_()
    return [*seen, same is z, z.requires_grad, z.grad_fn, z.is_leaf]


@script
def setting_data(t):
    x = leaf_of(t, 1.0, 2.0)
    y = x.exp().sum()
    x.data = t.tensor([5.0, 6.0], dtype=t.float64)
    y.backward()
    return [x, x.grad, x.requires_grad, refused(lambda: setattr(x, "data", [1.0]))]


@script
def requires_grad_on_and_off(t):
    x = t.tensor([1.0, 2.0], dtype=t.float64)
    same = x.requires_grad_()
    y = x * 2.0
    x.requires_grad_(False)
    z = x * 2.0
    y.sum().backward()
    return [same is x, y.requires_grad, z.requires_grad, x.grad]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda run: run.__name__)
def test_npnn_sees_what_torch_sees(run):
    assert_same(plain(run(npnn)), plain(run(torch)), run.__name__)

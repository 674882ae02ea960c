"""Tensor as an object: flags, copies, gradients; tests/torch_ref compares the rest with torch."""

import copy
import pickle

import numpy as np
import pytest

import npnn
from npnn.tensors import Tensor


def leaf(*values):
    return npnn.tensor(values, dtype=npnn.float64, requires_grad=True)


class TestConstruction:
    def test_of_lengths_and_of_numbers(self):
        assert Tensor().shape == (0,)
        assert Tensor(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]]
        assert Tensor([1, 2]).dtype == Tensor(np.zeros(3)).dtype == np.float32

    def test_shares_the_memory_of_an_array_of_its_dtype(self):
        array = np.zeros(3, np.float32)
        assert np.shares_memory(Tensor(Tensor(array)).array, array)

    def test_takes_no_dtype(self):
        with pytest.raises(TypeError, match=r"got \(list, dtype=.*npnn.tensor\(...\) takes a dtype"):
            Tensor([1.0], dtype=np.float64)

    def test_requires_grad(self):
        assert npnn.tensor([1.0], requires_grad=True).requires_grad
        with pytest.raises(RuntimeError, match="only Tensors of floating point"):
            npnn.tensor([1], requires_grad=True)

    def test_complex_numbers_are_not_differentiated(self):
        with pytest.raises(NotImplementedError, match="npnn does not differentiate complex numbers"):
            npnn.tensor([1j], requires_grad=True)
        with pytest.raises(NotImplementedError, match="npnn does not differentiate complex numbers"):
            leaf(1.0) * 1j
        assert (leaf(1.0).detach() * 1j).dtype == np.complex128


class TestGrad:
    def test_is_checked(self):
        x = leaf(1.0, 2.0)
        for wrong, error, words in (
            (np.ones(2), TypeError, "got ndarray"),
            (npnn.ones(3, dtype=npnn.float64), RuntimeError, r"size '\[3\]' to a tensor of size '\[2\]'"),
            (npnn.ones(2), RuntimeError, "dtype 'float32' to a tensor with dtype 'float64'"),
            (x, RuntimeError, "its own grad"),
        ):
            with pytest.raises(error, match=words):
                x.grad = wrong
        x.grad = npnn.ones(2, dtype=npnn.float64)
        x.grad = None

    def test_of_a_tensor_that_stopped_to_require_it(self):
        x = leaf(1.0, 2.0)
        y = (x * 2).sum()
        x.requires_grad_(False)
        y.backward()
        assert x.grad is None


class TestViews:
    def test_a_view_follows_its_base_onto_the_tape(self):
        p, base = leaf(3.0, 4.0), npnn.zeros(4, dtype=npnn.float64)
        view = base[1:3]
        with npnn.no_grad():
            unseen = base[:2]
        base[:2] = p * p
        assert view.requires_grad
        assert not view.is_leaf
        (view * 5).sum().backward()
        np.testing.assert_array_equal(p.grad, [0, 40])
        assert unseen.tolist() == [9, 16]

    def test_a_view_is_looked_up_whatever_the_mode(self):
        p, base = leaf(3.0), npnn.zeros(2, dtype=npnn.float64)
        view = base[:1]
        base[:1] = p * 2
        with npnn.no_grad():
            assert view.requires_grad
        view.sum().backward()
        assert p.grad.item() == 2

    def test_a_view_of_what_was_detached(self):
        x = leaf(1.0, 2.0) * 2
        view = x[:1]
        x.detach_()
        assert not x.requires_grad
        assert view.is_leaf
        with pytest.raises(RuntimeError, match="Can't detach views in-place"):
            view.detach_()

    def test_single_elements_are_views(self):
        x = npnn.zeros(2, 3)
        x[1][2].add_(5)
        x[0, 1].fill_(7)
        for row in x:
            row[0] = 9
        assert x.tolist() == [[9, 7, 0], [9, 0, 5]]


class TestCopies:
    def test_deep(self):
        x = leaf(1.0, 2.0)
        (x * x).sum().backward()
        one, other = copy.deepcopy([x, x])
        assert one is other
        assert one.requires_grad
        np.testing.assert_array_equal(one.grad, x.grad)
        assert not np.shares_memory(one.grad.array, x.grad.array)
        assert type(copy.deepcopy(npnn.nn.Parameter(npnn.ones(2)))) is npnn.nn.Parameter

    def test_what_is_on_the_tape_is_not_copied(self):
        y = leaf(1.0) * 2
        with pytest.raises(RuntimeError, match="graph leaves"):
            copy.deepcopy(y)
        with pytest.raises(RuntimeError, match="only leaf tensors can be pickled"):
            pickle.dumps(y)

    def test_pickled(self):
        x = pickle.loads(pickle.dumps(leaf(1.0, 2.0)))
        assert x.requires_grad
        assert x.tolist() == [1, 2]

    def test_data(self):
        x = leaf(1.0, 2.0)
        x.data[0] = 5.0
        assert x.tolist() == [5, 2]
        assert x._version == 0
        x.data = npnn.zeros(3, dtype=npnn.float64)
        assert x.shape == (3,)
        with pytest.raises(TypeError, match="got list"):
            x.data = [1.0]


def test_hashing_and_membership():
    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    assert len({x, y, x}) == 2
    assert {x: "a"}[x] == "a"
    assert 2.0 in x
    assert 3.0 not in x


def test_retaining_the_gradient_of_a_leaf_changes_nothing():
    x = leaf(1.0)
    x.retain_grad()
    assert not x.retains_grad


def test_a_retained_gradient_moves_with_a_change_in_place():
    x = leaf(1.0, 2.0)
    y = x * 3
    y.retain_grad()
    y.mul_(2)
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.grad, 2 * y.array)
    assert y.retains_grad

"""torch.nn.utils against torch: fusion, parameters as a vector, skip_init, packed sequences."""

import numpy as np
import pytest
import torch

import npnn
from npnn import nn
from npnn.utils import rnn
from torch_ref import compare, from_torch, to_torch

RANDOM = np.random.default_rng(0)


def trained(module):
    """A module in evaluation mode, its buffers and parameters random, variances positive."""
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape) + 0.5)
    return module.double().eval()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        (lambda bias: torch.nn.Conv1d(4, 6, 3, groups=2, bias=bias), torch.nn.BatchNorm1d, (2, 7, 4)),
        (lambda bias: torch.nn.Conv2d(4, 6, (3, 2), stride=2, bias=bias), torch.nn.BatchNorm2d, (2, 7, 5, 4)),
        (lambda bias: torch.nn.ConvTranspose2d(4, 6, (3, 2), bias=bias), torch.nn.BatchNorm2d, (2, 7, 5, 4)),
        (lambda bias: torch.nn.Linear(4, 6, bias=bias), torch.nn.BatchNorm1d, (3, 4)),
    ],
    ids=["conv1d", "conv2d", "conv_transpose2d", "linear"],
)
def test_fusion_equals_torchs(layer, norm, shape, affine, bias):
    theirs, their_norm = trained(layer(bias)), trained(norm(6, affine=affine))
    mine, my_norm = from_torch(theirs), from_torch(their_norm)
    transpose = isinstance(theirs, torch.nn.ConvTranspose2d)
    if isinstance(theirs, torch.nn.Linear):
        # torch's own function fails on a norm without weight and bias; the sum below still judges ours.
        fused = npnn.utils.fuse_linear_bn_eval(mine, my_norm)
        fuse = torch.nn.utils.fuse_linear_bn_eval if affine else None
        wanted = fuse(theirs, their_norm) if fuse else to_torch(fused)
    else:
        fused = npnn.utils.fuse_conv_bn_eval(mine, my_norm, transpose)
        wanted = torch.nn.utils.fuse_conv_bn_eval(theirs, their_norm, transpose)
    x = RANDOM.standard_normal(shape)
    compare(fused, to_torch(fused), x).raise_if_failed()
    for (name, tensor), reference in zip(
        to_torch(fused).named_parameters(), wanted.parameters(), strict=True
    ):
        np.testing.assert_allclose(tensor.detach(), reference.detach(), rtol=1e-12, err_msg=name)
    both = my_norm(mine(npnn.tensor(x)))
    np.testing.assert_allclose(fused(npnn.tensor(x)), both, rtol=1e-10)


def test_fusion_refuses_training_mode_and_unequal_sizes():
    with pytest.raises(AssertionError, match="only for eval"):
        npnn.utils.fuse_conv_bn_eval(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3).eval())
    with pytest.raises(AssertionError, match=r"linear\.out_features == bn\.num_features"):
        npnn.utils.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), nn.BatchNorm1d(4).eval())


def test_parameters_as_a_vector_and_back():
    shapes = [(2, 3), (4,), (1, 2, 5)]
    arrays = [RANDOM.standard_normal(shape) for shape in shapes]
    mine = [npnn.Parameter(array.copy()) for array in arrays]
    theirs = [torch.nn.Parameter(torch.tensor(array)) for array in arrays]
    vector = npnn.utils.parameters_to_vector(mine)
    np.testing.assert_array_equal(vector.detach(), torch.nn.utils.parameters_to_vector(theirs).detach())
    vector.sum().backward()
    assert all((parameter.grad.array == 1).all() for parameter in mine)
    doubled = vector.detach() * 2
    npnn.utils.vector_to_parameters(doubled, mine)
    torch.nn.utils.vector_to_parameters(torch.tensor(doubled.array), theirs)
    for one, two in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(one.detach(), two.detach())
    with pytest.raises(TypeError, match="but got: list"):
        npnn.utils.vector_to_parameters([1.0], mine)


def test_skip_init_makes_the_module_and_draws_nothing():
    npnn.manual_seed(3)
    before = npnn.get_rng_state()
    layer = npnn.utils.skip_init(nn.Conv2d, 2, 4, 3, dtype=npnn.float64)
    assert layer.weight.shape == (3, 3, 2, 4)
    assert layer.weight.dtype == npnn.float64
    np.testing.assert_array_equal(npnn.get_rng_state(), before)
    with pytest.raises(RuntimeError, match="Expected a Module"):
        npnn.utils.skip_init(dict)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("lengths", [[5, 3, 2], [2, 5, 3], [4, 4, 1]])
def test_packing_equals_torchs(lengths, batch_first):
    array = RANDOM.standard_normal((3, 5, 2) if batch_first else (5, 3, 2))
    ordered = sorted(lengths, reverse=True) == lengths
    mine, theirs = npnn.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    packed = rnn.pack_padded_sequence(mine, lengths, batch_first, ordered)
    wanted = torch.nn.utils.rnn.pack_padded_sequence(theirs, lengths, batch_first, ordered)
    np.testing.assert_array_equal(packed.data.detach(), wanted.data.detach())
    for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        one, two = getattr(packed, name), getattr(wanted, name)
        assert (one is None) == (two is None)
        assert one is None or one.tolist() == two.tolist()
    padded, sizes = rnn.pad_packed_sequence(packed, batch_first, -1.0, 7)
    reference, reference_sizes = torch.nn.utils.rnn.pad_packed_sequence(wanted, batch_first, -1.0, 7)
    np.testing.assert_array_equal(padded.detach(), reference.detach())
    assert sizes.tolist() == reference_sizes.tolist() == lengths
    cotangent = RANDOM.standard_normal(padded.shape)
    padded.backward(npnn.tensor(cotangent))
    reference.backward(torch.tensor(cotangent))
    np.testing.assert_array_equal(mine.grad, theirs.grad)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_sequences_equals_torchs(side):
    arrays = [RANDOM.standard_normal((length, 2)) for length in (3, 1, 4)]
    padded = rnn.pad_sequence([npnn.tensor(a) for a in arrays], True, 9.0, side)
    wanted = torch.nn.utils.rnn.pad_sequence([torch.tensor(a) for a in arrays], True, 9.0, side)
    np.testing.assert_array_equal(padded, wanted)
    for one, array in zip(
        rnn.unpack_sequence(rnn.pack_sequence([npnn.tensor(a) for a in arrays], False)), arrays, strict=True
    ):
        np.testing.assert_array_equal(one, array)


@pytest.mark.parametrize(
    ("attempt", "pattern"),
    [
        (lambda x: rnn.pack_padded_sequence(x, [2, 3]), "must be sorted in decreasing order"),
        (lambda x: rnn.pack_padded_sequence(x, [3, 0]), "has to be greater than 0"),
        (lambda x: rnn.pack_padded_sequence(x, [3]), "to be equal to batch_size"),
        (lambda x: rnn.pack_padded_sequence(x, [9, 1]), "at most 4"),
        (lambda x: rnn.pad_sequence([]), "empty list"),
    ],
)
def test_packing_refuses(attempt, pattern):
    with pytest.raises(RuntimeError, match=pattern):
        attempt(npnn.zeros(4, 2, 3))

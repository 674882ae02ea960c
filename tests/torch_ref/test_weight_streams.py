"""Layers' weights filled in place, by methods or through `data`: torch's numbers, in npnn's order of axes."""

import copy
import pickle

import numpy as np
import pytest
import torch

import npnn
from torch_ref.cases import CASES
from torch_ref.convert import torch_state_dict

# Layers with weights in every order of axes: no two sizes are equal, so that a wrong one cannot pass.
LAYERS = {
    "Linear": (3, 5),
    "Bilinear": (3, 4, 5),
    "Embedding": (5, 3),
    "Conv2d": (2, 5, (3, 4)),
    "ConvTranspose1d": (5, 2, 3),
    "LSTM": (3, 7, 1, True, False, 0.0, False, 2),
    "GRUCell": (3, 7),
    "MultiheadAttention": (4, 2),
    "LayerNorm": ((3, 5),),
}

FILLS = {
    "a weight's method under no_grad": lambda library, weight: weight.uniform_(-0.3, 0.7),
    "a method of its data": lambda library, weight: weight.data.uniform_(-0.3, 0.7),
    "an initializer on its data": lambda library, weight: library.nn.init.uniform_(weight.data, -0.3, 0.7),
    "an initializer on the weight detached": lambda library, weight: library.nn.init.uniform_(
        weight.detach()
    ),
    "another distribution": lambda library, weight: weight.data.geometric_(0.2),
}


def assert_same_weights(filled):
    theirs, ours = filled[torch].state_dict(), torch_state_dict(filled[npnn])
    for name, weight in theirs.items():
        np.testing.assert_array_equal(ours[name].numpy(), weight.numpy(), strict=True, err_msg=name)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_filled_weight_is_torch_s(layer, fill):
    filled = {}
    for library in (torch, npnn):
        module = getattr(library.nn, layer)(*LAYERS[layer])
        library.manual_seed(3)
        with library.no_grad():
            for weight in module.parameters():
                FILLS[fill](library, weight)
        filled[library] = module
    assert_same_weights(filled)


def _assigned(library, module):
    """The module with other parameters in the place of its own: loaded, and then set."""
    module.load_state_dict({k: v.clone() for k, v in module.state_dict().items()}, assign=True)
    for owner in list(module.modules()):
        for name, weight in list(owner.named_parameters(recurse=False)):
            setattr(owner, name, library.nn.Parameter(weight.detach().clone()))
    return module


WAYS = {
    "copied": lambda library, module: copy.deepcopy(module),
    "pickled": lambda library, module: pickle.loads(pickle.dumps(module)),
    "converted": lambda library, module: module.to(library.float64).half().float(),
    "on a new device": lambda library, module: module.to_empty(device="cpu"),
    "assigned": _assigned,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_weight_stays_a_weight(layer, way):
    """Whatever was done to its layer, an initializer fills it as it does torch's."""
    filled = {}
    for library in (torch, npnn):
        module = WAYS[way](library, getattr(library.nn, layer)(*LAYERS[layer]))
        library.manual_seed(3)
        for weight in module.parameters():
            library.nn.init.uniform_(weight)
        filled[library] = module
    assert_same_weights(filled)


def test_a_lazy_weight_is_one_when_it_has_its_shape():
    filled = {}
    for library in (torch, npnn):
        module = library.nn.Sequential(library.nn.LazyLinear(3), library.nn.LazyLinear(5))
        module(library.ones(2, 7))
        library.manual_seed(3)
        for weight in module.parameters():
            library.nn.init.uniform_(weight)
        filled[library] = module
    assert_same_weights(filled)


def test_slices_of_a_weight():
    """Gates one by one, as of a recurrent layer: rows on torch are columns here, and parts of them too."""
    theirs, ours = torch.nn.LSTM(3, 5), npnn.nn.LSTM(3, 5)
    for library in (torch, npnn):
        library.manual_seed(3)
    for gate in theirs.weight_hh_l0.data.chunk(4):
        torch.nn.init.xavier_uniform_(gate)
        torch.nn.init.kaiming_uniform_(gate[:2, 1:])
    for gate in ours.weight_hh_l0.data.chunk(4, -1):
        npnn.nn.init.xavier_uniform_(gate)
        npnn.nn.init.kaiming_uniform_(gate[1:, :2])
    np.testing.assert_array_equal(ours.weight_hh_l0.numpy(force=True).T, theirs.weight_hh_l0.detach().numpy())


def test_every_layer_declares_the_axes_of_its_weights():
    layers = {case.module: case for case in CASES}
    for case in layers.values():
        for name, weight in case.sample().npnn.named_parameters():
            assert weight.ndim < 2 or weight.torch_axes is not None, f"{name} of {case}"

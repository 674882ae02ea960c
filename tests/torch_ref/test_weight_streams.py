"""Layers' weights filled in place, by methods or through `data`: torch's numbers, in npnn's order of axes."""

import numpy as np
import pytest
import torch

import npnn
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
    theirs, ours = filled[torch].state_dict(), torch_state_dict(filled[npnn])
    for name, weight in theirs.items():
        np.testing.assert_array_equal(ours[name].numpy(), weight.numpy(), strict=True, err_msg=name)

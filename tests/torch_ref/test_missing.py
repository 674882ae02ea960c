"""The names that npnn says torch has: torch has them; and those that scripts may use are all there."""

import types

import pytest
import torch

import npnn
from npnn._torch_names import NAMES

PLACES = {"torch": (torch, npnn), "torch.Tensor": (torch.Tensor, npnn.Tensor)}

OTHER = (
    *("cudnn", "fbgemm", "miopen", "mkldnn", "quantize", "fake_quant", "q_", "merge_type", "parse_"),
    *("import_ir", "autocast", "profiler", "is_autocast", "set_autocast", "get_autocast"),
)
"""How names begin that belong to other processors, to compilers and to quantized numbers."""


def torchs(root):
    """The public functions and attributes, without types of the implementation."""
    return {
        name
        for name in dir(root)
        if not name.startswith(("_", *OTHER))
        and name.islower()
        and not isinstance(getattr(root, name, None), types.ModuleType)
    }


@pytest.mark.parametrize("place", NAMES)
def test_the_names_are_torchs(place):
    root, own = PLACES[place]
    assert {name for name in NAMES[place].split() if not hasattr(root, name)} == set()
    assert {name for name in torchs(root) if not hasattr(own, name)} <= {*NAMES[place].split()}

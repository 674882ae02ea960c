"""torch.nn.utils.prune: weights masked with zeros, by their size, at random, or as one likes.

Pruning a parameter `weight` moves it to `weight_orig` and adds the buffer `weight_mask`; `weight` becomes
their product, which a hook computes anew before every forward. What is pruned stays so when more is pruned.
"""

from npnn.utils.prune.base import BasePruningMethod, PruningContainer
from npnn.utils.prune.functions import (
    custom_from_mask,
    global_unstructured,
    identity,
    is_pruned,
    l1_unstructured,
    ln_structured,
    random_structured,
    random_unstructured,
    remove,
)
from npnn.utils.prune.methods import (
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    RandomStructured,
    RandomUnstructured,
)

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]

"""torch.func: functions that make derivatives, and batched forms, of functions.

Arguments and results may be tensors in nested tuples, lists and dicts.

Source: torch.func.
"""

from npnn.func.batches import vmap
from npnn.func.derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
from npnn.func.modules import functional_call, stack_module_state

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]

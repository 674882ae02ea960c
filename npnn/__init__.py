"""npnn: torch.nn in NumPy, channels-last, every forward and backward written out and proven against torch.

The package answers to torch's names at torch's places, so that `import npnn as torch`, `import npnn as nn`,
`from npnn import nn` and `import npnn.functional as F` all read naturally. Rooms, from the bottom up; each
imports only from those above it here:

    autograd/     Function and Context, the tape's engine, no_grad, gradcheck
    ops/          the textbook: each operation a forward beside its backward, on plain arrays
    random/       torch's random streams, from the same seed
    tensors/      Tensor: its methods, the functions that make tensors and work on them
    linalg.py, special.py      torch's names for tensors' linear algebra and special functions
    functional/   torch.nn.functional: arguments checked, one operation called
    init/, distributions/      torch.nn.init, torch.distributions
    modules/, utils/           torch.nn's classes, and what works on them
    func/, parallel.py         torch.func; torch.nn.parallel
    optim/, serialization/     as torch has them
    cs189/                     the homework that it grew from, by its own names
    datasets/, training/, __main__.py          Iris and Fashion-MNIST, the trainer, the `npnn` command
"""

import importlib
import sys
from importlib.machinery import ModuleSpec
from math import e, inf, nan, pi
from types import ModuleType
from typing import TYPE_CHECKING, Any

from npnn import autograd, cuda, random
from npnn._missing import MissingAttributeError
from npnn._version import __version__
from npnn.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from npnn.devices import device
from npnn.dtypes import (
    bfloat16,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    result_type,
    set_default_dtype,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from npnn.dtypes import (
    bool_ as bool,
)
from npnn.dtypes import (
    float_ as float,
)
from npnn.dtypes import (
    int_ as int,
)
from npnn.memory_formats import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from npnn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from npnn.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from npnn.tensors import Size, Tensor, functions, late
from npnn.tensors.creation import (
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from npnn.tensors.functions import *
from npnn.threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from npnn import (
        accelerator,
        amp,
        backends,
        compiler,
        distributed,
        distributions,
        func,
        functional,
        init,
        jit,
        linalg,
        modules,
        optim,
        parallel,
        serialization,
        special,
        utils,
    )
    from npnn.func import vmap
    from npnn.functional.root import *
    from npnn.modules import *
    from npnn.parallel import DataParallel
    from npnn.serialization import load, save

newaxis = None

_ROOMS = (
    *("accelerator", "amp", "backends", "compiler", "distributed", "distributions", "func", "functional"),
    *("init", "jit", "linalg", "modules", "optim", "parallel", "serialization", "special", "utils"),
)
"""What stands above the tensors, loaded on first use: it takes about as long to import as all the rest."""

_ROOM_OF = {"load": "serialization", "save": "serialization", "DataParallel": "parallel", "vmap": "func"}
"""Names of the root that are one room's."""


def __getattr__(name: str) -> Any:
    """Loads a room, a name of one, or the layers, on first use."""
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _ROOM_OF:
        return getattr(importlib.import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    if name == "__all__":
        rooms = (importlib.import_module(f"{__name__}.{room}") for room in ("modules", "functional.root"))
        return [*_NAMES, *late.HOMES, *(name for room in rooms for name in room.__all__)]
    if name in late.HOMES:
        globals()[name] = found = late.function(name)
        return found
    if not name.startswith("_"):
        layers = importlib.import_module(f"{__name__}.modules")
        if name in layers.__all__:
            globals().update({layer: getattr(layers, layer) for layer in layers.__all__})
            return globals()[name]
        root = importlib.import_module(f"{__name__}.functional.root")
        if name in root.__all__:
            globals()[name] = found = getattr(root, name)
            return found
    raise MissingAttributeError(f"module {__name__!r}", name, __dir__, "torch")


def __dir__() -> list[str]:
    """The names that answer, loaded or not."""
    return sorted({*globals(), *__getattr__("__all__")})


class _Alias:
    """Finds npnn.nn.x where it is, at npnn.x; a second copy would be loaded otherwise.

    torch.nn is where torch keeps its layers. Here they are at the top, and npnn.nn is another name for npnn.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name.startswith(f"{__name__}.nn.") else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(spec.name.replace(".nn", "", 1))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just put the alias's spec in the place of the module's own.
        module.__spec__ = module.__spec__.loader_state  # type: ignore[union-attr]


nn = sys.modules[f"{__name__}.nn"] = sys.modules[__name__]
sys.meta_path.insert(0, _Alias())

__all__ = [
    "Buffer",
    "DataParallel",
    "Generator",
    "Parameter",
    "Size",
    "Tensor",
    "UninitializedBuffer",
    "UninitializedParameter",
    "__version__",
    "accelerator",
    "amp",
    "arange",
    "as_tensor",
    "autograd",
    "backends",
    "bernoulli",
    "bfloat16",
    "bool",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "compiler",
    "complex64",
    "complex128",
    "contiguous_format",
    "cuda",
    "default_generator",
    "device",
    "distributed",
    "distributions",
    "double",
    "dtype",
    "e",
    "empty",
    "empty_like",
    "enable_grad",
    "eye",
    "float",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "functional",
    "get_default_dtype",
    "get_num_threads",
    "get_rng_state",
    "half",
    "inf",
    "inference_mode",
    "init",
    "initial_seed",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "jit",
    "layout",
    "linalg",
    "linspace",
    "load",
    "long",
    "manual_seed",
    "memory_format",
    "modules",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "normal",
    "ones",
    "ones_like",
    "optim",
    "parallel",
    "pi",
    "preserve_format",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "random",
    "randperm",
    "result_type",
    "save",
    "seed",
    "serialization",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_rng_state",
    "short",
    "special",
    "strided",
    "tensor",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "utils",
    "vmap",
    "zeros",
    "zeros_like",
]
__all__ += functions.__all__
if TYPE_CHECKING:
    __all__ += modules.__all__

# A star import asks for __all__, and __getattr__ answers: only then need the layers be loaded.
_NAMES: list[str] = globals().pop("__all__")

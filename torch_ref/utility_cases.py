"""The table of cases of torch.nn.init and torch.nn.utils, and of modules of one's own: one line for each.

    use("init.xavier_uniform_", gain=1.3).on(normal(5, 7))
    use("utils.weight_norm", case("Linear", 7, 5), dim=1).on(normal(4, 7))

is `nn.init.xavier_uniform_(tensor, gain=1.3)` of a tensor of that shape, and a Linear after
`nn.utils.weight_norm(layer, dim=1)`, called on an array. What happens in between stands in `utility_scripts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from torch_ref.case import Case, case, filled, literal, normal, seed_of, spelled, uniform
from torch_ref.layouts import (
    FORM,
    KERNEL,
    MATRIX,
    MODULES,
    PLAIN,
    SAME,
    TRANSPOSED_KERNEL,
    Layout,
    ModuleLayout,
)
from torch_ref.report import measure
from torch_ref.samples import Sample
from torch_ref.utility_scripts import MAKERS, SCRIPTS
from torch_ref.values import NPNN, TORCH, Library, array_of, seeded


def _or_vectors(layout: Layout) -> Layout:
    """A layout of weights, beside which stand vectors."""
    return Layout(*layout.patterns, "*few -> *few")


WEIGHT = _or_vectors(KERNEL)
"""Weights of a Linear or a convolution, and vectors."""


@dataclass(frozen=True, repr=False)
class UtilityCase:
    """A function of torch.nn.init or torch.nn.utils, what it is called on, and what its result is called on.

    Attributes:
        name: the function, from torch.nn on.
        args: its arguments, in which a `Case` stands for a layer.
        kwargs: the same by name.
        inputs: the tensors that its script takes.
        layouts: of these, by number, and of the results.
        dtype: of the floating-point numbers.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    layouts: ModuleLayout = PLAIN
    dtype: Any = np.float64

    def on(self, *inputs: Any) -> UtilityCase:
        """The case on these tensors."""
        return replace(self, inputs=inputs)

    def laid(self, *inputs: Layout, to: Layout | tuple[Layout, ...] = SAME) -> UtilityCase:
        """The case with tensors, and results, of these layouts."""
        return replace(self, layouts=ModuleLayout({str(n): one for n, one in enumerate(inputs)}, to))

    def of(self, dtype: Any) -> UtilityCase:
        """The case in another dtype."""
        return replace(self, dtype=dtype)

    def __repr__(self) -> str:
        dtype = "" if self.dtype is np.float64 else f" in {self.dtype.__name__}"
        on = f" on {spelled(self.inputs, {})}" if self.inputs else ""
        return f"{self.name}({spelled(self.args, self.kwargs)}){on}{dtype}"

    def sample(self) -> Sample:
        """The script in both libraries, or both modules that it makes, and the inputs."""
        inputs = filled(self.inputs, seed_of(self), self.dtype)
        runs = {}
        for library in (NPNN, TORCH):
            function = library.nn
            for step in self.name.split("."):
                function = getattr(function, step)
            runs[library.name] = self._run(library, function)
        if self.name not in MAKERS:
            return Sample(repr(self), *runs.values(), inputs, {}, self.layouts)
        return self._modules(runs, inputs)

    def _run(self, library: Library, function: Any) -> Callable[..., Any]:
        """The script in one library, as a function of tensors without names."""
        script = MAKERS.get(self.name) or SCRIPTS[self.name]
        return lambda *tensors: script(library, function, self.args, self.kwargs, *tensors)

    def _modules(self, runs: dict[str, Any], inputs: tuple[Any, ...]) -> Sample:
        """The modules, whose parameters and buffers are compared before npnn's are made equal to torch's."""
        made = {}
        for name, run in runs.items():
            with seeded(seed_of(self)):
                made[name] = run()
        layouts = _layouts_of(one for one in (*self.args, *self.kwargs.values()) if isinstance(one, Case))
        mine, theirs = (dict([*one.named_parameters(), *one.named_buffers()]) for one in made.values())
        differences = []
        for name in mine.keys() & theirs.keys():
            wanted = NPNN.rearrange(array_of(theirs[name]), layouts.of_state(name))
            differences.append(measure("made", name, mine[name].array, wanted))
            if not differences[-1].problem:
                mine[name].array[...] = wanted
        return Sample(repr(self), made["npnn"], made["torch"], inputs, {}, layouts, made=tuple(differences))


def _layouts_of(layers: Iterable[Case]) -> ModuleLayout:
    """Those of the first of some layers, whose weight may have gone into other parameters and buffers.

    The base of an orthogonal matrix is as torch has it.
    """
    row = next((MODULES[layer.module] for layer in layers), PLAIN)
    weight = row.state.get("weight", row.state.get("weight_*", SAME))
    return replace(row, state={"*.base": SAME, "*": _or_vectors(weight)})


def use(name: str, /, *args: Any, **kwargs: Any) -> UtilityCase:
    """A case of a function of that name, called with these arguments."""
    return UtilityCase(name, args, kwargs)


_SHAPES = ((3, 5), (7, 2), (30, 40), (3, 6, 4), (2, 3, 5, 7), (2, 3, 5, 4, 3))
"""Of matrices and kernels."""

_ANY_SHAPE = (*_SHAPES, (7,), (50,), ())
_OF_MATRIX = ("eye_", "sparse_")
_OF_ANY = ("constant_", "normal_", "ones_", "trunc_normal_", "uniform_", "zeros_")

_INITIALIZERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("constant_", {"val": 0.3}),
    ("dirac_", {}),
    ("eye_", {}),
    ("kaiming_normal_", {"a": 0.2}),
    ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "tanh"}),
    ("kaiming_uniform_", {"a": 5**0.5}),
    ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}),
    ("normal_", {"mean": 0.3, "std": 1.7}),
    ("ones_", {}),
    ("orthogonal_", {}),
    ("orthogonal_", {"gain": 1.7}),
    ("sparse_", {"sparsity": 0.1}),
    ("sparse_", {"sparsity": 0.7, "std": 0.3}),
    ("trunc_normal_", {}),
    ("trunc_normal_", {"mean": 0.5, "std": 2.0, "a": -0.5, "b": 4.0}),
    ("trunc_normal_", {"mean": 0.5, "std": 2.0, "a": 0.0, "b": 0.9}),
    ("trunc_normal_", {"a": 1.25, "b": 3.0}),
    ("uniform_", {"a": -0.3, "b": 1.7}),
    ("xavier_normal_", {"gain": 1.3}),
    ("xavier_uniform_", {"gain": 1.3}),
    ("zeros_", {}),
)


def _shapes_for(name: str) -> list[tuple[int, ...]]:
    """Those that an initializer takes."""
    if name == "dirac_":
        return [shape for shape in _SHAPES if len(shape) > 2]
    axes = range(2, 3) if name in _OF_MATRIX else range(6) if name in _OF_ANY else range(2, 6)
    return [shape for shape in _ANY_SHAPE if len(shape) in axes]


_GAINS = (
    *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "selu"),
)

_GRADIENTS = (normal(3, 5), normal(7), normal(2, 3, 4))
_NORMS = (2.0, 1.0, 0.5, 3, float("inf"))

_LINEAR, _CONV1D = case("Linear", 7, 5), case("Conv1d", 4, 6, 3, groups=2)
_CONV2D, _CONV3D = case("Conv2d", 4, 6, (3, 2), stride=2), case("Conv3d", 2, 3, (3, 2, 1))
_TRANSPOSED = case("ConvTranspose2d", 4, 6, (3, 2))
_EMBEDDING = case("Embedding", 7, 5)
_LAYERS: tuple[tuple[Case, Any], ...] = (
    (_LINEAR, normal(4, 7)),
    (_CONV1D, normal(2, 7, 4)),
    (_CONV2D, normal(2, 7, 5, 4)),
    (_CONV3D, normal(2, 5, 4, 3, 2)),
    (_TRANSPOSED, normal(2, 5, 3, 4)),
    (_EMBEDDING, literal([[1, 6, 0], [2, 1, 1]])),
)
_ORTHOGONAL_MAPS = ("matrix_exp", "cayley", "householder")

_LENGTHS = ([5, 3, 2], [4, 4, 1], [5, 1, 1])
_UNSORTED = ([2, 5, 3], [1, 4, 4])

UTILITY_CASES: tuple[UtilityCase, ...] = (
    # modules of one's own
    *(
        use("Module", *methods, **members).on(normal(4, 7))
        for methods, members in (
            ((), {}),
            ((), {"scale": ("Parameter", 7)}),
            ((), {"scale": ("Parameter", 4, 7), "offset": ("Buffer", 7)}),
            ((), {"linear": _LINEAR}),
            ((), {"linear": _LINEAR, "tanh": case("Tanh")}),
            ((), {"linear": _LINEAR, "scale": ("Parameter", 5), "offset": ("Buffer", 5)}),
            ((("eval",),), {"linear": _LINEAR, "dropout": case("Dropout")}),
            ((("train",),), {"linear": _LINEAR, "dropout": case("Dropout")}),
            ((("requires_grad_", False),), {"linear": _LINEAR, "scale": ("Parameter", 5)}),
            ((("float",), ("double",)), {"linear": _LINEAR, "offset": ("Buffer", 5)}),
        )
    ),
    # initializers: the same seed, the same weights
    *(
        use(f"init.{name}", **options).on(normal(*shape)).of(dtype)
        for name, options in _INITIALIZERS
        for shape in _shapes_for(name)
        for dtype in (np.float64, np.float32)
    ),
    *(
        use("init.dirac_", groups=groups).on(normal(6, *shape))
        for groups in (2, 3)
        for shape in ((3, 2), (5, 4, 3), (3, 2, 4, 3))
    ),
    *(use("init.calculate_gain", name) for name in _GAINS),
    *(use("init.calculate_gain", "leaky_relu", slope) for slope in (0, 0.3, 2)),
    # gradients, clipped
    *(
        use(f"utils.{name}", most, norm_type=norm).on(*_GRADIENTS)
        for name in ("clip_grad_norm", "clip_grad_norm_")
        for most in (0.5, 100.0)
        for norm in _NORMS
    ),
    *(
        use("utils.clip_grads_with_norm_", most, total).on(*_GRADIENTS)
        for most, total in ((0.5, 3.0), (4, 3))
    ),
    *(use("utils.clip_grad_value_", most).on(*_GRADIENTS) for most in (0.5, 1e-3, 100)),
    *(use("utils.get_total_norm", norm).on(*_GRADIENTS) for norm in _NORMS),
    use("utils.get_total_norm").on(),
    # parameters as one vector
    *(use("utils.parameters_to_vector").on(*shapes) for shapes in (_GRADIENTS, _GRADIENTS[:1], (normal(),))),
    *(use("utils.vector_to_parameters", *shapes).on(normal(29)) for shapes in (((3, 5), (7,)), ((2, 3, 4),))),
    use("utils.skip_init", _LINEAR).on(normal(4, 7)).laid(SAME, to=(SAME, SAME, WEIGHT, SAME)),
    use("utils.skip_init", case("Bilinear", 3, 4, 5, bias=False))
    .on(normal(2, 3), normal(2, 4))
    .laid(SAME, to=(SAME, SAME, FORM)),
    # layers in evaluation mode, with the batch norm behind them
    *(
        use("utils.fuse_conv_bn_eval", layer, case(norm, 6, **options), *more).on(x)
        for layer, x, norm, more in (
            (_CONV1D, normal(2, 7, 4), "BatchNorm1d", ()),
            (_CONV2D, normal(2, 7, 5, 4), "BatchNorm2d", ()),
            (case("Conv2d", 4, 6, 2, bias=False), normal(2, 7, 5, 4), "BatchNorm2d", ()),
            (_TRANSPOSED, normal(2, 5, 3, 4), "BatchNorm2d", (True,)),
        )
        for options in ({}, {"affine": False}, {"eps": 0.1})
    ),
    *(
        use("utils.fuse_linear_bn_eval", layer, case("BatchNorm1d", 5, eps=eps)).on(normal(4, 7))
        for layer in (_LINEAR, case("Linear", 7, 5, bias=False))
        for eps in (1e-5, 0.1)
    ),
    *(
        use("utils.fuse_conv_bn_weights", 1e-3, transpose=transpose)
        .on(weight, *(normal(6) for _ in range(2)), uniform(6, low=0.5), *(normal(6) for _ in range(2)))
        .laid(kernel, to=(kernel, SAME))
        for weight, kernel, transpose in (
            (normal(3, 2, 4, 6), KERNEL, False),
            (normal(5, 4, 6), KERNEL, False),
            (normal(3, 2, 4, 6), TRANSPOSED_KERNEL, True),
        )
    ),
    use("utils.fuse_linear_bn_weights", 1e-3)
    .on(normal(7, 5), *(normal(5) for _ in range(2)), uniform(5, low=0.5), *(normal(5) for _ in range(2)))
    .laid(MATRIX, to=(MATRIX, SAME)),
    use("utils.convert_conv2d_weight_memory_format", _CONV2D).on(normal(2, 7, 5, 4)),
    use("utils.convert_conv3d_weight_memory_format", _CONV3D).on(normal(2, 5, 4, 3, 2)),
    # weights made of other parameters
    *(
        use(f"utils.{place}weight_norm", layer, dim=dim).on(x)
        for place in ("", "remove_", "parametrizations.")
        for layer, x in _LAYERS
        for dim in (0, 1, None)
    ),
    *(
        use(f"utils.{place}weight_norm", case(name, 3, 4), name="weight_hh_l0").on(normal(5, 2, 3))
        for place in ("", "parametrizations.")
        for name in ("GRU", "LSTM")
    ),
    *(
        use(f"utils.{place}spectral_norm", layer, n_power_iterations=steps).on(x)
        for place in ("", "remove_", "parametrizations.")
        for layer, x in _LAYERS
        for steps in (1, 3)
    ),
    *(
        use(f"utils.{place}spectral_norm", layer, dim=1, eps=1e-6).on(x)
        for place in ("", "parametrizations.")
        for layer, x in _LAYERS
    ),
    *(
        use("utils.parametrizations.orthogonal", layer, orthogonal_map=map, use_trivialization=trivial).on(x)
        for layer, x in (
            (_LINEAR, normal(4, 7)),
            (case("Linear", 5, 7), normal(4, 5)),
            (case("Linear", 6, 6), normal(4, 6)),
        )
        for map in _ORTHOGONAL_MAPS
        for trivial in (True, False)
    ),
    use("utils.parametrizations.orthogonal", _EMBEDDING).on(literal([[1, 6, 0], [2, 1, 1]])),
    use("utils.parametrizations", _LINEAR, "orthogonal").on(normal(4, 7)),
    use("utils.parametrizations", _CONV2D, "spectral_norm").on(normal(2, 7, 5, 4)),
    *(
        use("utils.parametrize", layer, *activations, removed=removed).on(x)
        for layer, x in _LAYERS
        for activations in (("Tanh",), ("Softplus", "Sigmoid"))
        for removed in (None, True, False)
    ),
    *(
        use("utils.stateless", 7, 5).on(normal(4, 7), *parameters).laid(SAME, MATRIX)
        for parameters in ((normal(7, 5),), (normal(7, 5), normal(5)))
    ),
    # sequences of several lengths
    *(
        use(f"utils.rnn.{name}", lengths, first, lengths in _LENGTHS).on(normal(*shape, 2))
        for name in ("pack_padded_sequence", "pad_packed_sequence")
        for first, shape in ((False, (5, 3)), (True, (3, 5)))
        for lengths in (*_LENGTHS, *_UNSORTED)
    ),
    *(
        use(f"utils.rnn.{name}", *options).on(*(normal(length, 2) for length in lengths))
        for name, options in (
            ("pad_sequence", ()),
            ("pad_sequence", (True, 9.0, "left")),
            ("pad_sequence", (False, -1.5, "right")),
            ("pack_sequence", (False,)),
            ("unpack_sequence", (False,)),
        )
        for lengths in (*_LENGTHS, *_UNSORTED)
    ),
    *(
        use("utils.rnn.unpad_sequence", lengths, first).on(normal(*shape, 2))
        for first, shape in ((False, (5, 3)), (True, (3, 5)))
        for lengths in (*_LENGTHS, *_UNSORTED)
    ),
    *(
        use("utils.rnn.invert_permutation").on(literal(order))
        for order in ([2, 0, 3, 1], [0], [4, 3, 2, 0, 1])
    ),
    *(
        use("utils.rnn.PackedSequence", dtype).on(normal(6, 2), literal([3, 2, 1]), literal([1, 2, 0]))
        for dtype in ("float64", "float32")
    ),
    *(use("utils.rnn", lengths).on(normal(5, 3, 2)) for lengths in (*_LENGTHS, *_UNSORTED)),
)

"""The layout of what flows through a network: from the rows of `layouts` to a whole tree of modules.

In a Sequential, the layout of one layer's output is that of the next one's input. That is how it is known
that the features behind a Flatten came from images of so many channels, and so in which order the rows of the
Linear behind it must be; and that a Softmax over axis 1 of images on torch is one over the last axis on npnn.
Where it cannot be known, nothing is guessed: an error asks for the layout of the network's input.

Layers in a chain are taken to be called on batches. What any other container holds may be called in any
order, so nothing is assumed about what it is called on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from torch_ref.layouts import ANY, CHANNELS_SECOND, MODULES, SAME, Layout, ModuleLayout, channels_last
from torch_ref.values import NPNN, TORCH, Library

_FLATTENED = Layout("N (C S) -> N (S C)")
_BEHIND_FLATTEN = Layout("out (C S) -> (S C) out")
_UNKNOWN = Layout("*unknown -> *unknown")
"""Features behind a Flatten of what may have been images or not."""

_SPATIAL = {channels_last(n).patterns: n for n in (1, 2, 3)}


class UnknownLayoutError(ValueError):
    """A layout cannot be known, or a chain of layers does not mean the same in both libraries."""


@dataclass(frozen=True)
class Plan:
    """What is not the same in torch and npnn about one module of a tree.

    Attributes:
        layout: the layouts of its inputs, its output and its own parameters and buffers.
        arguments: the arguments of its constructor that its twin must get instead of its own.
    """

    layout: ModuleLayout
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Step:
    """One module: where it stands, what is declared about it, and what it is called on, if that is known."""

    library: Library
    path: str
    module: Any
    row: ModuleLayout
    features: Layout | None

    @property
    def name(self) -> str:
        """The class and the place, for messages."""
        return type(self.module).__name__ + (f" at '{self.path}'" if self.path else "")

    @property
    def argument(self) -> str:
        """The name of what is called forward's first argument."""
        return next(iter(self.row.inputs), "input")

    def children(self) -> list[tuple[str, Any]]:
        """The modules below, with their places."""
        prefix = f"{self.path}." if self.path else ""
        return [(prefix + key, child) for key, child in self.module._modules.items() if child is not None]

    def planned(self, input: Layout, output: Any, state: Any = None, **arguments: Any) -> Plan:
        """A plan of which this much is known by now; the rest is as declared."""
        inputs = {**self.row.inputs, self.argument: input}
        return Plan(ModuleLayout(inputs, output, self.row.state if state is None else state), arguments)

    def axes(self) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]] | None:
        """The names of a batch's axes in this library and in the other one; None if nothing moves."""
        layout = self.features
        if layout is None or layout.alike(SAME) or layout.alike(_UNKNOWN):
            return None
        if layout.alike(CHANNELS_SECOND):
            raise UnknownLayoutError(
                f"{self.name} is called on {layout}, and which axis a number names there depends on how many "
                "there are: pass the layout of the network's input, such as input=channels_last(2)"
            )
        if layout.alike(_FLATTENED):
            return [("N",), ("features",)], [("N",), ("features",)]
        pattern = layout.pattern(_SPATIAL[layout.patterns] + 2, self.library.name)
        here, there = (getattr(pattern, library.name) for library in (self.library, self.library.other))
        return list(here.axes), list(there.axes)


def plan(module: Any, input: Layout | None = None) -> dict[str, Plan]:
    """The plans of a module and of all modules below it.

    Args:
        module: a module of either library.
        input: the layout of what it is called on. By default that of the first layer that has one.

    Returns:
        By dotted name; a module that stands in several places has an entry for each.

    Raises:
        LookupError: a class has no row in `layouts.MODULES`.
        UnknownLayoutError: the layouts in a chain do not follow from one another.
    """
    plans: dict[str, Plan] = {}
    _visit(plans, TORCH if isinstance(module, torch.nn.Module) else NPNN, module, "", input)
    return plans


def layout_of(module: Any, input: Layout | None = None) -> ModuleLayout:
    """The layout of a whole module: its inputs, its output, and all parameters and buffers by dotted name.

    Args:
        module: a module of either library.
        input: the layout of what it is called on. By default that of the first layer that has one.

    Raises:
        LookupError: a class has no row in `layouts.MODULES`.
        UnknownLayoutError: the layouts in a chain do not follow from one another.

    Examples:
        >>> from torch import nn
        >>> net = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(75, 10))
        >>> print(layout_of(net, channels_last(2, C=3)).of_state("2.weight"))
        'out (C S) -> (S C) out', C=3
    """
    plans = plan(module, input)
    state = {
        f"{path}.{name}" if path else name: layout
        for path, own in plans.items()
        for name, layout in own.layout.state.items()
    }
    renumbered = any(own.arguments for own in plans.values())
    return ModuleLayout(plans[""].layout.inputs, plans[""].layout.output, state, renumbered=renumbered)


def _visit(plans: dict[str, Plan], library: Library, module: Any, path: str, features: Layout | None) -> Plan:
    """Plans a module and those below it, and adds the plans to `plans`."""
    name = type(module).__name__
    if name not in MODULES:
        place = f" at '{path}'" if path else ""
        raise LookupError(
            f"{name}{place} has no row in torch_ref.layouts.MODULES, so its layouts are not known"
        )
    step = _Step(library, path, module, MODULES[name], features)
    if name == "Sequential":
        plans[path] = _chain(plans, step)
    else:
        plans[path] = _ADAPTED.get(name, _as_declared)(step)
        for place, child in step.children():
            _visit(plans, library, child, place, None)
    return plans[path]


def _chain(plans: dict[str, Plan], step: _Step) -> Plan:
    """A Sequential: it takes what its first layer with a layout takes, and gives what its last one gives."""
    given, features = step.features or ANY, step.features
    for place, child in step.children():
        layout = _visit(plans, step.library, child, place, features).layout
        if given.alike(ANY):
            given = next(iter(layout.inputs.values()), SAME)
        known = isinstance(layout.output, Layout) and not layout.output.alike(ANY)
        features = layout.of_output(0) if known else None
    return step.planned(given, features or ANY)


def _as_declared(step: _Step) -> Plan:
    """A layer that is the same in both libraries but for what its row says."""
    features, declared = step.features, step.row.of_input(step.argument)
    if declared.alike(ANY):
        return step.planned(features or ANY, features or ANY)
    if features is not None and not _accepts(declared, features):
        raise UnknownLayoutError(
            f"{step.name} takes {declared}, but is called on {features}: it would not mean the same in "
            "torch and in npnn"
        )
    arriving, output = features or declared, step.row.output
    if isinstance(output, Layout):
        output = arriving if output.alike(declared) else output
        if step.row.channels is not None:
            output = output.with_sizes(C=getattr(step.module, step.row.channels))
    return step.planned(arriving, output)


def _accepts(declared: Layout, features: Layout) -> bool:
    if declared.alike(CHANNELS_SECOND):
        # Rows of features, as a Linear gives, are images without spatial axes.
        return features.alike(declared) or features.alike(SAME) or features.patterns in _SPATIAL
    return features.alike(declared)


def _along_axis(step: _Step) -> Plan:
    """A layer that works along the axis `dim`, which is another one where channels move."""
    plan, axes = _as_declared(step), step.axes()
    if axes is None:
        return plan
    here, there = axes
    dim = step.module.dim
    if dim is None:
        raise UnknownLayoutError(f"{step.name} is called on {step.features} and names no axis: give it a dim")
    return step.planned(
        plan.layout.of_input(step.argument), step.features, dim=_counted(there.index(here[dim]), dim, there)
    )


def _counted(place: int, before: int, axes: Sequence[Any]) -> int:
    """The number of an axis, counted from the end if its number in the other library was."""
    return place if before >= 0 else place - len(axes)


def _flatten(step: _Step) -> Plan:
    """Flatten: C, H, W become one axis in this order on torch, and in the order H, W, C on npnn."""
    features, start, end = step.features, step.module.start_dim, step.module.end_dim
    if features is None:
        return step.planned(ANY, _UNKNOWN)
    flattened = _FLATTENED.with_sizes(**dict(features.sizes))
    if features.alike(CHANNELS_SECOND) and (start, end) == (1, -1):
        return step.planned(features, flattened)
    axes = step.axes()
    if axes is None:
        return step.planned(features, features)
    here, there = axes
    first, last = start % len(here), end % len(here)
    joined = here[first : last + 1]
    if len(joined) == 1:
        return step.planned(features, features)
    if (first, last) == (1, len(here) - 1):
        return step.planned(features, flattened)
    moved = there.index(here[first])
    if there[moved : moved + len(joined)] != joined or ("N",) in joined:
        raise UnknownLayoutError(
            f"{step.name} joins axes {start} to {end} of {features}, which do not stand together in the "
            "other library"
        )
    output = channels_last(_SPATIAL[features.patterns] - len(joined) + 1, **dict(features.sizes))
    return step.planned(
        features,
        output,
        start_dim=_counted(moved, start, there),
        end_dim=_counted(moved + len(joined) - 1, end, there),
    )


def _linear(step: _Step) -> Plan:
    """Linear: behind a Flatten of images its rows are in the order of their features."""
    features = step.features
    if features is None or not (features.alike(_UNKNOWN) or features.alike(_FLATTENED)):
        return _as_declared(step)
    channels = features.size("C")
    if channels is None:
        raise UnknownLayoutError(
            f"{step.name} stands behind a Flatten, and the order of its features depends on what that is"
            " called on: for images pass their layout and number of channels, as in"
            " input=channels_last(2, C=3); if it is called on what is the same in both libraries, input=SAME"
        )
    return step.planned(features, SAME, {"weight": _BEHIND_FLATTEN.with_sizes(C=channels)})


def _glu(step: _Step) -> Plan:
    """GLU: works along an axis, of which it leaves half."""
    plan, axes = _along_axis(step), step.axes()
    if axes is None or step.features is None:
        return plan
    axis = axes[0][step.module.dim]
    if axis == ("features",):
        raise UnknownLayoutError(
            f"{step.name} halves features behind a Flatten, whose order is not the same in both libraries"
        )
    channels = step.features.size("C")
    if axis != ("C",) or channels is None:
        return plan
    halved = step.features.with_sizes(C=channels // 2)
    return step.planned(plan.layout.of_input(step.argument), halved, **plan.arguments)


_ADAPTED: dict[str, Callable[[_Step], Plan]] = {
    "Flatten": _flatten,
    "GLU": _glu,
    "Linear": _linear,
    "LogSoftmax": _along_axis,
    "Softmax": _along_axis,
    "Softmin": _along_axis,
}

"""The layouts of the parameters and buffers of any module, also of a class of one's own.

`flow` knows the layouts of layers and of what is made of them by Sequential. A class of one's own is looked
through: the layers in it are known, what its forward does with them is not. Two things must then be said.
Which Linear layers stand behind images that were flattened, for there the order of features is not the same
in both libraries; and how parameters that are the class's own are laid out.

    flattened={"fc1": 64}               # images of 64 channels, flattened, are what fc1 is called on
    layouts={"position": SAME}          # by dotted name
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from torch_ref.flow import layout_of
from torch_ref.layouts import MATRIX, MODULES, Layout, ModuleLayout, channels_last
from torch_ref.values import NPNN, TORCH, Library

FLATTENED = Layout("out (C S) -> (S C) out")
"""The weight of a Linear behind flattened images."""

_IMAGES = [channels_last(spatial).patterns for spatial in (1, 2, 3)]


def state_layout(
    module: Any,
    input: Layout | None = None,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> ModuleLayout:
    """The layouts of all parameters and buffers of a module, by dotted name.

    Args:
        module: a module of either library.
        input: the layout of what a Sequential is called on; see `from_torch`.
        flattened: for each Linear that is called on flattened images, its dotted name and their channels.
            It must be given, be it empty, if there are layers for images and Linear layers in a class of
            one's own.
        layouts: the layouts of parameters and buffers that belong to a class of one's own, by dotted name.

    Raises:
        UnknownLayoutError: the layouts of the layers of a Sequential do not follow from one another.
        LookupError: `flattened` or `layouts` is needed, and missing, or names what is not there.

    Examples:
        >>> from torch import nn
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.conv, self.fc = nn.Conv2d(3, 8, 5), nn.Linear(8 * 4 * 4, 10)
        >>> print(state_layout(Net(), flattened={"fc": 8}).of_state("fc.weight"))
        'out (C S) -> (S C) out', C=8
    """
    library = TORCH if isinstance(module, torch.nn.Module) else NPNN
    parts = dict(_parts(module, "", library))
    found: dict[str, Layout] = {}
    for path, part in parts.items():
        if _known(part, library):
            state = layout_of(part, input if part is module else None).state
            found |= {_joined(path, name): layout for name, layout in state.items()}
    found |= layouts or {}
    for name, channels in (flattened or {}).items():
        found[f"{name}.weight"] = FLATTENED.with_sizes(C=channels)
    said = {*(layouts or {}), *(f"{name}.weight" for name in flattened or {})}
    if strangers := sorted(said - set(module.state_dict())):
        raise LookupError(
            f"{type(module).__name__} has no {', '.join(strangers)} whose layout could be given"
        )
    if set(parts) != {""} or not _known(module, library):
        _check_said(module, parts, library, found, flattened is not None)
    return ModuleLayout(state=found)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _known(module: Any, library: Library) -> bool:
    """Whether it is a class with a row in the table, and not another one of the same name."""
    name = type(module).__name__
    return name in MODULES and getattr(library.nn, name, type(module)) is type(module)


def _parts(module: Any, path: str, library: Library) -> Iterator[tuple[str, Any]]:
    """The largest parts of a module that hold known classes only, and the unknown classes around them."""
    if all(_known(one, library) for one in module.modules()):
        yield path, module
        return
    if not _known(module, library):
        yield path, module
    for name, child in module._modules.items():
        if child is not None:
            yield from _parts(child, _joined(path, name), library)


def _check_said(
    module: Any, parts: Mapping[str, Any], library: Library, found: Mapping[str, Layout], flattened: bool
) -> None:
    """Refuses to guess what `flattened` and `layouts` are there to say."""
    unsaid = [
        _joined(path, name)
        for path, part in parts.items()
        if not _known(part, library)
        for members in (part._parameters, part._buffers)
        for name, value in members.items()
        if value is not None and _joined(path, name) not in found
    ]
    if unsaid:
        raise LookupError(
            f"the layout of {', '.join(unsaid)} of {type(module).__name__} is not known: say whether it is"
            f" the same in both, as in layouts={{{unsaid[0]!r}: SAME}}"
        )
    images = any(
        layout.patterns in _IMAGES
        for one in module.modules()
        if _known(one, library)
        for layout in MODULES[type(one).__name__].inputs.values()
    )
    linear = [
        f"{path}.weight"
        for path, one in module.named_modules()
        if type(one) is library.nn.Linear and found.get(f"{path}.weight") == MATRIX
    ]
    if images and linear and not flattened:
        raise LookupError(
            f"{type(module).__name__} has layers for images, and whether {', '.join(linear)} stands behind a"
            " flattening of some cannot be seen: name such layers and the images' channels, as in"
            f" flattened={{{linear[0].removesuffix('.weight')!r}: 64}}, or pass flattened={{}} if there are"
            " none"
        )

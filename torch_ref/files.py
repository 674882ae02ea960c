"""Files of weights: torch's .pt, safetensors, and npnn's .npz, in the layout of either library.

    layer = npnn.nn.Linear(4, 3)
    save_file(layer, "layer.pt")                      # torch.load reads it, as a torch layer's state_dict
    load_file(layer, "layer.safetensors")             # torch's or npnn's

A file of torch's has torch's layout and an .npz npnn's. A safetensors file has the layout of who wrote it:
npnn leaves a mark in it, so one without is taken to be torch's.
"""

from __future__ import annotations

import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import npnn
from npnn.serialization import SerializationError, open_atomically
from torch_ref.convert import rearranged
from torch_ref.layouts import Layout, ModuleLayout
from torch_ref.values import NPNN, TORCH, Library, array_of, is_tensor
from torch_ref.weights import state_layout

_LIBRARIES = {"torch": TORCH, "npnn": NPNN}
_TORCH_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")
_SAFETENSORS = ".safetensors"
_SUFFIXES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_TORCH_SUFFIXES, ("torch",)),
    ".npz": ("npnn",),
    _SAFETENSORS: ("torch", "npnn"),
}
"""The layouts that a file of each name can have."""


def read(path: str | Path) -> Any:
    """What a file holds, tensors and all, as it lies in the file.

    Args:
        path: a file that torch.save, npnn.save or any library of safetensors wrote.

    Returns:
        The object; its tensors are torch's if the file is torch's own, and npnn's otherwise.

    Raises:
        SerializationError: the file is damaged, or holds more than weights and plain values, for which code
            of the file would have to be run.
        OSError: the file cannot be opened.
    """
    if not _is_torchs(path):
        return npnn.load(path)
    try:
        _require_whole(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # there is no telling what a damaged pickle raises
        # torch's advice is many lines long; the one that names what it would not load is the reason.
        lines = str(error).splitlines() or ["it ends too early"]
        reason = next((line for line in lines if "unsupported" in line), lines[0].split(". ")[0])
        raise SerializationError(
            f"{path} is not a file of torch's that is safe to load, or not all of it: {reason}"
        ) from error


def _is_torchs(path: str | Path) -> bool:
    named_so = Path(path).suffix in _TORCH_SUFFIXES
    with open(path, "rb") as stream:
        head = stream.read(2)
        if head != b"PK":
            # Before its zip files torch wrote bare pickles, which begin with their protocol's number; but so
            # may the length that a safetensors file begins with.
            return named_so or (head[:1] == b"\x80" and stream.read(7)[-1:] != b"{")
        try:
            with zipfile.ZipFile(stream) as archive:
                return any(name.endswith("data.pkl") for name in archive.namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):  # as is the damage
            return named_so


def _require_whole(path: str | Path) -> None:
    """Compares the checksums in a zip file, which torch does not."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"the checksum of {damaged} is another")


def layout_in(path: str | Path) -> str:
    """Whose layout the weights of a file have: "torch" or "npnn".

    Args:
        path: the file. Of a safetensors file it is told by who wrote it.

    Raises:
        OSError: the file cannot be opened.
    """
    if _is_torchs(path):
        return "torch"
    if Path(path).suffix != _SAFETENSORS:
        return "npnn"
    # Where it is used: torch_ref serves the competition too, whose extra does not bring safetensors.
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        return "npnn" if "npnn" in (file.metadata() or {}) else "torch"


def write(state: Mapping[str, Any], path: str | Path, layout: str) -> None:
    """Writes a state_dict to a file, atomically.

    Args:
        state: the state_dict; of torch's tensors for torch's layout, and of npnn's for npnn's.
        path: .pt, .pth, .bin or .ckpt for torch.load; .safetensors; .npz for npnn.load.
        layout: whose layout the weights have.

    Raises:
        ValueError: a file of this name does not have this layout.
        TypeError: the state_dict holds other things than tensors, and safetensors no such things.
    """
    suffix = Path(path).suffix
    if suffix not in _SUFFIXES:
        raise ValueError(f"{path} must end in one of {', '.join(_SUFFIXES)}")
    if layout not in _SUFFIXES[suffix]:
        raise ValueError(
            f"{path} would be read in {_SUFFIXES[suffix][0]}'s layout, and cannot have {layout}'s"
        )
    if layout == "npnn":
        npnn.save(state, path)
        return
    with open_atomically(path) as stream:
        if suffix in _TORCH_SUFFIXES:
            torch.save(state, stream)
            return
        if others := [name for name, value in state.items() if not is_tensor(value)]:
            raise TypeError(f"a safetensors file holds tensors only, and {', '.join(others)} is none")
        from safetensors.torch import save

        stream.write(save(dict(state), {"format": "pt"}))


def save_file(
    module: npnn.Module,
    path: str | Path,
    layout: str | None = None,
    input: Layout | None = None,
    *,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> None:
    """Saves the weights of a npnn module, for torch or for npnn.

    Args:
        module: the module.
        path: .pt for torch, .safetensors for either, .npz for npnn.
        layout: "torch" or "npnn"; by default torch's, but for .npz.
        input: the layout of what a Sequential is called on; see `from_torch`.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Raises:
        ValueError: a file of this name does not have this layout.
        LookupError: a layout is not known.
    """
    layout = layout or _SUFFIXES.get(Path(path).suffix, ("torch",))[0]
    state: Mapping[str, Any] = module.state_dict()
    if layout == "torch":
        state = rearranged(state, state_layout(module, input, flattened, layouts), TORCH)
    write(state, path, layout)


def load_file(
    module: npnn.Module,
    path: str | Path,
    layout: str | None = None,
    input: Layout | None = None,
    *,
    key: str = "",
    strict: bool = True,
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> Any:
    """Loads the weights of a file of torch's or npnn's into a npnn module.

    Args:
        module: the module.
        path: a file that `read` reads.
        layout: whose layout the file has, "torch" or "npnn"; by default what `layout_in` says.
        input: the layout of what a Sequential is called on; see `from_torch`.
        key: where in a checkpoint the state_dict is: "model", or "model.net" in a dict in a dict.
        strict: refuse a state_dict that lacks a name, or has one too many.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Returns:
        The names that are missing and those that are unexpected.

    Raises:
        SerializationError: the file is damaged or not safe to load.
        LookupError: there is no state_dict at the key, or a layout is not known.
        RuntimeError: names do not match and `strict` is set, or shapes differ.
    """
    state = state_dict_in(read(path), key)
    known = (
        state_layout(module, input, flattened, layouts)
        if (layout or layout_in(path)) == "torch"
        else ModuleLayout()
    )
    return module.load_state_dict(rearranged(state, known, NPNN), strict)


def state_dict_in(obj: Any, key: str = "") -> Mapping[str, Any]:
    """The state_dict in a checkpoint.

    Args:
        obj: what was read from a file.
        key: where it is: the keys that lead to it, with dots between them; "" for the object itself.

    Raises:
        LookupError: there is none; the message says what there is.
    """
    for name in filter(None, key.split(".")):
        if not isinstance(obj, Mapping) or name not in obj:
            raise LookupError(f"there is no {name!r} in the file: {_described(obj)}")
        obj = obj[name]
    if not isinstance(obj, Mapping) or not any(
        is_tensor(v) or isinstance(v, np.ndarray) for v in obj.values()
    ):
        raise LookupError(f"expected a state_dict, names with tensors, at {key!r}; {_described(obj)}")
    return obj


def _described(obj: Any) -> str:
    return (
        f"it holds {', '.join(map(repr, obj))}"
        if isinstance(obj, Mapping)
        else f"it is a {type(obj).__name__}"
    )


def convert_file(
    source: str | Path,
    target: str | Path,
    to: str | None = None,
    module: Any = None,
    input: Layout | None = None,
    *,
    key: str = "",
    flattened: Mapping[str, int] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> None:
    """Writes the weights of one file to another, in the layout of the other library or in the same.

    Args:
        source: a file that `read` reads.
        target: the file to write: .pt for torch, .npz for npnn, .safetensors for either.
        to: whose layout it is to have, "torch" or "npnn"; needed for .safetensors only.
        module: of either library, whose weights they are; needed if the layout changes.
        input: the layout of what a Sequential is called on; see `from_torch`.
        key: where in a checkpoint the state_dict is; see `load_file`.
        flattened: which Linear layers stand behind flattened images; see `state_layout`.
        layouts: of parameters of a class of one's own; see `state_layout`.

    Raises:
        SerializationError: the source is damaged or not safe to load.
        ValueError: an argument is missing, or the weights are not the module's.
        LookupError: there is no state_dict at the key, or a layout is not known.
    """
    state, here = state_dict_in(read(source), key), layout_in(source)
    there = to or _only_layout(target)
    known = ModuleLayout()
    if here != there:
        if module is None:
            raise ValueError(
                f"{source} has {here}'s layout: to bring it into {there}'s, the module is needed"
            )
        known = state_layout(module, input, flattened, layouts)
        _check_fits(state, here, module, known)
    write(rearranged(state, known, _LIBRARIES[there]), target, there)


def _only_layout(path: str | Path) -> str:
    possible = _SUFFIXES.get(Path(path).suffix, ())
    if len(possible) != 1:
        raise ValueError(f"say whose layout {path} is to have, torch's or npnn's")
    return possible[0]


def _check_fits(state: Mapping[str, Any], here: str, module: Any, known: ModuleLayout) -> None:
    """Refuses weights with other names or shapes than the module's."""
    own: Library = TORCH if isinstance(module, torch.nn.Module) else NPNN
    expected = OrderedDict((name, array_of(value)) for name, value in module.state_dict().items())
    if set(state) != set(expected):
        missing, unexpected = sorted(set(expected) - set(state)), sorted(set(state) - set(expected))
        raise ValueError(f"the weights are not the module's: missing {missing}, unexpected {unexpected}")
    for name, value in state.items():
        array = array_of(value)
        moved = array if own.name == here else own.rearrange(array, known.of_state(name))
        if moved.shape != expected[name].shape:
            raise ValueError(
                f"the weights are not the module's: {name} would be {moved.shape} and is"
                f" {expected[name].shape}"
            )

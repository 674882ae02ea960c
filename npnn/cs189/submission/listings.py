"""Which code a submission shows, section by section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from npnn.cs189.submission.package import Class, Package, SubmissionError

METHODS = ("__init__", "_init_parameters", "forward", "backward", "predict")
"""All methods that may be shown, in the order to show them in."""


class Wanted(NamedTuple):
    """What is to be shown of a class.

    Attributes:
        name: of the class.
        methods: the methods that it must have, be it by inheritance.
        optional: those that are shown if it has them.
        whole: whether all of the class is shown, not these methods alone.
    """

    name: str
    methods: tuple[str, ...]
    optional: tuple[str, ...] = ()
    whole: bool = False

    @property
    def all_methods(self) -> tuple[str, ...]:
        """Those that it must have and those that it may have, in the order to show them in."""
        return tuple(method for method in METHODS if method in (*self.methods, *self.optional))


_PAIR = ("forward", "backward")
_LAYER = ("__init__", "_init_parameters", *_PAIR)

SECTIONS: dict[str, tuple[str, tuple[Wanted, ...]]] = {
    "Activations": (
        "activations",
        tuple(Wanted(name, _PAIR, whole=True) for name in ("Linear", "Sigmoid", "ReLU", "SoftMax")),
    ),
    "Layers": (
        "layers",
        (
            Wanted("FullyConnected", _LAYER),
            # Pooling learns nothing, so it need not make parameters.
            Wanted("Pool2D", ("__init__", *_PAIR), optional=("_init_parameters",)),
            Wanted("Conv2D", _LAYER),
        ),
    ),
    "Losses": ("losses", tuple(Wanted(name, _PAIR, whole=True) for name in ("CrossEntropy", "L2"))),
    "Model": ("models", (Wanted("NeuralNetwork", (*_PAIR, "predict")),)),
}
"""Title of each section -> the module, and what to show of its classes."""


@dataclass(frozen=True)
class Listing:
    """The code of one class.

    Attributes:
        name: of the class.
        label: the path of the file that it is in.
        code: its source, or that of some methods.
        inherited: method -> name of the base class that it comes from, which has a listing of its own.
    """

    name: str
    label: str
    code: str
    inherited: dict[str, str]

    @property
    def remark(self) -> str:
        """What there is to say of inherited methods, as a sentence; empty if there are none."""
        if not self.inherited:
            return ""
        *firsts, last = (
            f"{' and '.join(method for method in self.inherited if self.inherited[method] == base)} from"
            f" {base}"
            for base in dict.fromkeys(self.inherited.values())
        )
        return f"Inherits {', '.join(firsts)}, and {last}." if firsts else f"Inherits {last}."


@dataclass(frozen=True)
class Section:
    """The listings under one title."""

    title: str
    listings: tuple[Listing, ...]


def collect(package: Package) -> list[Section]:
    """Collects the code of a submission.

    What a class inherits from a base class of the package is shown with that base class, once, before the
    first class that needs it.

    Args:
        package: where the code is.

    Returns:
        The sections of `SECTIONS`.

    Raises:
        SubmissionError: a module, a class or a method is missing.

    Examples:
        >>> sections = collect(Package("npnn.cs189"))
        >>> {section.title: [listing.name for listing in section.listings] for section in sections}
        {'Activations': ['Activation', 'Linear', 'Sigmoid', 'ReLU', 'SoftMax'],
         'Layers': ['FullyConnected', 'Pool2D', 'Conv2D'],
         'Losses': ['CrossEntropy', 'L2'],
         'Model': ['NeuralNetwork']}
        >>> sections[0].listings[2].remark
        'Inherits forward and backward from Activation.'
    """
    return [
        Section(title, _section(package, module, classes)) for title, (module, classes) in SECTIONS.items()
    ]


def _section(package: Package, module: str, classes: tuple[Wanted, ...]) -> tuple[Listing, ...]:
    owners = [package.find_class(module, wanted.name) for wanted in classes]
    origins = [_origins(package, owner, wanted) for owner, wanted in zip(owners, classes, strict=True)]
    shown = list(owners)
    listings = []
    for wanted, owner, sources in zip(classes, owners, origins, strict=True):
        inherited = {method: base for method, base in sources.items() if base != owner}
        for base in inherited.values():
            if base not in shown:
                shown.append(base)
                needed = [method for method in METHODS if any(other.get(method) == base for other in origins)]
                code = base.methods_source(needed)
                listings.append(Listing(base.name, base.module.label, code, {}))
        code = owner.source if wanted.whole else owner.methods_source(wanted.all_methods)
        names = {method: base.name for method, base in inherited.items()}
        listings.append(Listing(wanted.name, owner.module.label, code, names))
    return tuple(listings)


def _origins(package: Package, owner: Class, wanted: Wanted) -> dict[str, Class]:
    """Method -> the class that it is defined in."""
    lineage = list(package.lineage(owner))
    origins = {}
    for method in wanted.all_methods:
        definer = next((found for found in lineage if found.method(method) is not None), None)
        if definer is not None:
            origins[method] = definer
        elif method in wanted.methods:
            places = " and ".join(f"{found.name} in {found.module.label}" for found in lineage)
            raise SubmissionError(f"the class {wanted.name} has no method {method}: looked in {places}")
    return origins

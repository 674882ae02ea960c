"""What is said of an attribute that npnn does not have: what is near it, and whether torch has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class MissingAttributeError(AttributeError):
    """An AttributeError whose message is made when it is read, as most are only caught.

    Args:
        owner: what does not have the attribute, in words.
        attribute: its name.
        known: gives the names that there are.
        place: where torch has its own, a key of `npnn._torch_names.NAMES`.

    Examples:
        >>> print(MissingAttributeError("module 'npnn'", "squezze", lambda: ["squeeze", "sum"], "torch"))
        module 'npnn' has no attribute 'squezze'; near it is 'squeeze'
        >>> print(MissingAttributeError("module 'npnn'", "stft", lambda: ["std"], "torch"))
        module 'npnn' has no attribute 'stft': torch has it, npnn not yet
    """

    def __init__(self, owner: str, attribute: str, known: Callable[[], Iterable[str]], place: str) -> None:
        super().__init__(owner, attribute)
        self.owner, self.attribute, self.known, self.place = owner, attribute, known, place

    def __str__(self) -> str:
        # Only where it is read: import npnn has no need of them.
        import difflib

        from npnn._torch_names import INSTEAD, NAMES

        said = f"{self.owner} has no attribute {self.attribute!r}"
        if self.attribute in NAMES[self.place].split():
            said += f": torch has it, npnn {INSTEAD.get(self.attribute, 'not yet')}"
        public = [name for name in self.known() if not name.startswith("_")]
        near = difflib.get_close_matches(self.attribute, public, n=3, cutoff=0.7)
        if near:
            said += f"; near it {'is' if len(near) == 1 else 'are'} {', '.join(map(repr, near))}"
        return said

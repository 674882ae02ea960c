"""A submission as Markdown: fenced code under headings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from npnn.cs189.submission.listings import Section


def to_markdown(sections: Iterable[Section], heading_level: int = 1) -> str:
    r"""Sets a submission as Markdown.

    Args:
        sections: what to set.
        heading_level: of the sections; classes are one level below.

    Returns:
        The text.

    Examples:
        >>> from npnn.cs189.submission.listings import Listing
        >>> listing = Listing("ReLU", "nets/activations.py", "class ReLU:\n    pass", {})
        >>> print(to_markdown([Section("Activations", (listing,))], heading_level=2))
        ## Activations
        <BLANKLINE>
        ### ReLU
        <BLANKLINE>
        From `nets/activations.py`.
        <BLANKLINE>
        ```python
        class ReLU:
            pass
        ```
        <BLANKLINE>
    """
    blocks = []
    for section in sections:
        blocks.append(f"{'#' * heading_level} {section.title}")
        for listing in section.listings:
            remark = re.sub(r"\w*_\w*", r"`\g<0>`", listing.remark)
            fence = _fence(listing.code)
            blocks += [
                f"{'#' * (heading_level + 1)} {listing.name}",
                f"From `{listing.label}`. {remark}".strip(),
                f"{fence}python\n{listing.code}\n{fence}",
            ]
    return "\n\n".join(blocks) + "\n"


def _fence(code: str) -> str:
    """A fence that no line of the code can close: longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    return "`" * max(3, longest + 1)

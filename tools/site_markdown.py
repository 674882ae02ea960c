"""What the pages of docs/ are written in beyond Markdown, so that nothing on the site is a copy that drifts.

A Python-Markdown extension, named in mkdocs.yml. GitHub, too, shows a reader of the files what is meant.

    ```source                      the source of a function or a class, without docstrings
    npnn.ops.linear:Linear
    ```
    ```math                        a formula in TeX, as MathML: browsers render it without a script or a font
    Y = X W                        from elsewhere; in a line of text it stands between dollar signs
    ```
    <!-- README.md: Numbers -->    a section of README.md without its heading, or what stands before the first
    <!-- layouts -->               the table of torch_ref.layouts

A name, a section or a TeX command that does not exist is an error, which ends the build. A single * is not
emphasis, since docstrings write shapes with it: (*, in).
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pkgutil
import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import math_core
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor, SimpleTagInlineProcessor
from markdown.preprocessors import Preprocessor

ROOT = Path(__file__).parents[1]

_tex = math_core.LatexToMathML()


def source(name: str) -> str:
    """The source of an object without its docstrings, as a block of code under its file and name.

    Args:
        name: "package.module:object".

    Raises:
        AttributeError: there is no such object.
    """
    code = textwrap.dedent(inspect.getsource(pkgutil.resolve_name(name)))
    lines = code.splitlines()
    documented = (ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, documented)]
    docstrings = [node.body[0] for node in nodes if ast.get_docstring(node)]
    for docstring in sorted(docstrings, key=lambda node: node.lineno, reverse=True):
        del lines[docstring.lineno - 1 : docstring.end_lineno]
        if not lines[docstring.lineno - 1]:
            del lines[docstring.lineno - 1]
    module, _, qualified_name = name.partition(":")
    title = f"{module.replace('.', '/')}.py: {qualified_name}"
    return "\n".join([f'```python title="{title}"', *lines, "```"])


def section(file: str, heading: str) -> str:
    """A section of a Markdown file, without its heading.

    Args:
        file: the path of the file from the root of the repository.
        heading: that of the section; the title of the file for what stands between it and the first section.

    Raises:
        KeyError: there is no such section.
    """
    text = (ROOT / file).read_text(encoding="utf-8")
    parts = re.split(r"^#{1,2} (.+)\n", text, flags=re.MULTILINE)
    body = dict(zip(parts[1::2], parts[2::2], strict=True))[heading].strip()
    return body.replace("](docs/", "](")  # links lead from docs/ now


def layouts() -> str:
    """The table of torch_ref.layouts: classes that are laid out alike, but not as on torch, share a row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for name, layout in _layouts_module().MODULES.items():
        output = "as input" if layout.inputs.get("input") == layout.output else _axes({"": layout.output})
        row = (_axes(layout.inputs), output, _axes(layout.state))
        if row[0] or row[2]:
            rows.setdefault(row, []).append(f"`{name}`")
    head = "| classes | inputs | output | parameters |\n|---|---|---|---|\n"
    return head + "\n".join(f"| {', '.join(names)} | {' | '.join(row)} |" for row, names in rows.items())


def _axes(arrays: Mapping[str, Any]) -> str:
    """The patterns in which axes move, each on a line of its own that is not broken."""
    return "<br>".join(
        f"{f'`{name}`: ' if name else ''}`{text}`"
        for name, layout in arrays.items()
        for text in layout.patterns
        if len(set(text.split(" -> "))) > 1
    )


def _layouts_module() -> ModuleType:
    """torch_ref.layouts by itself: it needs NumPy only, but the package that it is in imports torch."""
    spec = importlib.util.spec_from_file_location("torch_ref_layouts", ROOT / "torch_ref" / "layouts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look up their annotations
    spec.loader.exec_module(module)
    return module


def formula(tex: str) -> str:
    """A formula on a line of its own, in a box that scrolls where the window is narrow."""
    return f'<div class="formula">{_tex.convert_with_local_state(tex, displaystyle=True)}</div>'


class _Blocks(Preprocessor):
    """Replaces what stands on lines of its own, before anything else reads the page."""

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join(lines)
        for pattern, replacement in self._replacements().items():
            text = re.sub(pattern, lambda found, make=replacement: make(*found.groups()), text, flags=re.M)
        return text.split("\n")

    def _replacements(self) -> Mapping[str, Callable[..., str]]:
        return {
            r"^<!-- layouts -->$": layouts,
            r"^<!-- (\S+\.md): (.+) -->$": section,
            r"^```source\n(\S+)\n```$": source,
            r"^```math\n([^`]+)\n```$": lambda tex: f"\n{self.md.htmlStash.store(formula(tex))}\n",
        }


class _Inline(InlineProcessor):
    """$TeX$ in a line of text."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # noqa: N802
        mathml = _tex.convert_with_local_state(m[1], displaystyle=False)
        return self.md.htmlStash.store(mathml), m.start(0), m.end(0)


class SiteMarkdown(Extension):
    """All of the above."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Reads blocks before fenced code, and formulas after code in the line but before escapes."""
        strong = SimpleTagInlineProcessor(r"()\*\*(\S|\S.*?\S)\*\*", "strong")
        md.preprocessors.register(_Blocks(md), "npnn-blocks", 28)
        md.inlinePatterns.register(_Inline(r"\$(\S|\S[^$]*\S)\$", md), "npnn-formula", 185)
        md.inlinePatterns.register(strong, "em_strong", 60)  # in place of the pattern of this name


def makeExtension(**options: Any) -> SiteMarkdown:  # noqa: N802
    """Gives Python-Markdown the extension."""
    return SiteMarkdown(**options)

"""LaTeX: that pdflatex takes it, whatever the code holds, and that the listings hold the code."""

import re
import shutil
import subprocess

import pytest

from npnn.cs189.submission import Listing, Package, Section, SubmissionError, collect, to_latex
from npnn.cs189.submission.latex import _SYMBOLS, typeset

needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

DOCUMENT = r"""\documentclass{article}
\usepackage{listings}
\usepackage{textcomp}
\begin{document}
\input{code}
%s
\end{document}
"""

GREEK = "αβγδεζηθικλμνξοπρςστυφχψωϕϵ ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
LETTERS = "áàâãäåāăȧçčőạéÉñÖüßøØæłı ⁰¹²³⁻⁺ⁿᵀᵢⱼ₀₁₂ₖᵝ " + GREEK + " 中文 🙂 é ½ │ \u202f אλ"


def listings(text):
    return re.findall(
        r"\\begin\{lstlisting\}\[style=submission\]\n(.*?)\n\\end\{lstlisting\}", text, re.DOTALL
    )


def section(code, name="ReLU", label="my_nets/activations.py", inherited=None):
    return Section("Activations", (Listing(name, label, code, inherited or {}),))


def compile_latex(folder, text, after=""):
    """Runs pdflatex, and leaves main.pdf."""
    (folder / "code.tex").write_text(text, encoding="utf-8")
    (folder / "main.tex").write_text(DOCUMENT % after, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"],
        cwd=folder, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    log = (folder / "main.log").read_text(errors="replace")
    assert done.returncode == 0, log[-3000:]
    assert "Missing character" not in log
    assert "LaTeX Warning" not in log


def test_every_listing_holds_its_code():
    sections = collect(Package("npnn.cs189"))
    expected = [listing.code for section in sections for listing in section.listings]
    assert listings(to_latex(sections)) == expected


@pytest.mark.parametrize(
    ("level", "commands"),
    [
        (1, ("section", "subsection")),
        (2, ("subsection", "subsubsection")),
        (3, ("subsubsection", "paragraph")),
    ],
)
def test_headings(level, commands):
    found = re.findall(r"^\\(\w+)\{(.*)\}$", to_latex([section("x")], level), re.MULTILINE)
    assert found == [(commands[0], "Activations"), (commands[1], "ReLU"), ("end", "lstlisting")]


def test_what_is_special_in_latex_is_escaped_outside_of_the_code():
    text = to_latex([section("x_1 & %", name="My_ReLU", inherited={"_init_parameters": "Base_1"})])
    assert "\n" r"\subsection{My\_ReLU}" "\n" in text
    assert r"From \texttt{my\_nets/activations.py}. Inherits \_init\_parameters from Base\_1." in text
    assert listings(text) == ["x_1 & %"]


@needs_pdflatex
@pytest.mark.parametrize("level", [1, 2, 3])
def test_pdflatex_takes_the_submission_of_npnn(tmp_path, level):
    compile_latex(tmp_path, to_latex(collect(Package("npnn.cs189")), level))


@needs_pdflatex
def test_pdflatex_takes_every_letter_in_code_strings_and_comments_and_two_such_files(tmp_path):
    letters = LETTERS + "".join(_SYMBOLS)
    lines = [*letters.split(), *_SYMBOLS]
    code = "\n".join(f'x{line} = \'{line}\'  # {line}\n\ty = """{line}"""' for line in lines)
    compile_latex(tmp_path, to_latex([section(code + r" \x {}$%&#_^~ `'")]), after=r"\input{code}")


@needs_pdflatex
def test_a_letter_that_typeset_does_not_know_would_stop_pdflatex(tmp_path, monkeypatch):
    monkeypatch.setattr("npnn.cs189.submission.latex.typeset", lambda letter: letter)
    with pytest.raises(AssertionError, match="Fatal error"):
        compile_latex(tmp_path, to_latex([section("é")]))


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("λ", r"$\lambda$"), ("Λ", r"$\Lambda$"), ("Ε", "$E$"), ("ο", "$o$"), ("ε", r"$\varepsilon$"),
        ("ς", r"$\varsigma$"), ("ᵝ", r"$^{\beta}$"), ("ᵢ", "$_{i}$"), ("⁻", "$^{-}$"), ("ü", r"\"{u}"),
        ("Ç", r"\c{C}"), ("ϝ", "[U+03DD]"), ("🙂", "[U+1F642]"), ("½", "[U+00BD]"), ("\u03a2", "[U+03A2]"),
        ("\u0301", "[U+0301]"), ("ά", "[U+03AC]"),
    ],
)  # fmt: skip
def test_typeset(letter, expected):
    assert typeset(letter) == expected


def test_code_that_would_end_its_listing():
    with pytest.raises(
        SubmissionError, match=r"the code of ReLU in my_nets/activations.py has \\end\{lstlisting\} in it"
    ):
        to_latex([section(r"r'\end{lstlisting}'")])

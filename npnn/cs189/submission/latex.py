r"""A submission as LaTeX: listings under headings, to be read by ``\input``.

The package listings reads its input byte by byte, so under pdflatex it breaks at the first letter beyond
ASCII. Its option `literate` says how such letters are to be set. It is written here for those that are really
in the code, so that each of them shows as something: a formula, an accented letter, or at least its number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from npnn.cs189.submission.listings import Section
from npnn.cs189.submission.package import SubmissionError

HEADINGS = ("section", "subsection", "subsubsection", "paragraph")

_SYMBOLS = {
    "∂": r"$\partial$", "∇": r"$\nabla$", "∑": r"$\sum$", "∏": r"$\prod$", "∫": r"$\int$", "√": r"$\surd$",
    "∞": r"$\infty$", "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "≈": r"$\approx$", "≡": r"$\equiv$",
    "∼": r"$\sim$", "≃": r"$\simeq$", "∝": r"$\propto$", "±": r"$\pm$", "×": r"$\times$", "÷": r"$\div$",
    "−": r"$-$", "·": r"$\cdot$", "⋅": r"$\cdot$", "∘": r"$\circ$", "∗": r"$\ast$", "⊙": r"$\odot$",
    "⊗": r"$\otimes$", "⊕": r"$\oplus$", "∈": r"$\in$", "∉": r"$\notin$", "⊂": r"$\subset$",
    "⊆": r"$\subseteq$", "∪": r"$\cup$", "∩": r"$\cap$", "∅": r"$\emptyset$", "∀": r"$\forall$",
    "∃": r"$\exists$", "¬": r"$\neg$", "∧": r"$\wedge$", "∨": r"$\vee$", "→": r"$\to$",
    "←": r"$\leftarrow$", "↔": r"$\leftrightarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$",
    "⇒": r"$\Rightarrow$", "⇐": r"$\Leftarrow$", "⇔": r"$\Leftrightarrow$", "↦": r"$\mapsto$",
    "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$", "⌉": r"$\rceil$", "⟨": r"$\langle$",
    "⟩": r"$\rangle$", "‖": r"$\|$", "∥": r"$\|$", "′": r"$^\prime$", "…": r"\ldots", "–": "--",
    "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "°": r"$^\circ$", "µ": r"$\mu$", "ß": r"\ss{}",
    "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "ı": r"\i{}",
    "ł": r"\textrm{\l}", "Ł": r"\textrm{\L}",
    "ℝ": r"$\mathbf{R}$", "ℓ": r"$\ell$", "ς": r"$\varsigma$", "ϵ": r"$\epsilon$", "ϕ": r"$\phi$",
    "\u00a0": "~", "\ufeff": "{}", "\u200b": "{}",
}  # fmt: skip

# Combining character -> the accent that LaTeX puts on a letter.
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c",
}  # fmt: skip

_SCRIPTS = {"<super>": "^", "<sub>": "_"}

_SPECIAL = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "#$%&_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)

_PREAMBLE = r"""% To be read by \input. The preamble of the document needs
%   \usepackage{listings}
%   \usepackage{textcomp}
% and, with a LaTeX from before 2018, \usepackage[utf8]{inputenc}.
\lstdefinestyle{submission}{
  language=Python,
  basicstyle=\ttfamily\footnotesize,
  keywordstyle=\bfseries,
  commentstyle=\itshape,
  breaklines=true,
  postbreak=\mbox{$\hookrightarrow$\space},
  columns=fullflexible,
  keepspaces=true,
  showstringspaces=false,
  tabsize=8,
  upquote=true,
  literate=%LITERATE
}
"""


def to_latex(sections: Iterable[Section], heading_level: int = 1) -> str:
    r"""Sets a submission as LaTeX, for pdflatex.

    Args:
        sections: what to set.
        heading_level: of the sections, 1 for ``\section`` to 3 for ``\subsubsection``; classes are one below.

    Returns:
        The text; its first lines say what the document needs.

    Raises:
        SubmissionError: the code has in it what ends a listing.

    Examples:
        >>> from npnn.cs189.submission.listings import Listing
        >>> listing = Listing("ReLU", "my_nets/activations.py", "class ReLU:\n    'σ'", {})
        >>> text = to_latex([Section("Activations", (listing,))], heading_level=2)
        >>> print(text[text.index("  literate") :])
          literate={σ}{{$\sigma$}}1
        }
        <BLANKLINE>
        \subsection{Activations}
        <BLANKLINE>
        \subsubsection{ReLU}
        <BLANKLINE>
        From \texttt{my\_nets/activations.py}.
        <BLANKLINE>
        \begin{lstlisting}[style=submission]
        class ReLU:
            'σ'
        \end{lstlisting}
        <BLANKLINE>
    """
    sections = list(sections)
    listings = [listing for section in sections for listing in section.listings]
    for listing in listings:
        if r"\end{lstlisting}" in listing.code:
            raise SubmissionError(
                rf"the code of {listing.name} in {listing.label} has \end{{lstlisting}} in it, which"
                r" would end"
                " its listing: give the format markdown"
            )
    letters = sorted({letter for listing in listings for letter in listing.code if not letter.isascii()})
    literate = "".join(f"\n    {{{letter}}}{{{{{typeset(letter)}}}}}1" for letter in letters)
    blocks = [_PREAMBLE.replace("%LITERATE", literate.strip() or "{}").strip()]
    for section in sections:
        blocks.append(rf"\{HEADINGS[heading_level - 1]}{{{section.title}}}")
        for listing in section.listings:
            origin = rf"From \texttt{{{listing.label.translate(_SPECIAL)}}}."
            blocks += [
                rf"\{HEADINGS[heading_level]}{{{listing.name.translate(_SPECIAL)}}}",
                f"{origin} {listing.remark.translate(_SPECIAL)}".strip(),
                f"\\begin{{lstlisting}}[style=submission]\n{listing.code}\n\\end{{lstlisting}}",
            ]
    return "\n\n".join(blocks) + "\n"


def typeset(letter: str) -> str:
    r"""How pdflatex can set a letter beyond ASCII, with no other fonts than its own.

    Args:
        letter: the letter.

    Returns:
        LaTeX; the letter's number if there is no better.

    Examples:
        >>> [typeset(letter) for letter in "σᵀ∂é²₀中"]
        ['$\\sigma$', '$^{T}$', '$\\partial$', "\\'{e}", '$^{2}$', '$_{0}$', '[U+4E2D]']
    """
    if letter in _SYMBOLS:
        return _SYMBOLS[letter]
    number = f"[U+{ord(letter):04X}]"
    if letter.isalpha() and ("Α" <= letter <= "Ω" or "α" <= letter <= "ω"):
        return _greek(unicodedata.name(letter).split()[-1].lower(), capital=letter <= "Ω")
    decomposition = unicodedata.decomposition(letter).split()
    if decomposition and decomposition[0] in _SCRIPTS:
        base = unicodedata.normalize("NFKC", letter)
        inner = base if base.isascii() else typeset(base).strip("$")
        return number if inner.startswith("[") else f"${_SCRIPTS[decomposition[0]]}{{{inner}}}$"
    decomposed = unicodedata.normalize("NFD", letter)
    base, accent = decomposed[0], decomposed[1:]
    if base.isascii() and base.isalpha() and accent in _ACCENTS:
        return rf"\{_ACCENTS[accent]}{{{base}}}"
    return number


# Greek letters that LaTeX has no name for, since they look like Latin ones.
_LATIN = {
    "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M",
    "Nu": "N", "Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X", "omicron": "o",
}  # fmt: skip


def _greek(name: str, capital: bool) -> str:
    name = name.replace("lamda", "lambda")
    if capital:
        name = name.capitalize()
    if name == "epsilon":
        return r"$\varepsilon$"
    return f"${_LATIN[name]}$" if name in _LATIN else rf"$\{name}$"

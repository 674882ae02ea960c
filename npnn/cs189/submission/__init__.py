"""The code that the homework asks for, collected out of a package and set as Markdown or LaTeX.

package     reading a package as source, without running it
listings    which classes and methods, and where they are inherited from
markdown    fenced code
latex       listings that pdflatex sets, whatever letters are in them
"""

from npnn.cs189.submission.latex import to_latex
from npnn.cs189.submission.listings import SECTIONS, Listing, Section, collect
from npnn.cs189.submission.markdown import to_markdown
from npnn.cs189.submission.package import Package, SubmissionError

__all__ = [
    "SECTIONS",
    "Listing",
    "Package",
    "Section",
    "SubmissionError",
    "collect",
    "to_latex",
    "to_markdown",
]

"""What docs/ includes is there as it stands in its source; what is not there ends the build."""

from pathlib import Path

import math_core
import pytest
from markdown import Markdown

from tools import site_markdown

ROOT = Path(__file__).parents[2]


def html(page):
    return Markdown(extensions=["pymdownx.superfences", "tools.site_markdown"]).convert(page)


def test_source_is_that_of_the_file_but_for_the_docstrings():
    first, *code, last = site_markdown.source("npnn.ops.linear:Linear").splitlines()
    assert (first, last) == ('```python title="npnn/ops/linear.py: Linear"', "```")
    assert "\n".join(code[1:]) in (ROOT / "npnn" / "ops" / "linear.py").read_text()
    assert '"""' not in "".join(code)
    assert code[:2] == ["class Linear(Operation):", "    @staticmethod"]


def test_source_of_a_method_is_moved_to_the_margin():
    code = site_markdown.source("npnn.ops.linear:Linear.backward").splitlines()
    assert code[1:3] == [
        "@staticmethod",
        "def backward(ctx: Context, dy: Array) -> Gradients:",
    ]


def test_a_section_ends_where_the_next_one_begins():
    section = site_markdown.section("README.md", "Layouts")
    assert section.startswith("| what | torch | npnn |")
    assert "## " not in section
    assert "](torch_ref.md)" in section


def test_the_layouts_have_one_row_for_classes_that_are_laid_out_alike():
    rows = [row for row in site_markdown.layouts().splitlines() if "`Conv2d`" in row]
    (row,) = rows
    assert "`LazyConv2d`" in row
    assert "`weight`: `out in *kernel -> *kernel in out`" in row


def test_formulas_are_mathml_except_in_code():
    page = html("The $x_i$ of `$y$`:\n\n```math\nx^2\n```\n\n```sh\necho $HOME $PATH\n```\n")
    assert "<math><msub><mi>x</mi><mi>i</mi></msub></math>" in page
    assert '<div class="formula"><math display="block"><msup>' in page
    assert "<code>$y$</code>" in page
    assert page.count("<math") == 2


def test_an_asterisk_in_a_shape_is_no_emphasis():
    assert html("**Shapes**: (*, in), (*, *d)") == "<p><strong>Shapes</strong>: (*, in), (*, *d)</p>"


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("```source\nnpnn.ops.linear:Nothing\n```", AttributeError),
        ("<!-- README.md: Nothing -->", KeyError),
        ("<!-- NOTHING.md: Numbers -->", FileNotFoundError),
        ("```math\n\\nothing{x}\n```", math_core.LatexError),
        ("In a line, $\\nothing{x}$.", math_core.LatexError),
    ],
)
def test_what_does_not_exist_ends_the_build(page, error):
    with pytest.raises(error):
        html(page)

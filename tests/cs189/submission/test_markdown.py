"""Markdown, as a parser of its own understands it."""

import inspect

import pytest
from markdown_it import MarkdownIt

from npnn.cs189 import activations, layers, losses, models
from npnn.cs189.submission import Listing, Package, Section, collect, to_markdown


def parse(text):
    """Headings as (level, text), paragraphs as text, and fences as (language, code)."""
    tokens = MarkdownIt().parse(text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open":
            yield int(token.tag[1]), following.content
        elif token.type == "paragraph_open":
            yield following.content
        elif token.type == "fence":
            yield token.info, token.content


def source_of(owner, *methods):
    """A class's head and methods, or all of it if none are named: from the code that Python has imported."""
    source = inspect.getsource(owner)
    if not methods:
        return "python", source
    head = source[: source.index(":\n") + 2]
    return "python", head + "".join("\n" + inspect.getsource(getattr(owner, method)) for method in methods)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_submission_of_npnn(level):
    def listing(file, owner, *methods, remark=""):
        return (
            (level + 1, owner.__name__),
            f"From `npnn/cs189/{file}.py`.{remark}",
            source_of(owner, *methods),
        )

    both = " Inherits forward and backward from Activation."
    pair = ("forward", "backward")
    assert list(parse(to_markdown(collect(Package("npnn.cs189")), level))) == [
        (level, "Activations"),
        *listing("activations", activations.Activation, *pair),
        *listing("activations", activations.Linear, remark=" Inherits forward from Activation."),
        *listing("activations", activations.Sigmoid, remark=both),
        *listing("activations", activations.ReLU, remark=both),
        *listing("activations", activations.SoftMax, remark=both),
        (level, "Layers"),
        *listing("layers/fully_connected", layers.FullyConnected, "__init__", "_init_parameters", *pair),
        *listing("layers/pool2d", layers.Pool2D, "__init__", *pair),
        *listing("layers/conv2d", layers.Conv2D, "__init__", "_init_parameters", *pair),
        (level, "Losses"),
        *listing("losses", losses.CrossEntropy),
        *listing("losses", losses.L2),
        (level, "Model"),
        *listing("models", models.NeuralNetwork, *pair, "predict"),
    ]


@pytest.mark.parametrize("fence", ["```", "`````python", "~~~", "a ```` b"])
def test_fences_in_the_code(fence):
    code = f'class ReLU:\n    """\n{fence}\n    # Heading\n{fence}\n    """'
    text = to_markdown([Section("Activations", (Listing("ReLU", "nets/a.py", code, {}),))])
    assert list(parse(text))[-1] == ("python", code + "\n")
    assert len(list(parse(text))) == 4


def test_methods_with_underscores_are_code():
    listing = Listing(
        "Conv2D", "a_b.py", "x", {"__init__": "Base", "forward": "Base", "backward": "My_Layer_"}
    )
    remark = list(parse(to_markdown([Section("Layers", (listing,))])))[2]
    assert (
        remark == "From `a_b.py`. Inherits `__init__` and forward from Base, and backward from `My_Layer_`."
    )

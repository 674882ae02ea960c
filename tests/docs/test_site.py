"""The documentation builds without a warning and without torch, and nothing is missing from it."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mkdocstrings import Inventory

import npnn
from npnn.tensors import late

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
PACKAGES = (
    *("autograd", "cs189.layers", "datasets", "functional", "gradient_check", "modules", "random"),
    *("optim", "optim.lr_scheduler", "utils", "utils.parametrizations", "utils.parametrize", "utils.prune"),
    *("utils.rnn", "utils.stateless"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site. Zensical writes beside its configuration: it gets a copy of that and of the pages."""
    copy = tmp_path_factory.mktemp("docs")
    shutil.copy(ROOT / "mkdocs.yml", copy)
    shutil.copytree(ROOT / "docs", copy / "docs")
    (copy / "torch.py").write_text("raise ImportError('the site is to be built without torch')")
    run = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "griffe:" not in run.stdout + run.stderr, "docstrings: " + run.stdout + run.stderr
    return copy / "site"


def test_every_page_stands_in_the_navigation():
    navigation = re.findall(r"^ +- (?:[^:\n]+: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(map(Path, navigation)) == PAGES


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_nothing_on_a_page_is_left_as_it_was_written(site, page):
    text = (site / page.with_suffix(".html")).read_text()
    text = re.sub(r"<(code|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.findall(r"```|<!-- (?:layouts|\S+\.md:)|\$|:::|wzxhzdk", text)


def test_nothing_is_fetched(site):
    for page in site.rglob("*.html"):
        tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page.read_text())
        assert not [tag for tag in tags if "//" in tag]


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "derivations"], ids=str)
def test_a_derivation_has_its_formulas(site, page):
    prose, kinds = [], []
    for number, part in enumerate(re.split(r"^```", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE)):
        if number % 2:
            kinds.append(part.partition("\n")[0])
        else:
            prose.append(part)
    formulas = kinds.count("math") + sum(len(re.findall(r"\$[^$]+\$", part)) for part in prose)
    assert (site / page.with_suffix(".html")).read_text().count("<math") == formulas


@pytest.mark.parametrize("package", PACKAGES)
def test_the_reference_has_every_public_function_and_class(site, package):
    with (site / "objects.inv").open("rb") as file:
        documented = set(Inventory.parse_sphinx(file))
    module = importlib.import_module(f"npnn.{package}")
    public = {name: getattr(module, name) for name in module.__all__}
    missing = [
        name
        for name, value in public.items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and not {f"npnn.{package}.{name}", f"{value.__module__}.{value.__qualname__}"} & documented
    ]
    assert not missing


def test_the_reference_has_the_tensor_methods_that_are_functions_too(site):
    with (site / "objects.inv").open("rb") as file:
        documented = set(Inventory.parse_sphinx(file))
    methods = {name: getattr(npnn.Tensor, name, None) for name in npnn.functions.__all__}
    names = [method.__name__ for method in methods.values() if method]  # two names may be of one method
    places = ("npnn.tensors.Tensor", "npnn.tensors.functions")
    assert not [name for name in names if not {f"{place}.{name}" for place in places} & documented]


def test_the_reference_has_the_tensor_functions_that_are_read_late(site):
    with (site / "objects.inv").open("rb") as file:
        documented = set(Inventory.parse_sphinx(file))
    tables = (late.BOTH, late.FUNCTIONS, late.METHODS)
    found = [
        getattr(importlib.import_module(module), name)
        for table in tables
        for module, names in table.items()
        for name in names
        if not name.endswith("Tensor")  # the old constructors, which are made by the line
    ]
    named = {f"{one.__module__}.{one.__qualname__}" for one in found}
    assert named - documented == set()

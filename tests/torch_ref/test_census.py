"""The census: torch's own lists, what it counts, what it writes, and when it fails."""

import inspect
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

import npnn
from torch_ref import census, census_html
from torch_ref.__main__ import main
from torch_ref.case import case, normal
from torch_ref.census import Entry, Errors
from torch_ref.exemptions import EXEMPTIONS
from torch_ref.tensor_cases import NAMES


@pytest.fixture
def few(monkeypatch):
    """A census of four names, one of which npnn will never have."""
    names = {"module": ["ELU", "Dropout1d"], "functional": ["elu", "handle_torch_function"], "init": ["eye_"]}
    lists = {
        kind: (place, lambda kind=kind: names.get(kind, []), goal)
        for kind, (place, _, goal) in census.LISTS.items()
    }
    monkeypatch.setattr(census, "LISTS", lists)


def wrong(monkeypatch, cls, factor):
    """Makes a class give something else."""
    right = cls.forward
    monkeypatch.setattr(cls, "forward", lambda self, input: right(self, input) * factor)


class Table(HTMLParser):
    """The cells of a page's tables, row by row; and every tag must be closed."""

    VOID = ("meta", "input", "br")

    def __init__(self, text):
        super().__init__()
        self.rows, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def entry_rows(page):
    """The rows of the table of names, below the totals and above the exemptions."""
    return Table(page).rows[: -len(EXEMPTIONS) - 1]


def test_names_are_torchs():
    listed = census.names()
    assert len(listed) == len(set(listed))
    counts = {kind: sum(one == kind for one, _ in listed) for kind in census.LISTS}
    assert counts == {
        "module": 162,
        "functional": 138,
        "init": 15,
        "utils": 22,
        "utils.rnn": 8,
        "utils.parametrizations": 3,
        "tensor": len(NAMES),
    }
    for kind, name in listed:
        if kind == "tensor":
            continue
        place = torch.nn
        for step in filter(None, census.LISTS[kind][0].split(".")):
            place = getattr(place, step)
        assert callable(getattr(place, name)) or inspect.ismodule(getattr(place, name))


def test_reasons_are_of_names_that_torch_has_and_npnn_has_not():
    assert set(census.REASONS) <= set(census.names())
    assert [name for kind, name in census.REASONS if hasattr(npnn.functional, name)] == []


def test_command(few, tmp_path, capsys):
    written, page = tmp_path / "census.json", tmp_path / "census.html"
    assert main(["census", "--json", str(written), "--html", str(page)]) == 0
    printed = capsys.readouterr().out
    entries = {entry["name"]: entry for entry in json.loads(written.read_text())}
    assert list(entries) == ["ELU", "Dropout1d", "elu", "handle_torch_function", "eye_"]
    assert list(entries["ELU"]) == [
        *("name", "kind", "present", "cases", "failed"),
        *("error_output", "error_grad_input", "error_grad_param", "error_second", "reason"),
    ]
    assert entries["ELU"]["present"]
    assert entries["ELU"]["cases"] > 8
    assert 0 < entries["ELU"]["error_grad_input"] < 1e-12
    assert entries["ELU"]["error_grad_param"] is None
    assert entries["ELU"]["reason"] is None
    assert entries["eye_"] == {
        **dict.fromkeys(entries["ELU"]),
        **{"name": "eye_", "kind": "init", "present": True, "cases": 6, "failed": 0, "error_output": 0.0},
    }
    assert not entries["handle_torch_function"]["present"]
    assert "nothing is computed" in entries["handle_torch_function"]["reason"]
    assert "nothing is computed" in printed
    cases = sum(entry["cases"] for entry in entries.values())
    assert printed.splitlines()[-1] == f"0 of {cases} samples failed"
    rows = entry_rows(page.read_text())
    assert [row[0] for row in rows[-5:]] == list(entries)
    assert [row[3] for row in rows[-5:]] == [str(entry["cases"]) for entry in entries.values()]
    assert rows[-2][-1] == entries["handle_torch_function"]["reason"]


def test_command_fails_with_a_sample(few, monkeypatch, tmp_path, capsys):
    wrong(monkeypatch, npnn.nn.ELU, 1 + 1e-6)
    page = tmp_path / "census.html"
    assert main(["census", "--only", "E*", "--html", str(page)]) == 1
    printed = capsys.readouterr().out
    assert "ELU[0]" in printed
    assert "x output 0: at [" in printed
    assert "torch.nn modules" not in printed
    row = entry_rows(page.read_text())[-1]
    assert row[0] == "ELU"
    assert int(row[4]) > 4
    assert 'class="number failed"' in page.read_text()


def test_a_sample_that_raises_fails(monkeypatch):
    def forward(self, input):
        raise ZeroDivisionError("no")

    monkeypatch.setattr(npnn.nn.ELU, "forward", forward)
    entry = census.take("module", "ELU")
    assert entry.failed == entry.cases > 8
    assert entry.failures[0] == "ELU[0]: ZeroDivisionError: no"


def test_a_sample_that_cannot_be_made_fails(monkeypatch):
    monkeypatch.setattr(census, "CASES", (case("Linear", "seven").on(normal(2)),))
    entry = census.take("module", "Linear")
    assert entry.failed == 1
    assert entry.failures[0].startswith("Linear: no further sample can be made: ")


def test_unknown_pattern(capsys):
    assert main(["census", "--only", "Nothing*"]) == 2
    assert capsys.readouterr().err == "no public name of torch.nn matches 'Nothing*'\n"


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["census", "--help"])
    assert stopped.value.code == 0
    assert "python -m torch_ref census --only 'Conv*'" in capsys.readouterr().out


def test_totals():
    entries = [
        Entry("A", "module", present=True, cases=40, from_torch=30, second=20),
        Entry("B", "module", present=True, cases=10),
        Entry("C", "module", present=True, cases=9),
        Entry("D", "module", present=False, reason=census.NOT_YET),
        Entry("e", "functional", present=False, reason="no such numbers"),
        Entry("f", "functional", present=True, cases=3, from_torch=3, second=3),
    ]
    counted = {total.what: total.reached for total in census.totals(entries)}
    assert counted["torch.nn modules: there, or with a reason"] == 3
    assert counted["torch.nn.functional: there, or with a reason"] == 2
    assert counted["module_db samples"] == 30
    assert counted["module_db samples with second derivatives"] == 20
    assert counted["op_db samples"] == 3
    assert counted["modules that module_db leaves out, with 10 cases or more"] == 1


def test_errors_without_bound_are_numbers_in_json(tmp_path):
    entry = Entry("A", "module", present=True, cases=1, failed=1, errors=Errors(output=np.inf))
    census.write_json([entry], tmp_path / "census.json")
    assert json.loads((tmp_path / "census.json").read_text())[0]["error_output"] > 1e308


def test_page_escapes_and_sorts_by_values():
    entry = Entry("<b>&", "module", present=True, cases=2, errors=Errors(output=2.5e-13))
    page = census_html.page([entry, replace(entry, failed=1)], [census.Total("<i>", 1, 2)])
    assert "<b>" not in page
    assert "<i>" not in page
    assert 'data-value="2.500e-13">2.5e-13</td>' in page
    assert entry_rows(page)[-1][:6] == ["<b>&", "module", "yes", "2", "1", "2.5e-13"]
    assert page.count("--hue: 0") == 1


def test_page_has_the_exemptions():
    rows = Table(census_html.page([], [])).rows[-len(EXEMPTIONS) :]
    assert rows == [[str(one), one.instead, one.reason] for one in EXEMPTIONS]


def test_goals_count_what_the_lists_say():
    """The two lists that are longer than their goals, by the names that make the difference."""
    functions = [getattr(torch.nn.functional, name) for name in census.LISTS["functional"][1]()]
    undocumented = [function.__name__ for function in functions if not inspect.getdoc(function)]
    assert undocumented == ["assert_int_or_pair"]
    assert len(functions) - 1 == census.LISTS["functional"][2]
    fill_none = [name for name in census.LISTS["init"][1]() if not name.endswith("_")]
    assert fill_none == ["calculate_gain"]
    assert len(census.LISTS["init"][1]()) - 1 == census.LISTS["init"][2]


def test_every_kind_has_samples_that_agree():
    for kind, name in (
        ("functional", "relu_"),
        ("functional", "pad"),
        ("init", "kaiming_normal_"),
        ("utils", "clip_grad_norm_"),
        ("utils.rnn", "pad_sequence"),
        ("utils.parametrizations", "weight_norm"),
        ("module", "Module"),
        ("tensor", "cumsum"),
    ):
        entry = census.take(kind, name)
        assert entry.cases >= 3
        assert entry.failures == []
        assert entry.errors.output < 1e-6

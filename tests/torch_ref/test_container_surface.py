"""Containers against torch's: the same operations on both, in a fixed order and in any."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import npnn
from torch_ref.scripts import assert_same_error, assert_same_log, outcome, values

SCRIPTS = []


def script(function):
    SCRIPTS.append(function)
    return function


@script
def sequences(lib):
    nn = lib.nn
    x = lib.tensor(values(3))

    class Named(nn.Sequential):
        pass

    log = []

    def show(container):
        return [
            type(container).__name__,
            [[name, repr(module)] for name, module in container.named_children()],
        ]

    for kind in (nn.Sequential, nn.ModuleList):

        def fresh(kind=kind):
            layers = nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Identity()
            return nn.ModuleList(layers) if kind is nn.ModuleList else nn.Sequential(*layers)

        def attempt(action, fresh=fresh):
            container = fresh()
            log.append([outcome(lambda: repr(action(container))), show(container)])

        for index in (0, -1, 3, 4, -5, "x", 1.5):
            attempt(lambda c, i=index: c[i])
            attempt(lambda c, i=index: c.pop(i))
            attempt(lambda c, i=index: c.__delitem__(i))
            attempt(lambda c, i=index: c.__setitem__(i, nn.LogSoftmax(0)))
        for cut in (slice(1, 3), slice(None, None, 2), slice(None, None, -1), slice(-2, None), slice(9, 12)):
            attempt(lambda c, i=cut: c[i])
            attempt(lambda c, i=cut: c.pop(i))
            attempt(lambda c, i=cut: c.__delitem__(i))
        for index in (0, 2, 4):
            attempt(lambda c, i=index: c.insert(i, nn.LogSoftmax(0)))
        attempt(lambda c: c.append(nn.LogSoftmax(0)))
        attempt(lambda c: c.append(5))
        attempt(lambda c: c.extend([nn.LogSoftmax(0), nn.ReLU()]))
        attempt(lambda c: c.extend(5))
        attempt(lambda c: c.extend([nn.ReLU(), 5]))
        attempt(lambda c: c.extend(nn.ModuleList([nn.LogSoftmax(0)])))
        attempt(lambda c: c.__setitem__(0, 5))
        attempt(lambda c: [len(c), list(c), [n for n in dir(c) if n.isdigit()]])
        attempt(lambda c: c + nn.Sequential(nn.LogSoftmax(0)))
        attempt(lambda c: c.__add__([nn.LogSoftmax(0)]))
        attempt(lambda c: c.__iadd__(nn.Sequential(nn.LogSoftmax(0))))
        attempt(lambda c: c.__iadd__([nn.LogSoftmax(0)]))
        attempt(lambda c: c(x))
    for index in (-1, -4, 5, -5):
        attempt(lambda c, i=index: nn.Sequential(*c).insert(i, nn.LogSoftmax(0)))
    attempt(lambda c: nn.Sequential(*c).insert(0, 5))
    for factor in (1, 3, 0, -1, 1.5, "x"):
        attempt(lambda c, f=factor: nn.Sequential(*c) * f)
        attempt(lambda c, f=factor: f * nn.Sequential(*c))
        attempt(lambda c, f=factor: nn.Sequential(*c).__imul__(f))
    named = Named(OrderedDict(a=nn.ReLU(), b=nn.Tanh(), c=nn.Sigmoid()))
    log.append([show(named), show(named[1:]), show(named + named), show(named * 2), named(x)])
    log.append([repr(named.pop(1)), show(named)])
    log.append(
        [
            outcome(lambda: nn.Sequential(5)),
            outcome(lambda: nn.ModuleList([5])),
            outcome(lambda: nn.ModuleList(5)),
        ]
    )
    shared = nn.Tanh()
    twice = nn.Sequential(shared, nn.ReLU(), shared)
    return [*log, show(twice), len(list(twice.modules())), twice[0] is twice[2], nn.Sequential()(x)]


@script
def module_dictionaries(lib):
    nn = lib.nn
    log = []

    def attempt(action):
        container = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
        log.append([outcome(lambda: repr(action(container))), repr(container)])

    attempt(lambda d: d["tanh"])
    attempt(lambda d: d["what"])
    attempt(lambda d: d.__setitem__("gelu", nn.LogSoftmax(0)))
    attempt(lambda d: d.__setitem__("relu", nn.LogSoftmax(0)))
    attempt(lambda d: d.__setitem__("keys", nn.LogSoftmax(0)))
    attempt(lambda d: d.__setitem__("a.b", nn.LogSoftmax(0)))
    attempt(lambda d: d.__setitem__("gelu", 5))
    attempt(lambda d: d.__delitem__("relu"))
    attempt(lambda d: d.__delitem__("what"))
    attempt(lambda d: d.pop("relu"))
    attempt(lambda d: d.pop("what"))
    attempt(lambda d: d.clear())
    attempt(
        lambda d: [
            len(d),
            list(d),
            "relu" in d,
            "what" in d,
            list(d.keys()),
            list(d.items()),
            list(d.values()),
        ]
    )
    for entries in (
        {"z": nn.LogSoftmax(0), "a": nn.Softmax(0)},
        [("z", nn.LogSoftmax(0)), ["a", nn.Softmax(0)]],
        OrderedDict(z=nn.LogSoftmax(0), relu=nn.Softmax(0)),
        nn.ModuleDict({"z": nn.LogSoftmax(0)}),
        5,
        [5],
        [("a", nn.LogSoftmax(0), 1)],
        [("a",)],
    ):
        attempt(lambda d, e=entries: d.update(e))
    attempt(lambda d: d(5))
    return [*log, repr(nn.ModuleDict(OrderedDict(a=nn.ReLU()))), repr(nn.ModuleDict([("b", nn.ReLU())]))]


@script
def parameter_lists(lib):
    nn = lib.nn
    log = []

    def attempt(action):
        container = nn.ParameterList(
            [lib.tensor(values(2)), nn.Parameter(lib.tensor(values((2, 3)))), "text"]
        )
        log.append([outcome(lambda: action(container)), repr(container), len(container)])
        log.append([name for name, _ in container.named_parameters()])

    for index in (0, -1, 2, 3, -4, "x"):
        attempt(lambda c, i=index: c[i])
        attempt(lambda c, i=index: c.__setitem__(i, lib.tensor(values(4))))
        attempt(lambda c, i=index: c.__setitem__(i, "other"))
    for cut in (slice(1, 3), slice(None, None, -1), slice(5, 9)):
        attempt(lambda c, i=cut: list(c[i]))
    attempt(lambda c: repr(c.append(lib.tensor(values(5)))))
    attempt(lambda c: repr(c.extend([lib.tensor(values(5)), None])))
    attempt(lambda c: repr(c.extend(lib.tensor(values(5)))))
    attempt(lambda c: repr(c.extend(5)))
    attempt(lambda c: repr(c.__iadd__(c)))
    attempt(lambda c: repr(c.__iadd__(nn.ParameterList([5]))))
    attempt(lambda c: c(5))
    attempt(lambda c: [name for name in dir(c) if name.isdigit()])
    attempt(lambda c: [type(value).__name__ for value in c])
    return log


@script
def parameter_dictionaries(lib):
    nn = lib.nn
    log = []

    def attempt(action):
        container = nn.ParameterDict(
            [("z", lib.tensor(values(2))), ("a", nn.Parameter(lib.tensor(values(3)))), ("n", 5)]
        )
        log.append([outcome(lambda: action(container)), repr(container), list(container)])
        log.append([name for name, _ in container.named_parameters()])

    for key in ("z", "n", "what", 5):
        attempt(lambda d, k=key: d[k])
        attempt(lambda d, k=key: d.pop(k))
        attempt(lambda d, k=key: d.__delitem__(k))
        attempt(lambda d, k=key: d.get(k, "default"))
    for key in ("z", "n", "what"):
        attempt(lambda d, k=key: d.setdefault(k, lib.tensor(values(4))))
    attempt(lambda d: d.__setitem__("z", "text"))
    attempt(lambda d: d.__setitem__("n", lib.tensor(values(4))))
    attempt(lambda d: d.__setitem__("new", lib.tensor(values(4))))
    attempt(lambda d: d.popitem())
    attempt(lambda d: d.clear())
    attempt(lambda d: [len(d), list(reversed(d)), "z" in d, "what" in d])
    attempt(lambda d: [list(d.keys()), list(d.values()), list(d.items())])
    attempt(lambda d: [repr(d.copy()), d.copy()["a"] is d["a"]])
    attempt(lambda d: repr(d.fromkeys(["y", "x"], lib.tensor(values(2)))))
    for entries in (
        {"y": 1, "b": 2},
        OrderedDict(y=1, b=2),
        [("y", 1), ("b", 2)],
        nn.ParameterDict([("y", 1), ("b", 2)]),
        5,
        [5],
        [("y", 1, 2)],
    ):
        attempt(lambda d, e=entries: d.update(e))
    attempt(lambda d: repr(d | nn.ParameterDict({"b": 7, "z": 8})))
    attempt(lambda d: repr({"b": 7, "z": 8} | d)[:20])
    attempt(lambda d: repr(d.__ior__(nn.ParameterDict({"b": 7, "z": 8}))))
    attempt(lambda d: d(5))
    return [*log, outcome(lambda: nn.ParameterDict().popitem())]


@pytest.mark.parametrize("run", SCRIPTS, ids=lambda function: function.__name__)
def test_script(run):
    assert_same_log(run)


ERRORS = {
    "index": (lambda lib: lib.nn.Sequential(lib.nn.ReLU())[1], "index 1 is out of range"),
    "index to insert": (
        lambda lib: lib.nn.Sequential().insert(2, lib.nn.ReLU()),
        "Index out of range: 2",
    ),
    "sum of sequential and list": (
        lambda lib: lib.nn.Sequential().__add__([1]),
        "add operator supports only objects of Sequential class, but <class 'list'> is given",
    ),
    "no repetitions": (lambda lib: lib.nn.Sequential() * 0, "Non-positive multiplication factor 0 for"),
    "half a repetition": (lambda lib: lib.nn.Sequential() * 0.5, r"unsupported operand type\(s\) for \*"),
    "extension of a list": (
        lambda lib: lib.nn.ModuleList().extend(5),
        "ModuleList.extend should be called with an iterable, but got int",
    ),
    "update of a dict": (
        lambda lib: lib.nn.ModuleDict().update(5),
        "ModuleDict.update should be called with an iterable of key/value pairs, but got int",
    ),
    "update by no pair": (
        lambda lib: lib.nn.ModuleDict().update([(1, 2, 3)]),
        "ModuleDict update sequence element #0 has length 3; 2 is required",
    ),
    "update of parameters by no pair": (
        lambda lib: lib.nn.ParameterDict().update([(1, 2, 3)]),
        "ParameterDict update sequence element #0 has length 3; 2 is required",
    ),
    "key of no string": (
        lambda lib: lib.nn.ParameterDict()[5],
        r"cannot be used as a key as it is not a string \(type is 'int'\)",
    ),
    "called list": (lambda lib: lib.nn.ParameterList()(1), "ParameterList should not be called"),
    "called dict": (lambda lib: lib.nn.ParameterDict()(1), "ParameterDict should not be called"),
    "extension by a tensor": (
        lambda lib: lib.nn.ParameterList().extend(lib.zeros(2)),
        "ParameterList.extend should be called with an iterable, but got Tensor",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_torchs_in_type_and_words(name):
    assert_same_error(*ERRORS[name])


SEQUENCE_OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(["append", "insert", "set", "delete", "pop", "get"]), st.integers(-5, 5)),
    st.tuples(
        st.sampled_from(["delete", "pop", "get"]),
        st.slices(4),
    ),
    st.tuples(st.sampled_from(["extend", "add", "times"]), st.integers(1, 2)),
)


def _change(lib, container, what, where, number):
    fresh = lib.nn.Sequential(*[lib.nn.ReLU()] * (number + 1))
    actions = {
        "append": lambda: container.append(fresh),
        "insert": lambda: container.insert(max(where, 0), fresh),
        "set": lambda: container.__setitem__(where, fresh),
        "delete": lambda: container.__delitem__(where),
        "pop": lambda: container.pop(where),
        "get": lambda: container[where],
        "extend": lambda: container.extend([fresh] * where),
        "add": lambda: container + lib.nn.Sequential(*[fresh] * where),
        "times": lambda: container * where,
    }
    return repr(actions[what]())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["Sequential", "ModuleList"]), st.lists(SEQUENCE_OPERATIONS, max_size=8))
def test_sequences_agree_after_any_operations(kind, operations):
    pair = [(lib, getattr(lib.nn, kind)()) for lib in (npnn, torch)]
    for number, (what, where) in enumerate(operations):
        if kind == "ModuleList" and what == "insert":
            # Past the end torch's ModuleList leaves a gap in its numbers.
            where = min(where, len(pair[0][1]))
        ours, theirs = (outcome(partial(_change, *twin, what, where, number)) for twin in pair)
        assert ours == theirs, (what, where)
        ours, theirs = ([list(c._modules), repr(c)] for _, c in pair)
        assert ours == theirs, (what, where)

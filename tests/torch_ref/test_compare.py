"""The harness itself: what is right passes, and every kind of mistake is found and named."""

import re

import numpy as np
import pytest
import torch

import npnn
from npnn import nn
from npnn.autograd import Function
from torch_ref import SAME, ModuleLayout, channels_last, compare, compare_functions, from_torch
from torch_ref.report import TOLERANCE, measure


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape)


X = random(4, 3)


class Square(Function):
    """x², to be broken in one place by each subclass."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * x * dy


class WrongSign(Square):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return -x * x


class WrongElement(Square):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        off = np.zeros_like(x.array)
        off[2, 1] = 1e-8
        return x * x + off


class WrongGradient(Square):
    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        off = np.ones_like(x.array)
        off[3, 2] = 1 + 1e-7
        return 2 * x * dy * off


class CotangentOfOnes(Square):
    """Right for a cotangent of ones, and for no other."""

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * x * dy.mean()


class ConstantGradient(Square):
    """The first derivative is right, but does not know that it depends on x."""

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * x.detach() * dy


class NoGradient(Square):
    @staticmethod
    def backward(ctx, dy):
        return None


class Mutating(Square):
    @staticmethod
    def forward(ctx, x):
        y = x * x
        x.array[1, 1] += 1
        ctx.save_for_backward(x)
        return y


class MutatingBackward(Square):
    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        dx = 2 * x * dy
        x.array[1, 2] = 0
        return dx


def detached(x):
    return x.detach() ** 2


def other_dtype(x):
    return (x * x).to(np.float32).to(np.float64) if x.dtype != np.float64 else (x * x).float()


def other_shape(x):
    return (x * x).reshape(3, 4)


def two_outputs(x):
    return x * x, x


def test_what_is_right_passes():
    report = compare_functions(Square.apply, torch.square, X, second=True)
    assert report.passed
    assert report.raise_if_failed() is report
    assert not report.problems
    assert {difference.kind for difference in report.differences} == {
        "output",
        "grad_input",
        "second",
        "input_after",
    }


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (WrongSign.apply, r"^output 0: at \[\d, \d\] npnn has -"),
        (WrongElement.apply, r"^output 0: at \[2, 1\] npnn has .* \(off by 1.0e-08"),
        (WrongGradient.apply, r"^dL/d x: at \[3, 2\] npnn has "),
        (CotangentOfOnes.apply, r"^dL/d x: at "),
        (ConstantGradient.apply, r"^second derivative by x: at "),
        (NoGradient.apply, r"^inputs and parameters with a gradient: npnn has \[\] and torch \['x'\]"),
        (Mutating.apply, r"^x after the call: at \[1, 1\]"),
        (MutatingBackward.apply, r"^x after the call: at \[1, 2\]"),
        (detached, r"^outputs that require grad: npnn has \[\] and torch \[0\]"),
        (other_dtype, r"^output 0: npnn's dtype is float32 and torch's float64"),
        (other_shape, r"^output 0: npnn's shape is \[3, 4\] and torch's, in npnn's layout, \[4, 3\]"),
        (two_outputs, r"^names of arrays, output: npnn has \['0', '1'\] and torch \['0'\]"),
    ],
)
def test_every_mistake_is_found(broken, problem):
    def function(x):
        return broken(x)

    report = compare_functions(function, torch.square, X, second=True, name="sample 7")
    assert not report.passed
    with pytest.raises(AssertionError, match=r"sample 7: \d+ problem") as caught:
        report.raise_if_failed()
    assert any(re.search(problem, text) for text in report.problems), report.problems
    assert report.problems[0] in str(caught.value)


def broken(base, **methods):
    """A subclass that goes by its base's name, as a module with a bug in it would."""
    return type(base.__name__, (base,), methods)


def linears(cls=nn.Linear):
    """A torch Linear and a twin, of npnn's class or of a broken one."""
    theirs = torch.nn.Linear(3, 5).double()
    mine = from_torch(theirs)
    mine.__class__ = cls
    return mine, theirs


def problems(mine, theirs, *inputs, **options):
    return compare(mine, theirs, *inputs, **options).problems


def test_twins_agree():
    report = compare(*linears(), X, second=True).raise_if_failed()
    kinds = ["state_before"] * 2 + ["output"] + ["grad_input"] + ["grad_param"] * 2
    assert [difference.kind for difference in report.differences][: len(kinds)] == kinds
    assert 0 <= report.worst("grad_param") < 1e-12
    assert report.worst("no such kind") == 0


def test_gradient_of_a_parameter():
    def forward(self, input):
        return input @ self.weight + self.bias.detach()

    assert problems(*linears(broken(nn.Linear, forward=forward)), X) == [
        "inputs and parameters with a gradient: "
        "npnn has ['input', 'weight'] and torch ['input', 'weight', 'bias']"
    ]

    def doubled(self, input):
        return input @ (2 * self.weight - self.weight.detach()) + self.bias

    found = problems(*linears(broken(nn.Linear, forward=doubled)), X)
    assert [text.split(":")[0] for text in found] == ["dL/d weight"]


def test_repr_keys_and_mode():
    mine, theirs = linears(broken(nn.Linear, extra_repr=lambda self: "5"))
    mine.register_buffer("extra", npnn.zeros(1, dtype=npnn.float64))
    mine.eval()
    found = problems(mine, theirs, X)
    assert found[0].startswith("repr: npnn has Linear(5)")
    assert found[1] == "state_dict keys: npnn has ['weight', 'bias', 'extra'] and torch ['weight', 'bias']"
    assert found[2] == "training: npnn has False and torch True"


def test_other_weights_are_not_compared_further():
    mine, theirs = linears()
    mine.weight.array[1, 4] += 1e-15
    report = compare(mine, theirs, X)
    assert len(report.problems) == 1
    assert report.problems[0].startswith("weight before the call: at [1, 4] npnn has")
    assert {difference.kind for difference in report.differences} == {"state_before"}


class Counting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(2, dtype=torch.int64))

    def forward(self, x):
        self.count[1] += 1
        return x * 2


class NumPyCounting(nn.Module):
    def __init__(self, step):
        super().__init__()
        self.register_buffer("count", npnn.zeros(2, dtype=npnn.int64))
        self.step = step

    def forward(self, x):
        self.count.array[1] += self.step
        return x * 2


NumPyCounting.__name__ = "Counting"


def test_buffers_after_the_call():
    assert compare(NumPyCounting(1), Counting(), X, layouts=ModuleLayout()).passed
    found = problems(NumPyCounting(2), Counting(), X, layouts=ModuleLayout())
    assert found == [
        "count after the call: at [1] npnn has 2 and torch 1 "
        "(off by 1.0e+00; allowed: rtol 0e+00, atol 0e+00)"
    ]


def test_a_parameter_that_the_call_changes():
    def forward(self, input):
        y = input @ self.weight + self.bias
        self.bias.array[0] += 1
        return y

    found = problems(*linears(broken(nn.Linear, forward=forward)), X)
    assert [text.split(" at ")[0] for text in found] == ["bias after the call:"]


def test_output_that_shares_the_inputs_memory():
    theirs = torch.nn.ReLU()
    mine = broken(nn.ReLU, forward=lambda self, input: input)()
    found = problems(mine, theirs, np.abs(X))
    assert found == ["memory of outputs: output 0 shares memory with input"]
    assert compare(nn.Identity(), torch.nn.Identity(), X).passed
    assert compare(nn.Flatten(), torch.nn.Flatten(), random(2, 3, 4)).passed


def test_gradients_that_share_memory():
    shared = np.ones_like(X)

    def mine(x, y):
        for leaf in (x, y):
            leaf.register_post_accumulate_grad_hook(
                lambda leaf: setattr(leaf, "grad", npnn.from_numpy(shared))
            )
        return x + y

    found = compare_functions(mine, torch.add, X, X + 1, cotangents=[shared]).problems
    assert found == [
        "memory of gradients: the gradient of x shares memory with y; the gradient of y shares memory with x"
    ]
    assert compare_functions(np.add, torch.add, X, X + 1).passed


def test_module_in_place():
    assert compare(nn.ReLU(inplace=True), torch.nn.ReLU(inplace=True), X).passed
    found = problems(nn.ReLU(), torch.nn.ReLU(inplace=True), X)
    assert any(text.startswith("input after the call") for text in found)


def test_what_is_differentiated():
    target = np.array([0, 2, 1, 1])
    report = compare(nn.NLLLoss(), torch.nn.NLLLoss(), X, target)
    assert [d.name for d in report.differences if d.kind == "grad_input"] == ["input"]
    constant = npnn.tensor(X + 1)
    report = compare(nn.MSELoss(), torch.nn.MSELoss(), X, constant).raise_if_failed()
    assert [d.name for d in report.differences if d.kind == "grad_input"] == ["input"]
    frozen, theirs = linears()
    frozen.weight.requires_grad_(False)
    theirs.weight.requires_grad_(False)
    report = compare(frozen, theirs, constant).raise_if_failed()
    assert [d.name for d in report.differences if d.kind == "grad_param"] == ["bias"]


def test_nothing_to_differentiate():
    assert compare(nn.ReLU(), torch.nn.ReLU(), np.array([1, -2])).passed


def test_grad_is_left_empty_and_generators_where_they_were():
    mine, theirs = linears()
    states = torch.get_rng_state(), npnn.default_generator.get_state()
    compare(mine, theirs, X, second=True)
    assert all(parameter.grad is None for parameter in (*mine.parameters(), *theirs.parameters()))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert npnn.equal(npnn.default_generator.get_state(), states[1])


def test_what_modules_draw_comes_from_one_seed():
    def mine(x):
        return x * npnn.rand(4, 3).to(np.float64)

    def theirs(x):
        return x * torch.rand(4, 3).double()

    assert compare_functions(mine, theirs, X, seed=5).passed


def test_arguments_by_name_and_in_nests():
    def mine(pair, scale=1.0, *, shift):
        return pair[0] * scale, {"b": pair[1][0] + shift}

    report = compare_functions(mine, mine, (X, [X + 1]), 2.0, kwargs={"shift": X}).raise_if_failed()
    assert [d.name for d in report.differences if d.kind == "grad_input"] == ["pair", "pair[1]", "shift"]
    assert [d.name for d in report.differences if d.kind == "output"] == ["0", "1"]


def test_layouts_of_a_layer_of_the_users_own():
    """Mean over the channels of images: axis 1 on torch, the last one here."""
    images = random(2, 4, 5, 3)
    layout = ModuleLayout({"x": channels_last(2)}, (SAME, channels_last(2)))

    def mine(x):
        return x.mean(-1), x * 2

    def theirs(x):
        return x.mean(1), x * 2

    assert compare_functions(mine, theirs, images, layouts=layout, second=True).passed
    found = compare_functions(lambda x: (x.mean(1), x * 2), theirs, images, layouts=layout).problems
    assert found[0].startswith("output 0: npnn's shape is [2, 5, 3] and torch's, in npnn's layout, [2, 4, 5]")


def test_sizes_among_the_arguments():
    def expanded(x, size):
        return x.expand(size)

    layout = ModuleLayout({"x": channels_last(2), "size": channels_last(2)}, channels_last(2))
    assert compare_functions(expanded, expanded, random(2, 1, 1, 3), (2, 4, 5, 3), layouts=layout).passed
    assert compare_functions(
        expanded, expanded, random(2, 1, 1, 3), (2, 4, 5, 3), layouts=ModuleLayout()
    ).passed


def test_cotangents_of_the_callers_own():
    report = compare_functions(CotangentOfOnes.apply, torch.square, X, cotangents=[np.ones_like(X)])
    assert report.passed


def test_tolerances():
    def nearly(x):
        return x * x * (1 + 1e-7)

    assert not compare_functions(nearly, torch.square, X).passed
    assert compare_functions(nearly, torch.square, X, rtol=1e-6).passed
    assert compare_functions(nearly, torch.square, X, rtol=0, atol=1e-5).passed
    assert compare_functions(nearly, torch.square, X.astype(np.float32)).passed


@pytest.mark.parametrize("shape", [(), (0, 3), (1,)])
def test_odd_shapes(shape):
    assert compare_functions(Square.apply, torch.square, random(*shape), second=True).passed


def test_measure():
    found = measure("output", "0", np.array([1.0, np.nan, np.inf]), np.array([1.0, np.nan, np.inf]))
    assert (found.problem, found.max_abs) == ("", 0)
    assert "npnn has nan and torch 1" in measure("output", "0", np.array([np.nan]), np.array([1.0])).problem
    assert "npnn has 1 and torch nan" in measure("output", "0", np.array([1.0]), np.array([np.nan])).problem
    assert "npnn has 1 and torch inf" in measure("output", "0", np.array([1.0]), np.array([np.inf])).problem
    assert (
        "npnn has inf and torch -inf"
        in measure("output", "0", np.array([np.inf]), np.array([-np.inf])).problem
    )
    assert "at [1]" in measure("output", "0", np.array([1, 2**62 + 1]), np.array([1, 2**62])).problem
    assert "npnn has 1 and torch 0" in measure("output", "0", np.array([True]), np.array([False])).problem
    assert measure("output", "0", np.zeros((0, 3)), np.zeros((0, 3))).index is None
    assert "shape" in measure("output", "0", np.zeros((0, 3)), np.zeros((3, 0))).problem
    # The worst is what is farthest out by the tolerance, not by absolute difference.
    worst = measure("output", "0", np.array([1e9 + 0.01, 1e-3 + 1e-6]), np.array([1e9, 1e-3]))
    assert worst.index == (1,)
    assert worst.max_abs == pytest.approx(0.01)
    assert worst.max_rel == pytest.approx(1e-3)
    assert set(TOLERANCE) == {"float16", "float32", "float64", "complex64", "complex128"}


def test_report_reads_as_a_table():
    text = str(compare_functions(WrongGradient.apply, torch.square, X, name="sample 7"))
    lines = text.splitlines()
    assert lines[0] == "sample 7: 1 problem(s)"
    assert lines[1].split() == ["array", "shape", "max", "abs", "max", "rel", "worst", "at", "npnn", "torch"]
    assert lines[3].split()[:4] == ["x", "dL/d", "0", "[4,"]
    assert "[3, 2]" in lines[3]
    assert lines[-2].startswith("  also the same: ")
    assert lines[-1].startswith("  x dL/d 0: at [3, 2] npnn has")


def test_packed_sequences_are_taken_apart():
    theirs = torch.nn.GRU(3, 4, bidirectional=True).double()
    rows = npnn.tensor(random(10, 3)).requires_grad_()
    sequences = npnn.nn.utils.rnn.pack_sequence([rows[:2], rows[2:7], rows[7:]], enforce_sorted=False)
    report = compare(from_torch(theirs), theirs, sequences, second=True).raise_if_failed()
    outputs = [one for one in report.differences if one.kind == "output"]
    assert [one.shape for one in outputs] == [(10, 8), (5,), (3,), (3,), (2, 3, 4)]
    assert {one.name for one in report.differences if one.kind == "grad_input"} == {
        "input",
        "input, recorded",
    }
    mine = from_torch(theirs)
    with npnn.no_grad():
        mine.weight_hh_l0_reverse[1, 2] += 1e-6
    assert not compare(mine, theirs, sequences).passed


@pytest.mark.parametrize("name", ["ModuleList", "ModuleDict", "ParameterDict"])
def test_what_cannot_be_called_is_compared_all_the_same(name):
    own = {"a": torch.nn.Linear(3, 2), "b": torch.nn.ReLU()}
    held = {"ParameterDict": {"a": torch.ones(2)}, "ModuleList": own.values()}.get(name, own)
    theirs = getattr(torch.nn, name)(held)
    mine = from_torch(theirs)
    report = compare(mine, theirs).raise_if_failed()
    assert [one.kind for one in report.differences] == ["state_before"] * len(list(theirs.parameters()))
    next(mine.parameters()).array[...] += 1e-3
    mine.eval()
    labels = [problem.partition(":")[0] for problem in compare(mine, theirs).problems]
    assert sorted(labels) == sorted(["training", f"{next(iter(theirs.state_dict()))} before the call"])

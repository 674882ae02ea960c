"""Functions and methods of tensors on samples of op_db: values, dtypes, derivatives, in all forms."""

import pytest
import torch

import npnn
from torch_ref import tensor_cases
from torch_ref.convert import translate
from torch_ref.tensor_cases import FORMS_OF, NAMES, SPELLED, entries, forms, tensor_samples
from torch_ref.values import NPNN, TORCH, tensors_in

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def failures(samples, second=None):
    """The reports of those that do not agree; a sample that npnn does not take is a failure of its own."""
    found = []
    for sample in samples:
        if sample.comparable:
            try:
                report = sample.compare(second)
            except Exception as error:
                found.append(f"{sample.name}: {type(error).__name__}: {error}")
            else:
                found += [] if report.passed else [str(report)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_name(name):
    assert failures(tensor_samples(name, many=8)) == []


# NumPy warns of the logarithm of 0, which integers often are.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", NAMES)
def test_name_in_other_dtypes(name):
    samples = [
        sample for dtype in (torch.int64, torch.float32) for sample in tensor_samples(name, dtype, many=2)
    ]
    assert failures(samples, second=False) == []


NOT_REFUSED_ALIKE = {
    # A failure of a check in torch's own code, where it is of RuntimeError.
    ("narrow_copy", 1),
}


def refused():
    """op_db's error inputs that can be tried: of tensors with values, as many axes as NumPy has, no out=."""
    for name in NAMES:
        for info in entries(name):
            if info.name != name or info.error_inputs_func is None:
                continue
            for number, wrong in enumerate(info.error_inputs("cpu")):
                given = wrong.sample_input
                tensors = tensors_in((given.input, given.args, given.kwargs))
                first = (
                    given.input[0] if isinstance(given.input, (list, tuple)) and given.input else given.input
                )
                tried = isinstance(first, torch.Tensor) and "out" not in given.kwargs
                if (
                    tried
                    and all(one.ndim <= 64 and not one.is_meta for one in tensors)
                    and (name, number) not in NOT_REFUSED_ALIKE
                ):
                    yield name, number, given


def raised(library, name, args, kwargs):
    try:
        tensor_cases.call(library, name, forms(name)[0])(*args, **kwargs)
    except Exception as error:
        return type(error)
    return None


def test_what_torch_refuses_is_refused_alike():
    differ, count = [], 0
    for name, number, given in refused():
        args, kwargs = (given.input, *given.args), given.kwargs
        theirs = raised(TORCH, name, args, kwargs)
        mine = raised(NPNN, name, *translate((args, kwargs), NPNN))
        count += 1
        if mine is not theirs:
            differ.append(f"{name}[{number}]: torch raises {theirs}, npnn {mine}")
    assert differ == []
    assert count > 150


def test_every_form_is_there():
    """Every function, method and method in place that torch has of a name."""
    places = {"function": (npnn, "{}"), "method": (npnn.Tensor, "{}"), "in place": (npnn.Tensor, "{}_")}
    missing = [
        f"{name}, {form}"
        for name in NAMES
        for form in forms(name)
        if name not in SPELLED and tensor_cases.find(places[form][0], places[form][1].format(name)) is None
    ]
    assert missing == []


def test_the_table():
    assert len(NAMES) == len(set(NAMES)) >= 300
    assert {name for name in NAMES if not entries(name)} == set()
    assert {*SPELLED, *FORMS_OF} <= set(NAMES)


def test_several_results_print_alike():
    calls = [
        *("x.max(0)", "x.min(1)", "x.sort()", "x.topk(2)", "x.kthvalue(2)", "x.median(0)", "x.nanmedian(1)"),
        *("x.mode()", "x.cummax(0)", "x.cummin(1)", "x.histogram(2)"),
    ]
    for call in calls:
        mine, theirs = (
            repr(eval(call, {"x": root.tensor([[1.5, 2.0, -3.25], [0.5, 4.0, 8.0]])}))
            for root in (npnn, torch)
        )
        assert mine == theirs

"""The differential suite: every layer and function against torch, forward, backward and twice."""

import numpy as np
import pytest
import torch

import npnn
from torch_ref import compare, database, from_torch, layouts, torch_state_dict
from torch_ref.cases import CASES

MODULES = [name for name in layouts.MODULES if hasattr(npnn.nn, name)]
FUNCTIONS = [name for name in layouts.FUNCTIONS if hasattr(npnn.functional, name)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case):
    for dtype in ("float64", "float32"):
        case.sample(dtype).compare().raise_if_failed()


def check(samples, second=None):
    """Compares every sample, and shows all that failed rather than the first."""
    reports = [sample.compare(second=second) for sample in samples]
    failed = [str(report) for report in reports if not report.passed]
    assert not failed, f"{len(failed)} of {len(reports)} samples failed\n\n" + "\n\n".join(failed)


# Second derivatives in float64 alone: what is left of 1 - y² where a tanh saturates has few digits in
# float32.
DTYPES = pytest.mark.parametrize(
    ("dtype", "strength", "second"),
    [(torch.float64, 2, None), (torch.float32, 1, False), (torch.float16, 1, False)],
    ids=["float64", "float32", "float16"],
)
# float16 overflows at 65504, here as on torch; only NumPy says so.
OVERFLOW = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


@OVERFLOW
@DTYPES
@pytest.mark.parametrize("name", MODULES)
def test_torchs_samples_of_module(name, dtype, strength, second):
    """Those that have a pair of options which no other has; the census takes all."""
    samples = database.module_samples(name, dtype, strength)
    if dtype == torch.float16:
        samples = (sample for sample in samples if sample.torch_takes_it())
    check(samples, second)


@OVERFLOW
@DTYPES
@pytest.mark.parametrize("name", FUNCTIONS)
def test_torchs_samples_of_function(name, dtype, strength, second):
    samples = (one for one in database.function_samples(name, dtype, strength) if one.comparable)
    if dtype == torch.float16:
        samples = (sample for sample in samples if sample.torch_takes_it())
    check(samples, second)


@pytest.mark.parametrize("name", MODULES)
def test_every_layer_has_samples_or_cases(name):
    assert any(case.module == name for case in CASES) or next(database.module_samples(name), None)


@pytest.mark.filterwarnings("ignore:size_average and reduce args will be deprecated")
@pytest.mark.parametrize(
    "options",
    [
        {"size_average": False},
        {"size_average": True},
        {"reduce": False},
        {"reduce": True, "size_average": False},
    ],
)
def test_older_names_of_reductions(options):
    theirs = torch.nn.MSELoss(**options)
    mine = npnn.nn.MSELoss(**options)
    assert mine.reduction == theirs.reduction
    x = np.random.default_rng(0).standard_normal((2, 4, 3))
    compare(mine, theirs, x, x**2).raise_if_failed()


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (4, 2, 3, 5)])
def test_axis_that_is_left_out(name, shape):
    """Both guess, and both warn."""
    x = np.random.default_rng(0).standard_normal(shape)
    theirs, mine = getattr(torch.nn.functional, name), getattr(npnn.functional, name)
    with pytest.warns(UserWarning, match="Implicit dimension choice for") as warned:
        got, wanted = mine(npnn.tensor(x)), theirs(torch.from_numpy(x))
    assert len(warned) == 2
    np.testing.assert_allclose(got.array, wanted.numpy(), rtol=1e-12)


def test_network_learns_the_same():
    """Ten steps of gradient descent by hand, on a whole network: losses and weights stay together."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)).double()
    twin = from_torch(net)
    random = np.random.default_rng(0)
    x, classes = random.standard_normal((11, 5)), random.integers(3, size=11)

    def losses(library, model):
        for _ in range(10):
            model.zero_grad()
            loss = library.nn.functional.cross_entropy(model(library.tensor(x)), library.tensor(classes))
            loss.backward()
            with library.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.5 * parameter.grad
            yield loss.item()

    mine, theirs = list(losses(npnn, twin)), list(losses(torch, net))
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    assert mine[-1] < 0.8 * mine[0]
    for name, tensor in torch_state_dict(twin).items():
        np.testing.assert_allclose(tensor, net.state_dict()[name], rtol=1e-10)

"""from_torch, to_torch and the state_dicts: weights, mode, dtype, sharing, features behind a Flatten."""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

import npnn
from npnn import nn
from torch_ref import (
    SAME,
    UnknownLayoutError,
    channels_last,
    compare,
    convert,
    database,
    from_torch,
    layout_of,
    layouts,
    load_torch_state_dict,
    to_torch,
    torch_state_dict,
)
from torch_ref.cases import CASES

IMAGES = channels_last(2, C=3)
CONTAINERS = {
    "Module",
    "Container",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
    "Sequential",
}


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def nest():
    """Containers in containers."""
    return torch.nn.ModuleList(
        [
            torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh()),
            torch.nn.ModuleDict(
                {"list": torch.nn.ModuleList([torch.nn.Linear(3, 5, bias=False)]), "relu": torch.nn.ReLU()}
            ),
            torch.nn.ParameterList(
                [torch.nn.Parameter(torch.randn(2, 3)), torch.nn.Parameter(torch.randn(4))]
            ),
            torch.nn.ParameterDict({"a": torch.nn.Parameter(torch.randn(2, 3)), "b": None}),
            torch.nn.CrossEntropyLoss(torch.rand(7), label_smoothing=0.5),
        ]
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_converts_there_and_back(case):
    sample = case.sample()
    twin = from_torch(sample.torch)
    assert repr(twin) == repr(sample.torch)
    back = to_torch(twin)
    assert repr(back) == repr(sample.torch)
    for name, tensor in sample.torch.state_dict().items():
        assert torch.equal(back.state_dict()[name], tensor)
    compare(twin, sample.torch, *sample.inputs).raise_if_failed()


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss", "ignore:linear_cross_entropy")
@pytest.mark.parametrize("name", [name for name in layouts.MODULES if hasattr(nn, name)])
def test_every_class_converts_there_and_back(name):
    """The first samples of torch's database; what it leaves out has cases."""
    samples = list(itertools.islice(database.module_samples(name), 12))
    assert samples or any(case.module == name for case in CASES)
    for sample in samples:
        twin = from_torch(sample.torch)
        back = to_torch(twin)
        assert repr(back) == repr(sample.torch)
        assert back.state_dict().keys() == sample.torch.state_dict().keys()
        for key, tensor in sample.torch.state_dict().items():
            assert torch.equal(back.state_dict()[key], tensor)
        replace(sample, npnn=twin).compare(second=False).raise_if_failed()


@pytest.mark.parametrize("convert_module", [from_torch, lambda net: from_torch(to_torch(from_torch(net)))])
def test_containers(convert_module):
    theirs = nest()
    mine = convert_module(theirs)
    assert type(mine) is nn.ModuleList
    assert repr(mine[:2]) == repr(theirs[:2])
    assert list(mine.state_dict()) == list(theirs.state_dict())
    np.testing.assert_array_equal(mine[0][0].weight.array, theirs[0][0].weight.detach().numpy().T)
    np.testing.assert_array_equal(
        mine[1]["list"][0].weight.array, theirs[1]["list"][0].weight.detach().numpy().T
    )
    np.testing.assert_array_equal(mine[2][0].array, theirs[2][0].detach().numpy())
    np.testing.assert_array_equal(mine[3]["a"].array, theirs[3]["a"].detach().numpy())
    np.testing.assert_array_equal(mine[4].weight.array, theirs[4].weight.numpy())
    assert mine[4].label_smoothing == 0.5


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_mode_and_requires_grad(dtype):
    theirs = nest().to(getattr(torch, dtype))
    theirs[0][0].weight.requires_grad_(False)
    theirs[1].eval()
    for net in (from_torch(theirs), to_torch(from_torch(theirs))):
        assert [str(p.dtype).removeprefix("torch.") for p in net.parameters()] == [dtype] * 6
        assert [p.requires_grad for p in net.parameters()] == [False, True, True, True, True, True]
        assert [m.training for m in net.modules()] == [m.training for m in theirs.modules()]


def test_weights_and_modules_that_are_shared_stay_so():
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4))
    theirs[2].weight = theirs[0].weight
    theirs.append(theirs[1]).append(theirs[0])
    for net in (from_torch(theirs), to_torch(from_torch(theirs))):
        assert net[2].weight is net[0].weight
        assert net[2].bias is not net[0].bias
        assert net[3] is net[1]
        assert net[4] is net[0]
        assert len(list(net.parameters())) == 3
    compare(from_torch(theirs.double()), theirs, random(2, 4)).raise_if_failed()


def test_a_weight_that_is_shared_across_layouts_is_refused():
    theirs = torch.nn.ModuleDict(
        {"embedding": torch.nn.ParameterList([torch.nn.Parameter(torch.randn(5, 4))])}
    )
    theirs["head"] = torch.nn.Linear(4, 5)
    theirs["head"].weight = theirs["embedding"][0]
    with pytest.raises(
        ValueError, match="weight of Linear at 'head' is shared by layers that store it differently"
    ):
        from_torch(theirs)


def test_a_layer_that_is_called_on_two_layouts_is_refused():
    head = torch.nn.Linear(12, 12)
    net = torch.nn.Sequential(torch.nn.Flatten(), head, head)
    with pytest.raises(ValueError, match="Linear at '2' also stands elsewhere"):
        from_torch(net, IMAGES)


def test_twin_shares_no_memory():
    theirs = torch.nn.ModuleList([torch.nn.Linear(4, 1), torch.nn.CrossEntropyLoss(torch.rand(3))])
    kept = copy.deepcopy(theirs.state_dict())
    mine = from_torch(theirs)
    back = to_torch(mine)
    state = torch_state_dict(mine)
    for tensor in mine.state_dict().values():
        tensor.array[...] = 7
    for found in (theirs.state_dict(), back.state_dict(), state):
        assert all(torch.equal(found[name], tensor) for name, tensor in kept.items())


def test_conversion_draws_no_random_numbers():
    theirs = nest()
    states = torch.get_rng_state(), npnn.get_rng_state()
    to_torch(from_torch(theirs))
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_equal(np.asarray(npnn.get_rng_state()), np.asarray(states[1]))


@pytest.mark.parametrize(
    "net",
    [
        torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(60, 7)),
        torch.nn.Sequential(
            torch.nn.Tanh(),
            torch.nn.Flatten(),
            torch.nn.ReLU(),
            torch.nn.Linear(60, 7),
            torch.nn.Linear(7, 2),
        ),
        torch.nn.Sequential(
            torch.nn.Sequential(torch.nn.Softmax(1), torch.nn.Flatten()), torch.nn.Linear(60, 7)
        ),
        torch.nn.Sequential(torch.nn.LogSoftmax(-1), torch.nn.Flatten(1, 3), torch.nn.Softmax(1)),
        torch.nn.Sequential(torch.nn.Flatten(2), torch.nn.Softmax(-1)),
        torch.nn.Sequential(torch.nn.Flatten(-2, -1), torch.nn.Flatten(), torch.nn.Linear(60, 7)),
    ],
)
def test_networks_on_images_mean_the_same(net):
    net = net.double()
    x = random(2, 4, 5, 3)
    twin = from_torch(net, IMAGES)
    compare(twin, net, x, layouts=layout_of(net, IMAGES), second=True).raise_if_failed()
    back = to_torch(twin, IMAGES)
    assert repr(back) == repr(net)
    assert all(torch.equal(back.state_dict()[name], tensor) for name, tensor in net.state_dict().items())
    for name, tensor in torch_state_dict(twin, IMAGES).items():
        assert torch.equal(tensor, net.state_dict()[name])


def test_convolutions_tell_what_the_features_are():
    """No layout need be given: the rows behind the Flatten follow from the last convolution's channels."""
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, (2, 3), stride=(1, 2)),
        torch.nn.ReLU(),
        torch.nn.Sequential(torch.nn.Conv2d(4, 6, 3, groups=2, padding=1, bias=False), torch.nn.Tanh()),
        torch.nn.Flatten(),
        torch.nn.Linear(6 * 6 * 4, 5),
    ).double()
    twin = from_torch(net)
    compare(twin, net, random(2, 7, 9, 3), second=True).raise_if_failed()
    state = torch_state_dict(twin)
    assert all(torch.equal(state[name], tensor) for name, tensor in net.state_dict().items())
    assert repr(to_torch(twin)) == repr(net)


def test_flatten_of_what_is_no_image():
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(60, 7)).double()
    with pytest.raises(UnknownLayoutError, match="pass their layout and number of channels"):
        from_torch(net)
    twin = from_torch(net, SAME)
    compare(twin, net, random(2, 4, 15), layouts=layout_of(net, SAME)).raise_if_failed()
    load_torch_state_dict(twin, net.state_dict(), input=SAME)
    np.testing.assert_array_equal(twin[1].weight.array, net[1].weight.detach().numpy().T)


def test_state_dicts():
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 5, bias=False))
    mine = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 5, bias=False))
    found = load_torch_state_dict(mine, theirs.state_dict())
    assert not found.missing_keys
    assert not found.unexpected_keys
    np.testing.assert_array_equal(mine[1].weight.array, theirs[1].weight.detach().numpy().T)
    state = torch_state_dict(mine)
    assert list(state) == ["0.weight", "0.bias", "1.weight"]
    other = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 5, bias=False))
    assert str(other.load_state_dict(state)) == "<All keys matched successfully>"
    assert torch.equal(other[0].weight, theirs[0].weight)
    arrays = {name: tensor.numpy() for name, tensor in theirs.state_dict().items()}
    load_torch_state_dict(mine, arrays)


def test_state_dicts_that_do_not_fit():
    mine = nn.Sequential(nn.Linear(4, 3))
    with pytest.raises(
        RuntimeError, match=r'Missing key\(s\) in state_dict: "0.weight", "0.bias"(.|\n)*Unexpected.*"weight"'
    ):
        load_torch_state_dict(mine, torch.nn.Linear(4, 3).state_dict())
    found = load_torch_state_dict(mine, {"0.bias": torch.ones(3)}, strict=False)
    assert found.missing_keys == ["0.weight"]
    with pytest.raises(RuntimeError, match=r"size mismatch for 0\.weight"):
        load_torch_state_dict(mine, torch.nn.Sequential(torch.nn.Linear(5, 3)).state_dict())


class Doubled(torch.nn.Module):
    def __init__(self, size, factor=2.0):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.full((size,), factor))

    def forward(self, x):
        return x * self.scale


class NumPyDoubled(nn.Module):
    def __init__(self, size, factor=2.0):
        super().__init__()
        self.scale = nn.Parameter(npnn.full((size,), factor))

    def forward(self, x):
        return x * self.scale


def test_classes_without_a_twin():
    with pytest.raises(LookupError, match=r"Doubled at '1\.a' has no row"):
        from_torch(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.ModuleDict({"a": Doubled(3)})))


def test_class_of_the_users_own(monkeypatch):
    monkeypatch.setitem(layouts.MODULES, "Doubled", layouts.POINTWISE)
    net = torch.nn.Sequential(Doubled(3)).double()
    with pytest.raises(LookupError, match=r"Doubled at '0' has no twin in npnn.*torch_ref.convert.TWINS"):
        from_torch(net)
    monkeypatch.setitem(convert.TWINS, Doubled, NumPyDoubled)
    with pytest.raises(
        LookupError, match="cannot read the argument size of NumPyDoubled from Doubled at '0'"
    ):
        from_torch(net)
    monkeypatch.setitem(convert.ARGUMENTS, ("NumPyDoubled", "size"), lambda module: len(module.scale))
    twin = from_torch(net)
    np.testing.assert_array_equal(twin[0].scale.array, [2.0, 2.0, 2.0])
    report = compare(twin, net, random(5, 3))
    assert report.problems == [
        "repr: npnn has Sequential(\n  (0): NumPyDoubled()\n) and torch Sequential(\n  (0): Doubled()\n)"
    ]


def test_class_that_only_has_the_name_of_torchs():
    class Linear(torch.nn.Module):
        pass

    with pytest.raises(LookupError, match="Linear has no twin in npnn"):
        from_torch(Linear())


def test_members_that_were_added_are_refused():
    layer = torch.nn.Linear(4, 3)
    layer.register_parameter("extra", torch.nn.Parameter(torch.ones(2)))
    with pytest.raises(
        ValueError, match=r"Linear has the parameters \['weight', 'bias', 'extra'\] where its twin has"
    ):
        from_torch(layer)
    normed = torch.nn.Sequential(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 3)))
    with pytest.raises(LookupError, match="ParametrizedLinear at '0' has no row"):
        from_torch(normed)


def test_dtype_that_numpy_has_not():
    with pytest.raises(TypeError, match="NumPy has no bfloat16"):
        from_torch(torch.nn.Linear(4, 3).bfloat16())


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (torch.float16, np.dtype("float16")),
        (torch.nn.functional.relu, npnn.functional.relu),
        (torch.tanh, npnn.functional.tanh),
        ({"a": [1, "mean", None]}, {"a": [1, "mean", None]}),
    ],
)
def test_translate(value, wanted):
    assert convert.translate(value, convert.NPNN) == wanted


def test_translate_modules_and_refusals():
    assert type(convert.translate(torch.nn.ReLU(), convert.NPNN)) is nn.ReLU
    assert type(convert.translate(nn.ReLU(), convert.TORCH)) is torch.nn.ReLU
    with pytest.raises(LookupError, match=r"npnn has no dtype torch\.bfloat16"):
        convert.translate(torch.bfloat16, convert.NPNN)
    with pytest.raises(LookupError, match="npnn has no function fft_fft"):
        convert.translate(torch.fft.fft, convert.NPNN)


@pytest.mark.parametrize(
    "made",
    [
        lambda lib: lib.nn.ConvTranspose1d(3, 5, 4),
        lambda lib: lib.nn.Embedding(7, 3),
        lambda lib: lib.nn.Bilinear(2, 3, 5),
        lambda lib: lib.nn.LayerNorm((2, 3)),
        lambda lib: lib.nn.RMSNorm((3, 2)),
    ],
)
@pytest.mark.parametrize("reloaded", [False, True])
def test_a_twin_initializes_its_weight_as_torch_does(made, reloaded):
    theirs = made(torch)
    twin = from_torch(theirs)
    if reloaded:
        twin.load_state_dict(
            {name: value.numpy() for name, value in made(npnn).state_dict().items()}, assign=True
        )
    for lib, module in ((torch, theirs), (npnn, twin)):
        lib.manual_seed(3)
        lib.nn.init.uniform_(module.weight)
    expected = torch_state_dict(from_torch(theirs))["weight"]
    assert torch.equal(torch_state_dict(twin)["weight"], expected)

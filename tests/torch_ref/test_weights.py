"""The layouts of weights of classes of one's own."""

import numpy as np
import pytest
import torch

import npnn
from torch_ref import (
    SAME,
    UnknownLayoutError,
    channels_last,
    load_torch_optimizer_state_dict,
    load_torch_state_dict,
    state_layout,
    torch_state_dict,
)


def classifier(nn):
    """Layers in attributes, in a Sequential and in a list, a parameter and a buffer of the class's own."""

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 4, (2, 3)), nn.ReLU(), nn.BatchNorm2d(4))
            self.fc = nn.Linear(4 * 4 * 2, 6)
            self.heads = nn.ModuleList([nn.Linear(6, 5, bias=False), nn.PReLU(5)])
            self.scale = nn.Parameter(self.fc.bias.detach().clone())
            self.register_buffer("shift", self.fc.bias.detach() + 1)

        def forward(self, x):
            x = self.features(x).reshape(len(x), -1)
            return self.heads[1](self.heads[0](self.fc(x) * self.scale + self.shift))

    return Classifier().double().eval()


SAID = {"flattened": {"fc": 4}, "layouts": {"scale": SAME, "shift": SAME}}


def images():
    return np.random.default_rng(0).standard_normal((2, 5, 4, 3))


def test_a_class_of_ones_own_computes_the_same_with_torchs_weights():
    theirs, ours = classifier(torch.nn), classifier(npnn.nn)
    load_torch_state_dict(ours, theirs.state_dict(), **SAID)
    expected = theirs(torch.from_numpy(images().transpose(0, 3, 1, 2))).numpy(force=True)
    np.testing.assert_allclose(ours(images()).numpy(force=True), expected, rtol=1e-9, atol=1e-11)
    back = torch_state_dict(ours, **SAID)
    assert all(torch.equal(back[name], value) for name, value in theirs.state_dict().items())


def test_so_does_the_state_of_its_optimizer():
    theirs, ours = classifier(torch.nn), classifier(npnn.nn)
    load_torch_state_dict(ours, theirs.state_dict(), **SAID)
    optimizers = torch.optim.Adam(theirs.parameters()), npnn.optim.Adam(ours.parameters())

    def step(net, optimizer, x):
        optimizer.zero_grad()
        (net(x) ** 2).mean().backward()
        optimizer.step()

    x = torch.from_numpy(images().transpose(0, 3, 1, 2))
    step(theirs, optimizers[0], x)
    load_torch_state_dict(ours, theirs.state_dict(), **SAID)
    load_torch_optimizer_state_dict(optimizers[1], optimizers[0].state_dict(), ours, **SAID)
    step(theirs, optimizers[0], x)
    step(ours, optimizers[1], images())
    for name, value in torch_state_dict(ours, **SAID).items():
        np.testing.assert_allclose(value, theirs.state_dict()[name], rtol=1e-9, atol=1e-11)


def test_what_is_not_said_is_not_guessed():
    net = classifier(npnn.nn)
    with pytest.raises(
        LookupError, match=r"layout of scale, shift of Classifier is not known: .*\{'scale': SAME\}"
    ):
        state_layout(net, flattened={"fc": 4})
    with pytest.raises(LookupError, match=r"whether fc\.weight, heads\.0\.weight stands behind"):
        state_layout(net, layouts=SAID["layouts"])
    with pytest.raises(LookupError, match=r"Classifier has no fc1\.weight, mask"):
        state_layout(net, flattened={"fc1": 4}, layouts={"mask": SAME})
    with pytest.raises(ValueError, match="does not fit"):
        load_torch_state_dict(
            net, classifier(torch.nn).state_dict(), flattened={"fc": 3}, layouts=SAID["layouts"]
        )


def test_without_images_nothing_need_be_said():
    class Recurrent(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.lstm = torch.nn.Embedding(5, 3), torch.nn.LSTM(3, 4)
            self.linear = torch.nn.Linear(4, 5)

    found = state_layout(Recurrent())
    assert [
        str(found.of_state(name)) for name in ("embedding.weight", "lstm.weight_hh_l0", "linear.weight")
    ] == [
        str(SAME),
        "'out in -> in out'",
        "'out in -> in out'",
    ]


def test_a_class_with_the_name_of_a_layer_is_not_that_layer():
    class LSTM(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight_ih_l0 = torch.nn.Parameter(torch.ones(2, 3))

    with pytest.raises(LookupError, match="layout of weight_ih_l0 of LSTM is not known"):
        state_layout(LSTM())


def test_a_sequential_is_followed_as_before():
    net = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(75, 10))
    assert (
        str(state_layout(net, channels_last(2, C=3)).of_state("2.weight")) == "'out (C S) -> (S C) out', C=3"
    )
    with pytest.raises(UnknownLayoutError):
        state_layout(net)

"""Layouts along a chain of layers: what is known behind a Flatten, and what is refused, not guessed."""

import numpy as np
import pytest
import torch
from torch import nn

from torch_ref.flow import UnknownLayoutError, layout_of, plan
from torch_ref.layouts import MATRIX, SAME, channels_last, to_npnn

IMAGES = channels_last(2, C=3)


@pytest.mark.parametrize(
    ("features", "x"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, (2, 3)), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()), (2, 3, 7, 9)),
        (
            nn.Sequential(nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d((3, 2)), nn.Flatten()),
            (2, 3, 7, 9),
        ),
        (nn.Sequential(nn.GroupNorm(2, 4), nn.Flatten()), (2, 4, 3, 5)),
        (
            nn.Sequential(
                nn.Sequential(nn.ReLU(), nn.ConvTranspose1d(3, 4, 2)), nn.Flatten(1, -1), nn.Tanh()
            ),
            (2, 3, 5),
        ),
        (nn.Sequential(nn.InstanceNorm3d(4), nn.Flatten(1, 4), nn.Flatten()), (2, 4, 3, 2, 5)),
        (nn.Sequential(nn.BatchNorm1d(4), nn.Flatten()), (2, 4, 5)),
        (nn.Sequential(nn.BatchNorm1d(4), nn.Flatten()), (2, 4)),
    ],
)
def test_rows_behind_a_flatten_follow_the_features(features, x):
    """torch's features, put in npnn's order by hand, times the rearranged weight, are torch's result."""
    features = features.double()
    spatial = torch.nn.Sequential(*[m for m in features if not isinstance(m, (nn.Flatten, nn.Tanh))])
    x = torch.randn(x, dtype=torch.float64)
    maps = spatial(x).detach()
    linear = nn.Linear(maps[0].numel(), 5, bias=False).double()
    net = nn.Sequential(features, linear)
    tanh = np.tanh if any(isinstance(m, nn.Tanh) for m in features) else np.asarray
    flat = np.moveaxis(tanh(maps.numpy()), 1, -1).reshape(len(maps), -1)
    layouts = layout_of(net)
    weight = to_npnn(linear.weight.detach().numpy(), layouts.of_state("1.weight"))
    np.testing.assert_allclose(flat @ weight, net(x).detach().numpy(), rtol=1e-9, atol=1e-11)
    assert layouts.output.alike(SAME)


def test_layers_in_other_containers_are_taken_alone():
    net = nn.ModuleList([nn.Flatten(), nn.Linear(12, 5), nn.ModuleDict({"conv": nn.Conv2d(3, 4, 2)})])
    layouts = layout_of(net)
    assert layouts.of_state("1.weight") == MATRIX
    assert layouts.of_state("2.conv.weight").patterns == ("out in *kernel -> *kernel in out",)
    assert layouts.of_state("1.bias") == SAME


def test_input_of_a_chain_is_that_of_its_first_layer_with_a_layout():
    layouts = layout_of(nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh(), nn.Conv1d(3, 4, 2))))
    assert layouts.of_input("input").alike(channels_last(1))
    assert layouts.output == channels_last(1, C=4)


@pytest.mark.parametrize(
    ("layer", "arguments", "output"),
    [
        (nn.Softmax(dim=1), {"dim": 3}, IMAGES),
        (nn.Softmax(dim=-1), {"dim": -2}, IMAGES),
        (nn.LogSoftmax(dim=-3), {"dim": -1}, IMAGES),
        (nn.LogSoftmax(dim=2), {"dim": 1}, IMAGES),
        (nn.Flatten(2), {"start_dim": 1, "end_dim": -2}, channels_last(1, C=3)),
        (nn.Flatten(2, 2), {}, IMAGES),
        (nn.Softmin(dim=1), {"dim": 3}, IMAGES),
        (nn.GLU(dim=-2), {"dim": -3}, IMAGES),
        (nn.GLU(dim=1), {"dim": 3}, channels_last(2, C=1)),
    ],
)
def test_axes_are_renumbered(layer, arguments, output):
    found = plan(nn.Sequential(layer), IMAGES)["0"]
    assert found.arguments == arguments
    assert found.layout.output == output


@pytest.mark.parametrize(
    ("net", "input", "message"),
    [
        (
            nn.Sequential(nn.Flatten(), nn.Linear(12, 5)),
            None,
            r"Linear at '1' stands behind a Flatten.*channels_last\(2, C=3\)",
        ),
        (nn.Sequential(nn.Tanh(), nn.Flatten(), nn.ReLU(), nn.Linear(12, 5)), None, "Linear at '3'"),
        (nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 5)), None, "Linear at '2'"),
        (nn.Sequential(nn.Conv2d(3, 4, 2), nn.Linear(4, 5)), None, "Linear at '1' takes .* but is called on"),
        (nn.Sequential(nn.Conv2d(3, 4, 2), nn.Conv1d(4, 5, 2)), None, "Conv1d at '1' takes"),
        (
            nn.Sequential(nn.Conv2d(3, 4, 2), nn.Flatten(), nn.BatchNorm1d(12)),
            None,
            "BatchNorm1d at '2' takes",
        ),
        (nn.Sequential(nn.Linear(4, 5), nn.Conv1d(5, 6, 2)), None, "Conv1d at '1' takes"),
        (nn.Sequential(nn.Flatten(1, 2)), IMAGES, "Flatten at '0' joins axes 1 to 2 of"),
        (nn.Sequential(nn.Flatten(0)), IMAGES, "Flatten at '0' joins axes 0 to -1 of"),
        (nn.Sequential(nn.Flatten(), nn.Flatten(0)), IMAGES, "Flatten at '1' joins"),
        (nn.Sequential(nn.Flatten(), nn.GLU()), IMAGES, "GLU at '1' halves"),
        (nn.Sequential(nn.Softmax()), IMAGES, "Softmax at '0' .* names no axis"),
        (
            nn.Sequential(nn.GroupNorm(2, 4), nn.Softmax(1)),
            None,
            "Softmax at '1' .* depends on how many there are",
        ),
    ],
)
def test_what_cannot_be_known_is_refused(net, input, message):
    with pytest.raises(UnknownLayoutError, match=message):
        layout_of(net, input)


def test_class_without_a_row():
    class Mine(nn.Module):
        pass

    with pytest.raises(LookupError, match=r"Mine at '1\.0' has no row in torch_ref\.layouts\.MODULES"):
        layout_of(nn.Sequential(nn.ReLU(), nn.Sequential(Mine())))

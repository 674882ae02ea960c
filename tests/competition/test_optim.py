"""The optimizer: Muon against the singular value decomposition, SGD and AdamW against torch's own."""

import copy

import pytest
import torch
from torch import nn

from competition.models import MLP, Airbench
from competition.optim import Group, GroupedOptimizer, Groups, linear_decay, orthogonalized, parameter_groups


def polynomial(values, steps):
    for _ in range(steps):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


@pytest.mark.parametrize("shape", [(7, 12), (12, 7), (3, 6, 9)])
def test_orthogonalized_keeps_singular_vectors_and_brings_values_to_one(shape):
    matrix = torch.randn(shape)
    u, values, vh = torch.linalg.svd(matrix.double(), full_matrices=False)
    scaled = values / values.norm(dim=-1, keepdim=True)
    expected = u @ torch.diag_embed(polynomial(scaled, 3)) @ vh
    torch.testing.assert_close(orthogonalized(matrix).double(), expected, rtol=1e-4, atol=1e-4)


def test_five_steps_are_nearly_orthogonal():
    values = torch.linalg.svdvals(orthogonalized(torch.randn(20, 50), steps=5))
    assert values.min() > 0.65
    assert values.max() < 1.25


def test_three_steps_raise_small_singular_values():
    matrix = torch.diag(torch.tensor([1.0, 0.5, 0.2, 0.1, 0.05]))
    values = torch.linalg.svdvals(orthogonalized(matrix))
    assert values.min() > 0.6
    assert values.max() < 1.25


def test_muon_on_filters_by_hand():
    weight = nn.Parameter(torch.randn(5, 3, 2, 2))
    optimizer = GroupedOptimizer(
        [
            {
                "params": [weight],
                "rule": "muon",
                "lr": 0.3,
                "momentum": 0.6,
                "weight_decay": 0.1,
                "normalize": True,
            }
        ]
    )
    expected, velocity = weight.detach().clone(), torch.zeros_like(weight)
    for _ in range(3):
        gradient = torch.randn_like(weight)
        weight.grad = gradient.clone()
        optimizer.step()
        velocity = 0.6 * velocity + gradient
        update = orthogonalized((gradient + 0.6 * velocity).reshape(5, 12)).reshape(5, 3, 2, 2)
        expected = expected * 5**0.5 / expected.norm() * (1 - 0.3 * 0.1) - 0.3 * update
    torch.testing.assert_close(weight.detach(), expected, rtol=1e-5, atol=1e-6)


def test_muon_does_not_depend_on_the_scale_of_the_gradient():
    weights = [nn.Parameter(torch.ones(4, 6)) for _ in range(2)]
    gradient = torch.randn(4, 6)
    for weight, scale in zip(weights, (1.0, 1000.0), strict=True):
        weight.grad = scale * gradient
        GroupedOptimizer([{"params": [weight], "rule": "muon", "lr": 0.1}]).step()
    torch.testing.assert_close(weights[0], weights[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "twin"),
    [
        (
            {"rule": "sgd", "lr": 0.1, "momentum": 0.85, "weight_decay": 0.02},
            lambda p: torch.optim.SGD(p, 0.1, momentum=0.85, weight_decay=0.02, nesterov=True),
        ),
        ({"rule": "sgd", "lr": 0.1, "momentum": 0.0}, lambda p: torch.optim.SGD(p, 0.1)),
        (
            {"rule": "adamw", "lr": 0.01, "weight_decay": 0.3},
            lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.3),
        ),
    ],
)
def test_as_torchs_own(options, twin):
    mine = [nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(5))]
    theirs = copy.deepcopy(mine)
    optimizer, reference = GroupedOptimizer([{"params": mine, **options}]), twin(theirs)
    for _ in range(4):
        for one, other in zip(mine, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        optimizer.step()
        reference.step()
    torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-7)


def test_state_survives_saving():
    def steps(optimizer, weights, gradients):
        for gradient in gradients:
            for weight in weights:
                weight.grad = gradient * torch.ones_like(weight)
            optimizer.step()

    def made(weights):
        rules = ("muon", "sgd", "adamw")
        return GroupedOptimizer([{"params": [w], "rule": r} for w, r in zip(weights, rules, strict=True)])

    gradients = torch.randn(4)
    straight = [nn.Parameter(torch.eye(3)) for _ in range(3)]
    steps(made(straight), straight, gradients)
    first = [nn.Parameter(torch.eye(3)) for _ in range(3)]
    optimizer = made(first)
    steps(optimizer, first, gradients[:2])
    second = copy.deepcopy(first)
    resumed = made(second)
    resumed.load_state_dict(optimizer.state_dict())
    steps(resumed, second, gradients[2:])
    torch.testing.assert_close(second, straight, rtol=0, atol=0)


def test_parameters_without_a_gradient_stay():
    weight = nn.Parameter(torch.ones(2, 2))
    GroupedOptimizer([{"params": [weight], "rule": "muon"}]).step()
    assert torch.equal(weight, torch.ones(2, 2))


def test_every_learning_parameter_is_in_one_group():
    net = Airbench((4, 6, 8))
    groups = {group["name"]: group["params"] for group in parameter_groups(net, Groups())}
    assert {name: len(members) for name, members in groups.items()} == {
        "matrices": 6,
        "head": 1,
        "vectors": 6,
        "whitening": 1,
    }
    grouped = [id(parameter) for members in groups.values() for parameter in members]
    assert sorted(grouped) == sorted(id(p) for p in net.parameters() if p.requires_grad)
    assert [group["name"] for group in parameter_groups(MLP(), Groups())] == ["matrices", "head", "vectors"]


def test_learning_rates_rise_and_fall_in_straight_lines():
    weights = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    optimizer = GroupedOptimizer(
        [{"params": [weights[0]], "lr": 8.0}, {"params": [weights[1]], "lr": 4.0, "epochs": 2}]
    )
    scheduler = linear_decay(optimizer, steps=8, epochs=4)
    rates = []
    for _ in range(9):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    assert [first for first, _ in rates] == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert [second for _, second in rates] == [4, 3, 2, 1, 0, 0, 0, 0, 0]


def test_warmup():
    optimizer = GroupedOptimizer([{"params": [nn.Parameter(torch.ones(1))], **vars(Group(lr=6.0))}])
    scheduler = linear_decay(optimizer, steps=10, epochs=1, warmup=0.2)
    rates = []
    for _ in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    torch.testing.assert_close(rates, [2.0, 4.0, 6.0, 5.25, 4.5, 3.75, 3.0, 2.25, 1.5, 0.75])

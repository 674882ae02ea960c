"""The training loop against the same arithmetic written out in NumPy, and its restart."""

import io

import numpy as np
import pytest

import npnn
from npnn.training.config import Hyperparameters
from npnn.training.data import prepare_iris
from npnn.training.trainer import Trainer


def train(trainer, epochs):
    steps, ends = [], []
    for _ in range(epochs):
        steps += trainer.steps()
        ends.append(trainer.finish_epoch())
    return steps, ends


def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_probabilities[np.arange(len(labels)), labels].mean(), np.exp(log_probabilities)


def by_hand(weights, h, data, epochs, lr_of_epoch):
    """4-5-3 with tanh: SGD with momentum, weight decay and a clipped gradient, derived on paper."""
    w1, b1, w2, b2 = (weight.copy() for weight in weights)
    x_all = (data.train.features - data.mean) / data.std
    y_all = data.train.labels
    x_valid = (data.validation.features - data.mean) / data.std
    generator = npnn.Generator().manual_seed(h.seed)
    velocity = None
    steps, ends = [], []

    def forward(x):
        return np.tanh(x @ w1 + b1)

    for epoch in range(epochs):
        order = npnn.randperm(len(y_all), generator=generator).numpy()
        for start in range(0, len(y_all), h.batch_size):
            rows = order[start : start + h.batch_size]
            x, y = x_all[rows], y_all[rows]
            hidden = forward(x)
            logits = hidden @ w2 + b2
            loss, probabilities = cross_entropy(logits, y)
            steps.append((loss, (logits.argmax(axis=1) == y).mean(), lr_of_epoch(epoch)))
            dlogits = (probabilities - np.eye(3)[y]) / len(y)
            dhidden = (dlogits @ w2.T) * (1 - hidden**2)
            grads = [x.T @ dhidden, dhidden.sum(axis=0), hidden.T @ dlogits, dlogits.sum(axis=0)]
            if h.clip_norm is not None:
                norm = np.sqrt(sum((grad**2).sum() for grad in grads))
                grads = [grad * min(1.0, h.clip_norm / (norm + 1e-6)) for grad in grads]
            parameters = [w1, b1, w2, b2]
            grads = [grad + h.weight_decay * p for grad, p in zip(grads, parameters, strict=True)]
            if velocity is None:
                velocity = grads
            else:
                velocity = [h.momentum * v + grad for v, grad in zip(velocity, grads, strict=True)]
            for p, v in zip(parameters, velocity, strict=True):
                p -= lr_of_epoch(epoch) * v
        metrics = []
        for x, y in ((x_all, y_all), (x_valid, data.validation.labels)):
            logits = forward(x) @ w2 + b2
            metrics += [cross_entropy(logits, y)[0], (logits.argmax(axis=1) == y).mean()]
        ends.append((*metrics, lr_of_epoch(epoch)))
    return np.array(steps), np.array(ends)


@pytest.mark.parametrize(
    ("options", "lr_of_epoch"),
    [
        ({}, lambda epoch: 0.05),
        ({"clip_norm": 0.3, "momentum": 0.0, "weight_decay": 0.0}, lambda epoch: 0.05),
        (
            {"schedule": "constant", "factor": 0.5, "total_iters": 2},
            lambda epoch: 0.05 * (0.5 if epoch < 2 else 1),
        ),
        ({"schedule": "exponential", "gamma": 0.7}, lambda epoch: 0.05 * 0.7**epoch),
        ({"schedule": "step", "gamma": 0.1, "step_size": 2}, lambda epoch: 0.05 * 0.1 ** (epoch // 2)),
        ({"standardize": False, "batch_size": 200}, lambda epoch: 0.05),
    ],
)
def test_trains_as_written_out_by_hand(options, lr_of_epoch):
    h = Hyperparameters(hidden=(5,), activation="tanh", lr=0.05, dtype="float64", seed=9, **options)
    data = prepare_iris(h.split_seed, h.standardize)
    trainer = Trainer(h, data)
    weights = [p.array.copy() for p in trainer.model.parameters()]
    steps, ends = train(trainer, epochs=5)
    expected_steps, expected_ends = by_hand(weights, h, data, 5, lr_of_epoch)
    np.testing.assert_allclose([step[2:] for step in steps], expected_steps, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose([end[2:] for end in ends], expected_ends, rtol=1e-9, atol=1e-11)
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    assert [step.epoch for step in steps] == sorted([1, 2, 3, 4, 5] * (len(steps) // 5))
    assert [(end.epoch, end.step) for end in ends] == [(n, n * len(steps) // 5) for n in range(1, 6)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"schedule": "exponential", "clip_norm": 0.5, "dtype": "float64"},
        {"schedule": "step", "step_size": 2, "hidden": (6, 5), "momentum": 0.0},
    ],
)
def test_continues_to_the_bit(options):
    h = Hyperparameters(**options)
    data = prepare_iris(h.split_seed)
    straight = Trainer(h, data)
    train(straight, epochs=3)
    state = straight.state_dict()
    file = io.BytesIO()
    npnn.save(state, file)
    file.seek(0)
    expected = train(straight, epochs=3)
    # Whatever another run does to the default generator must not matter.
    npnn.manual_seed(12345)
    continued = Trainer(h, data)
    continued.load_state_dict(npnn.load(file))
    assert train(continued, epochs=3) == expected
    for one, two in zip(straight.model.parameters(), continued.model.parameters(), strict=True):
        np.testing.assert_array_equal(one.array, two.array)


def test_the_seed_decides_and_both_dtypes_start_alike():
    data = prepare_iris(0)

    def weights(**options):
        return [p.array for p in Trainer(Hyperparameters(**options), data).model.parameters()]

    for once, again, wide in zip(
        weights(seed=4), weights(seed=4), weights(seed=4, dtype="float64"), strict=True
    ):
        np.testing.assert_array_equal(once, again)
        np.testing.assert_array_equal(once, wide)
        assert (once.dtype, wide.dtype) == (np.float32, np.float64)
    assert (weights(seed=4)[0] != weights(seed=5)[0]).any()


def test_evaluates_any_rows():
    h = Hyperparameters(dtype="float64")
    data = prepare_iris(h.split_seed)
    trainer = Trainer(h, data)
    probabilities = trainer.classifier.predict(data.test.features)
    loss, accuracy = trainer.evaluate(data.test)
    labels = data.test.labels
    np.testing.assert_allclose(loss, -np.log(probabilities[np.arange(30), labels]).mean(), rtol=1e-9)
    assert accuracy == (probabilities.argmax(axis=1) == labels).mean()


@pytest.mark.parametrize("seed", range(3))
def test_default_settings_learn_iris(seed):
    h = Hyperparameters(seed=seed)
    data = prepare_iris(h.split_seed)
    trainer = Trainer(h, data)
    train(trainer, h.epochs)
    assert trainer.evaluate(data.test).accuracy >= 0.96

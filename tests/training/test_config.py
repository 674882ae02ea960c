"""Hyperparameters: what is accepted, what is refused, and the way to JSON and back."""

import json
import math

import pytest

from npnn.training.config import ConfigError, Hyperparameters


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"hidden": (16, 8), "activation": "tanh", "init": "xavier_normal", "dtype": "float64"},
        {"schedule": "constant", "factor": 0.5, "total_iters": 0},
        {"schedule": "exponential", "gamma": 0.9},
        {"schedule": "step", "gamma": 1.0, "step_size": 1},
        {"clip_norm": 1, "momentum": 0, "weight_decay": 0.0, "standardize": False, "seed": 2**32 - 1},
    ],
)
def test_survive_json(values):
    hyperparameters = Hyperparameters(**values)
    assert Hyperparameters.from_json(json.loads(json.dumps(hyperparameters.to_json()))) == hyperparameters


def test_a_schedule_fills_in_its_own_options_and_no_others():
    step = Hyperparameters(schedule="step", step_size=7)
    assert (step.gamma, step.step_size, step.factor, step.total_iters) == (0.1, 7, None, None)
    assert "factor" not in step.to_json()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden": ()}, r"hidden must be one positive whole number for each hidden layer, but got \(\)"),
        ({"hidden": (16, 0)}, r"hidden must be .* but got \(16, 0\)"),
        ({"activation": "step"}, "activation must be one of relu, sigmoid, tanh, but got 'step'"),
        ({"init": "ones"}, "init must be one of default, xavier_uniform"),
        ({"lr": 0.0}, "lr must be a positive number, but got 0.0"),
        ({"lr": math.nan}, "lr must be a positive number, but got nan"),
        ({"lr": math.inf}, "lr must be a positive number, but got inf"),
        ({"lr": "0.1"}, "lr must be a positive number, but got '0.1'"),
        ({"schedule": "cosine"}, "schedule must be one of constant, exponential, step, but got 'cosine'"),
        ({"momentum": -0.1}, "momentum must be a number of at least 0, but got -0.1"),
        ({"weight_decay": -1}, "weight_decay must be a number of at least 0, but got -1"),
        ({"clip_norm": 0}, "clip_norm must be a positive number or none, but got 0"),
        ({"batch_size": 0}, "batch_size must be a positive whole number, but got 0"),
        ({"batch_size": True}, "batch_size must be a positive whole number, but got True"),
        ({"epochs": 1.5}, "epochs must be a positive whole number, but got 1.5"),
        ({"seed": -1}, "seed must be a whole number from 0 to 4294967295, but got -1"),
        ({"split_seed": 2**32}, "split_seed must be a whole number from 0 to 4294967295"),
        ({"dtype": "float16"}, "dtype must be one of float32, float64, but got 'float16'"),
        ({"standardize": 1}, "standardize must be true or false, but got 1"),
        ({"gamma": 0.5}, "gamma belongs to the schedule exponential and step, but the schedule is constant"),
        (
            {"schedule": "step", "factor": 0.5},
            "factor belongs to the schedule constant, but the schedule is step",
        ),
        ({"schedule": "step", "step_size": 0}, "step_size must be a positive whole number, but got 0"),
        (
            {"schedule": "exponential", "gamma": 1.5},
            "gamma must be a number above 0 and up to 1, but got 1.5",
        ),
        ({"total_iters": -1}, "total_iters must be a whole number of at least 0, but got -1"),
    ],
)
def test_refuses(values, message):
    with pytest.raises(ConfigError, match=message):
        Hyperparameters(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": 1}, "unknown hyperparameter 'learning_rate': expected hidden, activation"),
        ({"hidden": 16}, "hidden must be"),
        ({"hidden": ["a"]}, "hidden must be"),
        ({"activation": []}, "activation must be"),
    ],
)
def test_refuses_bad_json(values, message):
    with pytest.raises(ConfigError, match=message):
        Hyperparameters.from_json(values)

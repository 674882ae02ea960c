"""Every script of examples/ prints on npnn what it prints on torch."""

import contextlib
import io
import runpy
import sys
from pathlib import Path

import pytest
import torch

import npnn
from torch_ref.swap import first_difference

EXAMPLES = Path(__file__).parents[2] / "examples"

# Relative and absolute tolerance of a number with a fraction: a sum of 1e-9 in float32 is of rounding errors.
TOLERANCES = {"float32": (1e-4, 1e-8), "float64": (1e-9, 1e-13)}

# A script and its options, beyond --backend and --dtype.
RUNS = [
    "polynomial_fit.py --steps 101",
    "regression.py --steps 101",
    "sine_prediction.py --steps 1 --length 25",
    "word_language_model.py --steps 101 --model LSTM",
    "word_language_model.py --steps 101 --model GRU --tied",
    "word_language_model.py --steps 101 --model Transformer --tied --lr 0.5",
    "character_rnn.py --steps 150",
    "gpt.py --steps 101 --layers 1 --width 32 --dropout 0.1",
    "checkpoint.py --steps 120",
    "lr_finder.py --steps 101",
    "digits_cnn.py --steps 101",
    "digits_rnn.py --steps 101",
    "vae.py --steps 101",
    "siamese.py --steps 101",
    "super_resolution.py --steps 101",
    "seq2seq.py --steps 101",
    "graph_networks.py --steps 101",
    "actor_critic.py --steps 101",
    "gan.py --steps 101",
    "forward_forward.py --steps 101",
    "distillation.py --steps 101",
    "fgsm.py --steps 101",
]

FLOAT64_RUNS = [
    # Forty evaluations of LBFGS magnify a rounding error, be it torch's or npnn's, a thousandfold: in float32
    # no more than the twenty above can be compared.
    "sine_prediction.py --steps 5 --length 25",
    "word_language_model.py --steps 101 --model RNN",
]


@pytest.fixture(autouse=True)
def defaults(monkeypatch):
    """One thread, as steps of this size take longer with more; and what the scripts set is set back."""
    monkeypatch.setattr(sys, "argv", sys.argv)
    threads = {library: library.get_num_threads() for library in (torch, npnn)}
    for library in threads:
        library.set_num_threads(1)
    yield
    for library, number in threads.items():
        library.set_num_threads(number)
        library.set_default_dtype(library.float32)


def printed(run, **options):
    """What a script prints."""
    script, *arguments = run.split()
    sys.argv = [script, *arguments, *[f"--{name}={value}" for name, value in options.items()]]
    with contextlib.redirect_stdout(io.StringIO()) as text:
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    return text.getvalue()


@pytest.mark.parametrize(
    ("run", "dtype"),
    [
        *((run, dtype) for run in RUNS for dtype in TOLERANCES),
        *((run, "float64") for run in FLOAT64_RUNS),
    ],
)
def test_prints_the_same_numbers(run, dtype):
    theirs, ours = (printed(run, backend=backend, dtype=dtype) for backend in ("torch", "npnn"))
    assert theirs
    assert first_difference(theirs, ours, *TOLERANCES[dtype]) is None


def test_every_script_is_compared():
    assert {run.split()[0] for run in RUNS} == {path.name for path in EXAMPLES.glob("*.py")}

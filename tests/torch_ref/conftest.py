"""How long Hypothesis looks for examples.

Each run has the same few examples, so that a failure is one everywhere. To look for new ones,

    pytest tests/torch_ref/test_generated_convolution.py --hypothesis-profile=thorough
"""

from hypothesis import HealthCheck, Phase, settings

# Without the phase that explains: the case says it all.
COMMON = {
    "database": None,
    "deadline": None,
    "phases": (Phase.explicit, Phase.generate, Phase.shrink),
    "print_blob": True,
    "suppress_health_check": (HealthCheck.too_slow,),
}

settings.register_profile("same", derandomize=True, max_examples=25, **COMMON)
settings.register_profile("thorough", max_examples=1000, **COMMON)
settings.load_profile("same")

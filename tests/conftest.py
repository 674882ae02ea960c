"""Every test begins at the same place of npnn's random numbers, whichever ran before it."""

import pytest

import npnn


@pytest.fixture(autouse=True)
def seeded():
    """As npnn.manual_seed(0) in the test's first line."""
    npnn.manual_seed(0)

"""npnn.linalg: the names; the functions are tested where they are, in tests/tensors."""

import npnn


def test_names():
    assert all(callable(getattr(npnn.linalg, name)) for name in npnn.linalg.__all__)
    assert issubclass(npnn.linalg.LinAlgError, RuntimeError)

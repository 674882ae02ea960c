"""npnn.special: the names; the functions are tested where they are, in tests/tensors and tests/ops."""

import npnn


def test_names():
    x = npnn.tensor([0.25])
    arguments = {"multigammaln": (x + 2, 2), "polygamma": (1, x), "xlogy": (x, x), "xlog1py": (x, x)}
    along = {"log_softmax", "logsumexp", "softmax"}
    for name in npnn.special.__all__:
        y = getattr(npnn.special, name)(*arguments.get(name, (x, 0) if name in along else (x,)))
        assert y.isfinite().all(), name

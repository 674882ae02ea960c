"""A student's package, which can be read but not imported."""

import textwrap

import pytest

CLASS = """\
class {name}:
    def __init__(self):
        pass

    def _init_parameters(self, X_shape):
        pass

    def forward(self, X):
        return X

    def backward(self, dY):
        return dY

    def predict(self, X, Y):
        return X
"""

CLASSES = {
    "activations": ("Linear", "Sigmoid", "ReLU", "SoftMax"),
    "layers": ("FullyConnected", "Pool2D", "Conv2D"),
    "losses": ("CrossEntropy", "L2"),
    "models": ("NeuralNetwork",),
}


@pytest.fixture
def student(tmp_path, monkeypatch):
    """Writes a whole package `nets` into the current directory, with some files in the place of its own."""
    monkeypatch.chdir(tmp_path)

    def write(**files):
        folder = tmp_path / "nets"
        folder.mkdir(exist_ok=True)
        for module, names in CLASSES.items():
            (folder / f"{module}.py").write_text("\n\n".join(CLASS.format(name=name) for name in names))
        (folder / "__init__.py").write_text("raise RuntimeError('this package must not be run')\n")
        for name, text in files.items():
            path = folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return folder

    return write

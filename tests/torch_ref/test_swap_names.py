"""What a script uses and npnn lacks: names reached from imports, and what may be methods of tensors."""

from pathlib import Path

import pytest

from torch_ref.swap import Missing, missing, modules_on_torch

# npnn will not compile, trace or export, nor be asked by other devices for memory.
SOURCES = {
    "import torch\ntorch.hub.trace(torch.ones(2), torch.exp)\nx = torch.hub": [("torch.hub", "2, 3")],
    "import torch as t\nt.nn.functional.relu(t.onnx.export)": [("torch.onnx", "2")],
    "import torch.fx as fx\nfx.Graph": [("torch.fx", "1, 2")],
    "import torch.nn as nn\n\nclass Net(nn.Module, nn.Parallel): pass": [],
    "from torch import nn, hub\nhub.script": [("torch.hub", "1, 2")],
    "from torch.nn import *\nfrom torch.hub import (\n    script,\n    trace)": [("torch.hub", "2, 3, 4")],
    "from torch import *\nones(2) + lobpcg(2)": [("torch.lobpcg", "2")],
    "import torch.utils.model_zoo\ntorch.ones": [("torch.utils.model_zoo", "1")],
    "import torch\ntorch.no_such_name": [],
    "import torch\ntorch.mine = 1\ntorch.hub.mine = 1": [("torch.hub", "3")],
    "import torch\ndef f(torch): return torch.hub": [],
    "import torch\nf = lambda x: [torch.hub for _ in x]": [("torch.hub", "2")],
    "import torch\ndef f():\n    g = torch.hub\n    return torch.ones": [("torch.hub", "3")],
    "def f(): return torch.hub\nimport torch": [("torch.hub", "1")],
    "import torch\nimport numpy as np\nnp.share_memory_(), np.ones(2)[0].share_memory_(), 'a'.join": [],
    "class A:\n    def to_mkldnn(self): self.is_ipu = 1\nA().to_mkldnn(), A().is_ipu": [],
    "def f(x):\n    x.share_memory_()\n    return x.relu().T.share_memory_": [(".share_memory_", "2, 3")],
    "def f(x): return x.max(1).indices, x.sort().values, x.ccol_indices": [(".ccol_indices", "1")],
    "x.to_mkldnn\nfrom torch.hub import trace": [("torch.hub", "2"), (".to_mkldnn", "1")],
    "import torchvision.models\ntorchvision.models.share_memory_": [],
}


@pytest.mark.parametrize(("source", "expected"), SOURCES.items())
def test_names_are_listed_with_their_lines(source, expected, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(source)
    assert missing(script) == [
        Missing(name, places.split(", "), certain=not name.startswith(".")) for name, places in expected
    ]


def test_modules_of_the_script_are_looked_at_too(tmp_path):
    (tmp_path / "script.py").write_text("import json\nfrom package import model\nimport torch\ntorch.hub\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("import torch.fx\n")
    (tmp_path / "package" / "model.py").write_text("import script, torch\n\ntorch.hub, torch.fx\n")
    found = {entry.name: entry.places for entry in missing(tmp_path / "script.py")}
    assert found == {
        "torch.hub": ["4", "package/model.py:3"],
        "torch.fx": ["package/__init__.py:1", "package/model.py:3"],
    }


def test_modules_are_found_from_where_they_are_imported(tmp_path):
    for folder in ("package/deep", "package/other"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in {
        "script.py": "import package.deep.model\nfrom . import beside",
        "beside.py": "import torch",
        "package/deep/model.py": "from .parts import f\nfrom ..other import near\nfrom .... import beside",
        "package/deep/parts.py": "import torch",
        "package/other/near.py": "from torch import nn",
        "package/other/far.py": "from torch import nn",
    }.items():
        (tmp_path / name).write_text(text)
    assert modules_on_torch(tmp_path / "script.py") == [
        Path("package/deep/parts.py"),
        Path("package/other/near.py"),
    ]


def test_what_is_no_python_is_told_with_its_file(tmp_path):
    (tmp_path / "script.py").write_text("import model\n")
    (tmp_path / "model.py").write_text("x = 1\nx = = 2\n")
    with pytest.raises(SyntaxError) as caught:
        missing(tmp_path / "script.py")
    assert (caught.value.filename, caught.value.lineno) == (str(tmp_path / "model.py"), 2)

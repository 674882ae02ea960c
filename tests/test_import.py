"""`import npnn`: what it loads, and the names under which it answers, in a fresh interpreter."""

import subprocess
import sys
import textwrap


def run(code):
    code = textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_loads_numpy_and_the_standard_library_only():
    new, npnns = run("""
        import sys
        before = set(sys.modules)
        import npnn
        print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
        print(*(name for name in sys.modules if name.startswith("npnn.")))
        """).splitlines()
    strangers = [name for name in new.split() if name not in (*sys.stdlib_module_names, "numpy", "npnn")]
    # What NumPy's own compiled parts register beside it.
    assert [name for name in strangers if not name.startswith(("_", "cython_runtime", "Cython"))] == []
    # Nor what only the command needs.
    for part in ("training", "datasets", "__main__", "cs189"):
        assert not [name for name in npnns.split() if name.startswith(f"npnn.{part}")]


def test_names():
    run("""
        from npnn import *
        Linear(2, 3), tensor([1.0])
        import npnn
        assert npnn.__version__
        assert len(set(npnn.__all__)) == len(npnn.__all__), "a name stands twice in __all__"
        for name in npnn.__all__:
            getattr(npnn, name)
        """)


SPELLINGS = [
    "import npnn as torch; x = torch.ones(2); torch.nn.functional.relu(x).sum()",
    "import npnn as nn; nn.Linear(2, 3); nn.functional.relu; nn.init.zeros_; nn.Module",
    "from npnn import nn; nn.Sequential(nn.Linear(2, 3), nn.ReLU()); nn.Parameter",
    "import npnn.nn as nn; nn.Linear(2, 3)",
    "from npnn.nn import Linear, Module, Parameter; import npnn; assert Linear is npnn.Linear",
    "import npnn.functional as F; F.relu",
    "import npnn.nn.functional as F; import npnn; assert F is npnn.functional is npnn.nn.functional",
    "from npnn.nn import functional as F; import npnn.functional; assert F is npnn.functional",
    "import npnn.nn.init as init; import npnn; assert init is npnn.init",
    "from npnn.nn.modules.module import Module; import npnn; assert Module is npnn.Module",
    "from npnn.nn.modules import Linear; import npnn; assert Linear is npnn.Linear",
    "from npnn.nn.utils import clip_grad_norm_ as c; import npnn; assert c is npnn.utils.clip_grad_norm_",
    "import npnn.nn.utils.prune as prune; import npnn; assert prune is npnn.utils.prune",
    "import npnn.nn.utils.parametrize as p; import npnn; assert p is npnn.nn.utils.parametrize",
    "from npnn.nn.utils.parametrizations import orthogonal as o; import npnn.nn.utils.stateless",
    "from npnn.nn.parameter import Parameter; import npnn; assert Parameter is npnn.Parameter",
    "import npnn.optim as optim; optim.SGD; optim.lr_scheduler.StepLR",
    "from npnn import optim; from npnn.optim import SGD; from npnn.optim.lr_scheduler import StepLR",
    "from npnn import Tensor, Generator, manual_seed; from npnn.autograd import Function, grad, gradcheck",
    "from npnn.autograd.function import once_differentiable; import npnn; npnn.autograd.function.Function",
    "import npnn; npnn.random.manual_seed(0); npnn.cuda.is_available(); npnn.nn is npnn",
    "from npnn.utils.data import DataLoader; import npnn; assert DataLoader is npnn.utils.data.DataLoader",
    "from npnn.utils.data.distributed import DistributedSampler; from npnn.utils.data.sampler import Sampler",
    "import npnn.nn.utils.clip_grad; import npnn; assert npnn.nn.utils.clip_grad is npnn.utils.clip_grad",
]


def test_spellings():
    """One after the other, in one interpreter; none may load a second copy of a module that another has."""
    run(f"""
        import sys
        for code in {SPELLINGS!r}:
            try:
                exec(code, {{}})
            except Exception as error:
                raise SystemExit(f"{{code}}: {{error!r}}")
        for name, module in sys.modules.items():
            if name.startswith("npnn.nn."):
                assert module is sys.modules["npnn" + name[7:]], name
        """)

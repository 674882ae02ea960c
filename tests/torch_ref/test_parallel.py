"""What scripts for several devices and processes ask, and what is for a compiler, on torch and on npnn."""

import warnings

import pytest
import torch

import npnn
from torch_ref.scripts import assert_same, assert_same_error, assert_same_log, leaf, network, plain


def test_data_parallel_on_one_device():
    def script(lib):
        net, x = network(lib), leaf(lib, (5, 4))
        parallel = lib.nn.DataParallel(net, device_ids=None)
        y = parallel(x)
        (y**2).sum().backward()
        parallel.load_state_dict(parallel.state_dict())
        return [
            list(parallel.state_dict()),
            parallel.module is net,
            parallel.device_ids,
            [name for name, _ in parallel.named_parameters()],
            y,
            x.grad,
            isinstance(parallel, lib.nn.parallel.DataParallel),
            isinstance(net, (lib.nn.DataParallel, lib.nn.parallel.DistributedDataParallel)),
            parallel.eval().module.training,
        ]

    assert_same_log(script)


def test_data_parallel_for_one_call_is_refused():
    def script(lib):
        net = network(lib)
        lib.nn.parallel.data_parallel(net, leaf(lib, (5, 4)), [0])

    assert_same_error(script, "device type could not be determined")


REFUSALS = [
    lambda lib: lib.nn.parallel.DistributedDataParallel(lib.nn.Linear(2, 3)),
    lambda lib: lib.distributed.get_rank(),
    lambda lib: lib.distributed.get_world_size(),
    lambda lib: lib.distributed.barrier(),
    lambda lib: lib.distributed.all_reduce(lib.ones(2)),
    lambda lib: lib.distributed.broadcast(lib.ones(2), 0),
]


@pytest.mark.parametrize("script", REFUSALS)
def test_there_is_no_process_group(script):
    assert_same_error(script, "Default process group has not been initialized")


def test_distributed_answers():
    assert npnn.distributed.is_initialized() is torch.distributed.is_initialized() is False
    assert npnn.distributed.is_available() is False
    with pytest.raises(RuntimeError, match="one process"):
        npnn.distributed.init_process_group("gloo", rank=0, world_size=1)


ANSWERS = [
    "t.jit.script(double)(x)",
    "t.jit.ignore(double)(x)",
    "t.jit.ignore(drop=False)(double)(x)",
    "t.jit.unused(double)(x)",
    "t.jit.export(double)(x)",
    "t.jit.is_scripting()",
    "t.jit.is_tracing()",
    "t.jit.script(t.nn.Tanh())(x)",
    "t.jit.Final[int].__class__.__name__",
    "t.compiler.disable(double)(x)",
    "t.compiler.disable()(double)(x)",
    "t.compiler.is_compiling()",
    "t.nn.modules.utils._pair(3)",
    "t.nn.modules.utils._pair([3, 4])",
    "t.nn.modules.utils._single(3)",
    "t.nn.modules.utils._triple((1, 2, 3))",
    "t.nn.modules.utils._quadruple(3)",
    "t.nn.modules.utils._ntuple(2)('ab')",
    "t.utils.data._utils.collate.default_collate([1, 2])",
    "t.nn.init._calculate_fan_in_and_fan_out(t.nn.Linear(3, 5).weight)",
    "t.nn.init._calculate_fan_in_and_fan_out(t.nn.Conv2d(6, 4, (2, 3), groups=2).weight)",
]


def double(x):
    return x * 2


@pytest.mark.parametrize("expression", ANSWERS)
def test_answers(expression):
    def answer(lib):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return plain(eval(expression, {"t": lib, "double": double, "x": lib.ones(2)}))

    assert_same(answer(npnn), answer(torch), expression)


def test_collate_where_torch_has_it():
    from npnn.utils.data._utils.collate import default_collate

    assert default_collate is npnn.utils.data.default_collate

"""Tensors made by a class, and converted to one: torch.Tensor(2, 3), torch.LongTensor([1]), x.type(...)."""

import copy

import numpy as np
import pytest

from torch_ref.scripts import assert_same_error, assert_same_log, values

# x is (2, 3) of float64, f (3,) of float32, which requires grad, n (3,) of int64.
EXPRESSIONS = """
    t.Tensor() ; t.Tensor(2, 3).shape ; t.Tensor(3).dtype ; t.Tensor(t.Size([2, 3])).shape ; t.Tensor(0)
    t.Tensor(t.Size([])).shape ; t.Tensor(*x.shape).shape ; t.Tensor(*n[1:]).shape ; t.Tensor(n[1], 3).shape
    t.Tensor(np.int64(2), np.int32(3)).shape ; t.Tensor(np.array(3)).shape ; t.Tensor(size=(2, 3)).shape
    t.Tensor([1, 2, 3]) ; t.Tensor((2, 3)) ; t.Tensor([[1, 2], [3, 4.5]]) ; t.Tensor([]) ; t.Tensor([[]])
    t.Tensor([True, False]) ; t.Tensor(range(3)) ; t.Tensor([x[0, 0], 2]) ; t.Tensor([1.5], device="cpu")
    t.Tensor(np.arange(3)) ; t.Tensor(np.arange(3.0) > 1) ; t.Tensor(np.array(3.5))
    t.Tensor(bytearray(b"abc")) ; t.Tensor(data=[1]) ; t.Tensor([1e300]) ; t.Tensor(device=t.device("cpu"))
    t.Tensor(()) ; t.Tensor(x) ; t.Tensor(n) ; t.Tensor(other=n) ; t.Tensor(x) is x
    t.Tensor(x).data_ptr() == x.data_ptr() ; t.Tensor(f).is_leaf ; t.Tensor(f).requires_grad
    t.autograd.grad((t.Tensor(f) * f).sum(), f)[0] ; type(t.Tensor(t.nn.Parameter(x))) is t.Tensor
    type(t.Tensor([1])) is t.Tensor ; t.FloatTensor(2, 3).shape ; t.FloatTensor([1, 2.5])
    t.DoubleTensor([[0.1, 2], [3, 4]]) ; t.FloatTensor() ; t.LongTensor([1.7, -2])
    t.LongTensor(np.array([1.7, -1.7])) ; t.LongTensor(n) ; t.LongTensor([2**62]) ; t.ByteTensor([255])
    t.ByteTensor([-1]) ; t.CharTensor([-128]) ; t.BoolTensor([2, 0]) ; t.HalfTensor([1e10])
    t.ShortTensor(2).dtype ; t.IntTensor([True]) ; t.FloatTensor([1], device="cpu") ; t.FloatTensor(other=f)
    isinstance(f, t.FloatTensor) ; isinstance(x, t.FloatTensor) ; isinstance(n, t.LongTensor)
    isinstance(3, t.Tensor) ; isinstance(t.nn.Parameter(f), t.FloatTensor) ; isinstance(3, t.LongTensor)
    isinstance(f, t.Tensor) ; isinstance(f, t.cuda.FloatTensor) ; issubclass(t.FloatTensor, t.Tensor)
    t.FloatTensor.dtype ; repr(t.LongTensor) ; repr(t.cuda.LongTensor) ; t.LongTensor.__name__
    t.cuda.HalfTensor.is_cuda ; t.FloatTensor.is_cuda ; isinstance(t.FloatTensor | None, object)
    {t.LongTensor: 1}[t.LongTensor] ; x.type() ; n.type() ; (x > 0).type() ; x.half().type()
    t.nn.Parameter(f).type() ; x.type(None) ; x.type(t.LongTensor) ; x.type("torch.LongTensor")
    x.type(t.float16) ; x.type(dtype=t.int8) ; n.type(t.Tensor) ; n.type("torch.Tensor")
    x.type(t.BoolTensor) ; n.type(t.ByteTensor, True) ; x.type(t.IntTensor, non_blocking=True)
    f.type(t.FloatTensor) is f ; f.type(t.float32) is f ; f.type(t.Tensor) is f ; x.type_as(f)
    t.nn.Linear(2, 1).type(t.DoubleTensor).bias.dtype ; t.zeros(1, dtype=t.uint16).type()
    x.new(2, 3).dtype ; x.new([1, 2]) ; n.new([1.5]) ; x.new() ; x.new(t.Size([2])).shape ; x.new(x)
    x.new(2).shape ; x.new(np.arange(2)) ; x.new([1], device="cpu")
"""

# What torch refuses, and the words that its message and npnn's have in common.
REFUSED = [
    *(
        (f"t.Tensor({data})", "data must be a sequence")
        for data in ("1.5", "True", "None", "1j", "{1, 2}", "np.float32(3)")
    ),
    *((f"t.Tensor({data})", "invalid data type") for data in ("'a'", "b'a'")),
    *(
        (f"t.Tensor({given})", r"new\(\) received an invalid combination of arguments - got \(")
        for given in (
            *("[1.0], dtype=t.float64", "[1.0], requires_grad=True", "2, dtype=t.float64", "foo=1", "size=3"),
            *(
                "x, x",
                "[1.0], 2",
                "[1], [2]",
                "t.Size([2]), t.Size([3])",
                "True, 2",
                "[1], size=(2,)",
                "other=[1]",
            ),
            *("size=(2,), data=[1]", "x, None", "np.arange(2), False"),
        )
    ),
    ("t.Tensor(data=x)", "data must be a sequence"),
    ("t.Tensor(2, 3.0)", ""),
    ("t.Tensor(2, [3])", ""),
    ("t.Tensor([None])", ""),
    ("t.Tensor([1, 'a'])", ""),
    ("t.Tensor([1j])", ""),
    ("t.Tensor([[1, 2], [3]])", ""),
    ("t.Tensor(np.array(['a']))", ""),
    ("t.Tensor(-1)", "Trying to create tensor with negative dimension -1"),
    ("t.Tensor([1], device='cuda')", ""),
    ("t.Tensor(2, device='cuda:0')", ""),
    ("t.Tensor(x, device='cpu')", ""),
    ("t.FloatTensor(x)", ""),
    ("t.LongTensor(f)", ""),
    ("x.new(f)", ""),
    ("x.new(x, device='cpu')", ""),
    ("t.FloatTensor(1.5)", "data must be a sequence"),
    ("t.FloatTensor([1], dtype=t.float32)", "received an invalid combination of arguments"),
    ("t.FloatTensor([1], device='cuda')", ""),
    ("t.ByteTensor([300])", "value cannot be converted to type uint8 without overflow"),
    ("t.CharTensor([-129])", "value cannot be converted to type int8 without overflow"),
    ("t.LongTensor([float('nan')])", "value cannot be converted to type int64 without overflow"),
    ("t.cuda.FloatTensor([1])", ""),
    ("x.type(t.cuda.FloatTensor)", ""),
    ("x.type('torch.cuda.FloatTensor')", ""),
    ("x.type('LongTensor')", "invalid type: 'LongTensor'"),
    ("x.type('torch.float64')", "invalid type: 'torch.float64'"),
    ("x.type(int)", "invalid type: 'int'"),
    ("x.type(t.nn.Parameter)", "invalid type: 'Parameter'"),
    ("x.type(3)", "dtype must be a type, str, or dtype object"),
    (
        "t.set_default_tensor_type('torch.LongTensor')",
        "only floating-point types are supported as the default type",
    ),
    ("t.set_default_tensor_type(t.float32)", ""),
]


def evaluated(t, expression):
    x = t.tensor(values((2, 3)))
    names = {
        "t": t,
        "np": np,
        "x": x,
        "f": t.tensor([1.5, 2.5, 4.0], requires_grad=True),
        "n": t.tensor([0, 2, 1]),
    }
    return eval(expression, names)


@pytest.mark.parametrize(
    "line", EXPRESSIONS.strip().split("\n"), ids=lambda line: line.split(" ; ")[0].strip()
)
def test_expressions(line):
    for expression in line.split(" ; "):
        assert_same_log(
            lambda t, expression=expression: [expression.strip(), evaluated(t, expression.strip())]
        )


@pytest.mark.parametrize(("expression", "words"), REFUSED)
def test_what_torch_refuses_is_refused(expression, words):
    assert_same_error(lambda t: evaluated(t, expression), words)


def test_an_array_of_the_same_dtype_shares_its_memory():
    def script(t):
        array, other = np.zeros(3, np.float32), np.zeros(3)
        shared, cast = t.Tensor(array), t.Tensor(other)
        shared[0], cast[0] = 5.0, 5.0
        return [array, other]

    assert_same_log(script)


@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type:UserWarning")
def test_the_default_type():
    def script(t):
        try:
            t.set_default_tensor_type(t.DoubleTensor)
            made = [t.Tensor([1]), t.Tensor(2).type(), t.zeros(1), t.arange(2).type(t.Tensor)]
        finally:
            t.set_default_tensor_type("torch.FloatTensor")
        return [*made, t.Tensor([1])]

    assert_same_log(script)


class TestSubclasses:
    @staticmethod
    def script(t):
        class Plain(t.Tensor):
            pass

        class Labelled(t.Tensor):
            @staticmethod
            def __new__(cls, data, label=None):
                return super().__new__(cls, data)

            def __init__(self, data, label=None):
                self.label = label

        class Scaled(t.nn.Parameter):
            def __new__(cls, data, scale=2.0):
                made = super().__new__(cls, data * scale, requires_grad=True)
                made.scale = scale
                return made

        x = t.tensor([1.0, 2.0])
        labelled, scaled = Labelled(x, label="speed"), Scaled(x, 3.0)
        net = t.nn.Module()
        net.scaled = scaled
        return [
            *(type(Plain([1])).__name__, Plain([1]).dtype, Plain(2, 3).shape, isinstance(Plain(x), t.Tensor)),
            *(
                type(labelled).__name__,
                labelled.label,
                labelled.sum().item(),
                type(scaled).__name__,
                scaled.scale,
            ),
            *(
                len(list(net.parameters())),
                scaled.requires_grad,
                scaled.is_leaf,
                type(copy.deepcopy(scaled)).__name__,
            ),
        ]

    def test_behave_as_on_torch(self):
        assert_same_log(self.script)

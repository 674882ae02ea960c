"""What torch refuses of a tensor, npnn refuses: the same kind of error, and a message that begins alike."""

import operator

import numpy as np
import pytest
import torch

import npnn
from torch_ref.scripts import assert_same_error

RANGE = r"Dimension out of range \(expected to be in range of \[-2, 1\], but got {}\)"

ALONG_AXIS = """
    sum mean prod amax max min argmax all any var std logsumexp softmax log_softmax cumsum sort argsort
    size stride squeeze flip unbind flatten
"""
EXTREMES = ["max", "min", "amax", "amin", "argmax", "argmin"]

# x is (2, 3), v (3,), s without axes, e empty, all of float32; i (2,) of int64, b (2,) of bool.
REFUSED = {
    "broadcasting": [
        ("v + t.ones(2)", r"The size of tensor a \(3\) must match the size of tensor b \(2\) at"),
        ("x * t.ones(2, 2)", r"a \(3\) must match .* b \(2\) at non-singleton dimension 1"),
        ("t.ones(3, 1, 2) / x", r"a \(2\) must match .* b \(3\) at non-singleton dimension 2"),
        ("x < t.ones(4)", "The size of tensor a"),
        ("x[0, :0].norm(float('inf'))", "linalg.vector_norm cannot compute the inf norm on an empty tensor"),
        ("x[:, :0].norm(-1, 1)", "linalg.vector_norm cannot compute the -1 norm on"),
        ("x.maximum(t.ones(4))", "The size of tensor a"),
        ("x.pow(t.ones(4))", "The size of tensor a"),
        ("i // t.ones(3)", "The size of tensor a"),
        ("b & t.ones(3, dtype=t.bool)", "The size of tensor a"),
        ("t.where(b, t.ones(2), t.ones(3))", "The size of tensor a"),
        ("x.masked_fill(b, 0.0)", "The size of tensor a"),
        ("x.expand(3, 3)", r"The expanded size of the tensor \(3\) must match the existing size"),
        ("x.expand(3)", "the number of sizes provided"),
        ("x.expand(-1, 2, 3)", r"The expanded size of the tensor \(-1\) isn't allowed"),
    ],
    "operands": [
        ('x + "a"', r"unsupported operand type\(s\) for \+: 'Tensor' and 'str'"),
        ("x * None", "unsupported operand"),
        ("None - x", "unsupported operand"),
        ("x @ 2", "unsupported operand"),
        ("2 @ x", "unsupported operand"),
        ('x < "a"', "not supported between"),
        ("b - b", r"Subtraction, the `-` operator, with"),
        ("i - True", r"Subtraction, the `-` operator, with a bool tensor is not supported"),
        ("-b", r"Negation, the `-` operator,"),
        ("abs(b)", "not"),
        ("b ** b", "not implemented"),
        ("True ** b", "not implemented"),
        ("b ** -1", "Integers to negative integer powers are not allowed"),
        ("i.add(i, alpha=2.5)", "For integral input tensors, argument alpha must not be a floating point"),
        ("i.add(2, alpha=1.0)", "For integral input tensors, argument alpha must not be a floating point"),
        ("b.add(b, alpha=2.5)", "For integral input tensors, argument alpha must not be a floating point"),
        ("i.sub(i, alpha=t.tensor(2.5))", "For integral input tensors, argument alpha must not be a float"),
        (
            "t.rsub(i, i, alpha=2.5)",
            "For integral input tensors, argument alpha must not be a floating point",
        ),
        ("x.add(x, alpha=1j)", "For non-complex input tensors, argument alpha must not be a complex number"),
        ("b.add(i, alpha=True)", "Boolean alpha only supported for Boolean results"),
        ("i.byte().add(b, alpha=300)", "value cannot be converted to type"),
        ("i.sub(b, alpha=2)", r"Subtraction, the `-` operator, with a bool tensor is not supported"),
        ("i.sub_(b, alpha=2)", r"Subtraction, the `-` operator, with a bool tensor is not supported"),
        ("b // b", "not implemented"),
        ("b % b", "not implemented"),
        ("x & 1", "not implemented"),
        ("~x", r"~ \(operator.invert\) is only implemented on integer and Boolean-type tensors"),
        ("i ** (-1)", "Integers to negative integer powers are not allowed"),
        ("i // 0", "ZeroDivisionError"),
        ("i % t.tensor([1, 0])", "ZeroDivisionError"),
        ("1 // t.tensor([1, 0])", "ZeroDivisionError"),
        ('i.div(0, rounding_mode="trunc")', "ZeroDivisionError"),
        ('x.div(2, rounding_mode="up")', "div expected rounding_mode to be one of None, 'trunc', or 'floor'"),
        ("t.tensor(1j) < 2", "not implemented"),
        ("x.clamp()", "At least one of 'min' or 'max' must not be None"),
        ("t.where(i, i, i)", "where expected condition to be a boolean tensor"),
        ("i.masked_fill(i, 0)", "masked_fill_ only supports boolean masks"),
        ("i.masked_fill(b, i)", "masked_fill_ only supports a 0-dimensional value tensor"),
        ("b.relu()", "relu"),
        ("b.floor()", "not"),
    ],
    "matrix products": [
        ("x @ x", r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)"),
        ("x.mm(x)", r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)"),
        ("v @ x", "mat1 and mat2 shapes cannot be multiplied"),
        ("t.ones(3, 2, 3) @ t.ones(4, 3, 2)", r"a \(3\) must match .* b \(4\) at non-singleton dimension 0"),
        ("s @ v", "both arguments to matmul need to be at least 1D, but they are 0D and 1D"),
        ("v.mm(x)", "self must be a matrix"),
        ("x.mm(v)", "mat2 must be a matrix"),
        ("x.dot(v)", "1D tensors expected, but got 2D and 1D tensors"),
        ("x @ t.ones(3, 2, dtype=t.float64)", "expected m1 and m2 to have the same dtype, but got"),
    ],
    "more products": [
        ("x.mv(x)", "vector"),
        ("t.bmm(x, x)", "batch1 must be a 3D tensor"),
        (
            "t.bmm(t.ones(2, 3, 4), t.ones(2, 3, 4))",
            "Expected size for first two dimensions of batch2 tensor",
        ),
        ("t.outer(x, v)", "Expected 1-D argument self"),
        ("t.inner(x, t.ones(2))", r"inner\(\) the last dimension must match"),
        ("t.dot(v, t.ones(2))", ""),
        ("t.cross(t.ones(2), t.ones(2))", "no dimension of size 3 in input"),
        ("t.linalg.cross(x, v)", "inputs must have the same number of dimensions"),
        ("t.addmm(v, x, t.ones(3, 2))", ""),
        ("t.cdist(v, x)", "cdist only supports at least 2D tensors, X1 got: 1D"),
        ("t.cdist(x, t.ones(2, 4))", "X1 and X2 must have the same number of columns"),
        ("t.cdist(x, x, -1.0)", "cdist only supports non-negative p values"),
        ('t.einsum("ij,jk->ik", x, x)', "einsum"),
        ('t.einsum("ij", v)', r"einsum\(\): the number of subscripts in the equation"),
        ('t.einsum("ij->ik", x)', "einsum"),
        ('t.einsum("ij,jk", x)', r"einsum\(\): fewer operands were provided"),
        ("t.tensordot(x, x, 3)", "tensordot expects dims"),
        ("t.tensordot(x, x, ([0], [1]))", "contracted dimensions need to match"),
        ("t.bmm(t.ones(1, 2, 3), t.ones(1, 3, 2).double())", ""),
        ("b @ b", "not implemented"),
    ],
    "linear algebra": [
        (
            "t.linalg.inv(x)",
            r"linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices",
        ),
        ("t.linalg.inv(v)", r"linalg.inv: The input tensor A must have at least 2 dimensions"),
        ("t.linalg.solve(t.eye(2), v)", ""),
        ("t.linalg.det(x)", "square matrices"),
        ('t.linalg.qr(x, "a")', "qr received unrecognized mode 'a'"),
        ('t.linalg.eigh(t.eye(2), "A")', "Expected UPLO argument to be 'L' or 'U'"),
        ("t.linalg.matrix_norm(v)", "at least 2 dimensions"),
        ("t.linalg.matrix_norm(x, 5)", "not supported"),
        ("t.linalg.matrix_norm(x, dim=(0, 0))", ""),
        ("t.linalg.norm(t.ones(2, 2, 2), 2)", "must be 1D or 2D"),
        ("t.linalg.multi_dot([x])", "expected at least 2 tensors"),
        ("t.linalg.inv(i)", ""),
        ("t.linalg.svdvals(v)", "at least 2 dimensions"),
        ("t.linalg.matrix_power(x, 2)", "square matrices"),
        ("t.logdet(x)", "square matrices"),
    ],
    "more functions": [
        ("t.lerp(v, v.double(), 0.5)", "dtype"),
        ("t.addcdiv(i, i, i)", "Integer division with addcdiv is no longer supported"),
        ("t.frac(i)", "not implemented"),
        ("t.frexp(i)", "only supports floating-point dtypes"),
        ("t.hypot(v, 2.0)", ""),
        ("t.heaviside(v, s.double())", "tensors with different dtypes"),
        ("t.polygamma(-1, v)", "does not support negative n"),
        ("t.mvlgamma(v, 0)", "p has to be greater than or equal to 1"),
        ("t.bitwise_not(v)", "not implemented"),
        ("t.gcd(v, v)", "not implemented"),
        ("i.bitwise_left_shift(v[:2])", "not implemented"),
        ("+b", ""),
        ("t.renorm(v, 2, 0, 1.0)", "needs at least 2 dimensions"),
        ("t.renorm(x, 0, 0, 1.0)", "non-positive-norm not supported"),
        ("t.nanmean(i)", "floating point"),
        ("t.cov(t.ones(2, 2, 2))", "two or fewer dimensions"),
        ("t.aminmax(e)", "cannot compute aminmax"),
        ("t.isclose(v, v.double())", ""),
        ("v.erf_().add_(1j)", ""),
        ("i.erf_()", "can't be cast to the desired output type"),
    ],
    "axes": [
        *((f"x.{method}(2)", RANGE.format(2)) for method in ALONG_AXIS.split()),
        ("x.sum((0, 0))", "dim 0 appears multiple times in the list of dims"),
        ("x.norm(dim=-3)", RANGE.format(-3)),
        ("x.transpose(0, 2)", RANGE.format(2)),
        ("x.permute(0)", "number of dimensions in the tensor input does not match"),
        ("x.permute(0, 0)", r"permute\(\): duplicate dims are not allowed"),
        ("x.movedim(0, 2)", RANGE.format(2)),
        ("x.movedim((0, 0), (0, 1))", r"movedim: repeated dim in `source` \(\[0, 0\]\)"),
        ("x.movedim((0, 1), (0,))", "movedim: Invalid source or destination dims"),
        ("x.unsqueeze(3)", r"Dimension out of range .*\[-3, 2\], but got 3"),
        ("x.flip(0, 0)", "dim 0 appears multiple times in the list of dims"),
        ("x.flatten(1, 0)", r"flatten\(\) has invalid args: start_dim cannot come after end_dim"),
        ("t.ones(2, 3, 4).t()", r"t\(\) expects a tensor with <= 2 dimensions, but self is 3D"),
        ("s.size(0)", "Dimension specified as 0 but tensor has no dimensions"),
        ("s.unbind()", "Dimension specified as 0 but tensor has no dimensions"),
        ("v.mT", "tensor.mT is only supported on matrices"),
    ],
    "shapes": [
        ("x.reshape(4)", r"shape '\[4\]' is invalid for input of size 6"),
        ("x.reshape(-1, 4)", r"shape '\[-1, 4\]' is invalid for input of size 6"),
        ("x.reshape(-1, -1)", "only one dimension can be inferred"),
        ("t.ones(0, 3).reshape(-1, 0)", "cannot reshape tensor of 0 elements into shape"),
        ("x.t().view(6)", "view size is not compatible with input tensor's size and stride"),
        ("t.ones(6).unflatten(0, (4, 2))", "unflatten: Provided sizes"),
        ("t.ones(6).unflatten(0, (-1, -1))", "only one dimension can be inferred"),
        ('x.reshape("a")', ""),
        ("t.zeros(-1)", "non-negative|negative dimension"),
        ('t.zeros("a")', ""),
        ("t.eye(-1)", "n must be greater or equal to 0, got -1"),
        ("t.arange(0, 1, 0)", "step must be nonzero"),
        ("t.arange(0, 5, -1)", "upper bound and lower bound inconsistent with step sign"),
        ("t.linspace(0, 1, -1)", "number of steps must be non-negative"),
    ],
    "joining and splitting": [
        ("t.cat([])", "expected a non-empty list of Tensors"),
        ("t.stack([])", "stack expects a non-empty TensorList"),
        ("t.cat([v, x])", "Tensors must have same number of dimensions: got 1 and 2"),
        (
            "t.cat([x, t.ones(2, 2)])",
            "Sizes of tensors must match except in dimension 0. Expected size 3 but got",
        ),
        ("t.cat([x, x], 2)", RANGE.format(2)),
        ("t.cat([s])", r"zero-dimensional tensor \(at position 0\) cannot be concatenated"),
        ("t.cat([x, 1])", "expected Tensor as element 1 in argument 0"),
        (
            "t.stack([v, i])",
            r"stack expects each tensor to be equal size, but got \[3\] at entry 0 and \[2\] at entry 1",
        ),
        ("x.split(0)", "split_size can only be 0 if dimension size is 0"),
        ("x.split([1, 2])", "split_with_sizes expects split_sizes to sum exactly to 2"),
        ("x.chunk(0)", "chunk expects `chunks` to be greater than 0, got: 0"),
        ("s.split(1)", "split expects at least a 1-dimensional tensor"),
        ("s.chunk(1)", "chunk expects at least a 1-dimensional tensor"),
    ],
    "picking": [
        ("x[2]", "index 2 is out of bounds for dimension 0 with size 2"),
        ("x[0, -4]", "index -4 is out of bounds for dimension"),
        ("x[0, 0, 0]", "too many indices for tensor"),
        ("s[0]", ""),
        ("x[1.0]", "only integers"),
        ("x[0, {}]", "only integers"),
        ('x["a"]', r"new\(\): invalid data type 'str'"),
        ('x[0, "a"]', r"new\(\): invalid data type 'str'"),
        ('x[0, ["a"]]', r"new\(\): invalid data type 'str'"),
        ("x[::-1]", "step must be greater than zero"),
        ("x[..., ::-1]", "step must be greater than zero"),
        ("x[i, ::-1]", "step must be greater than zero"),
        ("x[:: t.tensor(-2)]", "step must be greater than zero"),
        ("x[::0]", ""),
        ("x['a':]", "slice indices must be integers or None or have an __index__ method"),
        ("x[i.to(t.int8)]", "tensors used as indices must be long, int, byte or bool tensors"),
        ("x[0, i.short()]", "tensors used as indices must be long, int, byte or bool tensors"),
        ("x[s]", "tensors used as indices must be long, int, byte or bool tensors"),
        ("x[t.tensor([2])]", "index 2 is out of bounds for dimension 0 with size 2"),
        ("x[t.tensor([True])]", ""),
        ("x[t.tensor([1.0])]", ""),
        ("x[i, t.tensor([0, 1, 2])]", "shape mismatch"),
        ("operator.setitem(x, 2, 1.0)", "index 2 is out of bounds for dimension 0 with size 2"),
        ("operator.setitem(x, i, t.ones(4))", "shape mismatch"),
        *(
            (f"operator.setitem(x, {index}, t.ones({shape}))", f"shape mismatch: value tensor of {words}")
            for index, shape, words in (
                ("x > 2", "3", r"shape \[3\] cannot be broadcast to indexing result of shape \[4\]"),
                ("x > 2", "2, 2, 2", r"shape \[2, 2, 2\] cannot be .* result of shape \[4\]"),
                ("b", "2, 3", r"shape \[2, 3\] cannot be .* result of shape \[1, 3\]"),
                ("(b, 0)", "3", r"shape \[3\] cannot be .* result of shape \[1\]"),
            )
        ),
        ("operator.setitem(x, 0, t.ones(4))", ""),
        ("operator.setitem(x, slice(None, None, -1), 1.0)", "step must be greater than zero"),
        ("operator.setitem(x, 1.0, t.tensor(7))", "only integers"),
        ("operator.setitem(x, 'a', 1.0)", r"new\(\): invalid data type 'str'"),
        ("operator.setitem(x, i.char(), 1.0)", "tensors used as indices must be long, int, byte or bool"),
        *(
            (f"operator.setitem({into}, {index}, {value})", "Index put requires the source and destination")
            for into, index, value in (
                ("i", "[0]", "s"),
                ("i", "[0, 1]", "t.tensor([1, 2], dtype=t.int32)"),
                ("x", "(0, [1, 2])", "t.tensor(7)"),
                ("x", "(slice(None), [1, 2])", "t.tensor(7)"),
                ("x", "b", "i[:1].expand(3)"),
                ("x", "(0, True, 1)", "t.tensor(7)"),
                ("x", "t.tensor(True)", "t.tensor(7)"),
                ("x", "x > 2", "t.tensor([1, 2, 3, 4])"),
            )
        ),
        ("x.gather(0, t.tensor([[0, 0, 2]]))", "index 2 is out of bounds for dimension 0 with size 2"),
        ("x.gather(0, t.tensor([[-1]]))", "index -1 is out of bounds for dimension 0 with size 2"),
        ("x.gather(0, i)", "Index tensor must have the same number of dimensions as input tensor"),
        ("x.gather(0, t.tensor([[0.0]]))", r"gather\(\): Expected dtype int32/int64 for index"),
        ("x.gather(0, t.zeros(1, 4, dtype=t.int64))", "Size does not match at dimension 1"),
        ("x.index_select(0, t.tensor([2]))", "index out of range in self"),
        ("x.index_select(0, t.tensor([-1]))", "index out of range in self"),
        ("x.index_select(0, t.tensor([[0]]))", r"index_select\(\): Index is supposed to be a vector"),
        ("x.select(0, 2)", r"select\(\): index 2 out of range for tensor of size \[2, 3\] at dimension 0"),
        ("s.select(0, 0)", r"select\(\) cannot be applied to a 0-dim tensor"),
        ("x.narrow(0, 1, 2)", r"start \(1\) \+ length \(2\) exceeds dimension size \(2\)"),
        ("x.narrow(0, 3, 0)", "start out of range"),
        ("x.narrow(0, 0, -1)", r"narrow\(\): length must be non-negative"),
        ("s.narrow(0, 0, 1)", r"narrow\(\) cannot be applied to a 0-dim tensor"),
        ("x.topk(4)", "selected index k out of range"),
    ],
    "of nothing": [
        *((f"e.{method}()", rf"{method}\(\): Expected reduction dim to be specified") for method in EXTREMES),
        *(
            (f"t.ones(2, 0).{method}(1)", rf"{method}\(\): Expected reduction dim 1 to have non-zero size")
            for method in EXTREMES
        ),
    ],
    "dtypes": [
        ("operator.setitem(t.zeros(2, dtype=t.uint8), 0, 300)", "value cannot be converted to type"),
        ("t.zeros(2, dtype=t.int8).fill_(-129)", "value cannot be converted to type"),
        (
            "i.mean()",
            r"mean\(\): could not infer output dtype. Input dtype must be either a floating point or complex",
        ),
        ("i.var()", "std and var only support floating point and complex dtypes"),
        ("i.norm()", "linalg.vector_norm: Expected a floating point or complex tensor as input. Got"),
        ("i.softmax(0)", "not implemented"),
        ("b.argmax()", r"argmax\(\): does not support bool input"),
        ("i.sqrt_()", "can't be cast to the desired output type"),
        ('x.norm("x")', ""),
    ],
    "conversions": [
        ("x.item()", "a Tensor with 6 elements cannot be converted to Scalar"),
        ("float(x)", ""),
        ("bool(x)", "Boolean value of Tensor with more than one value is ambiguous"),
        ("bool(e)", "Boolean value of Tensor with no values is ambiguous"),
        ("len(s)", "len\\(\\) of a 0-d tensor"),
        ("list(s)", "iteration over a 0-d tensor"),
        ("range(s)", "only integer tensors of a single element can be converted to an index"),
        ("range(i)", "only integer tensors of a single element can be converted to an index"),
        (
            "x.requires_grad_().numpy()",
            r"Can't call numpy\(\) on Tensor that requires grad. Use tensor.detach\(\).numpy",
        ),
        ('t.tensor("a")', ""),
        ("t.tensor(None)", "Could not infer dtype of NoneType"),
        ("t.tensor([[1], [1, 2]])", "expected"),
        ("t.from_numpy([1])", r"expected np.ndarray \(got list\)"),
        ('x.to("cuda")', ""),
        ('x.to("nowhere")', "device"),
        ("t.set_default_dtype(t.int64)", "only floating-point types are supported as the default type"),
    ],
}


def evaluated(t, expression):
    x = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    names = {"t": t, "operator": operator, "x": x, "v": x[0].clone(), "s": t.tensor(1.5), "e": t.zeros(0)}
    return eval(expression, names | {"i": t.tensor([0, 1]), "b": t.tensor([True, False])})


def difference(expression, pattern):
    try:
        assert_same_error(lambda t: evaluated(t, expression), pattern)
    except AssertionError as error:
        return f"{expression}: {error}"


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_alike(kind):
    found = [difference(*case) for case in REFUSED[kind]]
    assert not any(found), "\n".join(filter(None, found))


def test_what_linear_algebra_cannot_do():
    for call in (
        lambda t: t.linalg.inv(t.zeros(2, 2)),
        lambda t: t.linalg.solve(t.zeros(2, 2), t.ones(2)),
        lambda t: t.linalg.cholesky(-t.eye(2)),
    ):
        for t in (npnn, torch):
            with pytest.raises(t.linalg.LinAlgError, match="because the input"):
                call(t)


def test_equality_with_strangers():
    for t in (npnn, torch):
        x = t.ones(2)
        assert (x == None) is False  # noqa: E711 - the operator is what is tested
        assert (x != "a") is True


def test_no_message_is_numpys_own():
    """The lengths are named as torch names them, wherever two operands meet."""
    x, y = npnn.ones(2, 3), np.ones(4)
    for call in (
        lambda: x + y,
        lambda: y + x,
        lambda: np.add(x, y),
        lambda: np.maximum(y, x),
        lambda: x.clamp(min=npnn.ones(4)),
    ):
        with pytest.raises(RuntimeError, match="The size of tensor a"):
            call()

"""Classes by name: found, made, recognised; and one sentence where that fails."""

import sys
import textwrap

import numpy as np
import pytest

from npnn.gradient_check import StudentError, check, student_subjects

LAYERS = """
    import numpy as np
    from npnn import nn

    class Scaled:
        def __init__(self, factor=2.0, power=1):
            self.factor, self.power = factor, power

        def forward(self, Z):
            return self.factor * Z**self.power

        def backward(self, Z, dY):
            return dY * self.factor * self.power * Z ** (self.power - 1)

    class Flatten:
        def __init__(self, keep_dim):
            self.keep_dim = keep_dim

        def forward(self, X):
            self.shape = X.shape
            return X.reshape(len(X), -1).copy()

        def backward(self, dLdY):
            return dLdY.reshape(self.shape).copy()

    class L1:
        def forward(self, Y, Y_hat):
            return np.abs(Y - Y_hat).sum()

        def backward(self, Y, Y_hat):
            return np.sign(Y_hat - Y)

    class Attention(nn.Module):
        def forward(self, query, key):
            return nn.functional.softmax(query @ key.T, -1) @ key

    class Silent:
        def forward(self, X):
            return X

    class Odd:
        def forward(self, a, b, c):
            return a

        def backward(self, a, b, c):
            return a

    class Borrowed(Odd):
        forward = np.sin

    class Drawn:
        parameters, gradients = {}, {}

        def forward(self, X):
            if not self.parameters:
                self.parameters = {"W": np.random.standard_normal((X.shape[1], 4))}
                self.gradients = {}
            self.X = X
            return X @ self.parameters["W"]

        def backward(self, dLdY):
            self.gradients["W"] = self.X.T @ dLdY
            return dLdY @ self.parameters["W"].T

    class Broken:
        def __init__(self):
            raise RuntimeError("not today\\nnor tomorrow")

    def function():
        pass
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a module into the current directory, which is an empty one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))

    yield write
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.fixture
def student(write):
    write("student", LAYERS)


def told(*given, **options):
    with pytest.raises(StudentError) as caught:
        list(student_subjects(*given, **options))
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.usefixtures("student")
class TestSubjects:
    def test_an_activation(self):
        (subject,) = student_subjects("student:Scaled")
        assert (subject.name, subject.arguments, subject.upstream) == ("Scaled", "", "dY")
        assert subject.inputs["Z"].shape == (2, 3)
        assert check(subject).passed

    def test_arguments_and_shape(self):
        (subject,) = student_subjects("student:Scaled", [3.0], {"power": 2}, [(4, 1, 2)])
        assert subject.arguments == "3.0, power=2"
        assert subject.forward(np.full((4, 1, 2), 2.0)).tolist() == np.full((4, 1, 2), 12.0).tolist()
        assert subject.inputs["Z"].shape == (4, 1, 2)
        assert check(subject).passed

    def test_a_class_named_as_one_of_the_homeworks_has_its_arguments_and_shapes(self):
        subjects = list(student_subjects("student:Flatten"))
        assert [subject.arguments for subject in subjects] == [
            "keep_dim='first'",
            "keep_dim='last'",
            "keep_dim=-1",
        ]
        assert {subject.inputs["X"].shape for subject in subjects} == {(2, 3, 4, 5)}
        (subject,) = student_subjects("student:Flatten", shapes=[(7, 2)])
        assert (subject.arguments, subject.inputs["X"].shape) == ("keep_dim='first'", (7, 2))
        (subject,) = student_subjects("student:Flatten", options={"keep_dim": "last"})
        assert (subject.arguments, subject.inputs["X"].shape) == ("keep_dim='last'", (2, 3, 4, 5))

    def test_a_loss(self):
        (subject,) = student_subjects("student:L1", shapes=[(3, 4)])
        targets, predictions = subject.inputs.values()
        assert targets.sum(1).tolist() == [1.0] * 3
        np.testing.assert_allclose(predictions.sum(1), 1.0)
        assert check(subject).passed

    def test_a_module_with_two_inputs(self):
        (subject,) = student_subjects("student:Attention", shapes=[(2, 3), (4, 3)])
        assert subject.wrt == ("query", "key")
        assert check(subject).passed

    def test_the_seed_decides_the_inputs(self):
        (first,), (second,), (other,) = (student_subjects("student:Scaled", seed=seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first.inputs["Z"], second.inputs["Z"])
        assert not np.array_equal(first.inputs["Z"], other.inputs["Z"])

    def test_the_seed_decides_what_is_drawn_from_numpy(self):
        first, second, other = (
            check(*student_subjects("student:Drawn", seed=seed)).differences[0].numeric for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, other)

    @pytest.mark.parametrize(
        ("target", "sentence"),
        [
            ("nowhere:A", "there is no module 'nowhere', neither in the current directory nor"),
            ("student.deeper:A", "there is no module 'student.deeper', neither"),
            ("student.py:Scaled", "student.py is a file, but a module was expected: student"),
            ("lib/student.py:Scaled", "lib/student.py is a file, but a module was expected: lib.student"),
            (":Scaled", "'' is no name of a module"),
            ("..student:Scaled", "'..student' is no name of a module"),
            (
                "student:Relu",
                "student has no class 'Relu', only: Scaled, Flatten, L1, Attention, Silent, Odd,",
            ),
            ("student:", "student has no class '', only: Scaled"),
            ("student:function", "student has no class 'function', only: Scaled"),
            ("student:Silent", "Silent has no method backward: an activation has forward(Z) and"),
            (
                "student:Odd",
                "forward and backward of Odd take other arguments than expected: an activation has",
            ),
            ("student:Borrowed", "forward and backward of Borrowed take other arguments than expected: an"),
            (
                "student:Broken",
                "Broken() cannot be made: RuntimeError: not today; --args gives it its arguments",
            ),
        ],
    )
    def test_what_is_not_there(self, target, sentence):
        assert told(target).startswith(sentence)

    def test_arguments_that_it_does_not_take(self):
        assert told("student:Scaled", [], {"size": 3}).startswith(
            "Scaled(size=3) cannot be made: TypeError: Scaled.__init__() got an unexpected keyword argument"
            " 'size'"
        )

    def test_only_modules_have_several_inputs(self):
        assert told("student:Scaled", shapes=[(2, 3), (4,)]).startswith("Scaled takes one shape, but got 2")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import numpy\nx = 1 +", "importing broken failed: SyntaxError: invalid syntax (broken.py, line 2)"),
        (
            "\nundefined",
            "importing broken failed: NameError: name 'undefined' is not defined (broken.py, line 2)",
        ),
        (
            "import missing_one",
            "importing broken failed: ModuleNotFoundError: No module named 'missing_one' (broken",
        ),
        ("raise SystemExit(3)", "importing broken failed: SystemExit: 3 (broken.py, line 1)"),
    ],
)
def test_modules_that_cannot_be_imported(write, text, sentence):
    write("broken", text)
    assert told("broken:A").startswith(sentence)


def test_a_module_without_classes(write):
    write("empty", "")
    assert told("empty:A") == "empty has no class 'A', only: none at all"

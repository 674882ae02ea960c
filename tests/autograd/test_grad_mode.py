"""The switches, in NumPy alone; tests/torch_ref/test_autograd_semantics.py compares them with torch's."""

import threading

import pytest

import npnn


def state():
    return npnn.is_grad_enabled(), npnn.is_inference_mode_enabled()


@pytest.fixture(autouse=True)
def _recording():
    assert state() == (True, False)
    yield
    assert state() == (True, False)


@pytest.mark.parametrize(
    ("switch", "within"),
    [
        (npnn.no_grad, (False, False)),
        (npnn.enable_grad, (True, False)),
        (npnn.inference_mode, (False, True)),
        (lambda: npnn.inference_mode(False), (True, False)),
        (lambda: npnn.set_grad_enabled(False), (False, False)),
        (lambda: npnn.set_grad_enabled(True), (True, False)),
    ],
)
class TestSwitches:
    def test_as_a_block(self, switch, within):
        with switch():
            assert state() == within

    def test_as_a_decorator(self, switch, within):
        @switch()
        def inside(a, *, b=2):
            """What it says."""
            return state(), a + b

        assert inside(1) == (within, 3)
        assert inside.__name__ == "inside"
        assert inside.__doc__ == "What it says."
        assert state() == (True, False)

    def test_of_a_generator(self, switch, within):
        @switch()
        def pieces():
            yield state()
            yield state()

        for seen in pieces():
            assert seen == within
            assert state() == (True, False)

    def test_restored_after_an_error(self, switch, within):
        with pytest.raises(KeyError), switch():
            raise KeyError
        assert state() == (True, False)

    def test_nested_in_itself(self, switch, within):
        block = switch()
        with block, block:
            assert state() == within


def test_a_decorator_may_be_called_from_within_itself():
    @npnn.no_grad()
    def down(n):
        assert not npnn.is_grad_enabled()
        return n if n == 0 else down(n - 1)

    assert down(5) == 0


def test_enable_grad_within_no_grad():
    with npnn.no_grad():
        with npnn.enable_grad():
            assert npnn.is_grad_enabled()
        assert not npnn.is_grad_enabled()


def test_no_grad_within_inference_mode():
    with npnn.inference_mode(), npnn.no_grad():
        assert state() == (False, True)


def test_every_thread_has_its_own():
    seen = []
    with npnn.no_grad():
        thread = threading.Thread(target=lambda: seen.append(state()))
        thread.start()
        thread.join()
    assert seen == [(True, False)]


def test_what_is_made_in_inference_mode_stays_off_the_tape():
    x = npnn.ones(2, requires_grad=True)
    with npnn.inference_mode():
        y, view = x * 2, x.view(1, 2)
    assert y.is_inference()
    assert not view.is_inference()
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        x * y
    (x * y.clone()).sum().backward()
    assert x.grad.tolist() == [2, 2]

"""The differential harness: one call on npnn and on torch, forward and backward, and all that differs.

    compare(nn.Linear(4, 3), torch.nn.Linear(4, 3), x)        # a module and its twin, with equal weights
    compare_functions(F.relu, torch.nn.functional.relu, x)    # a function and its twin

Inputs are in npnn's layout; `layouts` says how torch orders the same arrays. The cotangents, which stand for
dL/dY, are random: a cotangent of ones cancels in every normalisation, and proves nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

import npnn
from torch_ref.calls import Call, Key, argument_names, has_forward, random_like
from torch_ref.flow import layout_of
from torch_ref.layouts import Array, ModuleLayout, layout_of_call
from torch_ref.report import Check, Report, measure
from torch_ref.values import NPNN, TORCH


def compare(
    npnn_module: npnn.Module,
    torch_module: torch.nn.Module,
    *inputs: Any,
    kwargs: Mapping[str, Any] | None = None,
    layouts: ModuleLayout | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    cotangents: Sequence[Array] | None = None,
    second: bool = False,
    name: str | None = None,
) -> Report:
    """Calls a module and its torch twin on the same inputs, goes backward, and compares what comes of it.

    That is: the outputs; the gradient of every input and parameter; the parameters and buffers after the
    call; shapes and dtypes of all these; which inputs got a gradient; whether inputs were changed, or share
    memory with outputs, where torch's do not; whether gradients share memory; the keys of state_dict, the
    mode, and repr.

    The modules are called as in training, so running statistics move on. Their `.grad` is left empty. Of
    modules that cannot be called, as a ModuleList, the rest is compared.

    Args:
        npnn_module: the module.
        torch_module: its twin, with the same weights, as `from_torch`, `to_torch` or `load_torch_state_dict`
            make them.
        *inputs: what forward takes, in npnn's layout. Arrays of floating-point numbers are differentiated
            with respect to; of a npnn tensor, its `requires_grad` decides. Nests of these, and a
            PackedSequence of npnn's, are taken apart; anything else is handed on.
        kwargs: the same by name.
        layouts: what is not the same about the arrays. By default what `torch_ref.layouts.MODULES` says of
            the class; for a Sequential that begins with a Flatten, `layout_of(module, input)` tells.
        rtol: relative tolerance. By default that of `torch_ref.report.TOLERANCE` for each dtype.
        atol: absolute tolerance. Likewise.
        seed: for the cotangents, and for what the modules themselves draw.
        cotangents: dL/dY for each output that requires grad, in npnn's layout. Default: random ones.
        second: compare second derivatives too: those of the gradients by the inputs, the parameters and the
            cotangents.
        name: how the report calls the comparison. Default: the module's repr.

    Returns:
        A report of all differences. `raise_if_failed()` makes an assertion of it.

    Raises:
        LookupError: no layouts were given, and the table has none for the class.

    Examples:
        >>> from torch_ref.convert import from_torch
        >>> theirs = torch.nn.Linear(4, 3).double()
        >>> x = np.random.default_rng(0).standard_normal((5, 4))
        >>> report = compare(from_torch(theirs), theirs, x, second=True).raise_if_failed()
        >>> report.passed, report.worst("grad_param") < 1e-12
        (True, True)
    """
    layouts = layout_of(torch_module) if layouts is None else layouts
    report = Report(repr(npnn_module) if name is None else name)
    if not layouts.renumbered:
        report.check("repr", repr(npnn_module), repr(torch_module))
    report.check("state_dict keys", list(npnn_module.state_dict()), list(torch_module.state_dict()))
    report.check("training", npnn_module.training, torch_module.training)
    calls = Call(NPNN, npnn_module, layouts), Call(TORCH, torch_module, layouts)
    return _Comparison(report, *calls, rtol, atol).run(inputs, kwargs, seed, cotangents, second)


def compare_functions(
    npnn_function: Callable[..., Any],
    torch_function: Callable[..., Any],
    *inputs: Any,
    kwargs: Mapping[str, Any] | None = None,
    layouts: ModuleLayout | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    cotangents: Sequence[Array] | None = None,
    second: bool = False,
    name: str | None = None,
) -> Report:
    """Calls a function and its torch twin on the same inputs, goes backward, and compares what comes of it.

    Args:
        npnn_function: the function.
        torch_function: its twin.
        *inputs: as `compare` takes them.
        kwargs: the same by name.
        layouts: what is not the same about the arrays, by the names of npnn_function's arguments. By default
            what `torch_ref.layouts.FUNCTIONS` says of a function of its name, or nothing.
        rtol: as `compare` takes it.
        atol: as `compare` takes it.
        seed: as `compare` takes it.
        cotangents: as `compare` takes them.
        second: as `compare` takes it.
        name: how the report calls the comparison. Default: the function's name.

    Returns:
        A report of all differences.

    Examples:
        >>> x = np.random.default_rng(0).standard_normal((4, 3))
        >>> compare_functions(np.exp, torch.exp, x, second=True).passed
        True
    """
    label = getattr(npnn_function, "__name__", repr(npnn_function))
    layouts = layout_of_call(npnn_function, inputs, kwargs or {}) if layouts is None else layouts
    report = Report(label if name is None else name)
    calls = Call(NPNN, npnn_function, layouts), Call(TORCH, torch_function, layouts)
    return _Comparison(report, *calls, rtol, atol).run(inputs, kwargs, seed, cotangents, second)


class _Comparison:
    """Two calls, one on each library, what they may differ by, and the report of what they do differ by."""

    def __init__(
        self, report: Report, mine: Call, theirs: Call, rtol: float | None, atol: float | None
    ) -> None:
        self.report = report
        self.mine = mine
        self.theirs = theirs
        self.rtol = rtol
        self.atol = atol

    def run(
        self,
        inputs: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        seed: int,
        cotangents: Sequence[Array] | None,
        second: bool,
    ) -> Report:
        """Makes both calls, forward and backward; returns the report.

        What would only follow from an earlier failure is left out.
        """
        before = self.theirs.state_arrays()
        self._arrays("state_before", self.mine.state_arrays(), before, exactly=before)
        if any(difference.problem for difference in self.report.differences):
            return self.report
        if not has_forward(self.theirs.function):
            return self.report
        names = argument_names(self.mine.function, len(inputs))
        for call in (self.mine, self.theirs):
            call.run(names, inputs, kwargs or {}, seed)
        outputs, wanted = self.mine.output_arrays(), self.theirs.output_arrays()
        self._arrays("output", _numbered(outputs), _numbered(wanted))
        self._check_aliases()
        differentiable = self.mine.differentiable()
        self.report.check("outputs that require grad", differentiable, self.theirs.differentiable())
        alike = [one.shape for one in outputs] == [two.shape for two in wanted]
        if alike and differentiable == self.theirs.differentiable():
            random = np.random.default_rng(seed)
            drawn = [random_like(outputs[number], random) for number in differentiable]
            self._gradients(drawn if cotangents is None else cotangents, seed, second)
        self._untouched(
            "input_after", self.mine.input_arrays(), self.theirs.input_arrays(), self.theirs.given
        )
        self._untouched("state_after", self.mine.state_arrays(), self.theirs.state_arrays(), before)
        return self.report

    def _gradients(self, cotangents: Sequence[Array], seed: int, second: bool) -> None:
        """First derivatives, as backward leaves them in `.grad`, and second ones."""
        mine, theirs = (call.gradients(cotangents, keep_graph=second) for call in (self.mine, self.theirs))
        self.report.check("inputs and parameters with a gradient", _present(mine), _present(theirs))
        self._by_kind(mine, theirs)
        self._check_gradient_memory(mine)
        if second and cotangents:
            for one, two in zip(
                self.mine.second_derivatives(cotangents, seed),
                self.theirs.second_derivatives(cotangents, seed),
                strict=True,
            ):
                self._by_kind(one, two)

    def _by_kind(self, mine: Mapping[Key, Array | None], theirs: Mapping[Key, Array | None]) -> None:
        """Measures the gradients that both have."""
        for (kind, name), one in mine.items():
            two = theirs.get((kind, name))
            if one is not None and two is not None:
                self._arrays(kind, {name: one}, {name: two})

    def _arrays(
        self, kind: str, mine: Mapping[str, Array], theirs: Mapping[str, Array], exactly: Iterable[str] = ()
    ) -> None:
        """Measures every array; those in `exactly` may not differ at all."""
        if mine.keys() != theirs.keys():
            self.report.check(f"names of arrays, {kind}", list(mine), list(theirs))
        for name, one in mine.items():
            if name in theirs:
                tolerance = (0.0, 0.0) if name in exactly else (self.rtol, self.atol)
                self.report.differences.append(measure(kind, name, one, theirs[name], *tolerance))

    def _untouched(
        self, kind: str, mine: Mapping[str, Array], theirs: Mapping[str, Array], before: Mapping[str, Array]
    ) -> None:
        """What torch has left alone must be as it was, to the bit; the rest must have changed likewise."""
        unchanged = [
            name for name, array in theirs.items() if np.array_equal(array, before[name], equal_nan=True)
        ]
        self._arrays(kind, mine, theirs, exactly=unchanged)

    def _check_aliases(self) -> None:
        """An output may share memory with an input only where torch's does."""
        shared = [
            f"output {number} shares memory with {name}"
            for number, (output, wanted) in enumerate(
                zip(self.mine.outputs, self.theirs.outputs, strict=False)
            )
            for name, (tensor, _) in self.mine.handed.items()
            if np.may_share_memory(output.array, tensor.array)
            and not _share_storage(wanted, self.theirs.handed[name][0])
        ]
        self.report.checks.append(Check("memory of outputs", "; ".join(shared)))

    def _check_gradient_memory(self, gradients: Mapping[Key, Array | None]) -> None:
        """A gradient belongs to its leaf alone: whoever changes it in place must change nothing else."""
        found = {name: array for (_, name), array in gradients.items() if array is not None}
        values = {f"the value of {name}": leaf.array for (_, name), (leaf, _) in self.mine.leaves.items()}
        shared = [
            f"the gradient of {name} shares memory with {other}"
            for name, array in found.items()
            for other, taken in {**found, **values}.items()
            if other != name and np.may_share_memory(array, taken)
        ]
        self.report.checks.append(Check("memory of gradients", "; ".join(shared)))


def _numbered(arrays: Sequence[Array]) -> dict[str, Array]:
    return {str(number): array for number, array in enumerate(arrays)}


def _present(gradients: Mapping[Key, Array | None]) -> list[str]:
    return [name for (_, name), array in gradients.items() if array is not None]


def _share_storage(one: torch.Tensor, two: torch.Tensor) -> bool:
    return one.untyped_storage().data_ptr() == two.untyped_storage().data_ptr()

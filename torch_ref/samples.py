"""A sample: something to compare, made ready."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import npnn
from torch_ref.calls import Call, argument_names
from torch_ref.compare import compare, compare_functions
from torch_ref.exemptions import EXEMPTIONS
from torch_ref.flow import layout_of
from torch_ref.layouts import MODULES, ModuleLayout
from torch_ref.report import Difference, Report
from torch_ref.values import NPNN, TORCH, array_of, is_tensor, map_nested, tensors_in


@dataclass(frozen=True)
class Sample:
    """A module or function of npnn, its torch twin, and what they are called on.

    Attributes:
        name: what it is.
        npnn: npnn's module or function.
        torch: torch's; a module has the same weights.
        inputs: what it is called on, as `compare` takes it.
        kwargs: the same by name.
        layouts: what is not the same about the arrays.
        second: whether torch has second derivatives of it.
        made: what was compared of the modules as they were made, before they got the same weights.
    """

    name: str
    npnn: Any
    torch: Any
    inputs: tuple[Any, ...]
    kwargs: dict[str, Any]
    layouts: ModuleLayout
    second: bool = True
    made: tuple[Difference, ...] = ()

    @property
    def dtype(self) -> Any:
        """The type of the floating-point numbers that it is called on; None without any."""
        arrays = (array_of(value) for value in tensors_in((self.inputs, self.kwargs), arrays=True))
        return next((array.dtype.type for array in arrays if array.dtype.kind == "f"), None)

    def compare(self, second: bool | None = None) -> Report:
        """Compares the two, as strictly as `exemptions` says.

        Args:
            second: compare second derivatives too. Default: where torch has them.
        """
        run: Any = compare if isinstance(self.torch, torch.nn.Module) else compare_functions
        exempt = [one for one in EXEMPTIONS if one.covers(self)]
        inputs, kwargs = self.inputs, self.kwargs
        if not all(one.gradients for one in exempt):
            inputs, kwargs = map_nested(_constant, (inputs, kwargs))
        twice = self.second and all(one.second for one in exempt)
        # torch's fused attention has no second derivative.
        with sdpa_kernel(SDPBackend.MATH):
            report: Report = run(
                self.npnn,
                self.torch,
                *inputs,
                kwargs=kwargs,
                layouts=self.layouts,
                second=twice if second is None else second,
                atol=max((one.atol for one in exempt if one.atol is not None), default=None),
                name=self.name,
            )
        report.differences[:0] = self.made
        return report

    @property
    def comparable(self) -> bool:
        """Whether there is anything to compare: see `torch_ref.exemptions`."""
        return all(one.compared for one in EXEMPTIONS if one.covers(self))

    def torch_takes_it(self) -> bool:
        """Whether torch has kernels for the dtype, forward and backward: for float16 some lack."""
        call = Call(TORCH, copy.deepcopy(self.torch), self.layouts)
        try:
            call.run(argument_names(self.npnn, len(self.inputs)), self.inputs, self.kwargs, seed=0)
            outputs = call.output_arrays()
            call.gradients([np.ones_like(outputs[n]) for n in call.differentiable()], keep_graph=False)
        except (RuntimeError, NotImplementedError) as error:
            if any(words in str(error) for words in ("not implemented for", "not supported with sparse")):
                return False
            raise
        return True


def _constant(value: Any) -> Any:
    """A tensor with respect to which nothing is differentiated, of an array or tensor of npnn's."""
    is_array = isinstance(value, np.ndarray) or is_tensor(value)
    return npnn.tensor(array_of(value)) if is_array else value


def layouts_of(
    mine: npnn.Module, theirs: torch.nn.Module, inputs: Sequence[Any], kwargs: Mapping[str, Any]
) -> ModuleLayout:
    """The layouts of a module. A lazy one, and its twin, are called once, so that their parameters are there.

    Args:
        mine: npnn's module.
        theirs: its torch twin.
        inputs: what it is called on, as `compare` takes it.
        kwargs: the same by name.
    """
    if not isinstance(theirs, torch.nn.modules.lazy.LazyModuleMixin):
        return layout_of(theirs)
    layouts = MODULES[type(theirs).__name__]
    names = argument_names(mine, len(inputs))
    for library, module in ((NPNN, mine), (TORCH, theirs)):
        mode = module.training
        Call(library, module.eval(), layouts).run(names, inputs, kwargs, seed=0)
        module.train(mode)
    return layouts

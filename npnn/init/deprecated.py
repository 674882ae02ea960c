"""The old names, without the underscore, under which torch keeps most of its initializers."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

from npnn.init.constants import constant_, dirac_, eye_
from npnn.init.distributions import normal_, uniform_
from npnn.init.matrices import orthogonal_, sparse_
from npnn.init.variance_scaling import kaiming_normal_, kaiming_uniform_, xavier_normal_, xavier_uniform_
from npnn.tensors import Tensor

_Initializer = TypeVar("_Initializer", bound=Callable[..., Tensor])


def _deprecated(function: _Initializer) -> _Initializer:
    """The function under its old name, without the underscore, and with a warning that it is old."""
    name, old_name = function.__name__, function.__name__[:-1]

    @functools.wraps(function)
    def alias(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{old_name}` is now deprecated in favor of `nn.init.{name}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    alias.__name__ = alias.__qualname__ = old_name
    alias.__doc__ = f"The old name of `{name}`, deprecated as on torch."
    return cast(_Initializer, alias)


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)

"""Making a module without drawing its first weights."""

from __future__ import annotations

from typing import Any

from npnn.random import fork_rng


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Makes a module and leaves the default generator where it was: for weights that are loaded next.

    On torch the module's memory is left uninitialised; here its values are drawn and mean nothing.

    Args:
        module_cls: the class.
        *args: what it takes.
        **kwargs: the same by name.

    Returns:
        The module.

    Raises:
        RuntimeError: the class is no module.

    Source: torch.nn.utils.skip_init.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> state = npnn.get_rng_state()
        >>> layer = skip_init(nn.Linear, 2, 3)
        >>> bool((npnn.get_rng_state() == state).all())
        True
    """
    with fork_rng():
        made = module_cls(*args, **kwargs)
    if not hasattr(made, "_parameters"):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    return made

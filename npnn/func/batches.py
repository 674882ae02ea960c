"""vmap: a function of one thing as a function of a batch of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from npnn import random
from npnn.func._tree import map_tree, pairs
from npnn.tensors import Tensor
from npnn.tensors.joining import stack


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies a function to each entry of a batch and stacks the results.

    It is a loop over the batch: it reads as torch's and gives the same numbers, and is not as fast. As each
    call sees plain tensors, func may branch on values.

    Args:
        func: takes and returns tensors.
        in_dims: the axis of the batch, for all arguments or in the form of them; None for what is not
            batched.
        out_dims: the axis of the batch in the results, likewise.
        randomness: "error" refuses random numbers, "different" draws new ones for each entry, "same" the
            same.
        chunk_size: accepted; there is one call for each entry.

    Returns:
        A function of batched arguments; keyword arguments are handed on to each call.

    Raises:
        ValueError: from the function, as nothing is batched, sizes differ, or func returns anything but
            tensors.
        RuntimeError: from the function, as func draws random numbers, or `randomness` is unknown.

    Source: torch.func.vmap.

    Examples:
        >>> import npnn
        >>> from npnn import func
        >>> dot = func.vmap(npnn.dot, in_dims=(0, None))
        >>> dot(npnn.tensor([[1.0, 2.0], [3.0, 4.0]]), npnn.tensor([10.0, 1.0]))
        tensor([12., 34.])
        >>> func.vmap(func.grad(lambda x: x**3))(npnn.tensor([1.0, 2.0]))
        tensor([ 3., 12.])
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if randomness not in ("error", "different", "same"):
            raise RuntimeError(
                f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}"
            )
        dims = _spread(in_dims, args)
        size = _batch_size(list(pairs(args, dims)))
        state = random.get_rng_state()
        results = []
        for number in range(size):
            if randomness == "same":
                random.set_rng_state(state)
            pick = functools.partial(_entry, number=number)
            results.append(func(*map_tree(pick, args, dims), **kwargs))
            if randomness == "error" and not np.array_equal(random.get_rng_state(), state):
                raise RuntimeError(
                    "vmap: called random operation while in randomness error mode: pass"
                    " randomness='different' or 'same'"
                )
        return _stacked(results, out_dims)

    return wrapper


def _entry(x: Any, dim: int | None, number: int) -> Any:
    return x if dim is None else x.select(dim, number)


def _spread(dims: Any, tree: Any) -> Any:
    """Dims in the form of a tree, from one for a whole branch."""
    if isinstance(dims, (tuple, list)) and isinstance(tree, (tuple, list)):
        if len(dims) != len(tree):
            raise ValueError(f"vmap: in_dims has {len(dims)} entries, but there are {len(tree)} inputs")
        return type(tree)([_spread(dim, branch) for dim, branch in zip(dims, tree, strict=True)])
    if isinstance(tree, dict):
        return {key: _spread(dims[key] if isinstance(dims, dict) else dims, tree[key]) for key in tree}
    if isinstance(tree, (tuple, list)):
        return type(tree)([_spread(dims, branch) for branch in tree])
    if isinstance(tree, Tensor):
        return dims
    if dims is not None and not isinstance(dims, int):
        raise ValueError(f"vmap: got in_dims={dims} for an input that is no container of tensors")
    if dims:
        raise ValueError(f"vmap: got in_dim={dims} for an input of type {type(tree).__name__}, not a tensor")
    return None


def _batch_size(pairs: list[tuple[Any, Any]]) -> int:
    sizes = [x.shape[dim] for x, dim in pairs if dim is not None]
    if not sizes:
        raise ValueError("vmap: expected at least one batched tensor among the inputs, but got none")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes}"
        )
    return int(sizes[0])


def _stacked(results: list[Any], out_dims: Any) -> Any:
    """The results of all entries in one, each tensor of them stacked."""
    first = results[0]
    if isinstance(first, dict):
        return {key: _stacked([result[key] for result in results], out_dims) for key in first}
    if isinstance(first, (tuple, list)):
        dims = out_dims if isinstance(out_dims, (tuple, list)) else [out_dims] * len(first)
        if len(dims) != len(first):
            raise ValueError(f"vmap: out_dims has {len(dims)} entries, but f returned {len(first)} outputs")
        return type(first)(
            [
                _stacked(list(column), dim)
                for column, dim in zip(zip(*results, strict=True), dims, strict=True)
            ]
        )
    if not isinstance(first, Tensor):
        raise ValueError(f"vmap: `f` must only return Tensors, got type {type(first)}")
    return first if out_dims is None else stack(results).movedim(0, out_dims)

"""Tensors in nested tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from npnn.tensors import Tensor


def map_tree(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """A tree with a function applied to each tensor in it, and to what stands in its place in others."""
    if isinstance(tree, dict):
        return {key: map_tree(function, tree[key], *[other[key] for other in others]) for key in tree}
    if isinstance(tree, (tuple, list)):
        branches = [map_tree(function, *branch) for branch in zip(tree, *others, strict=True)]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return function(tree, *others) if isinstance(tree, Tensor) else tree


def leaves(tree: Any) -> Iterator[Tensor]:
    """The tensors of a tree, in order."""
    return (x for x, _ in pairs(tree, tree))


def pairs(tree: Any, other: Any) -> Iterator[tuple[Tensor, Any]]:
    """The tensors of a tree, each with what stands in its place in another."""
    if isinstance(tree, dict):
        for key in tree:
            yield from pairs(tree[key], other[key])
    elif isinstance(tree, (tuple, list)):
        for branch in zip(tree, other, strict=True):
            yield from pairs(*branch)
    elif isinstance(tree, Tensor):
        yield tree, other

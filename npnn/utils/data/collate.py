"""From samples to a batch: tensors, arrays and numbers are stacked, containers kept.

Images come from torchvision as other libraries' objects. What NumPy can read through `__array__`, such as a
tensor of torch's, is taken as an array; a PIL image is refused here as on torch, and becomes an array by
`numpy.asarray` or a transform. A torch tensor from `transforms.ToTensor` is channels first: let
`lambda image: image.permute(1, 2, 0)` be the transform behind it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any, TypeAlias

import numpy as np

from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor, tensor
from npnn.tensors.joining import stack

_NUMERIC_KINDS = "biufc"

CollateFunctions: TypeAlias = dict[Any, Callable[..., Any]]


def _refuse(kind: object) -> TypeError:
    return TypeError(
        "default_collate expects tensors, arrays, numbers, strings, or dicts and sequences of these, but"
        f" found {kind}"
    )


def collate(batch: Sequence[Any], *, collate_fn_map: CollateFunctions | None = None) -> Any:
    """Samples made into a batch, with functions for the types that are not containers.

    Args:
        batch: the samples, all of the kind of the first.
        collate_fn_map: type, or tuple of types -> function of the samples and of this map by its name.
            The sample's own type is looked up before those that it is an instance of.

    Returns:
        The batch: what the function for the samples' type makes of them; for mappings one mapping, for named
        tuples one named tuple, for other sequences one sequence (for tuples a list), of batches.

    Raises:
        TypeError: there is no function for the samples, and they are no containers.
        RuntimeError: they are sequences of different lengths.

    Source: torch.utils.data._utils.collate.collate.
    """
    functions = {} if collate_fn_map is None else collate_fn_map
    first = batch[0]
    if type(first) in functions:
        return functions[type(first)](batch, collate_fn_map=functions)
    for types, function in functions.items():
        if isinstance(first, types):
            return function(batch, collate_fn_map=functions)

    def batch_of(samples: Sequence[Any]) -> Any:
        return collate(samples, collate_fn_map=functions)

    if isinstance(first, Mapping):
        return _like_mapping(first, {key: batch_of([sample[key] for sample in batch]) for key in first})
    if isinstance(first, Sequence):
        sizes = {len(sample) for sample in batch}
        if len(sizes) > 1 and not hasattr(first, "_fields"):
            raise RuntimeError(
                "default_collate expects each sequence in a batch to be of equal size, but got sizes"
                f" {sorted(sizes)}"
            )
        return _like_sequence(first, [batch_of(samples) for samples in zip(*batch, strict=False)])
    if hasattr(first, "__array__") and not isinstance(first, np.ndarray):
        return batch_of([np.asarray(sample) for sample in batch])
    raise _refuse(type(first))


def _like_mapping(original: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """The values in a mapping of the original's type, and with its attributes, where it can be made."""
    try:
        if isinstance(original, MutableMapping):
            clone = copy.copy(original)
            clone.update(values)
            return clone
        return type(original)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _like_sequence(original: Sequence[Any], values: list[Any]) -> Any:
    """The values in a sequence of the original's type, where it can be made; of a plain tuple, in a list."""
    if isinstance(original, tuple):
        return type(original)(*values) if hasattr(original, "_fields") else values
    try:
        if isinstance(original, MutableSequence):
            clone = copy.copy(original)
            for index, value in enumerate(values):
                clone[index] = value
            return clone
        return type(original)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _collate_tensors(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Tensor:
    if all(type(sample) is Tensor and not sample.requires_grad for sample in batch):
        arrays = [sample.array for sample in batch]
        if len({(array.dtype, array.shape) for array in arrays}) == 1:
            return Tensor._wrap(np.stack(arrays))  # past the tape: most batches are such, of many samples
    return stack(batch)


def _collate_arrays(batch: Sequence[Any], *, collate_fn_map: CollateFunctions) -> Any:
    if batch[0].dtype.kind not in _NUMERIC_KINDS:
        raise _refuse(f"an array of {batch[0].dtype}")
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def _collate_scalars(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Tensor:
    return as_tensor(np.array(batch))


def _collate_floats(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Tensor:
    return tensor(batch, dtype=np.float64)


def _collate_integers(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Tensor:
    return tensor(batch)


def _collate_strings(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    return batch


default_collate_fn_map: CollateFunctions = {
    Tensor: _collate_tensors,
    np.ndarray: _collate_arrays,
    (np.bool_, np.number): _collate_scalars,
    float: _collate_floats,
    int: _collate_integers,
    str: _collate_strings,
    bytes: _collate_strings,
}
"""How `default_collate` treats each type; another type's function can be added."""


def default_collate(batch: Sequence[Any]) -> Any:
    """Samples made into a batch: tensors with a new first axis, in the containers that the samples are.

    Args:
        batch: the samples, all of the kind of the first.

    Returns:
        For tensors, arrays and numbers a tensor (of Python's floats a float64 one); for strings and bytes the
        list itself; for mappings and sequences one such container of batches.

    Raises:
        TypeError: the samples are of another kind.
        RuntimeError: they differ in shape or length.

    Source: torch.utils.data.default_collate.

    Examples:
        >>> import numpy as np
        >>> default_collate([{"x": np.ones(2), "y": 3, "name": "a"}, {"x": np.zeros(2), "y": 4, "name": "b"}])
        {'x': tensor([[1., 1.],
                [0., 0.]], dtype=torch.float64), 'y': tensor([3, 4]), 'name': ['a', 'b']}
        >>> default_collate([(0, 1), (2, 3)])
        [tensor([0, 2]), tensor([1, 3])]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """A sample with its arrays made tensors; what a DataLoader without batches does to each.

    Args:
        data: the sample.

    Returns:
        For an array or NumPy number a tensor that shares its memory; for containers the same of converted
        parts; anything else as it is.

    Source: torch.utils.data.default_convert.

    Examples:
        >>> import numpy as np
        >>> default_convert({"x": np.array([1, 2]), "y": 3})
        {'x': tensor([1, 2]), 'y': 3}
    """
    if isinstance(data, (np.ndarray, np.generic)):
        return as_tensor(data) if data.dtype.kind in _NUMERIC_KINDS else data
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like_sequence(data, [default_convert(value) for value in data])
    if hasattr(data, "__array__") and not isinstance(data, Tensor):
        return as_tensor(np.asarray(data))
    return data

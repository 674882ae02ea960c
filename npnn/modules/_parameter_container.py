"""Containers of parameters, and the checks of indices and pairs that all containers share."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any, TypeVar

from npnn.modules._members import typename
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor

_List = TypeVar("_List", bound="ParameterList")
_Dict = TypeVar("_Dict", bound="ParameterDict")


class ParameterList(Module):
    """A list in which parameters are registered; tensors that are put in become parameters.

    Anything else may stand in it too, as in any list.

    Args:
        values: what to put in.

    Source: torch.nn.ParameterList.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> weights = nn.ParameterList([npnn.ones(2, 3), npnn.zeros(3)])
        >>> weights
        ParameterList(
            (0): Parameter containing: [torch.float32 of size 2x3]
            (1): Parameter containing: [torch.float32 of size 3]
        )
        >>> weights[-1]
        Parameter containing:
        tensor([0., 0., 0.], requires_grad=True)
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self[number] for number in range(len(self))[index])
        return getattr(self, str(checked_index(index, len(self))))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(checked_index(index, len(self))), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(len(self)))

    def __iadd__(self: _List, values: Iterable[Any]) -> _List:
        return self.extend(values)

    def append(self: _List, value: Any) -> _List:
        """Adds a value at the end.

        Args:
            value: a tensor, which becomes a parameter, or anything else.

        Returns:
            The list itself.

        Source: torch.nn.ParameterList.append.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> nn.ParameterList().append(npnn.ones(2))
            ParameterList(  (0): Parameter containing: [torch.float32 of size 2])
        """
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self: _List, values: Iterable[Any]) -> _List:
        """Adds values at the end.

        Args:
            values: tensors, which become parameters, or anything else.

        Returns:
            The list itself.

        Raises:
            TypeError: `values` cannot be iterated over, or is a tensor.

        Source: torch.nn.ParameterList.extend.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> len(nn.ParameterList().extend([npnn.ones(2), npnn.ones(3)]))
            2
        """
        # A tensor can be iterated over, but it is one parameter, not a list of them.
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}"
            )
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """One line for each value.

        Source: torch.nn.ParameterList.extra_repr.
        """
        return "\n".join(
            _line(number, value, f"torch.{getattr(value, 'dtype', '')}") for number, value in enumerate(self)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """A dictionary in which parameters are registered; tensors that are put in become parameters.

    Anything else may stand in it too, as in any dictionary. The order is that in which the keys were added.

    Args:
        parameters: a mapping of strings to values, or an iterable of such pairs.

    Source: torch.nn.ParameterDict.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> weights = nn.ParameterDict({"left": npnn.ones(2, 3), "right": npnn.zeros(3)})
        >>> weights
        ParameterDict(
            (left): Parameter containing: [torch.FloatTensor of size 2x3]
            (right): Parameter containing: [torch.FloatTensor of size 3]
        )
        >>> weights["right"]
        Parameter containing:
        tensor([0., 0., 0.], requires_grad=True)
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, _checked_key(key))

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, _checked_key(key), _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """A new ParameterDict with the same keys and the same parameters.

        Source: torch.nn.ParameterDict.copy.
        """
        return ParameterDict(self.items())

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a key, which is added if it is not there.

        Args:
            key: the key.
            default: the value to add.

        Returns:
            The value.

        Source: torch.nn.ParameterDict.setdefault.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> nn.ParameterDict().setdefault("bias", npnn.zeros(2))
            Parameter containing:
            tensor([0., 0.], requires_grad=True)
        """
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Takes everything out.

        Source: torch.nn.ParameterDict.clear.
        """
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Takes a value out.

        Args:
            key: its key.

        Returns:
            The value.

        Raises:
            AttributeError: there is no such key.

        Source: torch.nn.ParameterDict.pop.

        Examples:
            >>> from npnn import nn
            >>> nn.ParameterDict({"scale": 2.0}).pop("scale")
            2.0
        """
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Takes out what was added last.

        Returns:
            The key and the value.

        Raises:
            KeyError: the dictionary is empty.

        Source: torch.nn.ParameterDict.popitem.

        Examples:
            >>> from npnn import nn
            >>> nn.ParameterDict([("scale", 2.0), ("shift", 1.0)]).popitem()
            ('shift', 1.0)
        """
        if not self._keys:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or a default.

        Args:
            key: the key.
            default: what to return if it is not there.

        Source: torch.nn.ParameterDict.get.

        Examples:
            >>> from npnn import nn
            >>> nn.ParameterDict({"scale": 2.0}).get("shift", 0.0)
            0.0
        """
        return self[key] if key in self else default  # noqa: SIM401 - this is get

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new ParameterDict with the given keys, all of one value.

        Args:
            keys: the keys.
            default: the value.

        Source: torch.nn.ParameterDict.fromkeys.

        Examples:
            >>> from npnn import nn
            >>> list(nn.ParameterDict().fromkeys(["scale", "shift"], 1.0).items())
            [('scale', 1.0), ('shift', 1.0)]
        """
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> KeysView[str]:
        """The keys.

        Source: torch.nn.ParameterDict.keys.
        """
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The keys with the values.

        Source: torch.nn.ParameterDict.items.
        """
        return ((key, self[key]) for key in self)

    def values(self) -> Iterable[Any]:
        """The values.

        Source: torch.nn.ParameterDict.values.
        """
        return (self[key] for key in self)

    def update(self, parameters: Any) -> None:
        """Adds values; one whose key is there already takes the other's place.

        Args:
            parameters: a mapping of strings to values, or an iterable of such pairs. As on torch, the keys of
                a mapping other than an OrderedDict or a ParameterDict are added in alphabetical order.

        Raises:
            TypeError: `parameters`, or one of the pairs, cannot be iterated over.
            ValueError: something in it is not a pair.

        Source: torch.nn.ParameterDict.update.

        Examples:
            >>> from npnn import nn
            >>> values = nn.ParameterDict({"shift": 1.0})
            >>> values.update({"scale": 2.0, "bend": 3.0})
            >>> list(values)
            ['shift', 'bend', 'scale']
        """
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            parameters = sorted(parameters.items())
        for key, value in pairs(parameters, "ParameterDict"):
            self[key] = value

    def extra_repr(self) -> str:
        """One line for each value.

        Source: torch.nn.ParameterDict.extra_repr.
        """
        return "\n".join(_line(key, value, typename(value)) for key, value in self.items())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def __or__(self, other: Any) -> ParameterDict:
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: Any) -> Any:
        merged = other.copy()
        merged.update(self)
        return merged

    def __ior__(self: _Dict, other: Any) -> _Dict:
        self.update(other)
        return self


def checked_index(index: Any, length: int) -> int:
    """An index from the front; negative ones count from the back."""
    number = operator.index(index)
    if not -length <= number < length:
        raise IndexError(f"index {number} is out of range")
    return number % length


def _checked_key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(
            "Index given to ParameterDict cannot be used as a key as it is not a string "
            f"(type is '{type(key).__name__}')."
        )
    return key


def pairs(entries: Any, container: str) -> Iterator[tuple[str, Any]]:
    """The pairs that a dictionary is to be updated with, from a mapping or an iterable of pairs."""
    if not isinstance(entries, Iterable):
        raise TypeError(
            f"{container}.update should be called with an iterable of key/value pairs, but got "
            f"{type(entries).__name__}"
        )
    for number, pair in enumerate(entries.items() if hasattr(entries, "items") else entries):
        if not isinstance(pair, Iterable):
            raise TypeError(
                f"{container} update sequence element #{number} should be Iterable; is {type(pair).__name__}"
            )
        pair = tuple(pair)
        if len(pair) != 2:
            raise ValueError(
                f"{container} update sequence element #{number} has length {len(pair)}; 2 is required"
            )
        yield pair


def _as_parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _line(key: Any, value: Any, name: str) -> str:
    """What a ParameterList or ParameterDict prints of one of its values."""
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    return f"  ({key}): {kind} containing: [{name} of size {'x'.join(map(str, value.shape))}]"

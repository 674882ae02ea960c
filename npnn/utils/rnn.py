"""torch.nn.utils.rnn: sequences of several lengths, padded to one or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from npnn.tensors import Tensor
from npnn.tensors.creation import as_tensor, full
from npnn.tensors.functions import cat, stack

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """A batch of sequences of several lengths, one time step after another, without padding.

    Made by `pack_padded_sequence` and `pack_sequence`; recurrent layers take and return it.

    Attributes:
        data: the rows of all time steps, longest sequence first, (sum of batch_sizes, *).
        batch_sizes: how many sequences reach each time step, int64.
        sorted_indices: which sequence of the batch each place holds, or None if they are in order.
        unsorted_indices: the inverse of that permutation; worked out if left out.

    Source: torch.nn.utils.rnn.PackedSequence.

    Examples:
        >>> import npnn
        >>> from npnn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([npnn.tensor([1, 2, 3]), npnn.tensor([4, 5])])
        >>> packed.data.tolist(), packed.batch_sizes.tolist()
        ([1, 4, 2, 5, 3], [2, 2, 1])
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        """Fills in the inverse permutation."""
        if batch_sizes is None:
            raise ValueError("a PackedSequence needs batch_sizes, the number of sequences at each time step")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """With the data in another dtype."""
        return PackedSequence(self.data.to(*args, **kwargs), *self[1:])

    def double(self) -> PackedSequence:
        """With the data in float64."""
        return self.to(np.float64)

    def float(self) -> PackedSequence:
        """With the data in float32."""
        return self.to(np.float32)

    def half(self) -> PackedSequence:
        """With the data in float16."""
        return self.to(np.float16)

    def cpu(self) -> PackedSequence:
        """Itself: there is one device."""
        return self

    @property
    def is_cuda(self) -> bool:
        """Always False."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another; None for None.

    Source: torch.nn.utils.rnn.invert_permutation.

    Examples:
        >>> import npnn
        >>> invert_permutation(npnn.tensor([2, 0, 1])).tolist()
        [1, 2, 0]
    """
    return None if permutation is None else as_tensor(np.argsort(permutation.array, kind="stable"))


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Packs a batch of padded sequences.

    Args:
        input: the sequences, (T, N, *), or (N, T, *) if batch_first, with T at least the longest.
        lengths: how many steps of each sequence count, ints of at least 1.
        batch_first: whether the batch axis comes first.
        enforce_sorted: whether lengths must already descend; if not, the sequences are sorted.

    Returns:
        The packed sequences.

    Raises:
        RuntimeError: a length below 1, a number of lengths other than N, lengths that ascend although
            enforce_sorted, or a length beyond T.

    Source: torch.nn.utils.rnn.pack_padded_sequence.

    Examples:
        >>> import npnn
        >>> packed = pack_padded_sequence(npnn.tensor([[1, 2, 0], [3, 4, 5]]), [2, 3], True, False)
        >>> packed.data.tolist(), packed.sorted_indices.tolist()
        ([3, 1, 4, 2, 5], [1, 0])
    """
    sizes = np.asarray(lengths.array if isinstance(lengths, Tensor) else lengths, np.int64)
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
    padded = input.transpose(0, 1) if batch_first else input
    if order is not None:
        padded = padded[:, order]
    steps, sequences = padded.array.shape[:2]
    if sizes.shape != (sequences,):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {sizes.size}"
            f" (batch_size={sequences})"
        )
    if sizes.size == 0 or sizes.min() <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is"
            f" {sizes.min(initial=0)}"
        )
    if (np.diff(sizes) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. Pass"
            " enforce_sorted=False to have the sequences sorted."
        )
    if sizes[0] > steps:
        raise RuntimeError(
            f"Expected lengths of at most {steps}, the length of the input, but got {sizes[0]}"
        )
    batch_sizes = (sizes[:, None] > np.arange(sizes[0])).sum(0)
    step = np.repeat(np.arange(sizes[0]), batch_sizes)
    row = np.concatenate([np.arange(size) for size in batch_sizes])
    return PackedSequence(
        padded[step, row], as_tensor(batch_sizes), None if order is None else as_tensor(order)
    )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The inverse of `pack_padded_sequence`.

    Args:
        sequence: the packed sequences.
        batch_first: whether the batch axis is to come first.
        padding_value: what stands where a sequence is over.
        total_length: the length to pad to. Default: that of the longest.

    Returns:
        The padded sequences, in the order in which they were packed, and their lengths.

    Raises:
        ValueError: total_length is less than the longest.

    Source: torch.nn.utils.rnn.pad_packed_sequence.

    Examples:
        >>> import npnn
        >>> packed = pack_sequence([npnn.tensor([1, 2, 3]), npnn.tensor([4, 5])])
        >>> padded, lengths = pad_packed_sequence(packed, batch_first=True)
        >>> padded.tolist(), lengths.tolist()
        ([[1, 2, 3], [4, 5, 0]], [3, 2])
    """
    batch_sizes = sequence.batch_sizes.array
    steps = len(batch_sizes)
    if total_length is not None and total_length < steps:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {steps}"
        )
    step = np.repeat(np.arange(steps), batch_sizes)
    row = np.concatenate([np.arange(size) for size in batch_sizes])
    shape = (total_length or steps, int(batch_sizes[0]), *sequence.data.array.shape[1:])
    padded = full(shape, padding_value, dtype=sequence.data.dtype)
    padded[step, row] = sequence.data
    lengths = (batch_sizes[:, None] > np.arange(batch_sizes[0])).sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.array
        padded, lengths = padded[:, order], lengths[order]
    return padded.transpose(0, 1) if batch_first else padded, as_tensor(lengths)


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences padded to the length of the longest, and stacked.

    Args:
        sequences: tensors (L_i, *), alike but for their lengths.
        batch_first: whether the batch axis is to come first.
        padding_value: what stands where a sequence is over.
        padding_side: "right" pads at the end, "left" at the beginning.

    Returns:
        A tensor (T, N, *), or (N, T, *) if batch_first.

    Raises:
        ValueError: an unknown side.
        RuntimeError: there are no sequences, or they differ in more than length.

    Source: torch.nn.utils.rnn.pad_sequence.

    Examples:
        >>> import npnn
        >>> pad_sequence([npnn.tensor([1, 2, 3]), npnn.tensor([4])], batch_first=True).tolist()
        [[1, 2, 3], [4, 0, 0]]
    """
    if padding_side not in ("left", "right"):
        raise ValueError(f"padding_side should be either 'right' or 'left', got {padding_side!r}")
    tensors = list(sequences)
    if not tensors:
        raise RuntimeError("pad_sequence: received an empty list of sequences")
    longest = max(len(tensor) for tensor in tensors)
    shapes = {tensor.array.shape[1:] for tensor in tensors}
    if len(shapes) > 1:
        raise RuntimeError(
            f"pad_sequence: sequences must be alike but for their lengths, got {sorted(shapes)}"
        )
    padded = []
    for tensor in tensors:
        fill = full((longest - len(tensor), *tensor.array.shape[1:]), padding_value, dtype=tensor.dtype)
        padded.append(cat([tensor, fill] if padding_side == "right" else [fill, tensor]))
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The inverse of `pad_sequence`: each sequence by itself.

    Args:
        padded_sequences: (T, N, *), or (N, T, *) if batch_first.
        lengths: the length of each sequence.
        batch_first: whether the batch axis comes first.

    Returns:
        A list of tensors (L_i, *), with memory of their own.

    Source: torch.nn.utils.rnn.unpad_sequence.

    Examples:
        >>> import npnn
        >>> [s.tolist() for s in unpad_sequence(npnn.tensor([[1, 4], [2, 0]]), [2, 1])]
        [[1, 2], [4]]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    sizes = lengths.tolist() if isinstance(lengths, Tensor) else list(lengths)
    return [row[:size].clone() for row, size in zip(rows, sizes, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs sequences of several lengths.

    Args:
        sequences: tensors (L_i, *), longest first unless enforce_sorted is off.
        enforce_sorted: whether lengths must already descend; if not, the sequences are sorted.

    Returns:
        The packed sequences.

    Source: torch.nn.utils.rnn.pack_sequence.

    Examples:
        >>> import npnn
        >>> pack_sequence([npnn.tensor([4]), npnn.tensor([1, 2])], enforce_sorted=False).data.tolist()
        [1, 4, 2]
    """
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The inverse of `pack_sequence`: each sequence by itself.

    Source: torch.nn.utils.rnn.unpack_sequence.

    Examples:
        >>> import npnn
        >>> packed = pack_sequence([npnn.tensor([1, 2]), npnn.tensor([4])])
        >>> [s.tolist() for s in unpack_sequence(packed)]
        [[1, 2], [4]]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)

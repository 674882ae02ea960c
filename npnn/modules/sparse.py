"""Embeddings: tables of vectors, looked up by index."""

from __future__ import annotations

from typing import Any

from npnn import functional as F
from npnn import init
from npnn.autograd.grad_mode import no_grad
from npnn.functional.sparse import padding_row
from npnn.modules.module import Module
from npnn.parameter import Parameter
from npnn.tensors import Tensor
from npnn.tensors.creation import empty


class Embedding(Module):
    """A table of vectors, looked up by index.

    Args:
        num_embeddings: how many vectors there are.
        embedding_dim: the length of each.
        padding_idx: a vector that starts at 0 and gets no gradient.
        max_norm: vectors that are looked up and longer than this are first scaled down to it, in the table
            itself.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a vector by how often it was looked up.
        sparse: taken for torch's sake, and without effect: the gradient is always dense.
        device: "cpu".
        dtype: the dtype of the table.

    Shape:
        - Input: (*), of indices, int32 or int64. Output: (*, embedding_dim).

    Attributes:
        weight: the table, (num_embeddings, embedding_dim): as torch's. Starts standard normal.

    Raises:
        AssertionError: padding_idx is out of range.

    Source: torch.nn.Embedding.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> words = nn.Embedding(10, 3, padding_idx=0)
        >>> words(npnn.tensor([[1, 2, 4, 5], [4, 3, 2, 0]])).shape
        torch.Size([2, 4, 3])
    """

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    sparse: bool
    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_row(padding_idx, num_embeddings, "Padding_idx")
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.weight = _table(num_embeddings, embedding_dim, _weight, not _freeze, device, dtype)
        if _weight is None:
            self.reset_parameters()
        self.sparse = sparse

    def reset_parameters(self) -> None:
        """Draws the table anew, standard normal, but for a row of padding, which is 0."""
        _reset(self.weight, self.padding_idx)

    def forward(self, input: Tensor) -> Tensor:
        """Returns the vectors at the indices."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """The sizes, and the options that are not at their defaults, for repr."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        text += _norm_and_frequency(self)
        return text + (", sparse=True" if self.sparse else "")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An Embedding with a given table.

        Args:
            embeddings: the table, (num, dim), whose memory it shares.
            freeze: do not train it.
            padding_idx: as the constructor takes it; the row keeps its values.
            max_norm: likewise.
            norm_type: likewise.
            scale_grad_by_freq: likewise.
            sparse: likewise.

        Raises:
            AssertionError: the table has not two axes, or padding_idx is out of range.

        Source: torch.nn.Embedding.from_pretrained.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> words = nn.Embedding.from_pretrained(npnn.tensor([[1.0, 2.3, 3.0], [4.0, 5.1, 6.3]]))
            >>> words(npnn.tensor([1]))
            tensor([[4.0000, 5.1000, 6.3000]])
        """
        rows, columns = _sizes(embeddings)
        return cls(
            num_embeddings=rows,
            embedding_dim=columns,
            _weight=embeddings,
            _freeze=freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )


class EmbeddingBag(Module):
    """The sum, mean or maximum of bags of vectors from a table.

    Args:
        num_embeddings: how many vectors there are.
        embedding_dim: the length of each.
        max_norm: vectors that are looked up and longer than this are first scaled down to it, in the table
            itself.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a vector by how often it was looked up. Not in mode "max".
        mode: "sum", "mean" or "max".
        sparse: taken for torch's sake, and without effect: the gradient is always dense.
        include_last_offset: offsets has one more entry than there are bags: the end of the last one.
        padding_idx: a vector that starts at 0, gets no gradient, and is left out of every bag.
        device: "cpu".
        dtype: the dtype of the table.

    Shape:
        - Input: (B, n), of indices, int32 or int64: B bags of n; or (n,): bags one after the other.
        - Offsets: where in (n,) each bag begins, (B,).
        - Per_sample_weights: a factor for each index, of the input's shape.
        - Output: (B, embedding_dim), of zeros where a bag is empty.

    Attributes:
        weight: the table, (num_embeddings, embedding_dim): as torch's. Starts standard normal.

    Raises:
        AssertionError: padding_idx is out of range.

    Source: torch.nn.EmbeddingBag.

    Examples:
        >>> import npnn
        >>> from npnn import nn
        >>> bags = nn.EmbeddingBag(10, 3, mode="sum")
        >>> bags(npnn.tensor([1, 2, 4, 5, 4, 3, 2, 9]), npnn.tensor([0, 4])).shape
        torch.Size([2, 3])
    """

    num_embeddings: int
    embedding_dim: int
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    mode: str
    sparse: bool
    include_last_offset: bool
    padding_idx: int | None
    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.padding_idx = padding_row(padding_idx, num_embeddings, "padding_idx")
        self.weight = _table(num_embeddings, embedding_dim, _weight, True, device, dtype)
        if _weight is None:
            self.reset_parameters()
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    def reset_parameters(self) -> None:
        """Draws the table anew, standard normal, but for a row of padding, which is 0."""
        _reset(self.weight, self.padding_idx)

    def forward(
        self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        """Returns a vector for each bag."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The sizes, the mode, and the options that are not at their defaults, for repr."""
        text = f"{self.num_embeddings}, {self.embedding_dim}{_norm_and_frequency(self)}, mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """An EmbeddingBag with a given table.

        Args:
            embeddings: the table, (num, dim), whose memory it shares.
            freeze: do not train it.
            max_norm: as the constructor takes it.
            norm_type: likewise.
            scale_grad_by_freq: likewise.
            mode: likewise.
            sparse: likewise.
            include_last_offset: likewise.
            padding_idx: likewise; the row keeps its values.

        Raises:
            AssertionError: the table has not two axes, or padding_idx is out of range.

        Source: torch.nn.EmbeddingBag.from_pretrained.

        Examples:
            >>> import npnn
            >>> from npnn import nn
            >>> bags = nn.EmbeddingBag.from_pretrained(npnn.tensor([[1.0, 2.3, 3.0], [4.0, 5.1, 6.3]]))
            >>> bags(npnn.tensor([[1, 0]]))
            tensor([[2.5000, 3.7000, 4.6500]])
        """
        rows, columns = _sizes(embeddings)
        made = cls(
            num_embeddings=rows,
            embedding_dim=columns,
            _weight=embeddings,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )
        made.weight.requires_grad_(not freeze)
        return made


def _table(num: int, dim: int, given: Tensor | None, trained: bool, device: Any, dtype: Any) -> Parameter:
    """A new table, or a given one, as a parameter in torch's order of axes."""
    if given is None:
        given = empty(num, dim, device=device, dtype=dtype)
    elif tuple(given.shape) != (num, dim):
        raise AssertionError(
            "Shape of weight does not match num_embeddings and embedding_dim: expected"
            f" {[num, dim]}, got {list(given.shape)}"
        )
    return Parameter(given, requires_grad=trained, torch_axes=(0, 1))


def _reset(weight: Parameter, padding_idx: int | None) -> None:
    init.normal_(weight)
    if padding_idx is not None:
        with no_grad():
            weight[padding_idx] = 0


def _sizes(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.dim() != 2:
        raise AssertionError(
            f"Embeddings parameter is expected to be 2-dimensional, got shape {list(embeddings.shape)}"
        )
    return embeddings.shape[0], embeddings.shape[1]


def _norm_and_frequency(module: Embedding | EmbeddingBag) -> str:
    """The options that both classes have, where they are not at their defaults."""
    text = "" if module.max_norm is None else f", max_norm={module.max_norm}"
    if module.norm_type != 2:
        text += f", norm_type={module.norm_type}"
    if module.scale_grad_by_freq:
        text += f", scale_grad_by_freq={module.scale_grad_by_freq}"
    return text

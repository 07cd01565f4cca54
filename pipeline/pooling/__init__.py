"""Pooling: the tokens of a song and a table -> one vector, float32 [size(D)]. The contract, the table of poolings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from pipeline.pooling.idf import IdfMean
from pipeline.pooling.mean import Mean, SungMean
from pipeline.pooling.mean_std import MeanStd
from pipeline.pooling.segments import Segments

if TYPE_CHECKING:  # poolings get torch through the table and have no need of it themselves
    import torch


class Lookup(Protocol):
    """What a pooling needs of an ``embedding.Table``."""

    @property
    def dim(self) -> int: ...

    def lookup(self, tokens: NDArray[np.integer], /) -> torch.Tensor:
        """The rows of tokens [n], float32 [n, D]."""
        ...


class Pooling(Protocol):
    """A way to make one vector of a song's frames. Members are frozen dataclasses whose fields are their settings.

    The call gets the tokens of one stream, uint8 or uint16 [T], of any length from 0 up, and gives finite float32
    [size(D)]: zeros where there is nothing to pool. It never holds [T, D], so that an hour costs no more memory than a
    minute, and its result depends on nothing but its arguments, not on the number of threads either.
    """

    version: ClassVar[int]
    libraries: ClassVar[tuple[str, ...]]
    """Distributions whose version decides the output, for the key of the pass."""
    needs_corpus: ClassVar[bool]
    """Whether it is a ``CorpusPooling``, whose weights are learnt from songs."""

    @property
    def kind(self) -> str:
        """Names the columns: ``melody_<kind>``. Every setting has a default, so that it is enough to make one."""
        ...

    def size(self, dim: int) -> int:
        """How many numbers it makes with a table of ``dim``."""
        ...

    def __call__(self, tokens: NDArray[np.integer], table: Lookup) -> NDArray[np.float32]: ...


class CorpusPooling(Pooling, Protocol):
    """A pooling with a weight for each token, which a trainer of its kind learns from the songs: a table [V, 1]."""

    def __call__(
        self, tokens: NDArray[np.integer], table: Lookup, weights: Lookup | None = None
    ) -> NDArray[np.float32]: ...


def needs_corpus(pooling: Pooling) -> TypeGuard[CorpusPooling]:
    """Whether a pooling must be given weights."""
    return pooling.needs_corpus


POOLINGS: dict[str, type[Pooling]] = {
    "mean": Mean,
    "sung_mean": SungMean,
    "mean_std": MeanStd,
    "segments": Segments,
    "idf_mean": IdfMean,
}

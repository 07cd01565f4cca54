"""Means: the average vector of all frames, or of the sung ones.

A mean of rows is the histogram of the tokens times the table: the order of the frames does not enter it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipeline.pooling import Lookup

CHUNK = 4096  # frames looked up at a time, 82 s: 1 MB of rows at D = 64


@dataclass(frozen=True)
class Mean:
    """The mean over the whole sequence, rests included: the origin's pooling."""

    kind: Literal["mean"] = "mean"
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()

    def size(self, dim: int) -> int:
        return dim

    def __call__(self, tokens: NDArray[np.integer], table: Lookup) -> NDArray[np.float32]:
        return average(tokens, table)


@dataclass(frozen=True)
class SungMean:
    """The mean over the sung frames: those whose token is not 0, the unvoiced pitch and the silent phone."""

    kind: Literal["sung_mean"] = "sung_mean"
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()

    def size(self, dim: int) -> int:
        return dim

    def __call__(self, tokens: NDArray[np.integer], table: Lookup) -> NDArray[np.float32]:
        return average(tokens[tokens != 0], table)


def average(tokens: NDArray[np.integer], table: Lookup, chunk: int = CHUNK) -> NDArray[np.float32]:
    """The mean row of tokens [n], float32 [D]; zeros for none. At most ``chunk`` rows exist at a time."""
    total = np.zeros(table.dim)  # float64: an hour of float32 sums would lose four digits
    for start in range(0, len(tokens), chunk):
        total += table.lookup(tokens[start : start + chunk]).numpy().sum(axis=0, dtype=np.float64)
    return (total / max(1, len(tokens))).astype(np.float32)

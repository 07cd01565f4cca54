"""Fragment: what turns of melody a song has, wherever they are -> one vector, for finding a song by a part of it.

A turn is five notes, from their own mean, and how long the middle one is beside its neighbours. Neither the place in
the song nor any pitch of the whole song enters, so that a verse has most of what its song has. In exchange the column
knows less of the song as a whole than ``contour`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.pooling import notes, soft
from pipeline.pooling.notes import Notes

_Floats = NDArray[np.float64]

_LAGS = (-2, -1, 0, 1, 2)


@dataclass(frozen=True)
class Fragment:
    """The mean of the soft turns of a melody: ``dim`` / 2 frequencies, each as cos and sin."""

    kind: Literal["fragment"] = "fragment"
    dim: int = 512
    seed: int = 0
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()
    needs_corpus: ClassVar[bool] = False
    streams: ClassVar[tuple[Literal["pitch", "phone"], ...]] = ("pitch",)
    reads: ClassVar[Literal["table", "cents"]] = "cents"

    def __post_init__(self) -> None:
        soft.check(self.dim, self.seed)

    def size(self, dim: int) -> int:
        return self.dim

    def __call__(self, tokens: NDArray[np.integer], cents: _Floats) -> NDArray[np.float32]:
        found = notes.of(tokens, cents)
        turns = _turns(found) if len(found) else np.zeros((0, len(_LAGS) + 2))
        drawn = soft.frequencies(self.seed, self.dim // 2, turns.shape[1])
        return soft.mean(turns, np.sqrt(found.length), drawn).astype(np.float32)


def _turns(found: Notes) -> _Floats:
    """Five pitches from their mean in semitones; the octaves between a note's length and those beside it: [N, 7]."""
    around = np.stack([soft.lagged(found.pitch, lag) for lag in _LAGS], axis=1)
    length = np.log2(found.length)
    beside = np.stack([soft.lagged(length, lag) - length for lag in (-1, 1)], axis=1)
    return np.concatenate([around - around.mean(axis=1, keepdims=True), beside / 0.7], axis=1)

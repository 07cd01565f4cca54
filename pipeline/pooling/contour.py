"""Contour: how the melody of a whole song goes, in any key and at any tempo -> one vector.

Two sights of every note, both with its place in the song and how long it is held beside others: its pitch and its
neighbours' from the mean pitch of the song, and the steps that lead to it and on. Each is the mean of soft contexts
(see ``soft``) over 512 frequencies; a linear map makes ``dim`` numbers of both. ``benchmarks/contour_map.py`` makes the
map: it lays out the frequencies and fits matrix and centre in closed form (linear discriminant analysis) on variants
of melodies that a program made up. No song of anybody's went in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.pooling import notes, soft
from pipeline.pooling.notes import Notes

_Floats = NDArray[np.float64]

MAP = Path(__file__).with_name("contour.npz")
MOST = 512  # numbers that the map gives
_STEPS_WEIGHT = 0.5  # beside 1 for the pitches


@dataclass(frozen=True, eq=False)
class Map:
    """``pitches`` [512, 5] and ``steps`` [512, 7], the frequencies of the two sights; ``centre`` [2048] and ``matrix``
    [2048, 512] of what they give."""

    pitches: _Floats
    steps: _Floats
    centre: _Floats
    matrix: _Floats


@dataclass(frozen=True)
class Contour:
    """The melody relative to its own mean pitch, duration and pace; the first ``dim`` numbers of the map, which come
    in the order of what they tell apart."""

    kind: Literal["contour"] = "contour"
    dim: int = MOST
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()
    needs_corpus: ClassVar[bool] = False
    streams: ClassVar[tuple[Literal["pitch", "phone"], ...]] = ("pitch",)
    reads: ClassVar[Literal["table", "cents"]] = "cents"

    def __post_init__(self) -> None:
        if not 1 <= self.dim <= MOST:
            raise ValueError(f"dim must be 1 to {MOST}, not {self.dim}")

    def size(self, dim: int) -> int:
        return self.dim

    def __call__(self, tokens: NDArray[np.integer], cents: _Floats) -> NDArray[np.float32]:
        found = notes.of(tokens, cents)
        if not len(found):
            return np.zeros(self.dim, dtype=np.float32)
        made = _map()
        seen = features(found, made.pitches, made.steps) - made.centre
        return soft.unit(np.einsum("f,fd->d", seen, made.matrix[:, : self.dim])).astype(np.float32)


def features(found: Notes, pitches: _Floats, steps: _Floats) -> _Floats:
    """Both sights of at least one note, side by side at length 1: what the map is fitted on, [2048]."""
    weights = np.sqrt(found.length)  # long notes count more, but a whole note not eight times a quaver
    of_pitches = soft.mean(_pitches(found), weights, pitches)
    of_steps = soft.mean(_steps(found), weights, steps)
    return soft.unit(np.concatenate([of_pitches, np.sqrt(_STEPS_WEIGHT) * of_steps]))


def _pitches(found: Notes) -> _Floats:
    """The note before, the note, the note after, in semitones from the mean of the song; place; length: [N, 5].

    Each is divided by how much of it makes two notes different. The mean pitch, of all references, was the best:
    it moves least where a variant ends on another note or is cut short.
    """
    pitch = found.pitch - (found.pitch * found.length).sum() / found.length.sum()
    length = np.log2(found.length / found.length.mean())
    before, after = soft.lagged(pitch, -1), soft.lagged(pitch, 1)
    return np.stack([before / 2, pitch / 1.5, after / 2, found.middle / 0.15, length / 0.5], axis=1)


def _steps(found: Notes) -> _Floats:
    """The steps to the note before, to the note, to the next two, in semitones; the lengths of the notes beside it;
    place: [N, 7]."""
    steps = np.clip(np.diff(found.pitch, prepend=found.pitch[0]), -9, 9)
    length = np.log2(found.length)
    columns = [soft.lagged(steps, lag) / width for lag, width in ((-1, 1.5), (0, 1.0), (1, 1.0), (2, 1.5))]
    columns += [(length - soft.lagged(length, -1)) / 0.7, (soft.lagged(length, 1) - length) / 0.7]
    return np.stack([*columns, found.middle / 0.15], axis=1)


@cache
def _map() -> Map:
    """What is kept, the matrix as a byte a number."""
    with np.load(MAP) as kept:
        matrix = kept["matrix"] * kept["scale"].astype(np.float64)
        pitches, steps, centre = (kept[name].astype(np.float64) for name in ("pitches", "steps", "centre"))
    return Map(pitches, steps, centre, matrix)

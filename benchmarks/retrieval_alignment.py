"""The same song by alignment: every melody against every other, on the same pitch tokens that the vectors are made of.

Both see the pitch line of the sung frames at 80 points of the song, each the median of its frames, in semitones from
the mean of the song. Of the references the mean serves alignment best too (Needleman and Wunsch, MTC sung: MAP .71,
from the median .67).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

_POINTS = 80
_BAND = 0.2  # of a song that one may be ahead of the other
_GAP = 0.6  # what a point without partner costs in Needleman and Wunsch's alignment, of the most that a pair can


def lines(songs: Sequence[NDArray[np.uint8]], cents: _Floats) -> _Floats:
    """The pitch lines of songs, [n, 80] in semitones from each one's mean."""
    rows = []
    for tokens in songs:
        line = cents[tokens[tokens > 0]] / 100
        edges = np.linspace(0, len(line), _POINTS + 1).astype(int)
        rows.append([np.median(line[a : max(b, a + 1)]) for a, b in pairwise(edges)])
    found = np.array(rows)
    return found - found.mean(axis=1, keepdims=True)


def warped(query: _Floats, others: _Floats) -> _Floats:
    """Minus the cost of dynamic time warping of a line [80] with each of [n, 80], within a band: [n]."""
    return -_cheapest(_costs(query, others), np.inf)


def aligned(query: _Floats, others: _Floats) -> _Floats:
    """Minus the cost of Needleman and Wunsch's alignment of a line [80] with each of [n, 80], within a band: [n]."""
    return -_cheapest(np.minimum(_costs(query, others) / 3.0, 1.0), _GAP)


def _costs(query: _Floats, others: _Floats) -> _Floats:
    return np.abs(query[:, None, None] - others.T[None, :, :])  # [i, j, song]


def _cheapest(cost: _Floats, gap: float) -> _Floats:
    """The cost of the cheapest way through [I, J, n]: a step aside costs ``gap``, or what the pair does where it is
    infinite, which is warping."""
    size, _, n = cost.shape
    band = int(_BAND * size)
    best = np.full((size + 1, size + 1, n), np.inf)
    best[0, 0] = 0.0
    if np.isfinite(gap):
        best[0, : band + 1] = best[: band + 1, 0] = gap * np.arange(band + 1)[:, None]
    for i in range(1, size + 1):
        for j in range(max(1, i - band), min(size, i + band) + 1):
            pair = cost[i - 1, j - 1]
            aside = np.minimum(best[i - 1, j], best[i, j - 1])
            diagonal = best[i - 1, j - 1]
            if np.isfinite(gap):
                best[i, j] = np.minimum(diagonal + pair, aside + gap)
            else:
                best[i, j] = np.minimum(diagonal, aside) + pair
    return best[size, size]

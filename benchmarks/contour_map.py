"""Fits the map of the ``contour`` pooling: made-up melodies and their variants -> pipeline/pooling/contour.npz.

    python benchmarks/contour_map.py [--tunes 4000]      # two minutes; run retrieval.py before you commit

A tune is a mode, a form (AABA, ABCD, ...) and a phrase for each letter. A variant of it has notes moved, added, merged
and lengthened, now and then a phrase sung twice, left out or new; half of the variants are sung (``retrieval_sung``),
half as written. The map is that of linear discriminant analysis with shrinkage: it keeps what differs between tunes
and not between the variants of one. No song that anybody wrote goes in.

The frequencies are laid out evenly (Sobol), all of one length for each sight: what all songs have in common is of low
frequency and stays away. Even ones beat random ones by .01 to .02 of MAP (MTC, before the map).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.retrieval_sets import Melody
from benchmarks.retrieval_sung import another_key, another_tempo, sung, written
from pipeline.pitch import QuarterTone, cents_of
from pipeline.pooling import contour, notes

_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_MODES = (*[_MAJOR] * 5, *[_MINOR] * 2, (0, 2, 3, 5, 7, 9, 10), (0, 2, 4, 5, 7, 9, 10), (0, 2, 4, 7, 9))
_FORMS = ("AABA", "ABAB", "ABCD", "AABB", "ABCB", "ABCA", "AABC", "ABCC", "ABCDE", "ABCDEF", "AABBC", "ABABCD")
_FORMS = (*_FORMS, "ABCDEC", "AB", "ABC", "ABCDB", "AABCB")
_BEATS = (6, 8, 8, 7, 6, 12, 10, 16)  # in a phrase
_LENGTHS = (0.5, 1.0, 1.5, 2.0, 0.25)  # in beats
_STYLES = ((0.55, 0.35, 0.06, 0.02, 0.02), (0.3, 0.5, 0.12, 0.08, 0.0), (0.15, 0.6, 0.1, 0.15, 0.0))
_SHRINKAGE = 6.0  # beside the mean variance within tunes
_VARIANTS = 3
_FREQUENCIES = 512  # of each sight
_PITCHES_RADIUS, _STEPS_RADIUS = 1.6, 2.0

Phrase = list[tuple[int, float]]  # degree of the mode from its tonic, beats


def tune(chance: np.random.Generator) -> tuple[tuple[int, ...], int, tuple[int, int], list[Phrase]]:
    """A mode, the beats of a phrase, the lowest and the highest degree, and the phrases."""
    mode, form = _MODES[chance.integers(len(_MODES))], _FORMS[chance.integers(len(_FORMS))]
    low = int(chance.choice([-3, -2, -1, 0, 0, 0]))
    high = low + int(chance.integers(5, 11))
    beats = int(chance.choice(_BEATS)) if len(form) <= 5 else 8
    starts, ends = (0, 2, 4, 4, low, 1, 3, min(high, 7)), (0, 1, 4, 2, 0)
    by_letter = {
        letter: phrase(beats, low, high, int(chance.choice(starts)), int(chance.choice(ends)), chance)
        for letter in sorted(set(form))
    }
    phrases = [list(by_letter[letter]) for letter in form]
    for line in phrases:
        degree, length = line[-1]
        line[-1] = degree, length + (float(chance.choice([0.5, 1.0])) if length < 1 else 0.0)
    if chance.random() < 0.85:
        phrases[-1][-1] = 0, phrases[-1][-1][1]
    return mode, beats, (low, high), phrases


def phrase(beats: float, low: int, high: int, start: int, end: int, chance: np.random.Generator) -> Phrase:
    """A line of small steps from one degree to another."""
    style, lengths, left = _STYLES[chance.integers(len(_STYLES))], [], float(beats)
    while left > 1e-6:
        drawn = left if left <= 1.5 and chance.random() < 0.7 else float(chance.choice(_LENGTHS, p=style))
        lengths.append(min(drawn, left))
        left -= lengths[-1]
    degrees = [start]
    for i in range(1, len(lengths)):
        here, size, up = degrees[-1], chance.random(), int(chance.choice([-1, 1]))
        if here <= low or here >= high:
            up = 1 if here <= low else -1
        if chance.random() < 0.35 and len(lengths) - i < 4 and end != here:
            up = int(np.sign(end - here))
        step = int(np.searchsorted([0.22, 0.72, 0.88, 0.95], size, side="right"))
        degrees.append(int(np.clip(here + up * step, low, high)))
    return list(zip([*degrees[:-1], end], lengths, strict=True))


def variant(beats: int, span: tuple[int, int], phrases: list[Phrase], chance: np.random.Generator) -> list[Phrase]:
    """The phrases of a tune as somebody else remembers them."""
    much, lines = chance.uniform(0.3, 1.6), [list(line) for line in phrases]
    if chance.random() < 0.12 * much and len(lines) > 2:
        lines.insert(again := int(chance.integers(len(lines))), list(lines[again]))
    elif chance.random() < 0.12 * much and len(lines) > 3:
        lines.pop(int(chance.integers(len(lines))))
    return [_varied(line, beats, span, much, chance) for line in lines]


def _varied(line: Phrase, beats: int, span: tuple[int, int], much: float, chance: np.random.Generator) -> Phrase:
    if chance.random() < 0.1 * much:
        line = phrase(beats, *span, line[0][0], line[-1][0], chance)
    shift = int(chance.choice([-1, 1])) if chance.random() < 0.05 * much else 0
    out: Phrase = []
    for i, (plain, length) in enumerate(line):
        degree, is_last, which = plain + shift, i == len(line) - 1, chance.random() / much
        if which < 0.10 and not is_last:
            degree += int(chance.choice([-2, -1, -1, 1, 1, 2]))
        elif which < 0.16 and length >= 0.5 and not is_last:  # an ornament: a neighbour, or what lies between
            between = degree + (line[i + 1][0] + shift - degree) // 2
            beside = degree + int(chance.choice([-1, 1])) if chance.random() < 0.5 else between
            out += [(degree, length / 2), (beside, length / 2)]
            continue
        elif which < 0.22 and out and not is_last:
            out[-1] = out[-1][0], out[-1][1] + length
            continue
        elif which < 0.32 and out and out[-1][1] >= 0.5 and not is_last:  # it comes early
            moved = out[-1][1] / 2
            out[-1] = out[-1][0], out[-1][1] - moved
            length += moved
        elif which < 0.36:
            length *= float(chance.choice([0.5, 1.5, 2.0]))
        if i == 0 and chance.random() < 0.15 * much:
            out.append((degree + int(chance.choice([-3, -1, 0, 1])), 0.5))
        out.append((degree, length))
    return out


def melody(mode: tuple[int, ...], phrases: list[Phrase]) -> Melody:
    """The notes of phrases, two beats a second, on C4."""
    degrees = np.array([degree for line in phrases for degree, _ in line])
    beats = np.array([length for line in phrases for _, length in line])
    midi = 60.0 + 12 * (degrees // len(mode)) + np.array(mode)[degrees % len(mode)]
    return Melody("", "", midi, np.maximum(beats, 0.125) / 2)


def frequencies(size: int, radius: float, seed: int) -> NDArray[np.float64]:
    """512 frequencies for contexts of ``size`` numbers, of length ``radius``, spread evenly over all directions."""
    from scipy.stats import norm, qmc

    even = qmc.Sobol(size, rng=np.random.default_rng(seed)).random(_FREQUENCIES)
    drawn = norm.ppf(np.clip(even, 1e-6, 1 - 1e-6))
    return drawn * radius / np.linalg.norm(drawn, axis=1, keepdims=True)


def features(
    tunes: int, pitches: NDArray[np.float64], steps: NDArray[np.float64], seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What the map is fitted on, [tunes * 3, 2048], and the number of the tune."""
    chance, scale = np.random.default_rng(seed), QuarterTone()
    cents = cents_of(scale)
    found: list[NDArray[np.float64]] = []
    for _ in range(tunes):
        mode, beats, span, phrases = tune(chance)
        for _ in range(_VARIANTS):
            made = melody(mode, variant(beats, span, phrases, chance))
            plain = chance.random() < 0.5
            hz = written(made, another_key(made, chance), another_tempo(chance)) if plain else sung(made, chance)
            found.append(contour.features(notes.of(scale.encode(hz)[0], cents), pitches, steps))
    return np.array(found), np.repeat(np.arange(tunes), _VARIANTS)


def fitted(vectors: NDArray[np.float64], tunes: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The centre [F] and the matrix [F, 512] of linear discriminant analysis, what separates most first."""
    import scipy.linalg

    centre = vectors.mean(axis=0)
    vectors = vectors - centre
    means = np.add.reduceat(vectors, np.flatnonzero(np.diff(tunes, prepend=-1))) / _VARIANTS
    inner = vectors - means[tunes]
    within = inner.T @ inner / len(vectors) * _VARIANTS / (_VARIANTS - 1)
    between = vectors.T @ vectors / len(vectors) - within
    size = len(centre)
    noise = within + _SHRINKAGE * np.trace(within) / size * np.eye(size)
    _, matrix = scipy.linalg.eigh(between, noise, subset_by_index=[size - contour.MOST, size - 1])
    matrix = matrix[:, ::-1]
    return centre, matrix * np.sign(matrix[np.abs(matrix).argmax(axis=0), np.arange(matrix.shape[1])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tunes", type=int, default=4000)
    pitches, steps = frequencies(5, _PITCHES_RADIUS, seed=1), frequencies(7, _STEPS_RADIUS, seed=2)
    pitches, steps = pitches.astype("<f4"), steps.astype("<f4")
    tunes = parser.parse_args().tunes
    centre, matrix = fitted(*features(tunes, pitches.astype(np.float64), steps.astype(np.float64)))
    scale = np.abs(matrix).max(axis=0) / 127
    kept = {"centre": centre.astype("<f4"), "scale": scale.astype("<f4")}
    kept["matrix"] = np.round(matrix / scale).astype(np.int8)
    np.savez_compressed(contour.MAP, pitches=pitches, steps=steps, **kept)
    print(f"{contour.MAP.name}: {contour.MAP.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()

"""Pitch tokens: Hz -> uint8 [T] and back. Token 0 is unvoiced, 1 to 127 rise evenly in pitch.

MIDI numbers are used as floats: 69.0 is A4 = 440 Hz, a semitone is 1.0. Notes are named with octave and cents, ``A4``
and ``A4+50``; C4 is middle C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_TOKENS = 128
UNVOICED = 0

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?\d{1,2})([+-]\d{1,4}(?:\.\d+)?)?")


def hz_to_midi(hz: ArrayLike) -> NDArray[np.float64]:
    """Frequencies above 0 as fractional MIDI numbers, 12 * log2(hz / 440) + 69."""
    return 12.0 * np.log2(np.asarray(hz, dtype=np.float64) / 440.0) + 69.0


def midi_to_hz(midi: ArrayLike) -> NDArray[np.float64]:
    """Fractional MIDI numbers as Hz."""
    return 440.0 * 2.0 ** ((np.asarray(midi, dtype=np.float64) - 69.0) / 12.0)


def note_name(hz: float) -> str:
    """The nearest note and what is left over in whole cents.

    >>> note_name(440.0), note_name(452.9), note_name(61.0)
    ('A4', 'A4+50', 'B1-21')
    """
    cents = round(100 * float(hz_to_midi(hz)))
    midi, rest = divmod(cents + 49, 100)  # a remainder of -49..+50, so that a quarter tone above A4 is A4+50
    rest -= 49
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}{f'{rest:+d}' if rest else ''}"


def note_hz(name: str) -> float:
    """The frequency of a note: ``A4``, ``Bb3``, ``f#5``, ``A4+50`` (cents).

    Raises:
        ValueError: it is not the name of a note.
    """
    match = _NOTE.fullmatch(name.strip())
    if not match:
        raise ValueError(f"{name!r} is not a note; write one like A4, F#3, Bb5 or A4+50 (cents)")
    letter, accidental, octave, cents = match.groups()
    midi = 12 * (int(octave) + 1) + _STEPS[letter.upper()] + {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[accidental]
    return float(midi_to_hz(midi + float(cents or 0) / 100))


class Scale(Protocol):
    """A way to quantise pitch to 128 tokens. Members are frozen dataclasses whose fields are their settings.

    Encoding never fails: what lies outside the scale goes to its nearest end and is counted. ``hz_of`` is the whole
    decoding table and goes into the footer of every file, so that tokens can be read without this package.
    """

    version: ClassVar[int]

    @property
    def kind(self) -> str: ...

    def encode(self, sung_hz: NDArray[np.floating]) -> tuple[NDArray[np.uint8], int]:
        """Hz [T] (0.0 = unvoiced) -> tokens uint8 [T], and how many frames lay outside the scale."""
        ...

    def hz_of(self) -> NDArray[np.float64]:
        """Hz of every token, float64 [128]; 0.0 for token 0."""
        ...


@dataclass(frozen=True)
class QuarterTone:
    """Exact quarter tones from A1 (55 Hz, token 1) to C7 (2093 Hz, token 127): ``t = 1 + round(2 * (midi - 33))``.

    The largest error is 25 cents, for basses and sopranos alike, and a transposition by a semitone is exactly +2.
    """

    kind: Literal["quarter_tone"] = "quarter_tone"
    version: ClassVar[int] = 1
    lowest: ClassVar[float] = 33.0  # MIDI number of token 1

    def encode(self, sung_hz: NDArray[np.floating]) -> tuple[NDArray[np.uint8], int]:
        """See ``Scale.encode``.

        >>> QuarterTone().encode(np.array([0.0, 440.0, 466.1638, 30.0]))
        (array([ 0, 73, 75,  1], dtype=uint8), 1)
        """
        voiced = sung_hz > 0
        level = np.floor(2.0 * (hz_to_midi(np.where(voiced, sung_hz, 440.0)) - self.lowest) + 0.5) + 1.0
        clipped = int(np.count_nonzero(voiced & ((level < 1) | (level > N_TOKENS - 1))))
        return np.where(voiced, np.clip(level, 1, N_TOKENS - 1), UNVOICED).astype(np.uint8), clipped

    def hz_of(self) -> NDArray[np.float64]:
        """See ``Scale.hz_of``."""
        hz = midi_to_hz(self.lowest + (np.arange(N_TOKENS) - 1) / 2)
        hz[UNVOICED] = 0.0
        return hz


SCALES: dict[str, type[Scale]] = {"quarter_tone": QuarterTone}


def names(scale: Scale) -> tuple[str, ...]:
    """The names of the 128 tokens of a scale, ``unvoiced`` first."""
    return ("unvoiced", *(note_name(hz) for hz in scale.hz_of()[1:]))


def token(scale: Scale, name: str) -> int:
    """The token that ``name`` falls on: ``A4``, ``A4+50``, ``440Hz``, ``unvoiced``, or an id like ``73``.

    Raises:
        ValueError: it is none of these, or lies outside the scale.
    """
    text = name.strip()
    if text.lower() == "unvoiced":
        return UNVOICED
    if text.isascii() and text.isdigit():
        if int(text) < N_TOKENS:
            return int(text)
        raise ValueError(f"there are {N_TOKENS} pitch tokens, 0 to {N_TOKENS - 1}; {text} is none of them")
    hz = float(text[:-2]) if re.fullmatch(r"\d+(\.\d+)?hz", text.lower()) else note_hz(text)
    tokens, clipped = scale.encode(np.array([hz]))
    if clipped or tokens[0] == UNVOICED:
        low, high = scale.hz_of()[[1, N_TOKENS - 1]]
        raise ValueError(f"{name} is {hz:.1f} Hz; the scale goes from {note_name(low)} to {note_name(high)}")
    return int(tokens[0])

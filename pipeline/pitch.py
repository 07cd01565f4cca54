"""Pitch tokens: Hz -> uint8 [T] and back, in one of five scales. Token 0 is unvoiced, 1 to 127 rise in pitch.

MIDI numbers are used as floats: 69.0 is A4 = 440 Hz, a semitone is 1.0. Notes are named with octave and cents, ``A4``
and ``A4+50``; C4 is middle C. A *level* is a token before it is clipped: a whole number, as a float of any size.
``docs/pitch.md`` says which scale is for what.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_TOKENS = 128
UNVOICED = 0
_LAST = N_TOKENS - 1
_Floats = NDArray[np.float64]

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?\d{1,2})([+-]\d{1,4}(?:\.\d+)?)?")
_INTERVAL = re.compile(r"median([+-]\d{1,4}(?:\.\d+)?)?", re.IGNORECASE)


def hz_to_midi(hz: ArrayLike) -> _Floats:
    """Frequencies above 0 as fractional MIDI numbers, 12 * log2(hz / 440) + 69."""
    return 12.0 * np.log2(np.asarray(hz, dtype=np.float64) / 440.0) + 69.0


def midi_to_hz(midi: ArrayLike) -> _Floats:
    """Fractional MIDI numbers as Hz."""
    return 440.0 * 2.0 ** ((np.asarray(midi, dtype=np.float64) - 69.0) / 12.0)


def cents_of(scale: Scale) -> _Floats:
    """The pitch of every token in cents, float64 [128]: from A4 = 440 Hz, or from the song's median where the scale is
    relative; 0.0 for token 0.

    >>> cents_of(QuarterTone())[[0, 73, 75]].round(6).tolist()
    [0.0, 0.0, 100.0]
    """
    hz = scale.hz_of(440.0)
    return np.concatenate([[0.0], 1200.0 * np.log2(hz[1:] / 440.0)])


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


def cents_of_names(names: Sequence[str]) -> _Floats:
    """The pitch of tokens by their names, in cents from A4 = 440 Hz or from the song's median (scale ``relative``),
    float64 [n]; NaN for what names no pitch, like ``unvoiced``.

    >>> cents_of_names(["unvoiced", "A4+50", "median-700"]).round(6).tolist()
    [nan, 50.0, -700.0]
    """

    def cents(name: str) -> float:
        if match := _INTERVAL.fullmatch(name):
            return float(match[1] or 0)
        return 1200 * math.log2(note_hz(name) / 440) if _NOTE.fullmatch(name) else math.nan

    return np.array([cents(name) for name in names], dtype=np.float64)


def median_hz(sung_hz: NDArray[np.floating]) -> float:
    """The median of the sung frames among Hz [T] (0.0 = unvoiced), the column ``f0_median_hz``; 0.0 for none."""
    sung = sung_hz[sung_hz > 0]
    return float(np.median(sung)) if sung.size else 0.0


def tuning(sung_hz: NDArray[np.floating]) -> tuple[float, float]:
    """How far a song is from A4 = 440 Hz, of Hz [T] (0.0 = unvoiced): the columns ``tuning_cents`` and
    ``tuning_strength``; 0.0 and 0.0 for none.

    The cents, above -50 up to 50, are the circular mean of what every sung frame is off from the nearest semitone. The
    strength is the length of that mean in 0..1: 1.0 where all are off by the same, 0.0 where they are off by anything.
    Machines that sing in tune have .6 to .7, people alone .05 to .3; below .1 the cents say nothing (the halves of
    such recordings differ by 20 to 40).

    >>> [round(value, 3) for value in tuning(np.array([0.0, 442.0, 884.0, 331.5]))]  # 331.5: a pure fourth below 442
    [8.503, 0.998]
    """
    sung = sung_hz[sung_hz > 0]
    if not sung.size:
        return 0.0, 0.0
    mean = complex(np.exp(2j * np.pi * hz_to_midi(sung)).mean())
    cents = 100 * math.atan2(mean.imag, mean.real) / (2 * math.pi)
    return (cents if cents > -50 else 50.0), min(1.0, abs(mean))


class Scale(Protocol):
    """A way to quantise pitch to 128 tokens. Members are frozen dataclasses whose fields are their settings.

    Encoding never fails: what lies outside the scale goes to its nearest end and is counted. A scale that
    ``is_relative`` counts from the median of each song, the others from a frequency that is the same for all songs.
    """

    version: ClassVar[int]
    is_relative: ClassVar[bool]

    @property
    def kind(self) -> str: ...

    def encode(self, sung_hz: NDArray[np.floating]) -> tuple[NDArray[np.uint8], int]:
        """Hz [T] (0.0 = unvoiced) -> tokens uint8 [T], and how many frames lay outside the scale."""
        ...

    def hz_of(self, median_hz: float | None = None) -> _Floats:
        """Hz of every token, float64 [128]; 0.0 for token 0. ``median_hz`` is the song's, for a relative scale.

        Raises:
            ValueError: the scale is relative and there is no median.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """The names of the 128 tokens, no two alike, ``unvoiced`` first."""
        ...

    def token(self, name: str) -> int:
        """The token that a name falls on: ``unvoiced``, an id like ``73``, and ``A4``, ``A4+50``, ``440Hz``, or
        ``median+700`` where the scale is relative.

        Raises:
            ValueError: it is none of these, or lies outside the scale.
        """
        ...

    def decode(self) -> dict[str, Any]:
        """What the footer of every file says, as plain data, so that tokens can be read without this package.

        ``names`` and ``hz`` of the 128 tokens. Of a relative scale ``names``, ``cents`` (``None`` for token 0) and
        ``reference``, the column they are counted from: ``hz = row[reference] * 2 ** (cents[token] / 1200)``.
        """
        ...


class _Absolute(ABC):
    """What scales share whose tokens are the same frequencies in every song: a member says ``_level`` and ``_hz``."""

    is_relative: ClassVar[bool] = False

    @abstractmethod
    def _level(self, hz: _Floats) -> _Floats:
        """The levels of frequencies above 0."""

    @abstractmethod
    def _hz(self, level: _Floats) -> _Floats:
        """The frequencies of levels."""

    def encode(self, sung_hz: NDArray[np.floating]) -> tuple[NDArray[np.uint8], int]:
        """See ``Scale.encode``."""
        return _encoded(sung_hz, self._level)

    def hz_of(self, median_hz: float | None = None) -> _Floats:
        """See ``Scale.hz_of``; the median does not matter."""
        return np.concatenate([[0.0], self._hz(np.arange(1.0, N_TOKENS))])

    def names(self) -> tuple[str, ...]:
        """See ``Scale.names``: the nearest notes, with whole cents."""
        return ("unvoiced", *(note_name(hz) for hz in self.hz_of()[1:]))

    def token(self, name: str) -> int:
        """See ``Scale.token``.

        >>> QuarterTone().token("A4"), Midi().token("440Hz")
        (73, 69)
        """
        text = name.strip()
        if (plain := _plain(text)) is not None:
            return plain
        hz = float(text[:-2]) if re.fullmatch(r"\d+(\.\d+)?hz", text.lower()) else note_hz(text)
        tokens, clipped = self.encode(np.array([hz]))
        if clipped or tokens[0] == UNVOICED:
            low, high = self.hz_of()[[1, _LAST]]
            raise ValueError(f"{name} is {hz:.1f} Hz; the scale goes from {note_name(low)} to {note_name(high)}")
        return int(tokens[0])

    def decode(self) -> dict[str, Any]:
        """See ``Scale.decode``."""
        return {"names": list(self.names()), "hz": self.hz_of().tolist()}


@dataclass(frozen=True)
class QuarterTone(_Absolute):
    """Exact quarter tones from A1 (55 Hz, token 1) to C7 (2093 Hz, token 127): ``t = 1 + round(2 * (midi - 33))``.

    The largest error is 25 cents, for basses and sopranos alike, and a transposition by a semitone is exactly +2.

    >>> QuarterTone().encode(np.array([0.0, 440.0, 466.1638, 30.0]))
    (array([ 0, 73, 75,  1], dtype=uint8), 1)
    """

    kind: Literal["quarter_tone"] = "quarter_tone"
    version: ClassVar[int] = 1
    lowest: ClassVar[float] = 33.0  # MIDI number of token 1

    def _level(self, hz: _Floats) -> _Floats:
        return np.floor(2.0 * (hz_to_midi(hz) - self.lowest) + 0.5) + 1.0

    def _hz(self, level: _Floats) -> _Floats:
        return midi_to_hz(self.lowest + (level - 1.0) / 2.0)


@dataclass(frozen=True)
class Midi(_Absolute):
    """The token is the MIDI number, 69 = A4: ``t = round(midi)``. The largest error is 50 cents; no voice is clipped.

    >>> Midi().encode(np.array([0.0, 440.0, 452.0, 466.1638]))
    (array([ 0, 69, 69, 70], dtype=uint8), 0)
    """

    kind: Literal["midi"] = "midi"
    version: ClassVar[int] = 1

    def _level(self, hz: _Floats) -> _Floats:
        return np.floor(hz_to_midi(hz) + 0.5)

    def _hz(self, level: _Floats) -> _Floats:
        return midi_to_hz(level)


@dataclass(frozen=True)
class Log(_Absolute):
    """127 levels evenly spaced in log frequency, from ``fmin`` (token 1) to ``fmax`` (token 127).

    The largest error is half a step, ``1200 / 252 * log2(fmax / fmin)`` cents: 25 as it stands, which is quarter
    tones to within a two-hundredth of a cent, and 9.5 for two octaves.

    >>> Log(fmin=110.0, fmax=440.0).encode(np.array([0.0, 110.0, 220.0, 440.0, 880.0]))
    (array([  0,   1,  64, 127, 127], dtype=uint8), 1)
    """

    kind: Literal["log"] = "log"
    fmin: float = 55.0  # Hz
    fmax: float = 2093.0  # Hz
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _check_range(self.fmin, self.fmax, like="55 and 2093")

    def _level(self, hz: _Floats) -> _Floats:
        return np.floor((_LAST - 1) * np.log2(hz / self.fmin) / math.log2(self.fmax / self.fmin) + 0.5) + 1.0

    def _hz(self, level: _Floats) -> _Floats:
        return self.fmin * (self.fmax / self.fmin) ** ((level - 1.0) / (_LAST - 1))


@dataclass(frozen=True)
class Mel(_Absolute):
    """127 levels evenly spaced in HTK's mel, ``1127 * ln(1 + hz / 700)``, from ``fmin`` to ``fmax``: to the bit what
    ``f0_to_coarse`` with ``f0_bin = 128`` gives in float64 for voiced frames.

    That function is the singing field's own: DiffSinger, NATSpeech (both ``utils/pitch_utils.py``) and so-vits-svc
    (``utils.py``) share it, with ``f0_bin = 256`` and the range of the defaults here. Its order of operations is
    kept: ``(mel - mel_min) * (f0_bin - 2) / (mel_max - mel_min) + 1``, clipped to 1..127, a half rounded to the even
    neighbour (its numpy branch; the torch branch takes the upper one). Its unvoiced frames are its token 1, ours 0.

    Low voices come out coarse (a step is 115 cents at E2), high ones fine, above C♯6 clipped.

    >>> Mel().encode(np.array([0.0, 50.0, 110.0, 440.0, 1100.0, 2000.0]))
    (array([  0,   1,  12,  61, 127, 127], dtype=uint8), 1)
    """

    kind: Literal["mel"] = "mel"
    fmin: float = 50.0  # Hz
    fmax: float = 1100.0  # Hz
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _check_range(self.fmin, self.fmax, like="50 and 1100")

    def _level(self, hz: _Floats) -> _Floats:
        low, high = _mel(np.array([self.fmin, self.fmax]))
        return np.rint((_mel(hz) - low) * (N_TOKENS - 2) / (high - low) + 1)

    def _hz(self, level: _Floats) -> _Floats:
        low, high = _mel(np.array([self.fmin, self.fmax]))
        return 700.0 * np.expm1(((level - 1.0) * (high - low) / (N_TOKENS - 2) + low) / 1127.0)


@dataclass(frozen=True)
class Relative:
    """Quarter tones from the median of the song's sung frames: ``t = 64 + round(2 * (midi - midi of the median))``.

    Key-free: a song sung higher has the same tokens. The largest error is 25 cents, the range 31.5 semitones to
    either side.

    >>> song = np.array([0.0, 220.0, 440.0, 880.0])
    >>> Relative().encode(song), Relative().encode(song * 1.5)
    ((array([ 0, 40, 64, 88], dtype=uint8), 0), (array([ 0, 40, 64, 88], dtype=uint8), 0))
    """

    kind: Literal["relative"] = "relative"
    version: ClassVar[int] = 1
    is_relative: ClassVar[bool] = True
    middle: ClassVar[int] = 64  # the token of the median
    step: ClassVar[float] = 50.0  # cents

    def encode(self, sung_hz: NDArray[np.floating]) -> tuple[NDArray[np.uint8], int]:
        """See ``Scale.encode``; all frames of a song at once."""
        median = median_hz(sung_hz) or 1.0  # where nobody sings it does not matter
        # The ratio first: it is the same to the bit an octave up.
        return _encoded(sung_hz, lambda hz: self._level(1200.0 * np.log2(hz / median)))

    def hz_of(self, median_hz: float | None = None) -> _Floats:
        """See ``Scale.hz_of``; all 0.0 for a median of 0.0, which a song has where nobody sings."""
        if median_hz is None or not 0 <= median_hz < math.inf:
            raise ValueError(
                f"median {median_hz}: the tokens are relative to the song's median in Hz; give its f0_median_hz"
            )
        hz = median_hz * 2.0 ** (self._cents() / 1200.0)
        hz[UNVOICED] = 0.0
        return hz

    def names(self) -> tuple[str, ...]:
        """See ``Scale.names``: cents from the median, ``median-3150`` to ``median+3150``."""
        return ("unvoiced", *(f"median{cents:+.0f}" if cents else "median" for cents in self._cents()[1:]))

    def token(self, name: str) -> int:
        """See ``Scale.token``.

        >>> Relative().token("median"), Relative().token("median+700")
        (64, 78)
        """
        text = name.strip()
        if (plain := _plain(text)) is not None:
            return plain
        match = _INTERVAL.fullmatch(text)
        if not match:
            raise ValueError(
                f"{name!r} is no token relative to a song's median; write one like median+700 (cents) or median-50"
            )
        level = float(self._level(float(match[1] or 0)))
        if not 1 <= level <= _LAST:
            raise ValueError(f"{name} lies outside the scale; it goes from {self.names()[1]} to {self.names()[_LAST]}")
        return int(level)

    def decode(self) -> dict[str, Any]:
        """See ``Scale.decode``."""
        cents = [None, *self._cents()[1:].tolist()]
        return {"names": list(self.names()), "cents": cents, "reference": "f0_median_hz"}

    def _level(self, cents: ArrayLike) -> _Floats:
        return np.floor(np.asarray(cents, dtype=np.float64) / self.step + 0.5) + self.middle

    def _cents(self) -> _Floats:
        return self.step * np.arange(-self.middle, N_TOKENS - self.middle, dtype=np.float64)


SCALES: dict[str, type[Scale]] = {
    "quarter_tone": QuarterTone,
    "midi": Midi,
    "log": Log,
    "mel": Mel,
    "relative": Relative,
}


def _encoded(sung_hz: NDArray[np.floating], level: Callable[[_Floats], _Floats]) -> tuple[NDArray[np.uint8], int]:
    """What ``Scale.encode`` gives, by way of the levels of the voiced frames."""
    voiced = sung_hz > 0
    # The smallest floats divided by 440 are 0 and the largest infinite: so are their levels, which clip like others.
    with np.errstate(divide="ignore", over="ignore"):
        found = level(np.where(voiced, sung_hz, 440.0).astype(np.float64))
    clipped = int(np.count_nonzero(voiced & ((found < 1) | (found > _LAST))))
    return np.where(voiced, np.clip(found, 1, _LAST), UNVOICED).astype(np.uint8), clipped


def _plain(text: str) -> int | None:
    """The token that ``unvoiced`` or an id stands for; ``None`` for any other text.

    Raises:
        ValueError: there is no token of that id.
    """
    if text.lower() == "unvoiced":
        return UNVOICED
    if not (text.isascii() and text.isdigit()):
        return None
    if int(text) < N_TOKENS:
        return int(text)
    raise ValueError(f"there are {N_TOKENS} pitch tokens, 0 to {_LAST}; {text} is none of them")


def _mel(hz: _Floats) -> _Floats:
    return 1127 * np.log(1 + hz / 700)


def _check_range(fmin: float, fmax: float, like: str) -> None:
    """Refuse what is no range of a voice, in Hz: from an octave on, the names of 127 levels differ in whole cents."""
    if not 10 <= fmin <= fmax / 2 <= 10_000:
        raise ValueError(
            f"fmin {fmin:g} and fmax {fmax:g}: wanted 10 <= fmin, fmax <= 20000 Hz and an octave or more between "
            f"them, like {like}"
        )

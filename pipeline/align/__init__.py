"""The aligning stage: a recording and the text of its lyrics -> when each word and phone is sung, as Lyrics.

For lyrics without times, or with those of lines alone. The contract and the table of aligners; what all of them have
in common is done here: reading the text, its pronunciations, times for words that an aligner did not find, and the
Segments. Times are those of the recording, in seconds. Members are imported when they are used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Protocol

from pipeline import background, extract, g2p, grid, languages, lyrics, packages
from pipeline.config import Config
from pipeline.files import check_plain
from pipeline.lyrics import unsung
from pipeline.lyrics.decoding import LIMIT
from pipeline.lyrics.source import Source
from pipeline.phones import Laid, Phones
from pipeline.records import Audio, Level, PitchTrack, Pronunciation, Segment, Song, SongError

Place = tuple[float, ...]
"""When a word is sung: seconds, where each of its phones begins and where the last one ends; or its start and end."""


@dataclass(frozen=True, eq=False)
class Recording:
    """What an aligner hears: the samples of a recording, its f0 and its energy, each found when it is asked for."""

    song: Song
    config: Config = field(default_factory=Config)

    @cached_property
    def audio(self) -> Audio:
        """Mono samples at the file's own rate.

        Raises:
            SongError: the recording is missing, damaged, empty or of a kind that is not read.
        """
        return self.config.audio(self.song.recording, self.song.start, self.song.end)

    @cached_property
    def track(self) -> PitchTrack:
        """Its f0, voicing and energy on the 20 ms clock.

        Raises:
            SongError: as ``audio``.
        """
        return extract.track(self.song, self.config)

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.audio.samples) / self.audio.rate


@dataclass(frozen=True)
class Line:
    """One or more words that are sung, and the names of the phones of each (``en/AA1``, ``ko/ㅏ``), one or more.

    All of it is sung between ``start`` and ``end``, seconds within the recording; both are None where that is not
    known. The spans of lines follow each other in time, but may overlap by a little.
    """

    words: tuple[str, ...]
    phones: tuple[tuple[str, ...], ...]
    start: float | None = None
    end: float | None = None

    @property
    def span(self) -> tuple[float, float] | None:
        """Start and end where they are known."""
        return None if self.start is None or self.end is None else (self.start, self.end)


class Aligner(Protocol):
    """A way to find when words are sung. Members are frozen dataclasses whose fields are their settings.

    The call gets lines in the order in which they are sung, at least one, all with a span or none, and gives for each
    the Place of every word: in order, within the recording, no earlier than the one before, and within the span of its
    line where that is known. None stands for a word that it did not find. The same recording and lines always give the
    same places, and it comes to an end whatever they are. It raises SongError where it can do nothing at all.
    """

    kind: ClassVar[str]
    about: ClassVar[str]  # what it goes by, in a line for people
    languages: ClassVar[tuple[str, ...]]  # that it can do; () for all that have a G2P
    alone: ClassVar[bool]  # whether it can do nothing where instruments play beside the voice
    longest: ClassVar[int]  # seconds of a recording whose lines have no times
    libraries: ClassVar[tuple[str, ...]]  # distributions
    extra: ClassVar[str]  # what brings those that songvec does not: pip install 'songvec[EXTRA]'

    def __call__(self, recording: Recording, lines: Sequence[Line]) -> list[list[Place | None]]: ...


ALIGNERS = {
    "pocketsphinx": "pipeline.align.pocketsphinx:PocketSphinx",
    "voice": "pipeline.align.voice:Voice",
}

_DONE = ("guessed", "lines")  # counts of what was aligned; the others are of what was passed over
_LEAD = 0.15  # seconds by which the first consonants may be ahead of a line whose vowel is timed
_SPREAD = Phones(longest_syllable=60.0)
_LETTERS_A_VOWEL = 3  # of a word that nobody can read
_STAND_IN = "en/AH"


def aligner(kind: str) -> type[Aligner]:
    """The class of an aligner by its name.

    Raises:
        KeyError: there is none of that name.
    """
    if kind not in ALIGNERS:
        raise KeyError(f"--aligner {kind}: there is no such aligner; there are {', '.join(ALIGNERS)}")
    module, name = ALIGNERS[kind].split(":")
    return getattr(import_module(module), name)


def missing(kind: str) -> str:
    """What has to be installed before an aligner can be used: ``pip install 'songvec[align]'``; "" if nothing has."""
    member = aligner(kind)
    lacking = [name for name in member.libraries if not packages.version(name)]
    return f"pip install 'songvec[{member.extra}]'" if lacking else ""


def default(language: str) -> str:
    """The first aligner of the table that is installed and can do a language."""
    return next(kind for kind in ALIGNERS if not missing(kind) and _can(aligner(kind), language))


def align(
    song: Song, text: str | Path, language: str | None = None, kind: str | None = None, config: Config | None = None
) -> lyrics.Lyrics:
    """When the words of a file are sung in a recording, and their phones: segments of both levels.

    ``text``: a path, of plain text (a line for a phrase) or of a lyric format that times its lines. ``kind`` of the
    result names the aligner; None takes the ``default`` one. Words that it did not find, and those that nobody can
    read, share the time between their neighbours (flag ``guessed``, counted as ``guessed``). Flags of the whole:
    ``guessed_language``, and where the aligner needs a voice alone ``accompaniment`` and ``background``.

    Raises:
        SongError: the recording or the text cannot be used, the language is not known or the aligner cannot do it, the
            aligner is not installed, or it finds nothing.
        OSError: the text cannot be opened.
        KeyError: there is no such aligner.
    """
    config = config or Config()
    if kind is not None:
        aligner(kind)
    said, counts = read(text, song)
    language, guessed = languages.resolve(language or config.language, said, config.phones.inventory)
    kind = kind or default(language)
    member = _usable(kind, language)
    if config.separator and config.separates(song):
        with TemporaryDirectory() as folder:
            song = extract.separated(song, config.separator, Path(folder) / "vocals.wav")
            return _aligned(member, Recording(song, config), said, counts, language, guessed)
    return _aligned(member, Recording(song, config), said, counts, language, guessed)


def summary(found: lyrics.Lyrics) -> str:
    """What was done, for people: by which aligner, how much was guessed, what was passed over."""
    words = len(found.of("word"))
    library = " ".join(f"{name} {packages.version(name)}" for name in aligner(found.kind).libraries) or found.kind
    said = f"aligned by {library}: {words} word{'s' * (words != 1)} in language {found.language}"
    if count := found.counts["guessed"]:
        said += f", {count} of them not found and guessed"
    if passed := {name: count for name, count in found.counts.items() if count and name not in _DONE}:
        said += "; passed over: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in passed.items())
    if "guessed_language" in found.flags:
        said += f"\n  {found.language} by its letters; -l gives another language"
    if not {"accompaniment", "background"}.isdisjoint(found.flags):
        said += (
            f"\n  more than a voice sounds here, and {found.kind} needs a voice alone: give separated vocals, "
            "or lyrics with the times of lines"
        )
    return said


def read(path: str | Path, song: Song | None = None) -> tuple[lyrics.Lyrics, Counter[str]]:
    """The lines of a text file, from 0 to 0 seconds where it has no times; and what was passed over in it, by reason.

    Raises:
        SongError: nothing in it is sung, it is no text, or its words have times already.
        OSError: it cannot be opened.
    """
    path = str(path)
    if lyrics.recognise(path):
        said = lyrics.read(path, song.names if song else ())
        if said.level != "line":
            raise SongError(
                f"{path}: its {said.level}s have times already",
                "use it as it is, or write it in another format: songvec lyrics FILE --to textgrid",
            )
        lines = [segment for segment in said.segments if not segment.is_mark]
        segments, passed = tuple(lines), Counter({"rests": len(said.segments) - len(lines)})
        said = lyrics.Lyrics(path, said.kind, segments, said.counts, said.flags, said.language)
    else:
        check_plain(path)
        with open(path, "rb") as file:
            data = file.read(LIMIT + 1)
        if len(data) > LIMIT:
            raise SongError(f"{path}: more than {LIMIT // 1_000_000} MB of lyrics", "check that it is a text file")
        texts, reasons = unsung.sung_lines(Source(path, data).text.split("\n"))
        segments = tuple(Segment(line, 0.0, 0.0, "line") for line in texts if line)
        said, passed = lyrics.Lyrics(path, "text", segments, {}), Counter(reasons)
    if not any(char.isalnum() for segment in segments for char in segment.text):
        raise SongError(f"{path}: no words in it", "give the lyrics as text, a line for each phrase")
    return said, +passed


def _can(member: type[Aligner], language: str) -> bool:
    return not member.languages or g2p.base(language) in member.languages


def _usable(kind: str, language: str) -> Aligner:
    """A member, built.

    Raises:
        SongError: it is not installed, or cannot do the language.
    """
    member = aligner(kind)
    if not _can(member, language):
        able = [other for other in ALIGNERS if _can(aligner(other), language)]
        raise SongError(
            f"--aligner {kind}: it knows {', '.join(member.languages)}, and the lyrics are in {language!r}",
            f"take --aligner {able[0]}, or give another language with -l",
        )
    if remedy := missing(kind):
        raise SongError(f"--aligner {kind}: it comes in a package of its own, which is not installed", remedy)
    return member()


def _aligned(
    member: Aligner, recording: Recording, said: lyrics.Lyrics, counts: Counter[str], language: str, guessed: bool
) -> lyrics.Lyrics:
    duration = recording.duration
    lines, unread = _lines(said, language, guessed, duration, recording.config)
    if lines[0].span is None and duration > member.longest:
        raise SongError(
            f"{recording.song.recording}: {duration:.0f} s; {member.kind} finds lines without times in up to "
            f"{member.longest} s",
            "cut the recording, or give lyrics with the times of lines (LRC, SRT)",
        )
    found = member(recording, lines)
    _check(member.kind, lines, found, duration)
    flat = [place for line in found for place in line]
    if lines[0].span is None and not any(flat):
        raise SongError(
            f"{recording.song.recording}: {member.kind} found none of the {len(flat)} words of {said.path} in it",
            "check that the text is what is sung there, or give lyrics with the times of lines (LRC, SRT)",
        )
    words, phones = _segments(lines, found, duration, language, unread)
    flags = ("guessed_language",) * guessed
    if member.alone:
        flags += background.flags(recording.track, recording.config.f0.graded)
    return lyrics.Lyrics(
        said.path,
        member.kind,
        (*words, *phones),
        counts + Counter(guessed=sum("guessed" in word.flags for word in words), lines=len(lines)),
        flags,
        language,
    )


def _lines(
    said: lyrics.Lyrics, language: str, guessed: bool, duration: float, config: Config
) -> tuple[list[Line], set[tuple[int, int]]]:
    """The lines that an aligner is given, and the places of the words in them that nobody can read: those have a vowel
    for every few letters.

    Raises:
        SongError: the language has no G2P, or another is likelier; or no line lies within the recording.
    """
    texts = [segment.text.split() for segment in said.segments]
    try:
        spoken = config.voices.lines(texts, language)
    except SongError as error:
        raise SongError(f"{said.path}: {error.message}", error.remedy) from None
    sources = [one.source for line in spoken for one in line]
    strange = sources.count("model") + sources.count("none")
    if guessed and strange > languages.MOSTLY_UNKNOWN * len(sources):
        raise SongError(
            f"{said.path}: {strange} of {len(sources)} words are in no {language} dictionary, and nothing says that "
            f"they are in {language!r}",
            "give the language with -l",
        )
    lines: list[Line] = []
    unread: set[tuple[int, int]] = set()
    spans = _spans(said, duration)
    for words, pronunciations, span in zip(texts, spoken, spans, strict=True):
        if span == (duration, duration):  # it starts behind the end
            continue
        kept = [(word, one) for word, one in zip(words, pronunciations, strict=True) if one.phones or _read(word, one)]
        if not kept:
            continue
        unread |= {(len(lines), i) for i, (_, one) in enumerate(kept) if not one.phones}
        phones = tuple(_names(word, one, language) for word, one in kept)
        lines.append(Line(tuple(word for word, _ in kept), phones, *(span or (None, None))))
    if not lines:
        raise SongError(
            f"{said.path}: no line of it is sung within the {duration:.2f} s of the recording",
            "check that both are of the same song",
        )
    return lines, unread


def _read(word: str, one: Pronunciation) -> bool:
    """Whether a word without phones is text after all."""
    return one.source == "none" and any(char.isalnum() for char in word)


def _names(word: str, one: Pronunciation, language: str) -> tuple[str, ...]:
    """The full names of the phones of a word."""
    if not one.phones:
        return (_STAND_IN,) * max(1, round(len(word) / _LETTERS_A_VOWEL))
    own = one.language or g2p.base(language)
    return tuple(phone if "/" in phone else f"{own}/{phone}" for phone in one.phones)


def _spans(said: lyrics.Lyrics, duration: float) -> list[tuple[float, float] | None]:
    """From where to where each line is sung, within the recording, for lyrics that say so."""
    if said.kind == "text":
        return [None] * len(said.segments)
    following = [*(segment.start for segment in said.segments[1:]), math.inf]
    spans: list[tuple[float, float] | None] = []
    for segment, after in zip(said.segments, following, strict=True):
        start = max(0.0, segment.start - _LEAD * ("beat" in segment.flags))
        end = min(segment.end, max(after, segment.start))
        spans.append((min(start, duration), min(end, duration)) if segment.start < duration else (duration, duration))
    return spans


def _check(kind: str, lines: Sequence[Line], places: Sequence[Sequence[Place | None]], duration: float) -> None:
    """Refuse places that are not what an aligner promises.

    Raises:
        ValueError: which, and of whom.
    """
    shape = [len(line) for line in places]
    if shape != [len(line.words) for line in lines]:
        raise ValueError(f"aligner {kind}: {sum(shape)} places for {sum(len(line.words) for line in lines)} words")
    at = 0.0
    for line, found in zip(lines, places, strict=True):
        for word, phones, place in zip(line.words, line.phones, found, strict=True):
            if place is None:
                continue
            if len(place) not in (2, len(phones) + 1):
                raise ValueError(f"aligner {kind}: {word!r} has {len(place)} edges for {len(phones)} phones")
            if not all(a <= b for a, b in pairwise((at, *place, duration))):
                raise ValueError(f"aligner {kind}: {word!r} at {place} does not lie between {at} and {duration} s")
            at = place[-1]


def _segments(
    lines: Sequence[Line],
    places: Sequence[Sequence[Place | None]],
    duration: float,
    language: str,
    unread: set[tuple[int, int]],
) -> tuple[list[Segment], list[Segment]]:
    """Words and phones in time."""
    own = f"{g2p.base(language)}/"
    words: list[Segment] = []
    phones: list[Segment] = []
    for i, j, place, guessed in _filled(lines, places, duration):
        text, names = lines[i].words[j], lines[i].phones[j]
        flags = ("guessed",) if guessed or (i, j) in unread else ()
        words.append(_segment(text, place[0], place[-1], "word", flags))
        if (i, j) in unread:
            continue
        edges = place if len(place) == len(names) + 1 else _spread([names], place[0], place[-1])[0]
        for name, (start, end) in zip(names, pairwise(edges), strict=True):
            phones.append(_segment(name.removeprefix(own), start, end, "phone", flags))
    return words, phones


def _segment(text: str, start: float, end: float, level: Level, flags: tuple[str, ...]) -> Segment:
    return Segment(text, grid.seconds(grid.ticks(start)), grid.seconds(grid.ticks(end)), level, flags)


def _filled(
    lines: Sequence[Line], places: Sequence[Sequence[Place | None]], duration: float
) -> Iterator[tuple[int, int, Place, bool]]:
    """Line, word, place and whether it was guessed: words without a place are spread between their neighbours."""
    flat = [(i, j, place) for i, line in enumerate(places) for j, place in enumerate(line)]

    def run(item: tuple[int, int, Place | None]) -> tuple[bool, int]:
        return item[2] is None, -1 if lines[item[0]].span is None else item[0]

    at, done = 0.0, 0
    for (is_missing, i), group in groupby(flat, run):
        items = list(group)
        done += len(items)
        if is_missing:
            first, last = (0.0, duration) if i < 0 else lines[i].span or (0.0, duration)
            # not into the next word, nor into the next line's span
            after = next((place[0] for _, _, place in flat[done:] if place), duration)
            start = max(at, first)
            spread = _spread([lines[i].phones[j] for i, j, _ in items], start, max(start, min(last, after)))
            for (i, j, _), place in zip(items, spread, strict=True):
                yield i, j, place, True
            at = spread[-1][-1]
        else:
            for i, j, place in items:
                assert place is not None
                yield i, j, place, False
                at = place[-1]


def _spread(words: Sequence[Sequence[str]], start: float, end: float) -> list[Place]:
    """Words over a span by their numbers of vowels, and their phones by what singers do (see ``phones``)."""
    segment = Segment(" ".join("x" for _ in words), start, max(start, end), "word")
    return placed(_SPREAD.sung([segment], [spoken(words)], ""), words)


def spoken(words: Sequence[Sequence[str]]) -> list[Pronunciation]:
    """The names of the phones of words as ``Phones.sung`` takes them."""
    return [Pronunciation(tuple(names), "user") for names in words]


def placed(found: Laid, words: Sequence[Sequence[str]]) -> list[Place]:
    """What ``Phones.sung`` made of words, as the Place of each."""
    phones = iter(found.phones)
    own = [[next(phones) for _ in names] for names in words]
    return [(*(phone.start for phone in word), word[-1].end) for word in own]

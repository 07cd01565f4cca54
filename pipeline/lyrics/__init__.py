"""The lyrics stage: a file -> timed Segments. The contract and the table of formats.

Times are those of the recording, in seconds; whether they lie within the audio is not known here. What all formats
have in common is done here: decoding, the flags ``rest``, ``breath`` and ``unknown`` (``<unk>`` where a word would be),
and NFC for words and lines. Phone labels are never normalised.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from pipeline.inventory import mark
from pipeline.lyrics.decoding import LIMIT, decode
from pipeline.lyrics.lab import Lab
from pipeline.lyrics.lrc import Lrc
from pipeline.lyrics.textgrid import TextGrid
from pipeline.records import LEVELS, Level, Segment, SongError


class Reader(Protocol):
    """A lyric format. Members are frozen dataclasses without settings; the same text always gives the same segments.

    ``knows`` is quick and looks at the content alone: true only where no other format begins like that. ``parse`` gets
    text of any kind, with ``\\n`` at the end of lines, and gives at least one segment and what it counted on the way
    (what was passed over, by name). Segments of one level are sorted by their start and lie at whole 100 ns from 0 on;
    with phones, one coarser level may come too, before them. ``path`` is for messages only. Whatever the text, nothing
    but SongError is raised, and it says where.
    """

    kind: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]  # lower case
    version: ClassVar[int]
    libraries: ClassVar[tuple[str, ...]]

    def knows(self, text: str) -> bool: ...

    def parse(self, text: str, path: str) -> tuple[tuple[Segment, ...], dict[str, int]]: ...


READERS: dict[str, type[Reader]] = {
    "lab": Lab,
    "textgrid": TextGrid,
    "lrc": Lrc,
}

_FINENESS: dict[Level, int] = {"phone": 0, "syllable": 1, "word": 1, "line": 2}
# In tiers of words and lines too: nobody sings `sil` or `<unk>`, and in other capitals (`Sil`) it is a word. A closure
# is found among phones only, though: as words `q` and `Q` are the letter.
_MARKS = {"sil": "rest", "br": "breath", "unk": "unknown"}


@dataclass(frozen=True)
class Lyrics:
    """What a lyric file says: one or more segments, the phones last where there are other levels too.

    ``counts``: ``overlaps`` (segments that start before one above has ended), ``zero_length``, and what the reader
    passed over; 0 for any other name. Flags: ``read_as_cp932`` and the like, where the encoding had to be found out.
    """

    path: str
    kind: str
    segments: tuple[Segment, ...]
    counts: Mapping[str, int]
    flags: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """The finest level there is."""
        present = {segment.level for segment in self.segments}
        return next(level for level in reversed(LEVELS) if level in present)

    def of(self, level: Level) -> tuple[Segment, ...]:
        """The segments of one level, sorted by their start."""
        return tuple(segment for segment in self.segments if segment.level == level)


def suffixes() -> tuple[str, ...]:
    """The suffixes that make a file a lyric file, in lower case: ``.lab``, ``.textgrid``, ``.lrc``."""
    return tuple(suffix for reader in READERS.values() for suffix in reader.suffixes)


def read(path: str | os.PathLike[str]) -> Lyrics:
    """The segments of a lyric file, by the reader of its suffix unless only another knows its content.

    Raises:
        SongError: it is empty, no known format, or broken; says where.
        OSError: it cannot be opened.
    """
    path = os.fspath(path)
    with open(path, "rb") as file:
        data = file.read(LIMIT + 1)
    text, codec = decode(data, path)
    if not text.strip():
        raise SongError(f"{path}: an empty file", "give the lyrics, or leave them out if nobody sings")
    reader = _reader(path, text)
    segments, counted = reader.parse(text, path)
    return Lyrics(
        path,
        reader.kind,
        tuple(_finished(segment) for segment in segments),
        _oddities(segments) + Counter(counted),
        () if codec.startswith("utf") else (f"read_as_{codec}",),
    )


def choose(candidates: Sequence[Lyrics], prefer: Sequence[str]) -> Lyrics:
    """The most finely timed: phones before words and syllables before lines.

    Ties go to the kind that is named first in ``prefer``, then to the path that sorts first.

    Raises:
        ValueError: there are no candidates.
    """
    ranks = {kind: rank for rank, kind in enumerate(prefer)}
    return min(candidates, key=lambda one: (_FINENESS[one.level], ranks.get(one.kind, len(ranks)), one.path))


def _reader(path: str, text: str) -> Reader:
    suffix = os.path.splitext(path)[1].lower()
    named = [reader() for reader in READERS.values() if suffix in reader.suffixes]
    others = [reader() for reader in READERS.values() if suffix not in reader.suffixes]
    for reader in named + others:
        if reader.knows(text):
            return reader
    if not named:
        raise SongError(f"{path}: no known lyric format", f"give one of {', '.join(suffixes())}")
    return named[0]  # which says what is wrong with it


def _finished(segment: Segment) -> Segment:
    text = segment.text if segment.level == "phone" else unicodedata.normalize("NFC", segment.text)
    flag = _MARKS.get(mark(text), "")
    if not flag or (flag == "unknown" and segment.level == "phone"):  # a phone that is unknown is still a phone
        return replace(segment, text=text)
    return replace(segment, text=text, flags=(*segment.flags, flag))


def _oddities(segments: Sequence[Segment]) -> Counter[str]:
    counts: Counter[str] = Counter()
    ended: dict[Level, float] = {}
    for segment in segments:
        before = ended.get(segment.level, 0.0)
        counts["overlaps"] += segment.start < before
        counts["zero_length"] += segment.start == segment.end
        ended[segment.level] = max(before, segment.end)
    return counts

"""The lyrics stage: a file -> timed Segments. The contract and the table of formats.

Times are those of the recording, in seconds; whether they lie within the audio is not known here. What all formats
have in common is done here: decoding, the flags ``rest``, ``breath`` and ``unknown`` (``<unk>`` where a word would be),
and NFC for words and lines. Phone labels are never normalised.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from pipeline.files import check_plain
from pipeline.inventory import mark
from pipeline.lyrics.decoding import LIMIT, decode, glance
from pipeline.lyrics.lab import Lab
from pipeline.lyrics.lrc import Lrc
from pipeline.lyrics.textgrid import TextGrid
from pipeline.lyrics.ultrastar import UltraStar
from pipeline.records import LEVELS, Level, Segment, SongError


class Reader(Protocol):
    """A lyric format. Members are frozen dataclasses without settings; the same text always gives the same segments.

    ``knows`` is quick and looks at the content alone: true only where no other format begins like that. ``parse`` gets
    text of any kind, with ``\\n`` at the end of lines, and gives at least one segment, what it counted on the way
    (what was passed over, by name) and the language that the file names, in the file's words. Segments of one level are
    sorted by their start and lie at whole 100 ns from 0 on; with phones, one coarser level may come too, before them. A
    word whose later syllables are timed is its first one, the others follow it without text (flag ``syllable``).
    ``path`` is for messages only. Whatever the text, nothing but SongError is raised, and it says where.
    """

    kind: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]  # lower case
    version: ClassVar[int]
    libraries: ClassVar[tuple[str, ...]]

    def knows(self, text: str) -> bool: ...

    def parse(self, text: str, path: str) -> tuple[tuple[Segment, ...], dict[str, int], str]: ...


READERS: dict[str, type[Reader]] = {
    "lab": Lab,
    "textgrid": TextGrid,
    "lrc": Lrc,
    "ultrastar": UltraStar,
}
_OF_ANY_KIND = (".txt",)  # suffixes of other text too: only its content makes such a file a lyric file

_FINENESS: dict[Level, int] = {"phone": 0, "syllable": 1, "word": 1, "line": 2}
# In tiers of words and lines too: nobody sings `sil` or `<unk>`, and in other capitals (`Sil`) it is a word. A closure
# is found among phones only, though: as words `q` and `Q` are the letter.
_MARKS = {"sil": "rest", "br": "breath", "unk": "unknown"}
_HEAD = 40_000  # bytes that tell what a file is
# Names of the languages that most karaoke songs are in, as UltraStar and LRC files write them, with ISO 639-2's codes
_LANGUAGES = {
    "ar": "arabic ara العربية",
    "ca": "catalan cat català",
    "cs": "czech ces cze čeština",
    "da": "danish dan dansk",
    "de": "german ger deu deutsch",
    "el": "greek ell gre ελληνικά",
    "en": "english eng",
    "es": "spanish spa español castellano",
    "eu": "basque eus baq euskara",
    "fi": "finnish fin suomi",
    "fr": "french fra fre français",
    "gl": "galician glg galego",
    "he": "hebrew heb עברית",
    "hi": "hindi hin",
    "hr": "croatian hrv hrvatski",
    "hu": "hungarian hun magyar",
    "id": "indonesian ind",
    "is": "icelandic isl ice",
    "it": "italian ita italiano",
    "ja": "japanese jpn jp 日本語",
    "ko": "korean kor kr 한국어",
    "la": "latin lat",
    "nl": "dutch nld dut nederlands",
    "no": "norwegian nor norsk nb nn",
    "pl": "polish pol polski",
    "pt": "portuguese por português",
    "ro": "romanian ron rum",
    "ru": "russian rus русский",
    "sk": "slovak slk slo",
    "sl": "slovenian slv",
    "sr": "serbian srp",
    "sv": "swedish swe svenska",
    "th": "thai tha",
    "tl": "tagalog filipino tgl fil",
    "tr": "turkish tur türkçe",
    "uk": "ukrainian ukr",
    "vi": "vietnamese vie",
    "zh": "chinese zho chi mandarin cn 中文",
}
_CODES = {name: code for code, names in _LANGUAGES.items() for name in (code, *names.split())}


@dataclass(frozen=True)
class Lyrics:
    """What a lyric file says: one or more segments, the phones last where there are other levels too.

    ``counts``: ``overlaps`` (segments that start before one above has ended), ``zero_length``, and what the reader
    passed over; 0 for any other name. Flags: ``read_as_cp932`` and the like, where it is not UTF-8 or UTF-16.
    ``language``: the code of the language that the file names; "" where it names none, several or none that is known.
    """

    path: str
    kind: str
    segments: tuple[Segment, ...]
    counts: Mapping[str, int]
    flags: tuple[str, ...] = ()
    language: str = ""

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
    named = (suffix for reader in READERS.values() for suffix in reader.suffixes)
    return tuple(suffix for suffix in named if suffix not in _OF_ANY_KIND)


def is_lyrics(path: str | os.PathLike[str]) -> bool:
    """Whether a file that lies beside a recording is taken for its lyrics: by its suffix, or by the beginning of a
    ``.txt``, which may be anything. One that cannot be opened is none."""
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in _OF_ANY_KIND:
        return suffix in suffixes()
    try:
        check_plain(path)
        with open(path, "rb") as file:
            text = glance(file.read(_HEAD))
    except OSError:
        return False
    return any(reader().knows(text) for reader in READERS.values() if suffix in reader.suffixes)


def read(path: str | os.PathLike[str]) -> Lyrics:
    """The segments of a lyric file, by the reader of its suffix unless only another knows its content.

    Raises:
        SongError: it is empty, no known format, or broken; says where.
        OSError: it cannot be opened.
    """
    path = os.fspath(path)
    check_plain(path)
    with open(path, "rb") as file:
        data = file.read(LIMIT + 1)
    text, codec = decode(data, path)
    if not text.strip():
        raise SongError(f"{path}: an empty file", "give the lyrics, or leave them out if nobody sings")
    reader = _reader(path, text)
    segments, counted, language = reader.parse(text, path)
    return Lyrics(
        path,
        reader.kind,
        _finished(segments),
        _oddities(segments) + Counter(counted),
        () if codec.startswith("utf") else (f"read_as_{codec}",),
        _language(language),
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
        raise SongError(
            f"{path}: no known lyric format", f"give one of {', '.join(suffixes())}, or an UltraStar {_OF_ANY_KIND[0]}"
        )
    return named[0]  # which says what is wrong with it


def _language(said: str) -> str:
    """``English``, ``en-GB`` or ``Japanese (romanized)`` -> its code; "" for several languages and unknown ones."""
    codes = set()
    for one in re.split(r"[,;/&+]", unicodedata.normalize("NFC", said[:200]).lower()):
        words = re.findall(r"[^\W\d_]+", one)
        # a code only where a language begins: "Made in ..." names none
        named = [_CODES[word] for i, word in enumerate(words) if word in _CODES and (i == 0 or len(word) > 3)]
        codes |= {named[0] if named else ""} if words else set()
    return codes.pop() if len(codes) == 1 else ""


def _finished(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    finished: list[Segment] = []
    rest = False
    for segment in segments:
        if "syllable" in segment.flags:  # its text is in the word above, and it rests with it
            finished.append(replace(segment, flags=(*segment.flags, "rest")) if rest else segment)
            continue
        text = segment.text if segment.level == "phone" else unicodedata.normalize("NFC", segment.text)
        flag = _MARKS.get(mark(text), "")
        if flag == "unknown" and segment.level == "phone":  # a phone that is unknown is still a phone
            flag = ""
        rest = flag == "rest"
        finished.append(replace(segment, text=text, flags=(*segment.flags, flag) if flag else segment.flags))
    return tuple(finished)


def _oddities(segments: Sequence[Segment]) -> Counter[str]:
    counts: Counter[str] = Counter()
    ended: dict[Level, float] = {}
    for segment in segments:
        before = ended.get(segment.level, 0.0)
        counts["overlaps"] += segment.start < before
        counts["zero_length"] += segment.start == segment.end
        ended[segment.level] = max(before, segment.end)
    return counts

"""Labels: ``START END LABEL`` a line, in whole 100 ns (HTK) or in seconds (Audacity) -> phones, words or lines.

Times with a decimal point anywhere make it seconds. Monophones as NNSVS and most song corpora write them, and HTS
full-context labels, of which the phone between ``-`` and ``+`` is taken; the five states of one phone, numbered
``[2]`` to ``[6]``, are joined. A score behind the label is passed over. Labels stay as they are, letter by letter; they
are words or lines where they are too long, or too much of a script, to be phones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pipeline import grid
from pipeline.inventory import Inventory, mark
from pipeline.lyrics.source import Parsed, Source, timed
from pipeline.records import Level, SongError

_TICKS = re.compile(r"[0-9]{1,15}")  # up to three years, exact in a float
_SECONDS = re.compile(r"(?:[0-9]{1,8}[.,][0-9]{0,20}|[.,][0-9]{1,20}|[0-9]{1,8}(?=[eE]))(?:[eE]-?[0-9]{1,2})?")
_SCORE = re.compile(r"\s-?[0-9]+\.[0-9]+$")
_CENTRAL = re.compile(r"[^\s+]*?-([^\s+-]+)\+\S")
_LATER_STATE = re.compile(r"\[[3-6]\]$")
_CHORD = re.compile(r"N|X|[A-G][#b]*(:[^\s/]+)?(/[#b]*[0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")
_SYLLABIC = re.compile(r"[\u1100-\u11ff\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")  # kana, Chinese, Hangul blocks
_LONGEST_PHONES = 2.5  # letters on the average: ARPAbet has 1.7, pinyin finals 2.2, the words of English songs 3.6
_SHORTEST = 10_000  # 1 ms: no aligner's phones are shorter on the average, and milliseconds read as 100 ns are
_LONGEST = 30 * grid.TICKS_PER_SECOND  # and none are longer, where whole numbers with `.0` are no seconds
_HOUR = 3600 * grid.TICKS_PER_SECOND


@dataclass(frozen=True)
class Lab:
    """Reader of ``.lab``; of what else has that suffix (milliseconds, chords, plain text) it says so."""

    kind: ClassVar[str] = "lab"
    suffixes: ClassVar[tuple[str, ...]] = (".lab",)
    about: ClassVar[str] = (
        "Labels: START END TEXT a line, in 100 ns (HTK, NNSVS, HTS full-context) or in seconds (Audacity)"
    )
    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = ()

    def knows(self, source: Source) -> bool:
        fields = source.head.lstrip()[:400].split("\n")[0].split(None, 2)
        if len(fields) < 3 or not all(map(_is_time, fields[:2])):
            return False
        # three columns of seconds are notes or an f0 track
        return all(map(_TICKS.fullmatch, fields[:2])) or not _is_time(fields[2].split()[0].lstrip("-"))

    def parse(self, source: Source) -> Parsed:
        """See ``lyrics.Reader``."""
        path = source.path
        rows = [
            (f"{path}:{number}", line.strip())
            for number, line in enumerate(source.text.split("\n"), 1)
            if line.strip() and not line.startswith("\\")  # Audacity's second line of a label, with frequencies
        ]
        in_seconds = any(_SECONDS.fullmatch(field) for _, row in rows for field in row.split(None, 2)[:2])
        labels: list[tuple[int, int, str]] = []
        full_context = False
        empty = 0
        for where, row in rows:
            fields = row.split(None, 2)
            is_text = not labels and not any(map(_is_time, row.split()))
            times = [_ticks(field, where, in_seconds, is_text) for field in fields[:2]]
            if in_seconds and len(fields) == 2:
                empty += 1
                continue
            if len(fields) < 3:
                raise SongError(f"{where}: {row[:80]!r} is no START END LABEL", "write pau where nobody sings")
            start, end = times
            full = None if in_seconds else _CENTRAL.match(fields[2])
            written = _SCORE.sub("", fields[2]) if in_seconds else _name(fields[2])
            label = full[1] if full else " ".join(written.split())
            full_context |= full is not None
            if full and labels and _LATER_STATE.search(written) and labels[-1][1:] == (start, label):
                labels[-1] = (labels[-1][0], end, label)
            else:
                labels.append((start, end, label))
        if not labels:
            raise SongError(f"{path}: no labels in it", "write START END LABEL a line, in 100 ns or in seconds")
        _check_unit(labels, in_seconds, path)
        level: Level = "phone" if full_context else _level([label for _, _, label in labels], path)
        segments = [timed(label, start, end, level) for start, end, label in labels]
        return Parsed(tuple(segments), {"labels_without_text": empty})


def _name(written: str) -> str:
    """The label of a line in 100 ns without what HTK writes after it: a score, and what belongs to that."""
    name, *more = written.split()
    return name if more and _NUMBER.fullmatch(more[0]) else " ".join([name, *more])


def _is_time(field: str) -> bool:
    return bool(_TICKS.fullmatch(field) or _SECONDS.fullmatch(field))


def _ticks(field: str, where: str, in_seconds: bool, is_text: bool) -> int:
    """A time field as 100 ns; ``is_text``: no time before it or beside it tells that these are labels."""
    if in_seconds and _is_time(field) and float(field.replace(",", ".")) <= 1e8:
        return grid.ticks(float(field.replace(",", ".")))
    if not in_seconds and _TICKS.fullmatch(field):
        return int(field)
    if is_text and not re.match(r"[-+0-9.,]", field):
        raise SongError(
            f"{where}: {field[:40]!r} where a time is expected; plain text has no times",
            "give what the aligner made of it (MFA: the TextGrid)",
        )
    unit = "seconds" if in_seconds else "whole 100 ns"
    raise SongError(f"{where}: time {field[:40]!r}; expected {unit} from 0 on", "mend the line: START END LABEL")


def _check_unit(labels: Sequence[tuple[int, int, str]], in_seconds: bool, path: str) -> None:
    """Refuses times in another unit, by what lengths they would amount to."""
    last, n = labels[-1][1], len(labels)
    if not in_seconds and 0 < last < _SHORTEST * n:
        raise SongError(
            f"{path}: {n} labels end at {last}, which is {last / 10_000:g} ms in HTK's 100 ns; it looks like "
            "milliseconds, or like whole seconds",
            "multiply milliseconds by 10000, and write seconds with a decimal point, like 2.0",
        )
    if in_seconds and last > max(_HOUR, _LONGEST * n):
        raise SongError(
            f"{path}: {n} labels end at {last / grid.TICKS_PER_SECOND:.0f} seconds; it looks like 100 ns or "
            "milliseconds with a decimal point",
            "write whole 100 ns without one, or divide milliseconds by 1000",
        )


def _level(labels: Sequence[str], path: str) -> Level:
    texts = [label for label in labels if not mark(label)]
    if any(":" in text for text in texts) and all(_CHORD.fullmatch(text) for text in texts):
        raise SongError(f"{path}: its labels are chords", "give the lyrics, or leave the file out")
    if texts and all(map(_NUMBER.fullmatch, texts)):
        raise SongError(
            f"{path}: its labels are numbers, like those of notes or of an f0 track",
            "give the lyrics, or leave the file out",
        )
    if any(" " in text for text in texts):
        return "line"
    letters = sum(map(len, texts)) / max(1, len(texts))
    if not any(map(_SYLLABIC.search, texts)) and (letters <= _LONGEST_PHONES or Inventory().languages_of(set(texts))):
        return "phone"
    return "word"

"""LRC: ``[01:23.45]text`` -> lines, or words where every word has a stamp (``<01:23.45>``) of its own.

A line ends where the next stamp is, the last one never. A stamp without text ends the line before it. Stamps are where
the line or word is due in the music, hence the flag ``beat``; one within a word is a ``syllable`` of it, without text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from pipeline import grid
from pipeline.lyrics.source import Parsed, Source
from pipeline.records import Level, Segment, SongError

# mm:ss, mm:ss.x to .xxx (or a comma, or mm:ss:xx as in old files), and h:mm:ss.xx
_TIME = r"([0-9]{1,4}):([0-9]{1,2})(?::([0-9]{1,2}))?(?:[.,]([0-9]{1,7}))?"
_STAMP = re.compile(rf"\s*\[{_TIME}\]")
_INNER = re.compile(rf"[\[<]{_TIME}[\]>]")
_MEANT_AS_STAMP = re.compile(r"\[([-+]?[0-9]+:[^\]]*)")
_TAG = re.compile(r"\s*\[([A-Za-z#]\w*):([^\]]*)\]\s*")
_CREDIT = re.compile(
    r"(作[词詞曲]|[编編]曲|制作人?|작사|작곡|편곡"
    r"|(lyrics?|words|music|written|composed|arranged|produced)( and (lyrics|words|music))?( by)?)\s*[:：]",
    re.IGNORECASE,
)
_VOICE = re.compile(r"(?:[FMD]|v[0-9]{1,2}):\s*")  # who sings: a woman, a man, both; the first singer
# hel<00:01.20>lo is one word: letters on both sides, in scripts that have spaces
_INSIDE_END, _INSIDE_START = re.compile(r"[A-Za-zÀ-ÿ'’]$"), re.compile(r"[A-Za-zÀ-ÿ'’]")
_SUBTITLE = re.compile(r"[0-9]{2}[.,][0-9]{3} --> ")
_SECOND = grid.TICKS_PER_SECOND
_HOUR = 3_600_000  # milliseconds


@dataclass(frozen=True)
class Lrc:
    """Reader of ``.lrc``; tags, credits, the names of voices and lines without a stamp are not sung."""

    kind: ClassVar[str] = "lrc"
    suffixes: ClassVar[tuple[str, ...]] = (".lrc",)
    about: ClassVar[str] = "LRC and enhanced LRC: [01:23.45]line, <01:23.45>word"
    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = ()

    def knows(self, source: Source) -> bool:
        return any(_STAMP.match(line) for line in source.head.split("\n"))

    def parse(self, source: Source) -> Parsed:
        """See ``lyrics.Reader``. ``[offset:+500]`` makes everything 500 ms earlier, but nothing earlier than 0.

        Of several texts with the same stamp the first is sung: the others are translations.
        """
        text, path = source.text, source.path
        counts: Counter[str] = Counter()
        lines: list[tuple[int, str, str]] = []  # ticks, text, path:line
        offset = 0
        language = ""
        for number, line in enumerate(text.split("\n"), 1):
            where = f"{path}:{number}"
            ticks: list[int] = []
            position = 0
            while stamp := _STAMP.match(line, position):
                ticks.append(_ticks(stamp, where))
                position = stamp.end()
            rest = line[position:].strip()
            if meant := _MEANT_AS_STAMP.match(rest):
                raise SongError(f"{where}: {meant[1][:40]!r} is not a time", "write it like [01:23.45]")
            if not ticks and (tag := _TAG.fullmatch(line)):
                name = tag[1].lower()
                offset = _offset(tag[2], where) if name == "offset" else offset
                language = tag[2] if name in ("la", "lang", "language") else language
                counts["tags"] += 1
            elif not ticks and rest:
                counts["lines_without_time"] += 1
            if ticks and _CREDIT.match(rest):
                counts["credits"] += 1
                rest = ""
            if ticks and (voice := _VOICE.match(rest)):
                counts["voices"] += 1
                rest = rest[voice.end() :]
            lines += [(tick, rest, where) for tick in ticks]
        if not lines and _SUBTITLE.search(text):
            raise SongError(
                f"{path}: subtitles (SRT or WebVTT) under the name of an LRC file",
                "write each line like [01:23.45]text, which ffmpeg and subtitle editors do: save it as LRC",
            )
        if not lines:
            raise SongError(
                f"{path}: no time in it; plain text lyrics have none",
                "stamp its lines in an LRC editor, like [01:23.45], or give what an aligner made of it (a TextGrid)",
            )
        lines.sort(key=lambda line: line[0])
        words = _words(lines)
        events = words or [(tick, text, ()) for tick, text in _distinct(lines, counts)]
        ends = [*(tick for tick, _, _ in events[1:]), math.inf]
        level: Level = "word" if words else "line"
        segments = [
            Segment(text, _seconds(tick - offset), _seconds(end - offset), level, ("beat", *flags))
            for (tick, text, flags), end in zip(events, ends, strict=True)
            if text or flags
        ]
        counts["moved_to_start"] = sum(tick < offset for tick, text, _ in events if text)
        if not segments:
            raise SongError(f"{path}: stamps without text", "leave the lyrics out if nobody sings")
        return Parsed(tuple(segments), counts, language)


def _ticks(stamp: re.Match[str], where: str) -> int:
    """The time of a stamp. Three numbers and a fraction have hours first, three without end in hundredths."""
    first, second, third, fraction = stamp.groups(default="")
    hours, minutes, seconds = (first, second, third) if third and fraction else ("0", first, second)
    fraction = fraction or third
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    time = stamp[0].strip().strip("[]<>")
    mended = f"{whole // 60:02}:{whole % 60:02}" + (f".{fraction}" if fraction else "")
    if int(seconds) >= 60:
        raise SongError(f"{where}: time {time} has {seconds} seconds; a minute has 60", f"write {mended} if it is that")
    if hours != "0" and int(minutes) >= 60:
        raise SongError(f"{where}: time {time} has {minutes} minutes; an hour has 60", f"write {mended} if it is that")
    return whole * _SECOND + int(fraction.ljust(7, "0"))


def _offset(value: str, where: str) -> int:
    if not re.fullmatch(r"\s*([+-]?[0-9]{1,9})?\s*", value):
        raise SongError(f"{where}: offset {value[:40]!r} is no number", "write whole milliseconds, like [offset:+500]")
    if abs(int(value.strip() or "0")) > _HOUR:
        raise SongError(
            f"{where}: an offset of {value.strip()} milliseconds is more than an hour",
            "write whole milliseconds, like [offset:+500], or leave it out",
        )
    return int(value.strip() or "0") * (_SECOND // 1000)


def _distinct(lines: list[tuple[int, str, str]], counts: Counter[str]) -> list[tuple[int, str]]:
    """One text a time, the first that there is; stamps within a line are left out."""
    events: dict[int, str] = {}
    for tick, raw, _ in lines:
        counts["stamps_within_lines"] += len(_INNER.findall(raw))
        text = " ".join(_INNER.sub("", raw).split())
        counts["same_time"] += bool(text and events.get(tick))
        events[tick] = events.get(tick) or text
    return list(events.items())


def _words(lines: list[tuple[int, str, str]]) -> list[tuple[int, str, tuple[str, ...]]]:
    """The events of a file that stamps every word of every line, in order, with their flags; none if it does not."""
    events: list[tuple[int, str, tuple[str, ...]]] = []
    most = head = 0
    for tick, raw, where in lines:
        while events and events[-1][0] > tick and events[-1][1:] == ("", ()):
            events.pop()  # an end stamp after the next line's start
        pieces = _INNER.split(raw)[:: _INNER.groups + 1]
        if (raw and len(pieces) == 1) or any(len(piece.split()) > 1 for piece in pieces):
            return []
        most = max(most, sum(not piece.isspace() and piece != "" for piece in pieces))
        starts = [tick, *(_ticks(stamp, where) for stamp in _INNER.finditer(raw))]
        before = ""
        for start, piece in zip(starts, pieces, strict=True):
            if _INSIDE_END.search(before) and _INSIDE_START.match(piece):
                events[head] = (events[head][0], events[head][1] + piece.strip(), ())
                events.append((start, "", ("syllable",)))
            else:
                head = len(events)
                events.append((start, piece.strip(), ()))
            before = piece
    in_order = all(one[0] <= after[0] for one, after in pairwise(events))
    return events if most > 1 and in_order else []


def _seconds(ticks: float) -> float:
    return ticks if ticks == math.inf else grid.seconds(max(0, int(ticks)))

"""Praat TextGrids, long and short text -> words, phones or both. The parsing is praatio's (MIT).

A tier is chosen by its name, whatever stands before it (``anna - words``, as MFA writes). The only tier with labels
needs no name: it is phones if one language has all its labels as phones, words otherwise. Empty intervals are gaps
between words and rests between phones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pipeline import grid
from pipeline.inventory import Inventory
from pipeline.lyrics.source import Parsed, Source, timed
from pipeline.records import Level, Segment, SongError

# the first that is found in a tier's name tells its level
_NAMES: tuple[tuple[Level, re.Pattern[str]], ...] = (
    ("phone", re.compile(r"phone|\bph\b|音素|음소")),
    ("syllable", re.compile(r"syllable|\bsyll?\b|mora|音节|音節|음절")),
    ("line", re.compile(r"line|sentence|phrase|utterance|句|줄")),
    ("word", re.compile(r"word|lyric|text|汉字|単語|歌詞|歌词|단어|가사")),
)
_TEXT_LEVELS: tuple[Level, ...] = ("word", "syllable", "line")  # of these one is kept, the first there is
_SIZE = re.compile(
    r'"(?:IntervalTier|TextTier)"\s+(?:name ?= ?)?"(?:[^"]|"")*"\s+(?:xmin ?= ?)?[^\s=]+\s+(?:xmax ?= ?)?[^\s=]+\s+'
    r"(?:(?:intervals|points): ?size ?= ?)?([0-9]{1,9})\s"
)
_TIERS = re.compile(r"<exists>\s+(?:size ?= ?)?([0-9]{1,9})\s")
_NEGATIVE = re.compile(r"xmin ?= ?(-[0-9.]*[1-9][0-9.]*)")
_EXPONENT = re.compile(r"(xm(?:in|ax) ?= ?)([0-9.]+[eE][-+]?[0-9]{1,2})\b")
_LONGEST = 1e8  # seconds, three years
_HOUR, _LONGEST_LABEL = 3600 * grid.TICKS_PER_SECOND, 30 * grid.TICKS_PER_SECOND  # the second on the average
_SAVE = "open it in Praat and choose Save as text file"


@dataclass(frozen=True)
class TextGrid:
    """Reader of ``.TextGrid``. One singer a file; point tiers and tiers of other names are passed over and counted."""

    kind: ClassVar[str] = "textgrid"
    suffixes: ClassVar[tuple[str, ...]] = (".textgrid",)
    about: ClassVar[str] = "Praat TextGrid, long and short text: tiers of words, syllables, phones (MFA)"
    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = ("praatio",)

    def knows(self, source: Source) -> bool:
        return "ooTextFile" in source.head[:60] and '"TextGrid"' in source.head[:120]

    def parse(self, source: Source) -> Parsed:
        """See ``lyrics.Reader``. Words go before syllables and these before lines, where there are several."""
        text, path = source.text, source.path
        if not self.knows(source):
            raise SongError(f"{path}:1: no TextGrid; it begins with {text.lstrip()[:30]!r}", _SAVE)
        tiers = _tiers(text, path)
        intervals = [tier for tier in tiers if tier["class"] == "IntervalTier"]
        labelled = [tier for tier in intervals if any(label.strip() for _, _, label in tier["entries"])]
        found = _by_level(labelled, path)
        if not found:
            names = ", ".join(f"{tier['name']!r} ({_kind(tier)})" for tier in tiers) or "none"
            raise SongError(f"{path}: no tier of words or phones; its tiers are {names}", _what_to_do(tiers))
        coarse: list[Level] = [level for level in _TEXT_LEVELS if level in found]
        phones: list[Level] = ["phone"] if "phone" in found else []
        kept = coarse[:1] + phones
        segments = [segment for level in kept for segment in _segments(found[level], level, path)]
        points = len(tiers) - len(intervals)
        return Parsed(tuple(segments), {"point_tiers": points, "unused_tiers": len(intervals) - len(kept)})


def _tiers(text: str, path: str) -> list[dict[str, Any]]:
    """praatio's tiers (class, name, entries of start, end, label as strings), each as long as it says."""
    from praatio.utilities import errors, textgrid_io

    # praatio 6.2 takes no notice of a minus sign or of a file that ends too early, drops the last label of a short
    # file without a newline at its end, and knows no exponents, though Praat writes 5.5e-17 at times
    if negative := _NEGATIVE.search(text):
        line = text.count("\n", 0, negative.start()) + 1
        raise SongError(f"{path}:{line}: time {negative[1]} is before the recording", "shift the times to start at 0")
    text = _EXPONENT.sub(lambda match: f"{match[1]}{float(match[2]):.9f}", text) + "\n"
    try:
        tiers = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=True)["tiers"]
    except IndexError:
        raise SongError(f"{path}: a TextGrid that is cut off in its head", "copy or export it again") from None
    except (errors.PraatioException, ValueError, OverflowError) as error:
        raise SongError(f"{path}: a broken TextGrid; praatio says {str(error)[:80]!r}", _SAVE) from None
    declared = [int(match) for match in _TIERS.findall(text)[:1]]
    if declared != [len(tiers)]:
        raise SongError(f"{path}: its head says {declared} tiers and it has [{len(tiers)}]; is it cut off?", _SAVE)
    declared = [int(match) for match in _SIZE.findall(text)]
    entries = [len(tier["entries"]) for tier in tiers]
    if declared != entries:
        raise SongError(f"{path}: its tiers say {declared} entries and have {entries}; is it cut off?", _SAVE)
    return tiers


def _what_to_do(tiers: Sequence[dict[str, Any]]) -> str:
    """The remedy where none of these tiers can be read."""
    named = [tier for tier in tiers if any(pattern.search(tier["name"].lower()) for _, pattern in _NAMES)]
    if any(_kind(tier) == "empty" for tier in named):
        return "write the words in its intervals, or leave the file out if nobody sings"
    if named:
        return "make it a tier of intervals: points do not say how long"
    return "name one words or phones" if tiers else "give the file that the aligner made"


def _kind(tier: dict[str, Any]) -> str:
    if tier["class"] != "IntervalTier":
        return "points"
    return "intervals" if any(label.strip() for _, _, label in tier["entries"]) else "empty"


def _by_level(tiers: Sequence[dict[str, Any]], path: str) -> dict[Level, dict[str, Any]]:
    found: dict[Level, dict[str, Any]] = {}
    for tier in tiers:
        name = tier["name"].lower().rsplit(" - ", 1)[-1]
        level: Level | None = next((named for named, pattern in _NAMES if pattern.search(name)), None)
        if level is None and len(tiers) == 1:
            labels = {label.strip() for _, _, label in tier["entries"]}
            level = "phone" if Inventory().languages_of(labels) else "word"
        if level in found:
            raise SongError(
                f"{path}: two tiers of {level}s, {found[level]['name']!r} and {tier['name']!r}",
                "keep those of one singer, or rename the one that is not to be read",
            )
        if level:
            found[level] = tier
    return found


def _segments(tier: dict[str, Any], level: Level, path: str) -> list[Segment]:
    segments: list[Segment] = []
    last = 0
    for number, (*times, label) in enumerate(tier["entries"], 1):
        where = f"{path}: tier {tier['name']!r}, interval {number}"
        start, end = (_ticks(time, where) for time in times)
        last = max(last, start)
        text = " ".join(label.split())
        if text or level == "phone":
            segments.append(timed(text, start, end, level))
    if last > max(_HOUR, _LONGEST_LABEL * len(tier["entries"])):
        raise SongError(
            f"{path}: tier {tier['name']!r} goes on for {grid.seconds(last):.0f} seconds; it looks like milliseconds",
            "divide its times by 1000",
        )
    return segments


def _ticks(time: str, where: str) -> int:
    try:
        seconds = float(time)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST:
        raise SongError(f"{where}: time {time[:40]} is no time in a recording", "mend it: seconds from 0 on")
    return grid.ticks(seconds)

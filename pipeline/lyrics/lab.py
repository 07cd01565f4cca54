"""HTK labels: ``START END LABEL`` a line in whole 100 ns -> phones.

Monophones as NNSVS and most song corpora write them, and HTS full-context labels, of which the phone between ``-``
and ``+`` is taken. The five states of one phone, numbered ``[2]`` to ``[6]``, are joined. A fourth field (HTK's score)
is passed over. Labels stay as they are, letter by letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from pipeline import grid
from pipeline.records import Segment, SongError

_KNOWN = re.compile(r"\s*[0-9]+[ \t]+[0-9]+[ \t]+\S")
_TICKS = re.compile(r"[0-9]{1,15}")  # up to three years, exact in a float
_DECIMAL = re.compile(r"[0-9]*[.,][0-9]+")
_CENTRAL = re.compile(r"[^\s+]*?-([^\s+-]+)\+\S")
_LATER_STATE = re.compile(r"\[[3-6]\]$")
_SHORTEST = 10_000  # 1 ms: no aligner's phones are shorter on the average, and milliseconds read as 100 ns are


@dataclass(frozen=True)
class Lab:
    """Reader of ``.lab``; of what else has that suffix (seconds, milliseconds, plain text) it says so."""

    kind: ClassVar[str] = "lab"
    suffixes: ClassVar[tuple[str, ...]] = (".lab",)
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()

    def knows(self, text: str) -> bool:
        return _KNOWN.match(text) is not None

    def parse(self, text: str, path: str) -> tuple[tuple[Segment, ...], dict[str, int]]:
        """See ``lyrics.Reader``. Labels may touch, overlap and have no length, but start in order."""
        labels: list[tuple[int, int, str]] = []
        for number, line in enumerate(text.split("\n"), 1):
            fields = line.split()
            if not fields:
                continue
            where = f"{path}:{number}"
            times = [_ticks(field, where, first=not labels) for field in fields[:2]]
            if len(fields) < 3:
                raise SongError(f"{where}: {line.strip()!r} is no START END LABEL", "write pau where nobody sings")
            start, end = times
            full = _CENTRAL.match(fields[2])
            label = full[1] if full else fields[2]
            if end < start:
                raise SongError(f"{where}: {label!r} ends at {end}, before its start {start}", "swap or mend the times")
            if labels and start < labels[-1][0]:
                raise SongError(
                    f"{where}: {label!r} starts at {start}, before the label above at {labels[-1][0]}",
                    "sort the lines by their start",
                )
            if full and labels and _LATER_STATE.search(fields[2]) and labels[-1][1:] == (start, label):
                labels[-1] = (labels[-1][0], end, label)
            else:
                labels.append((start, end, label))
        if not labels:
            raise SongError(f"{path}: no labels in it", "write START END LABEL a line, in 100 ns")
        if 0 < labels[-1][1] < _SHORTEST * len(labels):
            raise SongError(
                f"{path}: {len(labels)} labels end at {labels[-1][1]}, which is {labels[-1][1] / 10_000:g} ms in HTK's "
                "100 ns; it looks like milliseconds",
                "multiply its times by 10000",
            )
        return tuple(Segment(label, grid.seconds(a), grid.seconds(b), "phone") for a, b, label in labels), {}


def _ticks(field: str, where: str, first: bool) -> int:
    """A time field as 100 ns; ``first``: nothing before it told that these are HTK labels."""
    if _TICKS.fullmatch(field):
        return int(field)
    if _DECIMAL.fullmatch(field):
        raise SongError(
            f"{where}: time {field} looks like seconds, as Audacity writes them; HTK labels count whole 100 ns",
            "multiply the times by 10000000, or save the labels as a TextGrid",
        )
    if first and not re.match(r"[-+0-9]", field):
        raise SongError(
            f"{where}: {field[:40]!r} where a time is expected; plain text has no times",
            "give what the aligner made of it (MFA: the TextGrid)",
        )
    raise SongError(f"{where}: time {field[:40]!r}; expected whole 100 ns from 0 on", "mend the line: START END LABEL")

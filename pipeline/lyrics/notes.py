"""Notes with the text under them, as karaoke files, scores and editors write it -> words with their later syllables.

A word is its first note. Each later note that has a syllable of its own follows as a segment without text (flag
``syllable``), one that only goes on with the vowel makes the one before longer. Notes are where the vowel is due in the
music (flag ``beat``) and last as long as they say (``held``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from pipeline import grid
from pipeline.lyrics.source import timed
from pipeline.records import Segment

# What editors write under a note instead of text: more of the vowel before, the next syllable of the word before
HOLDS = frozenset({"-", "–", "—", "~", "+~", "ー", "−", "_", "…"})
NEXT = frozenset({"+", "+*"})

Word = tuple[Segment, ...]  # the word, and its later syllables without text


@dataclass(frozen=True)
class Note:
    """What one note sings of one word, in ticks of 100 ns: a word or its beginning, a later syllable, or more of the
    same vowel (``text`` then closes it: the n of ``~n``). ``pitch`` is its MIDI number; ``guessed`` that the file does
    not say when exactly."""

    role: Literal["word", "syllable", "melisma"]
    text: str
    start: int
    end: int
    guessed: bool = False
    pitch: float | None = None


def words(notes: Sequence[Note], joined: str = "") -> list[Word]:
    """The words that notes in the order of their starts sing; ``joined`` stands between the texts of one word.

    Notes before the first word are left out. A melisma ends where its last note does, with any rest in between.
    """
    heads = [i for i, note in enumerate(notes) if note.role == "word"]
    found: list[Word] = []
    for head, after in pairwise([*heads, len(notes)]):
        segments: list[Segment] = []
        for note in notes[head:after]:
            if note.role == "melisma":
                segments[-1] = replace(segments[-1], end=max(segments[-1].end, grid.seconds(max(0, note.end))))
                continue
            flags = ("beat", "held", *(["syllable"] * (note.role == "syllable")), *(["guessed"] * note.guessed))
            segments.append(timed("", note.start, note.end, "word", flags, note.pitch))
        text = joined.join(note.text for note in notes[head:after] if note.text)
        found.append((replace(segments[0], text=text), *segments[1:]))
    return found

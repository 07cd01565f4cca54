"""How each lyric format is written: what every reader's contract test (tests/test_lyrics.py) is given to read.

A form writes timed texts (touching, sorted, from 0 on, of letters) as a file of its format. Each family of formats has
a file here with ``FORMS``, and a ``tests/test_lyrics_<family>.py`` for what is particular to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Timed = Sequence[tuple[int, int, str]]  # start and end in ticks of 100 ns, text


@dataclass(frozen=True)
class Form:
    """``ticks``: how fine its times are; ``suffix``: what such files are called; ``text``: whether it is text, which
    says the same in UTF-16 and with other line ends; ``whole``: whether a file that is cut off is always refused."""

    kind: str
    suffix: str
    write: Callable[[Timed], str | bytes]
    ticks: int = 1
    text: bool = True
    whole: bool = False

    def data(self, song: Timed) -> bytes:
        """The file."""
        written = self.write(song)
        return written if isinstance(written, bytes) else written.encode()


def all_forms() -> dict[str, Form]:
    """Every form there is, by name."""
    from tests.lyric_forms import captions, datasets, plain, scores, tables

    return {**plain.FORMS, **tables.FORMS, **captions.FORMS, **datasets.FORMS, **scores.FORMS}

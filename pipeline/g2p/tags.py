"""Section tags: the words of a line -> which of them name a part of the song and are not sung.

``[Chorus]``, ``[Verse 2: Both]``: from a word that begins with ``[`` to the one that ends with ``]``. Round brackets
are sung: ``(ooh)``. A bracket before another one, or closed within a word (``[Chorus]Oh``), goes no further.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_WORDS = 12  # a bracket that is closed no sooner is a slip of the pen
_CLOSED = re.compile(r"\][\W_]*$")


def spans(words: Sequence[str]) -> frozenset[int]:
    """The places of the words of tags.

    >>> sorted(spans(["[Verse", "2:", "Ann]", "(ooh)", "[Hook]", "[la", "la"]))
    [0, 1, 2, 4]
    """
    found: set[int] = set()
    for first, word in enumerate(words):
        if first not in found and word.startswith(("[", "［")):
            for last in range(first, min(first + _MOST_WORDS, len(words))):
                if last > first and words[last].startswith(("[", "［")):
                    break  # never closed: no words of a song are taken for a tag with the next one
                if _CLOSED.search(words[last].replace("］", "]")):
                    found.update(range(first, last + 1))
                    break
                if "]" in words[last] or "］" in words[last]:
                    break
    return frozenset(found)

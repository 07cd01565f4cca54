"""Lexicons: a language code -> every word of its pronouncing dictionary with its first pronunciation."""

from __future__ import annotations

import gzip
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from importlib.resources import files

import numpy as np


class Lexicon(Mapping[str, str]):
    """Word -> phone labels with a space between them; the words in lower case and in order.

    The text of the dictionary with the place of each line, since a song asks for a hundred words of 126 000: 4 MB,
    where a dict of the same takes 30. A word is found in 9 µs.
    """

    def __init__(self, text: bytes) -> None:
        """``text``: lines like ``hello HH AH0 L OW1``, sorted by their bytes, each with its ``\\n``."""
        self._text = text
        ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
        # one more than there are lines; a memoryview gives plain integers, many times faster than numpy's
        self._starts = np.concatenate([[0], ends + 1]).astype(np.uint32).data

    def __getitem__(self, word: str) -> str:
        wanted = f"{word} ".encode(errors="surrogatepass")
        found = self._line(bisect_left(range(len(self)), wanted, key=self._line))
        if " " in word or not found.startswith(wanted):
            raise KeyError(word)
        return found[len(wanted) :].decode()

    def __iter__(self) -> Iterator[str]:
        return (self._line(number).split(b" ", 1)[0].decode() for number in range(len(self)))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def _line(self, number: int) -> bytes:
        """A line without its end; nothing past the last one."""
        return self._text[self._starts[number] : self._starts[number + 1] - 1] if number < len(self) else b""


def read(code: str) -> Lexicon:
    """The lexicon of a language.

    >>> read("en")["hello"]
    'HH AH0 L OW1'

    About 126 000 words in English, read in a thirtieth of a second; see the README beside the data.
    """
    return Lexicon(gzip.decompress(files(__name__).joinpath(f"{code}.txt.gz").read_bytes()))

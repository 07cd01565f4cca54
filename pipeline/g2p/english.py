"""English: the words of a line -> ARPAbet labels with stress, as g2p-en 2.1.0 says them.

CMUdict first, g2p-en's network for the words it lacks, numbers in words before either. The phones are those of
``g2p_en.G2p`` on the line, token for token, without its import of NLTK and inflect, its download and its 5 seconds.
Different on purpose:

- a homograph (``read``, ``live``: the 371 words of its ``homographs.en``) gets CMUdict's first pronunciation; g2p-en
  asks a part-of-speech tagger;
- ``’`` and its like are the apostrophe and ``—`` parts words, where g2p-en drops them and reads ``dont``, ``loveand``;
  width and ligatures are folded (NFKC);
- a word with a letter from another script is reported whole, where g2p-en reads what is left of it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from pipeline.g2p import digits, lexicon, network
from pipeline.records import Pronunciation

# ´ has to go before NFKC, which makes it a space with an accent
_TYPOGRAPHY = str.maketrans({**dict.fromkeys("’‘ʼ´`", "'"), **dict.fromkeys("‐‑−", "-"), **dict.fromkeys("–—―", " ")})
_UNREAD = re.compile(r"[^ a-z'.,?!\-]")
_HANGING = re.compile(r"([ '.,?!\-])\1{3,}")
# NLTK's TweetTokenizer on the 33 characters that are left: what looks like a domain, words with ' and - inside, words,
# dots, single characters. Of its other patterns (emoticons, phones, tags, addresses) none can match there.
_TOKEN = re.compile(
    r"""
    [a-z]+ (?:[.\-][a-z]+){0,126} \.[a-z]{2,13} \b
    | [a-z][a-z'\-]+[a-z]
    | [a-z]+
    | \.(?:[ ]*\.)+
    | [^ ]
    """,
    re.VERBOSE,
)
# signs that a singer says when they stand alone
_SAID_SIGNS = frozenset("&%@#+=$£€")
_BATCH = 64
_MOST_KNOWN = 1 << 15  # tokens remembered at a time, about 10 MB


@dataclass(frozen=True)
class English:
    """ARPAbet, with the stress digit at the vowels: ``("HH", "AH0", "L", "OW1")``.

    >>> English().phonemize(["Don’t", "-", "노래"])  # doctest: +NORMALIZE_WHITESPACE
    [Pronunciation(phones=('D', 'OW1', 'N', 'T'), source='lexicon'),
     Pronunciation(phones=(), source='rule'), Pronunciation(phones=(), source='none')]

    Raises:
        ImportError: g2p-en, whose folder holds the network's weights, is not installed.
    """

    code: ClassVar[str] = "en"
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("g2p-en",)

    def phonemize(self, words: Sequence[str]) -> list[Pronunciation]:
        """One pronunciation a word; a word of several tokens (``24``, ``e.g.``) has the phones of all.

        ``network`` where the network guessed one of the tokens; ``none`` for a letter or digit of another script, a
        sign like ``&`` alone, or a guess without a sound.
        """
        spoken = [tokens(word) for word in words]
        self._look_up({token for line in spoken if line for token in line})
        return [
            Pronunciation((), "none") if line is None else self._pronunciation(word, line)
            for word, line in zip(words, spoken, strict=True)
        ]

    def _pronunciation(self, word: str, spoken: tuple[str, ...]) -> Pronunciation:
        if not spoken:
            return Pronunciation((), "none" if _SAID_SIGNS & set(unicodedata.normalize("NFKC", word)) else "rule")
        parts = [self._known[token] for token in spoken]
        phones = tuple(phone for part in parts for phone in part.phones)
        if not phones:
            return Pronunciation((), "none")
        return Pronunciation(phones, "lexicon" if all(part.source == "lexicon" for part in parts) else "network")

    def _look_up(self, wanted: Set[str]) -> None:
        """Know every token: from the dictionary, or by a guess where that lacks it."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        guess = self._network  # asked for at the first call in any case, so that its absence shows at once
        unknown: list[str] = []
        for token in wanted:
            if token in self._known:
                continue
            phones = self._lexicon.get(token)
            if phones is None:
                unknown.append(token)
            else:
                self._known[token] = Pronunciation(tuple(map(sys.intern, phones.split())), "lexicon")
        unknown.sort(key=len)
        for first in range(0, len(unknown), _BATCH):
            batch = unknown[first : first + _BATCH]
            guesses = (Pronunciation(phones, "network") for phones in guess(batch))
            self._known.update(zip(batch, guesses, strict=True))

    @cached_property
    def _lexicon(self) -> lexicon.Lexicon:
        return lexicon.read(self.code)

    @cached_property
    def _network(self) -> network.Network:
        return network.read()

    @cached_property
    def _known(self) -> dict[str, Pronunciation]:
        """How each token sounded so far; of a song's words most were asked for before."""
        return {}


def tokens(text: str) -> tuple[str, ...] | None:
    """A word of a line -> what is looked up for it: ``24`` -> ``twenty-four``; ``None`` if a letter would be lost.

    Those of g2p-en's tokens that hold a letter: accents go, then all but ``a-z'.,?!-``, then NLTK's TweetTokenizer.

    >>> tokens("e.g."), tokens("Rock’n’Roll!"), tokens("feelin'"), tokens("..."), tokens("사랑love")
    (('for', 'example'), ("rock'n'roll",), ('feelin',), (), None)
    """
    text = digits.spell(" ".join(unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY)).split()))
    text = "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn").lower()
    if any(unicodedata.category(char)[0] in "LN" for char in _UNREAD.findall(text)):
        return None
    text = _UNREAD.sub("", text).replace("i.e.", "that is").replace("e.g.", "for example")
    text = _HANGING.sub(r"\1\1\1", text)
    return tuple(token for token in _TOKEN.findall(text) if token[0].isalpha())

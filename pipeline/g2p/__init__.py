"""Grapheme to phoneme: the words of a line -> how each one sounds. The contract and the table of languages.

Labels are those of ``inventory`` without the language (``AH0``, not ``en/AH``). A new language is one file and one
line in ``LANGUAGES``; the contract's tests run over the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar, Protocol, cast

from pipeline.records import Pronunciation, SongError

# code -> module:class, imported when the language is asked for
LANGUAGES: dict[str, str] = {
    "en": "pipeline.g2p.english:English",
}


class Language(Protocol):
    """What every member promises.

    A frozen dataclass whose fields are its settings. Nothing is downloaded and no network is used; what is costly
    (a dictionary, a model) is read at the first call of ``phonemize``, not when the member is made. The same words give
    the same phones in whatever order, batch or process they come.
    """

    code: ClassVar[str]
    """ISO 639-1, and the language of the labels in ``inventory``."""
    version: ClassVar[int]
    """Raised when the output for any word changes."""
    libraries: ClassVar[tuple[str, ...]]
    """Distributions whose version decides the output, for the key of the pass."""

    def phonemize(self, words: Sequence[str]) -> list[Pronunciation]:
        """The words of one line, in order -> one Pronunciation for each, as many as came in.

        A word that sounds like nothing (``-``, ``...``) is ``()`` from ``rule``. A word that is text and cannot
        be read (another script) is ``()`` from ``none``, for the caller to report: it is never left out, and never
        read in part.
        """
        ...


def language(code: str, **settings: Any) -> Language:
    """The member for a language code, built; ``settings`` are its fields. ``en-GB`` and ``EN`` are ``en``.

    Raises:
        SongError: there is no member for that language.
    """
    found = LANGUAGES.get(code.replace("_", "-").split("-")[0].strip().lower())
    if found is None:
        raise SongError(
            f"{code or 'no language'}: no grapheme-to-phoneme yet; there is one for {', '.join(LANGUAGES)}",
            "give phone labels (.lab or TextGrid with a phone tier) instead of words, or mend the song's language",
        )
    module, _, name = found.partition(":")
    return cast(Language, getattr(import_module(module), name)(**settings))

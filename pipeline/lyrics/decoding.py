"""The text of a lyric file: bytes -> (str, codec). Lines end in ``\\n``; a byte-order mark is gone.

UTF-8 and UTF-16 with a mark are taken at their word. Anything else is read as EUC-KR, Shift-JIS or Windows-1252 if
exactly one of the three makes of every byte above 127 a letter or quotation mark of its own script, and for
Windows-1252 if there are twice as many plain letters beside them (Cyrillic or Greek in an 8-bit code would pass as
accented letters, but has no others). What Windows-1250 writes differently from 1252 cannot be told apart; the codec
is handed back so that it can be reported. Where none or several fit, the file is refused.
"""

from __future__ import annotations

import codecs
import re

from pipeline.records import SongError

LIMIT = 20_000_000  # bytes; a long song with a label every 10 ms has 2 MB

_CJK_MARKS = "\u3000-\u303f\uff01-\uff5e‘’“”…―♪"
_SCRIPTS = {
    # only syllables: the letters of EUC-KR (ㄱ) are the bytes of hiragana in EUC-JP. And not cp949, whose extra
    # syllables are the bytes of kana in Shift-JIS
    "euc_kr": f"\uac00-\ud7a3{_CJK_MARKS}",
    "cp932": f"\u3041-\u30ff\u4e00-\u9fff{_CJK_MARKS}",  # without half-width kana, the bytes of EUC-KR
    "cp1252": "À-ÖØ-öø-ÿŒœŸ¡¿«»‘’“”…–—",
}


def decode(data: bytes, path: str) -> tuple[str, str]:
    """The text and the codec that gave it: ``utf-8-sig``, ``utf-16`` or one of the three old ones.

    Raises:
        SongError: too large, binary, or in an encoding that is not certain.
    """
    if len(data) > LIMIT:
        raise SongError(f"{path}: more than {LIMIT // 1_000_000} MB of lyrics", "check that it is a lyric file")
    if data.startswith(b"ooBinaryFile"):
        raise SongError(f"{path}: a binary TextGrid", "open it in Praat and choose Save as text file")
    codec = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        fitting = [] if codec == "utf-16" else [name for name in _SCRIPTS if _fits(data, name)]
        if len(fitting) != 1:
            kind = "UTF-16" if codec == "utf-16" else "UTF-8"
            raise SongError(
                f"{path}: byte {error.start} is 0x{data[error.start]:02x}, which is not {kind}", "save it as UTF-8"
            ) from None
        codec = fitting[0]
        text = data.decode(codec)
    if "\0" in text:
        raise SongError(f"{path}: a binary file; lyrics are text", "save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n"), codec


def _fits(data: bytes, codec: str) -> bool:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return False
    if not re.fullmatch(f"[\\x00-\\x7f{_SCRIPTS[codec]}]*", text):
        return False
    plain = sum(char.isascii() and char.isalpha() for char in text)
    return codec != "cp1252" or 2 * sum(not char.isascii() for char in text) <= plain

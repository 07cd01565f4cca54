"""ONE SONG, top to bottom: a Song -> PitchTrack -> SongTokens -> SongVector.

Each step is one function that takes what the step before it made, and the config. ``runs`` does the same for many
songs, with keys, shards and failures around it. Numbers that come from a whole corpus (a trained table) are arguments.

    song = Song("amazing grace", audio="grace.wav", lyrics="grace.TextGrid")
    track = extract.track(song)
    tokens = extract.tokenize(song, track)
    vector = extract.vectorize(tokens)
    vector["melody_mean"]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline import audio, embedding, g2p, grid, phones, pitch
from pipeline import lyrics as readers
from pipeline.config import Config
from pipeline.inventory import UNKNOWN, mark
from pipeline.phones import Laid
from pipeline.records import Floats, PitchTrack, Pronunciation, Segment, Song, SongError, SongTokens, SongVector

if TYPE_CHECKING:
    from pipeline.embedding import Stream, Table
    from pipeline.lyrics import Lyrics

_STREAMS: dict[str, Stream] = {"melody": "pitch", "lyrics": "phone"}  # the name of a vector -> the stream it pools
_SCRIPTS = {"ko": "\u1100-\u11ff\u3130-\u318f", "ja": "\u3040-\u30ff", "en": "a-zA-Z"}  # of NFD
_MARKS = {"rest", "breath", "unknown"}  # flags of segments that are no text
_CODES = {
    "english": "en",
    "eng": "en",
    "korean": "ko",
    "kor": "ko",
    "kr": "ko",
    "japanese": "ja",
    "jpn": "ja",
    "jp": "ja",
}
_MOSTLY_UNKNOWN = 0.4  # of the words or phones: what looks English by its letters is then another language


def track(song: Song, config: Config | None = None) -> PitchTrack:
    """The fundamental frequency of a song on the 20 ms clock, as the estimator says it.

    Raises:
        SongError: the recording is missing, damaged, empty or of a kind that is not read.
    """
    config = config or Config()
    heard = config.audio(song.recording, song.start, song.end)
    n_samples, rate = len(heard.samples), heard.rate
    wanted = config.f0.rate_for(rate)
    found = config.f0(audio.resample(heard.samples, rate, wanted), wanted, grid.n_frames(n_samples, rate))
    return replace(found, n_samples=n_samples, rate=rate, start=heard.start, repaired=heard.repaired, flags=heard.flags)


def tokenize(song: Song, track: PitchTrack, config: Config | None = None) -> SongTokens:
    """Both token streams of a song: its f0 quantised, its lyrics as a phone per frame.

    Raises:
        SongError: the lyrics cannot be read, or their language is not known or has no G2P (unless
            ``lyrics.on_error`` is ``drop``: then the song is flagged ``lyrics_dropped`` and has silence for phones).
    """
    config = config or Config()
    cleaned = config.cleaning(track)
    pitch_tokens, clipped = config.pitch.encode(cleaned.sung_hz)
    sung = cleaned.hz[cleaned.voiced]
    try:
        said = _said(song, track, config)
    except (SongError, OSError):
        if config.lyrics.on_error == "fail":
            raise
        said = _Said(flags=("lyrics_dropped",))
    phone_tokens, frameless = config.phones.tokens(said.laid.phones, len(track))
    unknown = said.laid.unknown or {}
    counts = {
        "clipped_frames": clipped,
        "repaired_samples": track.repaired,
        "unknown_words": said.unknown_words,
        "unread_words": said.unread_words,
        "unknown_phones": sum(unknown.values()),
        "phones_without_frame": frameless,
        "segments_past_end": said.past_end,
        "overlaps": said.overlaps,
    }
    flags = [*track.flags, *said.flags]
    flags += ["no_voice"] * (not sung.size) + ["no_lyrics"] * (not phone_tokens.any())
    flags += [name for name in ("unknown_phones", "unread_words", "clipped_frames") if counts[name]]
    return SongTokens(
        song_id=song.id,
        duration=track.duration,
        pitch_tokens=pitch_tokens,
        phone_tokens=phone_tokens,
        phones=said.laid.phones,
        words=said.laid.words,
        language=said.language,
        lyrics=said.lyrics,
        f0_median_hz=float(np.median(sung)) if sung.size else 0.0,
        counts=counts,
        unknown_labels=tuple(f"{label}={count}" for label, count in sorted(unknown.items())),
        flags=tuple(dict.fromkeys(flags)),
    )


def vectorize(
    tokens: SongTokens, config: Config | None = None, tables: Mapping[Stream, Table] | None = None
) -> SongVector:
    """The vectors of a song: the rows of its tokens, pooled. Without ``tables`` those of the config are made.

    A stream with nothing to pool (nobody sings, no lyrics) is zeros and has no weight in ``song``.

    Raises:
        ValueError: the config's tables are trained ones, which need many songs: pass ``tables`` of a run.
    """
    config = config or Config()
    tables = tables or make_tables(config)
    streams: dict[Stream, NDArray[np.integer]] = {"pitch": tokens.pitch_tokens, "phone": tokens.phone_tokens}
    pooled = {
        f"{part}_{kind}": pool(streams[stream], tables[stream])
        if streams[stream].any()
        else np.zeros(pool.size(tables[stream].dim), dtype=np.float32)
        for kind, pool in config.poolings.items()
        for part, stream in _STREAMS.items()
    }
    vectors = {f"{part}_{pool.kind}": pooled[f"{part}_{pool.kind}"] for pool in config.pooling for part in _STREAMS}
    vectors["song"] = _joint(
        [pooled[f"{part}_{config.song.pooling}"] for part in _STREAMS], [config.song.melody, config.song.lyrics]
    )
    histogram = np.bincount(tokens.pitch_tokens, minlength=pitch.N_TOKENS) / max(1, tokens.n_frames)
    return SongVector(
        song_id=tokens.song_id,
        vectors=vectors,
        pitch_histogram=histogram.astype(np.float32),
        voiced=float(np.count_nonzero(tokens.pitch_tokens) / max(1, tokens.n_frames)),
        f0_median_hz=tokens.f0_median_hz,
        n_frames=tokens.n_frames,
        flags=tokens.flags,
    )


def make_tables(config: Config) -> dict[Stream, Table]:
    """The tables of a config that need no corpus.

    Raises:
        ValueError: one of them is learnt from songs.
    """
    words = vocabularies(config)
    return {
        "pitch": embedding.make(config.embedding.pitch, "pitch", words["pitch"]),
        "phone": embedding.make(config.embedding.phone, "phone", words["phone"]),
    }


def vocabularies(config: Config) -> dict[Stream, tuple[str, ...]]:
    """The names of the tokens of both streams, in the order of their ids."""
    return {"pitch": pitch.names(config.pitch), "phone": config.phones.inventory.names}


def columns(config: Config, dims: Mapping[Stream, int]) -> dict[str, int]:
    """The names of the vectors that a config asks for, and their lengths for tables of these dimensions.

    A stream without a table (no song could be done) counts as 1.
    """
    pooled = {
        f"{part}_{pool.kind}": pool.size(dims.get(stream, 1))
        for pool in config.pooling
        for part, stream in _STREAMS.items()
    }
    joint = config.poolings[config.song.pooling]
    return {**pooled, "song": sum(joint.size(dims.get(stream, 1)) for stream in _STREAMS.values())}


def _joint(streams: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Each stream at length 1 times the root of its weight, side by side, at length 1 again; zeros if all are."""
    lengths = [float(np.linalg.norm(stream.astype(np.float64))) for stream in streams]
    present = sum(weight for weight, length in zip(weights, lengths, strict=True) if length > 0)
    parts = [
        stream * (sqrt(weight / present) / length) if length > 0 and present > 0 else np.zeros_like(stream)
        for stream, weight, length in zip(streams, weights, lengths, strict=True)
    ]
    return np.concatenate(parts).astype(np.float32)


@dataclass(frozen=True)
class _Said:
    """What the lyrics of a song came to."""

    laid: Laid = field(default_factory=Laid)
    lyrics: str = ""
    language: str = ""
    unknown_words: int = 0
    unread_words: int = 0
    past_end: int = 0
    overlaps: int = 0
    flags: tuple[str, ...] = ()


def _said(song: Song, track: PitchTrack, config: Config) -> _Said:
    if not song.lyrics:
        return _Said()
    candidates = _readable(song, config)
    file = readers.choose(candidates, config.lyrics.prefer)
    segments, past_end = phones.cut(file.segments, track.start, track.duration)
    sounding = [segment for segment in segments if "rest" not in segment.flags]
    flags = [*file.flags]
    flags += ["lyrics_dropped"] * (len(candidates) < len(song.lyrics)) + ["lyrics_past_end"] * (past_end > 0)
    said = _Said(lyrics=file.path, past_end=past_end, overlaps=file.counts["overlaps"], flags=tuple(flags))
    if not sounding:
        return said
    language, guessed = _language(song, file, config)
    words = [segment for segment in sounding if segment.level != "phone"]
    ignored = file.level == "phone" and _ignored(file, language, guessed, config)
    if file.level == "phone" and not ignored:
        laid = config.phones.labelled([segment for segment in sounding if segment.level == "phone"], language)
        flags += ["guessed_language"] * guessed
        return replace(said, laid=replace(laid, words=phones.words(words)), language=language, flags=tuple(flags))
    spoken = _spoken(words, language)
    sources = [
        pronunciation.source
        for segment, line in zip(words, spoken, strict=True)
        for pronunciation in line
        if _MARKS.isdisjoint(segment.flags)
    ]
    unknown_words = sources.count("network") + sources.count("none")
    if guessed and unknown_words > _MOSTLY_UNKNOWN * len(sources):
        raise SongError(
            f"{file.path}: {unknown_words} of {len(sources)} words are in no {language} dictionary, and nothing says "
            f"that the song is in {language!r}",
            "give its language in the manifest, or -s language=... for the whole run",
        )
    flags += ["guessed_times"] * any(segment.level == "line" for segment in words)
    flags += ["guessed_language"] * guessed + ["phones_ignored"] * ignored
    return replace(
        said,
        laid=config.phones.sung(words, spoken, language),
        language=language,
        unknown_words=unknown_words + sum("unknown" in segment.flags for segment in words),
        unread_words=sources.count("none"),
        flags=tuple(flags),
    )


def _readable(song: Song, config: Config) -> list[Lyrics]:
    """The lyric files of a song that can be read, where ``lyrics.on_error`` is ``drop``; else all of them.

    Raises:
        SongError, OSError: what is wrong with the first one that cannot, unless it may be dropped and one is left.
    """
    files: list[Lyrics] = []
    wrong: list[SongError | OSError] = []
    for path in song.lyrics:
        try:
            files.append(readers.read(path))
        except (SongError, OSError) as error:
            wrong.append(error)
    if wrong and (config.lyrics.on_error == "fail" or not files):
        raise wrong[0]
    return files


def _spoken(segments: Sequence[Segment], language: str) -> list[list[Pronunciation]]:
    """The pronunciations of each segment's words; the words of a song with word times are one line to the G2P.

    A mark (a breath, a word unknown to the aligner) is a phone of its own, which the G2P does not see.
    """
    texts = [segment.text.split() if _MARKS.isdisjoint(segment.flags) else [] for segment in segments]
    if all(segment.level == "line" for segment in segments):
        lines = [_member(language).phonemize(text) if text else [] for text in texts]
    else:
        words = [word for text in texts for word in text]
        flat = iter(_member(language).phonemize(words) if words else [])
        lines = [[next(flat) for _ in text] for text in texts]
    return [
        line if _MARKS.isdisjoint(segment.flags) else [Pronunciation((segment.text,), "rule")]
        for segment, line in zip(segments, lines, strict=True)
    ]


@cache  # a member holds its dictionary: one a process
def _member(language: str) -> g2p.Language:
    return g2p.language(language)


def _language(song: Song, file: Lyrics, config: Config) -> tuple[str, bool]:
    """The language of a song's lyrics, and whether it is a guess from the letters; "" where they are marks alone.

    The manifest's word, else the config's, else the one inventory that holds all phone labels of the file, else the
    script that most letters of its text are in.
    """
    inventory = config.phones.inventory
    if given := song.language or config.language:
        return _code(given, (*inventory.languages, *g2p.LANGUAGES)), False
    labels, text = _labels(file), _text(file)
    if not labels and not text:
        return "", False
    candidates = inventory.languages_of(labels) if labels else ()
    if len(candidates) == 1:
        return candidates[0], False
    letters = unicodedata.normalize("NFD", text)  # a Hangul syllable is two or three letters, as it is in Latin
    counts = {language: len(re.findall(f"[{script}]", letters)) for language, script in _SCRIPTS.items()}
    language = max(counts, key=counts.__getitem__)
    if counts[language]:
        return language, True
    if candidates:
        why = f"its labels are those of {' and of '.join(candidates)}"
    elif labels:
        why = f"no inventory holds all of its labels ({_some([x for x in labels if not inventory.languages_of([x])])})"
    else:
        why = "its text is in a script that does not tell"
    raise SongError(
        f"{file.path}: which language? {why}",
        "give it in the manifest's column `language`, or -s language=ja for the whole run; "
        "labels that are missing are added with phones.extra",
    )


def _code(given: str, known: Collection[str]) -> str:
    """The code of a language, which may be written ``en``, ``eng``, ``English`` or ``en-GB``.

    Raises:
        SongError: it is none of ``known``.
    """
    said = given.strip().lower()
    first = re.split("[-_]", said)[0]
    code = _CODES.get(first, first)
    if code in known:
        return code
    start = re.split("[^a-z]", said)[0][:3]  # jap, Japanese (JP); three letters: por is not near to kor
    names = {**_CODES, **{code: code for code in known}}
    meant = " or ".join(sorted({code for name, code in names.items() if start and name.startswith(start)}))
    raise SongError(
        f"language {given!r} is not known" + (f"; did you mean {meant}?" if meant else ""),
        f"give one of {', '.join(sorted(set(known)))} in the manifest's column `language`, or -s language=ja for the "
        "whole run; the phones of others are added with phones.extra",
    )


def _ignored(file: Lyrics, language: str, guessed: bool, config: Config) -> bool:
    """Whether the text of a file is used and its phone labels, MFA's IPA say, are not: no inventory holds them.

    Where the language was given, all of the labels must be unknown for that.

    Raises:
        SongError: it would be so, and the language has no G2P.
    """
    labels = _labels(file)
    unknown = [label for label in labels if config.phones.inventory.find(label, language)[0] == UNKNOWN]
    if not _text(file) or len(unknown) < (_MOSTLY_UNKNOWN if guessed else 1) * len(labels):
        return False
    if unknown and language not in g2p.LANGUAGES:
        raise SongError(
            f"{file.path}: {len(unknown)} of its {len(labels)} phone labels are not those of {language} "
            f"({_some(unknown)}), and its words have no grapheme-to-phoneme",
            "write the labels as the inventory does, or add them with phones.extra",
        )
    return True


def _labels(file: Lyrics) -> list[str]:
    """The phone labels of a file, without the marks that all languages share."""
    return [segment.text for segment in file.of("phone") if not mark(segment.text)]


def _text(file: Lyrics) -> str:
    """The letters of a file's words or lines."""
    return "".join(
        segment.text for segment in file.segments if segment.level != "phone" and _MARKS.isdisjoint(segment.flags)
    )


def _some(labels: Sequence[str]) -> str:
    odd = sorted(set(labels))
    return ", ".join(odd[:8]) + (", ..." if len(odd) > 8 else "")

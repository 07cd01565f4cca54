"""Songs -> what a run would stumble over, found without computing f0: what ``fails``, and what is merely ``odd``.

Of every recording the header is read and not the sound, and its lyrics go through ``extract.tokenize`` itself, with a
track of the right length in which nobody sings: what is said here of lyrics is what a run does. What shows only in the
sound is not found: damage after the header, silence, f0 that no estimator finds.
"""

from __future__ import annotations

import builtins
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline import audio, extract, grid, manifest
from pipeline import lyrics as readers
from pipeline.config import Config
from pipeline.execute import Lost
from pipeline.execute.processes import Processes
from pipeline.execute.serial import Serial
from pipeline.f0.file import File
from pipeline.inventory import mark
from pipeline.lyrics.decoding import decode
from pipeline.manifest import Manifest
from pipeline.records import Failure, PitchTrack, Song, SongError, SongTokens

if TYPE_CHECKING:
    from rich.console import Group

    from pipeline.execute import Executor
    from pipeline.runs import Progress

State = Literal["fails", "odd"]

# Every kind of finding, in the order in which they are shown; the names stay what they are.
KINDS: dict[str, str] = {
    "duplicate_id": "several songs have one id",
    "bad_row": "a row of the manifest, or a file's name, that is no song",
    "unreadable_folder": "a folder that cannot be listed",
    "missing_audio": "the recording is not there",
    "unreadable_audio": "the recording cannot be read",
    "bad_piece": "the piece does not lie within its recording",
    "f0_file": "the file with its f0 is missing or cannot be used",
    "missing_lyrics": "a lyric file that is named is not there",
    "lyrics_encoding": "a lyric file that is no text, or in an encoding that is not certain",
    "unreadable_lyrics": "a lyric file that cannot be read",
    "language": "the language is not known, or its words cannot be spoken",
    "fault": "songvec or a library failed at it",
    "same_audio": "the same audio as another song",
    "piece_past_end": "the piece ends after its recording",
    "no_lyrics": "there are no lyrics",
    "orphan_lyrics": "a lyric file without a recording",
    "several_lyrics": "one of several lyric files is used",
    "tied_lyrics": "only lyrics.prefer decides which lyric file is used",
    "nothing_sung": "the lyrics hold nothing that is sung within the audio",
    "old_encoding": "lyrics that are not UTF-8",
    "past_end": "lyrics after the end of the audio",
    "end_early": "lyrics that end before half of the audio",
    "long_gap": "a long time without a word",
    "overlaps": "lyrics that overlap",
    "zero_length": "words or phones without a length",
    "unknown_labels": "phone labels that are not in the inventory",
    "phones_ignored": "phone labels that are of no use; the words are read instead",
    "unknown_words": "words that are in no dictionary",
    "unread_words": "words that cannot be read, and are left out",
    "guessed_language": "the language is a guess from the letters",
    "guessed_times": "word times that are guessed within lines",
}

_GAP = 30.0  # seconds without a word: longer than most interludes
_EARLY = 10.0  # seconds that must be left after the last word to be worth a line
_FEW = 8  # words or labels in a message
_EXAMPLES = 3  # findings of a kind in a table, unless all are wanted
_PUNCTUATION = '.,;:!?()[]"“”„«»…、。'  # around a word that is counted
_SAMPLED = 1 << 16  # bytes at the beginning, middle and end that tell most recordings of one size apart
_SONGS_PER_WORKER = 200  # with fewer, starting another process takes longer than it saves
_TEXTUAL = (
    *(".txt", ".srt", ".vtt", ".ass", ".json", ".xml", ".musicxml", ".mxl", ".mid", ".midi"),
    *(".ust", ".ustx", ".vsqx", ".eaf", ".csv", ".tsv", ".ttml", ".krc", ".kar", ".docx"),
)
_SUFFIXES = {*audio.SUFFIXES, *audio.UNREADABLE, *readers.suffixes(), ".en", ".ja", ".jp", ".ko"}  # song.wav.en.lab
# What people and programs add to a name; a bare number is not among them, since `take 1` is not `take 2`.
_ADDED = re.compile(r"\(\d+\)|\b(copy|kopie|lyrics?|align(ed|ment)?|labels?|phone(me)?s?|words?|vocals?|vox)\b")


@dataclass(frozen=True)
class Finding:
    """What was found about a song, or about a file that belongs to none (``song_id`` is then empty).

    ``path`` is the file to look at. ``fails``: the run will leave the song out; the message is the one that it would
    give. ``odd``: it will be done, and perhaps not as meant. ``what`` is one of ``KINDS``.
    """

    song_id: str
    path: str
    state: State
    what: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Examined:
    """What was found: ``failing`` of the ``given`` songs will fail; ``findings`` are sorted as they are shown.

    The rest is about the songs that will not: ``seconds`` of audio; how many songs are in each language ("" without
    lyrics) and have lyrics of each format (by the suffix of the file that is used); unknown words and labels with how
    often they stand in all songs, the commonest first.
    """

    given: int
    failing: int
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    languages: Mapping[str, int] = field(default_factory=dict)
    formats: Mapping[str, int] = field(default_factory=dict)
    unknown_words: Mapping[str, int] = field(default_factory=dict)
    unknown_labels: Mapping[str, int] = field(default_factory=dict)


def examine(
    songs: str | Path | Manifest,
    config: Config | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Examined:
    """What a run of ``songs`` with ``config`` would stumble over, milliseconds a song.

    Lyric files without a recording are looked for in the whole of a folder; with a manifest, only those beside its
    recordings that nearly match one without lyrics. ``workers``: processes, by default one for every 200 songs.

    Raises:
        ManifestError: there are no songs to be listed.
    """
    config = config or Config()
    given = songs if isinstance(songs, Manifest) else manifest.read(songs)
    folder = None if isinstance(songs, Manifest) or not os.path.isdir(songs) else Path(songs)
    findings = list(_refused(given.refused))
    seen: dict[str, _Seen] = {}
    workers = workers or min(_cores(), len(given.songs) // _SONGS_PER_WORKER)
    executor: Executor = Processes(workers) if workers > 1 else Serial()
    try:
        for number, (song, found) in enumerate(executor(_Look(config), given.songs), 1):
            if isinstance(found, Lost):
                found = _Seen((_lost(song, found),))
            seen[song.id] = found
            if progress:
                progress("validate", number, len(given.songs), song.id)
    finally:
        executor.close()
    findings += [finding for one in seen.values() for finding in one.findings]
    findings += _same_audio(given.songs, seen)
    findings += _unpaired(given.songs, seen, folder)
    order = {what: number for number, what in enumerate(KINDS)}
    findings.sort(key=lambda one: (one.state != "fails", order[one.what], one.song_id, one.path, one.message))
    failing = {song_id for song_id, one in seen.items() if any(finding.state == "fails" for finding in one.findings)}
    done = [one for song_id, one in sorted(seen.items()) if song_id not in failing]
    return Examined(
        len(given),
        len(failing) + len(given.refused),
        tuple(findings),
        sum(one.seconds for one in done),
        _counted(one.language for one in done),
        _counted(os.path.splitext(one.lyrics)[1].lower().removeprefix(".") for one in done if one.lyrics),
        _summed(one.unknown_words for one in done),
        _summed(one.unknown_labels for one in done),
    )


def as_json(examined: Examined) -> dict[str, Any]:
    """Plain data for other programs: the fields of ``Examined``, with ``odd`` (songs with something odd that will not
    fail) and ``kinds`` (how many findings of each kind). Each of ``findings`` has the fields of ``Finding``."""
    kinds = _counted(finding.what for finding in examined.findings)
    failing = {finding.song_id for finding in examined.findings if finding.state == "fails"}
    return {
        "given": examined.given,
        "failing": examined.failing,
        "odd": len({finding.song_id for finding in examined.findings} - failing - {""}),
        "seconds": round(examined.seconds, 3),
        "languages": dict(examined.languages),
        "formats": dict(examined.formats),
        "unknown_words": dict(examined.unknown_words),
        "unknown_labels": dict(examined.unknown_labels),
        "kinds": {what: kinds[what] for what in KINDS if what in kinds},
        "findings": [asdict(finding) for finding in examined.findings],
    }


def table(examined: Examined, whole: bool = False) -> Group:
    """The findings for a terminal, kind by kind, what fails first; a few of each, or the ``whole`` of them."""
    from rich.console import Group
    from rich.text import Text

    seconds = examined.seconds
    length = f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
    how = f"{examined.failing} will fail, {as_json(examined)['odd']} of the others are odd"
    lines = [
        Text.assemble(
            (_n(examined.given, "song"), "bold"),
            f": {how if examined.findings else 'nothing is wrong'}; {length} of audio",
        )
    ]
    listed = [f"{count} {code or 'no language'}" for code, count in examined.languages.items()]
    listed += [f"{count} .{suffix}" for suffix, count in examined.formats.items()]
    lines.append(Text(f"  {', '.join(listed)}" if listed else "", style="dim"))
    common = {"unknown_words": examined.unknown_words, "unknown_labels": examined.unknown_labels}
    for (state, what), found in _grouped(examined.findings).items():
        style = "bold red" if state == "fails" else "bold yellow"
        lines += [Text(), Text.assemble((state, style), f"  {len(found)} × {what}: ", (KINDS[what], "bold"))]
        if common.get(what):
            lines.append(Text(f"  commonest: {_some(common[what])}"))
        unlike = list({finding.message: finding for finding in found}.values())  # both of a doubled id say the same
        shown = unlike if whole else unlike[:_EXAMPLES]
        for number, finding in enumerate(shown):
            begins = "" if finding.song_id in finding.message else f"{finding.song_id}: "
            lines.append(Text(f"  {begins}{finding.message}"))
            last = number + 1 == len(shown) or shown[number + 1].remedy != finding.remedy
            if finding.remedy and last:
                lines.append(Text(f"    -> {finding.remedy}", style="dim"))
        if len(shown) < len(unlike):
            lines.append(Text(f"  ... and {len(unlike) - len(shown)} more (--all)", style="dim"))
    return Group(*lines)


@dataclass(frozen=True)
class _Seen:
    """One song looked at. ``piece`` is where it lies in its recording: start in seconds, samples."""

    findings: tuple[Finding, ...] = ()
    piece: tuple[float, int] | None = None
    seconds: float = 0.0
    language: str = ""
    lyrics: str = ""
    unknown_words: Mapping[str, int] = field(default_factory=dict)
    unknown_labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Look:
    """Looks at one song, in whatever process."""

    config: Config

    def __call__(self, song: Song) -> _Seen:
        try:
            track, wrong = self._track(song)
            if track is None:
                return _Seen((*wrong, *_unreadable(song, self._on_error)))
            return self._said(song, track, wrong)
        except Exception as error:  # as a run does with a fault of ours
            return _Seen((_wrong(song, error, "fault", song.recording),))

    def _track(self, song: Song) -> tuple[PitchTrack | None, list[Finding]]:
        """What ``extract.track`` would give, without a voice if that takes more than reading a file; or why not."""
        path = song.recording
        try:
            with open(path, "rb"):  # as a run does first of all, for its hash
                pass
            n_samples, rate, flags = _extent(self.config.audio, path, song.start, song.end)
        except (SongError, OSError) as error:
            return None, [_wrong(song, error, self._kind(path), path)]
        start, n_frames = song.start or 0.0, grid.n_frames(n_samples, rate)
        if isinstance(self.config.f0, File):
            try:
                f0 = path = self.config.f0.path_of(song.recording, song.f0)
                track = self.config.f0(f0, n_frames, start, n_samples / rate, song.end is not None)
            except (SongError, OSError) as error:
                return None, [_wrong(song, error, "f0_file", path)]
        else:
            none = np.zeros(n_frames, dtype=np.float32)
            track = PitchTrack(none, none, np.zeros(n_frames, dtype=np.bool_))
        odd = []
        if "end_past_audio" in flags:
            message = f"{path}: the piece ends at {song.end} s, the recording at {start + n_samples / rate:.2f} s"
            odd.append(Finding(song.id, path, "odd", "piece_past_end", message, "mend end in the manifest"))
        return replace(track, n_samples=n_samples, rate=rate, start=start, flags=flags), odd

    def _kind(self, path: str) -> str:
        """Why a recording that cannot be read cannot be read."""
        if not os.path.exists(path):
            return "missing_audio"
        try:
            _extent(self.config.audio, path, None, None)
        except (SongError, OSError):
            return "unreadable_audio"
        return "bad_piece"

    def _said(self, song: Song, track: PitchTrack, found: list[Finding]) -> _Seen:
        piece = (track.start, track.n_samples)
        try:
            tokens = extract.tokenize(song, track, self.config)
        except (SongError, OSError) as error:
            wrong = _unreadable(song, "fails") or [self._unspoken(song, error, "fails")]
            return _Seen((*found, *wrong), piece)
        if "lyrics_dropped" in tokens.flags:
            found += _unreadable(song, "odd") or self._dropped(song, track)
        seen = _Seen((), piece, tokens.duration, tokens.language, tokens.lyrics)
        if tokens.lyrics:
            words, unread = _strange_words(tokens)
            labels = Counter({label: int(n) for label, _, n in (x.rpartition("=") for x in tokens.unknown_labels)})
            seen = replace(seen, unknown_words=words + unread, unknown_labels=labels)
            found += _oddities(song, track, tokens, words, unread, labels)
        return replace(seen, findings=tuple(found))

    def _dropped(self, song: Song, track: PitchTrack) -> list[Finding]:
        """Why all lyric files can be read, and the lyrics are dropped all the same."""
        strict = replace(self.config, lyrics=replace(self.config.lyrics, on_error="fail"))
        try:
            extract.tokenize(song, track, strict)
        except (SongError, OSError) as error:
            return [self._unspoken(song, error, "odd")]
        return []

    def _unspoken(self, song: Song, error: Exception, state: State) -> Finding:
        """A lyric file that can be read, but not in any language."""
        used = readers.choose([readers.read(path) for path in song.lyrics], self.config.lyrics.prefer)
        return _wrong(song, error, "language", used.path, state)

    @property
    def _on_error(self) -> State:
        return "fails" if self.config.lyrics.on_error == "fail" else "odd"


def _extent(read: audio.Read, path: str, start: float | None, end: float | None) -> tuple[int, int, tuple[str, ...]]:
    """What ``read`` would give of a recording, by its header: samples, rate and flags.

    Raises:
        SongError: what ``read`` would raise before it decodes anything.
    """
    with audio._opened(path) as file:
        audio._check(path, file)
        first, last = grid.sample_span(start, end, file.frames, file.samplerate)
        if first >= min(last, file.frames) or (read.channel is not None and not 0 <= read.channel < file.channels):
            read(path, start, end)  # which says why not, and decodes nothing
        flags = () if last <= file.frames + file.samplerate // grid.FRAMES_PER_SECOND else ("end_past_audio",)
        return min(last, file.frames) - first, file.samplerate, flags


def _unreadable(song: Song, state: State) -> list[Finding]:
    """All lyric files of a song that cannot be read; a run stops at the first."""
    found: list[Finding] = []
    for path in song.lyrics:
        try:
            readers.read(path)
        except FileNotFoundError as error:
            found.append(_wrong(song, error, "missing_lyrics", path, state))
        except (SongError, OSError) as error:
            found.append(_wrong(song, error, _lyrics_kind(path), path, state))
    return found


def _lyrics_kind(path: str) -> str:
    try:
        decode(Path(path).read_bytes(), path)
    except SongError:
        return "lyrics_encoding"
    except OSError:
        pass
    return "unreadable_lyrics"


def _wrong(song: Song, error: Exception, what: str, path: str, state: State = "fails") -> Finding:
    said = Failure.of(song.id, path, "", error)
    return Finding(song.id, path, state, what, said.message, said.remedy)


def _lost(song: Song, how: Lost) -> Finding:
    remedy = "try it alone, or with fewer workers if memory ran short"
    return Finding(song.id, song.recording, "fails", "fault", f"{song.recording}: {how}", remedy)


def _oddities(
    song: Song,
    track: PitchTrack,
    tokens: SongTokens,
    words: Counter[str],
    unread: Counter[str],
    labels: Counter[str],
) -> Iterator[Finding]:
    """What is odd about lyrics that can be used."""
    path = tokens.lyrics

    def odd(what: str, message: str, remedy: str) -> Finding:
        return Finding(song.id, path, "odd", what, f"{path}: {message}", remedy)

    flags, counts = tokens.flags, tokens.counts
    phones = [phone for phone in tokens.phones if not mark(phone.phone)]
    if len(song.lyrics) > 1:
        yield from _several(song, path)
    for flag in flags:
        if flag.startswith("read_as_"):
            codec = flag.removeprefix("read_as_")
            yield odd("old_encoding", f"not UTF-8; read as {codec}", "save it as UTF-8 if the text comes out wrong")
    if not phones:
        yield odd("nothing_sung", f"nothing is sung within {_time(tokens.duration)} of audio", "is it of another song?")
    if past := counts["segments_past_end"]:
        ends = [part.end if part.end < float("inf") else part.start for part in readers.read(path).segments]
        over = max(ends) - track.start - track.duration
        yield odd(
            "past_end",
            f"{_n(past, 'label')} after the end of the audio, by up to {over:.2f} s; that is cut off",
            "is it the label file of this recording, and the recording whole?",
        )
    elif phones:
        last = max(phone.end for phone in phones)
        if last < tokens.duration / 2 and tokens.duration - last > _EARLY:
            yield odd(
                "end_early",
                f"the last word ends at {_time(last)}, the audio at {_time(tokens.duration)}",
                "is it the label file of this recording, and whole?",
            )
    if gaps := _gaps([(phone.start, phone.end) for phone in phones]):
        start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        yield odd(
            "long_gap",
            f"nobody sings for {end - start:.0f} s from {_time(start)} on"
            + (f"; over {_GAP:.0f} s in {_n(len(gaps) - 1, 'other gap')}" if len(gaps) > 1 else ""),
            "fine if it is an interlude; else lines are missing",
        )
    if counts["overlaps"]:
        yield odd(
            "overlaps", f"{_n(counts['overlaps'], 'label')} before the end of the one above", "the later one is heard"
        )
    timed = [word for word in tokens.words if not word.guessed] or (() if tokens.words else phones)
    if empty := sum(part.start == part.end for part in timed):
        yield odd(
            "zero_length",
            f"{empty} of {_n(len(timed), 'label')} without a length, which sound in no frame",
            "mend their times",
        )
    if labels:
        yield odd(
            "unknown_labels",
            f"{_n(labels.total(), 'phone')} not in the inventory of {tokens.language}: {_some(labels)}",
            "write them as the inventory does, or add them with phones.extra",
        )
    if "phones_ignored" in flags:
        yield odd(
            "phones_ignored",
            f"its phone labels are not those of {tokens.language}; its words are used",
            "add the labels with phones.extra to use them",
        )
    if words:
        yield odd(
            "unknown_words",
            f"{_n(words.total(), 'word')} in no {tokens.language} dictionary: {_some(words)}",
            "how they sound is guessed; mend the misspelt ones",
        )
    if unread:
        yield odd(
            "unread_words",
            f"{_n(unread.total(), 'word')} that cannot be read as {tokens.language}: {_some(unread)}",
            "they are silent; write them in the letters of the language, or mend the language",
        )
    if "guessed_language" in flags:
        yield odd(
            "guessed_language",
            f"taken for {tokens.language!r} by its letters",
            "give it in the manifest's column `language`, or -s language=... for the whole run",
        )
    if "guessed_times" in flags:
        yield odd(
            "guessed_times",
            "it times lines; where words are within them is guessed",
            "an aligner (MFA, say) finds the words",
        )


def _several(song: Song, used: str) -> Iterator[Finding]:
    """Which of several lyric files is used, and whether it is the best or merely the preferred one."""
    files = []
    for path in song.lyrics:
        try:
            files.append(readers.read(path))
        except (SongError, OSError):  # dropped, which is said elsewhere
            continue
    levels = {file.path: file.level for file in files}
    others = [path for path in levels if path != used]
    tied = [path for path in others if levels[path] == levels[used]]
    if tied:
        message = f"{used}: used, and not {', '.join(tied)}, which times {levels[used]}s too"
        remedy = "say which kind you want with -s lyrics.prefer=[...], or take one of them away"
        yield Finding(song.id, used, "odd", "tied_lyrics", message, remedy)
    elif others:
        listed = ", ".join(f"{path} ({levels[path]}s)" for path in others)
        message = f"{used}: used for its {levels[used]}s, and not {listed}"
        yield Finding(song.id, used, "odd", "several_lyrics", message, "fine if it is the one you mean")


def _strange_words(tokens: SongTokens) -> tuple[Counter[str], Counter[str]]:
    """The words that are in no dictionary: those whose sound was guessed, and those that were not read at all."""
    guessed: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    if tokens.counts["unknown_words"]:
        said = Counter(word.text for word in tokens.words)
        known = [text for text in said if not mark(text)]
        guessed.update({text: count for text, count in said.items() if mark(text) == "unk"})
        member = extract._member(tokens.language)  # which remembers what it guessed
        for text, pronunciation in zip(known, member.phonemize(known), strict=True):
            if pronunciation.source == "network":
                guessed[text.strip(_PUNCTUATION)] += said[text]
            elif pronunciation.source == "none":
                unread[text.strip(_PUNCTUATION) or text] += said[text]
    return guessed, unread


def _gaps(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where nobody sings for long before the last word."""
    gaps: list[tuple[float, float]] = []
    ended = 0.0
    for start, end in sorted(spans):
        if start - ended > _GAP:
            gaps.append((ended, start))
        ended = max(ended, end)
    return gaps


def _refused(failures: Sequence[Failure]) -> Iterator[Finding]:
    """What the manifest made of rows and folders that are no songs."""
    same = Counter((failure.song_id, failure.message) for failure in failures)
    for failure in failures:
        error = getattr(builtins, failure.error, None)
        if same[failure.song_id, failure.message] > 1:
            what = "duplicate_id"
        elif isinstance(error, type) and issubclass(error, OSError):
            what = "unreadable_folder"
        else:
            what = "bad_row"
        yield Finding(failure.song_id, failure.audio, "fails", what, failure.message, failure.remedy)


def _same_audio(songs: Sequence[Song], seen: Mapping[str, _Seen]) -> Iterator[Finding]:
    """Songs with the audio of another one: one file, or files with the same bytes, and the same piece of them.

    Only recordings of one size are opened, and only those that are alike in three places are read to their end.
    """
    alike: dict[Any, list[Song]] = defaultdict(list)
    identity: dict[str, tuple[int, int]] = {}  # by song: the same for every link to a file
    for song in songs:
        piece = seen[song.id].piece
        if piece is None:
            continue
        try:
            status = os.stat(song.recording)
        except OSError:
            continue
        identity[song.id] = (status.st_dev, status.st_ino)
        alike[status.st_size, piece].append(song)
    for digest in (_sampled, _whole):
        finer: dict[Any, list[Song]] = defaultdict(list)
        for key, group in alike.items():
            files = {identity[song.id]: song.recording for song in group}
            found = {file: digest(path) if len(files) > 1 else "" for file, path in files.items()}
            for song in group:
                finer[key, found[identity[song.id]]].append(song)
        alike = {key: group for key, group in finer.items() if len(group) > 1}
    for group in alike.values():
        first, *others = sorted(group, key=lambda song: song.id)
        for song in others:
            message = f"{song.recording}: the same audio as {first.id} ({first.recording})"
            remedy = "take one of them away, unless it is meant to count twice"
            yield Finding(song.id, song.recording, "odd", "same_audio", message, remedy)


def _sampled(path: str) -> str:
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            parts = []
            for at in (0, size // 2, max(0, size - _SAMPLED)):
                file.seek(at)
                parts.append(file.read(_SAMPLED))
    except OSError:
        return path  # like no other
    return sha256(b"".join(parts)).hexdigest()


def _whole(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return path


def _unpaired(songs: Sequence[Song], seen: Mapping[str, _Seen], folder: Path | None) -> Iterator[Finding]:
    """Recordings without lyrics, and lyric files without a recording; with what each of them may belong to."""
    bare = [song for song in songs if not song.lyrics and seen[song.id].piece]
    near: dict[str, list[Song]] = defaultdict(list)  # by what is left of their names, those without lyrics first
    for song in [*bare, *(song for song in songs if song.lyrics)]:
        near[_bare_name(_stem(song.audio))].append(song)
    if folder is not None:
        listed = dict(manifest._walk(folder, lambda error: None))
    else:
        folders = {os.path.dirname(song.audio) for song in bare}
        listed = {name: sorted(os.listdir(name or ".")) for name in folders if os.path.isdir(name or ".")}
    hints: dict[str, str] = {}  # by the id of a song without lyrics
    for path in _orphans(songs, listed):
        name = path.encode(errors="backslashreplace").decode()
        song = _nearest(path, near)
        message, remedy = f"{name}: no recording has this name", "put its recording beside it, under the same name"
        if song and song.lyrics:
            remedy = f"{song.audio} has other lyrics; take away what is not to be used"
        elif song:
            hints.setdefault(song.id, f"; is it {name}?")
            meant = os.path.splitext(song.audio)[0] + os.path.splitext(name)[1]
            remedy = f"if it is that of {song.audio}, rename it to {meant}"
        if song or folder is not None:
            yield Finding("", name, "odd", "orphan_lyrics", message, remedy)
    beside = {(name, _stem(file)): file for name, files in listed.items() for file in files if _is_textual(file)}
    usual = ", ".join(readers.suffixes())
    for song in bare:
        name, stem = os.path.dirname(song.audio), _stem(song.audio)
        unread = f"; {beside[name, stem]} is none that is read" if (name, stem) in beside else ""
        message = f"{song.audio}: no lyrics{hints.get(song.id, unread)}"
        remedy = f"put them beside it under the same name ({usual}); fine if nobody sings words"
        yield Finding(song.id, song.audio, "odd", "no_lyrics", message, remedy)


def _orphans(songs: Sequence[Song], listed: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The lyric files of some folders that are not used, and have no recording of their name beside them."""
    used = {path for song in songs for path in song.lyrics}
    recordings = (*audio.SUFFIXES, *audio.UNREADABLE)
    for name, files in listed.items():
        stems = {_stem(file) for file in files if file.lower().endswith(recordings)}
        for file in files:
            path = os.path.join(name, file)
            if _stem(file) not in stems and path not in used and not file.startswith(".") and readers.is_lyrics(path):
                yield path


def _nearest(path: str, near: Mapping[str, Sequence[Song]]) -> Song | None:
    """The song whose recording is nearly called like a lyric file: the one in its folder, else the only one."""
    key = _bare_name(_stem(path))
    found = near.get(key, ()) if key else ()
    here = [song for song in found if os.path.dirname(song.audio) == os.path.dirname(path)]
    elsewhere = [song for song in found if not song.lyrics]
    if here:
        return here[0]
    return elsewhere[0] if len(elsewhere) == 1 else None


def _stem(path: str) -> str:
    return unicodedata.normalize("NFC", os.path.splitext(os.path.basename(path))[0])


def _bare_name(stem: str) -> str:
    """What is left of a name without case, width, punctuation, suffixes, and what programs add to it.

    >>> _bare_name("My Song (1)"), _bare_name("my_song.wav"), _bare_name("My-Song_lyrics.en"), _bare_name("song 2")
    ('mysong', 'mysong', 'mysong', 'song2')
    """
    name = unicodedata.normalize("NFKC", stem).casefold()
    while (parts := os.path.splitext(name))[1] in _SUFFIXES:
        name = parts[0]
    return re.sub(r"[\W_]+", "", _ADDED.sub(" ", name.replace("_", " ")))


def _is_textual(file: str) -> bool:
    return file.lower().endswith(_TEXTUAL)


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _some(counts: Mapping[str, int]) -> str:
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in common[:_FEW])
    return listed + (f", and {len(common) - _FEW} more" if len(common) > _FEW else "")


def _grouped(findings: Sequence[Finding]) -> dict[tuple[State, str], list[Finding]]:
    groups: dict[tuple[State, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.state, finding.what].append(finding)
    return groups


def _n(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _time(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

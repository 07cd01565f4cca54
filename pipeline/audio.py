"""A recording -> Audio: mono float32 at the file's own rate, repaired where it can be and refused where it cannot.

Reads what libsndfile reads: wav, aiff, flac, mp3, ogg (Vorbis) and opus, 8 to 192 kHz, any number of channels. The
file goes through in blocks, so that only its mono samples are ever held. ``librosa.load`` would do the same through
slower paths and hides what it repaired.
"""

from __future__ import annotations

import mmap
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from pipeline import grid
from pipeline.records import Audio, SongError

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".aif", ".oga")
# Heard often enough in song collections, but not read by libsndfile: named in the scan and refused with a remedy.
UNREADABLE = (".m4a", ".aac", ".wma", ".mp4", ".m4b", ".webm", ".ape", ".wv", ".mka", ".ac3", ".amr", ".mov")
RATES = (8_000, 192_000)  # Hz

_BLOCK = 1 << 18  # samples a block: 6 s at 44.1 kHz
_CANCELLED = 0.01  # the mean keeps less than this share of the channels' power: they are in antiphase
_SILENT, _QUIET, _LOUD = 1e-5, 1e-3, 8.0  # peaks: -100 dB, -60 dB, +18 dB
_ABSURD = 1e6  # a float sample beyond this is no sound (not even 16-bit integers taken for floats): repaired like NaN
# libsndfile mends a short header without a word except in its log: "data : 288000 (should be 172782)" in WAV (2^31,
# sox's 2^31 - 4096 and what is near 2^32 is said of a stream and not of a cut file), "'COMM' chunk (144000) not equal
# ... 'SSND' chunk (86389)" in AIFF, "frame count 86389 does not match value from 'ds64' chunk of 144000" in RF64
_CUT = (
    (re.compile(r"data\s*:\s*(?P<said>\d+) \(should be (?P<there>\d+)\)"), "bytes"),
    (re.compile(r"'COMM' chunk \((?P<said>\d+)\) not equal.*?'SSND' chunk \((?P<there>\d+)\)", re.DOTALL), "samples"),
    (re.compile(r"frame count (?P<there>\d+) does not match value from 'ds64' chunk of (?P<said>\d+)"), "samples"),
)
_UNSAID = re.compile(r"data\s*:\s*0$", re.MULTILINE)  # in the WAV of a recorder that was switched off
_OGG_CUT = "lacks an end-of-stream bit"
_OGG_JUNK = "Junk after the last page"  # also said of a last page that is cut itself, without a word about its end mark
_OGG_PAGE = 65_307  # bytes, the longest
_STREAMED = range(0x7FFFF000, 0x80000001), range(0xFFFFFF00, 0x100000000)
# An mp3 frame takes up to 511 bytes from the frames before it, 0.5 s at 8 kbit/s. Right after a seek libmpg123 lacks
# them and gives up to 0.4 s of wrong samples, and soundfile seeks after every read. Decoded from this much earlier on,
# blocks and pieces are those of the whole.
_MP3_LEAD = 1.0  # seconds
_MP3_UNHEARD = 3 * 1152  # samples: the header's own frame, and what the encoder adds at both ends
# kbit/s and Hz of layer III, by the version bits of a frame's header: MPEG 1, 2 and 2.5
_MP3_OLD = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_BITS = {3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), 2: _MP3_OLD, 0: _MP3_OLD}
_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True)
class Read:
    """Reads a recording; ``channel`` takes one of them (0 is the first), else the mean of all is taken.

    Where the channels cancel each other (one of them has its polarity reversed) the mean would be silence: the loudest
    channel is taken instead and the audio is flagged ``antiphase``.
    """

    channel: int | None = None
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("soundfile", "soxr")

    def __call__(self, path: str, start: float | None = None, end: float | None = None) -> Audio:
        """The samples of ``path`` from ``start`` to ``end`` seconds, its whole length without them.

        Raises:
            SongError: the file is missing, empty, cut short, no audio, of a rate outside 8 to 192 kHz, or ``start``
                lies past its end.
        """
        with _opened(path) as file:
            _check(path, file)
            first, last = grid.sample_span(start, end, file.frames, file.samplerate)
            if first >= file.frames:
                length = file.frames / file.samplerate
                raise SongError(
                    f"{path}: the piece starts at {start} s, but the recording is {length:.2f} s long",
                    "mend start and end in the manifest",
                )
            if first >= last:
                raise SongError(
                    f"{path}: the piece from {start} to {end} s holds no sample", "mend start and end in the manifest"
                )
            flags = [] if last <= file.frames + file.samplerate // grid.FRAMES_PER_SECOND else ["end_past_audio"]
            rate, count = file.samplerate, min(last, file.frames) - first
            if self.channel is not None and not 0 <= self.channel < file.channels:
                raise SongError(
                    f"{path}: it has {file.channels} channels and none with the number {self.channel}",
                    "set audio.channel to null for the mean of all",
                )
            samples, repaired, powers = _mono(path, file, first, count, self.channel)
            cancelled = file.channels > 1 and self.channel is None
            if cancelled and float(np.dot(samples, samples)) < _CANCELLED * powers.mean():
                flags.append("antiphase")
                samples, repaired, _ = _mono(path, file, first, count, int(powers.argmax()))
        peak = _peak(samples)
        if repaired:
            flags.append("repaired")
        if peak < _QUIET:
            flags.append("silent" if peak < _SILENT else "quiet")
        if peak > _LOUD:
            flags.append("over_full_scale")
        return Audio(samples, rate, repaired, start or 0.0, tuple(flags))


def seconds(path: str) -> float:
    """About how long a recording is, by its header alone; 0.0 where it cannot be read."""
    try:
        return soundfile.info(path).duration
    except (OSError, soundfile.SoundFileError):
        return 0.0


def resample(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Samples at another rate (soxr, HQ); the first sample stays at time 0."""
    return (
        samples if rate == wanted else soxr.resample(samples, rate, wanted, quality="HQ").astype(np.float32, copy=False)
    )


def _opened(path: str) -> soundfile.SoundFile:
    suffix = Path(path).suffix.lower()
    if suffix in UNREADABLE:
        raise SongError(f"{path}: {suffix} is not read", f"convert it first: {_conversion(path)}")
    try:
        size = Path(path).stat().st_size
    except FileNotFoundError:
        raise SongError(f"{path}: there is no such file", "mend the path in the manifest") from None
    if Path(path).is_dir():
        raise SongError(f"{path}: this is a folder", "name the recording in it")
    if not Path(path).is_file():  # opening a pipe would wait for somebody to write to it
        raise SongError(f"{path}: this is no file, but a pipe or a device", "write the recording to a file")
    if size == 0:
        raise SongError(f"{path}: the file is empty (0 bytes)", "copy or download it again")
    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        # libmpg123's word for a file without an mp3 frame in it is "does not exist": the file does, see above
        reason = "no mp3 in it" if "does not exist" in error.error_string else error.error_string.strip(" .")
        raise SongError(
            f"{path}: not readable as audio ({reason or 'unknown format'}){_text_in(path)}",
            f"it may be damaged or of another format; if a player plays it: {_conversion(path)}, else fetch it again",
        ) from None


def _conversion(path: str) -> str:
    """The command that makes a flac of a recording, whatever its name; of a flac a wav."""
    suffix = ".wav" if path.lower().endswith(".flac") else ".flac"
    names = (path, Path(path).stem + suffix)
    given, made = (shlex.quote(name) if re.search(r'["$`\n]', name) else f'"{name}"' for name in names)
    return f"ffmpeg -i {given} {made}"


def _text_in(path: str) -> str:
    """What a file begins with if that is text: most often the page that was sent in place of the recording."""
    with open(path, "rb") as file:
        head = file.read(60)
    return f"; it is text: {head[:40].decode()!r}" if re.fullmatch(rb"[\t\r\n -~]{20,}", head) else ""


def _check(path: str, file: soundfile.SoundFile) -> None:
    log = file.extra_info
    for pattern, unit in _CUT:
        if match := pattern.search(log):
            said, there = int(match["said"]), int(match["there"])
            if there < said and not any(said in sizes for sizes in _STREAMED):
                raise _cut(path, f"its header promises {said} {unit}, {there} are there")
    if _OGG_CUT in log or (_OGG_JUNK in log and _last_page_is_cut(path)):
        raise _cut(path, "its stream has no end mark")
    if file.format == "WAV" and file.frames == 0 and _UNSAID.search(log) and Path(path).stat().st_size > 1000:
        raise SongError(
            f"{path}: its header says 0 bytes of samples; the recorder was stopped before it could say how many",
            f"convert it: {_conversion(path)}",
        )
    if not file.seekable():
        raise SongError(f"{path}: {file.subtype_info} is not read", f"convert it first: {_conversion(path)}")
    if file.frames == 0:
        raise SongError(f"{path}: the file holds no samples", "copy or download it again")
    if not RATES[0] <= file.samplerate <= RATES[1]:
        raise SongError(f"{path}: {file.samplerate} Hz; rates from 8000 to 192000 Hz are read", "resample it")
    there = _mp3_samples(path) if file.format == "MP3" else file.frames
    if there > file.frames + _mp3_slack(file) + _MP3_UNHEARD:
        raise SongError(
            f"{path}: {file.frames / file.samplerate:.2f} s by what its head says, but it goes on to "
            f"{there / file.samplerate:.2f} s: several mp3 joined, or a variable bit rate without a Xing header",
            f"convert it: {_conversion(path)}",
        )
    if file.format == "OGG" and _is_chained(path):
        raise SongError(
            f"{path}: several recordings joined in one file, of which only the first would be read",
            f"convert it: {_conversion(path)}",
        )


def _mp3_slack(file: soundfile.SoundFile) -> float:
    """By how many samples an mp3 may be longer or shorter than it says: without a Xing header that is an estimate, and
    where LAME resampled a frame or two too long (28 ms at 8 kbit/s). The length is then that of what was read."""
    return max(0.01 * file.frames, 0.1 * file.samplerate)


def _mp3_samples(path: str) -> int:
    """How long the frames of an mp3 are together, in samples; 0 where that cannot be told.

    libsndfile reads no further than its first header says, or than the first frame's bit rate lets it expect.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, kind, samples = 0, b"", 0
        if data[:3] == b"ID3":
            at = 10 + sum((byte & 127) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
        while 0 <= at < len(data):
            length, found = _mp3_frame(data[at : at + 4])
            # in between and behind there may be tags and pictures: a frame is one that another one follows
            in_step = length and (found == kind or _mp3_frame(data[at + length : at + length + 4])[1] == found)
            if in_step and kind in (b"", found):
                kind, at = found, at + length
                samples += 1152 if found[0] >> 3 & 3 == 3 else 576
            else:
                at = data.find(b"\xff", at + 1)
        return samples


def _mp3_frame(head: bytes) -> tuple[int, bytes]:
    """Bytes of the frame of layer III with this header, and what is the same in all frames; 0 if it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0, b""
    version, bits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bits in (0, 15) or rate == 3:
        return 0, b""
    length = (144_000 if version == 3 else 72_000) * _MP3_BITS[version][bits] // _MP3_RATES[version][rate]
    return length + (head[2] >> 1 & 1), bytes((head[1] & 0xFE, head[2] & 0x0C))


def _is_chained(path: str) -> bool:
    """Whether the last Ogg page is of another stream than the first."""
    first, last = _ogg_page(path, 0), _ogg_page(path, -1)
    return len(first) >= 18 and len(last) >= 18 and first[14:18] != last[14:18]


def _ogg_page(path: str, which: Literal[0, -1]) -> bytes:
    """The file from its first or its last Ogg page on, no more than is needed of it."""
    with open(path, "rb") as file:
        if which == 0:
            return file.read(27)
        file.seek(max(0, Path(path).stat().st_size - _OGG_PAGE))
        tail = file.read()
    return tail[max(0, tail.rfind(b"OggS")) :]


def _last_page_is_cut(path: str) -> bool:
    """Whether the last Ogg page says that it is longer than what is left of the file (RFC 3533, section 6)."""
    page = _ogg_page(path, -1)
    return len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def _cut(path: str, how: str) -> SongError:
    return SongError(
        f"{path}: the file is cut short or damaged: {how}",
        "copy or download it again; if it is whole, convert it to flac",
    )


def _mono(
    path: str, file: soundfile.SoundFile, first: int, count: int, channel: int | None
) -> tuple[NDArray[np.float32], int, NDArray[np.float64]]:
    """Mono samples float32 [count], how many sample times were repaired, and each channel's energy."""
    mono = np.empty(count, dtype=np.float32)
    powers = np.zeros(file.channels)
    filled = 0
    try:
        for block in _blocks(file, first, count):
            with np.errstate(invalid="ignore", over="ignore"):  # of NaN and Inf, which are repaired below
                into = mono[filled : filled + len(block)]
                if channel is not None:
                    into[:] = block[:, channel]
                else:
                    # adding the columns is many times faster than numpy's mean along a short axis
                    into[:] = block[:, 0]
                    for other in range(1, file.channels):
                        into += block[:, other]
                    into /= file.channels
                if file.channels > 1:
                    # Inf overflows and NaN stays: such a block is cleared first, the others are spared the copy
                    energies = _energies(block)
                    if not np.isfinite(energies).all():
                        energies = _energies(np.where(np.abs(block) < _ABSURD, block, np.float32(0.0)))
                    powers += energies
            filled += len(block)
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip(" .") or f"decoder error {error.code}"
        raise _cut(
            path, f"decoding stops somewhere after {(first + filled) / file.samplerate:.2f} s ({reason})"
        ) from None
    slack = _mp3_slack(file) if file.format == "MP3" else 0
    if filled < count - slack or filled == 0:
        raise _cut(
            path,
            f"{count / file.samplerate:.2f} s were to come, {filled / file.samplerate:.2f} s came",
        )
    mono = mono[:filled]
    if _peak(mono) < _ABSURD:  # False for NaN too
        return mono, 0, powers
    finite = np.abs(mono) < _ABSURD
    repaired = filled - int(np.count_nonzero(finite))
    if repaired == filled:
        raise SongError(
            f"{path}: NaN or Inf at every sample",
            "export the recording again; if only one channel is bad, take another one with audio.channel",
        )
    # a straight line across the gap: a zero would click, and WORLD's estimators take a click for an onset
    at = np.arange(filled)
    mono[~finite] = np.interp(at[~finite], at[finite], mono[finite])
    return mono, repaired, powers


def _blocks(file: soundfile.SoundFile, first: int, count: int) -> Iterator[NDArray[np.float32]]:
    """``count`` samples from ``first`` on, float32 [n, channels] at a time; fewer where the file ends before.

    Where a page of an Ogg file is missing, what follows comes too early until the next seek: nothing comes after that.
    """
    lead = round(_MP3_LEAD * file.samplerate) if file.format == "MP3" else 0
    at = first
    while at < first + count:
        before, wanted = min(at, lead), min(_BLOCK, first + count - at)
        file.seek(at - before)
        read = file.read(before + wanted, dtype="float32", always_2d=True)
        block = np.asarray(read[before:], dtype=np.float32)
        if not len(block):
            return
        yield block
        at += len(block)
        if len(block) < wanted:
            return


def _peak(samples: NDArray[np.float32]) -> float:
    """The largest amplitude, NaN if one sample is; without the copy, 42 MB for 4 minutes, that np.abs would make."""
    return max(float(samples.max()), -float(samples.min()))


def _energies(block: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.array([np.dot(channel, channel) for channel in block.T], dtype=np.float64)

"""A recording -> Audio: mono float32 at the file's own rate, repaired where it can be and refused where it cannot.

Reads what libsndfile reads: wav, aiff, flac, mp3, ogg (Vorbis) and opus, 8 to 192 kHz, any number of channels. The
file goes through in blocks, so that only its mono samples are ever held, and of a long one not even those: it is read
again when they are wanted. ``librosa.load`` would do the same through slower paths and hides what it repaired.
"""

from __future__ import annotations

import mmap
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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
_HELD = 1 << 26  # samples that are kept, 256 MB: 70 minutes at 16 kHz. To read an hour again takes 1 s (wav) to 4 s
_QUALITY = "HQ"  # of soxr
_CANCELLED = 0.01  # the mean keeps less than this share of the channels' power: they are in antiphase
_SILENT, _QUIET, _LOUD = 1e-5, 1e-3, 8.0  # peaks: -100 dB, -60 dB, +18 dB
_NO_ENERGY = 1e-12  # -120 dB
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


@dataclass(frozen=True, eq=False)
class Recording:
    """A recording that was gone through once: what was found, and its mono samples at ``wanted`` Hz, block by block.

    ``n_samples`` is counted at the file's own ``rate``. ``samples`` are those at ``wanted`` Hz where they were kept;
    ``first`` (a sample of the file) and ``channel`` are what reading them again takes. ``energy`` is that of each frame
    at the file's own rate (see ``PitchTrack``). The rest is as in ``Audio``.
    """

    path: str
    rate: int  # Hz
    wanted: int  # Hz
    n_samples: int
    start: float  # seconds
    repaired: int
    flags: tuple[str, ...]
    samples: NDArray[np.float32] | None
    first: int
    channel: int | None
    energy: NDArray[np.float32]

    def __len__(self) -> int:
        """How many samples there are at ``wanted`` Hz."""
        return _length(self.n_samples, self.rate, self.wanted)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The samples from the first to the last; each time anew, and the same each time.

        Raises:
            SongError: the file can no longer be read.
        """
        if self.samples is not None:
            yield self.samples
            return
        with _opened(self.path) as file:
            mono = _Mono(self.path, file, self.first, self.n_samples, self.channel)
            yield from _resampled(mono.blocks(), self.rate, self.wanted)


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
        found = self.through(path, start, end, held=None)
        assert found.samples is not None
        return Audio(found.samples, found.rate, found.repaired, found.start, found.flags)

    def through(
        self,
        path: str,
        start: float | None = None,
        end: float | None = None,
        rate_for: Callable[[int], int] | None = None,
        held: int | None = _HELD,
    ) -> Recording:
        """Go through ``path`` once, at the rate that ``rate_for`` makes of the file's own.

        More than ``held`` samples (None: any number) are not kept, but read again when they are wanted.

        Raises:
            SongError: as above.
        """
        with _opened(path) as file:
            first, count, flags = self._span(path, file, start, end)
            rate, channel = file.samplerate, self.channel
            wanted = rate_for(rate) if rate_for else rate
            mono = _Mono(path, file, first, count, channel)
            samples = _kept(mono, rate, wanted, held)
            if file.channels > 1 and channel is None and mono.energy < _CANCELLED * mono.powers.mean():
                flags.append("antiphase")
                channel = int(mono.powers.argmax())
                mono = _Mono(path, file, first, count, channel)
                samples = _kept(mono, rate, wanted, held)
        if mono.repaired:
            flags.append("repaired")
        if mono.peak < _QUIET:
            flags.append("silent" if mono.peak < _SILENT else "quiet")
        if mono.peak > _LOUD:
            flags.append("over_full_scale")
        found = mono.filled, start or 0.0, mono.repaired, tuple(flags)
        return Recording(path, rate, wanted, *found, samples, first, channel, mono.frame_energy())

    def extent(
        self, path: str, start: float | None = None, end: float | None = None
    ) -> tuple[int, int, tuple[str, ...]]:
        """How many samples a call would give, their rate and what is odd about the piece, by the header alone.

        Raises:
            SongError: what a call would raise before it decodes anything.
        """
        with _opened(path) as file:
            _, count, flags = self._span(path, file, start, end)
            return count, file.samplerate, tuple(flags)

    def _span(
        self, path: str, file: soundfile.SoundFile, start: float | None, end: float | None
    ) -> tuple[int, int, list[str]]:
        """The first sample of a piece, how many there are, and flags."""
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
        if self.channel is not None and not 0 <= self.channel < file.channels:
            raise SongError(
                f"{path}: it has {file.channels} channels and none with the number {self.channel}",
                "set audio.channel to null for the mean of all",
            )
        flags = [] if last <= file.frames + file.samplerate // grid.FRAMES_PER_SECOND else ["end_past_audio"]
        return first, min(last, file.frames) - first, flags


def seconds(path: str) -> float:
    """About how long a recording is, by its header alone; 0.0 where it cannot be read."""
    try:
        return soundfile.info(path).duration
    except (OSError, soundfile.SoundFileError):
        return 0.0


def resample(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Samples at another rate (soxr, HQ); the first sample stays at time 0."""
    return (
        samples
        if rate == wanted
        else soxr.resample(samples, rate, wanted, quality=_QUALITY).astype(np.float32, copy=False)
    )


def _resampled(blocks: Iterable[NDArray[np.float32]], rate: int, wanted: int) -> Iterator[NDArray[np.float32]]:
    """Blocks at another rate: together the same bits as ``resample`` makes of the whole."""
    if rate == wanted:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality=_QUALITY)
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty(0, dtype=np.float32), last=True)


def _length(n: int, rate: int, wanted: int) -> int:
    """How many samples soxr makes of ``n``."""
    return (2 * n * wanted + rate) // (2 * rate)


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


@dataclass
class _Mono:
    """``count`` samples of an open file from ``first`` on, mono and repaired, and what is found on the way through."""

    path: str
    file: soundfile.SoundFile
    first: int
    count: int
    channel: int | None
    filled: int = 0  # samples so far
    repaired: int = 0  # sample times
    peak: float = 0.0
    energy: float = 0.0
    powers: NDArray[np.float64] = field(init=False)  # each channel's energy
    measured: int = 0  # samples so far, repaired
    sums: NDArray[np.float64] = field(init=False)  # of them in each frame
    squares: NDArray[np.float64] = field(init=False)  # and of their squares

    def __post_init__(self) -> None:
        self.powers = np.zeros(self.file.channels)
        self.sums, self.squares = np.zeros((2, grid.n_frames(self.count, self.file.samplerate)))

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The samples, float32 [n] at a time.

        Across what is repaired goes a straight line, since a zero would click, and WORLD's estimators take a click for
        an onset. Before the first good sample and after the last one it is level.
        """
        last, gap = None, 0  # the last good sample, and how many bad ones after it are held back
        for block in self._mixed():
            if not gap and _peak(block) < _ABSURD:  # False for NaN too
                last = block[-1]
                yield self._measured(block)
                continue
            is_good = np.abs(block) < _ABSURD
            good = np.flatnonzero(is_good)
            self.repaired += len(block) - len(good)
            if not len(good):
                gap += len(block)
                continue
            end = good[-1] + 1
            at = np.append(-gap - 1, good)
            level = np.append(block[good[0]] if last is None else last, block[good])
            for early in range(-gap, 0, _BLOCK):
                line = np.interp(np.arange(early, min(0, early + _BLOCK)), at, level)
                yield self._measured(line.astype(np.float32))
            bad = np.flatnonzero(~is_good[:end])
            block[bad] = np.interp(bad, at, level)
            last, gap = block[end - 1], len(block) - end
            yield self._measured(block[:end])
        if last is None:
            raise SongError(
                f"{self.path}: NaN or Inf at every sample",
                "export the recording again; if only one channel is bad, take another one with audio.channel",
            )
        for late in range(0, gap, _BLOCK):
            yield self._measured(np.full(min(_BLOCK, gap - late), last, dtype=np.float32))

    def _measured(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        self.peak = max(self.peak, _peak(block))
        self.energy += float(np.dot(block, block))
        rate, end = self.file.samplerate, self.measured + len(block)
        frames = len(self.squares)  # the last one also takes what is nearer to the one after it, which is none
        first, last = (min(grid.frame_at(sample, rate), frames - 1) for sample in (self.measured, end - 1))
        starts = np.maximum(0, grid.first_samples(first, last + 1, rate) - self.measured)
        self.sums[first : last + 1] += np.add.reduceat(block, starts, dtype=np.float64)
        self.squares[first : last + 1] += np.add.reduceat(np.square(block, dtype=np.float64), starts)
        self.measured = end
        return block

    def frame_energy(self) -> NDArray[np.float32]:
        """The energy of each frame in dB (see ``PitchTrack``), once all samples have gone through."""
        n = grid.n_frames(self.filled, self.file.samplerate)
        lengths = np.diff(np.append(grid.first_samples(0, n, self.file.samplerate), self.filled))
        sums, squares = (  # an mp3 may be shorter than it says
            np.append(there[: n - 1], there[n - 1 :].sum()) for there in (self.sums, self.squares)
        )
        constant = sums.sum() / max(1, self.filled)  # of a cheap converter: it sounds nowhere and would fill every rest
        mean = (squares - 2 * constant * sums) / np.maximum(1, lengths) + constant**2
        return np.round(10 * np.log10(np.maximum(mean, _NO_ENERGY)), 1).astype(np.float32)

    def _mixed(self) -> Iterator[NDArray[np.float32]]:
        """The mean of the channels, or the one that is wanted, as it is in the file."""
        rate = self.file.samplerate
        try:
            for block in _blocks(self.file, self.first, self.count):
                self.filled += len(block)
                if self.file.channels == 1:
                    yield block[:, 0]
                    continue
                with np.errstate(invalid="ignore", over="ignore"):  # of NaN and Inf, which are repaired later
                    mono = block[:, self.channel or 0].copy()
                    if self.channel is None:
                        # adding the columns is many times faster than numpy's mean along a short axis
                        for other in range(1, self.file.channels):
                            mono += block[:, other]
                        mono /= self.file.channels
                    # Inf overflows and NaN stays: such a block is cleared first, the others are spared the copy
                    energies = _energies(block)
                    if not np.isfinite(energies).all():
                        energies = _energies(np.where(np.abs(block) < _ABSURD, block, np.float32(0.0)))
                self.powers += energies
                yield mono
        except soundfile.LibsndfileError as error:
            reason = error.error_string.strip(" .") or f"decoder error {error.code}"
            raise _cut(
                self.path, f"decoding stops somewhere after {(self.first + self.filled) / rate:.2f} s ({reason})"
            ) from None
        slack = _mp3_slack(self.file) if self.file.format == "MP3" else 0
        if self.filled < self.count - slack or self.filled == 0:
            raise _cut(
                self.path,
                f"{self.count / rate:.2f} s were to come, {self.filled / rate:.2f} s came",
            )


def _kept(mono: _Mono, rate: int, wanted: int, held: int | None) -> NDArray[np.float32] | None:
    """Go through the samples and give them at another rate; None if they are more than ``held``."""
    room = _length(mono.count, rate, wanted)
    if held is not None and room > held:
        for _ in mono.blocks():
            pass
        return None
    samples, filled = np.empty(room, dtype=np.float32), 0
    for block in _resampled(mono.blocks(), rate, wanted):
        samples[filled : filled + len(block)] = block
        filled += len(block)
    return samples[:filled]


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

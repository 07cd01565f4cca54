"""The voice out of a song: a recording -> a file with its vocals alone, made once by whatever separator the user has.

None comes along: a good one brings a gigabyte of weights. Any command that reads one file and writes another will do.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pipeline import audio
from pipeline.records import SongError

_HOLES = ("{in}", "{out}")
_PATIENCE = 120.0, 60.0  # seconds for any recording, and for each second of it: one core, and a large network
_SHORTER = 0.5  # seconds by which the vocals may be shorter or longer than their song: encoders pad


@dataclass(frozen=True)
class Separator:
    """A command with ``{in}`` where the recording is to stand and ``{out}`` where the wav file with the voice is.

    It is no line for a shell (``sh -c '...' {in} {out}`` is one, there ``$0`` and ``$1``). What it made is kept and
    used again, so it need not give the same twice.
    """

    command: str

    def __post_init__(self) -> None:
        for hole in _HOLES:
            if self.command.count(hole) != 1:
                raise ValueError(f"{self.command!r} has {hole} {self.command.count(hole)} times; wanted it once")
        if not self._words:
            raise ValueError("the command is empty")

    @property
    def _words(self) -> list[str]:
        return shlex.split(self.command)

    def check(self) -> None:
        """Look for the program before any song waits for it.

        Raises:
            ValueError: there is none of that name.
        """
        if shutil.which(self._words[0]) is None:
            raise ValueError(f"{self._words[0]}: there is no such program; install it, or give its full path")

    def __call__(self, recording: str, stem: Path) -> None:
        """Make ``stem`` of a recording unless it is there already; other processes that want it too wait for it.

        Raises:
            SongError: the command failed, took too long, or made no audio as long as the recording.
            OSError: the folder cannot be written to.
        """
        stem.parent.mkdir(parents=True, exist_ok=True)
        half = stem.with_name(f".{stem.stem}.half.wav")
        with FileLock(stem.with_name(f".{stem.stem}.lock")):
            if stem.is_file():
                return
            try:
                self._run(recording, half)
                _check(recording, half)
                os.replace(half, stem)
            finally:
                half.unlink(missing_ok=True)

    def _run(self, recording: str, out: Path) -> None:
        filled = {"{in}": os.path.abspath(recording), "{out}": str(out.absolute())}
        words = [_filled(word, filled) for word in self._words]
        limit = _PATIENCE[0] + _PATIENCE[1] * audio.seconds(recording)
        remedy = f"try it by hand: {shlex.join(words)}; or give the vocals in the manifest's column `vocals`"
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SongError(f"{recording}: the separator took more than {limit:.0f} s", remedy) from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            last = f": {said[-1].strip()[:300]}" if said else ""
            raise SongError(f"{recording}: the separator ended with exit code {done.returncode}{last}", remedy)
        if not out.is_file():
            raise SongError(f"{recording}: the separator ended well, but wrote no file to {{out}}", remedy)


def _filled(word: str, filled: dict[str, str]) -> str:
    """A word of the command with its hole filled; a path that holds such a hole itself is left as it is."""
    for hole, path in filled.items():
        before, found, after = word.partition(hole)
        if found:
            return before + path + after
    return word


def _check(recording: str, stem: Path) -> None:
    try:
        n, rate, _ = audio.Read().extent(str(stem))
    except SongError as error:
        raise SongError(f"{recording}: what the separator wrote is no audio: {error.message}", error.remedy) from None
    there, wanted = n / rate, audio.seconds(recording)
    if abs(there - wanted) > _SHORTER:
        raise SongError(
            f"{recording}: the vocals that the separator wrote last {there:.2f} s, the recording {wanted:.2f} s",
            "a separator must keep the time; look at its settings",
        )

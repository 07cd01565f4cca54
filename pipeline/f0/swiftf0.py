"""SwiftF0: a small convolutional network (Nieradzik 2025, arXiv:2508.18440; PyPI ``swift-f0``, MIT, weights included).

It wants 16 kHz and answers every 16 ms; its answers are carried over to our 20 ms centres.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline import grid
from pipeline.f0 import FMAX, FMIN, check_range
from pipeline.records import PitchTrack

_RATE = 16_000
_HOP = 256  # samples: 16 ms
_LEVEL, _LOUD, _NOTHING = 0.35, 0.999, 1e-5  # what the loudest samples are brought to, their quantile; -100 dB
_GLIDE = 2 / 12  # octaves: two frames further apart than this are two notes, and their middle was never sung


@dataclass(frozen=True)
class SwiftF0:
    """``threshold``: the confidence from which a frame counts as voiced; the network is calibrated for 0.5."""

    kind: Literal["swiftf0"] = "swiftf0"
    fmin: float = FMIN  # Hz
    fmax: float = FMAX  # Hz
    threshold: float = 0.5
    version: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("swift-f0", "onnxruntime", "soxr")

    def __post_init__(self) -> None:
        check_range(self.fmin, self.fmax, 46.875, 2093.75)
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold {self.threshold:g}: wanted 0 < threshold <= 1")

    def rate_for(self, rate: int) -> int:
        """16 kHz, always."""
        return _RATE

    def __call__(self, samples: NDArray[np.float32], rate: int, n_frames: int) -> PitchTrack:
        """See ``f0.Estimator``. Where the song is silent the network has no guess: 0.0 Hz and confidence 0."""
        # Frames of theirs must reach past our last centre, and one sample of audio must make a frame.
        needed = (n_frames - 1) * _RATE // grid.FRAMES_PER_SECOND + 2 * _HOP
        padded = np.pad(_levelled(samples), (0, max(0, needed - len(samples))))
        answer = _network().detect(padded, _RATE, self.fmin, self.fmax)
        guess, sure = answer.pitch_hz, np.clip(answer.confidence, 0.0, 1.0)

        at = grid.centres(n_frames) / (_HOP / _RATE)
        before = np.minimum(at.astype(np.int64), len(guess) - 2)
        part = at - before
        octaves = np.log2(guess[before]), np.log2(guess[before + 1])
        confidence = (1 - part) * sure[before] + part * sure[before + 1]
        glide = (1 - part) * octaves[0] + part * octaves[1]
        # Across a jump, or beside a frame that is not sung, the nearer (the surer) one speaks alone.
        voiced = sure >= self.threshold
        one_sung = voiced[before] != voiced[before + 1]
        nearer = np.where(one_sung, voiced[before + 1], part >= 0.5)
        apart = one_sung | (np.abs(octaves[0] - octaves[1]) > _GLIDE)
        hz = np.exp2(np.where(apart, np.where(nearer, octaves[1], octaves[0]), glide))
        hz[(sure[before] == 0) & (sure[before + 1] == 0)] = 0.0
        hz, confidence = hz.astype(np.float32), confidence.astype(np.float32)
        return PitchTrack(hz, confidence, (confidence >= np.float32(self.threshold)) & (hz > 0))


def _levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples at the level that the network knows.

    It hears levels and not their ratios: 40 dB down it misses 3 of 10 sung frames (singing with known f0), and what
    peaks below -60 dB is silence to it. The quantile, and not the peak, so that a pop does not count.
    """
    if not len(samples):  # less than one of 16 kHz
        return samples
    loud = float(np.quantile(np.abs(samples[:: max(1, len(samples) // 1_000_000)]), _LOUD))
    return samples * np.float32(_LEVEL / loud) if loud > _NOTHING else samples


@cache  # one session a process: it holds a thread pool, and 16 MB
def _network() -> Any:
    # From 1.29 on onnxruntime writes a device id and an event database under the home folder when it is imported. The
    # pin keeps it below; the variable is for whoever lifts the pin.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from swift_f0 import SwiftF0 as Network

    return Network(threads=1, spin=False)  # its default is every core

"""Cleaning: PitchTrack -> PitchTrack, in the tokenize pass. The f0 table keeps what the estimator said.

For now one step: another voicing threshold than the estimator's own, which costs seconds here and hours there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from pipeline.records import PitchTrack


@dataclass(frozen=True)
class Cleaning:
    """``threshold``: the confidence from which a frame counts as voiced; ``None`` leaves the estimator's decision."""

    threshold: float | None = None
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ValueError(
                f"threshold {self.threshold:g}: wanted 0 < threshold <= 1, or null for the estimator's own"
            )

    def __call__(self, track: PitchTrack) -> PitchTrack:
        """The track with its voicing decided anew."""
        if self.threshold is None:
            return track
        return replace(track, voiced=(track.confidence >= np.float32(self.threshold)) & (track.hz > 0))

"""What sounds beside the voice: PitchTrack -> flags that say how far its f0 is to be trusted.

Every estimator here listens for one voice. A solo recording gets quiet between phrases, at breaths and before stops; a
song with its accompaniment, or with noise, never does. Which of the two it is an estimator tells whose confidence is a
probability: noise leaves it sure of most frames, instruments do not. Measured with swiftf0 (23 solo recordings, two
whole songs, and eleven solos mixed with passages of the two), the 5th percentile of energy below the 95th, and the
share of frames of which it is neither sure nor sure not:

    solo                     38 dB or more      .03 to .26
    white, pink noise 20 dB  22 to 26 dB        .10 to .37
    accompaniment at 20 dB   24 to 29 dB        .28 to .51
    accompaniment at 10 dB   15 to 21 dB        .44 to .72
    accompaniment at 0 dB    10 to 14 dB        .63 to .86
    two whole songs          18, 25 dB          .78, .73
"""

from __future__ import annotations

import numpy as np

from pipeline import grid
from pipeline.records import PitchTrack

_QUIET = 30.0  # dB below the loud frames
_SILENT = 60.0  # dB below them: before and behind the song, digital silence that says nothing
_SHORTEST = 10.0  # seconds: a clip of 5 s may hold a phrase and no rest (4 of 10 clips of solos do)
_DOUBTFUL = 0.1, 0.9
_MOST = 0.4  # of the frames


def flags(track: PitchTrack, graded: bool) -> tuple[str, ...]:
    """``accompaniment``: instruments are likely. ``background``: something sounds on where nobody sings, noise or
    instruments. Nothing where the energy was not measured, or of less than 10 s.

    ``graded``: whether the confidence is a probability of being sung (see ``f0.Estimator``).
    """
    if not track.voiced.any() or not len(track.energy):
        return ()
    loud = float(np.quantile(track.energy, 0.95))
    sounding = np.flatnonzero(track.energy > loud - _SILENT)
    body = slice(sounding[0], sounding[-1] + 1)
    energy, confidence = track.energy[body], track.confidence[body]
    if len(energy) < _SHORTEST * grid.FRAMES_PER_SECOND or np.quantile(energy, 0.05) < loud - _QUIET:
        return ()
    doubtful = (confidence > _DOUBTFUL[0]) & (confidence < _DOUBTFUL[1])
    return ("accompaniment",) if graded and doubtful.mean() > _MOST else ("background",)

"""What an estimator heard, and the truth -> the measures of mir_eval.melody, as shares of 1. For benchmarks/f0.py.

    RPA50, RPA25, RPA10   sung frames of the truth whose guess is within 50, 25 or 10 cents, called voiced or not
    RCA                   the same within 50 cents, an octave wrong or not
    VR, VFA               sung frames that are called voiced; unsung frames that are
    OA                    all frames: sung ones called voiced and within 50 cents, unsung ones called unvoiced

Frames are our own, every 20 ms; the truth in them is the value nearest to their centre. An estimator with frames of its
own is brought there by mir_eval: its pitch glides evenly from value to value, its voicing is that of its last frame. A
recording counts as one, whatever its length: means are over recordings.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
from mir_eval import melody

from benchmarks.f0_estimators import Heard
from benchmarks.f0_sets import Recording

Scores = dict[str, float]

VERSION = 1  # raised when these numbers change
MEASURES = ("RPA50", "RPA25", "RPA10", "RCA", "VR", "VFA", "OA")


def scores(recording: Recording, heard: Heard) -> Scores:
    """One recording's, by the name of the measure."""
    # mir_eval writes into the voicing that it is given, and takes a value before the first one for a repetition of it
    both = melody.to_cent_voicing(
        recording.centres, recording.reference, heard.times, heard.hz, est_voicing=heard.voiced.astype(np.float64)
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* has no voiced frames")  # that is an answer, too
        within = {f"RPA{cents}": melody.raw_pitch_accuracy(*both, cent_tolerance=cents) for cents in (50, 25, 10)}
        recall, false_alarm = melody.voicing_measures(both[0], both[2])
        found = {
            **within,
            "RCA": melody.raw_chroma_accuracy(*both),
            "VR": recall,
            "VFA": false_alarm,
            "OA": melody.overall_accuracy(*both),
        }
    return {name: float(value) for name, value in found.items()}


def mean(all_scores: Iterable[Scores]) -> Scores:
    """Over recordings."""
    listed = list(all_scores)
    return {name: float(np.mean([one[name] for one in listed])) for name in listed[0]}

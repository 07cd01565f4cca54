"""Facts about the voicing threshold: it decides voicing and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import Cleaning
from pipeline.records import PitchTrack

FRAMES = st.lists(st.tuples(st.sampled_from([0.0, 55.0, 440.0]), st.floats(0, 1, width=32)), max_size=40)


def track(frames: list[tuple[float, float]]) -> PitchTrack:
    hz = np.array([hz for hz, _ in frames], dtype=np.float32)
    confidence = np.array([sure for _, sure in frames], dtype=np.float32)
    return PitchTrack(hz, confidence, (confidence > 0.5) & (hz > 0), 100, 8_000, 1.5, 2, ("repaired",))


@given(FRAMES)
def test_without_a_threshold_the_estimator_decides(frames: list[tuple[float, float]]) -> None:
    before = track(frames)
    assert Cleaning()(before) is before


@given(FRAMES, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_higher_threshold_never_voices_more_and_changes_nothing_else(
    frames: list[tuple[float, float]], one: float, other: float
) -> None:
    before = track(frames)
    low, high = (Cleaning(threshold)(before) for threshold in sorted([one, other]))
    assert not (high.voiced & ~low.voiced).any()
    assert not low.voiced[before.hz == 0].any()
    for after in (low, high):
        assert after.hz is before.hz
        assert after.confidence is before.confidence
        assert (after.n_samples, after.rate, after.start, after.repaired) == (100, 8_000, 1.5, 2)
        assert after.flags == before.flags


def test_a_frame_at_the_threshold_is_voiced() -> None:
    found = Cleaning(0.9)(track([(440.0, 0.9), (440.0, 0.8999), (0.0, 1.0)]))  # 0.9 is no float32
    assert found.voiced.tolist() == [True, False, False]


@pytest.mark.parametrize("threshold", [0.0, -0.5, 1.01, math.nan, math.inf])
def test_a_threshold_that_decides_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="0 < threshold <= 1"):
        Cleaning(threshold)

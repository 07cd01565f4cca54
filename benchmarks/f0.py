"""Accuracy and speed of the f0 estimators on singing whose f0 is known: a table, librosa.pyin as it comes beside ours.

    python benchmarks/f0.py [FOLDER]

FOLDER holds ``*.flac`` with ``*.f0.csv`` (seconds, Hz; 0 = unvoiced; every 5 ms); by default ../shared/data/exact_f0,
real singing resynthesised with WORLD, which gives its own estimators (dio, harvest) a slight advantage. The
settings of harvest and pyin were chosen on the nit and pjs files; those of vocadito were not looked at. All are run on
one core over the same range, 55 to 2093 Hz, and looked at on our 20 ms frames.

    rpa      voiced frames of the truth that are found within 50 cents (raw pitch accuracy of mir_eval)
    recall   voiced frames that are called voiced; false = unvoiced frames that are called voiced
    cents    median error of the frames that both call voiced
    speed    seconds of audio for a second of one core
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline import audio, grid
from pipeline.f0 import ESTIMATORS, FMAX, FMIN, estimator
from pipeline.records import Audio, PitchTrack

Track = Callable[[Audio, int], PitchTrack]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(__file__).parents[2] / "shared" / "data" / "exact_f0"
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    folder = parser.parse_args().folder
    files = sorted(folder.glob("*.flac"))
    if not files:
        raise SystemExit(f"{folder}: no *.flac with *.f0.csv here")
    trackers: dict[str, Track] = {kind: _ours(kind) for kind in ESTIMATORS} | {"librosa.pyin": _pyin}
    print(f"{'estimator':14}{'rpa':>7}{'recall':>8}{'false':>7}{'cents':>7}{'speed':>8}   {len(files)} files")
    for name, track in trackers.items():
        track(Audio(np.zeros(16_000, dtype=np.float32), 16_000), 51)  # loads the network, compiles
        scores, seconds, spent = [], 0.0, 0.0
        for file in files:
            heard = audio.Read()(str(file))
            began = time.process_time()
            found = track(heard, grid.n_frames(len(heard.samples), heard.rate))
            spent += time.process_time() - began
            seconds += len(heard.samples) / heard.rate
            scores.append(_score(found, np.loadtxt(file.with_suffix(".f0.csv"), delimiter=",")))
        rpa, recall, false, cents = np.mean(scores, axis=0)
        print(f"{name:14}{rpa:7.3f}{recall:8.3f}{false:7.3f}{cents:7.1f}{seconds / spent:7.0f}x")


def _ours(kind: str) -> Track:
    member = estimator(kind)()

    def track(heard: Audio, n_frames: int) -> PitchTrack:
        rate = member.rate_for(heard.rate)
        return member(audio.resample(heard.samples, heard.rate, rate), rate, n_frames)

    return track


def _pyin(heard: Audio, n_frames: int) -> PitchTrack:
    import librosa

    rate = 22_050  # librosa's own
    samples = audio.resample(heard.samples, heard.rate, rate)
    hz, voiced, sure = librosa.pyin(samples, fmin=FMIN, fmax=FMAX, sr=rate, hop_length=rate // 50)
    hz, voiced, sure = (np.resize(np.pad(x, (0, max(0, n_frames - len(x)))), n_frames) for x in (hz, voiced, sure))
    hz = np.nan_to_num(hz).astype(np.float32)
    return PitchTrack(hz, np.clip(sure, 0, 1).astype(np.float32), voiced.astype(bool) & (hz > 0))


def _score(found: PitchTrack, truth: np.ndarray) -> tuple[float, float, float, float]:
    nearest = np.minimum(np.rint(grid.centres(len(found)) / 0.005).astype(int), len(truth) - 1)
    known = truth[nearest, 1]
    sung, both = known > 0, (known > 0) & found.voiced
    cents = 1200 * np.abs(np.log2(found.hz[both] / known[both]))
    return (
        float((cents < 50).sum() / sung.sum()),
        float(both.sum() / sung.sum()),
        float((found.voiced & ~sung).sum() / max(1, (~sung).sum())),
        float(np.median(cents)),
    )


if __name__ == "__main__":
    main()

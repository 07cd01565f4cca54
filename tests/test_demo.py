"""The demo songs are what ``data/README.md`` says: their truth is what the pipeline finds in them."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pipeline import extract, grid, manifest, pitch
from pipeline.config import Config
from pipeline.inventory import SILENCE, Inventory
from pipeline.records import PitchTrack, Song, SongTokens

DATA = Path(__file__).parents[1] / "data"
SONGS = {song.id: song for song in manifest.read(DATA / "songs").songs}


@cache
def done(song_id: str) -> tuple[Song, PitchTrack, SongTokens]:
    song = SONGS[song_id]
    track = extract.track(song)
    return song, track, extract.tokenize(song, track)


def true_f0(song_id: str, n_frames: int) -> np.ndarray:
    times, hz = np.loadtxt(DATA / "truth" / f"{song_id}.f0.csv", delimiter=",", skiprows=1).T
    nearest = np.minimum(np.rint(grid.centres(n_frames) / (times[1] - times[0])).astype(int), len(hz) - 1)
    return hz[nearest]


def true_phones(song_id: str, n_frames: int) -> list[str]:
    names = ["sil"] * n_frames
    with (DATA / "truth" / f"{song_id}.phones.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            first, last = grid.frame_span(float(row["start"]), float(row["end"]), n_frames)
            names[first:last] = [row["phone"]] * (last - first)
    return names


def test_there_are_three_songs_with_lyrics_in_three_formats() -> None:
    assert sorted(SONGS) == ["nabiya_ko", "twinkle_en", "twinkle_en_high"]
    assert sorted(Path(song.lyrics[0]).suffix for song in SONGS.values()) == [".TextGrid", ".lab", ".lrc"]
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 2_500_000


@pytest.mark.parametrize("song_id", sorted(SONGS))
def test_the_melody_that_was_sung_is_found(song_id: str) -> None:
    _, track, _ = done(song_id)
    truth = true_f0(song_id, len(track))
    sung = truth > 0
    cents = 1200 * np.abs(np.log2(track.hz[sung & track.voiced] / truth[sung & track.voiced]))
    assert np.median(cents) < 5
    assert np.mean(cents < 50) > 0.98
    assert np.mean(track.voiced[sung]) > 0.95
    assert np.mean(track.voiced[~sung]) < 0.05


def test_the_second_recording_is_the_same_melody_nine_semitones_higher() -> None:
    low, high = (pitch.hz_to_midi(done(song_id)[2].f0_median_hz) for song_id in ("twinkle_en", "twinkle_en_high"))
    assert high - low == pytest.approx(9, abs=0.5)


@pytest.mark.parametrize("song_id", sorted(SONGS))
def test_both_streams_have_a_token_for_every_frame(song_id: str) -> None:
    _, track, tokens = done(song_id)
    assert tokens.n_frames == grid.n_frames(track.n_samples, track.rate) == len(tokens.phone_tokens)


def test_phone_labels_of_a_file_are_used_to_the_frame() -> None:
    _, _, tokens = done("nabiya_ko")
    found = [Inventory().names[token] for token in tokens.phone_tokens]
    assert tokens.language == "ko"
    assert found == true_phones("nabiya_ko", tokens.n_frames)


@pytest.mark.parametrize(("song_id", "milliseconds"), [("twinkle_en", 60), ("twinkle_en_high", 250)])
def test_words_are_laid_out_near_to_how_they_were_sung(song_id: str, milliseconds: float) -> None:
    """The median error of where a phone starts: measured 40 ms from word times, 180 ms from line times alone."""
    with (DATA / "truth" / f"{song_id}.phones.csv").open(encoding="utf-8", newline="") as file:
        truth = [(row["phone"], float(row["start"])) for row in csv.DictReader(file) if row["phone"] != "sil"]
    phones = done(song_id)[2].phones
    assert [phone.phone for phone in phones] == [name for name, _ in truth]
    errors = [abs(phone.start - start) for phone, (_, start) in zip(phones, truth, strict=True)]
    assert 1000 * np.median(errors) < milliseconds


@pytest.mark.parametrize("song_id", sorted(SONGS))
def test_vowels_are_voiced_and_pauses_are_not(song_id: str) -> None:
    _, _, tokens = done(song_id)
    truth, manners = true_phones(song_id, tokens.n_frames), Inventory()
    vowels = np.array([manners.manners[manners.ids[name]] == "vowel" for name in truth])
    pauses = np.array([manners.ids[name] == SILENCE for name in truth])
    assert np.mean(tokens.pitch_tokens[vowels] > 0) > 0.97
    assert np.mean(tokens.pitch_tokens[pauses] > 0) < 0.05


def test_the_demo_needs_no_setting() -> None:
    for song_id in SONGS:
        vector = extract.vectorize(done(song_id)[2], Config())
        assert np.linalg.norm(vector["song"]) == pytest.approx(1, abs=1e-6)

"""Facts about the 128 pitch tokens and the names of notes; librosa is the independent reference for names."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import pitch
from pipeline.pitch import QuarterTone

SCALE = QuarterTone()
LOWEST, HIGHEST = 55.0, 440.0 * 2 ** (27 / 12)  # A1 and C7


def cents(one: float, other: float) -> float:
    return float(1200 * np.log2(one / other))


def token(hz: float) -> int:
    return int(SCALE.encode(np.array([hz]))[0][0])


@given(st.floats(55.0, 2093.0))
def test_from_55_to_2093_hz_a_token_is_off_by_at_most_25_cents(hz: float) -> None:
    tokens, clipped = SCALE.encode(np.array([hz]))
    assert clipped == 0
    assert tokens.dtype == np.uint8
    assert abs(cents(hz, float(SCALE.hz_of()[tokens[0]]))) <= 25 + 1e-6


@given(st.floats(55.0, 1975.0).filter(lambda hz: abs((cents(hz, 55.0) / 50) % 1 - 0.5) > 1e-9))
def test_a_semitone_up_is_two_tokens_up(hz: float) -> None:
    assert token(hz * 2 ** (1 / 12)) == token(hz) + 2


@given(st.floats(1.0, 20_000.0), st.floats(1.0, 20_000.0))
def test_a_higher_pitch_never_gets_a_lower_token(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert 1 <= token(low) <= token(high) <= 127


def test_every_token_is_found_again_from_its_own_frequency() -> None:
    hz = SCALE.hz_of()
    assert hz.shape == (128,)
    assert hz[0] == 0.0
    assert hz[1] == pytest.approx(LOWEST)
    assert hz[73] == pytest.approx(440.0)
    assert hz[127] == pytest.approx(HIGHEST)
    for dtype in (np.float32, np.float64):
        tokens, clipped = SCALE.encode(hz.astype(dtype))
        assert tokens.tolist() == list(range(128))
        assert clipped == 0


def test_what_lies_outside_is_clamped_and_counted_from_a_quarter_tone_on() -> None:
    inside, outside = 24.9, 25.1  # cents beyond the first and the last token
    low, high = 2 ** (-1 / 1200), 2 ** (1 / 1200)
    hz = np.array([LOWEST * low**inside, HIGHEST * high**inside, LOWEST * low**outside, HIGHEST * high**outside, 0.0])
    tokens, clipped = SCALE.encode(hz)
    assert tokens.tolist() == [1, 127, 1, 127, 0]
    assert clipped == 2
    assert SCALE.encode(np.array([1.0, 20_000.0])) == (pytest.approx([1, 127]), 2)


def test_unvoiced_frames_are_token_0_and_never_counted() -> None:
    tokens, clipped = SCALE.encode(np.zeros(5, dtype=np.float32))
    assert tokens.tolist() == [0] * 5
    assert clipped == 0
    assert SCALE.encode(np.empty(0))[0].shape == (0,)


@pytest.mark.parametrize(
    ("hz", "name"),
    [
        (440.0, "A4"),
        (261.6256, "C4"),
        (27.5, "A0"),
        (452.893, "A4+50"),  # a quarter tone belongs to the note below it
        (453.2, "A#4-49"),
        (61.0, "B1-21"),
        (30.8677, "B0"),
        (8.1758, "C-1"),
        (2093.0045, "C7"),
    ],
)
def test_notes_have_the_names_that_musicians_give_them(hz: float, name: str) -> None:
    assert pitch.note_name(hz) == name


def test_names_are_those_of_librosa() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, while it is imported
        import librosa
    for midi in np.arange(12, 120, 0.07):
        if abs(midi % 1 - 0.5) < 0.01:
            continue  # between two notes ours takes the lower one, librosa the even one
        hz = float(pitch.midi_to_hz(midi))
        name = pitch.note_name(hz)
        assert name.split("+")[0].split("-")[0] == librosa.hz_to_note(hz, octave=True, unicode=False)
        assert cents(pitch.note_hz(name), hz) == pytest.approx(0, abs=0.51)  # whose cents are cut off, not rounded
    for letter in "CDEFGAB":
        for accidental in ("", "#", "b"):
            for octave in range(10):
                name = f"{letter}{accidental}{octave}"
                assert pitch.note_hz(name) == pytest.approx(librosa.note_to_hz(name))
                assert pitch.note_hz(f"{name}-30") == pytest.approx(librosa.note_to_hz(f"{name}-30", round_midi=False))


def test_a_note_may_be_written_in_several_ways() -> None:
    assert pitch.note_hz("Bb3") == pitch.note_hz("A#3") == pitch.note_hz("b♭3") == pitch.note_hz(" A♯3 ")
    assert pitch.note_hz("Cb4") == pitch.note_hz("B3")
    assert cents(pitch.note_hz("A4+12.5"), 440.0) == pytest.approx(12.5)


@pytest.mark.parametrize("text", ["", "H4", "A", "A4+", "4A", "A4 50", "A##4", "A4+1e3", "A99999", "en/AA", "Hz"])
def test_what_is_no_note_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write one like A4"):
        pitch.note_hz(text)


def test_the_127_names_are_distinct_and_lead_back_to_their_tokens() -> None:
    names = pitch.names(SCALE)
    assert len(set(names)) == len(names) == 128
    assert names[:4] == ("unvoiced", "A1", "A1+50", "A#1")
    assert names[127] == "C7"
    assert [pitch.token(SCALE, name) for name in names] == list(range(128))
    assert [pitch.token(SCALE, str(i)) for i in range(128)] == list(range(128))
    assert [pitch.token(SCALE, f"{hz:.3f}Hz") for hz in SCALE.hz_of()[1:]] == list(range(1, 128))


@pytest.mark.parametrize(
    ("text", "found"), [("a4", 73), ("440hz", 73), ("440Hz", 73), ("A4+20", 73), ("A4+30", 74), ("Unvoiced", 0)]
)
def test_a_token_may_be_named_in_several_ways(text: str, found: int) -> None:
    assert pitch.token(SCALE, text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("128", "0 to 127"),
        ("C8", "C8 is 4186.0 Hz; the scale goes from A1 to C7"),
        ("E1", "from A1 to C7"),
        ("20Hz", "from A1 to C7"),
        ("0Hz", "from A1 to C7"),
        ("1" + 400 * "0" + "Hz", "from A1 to C7"),
        ("do", "is not a note"),
        ("-1", "is not a note"),
        ("４４", "is not a note"),
    ],
)
def test_a_token_that_is_not_there_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        pitch.token(SCALE, text)


@pytest.mark.parametrize("kind", pitch.SCALES)
def test_every_scale_has_128_rising_tokens_that_are_found_again(kind: str) -> None:
    scale = pitch.SCALES[kind]()
    hz = scale.hz_of()
    assert hz.shape == (128,)
    assert hz[0] == 0.0
    assert (np.diff(hz) > 0).all()
    tokens, clipped = scale.encode(hz)
    assert (tokens.tolist(), clipped, tokens.dtype) == (list(range(128)), 0, np.uint8)

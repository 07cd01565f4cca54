"""Facts about configs: what is understood, what is refused and in which words, and which setting moves which key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import config
from pipeline.config import Config, ConfigError
from pipeline.embedding import NGram, Seeded
from pipeline.f0.dio import Dio
from pipeline.f0.swiftf0 import SwiftF0

OURS = sorted(path.stem for path in config.shipped("configs").glob("*.yaml"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str, name: str = "own.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refused(*args: Any) -> str:
    """The message with which a config is refused."""
    with pytest.raises(ConfigError) as error:
        config.load(*args)
    assert "\n" not in str(error.value)
    return str(error.value)


class TestOurs:
    def test_the_default_file_says_every_setting_with_its_default(self) -> None:
        text = (config.shipped("configs") / "default.yaml").read_text(encoding="utf-8")
        assert yaml.safe_load(text) == Config().as_dict()

    @pytest.mark.parametrize("name", OURS)
    def test_every_config_of_ours_loads_by_name_file_name_and_path(self, name: str) -> None:
        path = config.shipped("configs") / f"{name}.yaml"
        assert config.load(name) == config.load(f"{name}.yaml") == config.load(f"configs/{name}.yaml")
        assert config.load(name) == config.load(path)

    def test_nothing_is_the_default(self) -> None:
        assert config.load() == config.load("default") == Config()

    def test_seed_is_the_origin_of_the_idea(self) -> None:
        """An n-gram model with two tokens of context learns ten dimensions; the mean over everything; both streams."""
        seed = config.load("seed")
        origin = NGram(context=2, dim=10, hidden=128, learning_rate=0.001, epochs=10, batch=1)
        assert seed.embedding.pitch == seed.embedding.phone == origin
        assert seed.pooling == ("mean",)
        assert seed.song.pooling == "mean"
        assert seed.pitch.kind == "quarter_tone"  # absolute tokens, not relative to the song

    def test_seed_differs_from_the_default_in_nothing_else(self) -> None:
        seed, default = config.load("seed"), Config()
        assert [f.name for f in fields(Config) if getattr(seed, f.name) != getattr(default, f.name)] == [
            "embedding",
            "pooling",
        ]


class TestUnknown:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (
                "poolin: [mean]",
                "own.yaml: poolin: there is no such setting; did you mean pooling? (there are language, ",
            ),
            ("f0: {kind: dio, fmim: 60}", "own.yaml: f0.fmim: there is no such setting; did you mean fmin?"),
            ("f0: {kind: dio, threshold: 0.5}", "f0.threshold: there is no such setting; there are kind, fmin, fmax"),
            ("lyrics: {prefered: [lab]}", "own.yaml: lyrics.prefered: there is no such setting; did you mean prefer?"),
            ("embedding: {pich: {kind: seeded}}", "embedding.pich: there is no such setting; did you mean pitch?"),
            ("embedding: {pitch: {dims: 8}}", "embedding.pitch.dims: there is no such setting; did you mean dim?"),
            ("phones: {extras: []}", "own.yaml: phones.extras: there is no such setting; did you mean extra?"),
            ("song: {melodie: 1}", "own.yaml: song.melodie: there is no such setting; did you mean melody?"),
            ("audio: {xyz: 1}", "own.yaml: audio.xyz: there is no such setting; there are channel"),
            ("f0: {kind: dip}", "own.yaml: f0.kind: 'dip' is unknown; did you mean dio? (there are swiftf0, dio)"),
            ("f0: crepe", "own.yaml: f0.kind: 'crepe' is unknown; there are swiftf0, dio"),
            ("embedding: {phone: n_gram}", "embedding.phone.kind: 'n_gram' is unknown; did you mean ngram?"),
            ("pooling: [men]", "own.yaml: pooling: 'men' is unknown; did you mean mean? (there are mean, sung_mean)"),
            ("song: {pooling: sungmean}", "own.yaml: pooling: 'sungmean' is unknown; did you mean sung_mean?"),
            ("lyrics: {prefer: [txt]}", "lyrics: prefer: 'txt' is no lyric format; there are lab, textgrid, lrc"),
        ],
    )
    def test_a_name_that_is_not_known_is_refused_with_its_place_and_what_would_work(
        self, write: Callable[[str], Path], text: str, says: str
    ) -> None:
        assert says in refused(write(text))

    def test_a_misspelt_override_is_told_apart_from_the_file(self) -> None:
        message = refused(None, ["f0.kind=dio", "f0.fmni=60"])
        assert message.startswith("default.yaml with -s f0.kind=dio -s f0.fmni=60: f0.fmni: there is no such setting")

    def test_versions_are_no_settings(self, write: Callable[[str], Path]) -> None:
        assert "f0.version: there is no such setting" in refused(write("f0: {version: 2}"))


class TestValues:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("f0: {fmin: low}", r"f0\.fmin: .*valid number.*'low'"),
            ("f0: {fmin: 900, fmax: 200}", r"f0: fmin 900 and fmax 200: wanted 46.875 <= fmin < fmax"),
            ("f0: {threshold: 2}", r"f0: threshold 2: wanted 0 < threshold <= 1"),
            ("f0: 3", r"f0: wanted settings like \{name: value\}, not 3"),
            ("f0: {kind: [dio]}", r"f0\.kind: \['dio'\] is unknown; did you mean dio"),
            ("cleaning: {threshold: 0}", r"cleaning: threshold 0: wanted 0 < threshold <= 1, or null"),
            ("audio: [1]", r"audio: wanted settings like"),
            ("audio: {channel: left}", r"audio\.channel: .*valid integer.*'left'"),
            ("lyrics: {on_error: ignore}", r"lyrics\.on_error: .*'fail' or 'drop'.*'ignore'"),
            ("phones: {extra: [vf]}", r"phones: extra phone 'vf' needs a language and a label, like ja/vf"),
            ("phones: {extra: [en/AA]}", r"phones: extra phones that are in the inventory already: en/AA"),
            ("phones: {longest_syllable: .nan}", r"phones: longest_syllable nan: wanted seconds above 0"),
            ("embedding: {pitch: {dim: 0}}", r"embedding\.pitch: dim must be 1 to 4096, not 0"),
            ("embedding: {pitch: {dim: 2.5}}", r"embedding\.pitch\.dim: .*integer.*2\.5"),
            ("embedding: {pitch: {kind: file}}", r"embedding\.pitch: a table of kind `file` needs a path"),
            ("pooling: mean", r"pooling: .*valid tuple.*'mean'"),
            ("pooling: []", r"pooling: the list is empty; give at least one of mean, sung_mean"),
            ("pooling: [mean, mean]", r"pooling: a name stands twice in \['mean', 'mean'\]"),
            ("song: {melody: -1}", r"song: weights melody -1, lyrics 0\.5: wanted 0 or more"),
            ("song: {melody: 0, lyrics: 0}", r"song: weights melody 0, lyrics 0: wanted .* not both 0"),
            ("song: {melody: .nan}", r"song: weights melody nan, lyrics 0\.5: wanted 0 or more"),
            ("song: {lyrics: .inf}", r"song: weights melody 0\.5, lyrics inf: wanted 0 or more"),
            ("language: no", r"language: .*valid string.*False"),
            ("- f0", r"own\.yaml: a config is a mapping of names to settings, this is a list"),
            ("1: 2", r"own\.yaml: a config is a mapping of names to settings"),
        ],
    )
    def test_a_value_that_cannot_be_is_refused_with_its_place(
        self, write: Callable[[str], Path], text: str, says: str
    ) -> None:
        assert re.search(says, refused(write(text)))

    def test_a_number_may_be_written_as_yaml_1_1_does_not_know_it(self, write: Callable[[str], Path]) -> None:
        loaded = config.load(write("embedding: {pitch: {kind: ngram, learning_rate: 1e-2}}"))
        assert loaded.embedding.pitch == NGram(learning_rate=0.01)

    def test_null_is_the_default(self, write: Callable[[str], Path]) -> None:
        assert config.load(write("f0: null\npooling: null\nlanguage: null\n")) == Config()

    def test_an_empty_file_is_the_default(self, write: Callable[[str], Path]) -> None:
        assert config.load(write("# nothing\n")) == Config()


class TestFiles:
    def test_broken_yaml_is_named_with_its_line(self, write: Callable[[str], Path]) -> None:
        assert re.search(r"own\.yaml:3: no YAML: ", refused(write("language: en\nf0:\n  kind: dio: 1\n")))

    def test_yaml_that_is_not_utf8_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "own.yaml"
        path.write_bytes("# canción\nlanguage: en\n".encode("latin-1"))
        assert re.search(r"own\.yaml: not UTF-8 \(.* at byte 7\); save it as UTF-8", refused(path))

    def test_a_missing_config_is_answered_with_ours(self) -> None:
        assert refused("defalt") == f"defalt: there is no such config; give a path, or one of ours: {', '.join(OURS)}"

    def test_yaml_cannot_run_code(self, write: Callable[[str], Path]) -> None:
        assert "no YAML" in refused(write("language: !!python/object/apply:os.getcwd []"))


class TestExtends:
    def test_a_config_goes_on_from_one_of_ours(self, write: Callable[[str], Path]) -> None:
        loaded = config.load(write("extends: seed\nembedding: {pitch: {epochs: 3}}\n"))
        assert loaded.embedding.pitch == NGram(epochs=3)
        assert loaded.embedding.phone == NGram()
        assert loaded.pooling == ("mean",)

    def test_a_config_goes_on_from_a_file_beside_it(self, write: Callable[..., Path]) -> None:
        write("f0: {kind: dio, fmin: 80}\n", "base.yaml")
        assert config.load(write("extends: base.yaml\nf0: {fmax: 900}\n")).f0 == Dio(fmin=80, fmax=900)

    def test_one_level_and_not_two(self, write: Callable[..., Path]) -> None:
        write("extends: seed\n", "base.yaml")
        message = refused(write("extends: base.yaml\n"))
        assert "own.yaml: base.yaml extends another in turn; one level only" in message

    def test_the_defaults_are_no_level(self, write: Callable[..., Path]) -> None:
        write("extends: default\nf0: dio\n", "base.yaml")
        assert config.load(write("extends: base.yaml\nlanguage: en\n")) == config.load(None, ["f0=dio", "language=en"])

    def test_a_base_that_is_missing_is_named(self, write: Callable[..., Path]) -> None:
        assert refused(write("extends: nowhere.yaml\n")).startswith("nowhere.yaml: there is no such config")


class TestOverrides:
    def test_one_setting_changes_and_the_others_stay(self) -> None:
        loaded = config.load("default", ["f0.threshold=0.4", "embedding.pitch.dim=8", "pooling=[sung_mean]"])
        assert loaded.f0 == SwiftF0(threshold=0.4)
        assert (loaded.embedding.pitch, loaded.embedding.phone) == (Seeded(dim=8), Seeded())
        assert loaded.pooling == ("sung_mean",)

    def test_the_last_one_wins(self) -> None:
        assert config.load(None, ["language=en", "language=ja"]).language == "ja"

    def test_another_kind_starts_from_its_own_defaults(self, write: Callable[[str], Path]) -> None:
        own = write("f0: {kind: swiftf0, threshold: 0.4, fmin: 100}\n")
        assert config.load(own, ["f0.kind=dio"]).f0 == Dio()
        assert config.load(own, ["f0=dio"]).f0 == Dio()
        assert config.load(own, ["f0.kind=dio", "f0.fmin=90"]).f0 == Dio(fmin=90)

    def test_the_same_kind_again_changes_nothing(self, write: Callable[[str], Path]) -> None:
        own = write("f0: {kind: dio, fmin: 100}\n")
        assert config.load(own, ["f0.kind=dio"]).f0 == config.load(own, ["f0=dio"]).f0 == Dio(fmin=100)

    def test_a_kind_alone_is_short_for_its_settings(self, write: Callable[[str], Path]) -> None:
        assert config.load(write("f0: dio")).f0 == config.load(None, ["f0=dio"]).f0 == Dio()

    def test_the_short_form_is_a_kind_like_any_other_to_what_goes_on_from_it(self, write: Callable[..., Path]) -> None:
        short = write("f0: dio\nembedding: {pitch: ngram}\n", "short.yaml")
        assert config.load(short, ["f0.fmin=80"]).f0 == Dio(fmin=80)
        assert config.load(short, ["embedding.pitch.epochs=2"]).embedding.pitch == NGram(epochs=2)
        assert config.load(write("extends: short.yaml\nf0: {fmin: 80}\n")).f0 == Dio(fmin=80)

    @pytest.mark.parametrize("override", ["f0.kind", "=dio", ""])
    def test_an_override_that_is_none_is_shown_how(self, override: str) -> None:
        assert "write it as name=value, for instance -s f0.kind=dio" in refused(None, [override])

    def test_a_value_that_is_no_yaml_is_named(self) -> None:
        assert refused(None, ["pooling=[mean"]).startswith("-s pooling=[mean:1: no YAML: ")


class TestResolved:
    @pytest.mark.parametrize(
        "overrides",
        [
            [],
            ["f0=dio", "f0.fmin=80.5"],
            ["language=ko", "phones.extra=[ja/vf, ko/ㆍ]"],
            ["embedding.pitch={kind: file, path: a b/pitch.safetensors}", "embedding.phone=ngram"],
            ["cleaning.threshold=0.25", "lyrics.prefer=[lrc]", "pooling=[sung_mean]"],
        ],
    )
    def test_as_yaml_and_back_is_the_same_config(self, tmp_path: Path, overrides: list[str]) -> None:
        first = config.load("default", overrides)
        path = tmp_path / "config.yaml"
        path.write_text(first.as_yaml(), encoding="utf-8")
        assert config.load(path) == first
        assert config.from_dict(first.as_dict()) == first
        assert config.load(path).as_yaml() == first.as_yaml()


# Which passes a setting belongs to. What a setting of a pass moves is the key of that pass; a later pass has it in its
# own key through the key of the pass before, and no earlier one knows of it.
MOVES = {
    "f0=dio": "track",
    "f0.fmin=60": "track",
    "f0.fmax=2000": "track",
    "f0.threshold=0.4": "track",
    "audio.channel=0": "track",
    "language=en": "tokenize",
    "cleaning.threshold=0.3": "tokenize",
    "lyrics.prefer=[lrc, lab, textgrid]": "tokenize",
    "lyrics.on_error=drop": "tokenize",
    "phones.extra=[ja/vf]": "tokenize",
    "phones.longest_syllable=2": "tokenize",
    "pooling=[mean]": "vectorize",
    "song.pooling=sung_mean": "vectorize",
    "song.melody=0.7": "vectorize",
    "song.lyrics=0.7": "vectorize",
    "embedding.pitch.dim=8": "tables",
    "embedding.phone.seed=1": "tables",
    "embedding.pitch=ngram": "tables",
}


def settings(of: Config) -> dict[str, Any]:
    return {
        "track": of.track_settings(),
        "tokenize": of.tokenize_settings(),
        "vectorize": of.vectorize_settings({"pitch": "a", "phone": "b"}),
        "tables": of.embedding,
    }


@pytest.mark.parametrize(("override", "moved"), MOVES.items())
def test_a_setting_moves_the_key_of_its_own_pass_only(override: str, moved: str) -> None:
    before, after = settings(Config()), settings(config.load(None, [override]))
    assert [name for name in before if before[name] != after[name]] == [moved]


def test_every_setting_is_in_some_key() -> None:
    moved = {override.split("=")[0].split(".")[0] for override in MOVES}
    assert moved | {"pitch"} == {f.name for f in fields(Config)}  # there is one pitch scale so far, without settings


def test_a_table_with_other_rows_moves_the_key_of_the_vectors() -> None:
    one, other = Config().vectorize_settings({"pitch": "a"}), Config().vectorize_settings({"pitch": "b"})
    assert config.digest(one) != config.digest(other)


def test_songs_without_lyrics_do_not_care_how_lyrics_are_read() -> None:
    other = config.load(None, ["lyrics.prefer=[lrc]", "language=ko"])
    assert Config().tokenize_settings(lyrics=False) == other.tokenize_settings(lyrics=False)


def test_keys_name_the_versions_of_the_stages_and_of_the_libraries_they_call() -> None:
    f0 = Config().track_settings()["f0"]
    assert f0["version"] == SwiftF0.version
    assert set(f0["libraries"]) == {"swift-f0", "onnxruntime", "soxr"}
    assert all(re.match(r"\d+\.", found) for found in f0["libraries"].values())


def test_a_digest_is_the_same_whatever_the_order_of_the_names() -> None:
    assert config.digest({"a": 1, "b": [2, "ㅏ"]}) == config.digest({"b": [2, "ㅏ"], "a": 1})
    assert re.fullmatch("[0-9a-f]{32}", config.digest({}))

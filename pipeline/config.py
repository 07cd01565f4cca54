"""One YAML -> the stages, built; and the settings of each pass, from which its keys are made.

Everything that decides a number is in the config. An unknown key is refused with a suggestion, never passed over. A
config may start from another one with ``extends:`` (one level), and single settings are overridden with
``f0.kind=dio``. A mapping whose ``kind`` changes starts from that kind's own defaults: the settings of the kind before
it mean nothing there. A name alone is short for its ``kind``, and one name for a list of one.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from pipeline import f0, g2p
from pipeline import lyrics as readers
from pipeline.audio import Read
from pipeline.cleaning import Cleaning
from pipeline.embedding import RECIPES, File, Harmonic, Recipe
from pipeline.f0 import file as f0_file
from pipeline.f0.swiftf0 import SwiftF0
from pipeline.g2p import dictionary
from pipeline.g2p.english import English
from pipeline.g2p.voices import Voices
from pipeline.phones import Phones
from pipeline.pitch import SCALES, QuarterTone, Scale
from pipeline.pooling import POOLINGS, Pooling
from pipeline.pooling.context import Context
from pipeline.pooling.contour import Contour
from pipeline.pooling.fragment import Fragment
from pipeline.pooling.mean import Mean, SungMean
from pipeline.records import Song
from pipeline.vocals import Separator

# Versions of extract's own steps: raised when extract's own code, not a stage's, changes what comes out.
TRACK, TOKENIZE, VECTORIZE = 2, 2, 2

_PACKAGE = Path(__file__).parent


class ConfigError(ValueError):
    """A config that cannot be used: which file, which setting, and what would work."""


@dataclass(frozen=True)
class Lyrics:
    """``prefer``: which format wins where a song has several lyric files that are equally finely timed. ``on_error``:
    a lyric file that cannot be used fails its song, or is dropped (the song is flagged ``lyrics_dropped``)."""

    prefer: tuple[str, ...] = ("lab", "textgrid", "ultrastar", "lrc")
    on_error: Literal["fail", "drop"] = "fail"

    def __post_init__(self) -> None:
        for kind in self.prefer:
            if kind not in readers.READERS:
                raise ValueError(f"prefer: {kind!r} is no lyric format; there are {', '.join(readers.READERS)}")


@dataclass(frozen=True)
class G2P:
    """``lexicon``: the path of the user's own dictionary (see ``g2p.dictionary``); and each language's settings."""

    lexicon: str | None = None
    en: English = field(default_factory=English)


@dataclass(frozen=True)
class Embeddings:
    """The two tables, by stream."""

    pitch: Recipe = Harmonic()
    phone: Recipe = Harmonic()

    def __post_init__(self) -> None:
        if self.joint and self.pitch != self.phone:
            raise ConfigError("embedding: joint tables share a space: give pitch and phone the same kind and settings")

    @property
    def joint(self) -> Recipe | None:
        """The recipe that both streams are learnt by in one space, if they are."""
        return next((one for one in (self.pitch, self.phone) if getattr(one, "joint", False)), None)


@dataclass(frozen=True)
class Joint:
    """The ``song`` vector: a vector of each stream, each of length 1, weighted and put side by side.

    ``melody_pooling`` and ``lyrics_pooling`` say which, ``pooling`` takes one kind for both instead. The weights enter
    as square roots, so that the cosine of two songs is the weighted mean of the cosines of their melodies and lyrics.
    """

    pooling: str | None = None
    melody_pooling: str = "contour"
    lyrics_pooling: str = "context"
    melody: float = 0.5
    lyrics: float = 0.5

    @property
    def kinds(self) -> dict[str, str]:
        """The pooling of each part: of ``melody`` and of ``lyrics``."""
        return {"melody": self.pooling or self.melody_pooling, "lyrics": self.pooling or self.lyrics_pooling}

    def __post_init__(self) -> None:
        if not (0 <= self.melody < math.inf and 0 <= self.lyrics < math.inf and self.melody + self.lyrics > 0):
            raise ValueError(
                f"weights melody {self.melody:g}, lyrics {self.lyrics:g}: wanted 0 or more, and not both 0"
            )


@dataclass(frozen=True)
class Config:
    """All stages, built. The defaults are those of ``configs/default.yaml``, which explains them."""

    language: str | None = None
    audio: Read = Read()
    separator: Separator | None = None
    f0: f0.Estimator | f0_file.File = field(default_factory=SwiftF0)
    cleaning: Cleaning = Cleaning()
    pitch: Scale = field(default_factory=QuarterTone)
    lyrics: Lyrics = Lyrics()
    g2p: G2P = field(default_factory=G2P)
    phones: Phones = Phones()
    embedding: Embeddings = Embeddings()
    pooling: tuple[Pooling, ...] = field(default_factory=lambda: (Mean(), SungMean(), Contour(), Fragment(), Context()))
    song: Joint = Joint()

    def __post_init__(self) -> None:
        kinds = [pool.kind for pool in self.pooling]
        if not kinds:
            raise ConfigError("pooling: the list is empty; give at least one of " + ", ".join(POOLINGS))
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise ConfigError(f"pooling: {kind} stands twice; a kind names its columns and can stand only once")
        for part, kind in self.song.kinds.items():
            name = "pooling" if self.song.pooling else f"{part}_pooling"
            member, stream = POOLINGS.get(kind), "pitch" if part == "melody" else "phone"
            if member is None:
                raise ConfigError(f"song.{name}: {kind!r} is unknown{_meant(kind, POOLINGS)}")
            if stream not in member.streams:
                able = [other for other, pool in POOLINGS.items() if stream in pool.streams]
                raise ConfigError(f"song.{name}: {kind} does not pool {part}; there are {', '.join(able)}")

    @property
    def poolings(self) -> dict[str, Pooling]:
        """By kind: those that give columns, and those of ``song``, with their defaults if they are not among them."""
        listed = {pool.kind: pool for pool in self.pooling}
        return listed | {kind: POOLINGS[kind]() for kind in self.song.kinds.values() if kind not in listed}

    @cached_property
    def voices(self) -> Voices:
        """Who reads the words of a song: each language as it is set, after the user's own dictionary.

        Raises:
            ConfigError: that dictionary cannot be read.
        """
        members = {name: member for name, member in vars(self.g2p).items() if name in g2p.LANGUAGES}
        if self.g2p.lexicon is None:
            return Voices(members)
        try:
            return Voices(members, dictionary.read(self.g2p.lexicon, self.phones.inventory))
        except OSError as error:
            raise ConfigError(f"g2p.lexicon: {self.g2p.lexicon}: {error.strerror or error}; mend the path") from None
        except ValueError as error:
            raise ConfigError(f"g2p.lexicon: {error}") from None

    def as_dict(self) -> dict[str, Any]:
        """The resolved settings as plain data; ``from_dict`` of it gives this config again."""
        settings = json.loads(json.dumps(asdict(self)))
        settings["separator"] = self.separator and self.separator.command
        settings["pooling"] = [pool["kind"] if list(pool) == ["kind"] else pool for pool in settings["pooling"]]
        return settings

    def as_yaml(self) -> str:
        """The resolved settings as a config file."""
        return yaml.safe_dump(self.as_dict(), sort_keys=False, allow_unicode=True)

    def separates(self, song: Song) -> bool:
        """Whether the vocals of a song have to be taken out of its recording first."""
        return self.separator is not None and song.vocals is None and not isinstance(self.f0, f0_file.File)

    def track_settings(self, separated: bool = True) -> dict[str, Any]:
        """What the f0 of a song depends on, besides its audio; not ``separated`` where it is taken as it is."""
        settings = {"version": TRACK, "audio": _stage(self.audio), "f0": _stage(self.f0)}
        if separated and self.separator and not isinstance(self.f0, f0_file.File):
            settings["separator"] = self.separator.name
        return settings

    def tokenize_settings(self, lyrics: bool = True) -> dict[str, Any]:
        """What the tokens of a song depend on besides its f0 and its lyric files; less without ``lyrics``."""
        settings = {
            "version": TOKENIZE,
            "cleaning": _stage(self.cleaning),
            "pitch": _stage(self.pitch),
            "phones": _stage(self.phones),
        }
        if lyrics:
            voices = self.voices
            members = {code: voices.members.get(code) or g2p.language(code) for code in g2p.LANGUAGES}
            settings |= {
                "language": self.language,
                "lyrics": asdict(self.lyrics),
                "readers": {kind: _stage(reader()) for kind, reader in readers.READERS.items()},
                "g2p": {
                    "lexicon": voices.dictionary.digest or None,  # what is in it; where it is decides nothing
                    **{code: _stage(member) for code, member in members.items()},
                },
            }
        return settings

    def vectorize_settings(self, table_digests: Mapping[str, str]) -> dict[str, Any]:
        """What the vectors of a song depend on, besides its tokens."""
        return {
            "version": VECTORIZE,
            "tables": dict(table_digests),
            "pooling": {kind: _stage(pool) for kind, pool in self.poolings.items()},
            "columns": [pool.kind for pool in self.pooling],
            "song": asdict(self.song),
        }


def digest(value: Any) -> str:
    """The key of plain data: 32 hex digits of the SHA-256 of its JSON with sorted keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def of_run(out: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The config that a run was made with, then ``overrides``.

    Raises:
        ConfigError: an override is wrong, or the config is of a version that has other settings.
    """
    path = Path(out) / "config.yaml"
    try:
        made = load(path, must_exist=False)
    except ConfigError as error:
        raise ConfigError(
            f"{error}\nif another version of songvec made that run: `songvec run` with the same songs makes it again"
        ) from None
    return load(path, overrides, must_exist=False) if overrides else made


def load(source: str | Path | None = None, overrides: Sequence[str] = (), *, must_exist: bool = True) -> Config:
    """A config from a YAML file or one of ours (``default``, ``seed``), then ``overrides`` like ``f0.kind=dio``.

    The path of an embedding table, or of the user's dictionary, is relative to the file in which it stands, in
    ``overrides`` to the working directory. ``must_exist=False`` lets pass that it is not there, or that an estimator
    is not installed: so it may be with the config of a finished run.

    Raises:
        ConfigError: there is no such file, it is no YAML, a setting is unknown or cannot have its value, or the user's
            dictionary has a fault.
    """
    where = str(source) if source else "default.yaml"
    settings = _extended(_path(source)) if source else {}
    for override in overrides:
        name, found, value = override.partition("=")
        if not found or not name:
            raise ConfigError(f"-s {override}: write it as name=value, for instance -s f0.kind=dio")
        nested: Any = _yaml(value, f"-s {override}")
        for part in reversed(name.strip().split(".")):
            nested = {part: nested}
        settings = _merged(settings, _rooted(nested, Path()))
    if overrides:
        where = f"{where} with -s {' -s '.join(overrides)}"
    loaded = from_dict(settings, where, must_exist=must_exist)
    for stream in fields(Embeddings):
        recipe = getattr(loaded.embedding, stream.name)
        if must_exist and isinstance(recipe, File) and not Path(recipe.path).is_file():
            raise ConfigError(f"{where}: embedding.{stream.name}.path: {recipe.path}: there is no such file")
    if must_exist:
        try:
            _ = loaded.voices
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
    return loaded


def from_dict(settings: Mapping[str, Any], where: str = "config", *, must_exist: bool = True) -> Config:
    """Plain data -> Config; ``where`` begins the messages, ``must_exist`` is as in ``load``.

    Raises:
        ConfigError: a setting is unknown or cannot have its value, or an estimator is not installed.
    """
    members: dict[str, Any] = {
        "language": lambda value, at: _validated(str, value, at),
        "audio": lambda value, at: _build(Read, value, at),
        "separator": _separator,
        "f0": lambda value, at: _source(value, at, must_exist),
        "cleaning": lambda value, at: _build(Cleaning, value, at),
        "pitch": lambda value, at: _member(SCALES, SCALES.__getitem__, "quarter_tone", value, at),
        "lyrics": lambda value, at: _build(Lyrics, value, at),
        "g2p": _g2p,
        "phones": lambda value, at: _build(Phones, value, at),
        "embedding": _embeddings,
        "pooling": _poolings,
        "song": lambda value, at: _build(Joint, value, at),
    }
    _known(settings, [f.name for f in fields(Config)], where, "")
    built = {name: members[name](value, f"{where}: {name}") for name, value in settings.items() if value is not None}
    try:
        return Config(**built)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def shipped(folder: str) -> Path:
    """A folder that comes with the project (``configs``, ``data``), in a wheel and in a checkout alike."""
    inside = _PACKAGE / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def _path(source: str | Path) -> Path:
    path = Path(source)
    if path.is_file():
        return path
    ours = shipped("configs")
    for candidate in (ours / path.name, ours / f"{path.name}.yaml"):
        if candidate.is_file() and path.parent in (Path(), Path("configs")):
            return candidate
    names = ", ".join(sorted(file.stem for file in ours.glob("*.yaml")))
    raise ConfigError(f"{source}: there is no such config; give a path, or one of ours: {names}")


def _extended(path: Path) -> dict[str, Any]:
    settings = _mapping(path)
    base = settings.pop("extends", None)
    if base is None:
        return settings
    near = path.parent / str(base)
    parent = _mapping(near if near.is_file() else _path(str(base)))
    if parent.pop("extends", "default") != "default":  # ours says the defaults and nothing else
        raise ConfigError(f"{path}: {base} extends another in turn; one level only, put them into one file")
    return _merged(parent, settings)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        settings = _yaml(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
    if settings is None:
        return {}
    if not isinstance(settings, dict) or not all(isinstance(key, str) for key in settings):
        raise ConfigError(f"{path}: a config is a mapping of names to settings, this is a {type(settings).__name__}")
    return _rooted(settings, path.parent)


def _rooted(settings: Any, folder: Path) -> Any:
    """Settings as they were read, with the paths in them, of tables and of a dictionary, taken from ``folder``."""
    spoken = settings.get("g2p")
    if isinstance(spoken, dict) and isinstance(spoken.get("lexicon"), str) and spoken["lexicon"]:
        spoken["lexicon"] = str((folder / spoken["lexicon"]).absolute())
    embedding = settings.get("embedding")
    for recipe in embedding.values() if isinstance(embedding, dict) else ():
        if isinstance(recipe, dict) and isinstance(recipe.get("path"), str) and recipe["path"]:
            recipe["path"] = str((folder / recipe["path"]).absolute())
    return settings


class _Loader(yaml.SafeLoader):
    """YAML in which 1e-3 is a number; to YAML 1.1 it is a text unless written 1.0e-3."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def _yaml(text: str, where: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            f"{where}{f':{mark.line + 1}' if mark else ''}: no YAML: {getattr(error, 'problem', error)}"
        ) from None


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    if "kind" in over and over["kind"] != base.get("kind"):
        merged = {}
    for name, value in over.items():
        below = merged.get(name)
        if isinstance(value, str) and isinstance(below, dict) and "kind" in below:
            value = {"kind": value}
        if isinstance(value, dict):  # and `f0: dio` below it is short for `f0: {kind: dio}`
            below = {"kind": below} if isinstance(below, str) else below
            merged[name] = _merged(below if isinstance(below, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def _member(table: Mapping[str, Any], get: Any, default: str | None, value: Any, where: str) -> Any:
    if isinstance(value, str):  # `f0: dio` is short for `f0: {kind: dio}`
        value = {"kind": value}
    _mapping_of(value, where)
    kind = value.get("kind", default)
    if not isinstance(kind, str) or kind not in table:
        raise ConfigError(f"{where}.kind: {kind!r} is unknown{_meant('' if kind is None else str(kind), table)}")
    return _build(get(kind), value, where)


def _separator(value: Any, where: str) -> Separator:
    try:
        return Separator(_validated(str, value, where))
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _source(value: Any, where: str, must_exist: bool) -> Any:
    built = _member(f0.SOURCES, f0.estimator, "swiftf0", value, where)
    if must_exist and (remedy := f0.missing(built.kind)):
        raise ConfigError(f"{where}.kind: {built.kind} comes in a package of its own, which is not installed: {remedy}")
    return built


def _g2p(value: Any, where: str) -> G2P:
    _mapping_of(value, where)
    _known(value, [f.name for f in fields(G2P)], where, ".")
    classes = {f.name: type(getattr(G2P(), f.name)) for f in fields(G2P) if f.name in g2p.LANGUAGES}
    built = {name: _build(classes[name], below, f"{where}.{name}") for name, below in value.items() if name in classes}
    path = value.get("lexicon")
    if path == "":
        raise ConfigError(f"{where}.lexicon: '' is no file; give the path of a TSV file, or null")
    return G2P(lexicon=None if path is None else _validated(str, path, f"{where}.lexicon"), **built)


def _embeddings(value: Any, where: str) -> Embeddings:
    streams = [f.name for f in fields(Embeddings)]
    _mapping_of(value, where)
    _known(value, streams, where, ".")
    members = {
        name: _member(RECIPES, RECIPES.__getitem__, "harmonic", below, f"{where}.{name}")
        for name, below in value.items()
    }
    try:
        return Embeddings(**members)
    except ConfigError as error:
        raise ConfigError(f"{where.rsplit(': ', 1)[0]}: {error}") from None


def _poolings(value: Any, where: str) -> tuple[Pooling, ...]:
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(_member(POOLINGS, POOLINGS.__getitem__, None, below, f"{where}.{i}") for i, below in enumerate(listed))


def _build(cls: type[Any], value: Any, where: str) -> Any:
    _mapping_of(value, where)
    _known(value, [f.name for f in fields(cls)], where, ".")
    lists = {name for name, hint in get_type_hints(cls).items() if get_origin(hint) is tuple}
    return _validated(
        cls,
        {name: [below] if name in lists and isinstance(below, str) else below for name, below in value.items()},
        where,
    )


def _mapping_of(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: wanted settings like {{name: value}}, not {value!r}")


def _validated(type_: Any, value: Any, where: str) -> Any:
    try:  # as JSON, whose strict mode takes a mapping for a dataclass and 1 for 1.0, but neither true nor "1" for 1
        return TypeAdapter(type_).validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        given = "" if first["type"] == "value_error" else _given(first["input"], first["type"] == "string_type")
        raise ConfigError(f"{where}{'.' + at if at else ''}: {message}{given}") from None


def _given(value: Any, is_text: bool) -> str:
    """What stood there; a bare ``no`` (Norwegian) is no text to YAML, nor is a bare number."""
    read = f", as YAML reads {'yes and on' if value else 'no and off'}" if isinstance(value, bool) else ""
    return f" (given: {value!r}{read}{'; quote it' if is_text else ''})"


def _known(settings: Mapping[str, Any], names: Sequence[str], where: str, dot: str) -> None:
    for name in settings:
        if name not in names:
            path = f"{where}{dot}{name}" if dot else f"{where}: {name}"
            raise ConfigError(f"{path}: there is no such setting{_meant(str(name), names)}")


def _meant(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    listed = ", ".join(names)
    return f"; did you mean {close[0]}? (there are {listed})" if close else f"; there are {listed}"


def _stage(stage: Any) -> dict[str, Any]:
    """A stage as the keys see it: its settings, its version and those of the libraries that it calls."""
    libraries = {name: version(name) for name in getattr(stage, "libraries", ())}
    return {
        **json.loads(json.dumps(asdict(stage))),
        "version": stage.version,
        **({"libraries": libraries} if libraries else {}),
    }

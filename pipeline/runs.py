"""MANY SONGS: the four passes, with shards, keys and failures around what ``extract`` does for one.

A song's row in each table carries a key: the digest of all that the row depends on (the audio, the settings of the
pass, the versions of the code and the libraries it calls, the key of the pass before) and of nothing else. A run makes
the rows whose key is not there yet and leaves the others as they are, so that starting it again does only what is
missing or changed.

What fails is the song and never the run: its reason goes to ``failures.parquet``, and done + failed = given.
"""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline import embedding, extract, files, grid, rows, tables
from pipeline.config import Config, digest, load
from pipeline.execute import Executor
from pipeline.execute.processes import Processes
from pipeline.execute.serial import Serial
from pipeline.f0.file import File
from pipeline.hashes import HashMemory
from pipeline.manifest import Manifest
from pipeline.manifest import read as read_manifest
from pipeline.records import Failure, PitchTrack, Song, SongError, SongTokens
from pipeline.shards import Layout, Update

if TYPE_CHECKING:
    from pipeline.embedding import Recipe, Stream, Table

_SONGS_PER_WORKER = 8  # with fewer, starting another process takes longer than it saves
_PACKAGES = (
    *("songvec", "numpy", "torch", "onnxruntime", "swift-f0", "pyworld-prebuilt"),
    *("librosa", "numba", "scipy", "soundfile", "soxr", "g2p-en", "praatio", "pyarrow", "safetensors"),
)


class RunError(ValueError):
    """A run that is not begun, because it would destroy what is there."""


class Progress(Protocol):
    """Who wants to know how far a run is: ``done`` of ``total`` songs (or epochs) of a pass; ``note`` is the latest."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None: ...


@dataclass(frozen=True)
class Report:
    """How a run went: ``given`` = ``done`` + ``failures``; ``made`` counts the rows that each pass made anew;
    ``trained`` has the loss by epoch of each table that was learnt, ``flags`` how many songs have each flag."""

    out: Path
    given: int
    done: int
    made: Mapping[str, int]
    failures: tuple[Failure, ...] = ()
    trained: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)


def run(
    songs: str | Path | Manifest,
    out: str | Path,
    config: Config | str | Path | None = None,
    *,
    workers: int | None = None,
    rehash: bool = False,
    prune: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Track, tokenize and vectorize every song that is new or changed, and write the tables to ``out``.

    ``songs`` is a folder, a manifest file, or a manifest read before; ``config`` may be the path of a YAML file.
    ``workers``: how many processes; by default one
    for every eight songs to be done, up to the number of cores. ``rehash`` reads every file again, even where size and
    time say that it is the one from last time. ``prune`` drops songs from ``out`` that are not given any more.

    Raises:
        ManifestError: there are no songs to be listed.
        RunError: ``out`` holds songs that are not among those given, and ``prune`` is not set; or no recording can be
            opened that could be last time; or a table of the config does not fit.
    """
    started = datetime.now(UTC)
    given = songs if isinstance(songs, Manifest) else read_manifest(songs)
    chosen = load(config) if isinstance(config, str | Path) else config or Config()
    job = _Job(Path(out), given, chosen, progress or _quiet)
    job.check(prune)
    job.identify(rehash)
    (job.out / tables.FINISHED).unlink(missing_ok=True)
    workers = workers or min(_cores(), job.pending() // _SONGS_PER_WORKER)
    executor: Executor = Processes(workers) if workers > 1 else Serial()
    try:
        job.track(executor)
        job.tokenize(executor)
    finally:
        executor.close()
    job.make_tables()
    job.vectorize()
    return job.finish(started)


@dataclass
class _Job:
    """One run: what is known of each song so far. A song that fails leaves ``songs`` for ``failures``."""

    out: Path
    manifest: Manifest
    config: Config
    progress: Progress
    songs: dict[str, Song] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    keys: dict[str, dict[str, str]] = field(default_factory=lambda: {name: {} for name in tables.PASSES})
    audio_hashes: dict[str, str] = field(default_factory=dict)
    lyric_hashes: dict[str, str] = field(default_factory=dict)  # by path
    spared: set[str] = field(default_factory=set)  # recordings that cannot be opened now: their f0 is not thrown away
    content_keys: dict[str, str] = field(default_factory=dict)  # of the tokens, the manifest's own columns apart
    tracked: dict[str, str] = field(default_factory=dict)  # the keys of f0/ as the run found it
    tables: dict[str, Table] = field(default_factory=dict)  # by stream, and weights by extract.weights_name
    trained: dict[str, tuple[float, ...]] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.songs = {song.id: song for song in self.manifest.songs}
        self.failures = list(self.manifest.refused)
        self.layout = Layout.of(self.out, len(self.songs))
        self.tracked = self.layout.keys("f0")

    def check(self, prune: bool) -> None:
        """Refuse what would be found out after hours, or drop songs that nobody asked to drop."""
        for stream, recipe in self._recipes().items():
            if not recipe.needs_corpus:
                try:
                    self.tables[stream] = embedding.make(recipe, stream, extract.vocabularies(self.config)[stream])
                except (OSError, ValueError) as error:
                    raise RunError(f"embedding.{stream}: {error}") from error
        given = set(self.songs) | {failure.song_id for failure in self.failures}
        gone = sorted(set(self.tracked) - given)
        if gone and not prune:
            raise RunError(
                f"{self.out} holds {len(gone)} songs that are not given this time ({', '.join(gone[:3])}"
                f"{', ...' if len(gone) > 3 else ''}); add --prune to drop them, or choose another --out"
            )

    def identify(self, rehash: bool) -> None:
        """The key of every song in the first two passes, from what is in its files."""
        memory = HashMemory(self.out / ".state" / "hashes.json", rehash)
        track = self.config.track_settings()
        tokenize = {has_lyrics: self.config.tokenize_settings(has_lyrics) for has_lyrics in (False, True)}
        del tokenize[True]["language"]  # of songs that have none of their own: it goes with each of them
        meta_types = dict(self.manifest.meta_types)
        for number, song in enumerate(tuple(self.songs.values()), 1):
            try:
                audio = self.audio_hashes[song.id] = memory(song.recording)
            except OSError as error:
                self._drop(Failure.of(song.id, song.audio, "track", error))
                self.spared.add(song.id)
                continue
            for path in song.lyrics:
                try:
                    self.lyric_hashes[path] = memory(path)
                except OSError:
                    self.lyric_hashes[path] = ""  # tokenize finds the same, and says so
            lyrics = [(self.manifest.relative(path), self.lyric_hashes[path]) for path in song.lyrics]
            made = {"f0": self._f0_file(song, memory)} if isinstance(self.config.f0, File) else {}
            f0 = digest({"audio": audio, "start": song.start, "end": song.end, "settings": track, **made})
            said = {"language": song.language or self.config.language, "lyrics": lyrics} if lyrics else {}
            content = digest({"f0": f0, **said, "settings": tokenize[bool(lyrics)]})
            self.keys["f0"][song.id] = f0
            self.keys["tokens"][song.id] = digest([content, dict(song.meta), meta_types])
            self.content_keys[song.id] = content
            self.progress("identify", number, len(self.manifest.songs))
        if self.spared and not self.songs and self.tracked:
            raise RunError(
                f"none of the {len(self.spared)} recordings can be opened ({self.failures[-1].message}); "
                f"is their disk there? {self.out} is left as it was"
            )
        memory.save()

    def _f0_file(self, song: Song, memory: HashMemory) -> str:
        """What is in the file that a song's f0 is taken from; nothing if there is none, which track then says."""
        assert isinstance(self.config.f0, File)
        try:
            return memory(self.config.f0.path_of(song.recording, song.f0))
        except (SongError, OSError):
            return ""

    def pending(self) -> int:
        """How many songs must be tracked."""
        return sum(self.tracked.get(song_id) != self.keys["f0"][song_id] for song_id in self.songs)

    def track(self, executor: Executor) -> None:
        """songs -> f0/"""

        def tasks(song_ids: Sequence[str], path: Path) -> Iterator[_Task]:
            return (_Task(self.songs[song_id]) for song_id in song_ids)

        def row(song_id: str, track: PitchTrack) -> dict[str, Any]:
            return rows.of_track(song_id, track, self.audio_hashes[song_id], self.keys["f0"][song_id])

        self._pass("f0", tables.F0, {}, tasks, executor, _Work(self.config), row)

    def tokenize(self, executor: Executor) -> None:
        """f0/ -> tokens/"""

        def tasks(song_ids: Sequence[str], path: Path) -> Iterator[_Task]:
            for row in tables.unpacked(tables.select(self.out / "f0" / path.name, song_ids)):
                yield _Task(self.songs[row["song_id"]], rows.track(row))

        def row(song_id: str, tokens: SongTokens) -> dict[str, Any]:
            meta = {name: self.songs[song_id].meta.get(name) for name in self.manifest.meta_types}
            lyrics, sha256 = self.manifest.relative(tokens.lyrics), self.lyric_hashes.get(tokens.lyrics, "")
            return rows.of_tokens(tokens, lyrics, sha256, self.keys["tokens"][song_id], meta)

        schema = tables.tokens_schema(self.manifest.meta_types)
        self._pass("tokens", schema, self._decode(), tasks, executor, _Work(self.config), row)

    def make_tables(self) -> None:
        """The embedding tables. One that is learnt from songs is frozen once it is there: a new song moves no other."""
        from pipeline import training

        folder = self.out / "embeddings"
        for stream, recipe in self._recipes().items():
            if recipe.needs_corpus and self.songs:
                self._learn(stream, recipe, stream, self._epochs(stream, recipe))
            for pool in self.config.poolings.values():
                if pool.needs_corpus and any(tokens.any() for tokens in self._corpus(stream)()):
                    self._learn(extract.weights_name(stream, pool), pool, stream)
        for name, table in self.tables.items():
            training.put(table, folder, name)

    def _learn(self, name: str, settings: Any, stream: Stream, progress: Callable[[int, float], None] | None = None):
        from pipeline import training

        words, songs = extract.vocabularies(self.config)[stream], self._corpus(stream)
        found = training.frozen(self.out / "embeddings", settings, stream, words, songs, progress)
        self.tables[name], is_new = found
        if is_new and self.tables[name].history:
            self.trained[name] = self.tables[name].history

    def _decode(self) -> dict[str, Any]:
        """What the tokens mean, for whoever reads them (or the pitch histogram) without this package."""
        return {
            "pitch_tokens": self.config.pitch.decode(),
            "phone_tokens": {"names": list(extract.vocabularies(self.config)["phone"])},
        }

    def _recipes(self) -> dict[Stream, Recipe]:
        return {"pitch": self.config.embedding.pitch, "phone": self.config.embedding.phone}

    def vectorize(self) -> None:
        """tokens/ with the tables -> songs/"""
        settings = self.config.vectorize_settings({stream: table.digest for stream, table in self.tables.items()})
        for song_id in self.songs:
            self.keys["songs"][song_id] = digest({"tokens": self.content_keys[song_id], "settings": settings})

        def tasks(song_ids: Sequence[str], path: Path) -> Iterator[SongTokens]:
            found = tables.select(self.out / "tokens" / path.name, song_ids, rows.FOR_POOLING)
            return (rows.tokens(row) for row in tables.unpacked(found))

        recipes = {stream: dict(table.recipe) for stream, table in self.tables.items()}
        dims = {name: self.tables[name].dim for name in self._recipes() if name in self.tables}
        self._pass(
            "songs",
            tables.songs_schema(extract.columns(self.config, dims)),
            {"vectorize": settings, "tables": recipes, **self._decode()},
            tasks,
            Serial(),
            lambda tokens: extract.vectorize(tokens, self.config, self.tables),
            lambda song_id, vector: rows.of_vector(vector, self.keys["songs"][song_id]),
        )

    def finish(self, started: datetime) -> Report:
        """Write what belongs to the whole run, the list of files last."""
        self.failures.sort(key=lambda row: (row.song_id, row.audio))
        failed = [asdict(row) for row in self.failures]
        for row in failed:
            row |= {name: self.manifest.without_root(row[name]) for name in ("audio", "message", "remedy")}
        tables.write(self.out / tables.FAILURES, failed, tables.FAILURE, {})
        files.replace_text(self.out / "config.yaml", self.config.as_yaml())
        made = {name: self.made[name] for name in tables.PASSES}
        of_songs = (song for path in tables.shards(self.out / "songs") for song in tables.column(path, "flags"))
        flags = Counter(flag for song in of_songs for flag in song)
        report = Report(
            self.out, len(self.manifest), len(self.songs), made, tuple(self.failures), self.trained, dict(flags)
        )
        made_files = [path for name in tables.PASSES for path in tables.shards(self.out / name)]
        made_files += [self.out / tables.FAILURES, *sorted((self.out / "embeddings").glob("*.safetensors"))]
        about = {
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": platform.node(),
            "platform": platform.platform(),
            "python": platform.python_version(),
            "versions": {name: _version(name) for name in _PACKAGES},
            "given": report.given,
            "done": report.done,
            "failed": len(report.failures),
            "made": made,
            "loss_by_epoch": self.trained,
            "files": [path.relative_to(self.out).as_posix() for path in made_files],
        }
        files.replace_text(self.out / tables.FINISHED, json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        return report

    def _pass(
        self,
        name: str,
        schema: Any,
        footer: Mapping[str, Any],
        tasks_of: Callable[[Sequence[str], Path], Iterable[Any]],
        executor: Executor,
        work: Callable[[Any], Any],
        row_of: Callable[[str, Any], dict[str, Any]],
    ) -> None:
        """Bring one table up to date, in the order of its shards.

        ``tasks_of`` gives the tasks of some songs of a shard, ``row_of`` turns a result into a row.
        """
        keys = {song_id: self.keys[name][song_id] for song_id in self.songs}
        spared = self.spared if name == "f0" else ()
        update = Update(self.layout, name, keys, schema, {**self._made_how(name), **footer}, spared)
        total = len(self.songs)
        self.progress(name, total - len(update), total)
        tasks = (task for path, song_ids in update.waiting() for task in tasks_of(song_ids, path))
        try:
            for task, result in executor(work, tasks):
                if isinstance(result, Failure):
                    self._drop(result)
                    update.settle(task.song_id, None)
                else:
                    update.settle(task.song_id, row_of(task.song_id, result))
                    self.made[name] += 1
                self.progress(name, total - len(update), total, task.song_id)
        except BaseException:  # Ctrl-C, a worker that died, a fault of ours: what is done is done
            update.save()
            raise
        update.finish()

    def _made_how(self, name: str) -> dict[str, Any]:
        """What every footer says: the settings of the passes so far, with the versions of what they call."""
        passes = {"track": self.config.track_settings()}
        if name != "f0":
            passes["tokenize"] = self.config.tokenize_settings()
        return {**passes, "frames_per_second": grid.FRAMES_PER_SECOND, "songvec": _version("songvec")}

    def _corpus(self, stream: Stream) -> Callable[[], Iterator[np.ndarray]]:
        """The tokens of every song, a shard at a time, in the order of shards and ids."""
        column = f"{stream}_tokens"

        def songs() -> Iterator[np.ndarray]:
            for shard in tables.shards(self.out / "tokens"):
                yield from (
                    row[column] for row in tables.unpacked(tables.select(shard, self.songs, ["song_id", column]))
                )

        return songs

    def _epochs(self, stream: Stream, recipe: Any) -> Callable[[int, float], None]:
        return lambda epoch, loss: self.progress(f"train {stream}", epoch, recipe.epochs, f"loss {loss:.4f}")

    def _drop(self, failure: Failure) -> None:
        self.failures.append(failure)
        del self.songs[failure.song_id]


@dataclass(frozen=True)
class _Task:
    """A song for the track pass, or with its track for the tokenize pass."""

    song: Song
    track: PitchTrack | None = None

    @property
    def song_id(self) -> str:
        return self.song.id


@dataclass(frozen=True)
class _Work:
    """One song through one pass, in whatever process: a result, or the reason why there is none."""

    config: Config

    def __call__(self, task: _Task) -> PitchTrack | SongTokens | Failure:
        try:
            if task.track is None:
                return extract.track(task.song, self.config)
            return extract.tokenize(task.song, task.track, self.config)
        except Exception as error:  # a fault of ours or of a library too: it costs this song, and says what it is
            return Failure.of(task.song.id, task.song.audio, "track" if task.track is None else "tokenize", error)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _quiet(stage: str, done: int, total: int, note: str = "") -> None:
    """Nobody wants to know."""

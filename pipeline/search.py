"""Search: a song, a recording or words -> the songs of a run whose vectors are nearest, and pairs that are near.

Nearness is the cosine of two vectors of one column of songs/, in a run of ``CENTRED`` songs and more after the mean of
all has been taken off. Songs without such a vector (nobody sings, no lyrics) are passed over. Small runs are scanned;
large ones go through an inverted file of faiss (Sivic & Zisserman 2003; Jegou et al. 2011) where that is installed
(``songvec[search]``). benchmarks/search.py states what that takes and how much it misses.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import config as configs
from pipeline import extract, grid
from pipeline.config import Config
from pipeline.records import Floats, Pronunciation, Segment, Song, SongTokens, SongVector
from pipeline.tables import Output

if TYPE_CHECKING:
    from pipeline.embedding import Table

SCANNED = 100_000  # vectors that are compared one by one even where faiss is installed
CENTRED = 30  # songs from which on their mean tells more of what all songs share than of themselves
_PROBED = 1 / 24  # share of the lists of an inverted file that a query looks into
_SAMPLE = 40  # vectors for each list that it is trained on
_BLOCK = 4096  # rows of a product of all with all
_WINDOW, _STEP = 0.25, 0.125  # of a song, where the part that is alike is looked for
_ALIKE = 1e-3  # of the length of the mean: how near to it all songs of a run may be
_KINDS = {"melody": ("contour", "sung_mean", "mean"), "lyrics": ("context", "sung_mean", "mean")}  # best first
_Span = tuple[float, float]  # seconds
_Window = tuple[_Span, Floats]  # a part of a song, and its vector
_SYLLABLE = 0.3  # seconds, of words that nobody has sung yet


@dataclass(frozen=True)
class Hit:
    """A song that was found: its score is the cosine of the column that was asked for, ``why`` those of others."""

    song_id: str
    score: float
    why: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[_Span, _Span] | None = None


@dataclass(frozen=True)
class Pair:
    """Two songs that are near: ``kind`` is ``same recording``, ``melody and lyrics``, ``melody`` or ``lyrics``."""

    one: str
    other: str
    score: float
    kind: str


@dataclass(frozen=True, eq=False)
class Vectors:
    """One column of songs/: float32 [N, D], each row of length 1 from ``centre`` [D] on; songs whose vector is zeros
    are not among them."""

    column: str
    ids: tuple[str, ...]
    rows: Floats
    centre: Floats
    cache: Path | None = None  # where an inverted file may be kept
    metric: Floats | None = None  # [K, D]: what rows and questions went through

    @classmethod
    def read(cls, run: Output, column: str, plain: bool = False) -> Vectors:
        """The column of a run, through the metric that was fitted for it, if there is one and they are not to be
        ``plain``.

        Raises:
            ValueError: there is no such column of vectors.
        """
        ids, matrix = run.vectors(column)
        fitted = None if plain else _metric(run, column, matrix.shape[1])
        return cls.of(column, ids, matrix, run.folder / ".state" / "search", fitted)

    @classmethod
    def of(
        cls, column: str, ids: Sequence[str], matrix: Floats, cache: Path | None = None, metric: Floats | None = None
    ) -> Vectors:
        """Vectors [N, D] that are not zeros."""
        size = matrix.shape[1] if matrix.ndim == 2 else 0
        centre = matrix.mean(axis=0, dtype=np.float64) if len(ids) >= CENTRED else np.zeros(size)
        centre = centre.astype(np.float32)
        if len(ids) and np.linalg.norm(matrix - centre, axis=1).mean() < _ALIKE * np.linalg.norm(centre):
            centre = np.zeros_like(centre)  # all are one song, and nothing would be left of it
        return cls(column, tuple(ids), _placed(matrix, centre, metric), centre, cache, metric)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each song."""
        return {song_id: i for i, song_id in enumerate(self.ids)}

    def nearest(self, vector: Floats, k: int, exact: bool = False) -> list[tuple[str, float]]:
        """The ``k`` songs nearest to a vector [D], nearest first, ties in the order of the ids; none for zeros.

        ``exact``: all are compared, however many there are.
        """
        if not vector.any() or not len(self):
            return []
        unit = _placed(vector[None], self.centre, self.metric)[0]
        index = None if exact or len(self) <= SCANNED else self._index
        if index is None:
            scores = self.rows @ unit
            places = np.argpartition(-scores, min(k, len(scores)) - 1)[:k]
        else:
            places = index.search(unit[None], min(k, len(self)))[1][0]
            places = places[places >= 0]
        near = [(self.ids[i], float(self.rows[i] @ unit)) for i in places]
        return sorted(near, key=lambda hit: (-hit[1], hit[0]))

    def cosine(self, vector: Floats, song_id: str) -> float | None:
        """How near a song of the run is to a vector; None where one of them has none."""
        if song_id not in self.places or not vector.any():
            return None
        return float(self.rows[self.places[song_id]] @ _placed(vector[None], self.centre, self.metric)[0])

    def pairs(self, above: float) -> Iterator[tuple[str, str, float]]:
        """Songs whose cosine is at least ``above``, in the order of their ids."""
        for start in range(0, len(self), _BLOCK):
            block = self.rows[start : start + _BLOCK]
            for after in range(start, len(self), _BLOCK):
                scores = block @ self.rows[after : after + _BLOCK].T
                for i, j in np.argwhere(scores >= above).tolist():
                    if start + i < after + j:
                        yield self.ids[start + i], self.ids[after + j], float(scores[i, j])

    @cached_property
    def _index(self) -> Any:
        """faiss's inverted file over the rows, kept beside the run; None where faiss is not installed."""
        try:
            import faiss
        except ImportError:
            return None
        digest = hashlib.sha256(self.rows.tobytes()).hexdigest()
        path = self.cache / f"{self.column}.{digest[:16]}.faiss" if self.cache else None
        lists = int(2 * np.sqrt(len(self)))
        if path and path.is_file():
            index = faiss.read_index(str(path))
        else:
            size = self.rows.shape[1]
            half = faiss.ScalarQuantizer.QT_fp16
            index = faiss.IndexIVFScalarQuantizer(
                faiss.IndexFlatIP(size), size, lists, half, faiss.METRIC_INNER_PRODUCT
            )
            chosen = np.random.Generator(np.random.Philox(0)).permutation(len(self))[: lists * _SAMPLE]
            index.cp.niter = 10
            index.train(self.rows[np.sort(chosen)])
            index.add(self.rows)
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                for old in path.parent.glob(f"{self.column}.*.faiss"):
                    old.unlink()
                faiss.write_index(index, str(path))
        faiss.ParameterSpace().set_index_parameter(index, "nprobe", max(1, round(lists * _PROBED)))
        return index


@dataclass(frozen=True, eq=False)
class Search:
    """The songs of a run, for many questions: what was read for one is kept for the next."""

    run: Output
    _read: dict[str, Vectors] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def config(self) -> Config:
        """The settings that the run was made with."""
        return configs.of_run(self.run.folder)

    @cached_property
    def _tables(self) -> Mapping[str, Table]:
        return self.run.tables

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the vectors that there are."""
        return self.run.columns

    def vectors(self, column: str) -> Vectors:
        """One of them, read once."""
        if column not in self._read:
            self._read[column] = Vectors.read(self.run, column)
        return self._read[column]

    def song(self, song_id: str, k: int = 10, by: str = "song") -> list[Hit]:
        """The songs nearest to one of the run, which is not among them.

        Raises:
            KeyError: it is not in the run.
            ValueError: there is no such column.
        """
        self.vectors(by)  # which says what there is
        row = self.run.row("songs", song_id, ["song_id", *self.columns])
        return self._hits({name: row[name] for name in self.columns}, k, by, song_id, self._tokens(song_id))

    def ask(self, song: str, k: int = 10, by: str | None = None) -> list[Hit]:
        """The songs nearest to one given by its id, or by the path of a recording; what is both is the song of the run.

        Raises:
            KeyError: it is neither.
        """
        if os.path.isfile(song) and not self.run.has(song):
            return self.recording(song, k, by)
        return self.song(song, k, "song" if by is None else by)

    def recording(self, path: str | os.PathLike[str], k: int = 10, by: str | None = None) -> list[Hit]:
        """The songs nearest to a recording, with the lyrics that lie beside it.

        By ``song`` unless it has no lyrics; then by its melody.

        Raises:
            SongError: it cannot be read.
        """
        from pipeline import manifest

        song = manifest.beside(Song(os.path.basename(path), os.fspath(path)))
        tokens = extract.tokenize(song, extract.track(song, self.config), self.config)
        found = self._vectors(tokens)
        if by is None:
            by = "song" if tokens.phone_tokens.any() else self._first("melody", ("fragment", "sung_mean", "mean"))
        return self._hits(found.vectors, k, by, "", tokens)

    def text(self, text: str, language: str, k: int = 10, by: str | None = None) -> list[Hit]:
        """The songs nearest to words.

        Raises:
            SongError: the language has no G2P.
            ValueError: there are no words, or none that can be read.
        """
        by = self._first("lyrics", _KINDS["lyrics"]) if by is None else by
        tokens = spoken(text, language, self.config)
        found = self._vectors(tokens)
        return self._hits(found.vectors, k, by, "", None)

    def _vectors(self, tokens: SongTokens) -> SongVector:
        """The vectors of what is no song of the run, made as those of its songs are.

        Raises:
            ValueError: these were made by another version of a pooling.
        """
        now = self.config.vectorize_settings({})["pooling"]  # whatever the tables are
        made = self.run.provenance("songs")["vectorize"]["pooling"]
        if others := [kind for kind in now if now[kind] != made.get(kind, now[kind])]:
            raise ValueError(
                f"{self.run.folder}: another version of songvec made its vectors ({', '.join(others)}), and none of "
                "ours can be compared with them; `songvec run` with the same songs makes them again"
            )
        return extract.vectorize(tokens, self.config, self._tables)

    def duplicates(self, above: float = 0.9) -> list[Pair]:
        """Songs that are near: first those of the same bytes of sound, then the nearest.

        ``above``: the cosine from which on a melody, or words, are the same.
        """
        sound = self.run.arrow("f0", ["song_id", "audio_sha256", "start", "n_samples"]).to_pylist()
        same: dict[tuple[Any, ...], list[str]] = {}
        for row in sound:
            same.setdefault((row["audio_sha256"], row["start"], row["n_samples"]), []).append(row["song_id"])
        pairs = {
            (one, other): Pair(one, other, 1.0, "same recording")
            for ids in same.values()
            for one, other in combinations(sorted(ids), 2)
        }
        near: dict[tuple[str, str], dict[str, float]] = {}
        for part in ("melody", "lyrics"):
            column = self._column(part)
            for one, other, score in self.vectors(column).pairs(above) if column else ():
                near.setdefault((one, other), {})[part] = score
        for (one, other), scores in near.items():
            kind = " and ".join(scores)
            pairs.setdefault((one, other), Pair(one, other, sum(scores.values()) / len(scores), kind))
        return sorted(pairs.values(), key=lambda pair: (-pair.kind.count(" "), -pair.score, pair.one, pair.other))

    def _hits(self, vectors: Mapping[str, Floats], k: int, by: str, own: str, tokens: SongTokens | None) -> list[Hit]:
        there = self.vectors(by)  # which says what there is
        if not len(there):
            raise ValueError(f"{self.run.folder}: no song in it has a {by}: nobody sings, or there are no lyrics")
        if by not in vectors:
            raise ValueError(f"{by}: not a vector that the run's settings make of a song")
        if not np.any(vectors[by]):
            raise ValueError(f"{by}: there is none of what is asked for: nobody sings in it, or it has no words")
        near = there.nearest(np.asarray(vectors[by]), k + (own != ""))
        hits = [Hit(song_id, score) for song_id, score in near if song_id != own][:k]
        windows = cache(lambda column: self._windows(tokens, column) if tokens is not None else [])
        return [self._explained(hit, vectors, windows) for hit in hits]

    def _explained(self, hit: Hit, vectors: Mapping[str, Floats], windows: Callable[[str], list[_Window]]) -> Hit:
        """With the cosine of each stream, and the part of both songs that is most alike; ``windows`` are those of the
        song that was asked for, by column."""
        why = {}
        for part in ("melody", "lyrics"):
            column = self._column(part)
            if column is None:
                continue
            cosine = (
                self.vectors(column).cosine(np.asarray(vectors[column]), hit.song_id) if column in vectors else None
            )
            if cosine is not None:
                why[part] = cosine
        parts = self._parts(windows, hit.song_id, max(why, key=lambda part: why[part])) if why else None
        return replace(hit, why=why, parts=parts)

    def _column(self, part: str) -> str | None:
        """The best column of a stream; None if the run has none."""
        return self._among(part, _KINDS[part])

    def _among(self, part: str, kinds: Sequence[str]) -> str | None:
        """The first of these columns that there is, or any of the stream."""
        there = [name for name in self.columns if name.startswith(f"{part}_")]
        return next((name for kind in kinds if (name := f"{part}_{kind}") in there), next(iter(there), None))

    def _first(self, part: str, kinds: Sequence[str]) -> str:
        """The same where there must be one."""
        found = self._among(part, kinds)
        if found is None:
            raise ValueError(f"{self.run.folder}: its songs/ has no vectors of the {part}; list one in pooling")
        return found

    def _parts(self, windows: Callable[[str], list[_Window]], song_id: str, part: str) -> tuple[_Span, _Span] | None:
        """Where two songs are most alike in a stream: seconds of a quarter of each."""
        column = "melody_fragment" if part == "melody" else "lyrics_context"
        if column not in self.columns or not (first := windows(column)):
            return None
        second = self._windows(self._tokens(song_id), column)
        if not second:
            return None
        scores = _unit(np.stack([vector for _, vector in first])) @ _unit(np.stack([vector for _, vector in second])).T
        i, j = np.unravel_index(int(scores.argmax()), scores.shape)
        return first[i][0], second[j][0]

    def _windows(self, tokens: SongTokens, column: str) -> list[_Window]:
        size, step = max(1, int(tokens.n_frames * _WINDOW)), max(1, int(tokens.n_frames * _STEP))
        windows: list[_Window] = []
        for first in range(0, tokens.n_frames - size + 1, step):
            part = replace(
                tokens,
                pitch_tokens=tokens.pitch_tokens[first : first + size],
                phone_tokens=tokens.phone_tokens[first : first + size],
            )
            vector = extract.pooled(part, column, self.config, self._tables)
            if vector.any():
                windows.append(((first / grid.FRAMES_PER_SECOND, (first + size) / grid.FRAMES_PER_SECOND), vector))
        return windows

    def _tokens(self, song_id: str) -> SongTokens:
        from pipeline import rows

        row = self.run.row("tokens", song_id, rows.FOR_POOLING)
        return rows.tokens(row)


def spoken(text: str, language: str, config: Config) -> SongTokens:
    """Words as the tokens of a song that nobody has sung: each syllable is as long as the next.

    Raises:
        SongError: the language has no G2P.
        ValueError: there are no words, or none that can be read.
    """
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("there are no words in the text")
    said: list[list[Pronunciation]] = config.voices.lines(lines, language)
    segments: list[Segment] = []
    at = 0.0
    for words, line in zip(lines, said, strict=True):
        for word, pronunciation in zip(words, line, strict=True):
            length = _SYLLABLE * max(1, len(pronunciation.phones) / 2)
            segments.append(Segment(word, at, at + length, "word"))
            at += length
    laid = config.phones.sung(segments, [[one] for line in said for one in line], language)
    n_frames = grid.n_frames(round(at * 1000), 1000)
    phone_tokens, _ = config.phones.tokens(laid.phones, n_frames)
    if not phone_tokens.any():
        raise ValueError(f"none of the words can be read as {language!r}")
    return SongTokens("", at, np.zeros(n_frames, dtype=np.uint8), phone_tokens, laid.phones, laid.words, language)


def _metric(run: Output, column: str, size: int) -> Floats | None:
    """The map of a column that was fitted to pairs, if there is one for vectors that are made as these are."""
    from pipeline import embedding

    path = run.folder / "embeddings" / f"{column}.metric.safetensors"
    if not path.is_file():
        return None
    table = embedding.load(path)
    weight = table.embedding.weight.numpy()
    return weight if weight.shape[1] == size and table.recipe.get("made_for") == made_how(run, column) else None


def made_how(run: Output, column: str) -> str:
    """What the vectors of a column depend on, besides the tokens of their songs."""
    how = run.provenance("songs")["vectorize"]
    kind = column.partition("_")[2]
    return configs.digest(
        [how["pooling"].get(kind, how["pooling"]), how["song"] if column == "song" else "", how["tables"]]
    )


def _placed(matrix: Floats, centre: Floats, metric: Floats | None) -> Floats:
    """Vectors [n, D] as they are compared: at length 1 from the centre on, through the metric, at length 1 again."""
    unit = _unit(matrix - centre)
    return unit if metric is None else _unit(unit @ metric.T)


def _unit(matrix: Floats) -> Floats:
    """The rows of a matrix at length 1; zeros stay."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)

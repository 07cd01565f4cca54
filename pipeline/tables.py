"""The Parquet files of a run: their schemas, how they are written, and how they are read back.

A run's folder holds ``f0/``, ``tokens/`` and ``songs/`` with one file a shard, ``failures.parquet``, ``embeddings/``
and ``config.yaml``. Every file says in its footer how its numbers were made (``songvec``) and what its columns are
(``huggingface``); none holds a time, a host or an absolute path, so that equal inputs give equal bytes.

    out = tables.open("OUT")
    out.songs                        # pandas, a row a song
    out.arrow("tokens")              # the same for Arrow
    out.table("pitch")               # torch.nn.Embedding
    out.frames("a song", "pitch")    # float32 [T, D]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline import files

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from pipeline.embedding import Stream, Table

SCHEMA_VERSION = 1
PASSES = ("f0", "tokens", "songs")
FAILURES = "failures.parquet"
FINISHED = "run.json"  # not there while a run goes on: what it was, and the list of files, written last
COUNTS = (
    "clipped_frames",
    "repaired_samples",
    "unknown_words",
    "unread_words",
    "unknown_phones",
    "phones_without_frame",
    "segments_past_end",
    "overlaps",
    "mended_times",
    "unsung",
)
_AGAIN = "`songvec run` with the same songs makes it again"
_STRINGS = pa.list_(pa.string())
_PHONE = pa.struct(
    [("phone", pa.string()), ("start", pa.float64()), ("end", pa.float64()), ("stress", pa.int8()), ("tone", pa.int8())]
)
_WORD = pa.struct([("text", pa.string()), ("start", pa.float64()), ("end", pa.float64()), ("guessed", pa.bool_())])

F0 = pa.schema(
    {
        "song_id": pa.string(),
        "n_samples": pa.int64(),
        "rate": pa.int32(),
        "start": pa.float64(),
        "hz": pa.list_(pa.float32()),
        "confidence": pa.list_(pa.float32()),
        "voiced": pa.list_(pa.bool_()),
        "energy": pa.list_(pa.float32()),
        "repaired_samples": pa.int64(),
        "audio_sha256": pa.string(),
        "flags": _STRINGS,
        "key": pa.string(),
    }
)
FAILURE = pa.schema({name: pa.string() for name in ("song_id", "audio", "stage", "error", "message", "remedy")})


def tokens_schema(meta_types: Mapping[str, str]) -> pa.Schema:
    """The columns of ``tokens/``; ``meta_types`` are the manifest's own columns and their types."""
    return pa.schema(
        {
            "song_id": pa.string(),
            "n_frames": pa.int32(),
            "duration": pa.float64(),
            "pitch_tokens": pa.list_(pa.uint8()),
            "phone_tokens": pa.list_(pa.uint16()),
            "phones": pa.list_(_PHONE),
            "words": pa.list_(_WORD),
            "language": pa.string(),
            "lyrics": pa.string(),
            "lyrics_sha256": pa.string(),
            "f0_median_hz": pa.float64(),
            "tuning_cents": pa.float64(),
            "tuning_strength": pa.float64(),
            **dict.fromkeys(COUNTS, pa.int64()),
            "unknown_labels": _STRINGS,
            "flags": _STRINGS,
            "key": pa.string(),
            **{f"meta.{name}": pa.type_for_alias(kind) for name, kind in meta_types.items()},
        }
    )


def songs_schema(dims: Mapping[str, int]) -> pa.Schema:
    """The columns of ``songs/``; ``dims`` gives the vectors' names and lengths."""
    return pa.schema(
        {
            "song_id": pa.string(),
            **{name: pa.list_(pa.float32(), dim) for name, dim in dims.items()},
            "pitch_histogram": pa.list_(pa.float32(), 128),
            "voiced": pa.float32(),
            "f0_median_hz": pa.float64(),
            "n_frames": pa.int32(),
            "flags": _STRINGS,
            "key": pa.string(),
        }
    )


def write(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    schema: pa.Schema,
    provenance: Mapping[str, Any],
    keep: pa.Table | None = None,
) -> None:
    """Write a whole table in the order of the song ids, or none: to a temporary file beside it, to disk, then renamed.

    ``keep`` are rows of the file that was there before.
    """
    # without rows not from_pylist and sort_by, which import pandas: a run in which nothing failed has no use for it
    table = pa.Table.from_pylist(list(rows), schema=schema) if rows else schema.empty_table()
    if keep is not None and keep.num_rows:
        table = pa.concat_tables([keep.replace_schema_metadata(None).cast(schema), table])
    # one chunk, whatever the rows came in: where pages end would follow the chunks, and the bytes with them
    by = [(name, "ascending") for name in ("song_id", "audio") if name in schema.names]
    table = (table.sort_by(by) if table.num_rows else table).combine_chunks()
    footer = {
        "songvec": made_how(provenance),
        # in the order of the columns and fields, which `datasets` compares
        "huggingface": json.dumps({"info": {"features": {field.name: _feature(field.type) for field in schema}}}),
    }
    table = table.replace_schema_metadata(footer)
    floats = [f"{field.name}.list.element" for field in schema if is_vector(field.type)]
    dictionary = [name for name in _leaves(schema) if name not in floats]

    def to(file: Any) -> None:
        # zstd throughout; neighbouring floats share their high bytes (byte stream split), tokens and names repeat
        packing: dict[str, Any] = {"use_dictionary": dictionary, "use_byte_stream_split": floats}
        pq.write_table(table, file, compression="zstd", row_group_size=256, write_page_checksum=True, **packing)

    files.replace(path, to)


def provenance(path: Path) -> dict[str, Any]:
    """The ``songvec`` footer of one of our Parquet files: settings by pass, versions, decode tables, digests."""
    metadata = pq.read_schema(path).metadata or {}
    return json.loads(metadata.get(b"songvec", b"{}"))


def shard_of(song_id: str, n_shards: int) -> int:
    """The shard of a song among a power of two: the leading bits of sha256(song_id), whatever other songs there are."""
    bits = n_shards.bit_length() - 1
    return int.from_bytes(hashlib.sha256(song_id.encode()).digest()[:8], "big") >> (64 - bits)


def shard_path(folder: Path, shard: int, n_shards: int) -> Path:
    """The file of a shard."""
    return folder / f"{shard:05d}-of-{n_shards:05d}.parquet"


def shard_place(path: Path) -> tuple[int, int]:
    """The number of a shard's file, and how many there are: what ``shard_path`` wrote into its name."""
    shard, n_shards = path.stem.split("-of-")
    return int(shard), int(n_shards)


def shards(folder: Path) -> list[Path]:
    """The shard files of a pass, in order."""
    return sorted(folder.glob("[0-9]*-of-[0-9]*.parquet"))


@dataclass(frozen=True)
class Output:
    """What a run made, read when it is asked for. ``songs``, ``tokens``, ``f0`` and ``failures`` are pandas."""

    folder: Path

    def paths(self, name: Literal["songs", "tokens", "f0"]) -> list[Path]:
        """The files of one of the tables.

        Raises:
            ValueError: it is not there any more, or was written by a version whose tables are not like ours.
        """
        there = shards(self.folder / name)
        if not there:
            raise ValueError(f"{self.folder / name}: the table is not there any more; {_AGAIN}")
        _check_schema(there[0], name)
        return there

    def arrow(
        self, name: Literal["songs", "tokens", "f0", "failures"], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """One of the tables as Arrow, whole or some ``columns`` of it, in the order of the song ids."""
        wanted = list(columns) if columns is not None else None
        if name == "failures":
            return _read(self.folder / FAILURES, wanted)
        if name not in PASSES:
            raise ValueError(f"{self.folder}: there is no table {name!r}; there are {', '.join((*PASSES, 'failures'))}")
        read = None if wanted is None else list(dict.fromkeys((*wanted, "song_id")))
        table = pa.concat_tables([_read(file, read) for file in self.paths(name)]).sort_by("song_id")
        return table if wanted is None else table.select(wanted)

    @property
    def songs(self) -> pd.DataFrame:
        """A row a song: its vectors."""
        return self.arrow("songs").to_pandas()

    @property
    def tokens(self) -> pd.DataFrame:
        """A row a song: its token streams, phones and words."""
        return self.arrow("tokens").to_pandas()

    @property
    def f0(self) -> pd.DataFrame:
        """A row a song: what the estimator said."""
        return self.arrow("f0").to_pandas()

    @property
    def failures(self) -> pd.DataFrame:
        """A row for every song that was left out, with the reason and the remedy."""
        return self.arrow("failures").to_pandas()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of songs/ that are vectors."""
        schema = head(self.paths("songs")[0]).schema
        found = (name for name in schema.names if is_vector(schema.field(name).type))
        return tuple(name for name in found if name != "pitch_histogram")

    def vectors(self, column: str) -> tuple[list[str], NDArray[np.float32]]:
        """A column of songs/: the ids of the songs that have a vector there (not zeros), and the vectors [N, D].

        Raises:
            ValueError: there is no such column of vectors, or there are no songs.
        """
        if column not in self.columns:
            raise ValueError(f"{self.folder}: no vectors {column!r}; there are {', '.join(self.columns)}")
        table = self.arrow("songs", ["song_id", column])
        if not table.num_rows:
            raise ValueError(f"{self.folder}: there is no song in it that was done; see its failures.parquet")
        values = table[column].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        matrix = values.reshape(table.num_rows, -1).astype(np.float32)
        there = matrix.any(axis=1)
        ids = [song_id for song_id, is_there in zip(table["song_id"].to_pylist(), there, strict=True) if is_there]
        return ids, matrix[there]

    def provenance(self, name: Literal["songs", "tokens", "f0"] = "songs") -> dict[str, Any]:
        """How the numbers of a table were made: settings by pass, versions, decode tables. The footer of its files."""
        return provenance(self.paths(name)[0])

    def embedding(self, stream: Stream) -> Table:
        """The table of a stream with its vocabulary: vectors by name, neighbours.

        Raises:
            FileNotFoundError: no such stream, or the run made no table for it yet.
        """
        from pipeline import embedding

        if stream not in ("pitch", "phone"):
            raise ValueError(f"{stream!r} is no stream; there are pitch and phone")
        return embedding.load(self.folder / "embeddings" / f"{stream}.safetensors")

    @property
    def tables(self) -> dict[str, Table]:
        """The tables that the vectors were made with, as ``extract.vectorize`` takes them: by stream, and the weights
        of a pooling that learnt some as ``pitch.idf_mean``."""
        from pipeline import embedding

        names = self.provenance("songs")["vectorize"]["tables"]
        return {name: embedding.load(self.folder / "embeddings" / f"{name}.safetensors") for name in names}

    def table(self, stream: Stream) -> torch.nn.Embedding:
        """The table of ``pitch`` or ``phone`` as a ``torch.nn.Embedding``, frozen."""
        return self.embedding(stream).embedding

    def row(
        self, name: Literal["songs", "tokens", "f0"], song_id: str, columns: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """One song's row of a table, or some ``columns`` of it; lists of numbers as numpy arrays.

        Raises:
            KeyError: it is not there; the message names songs with a similar id, or why it failed.
            ValueError: the table is not there any more, or was written by a version whose tables are not like ours.
        """
        if name not in PASSES:
            raise ValueError(f"{name!r} is no table with a row a song; there are {', '.join(PASSES)}")
        for found in self._holding(name, song_id, columns):
            for row in unpacked(found):
                return row
        raise KeyError(self._why_not(name, song_id))

    def has(self, song_id: str) -> bool:
        """Whether a song is among those that are done."""
        return any(found.num_rows for found in self._holding("songs", song_id, ["song_id"]))

    def frames(self, song_id: str, stream: Stream) -> torch.Tensor:
        """The embedded frames of one song, float32 [T, D]: for a model that wants the sequence and not its mean."""
        table, column = self.embedding(stream), f"{stream}_tokens"
        return table.lookup(self.row("tokens", song_id, ["song_id", column])[column])

    def _holding(
        self, name: Literal["songs", "tokens", "f0"], song_id: str, columns: Sequence[str] | None
    ) -> Iterator[pa.Table]:
        """The row of a song, if there is one, from each shard that may hold it."""
        for path in self.paths(name):
            shard, n_shards = shard_place(path)
            if shard == shard_of(song_id, n_shards):
                yield select(path, [song_id], columns)

    def _why_not(self, name: str, song_id: str) -> str:
        import difflib

        for failure in self.arrow("failures").to_pylist():
            if failure["song_id"] == song_id:
                return f"{song_id!r} failed in {failure['stage']}: {failure['message']} ({failure['remedy']})"
        ids = self.arrow("songs", ["song_id"])["song_id"].to_pylist()
        if song_id in ids:
            return f"{self.folder / name}: {song_id!r}, which songs/ has, is not there any more; {_AGAIN}"
        close = difflib.get_close_matches(song_id, ids, n=3, cutoff=0.3) or ids[:3]
        if not ids:
            return f"there is no song {song_id!r} in {self.folder}; there are none at all"
        return f"there is no song {song_id!r} in {self.folder}; there are {len(ids)}, among them {', '.join(close)}"


def _check_schema(path: Path, name: Literal["songs", "tokens", "f0"]) -> None:
    """Refuse a shard that another version wrote; a run makes the rows of such a one again."""
    found = head(path, ())
    version = json.loads(found.made_how).get("schema")
    known = {"f0": F0, "tokens": tokens_schema({}), "songs": songs_schema({})}[name]
    missing = [column for column in known.names if column not in found.schema.names]
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ValueError(f"{path.parent}: written by a newer songvec (schema {version}); update songvec")
    if version != SCHEMA_VERSION or missing:
        why = f"there is no column {', '.join(missing)}" if missing else f"its schema is {version}"
        raise ValueError(f"{path.parent}: written by an older songvec ({why}); {_AGAIN}")


def open(folder: str | Path) -> Output:
    """What a run made in ``folder``.

    Raises:
        FileNotFoundError: it is not the output of a run.
    """
    path = Path(folder)
    if not (path / FINISHED).is_file():
        raise FileNotFoundError(
            f"{path}: not the output of a finished `songvec run` (it has no {FINISHED}); "
            "if one was interrupted, the same command goes on from there"
        )
    return Output(path)


@dataclass(frozen=True)
class Head:
    """What a shard says of itself: its columns, how it was made (its footer, as text), and some columns' values."""

    schema: pa.Schema
    made_how: str
    rows: pa.Table

    @property
    def keys(self) -> dict[str, str]:
        """The key of each song."""
        return dict(zip(self.rows["song_id"].to_pylist(), self.rows["key"].to_pylist(), strict=True))


def head(path: Path, columns: Sequence[str] = ("song_id", "key")) -> Head:
    """What a shard says of itself, for the price of one look at it.

    Raises:
        ValueError: it is damaged, or has no such column.
    """
    schema, rows = _look(path, list(columns))
    made_how = (schema.metadata or {}).get(b"songvec", b"{}").decode(errors="replace")
    return Head(schema.remove_metadata(), made_how, rows.replace_schema_metadata(None))


def made_how(provenance: Mapping[str, Any]) -> str:
    """The ``songvec`` footer of files that were made so."""
    return _json({"schema": SCHEMA_VERSION, **provenance})


def read(path: Path) -> pa.Table:
    """A whole shard.

    Raises:
        ValueError: it is damaged.
    """
    return _read(path, None)


def column(path: Path, name: str) -> list[Any]:
    """One column of a shard, as plain Python.

    Raises:
        ValueError: it is damaged, or has no such column.
    """
    return _read(path, [name])[name].to_pylist()


def keys(path: Path) -> dict[str, str]:
    """The key of every song in a shard; nothing if the shard is not there.

    Raises:
        ValueError: it is damaged.
    """
    return head(path).keys if path.is_file() else {}


def select(path: Path, song_ids: Iterable[str], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of some songs of a shard.

    Raises:
        ValueError: it is damaged.
    """
    table = _read(path, list(columns) if columns else None)
    wanted = set(song_ids)
    return table.filter(pa.array([song_id in wanted for song_id in table["song_id"].to_pylist()], pa.bool_()))


def unpacked(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a table; lists of numbers as numpy arrays, which is many times faster than as Python lists."""
    for i in range(table.num_rows):
        yield {
            field.name: table[field.name][i].values.to_numpy(zero_copy_only=False)
            if _is_numbers(field.type)
            else table[field.name][i].as_py()
            for field in table.schema
        }


def _read(path: Path, columns: list[str] | None) -> pa.Table:
    return _look(path, columns)[1]


def _look(path: Path, columns: list[str] | None) -> tuple[pa.Schema, pa.Table]:
    """All that a file may have, and what is in some or all of its columns."""
    try:
        # not pq.read_table, which goes through `pyarrow.dataset`: 3 ms a file instead of 0.5, and it imports pandas
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            schema = file.schema_arrow
            missing = [name for name in columns or () if name not in schema.names]
            if missing:
                raise ValueError(
                    f"{path}: there is no column {', '.join(missing)}; there are {', '.join(schema.names)}"
                )
            table = file.read(columns)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error
    return schema, table if columns is None else table.select(columns)


def _damaged(path: Path, error: Exception) -> ValueError:
    return ValueError(f"{path}: damaged ({error}); the next run makes it again")


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def is_vector(kind: pa.DataType) -> bool:
    """Whether a column holds float32 vectors."""
    return _is_numbers(kind) and pa.types.is_float32(kind.value_type)


def _is_numbers(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)
    return lists and (pa.types.is_primitive(kind.value_type))


def _leaves(schema: pa.Schema) -> Iterator[str]:
    """The dotted paths of a schema's Parquet columns."""
    for field in schema:
        kind, path = field.type, field.name
        if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
            kind, path = kind.value_type, f"{path}.list.element"
        if pa.types.is_struct(kind):
            yield from (f"{path}.{kind.field(i).name}" for i in range(kind.num_fields))
        else:
            yield path


def _feature(kind: pa.DataType) -> Any:
    """A column in the words of Hugging Face ``datasets`` (its ``Features`` as JSON)."""
    if pa.types.is_fixed_size_list(kind):
        return {"feature": _feature(kind.value_type), "length": kind.list_size, "_type": "Sequence"}
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        return [_feature(kind.value_type)]  # a `Sequence` of a struct would come back as a struct of lists
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "Sequence"}
    if pa.types.is_struct(kind):
        return {kind.field(i).name: _feature(kind.field(i).type) for i in range(kind.num_fields)}
    names = {"double": "float64", "float": "float32"}
    return {"dtype": names.get(str(kind), str(kind)), "_type": "Value"}

"""A table as files: which song is in which, and a table that is brought up to date one file at a time.

A song belongs to the shard that the leading bits of sha256(song_id) say, whatever other songs there are; the number of
shards is fixed by the first run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import tables

SONGS_PER_SHARD = 64


@dataclass(frozen=True)
class Layout:
    """The shards of a run's folder: 2 ** ``bits`` of them in every table."""

    out: Path
    bits: int

    @classmethod
    def of(cls, out: Path, n_songs: int) -> Layout:
        """What the first run chose, or about 64 songs a shard."""
        there = [path for name in tables.PASSES for path in tables.shards(out / name)]
        if there:
            return cls(out, int(there[0].stem.rsplit("-", 1)[1]).bit_length() - 1)
        return cls(out, max(0, -(-n_songs // SONGS_PER_SHARD) - 1).bit_length())

    def __len__(self) -> int:
        return 1 << self.bits

    def shard(self, song_id: str) -> int:
        """The number of a song's shard."""
        return tables.shard_of(song_id, len(self))

    def path(self, table: str, shard: int) -> Path:
        """The file of a shard."""
        return self.out / table / f"{shard:05d}-of-{len(self):05d}.parquet"

    def keys(self, table: str) -> dict[str, str]:
        """The key of every song that is in a table."""
        return {song_id: key for path in tables.shards(self.out / table) for song_id, key in tables.keys(path).items()}


class Update:
    """One table in one run: rows whose key still holds are kept, the others wait until they are settled.

    ``keys`` has the key of every song that the table is to have. A shard is written when its last song is settled, and
    one in which nothing changes is left alone.
    """

    def __init__(
        self, layout: Layout, table: str, keys: Mapping[str, str], schema: pa.Schema, footer: Mapping[str, Any]
    ) -> None:
        self._layout, self._table, self._schema = layout, table, schema
        self._footer = json.loads(json.dumps({"schema": tables.SCHEMA_VERSION, **footer}))
        self._keys = dict(keys)
        self._rows: dict[int, list[dict[str, Any]]] = {shard: [] for shard in range(len(layout))}
        there = layout.keys(table)
        self._waiting: dict[int, set[str]] = {shard: set() for shard in range(len(layout))}
        for song_id, key in keys.items():
            if there.get(song_id) != key:
                self._waiting[layout.shard(song_id)].add(song_id)

    def waiting(self) -> Iterator[tuple[Path, list[str]]]:
        """The songs to be done, a shard at a time: where the table has (or will have) them, and their ids in order."""
        for shard, song_ids in self._waiting.items():
            if song_ids:
                yield self._layout.path(self._table, shard), sorted(song_ids)

    def __len__(self) -> int:
        """How many songs still wait."""
        return sum(len(song_ids) for song_ids in self._waiting.values())

    def settle(self, song_id: str, row: dict[str, Any] | None) -> None:
        """A song is done, or has failed (no row); with the last one of its shard, the shard is written."""
        shard = self._layout.shard(song_id)
        self._waiting[shard].remove(song_id)
        if row is None:
            del self._keys[song_id]
        else:
            self._rows[shard].append(row)
        if not self._waiting[shard]:
            self._write(shard)

    def finish(self) -> None:
        """Write what is left to write: shards that lose a song, or whose footer no longer says how they were made.

        Raises:
            RuntimeError: a song was never settled.
        """
        lost = [song_id for song_ids in self._waiting.values() for song_id in song_ids]
        if lost:
            raise RuntimeError(f"{self._table}: {len(lost)} songs were lost on the way, {lost[0]!r} among them")
        for shard in range(len(self._layout)):
            self._write(shard)

    def _write(self, shard: int) -> None:
        path, new = self._layout.path(self._table, shard), self._rows[shard]
        there = tables.keys(path)
        fresh = {row["song_id"] for row in new}
        kept = [song_id for song_id, key in there.items() if self._keys.get(song_id) == key and song_id not in fresh]
        self._rows[shard] = []
        if not new and path.is_file() and len(kept) == len(there) and tables.provenance(path) == self._footer:
            return
        tables.write(path, new, self._schema, self._footer, tables.select(path, kept) if kept else None)

"""songvec: recorded songs with lyrics -> pitch tokens, phone tokens and vectors, in Parquet.

    import pipeline as sv

    song = sv.Song("grace", audio="grace.wav", lyrics="grace.TextGrid")
    track = sv.extract.track(song)             # f0 on the 20 ms clock
    tokens = sv.extract.tokenize(song, track)  # 128 pitch tokens and a phone per frame
    vector = sv.extract.vectorize(tokens)      # vector["melody_mean"], vector["song"], ...

    sv.run("SONGS", "OUT")                     # many songs
    sv.open("OUT").songs                       # what a run made

Names are imported when they are used: `import pipeline` brings neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline import batches, config, extract
    from pipeline.config import Config
    from pipeline.records import Audio, PitchTrack, Song, SongError, SongTokens, SongVector
    from pipeline.runs import run
    from pipeline.tables import open

_HOMES = {
    "Audio": "records",
    "Config": "config",
    "PitchTrack": "records",
    "Song": "records",
    "SongError": "records",
    "SongTokens": "records",
    "SongVector": "records",
    "batches": "",
    "config": "",
    "extract": "",
    "open": "tables",
    "run": "runs",
}

__all__ = [
    "Audio",
    "Config",
    "PitchTrack",
    "Song",
    "SongError",
    "SongTokens",
    "SongVector",
    "batches",
    "config",
    "extract",
    "open",
    "run",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("songvec")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    home = _HOMES[name]
    return getattr(import_module(f"{__name__}.{home}"), name) if home else import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

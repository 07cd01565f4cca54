"""The nn.Embedding tables, one per token stream: make, look up, save, load.

A row belongs to a token's *name*, not to its number: seeds, files and digests go by names, so that a larger
vocabulary never moves a row. Weights are float32 [V, D] and frozen. A table on disk is one safetensors file whose
tensor is ``weight`` and whose metadata say the rest.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open

from pipeline import files, harmonic

if TYPE_CHECKING:  # imported where a table is made: workers that only track or tokenize never need torch's 200 MB
    import torch

Stream = Literal["pitch", "phone"]
FORMAT = "1"  # of the saved file; its metadata key is `songvec`


@dataclass(frozen=True, eq=False)
class Table:
    """A frozen embedding of one stream: row i, float32 [D], is the vector of the token named ``vocabulary[i]``.

    ``recipe`` says how it was made, in plain JSON; ``history`` is the loss of every epoch of a trained one.

    Raises:
        ValueError: no such stream, a name comes twice, or the weights are not finite float32 [V, D].
    """

    stream: Stream
    vocabulary: tuple[str, ...]
    embedding: torch.nn.Embedding
    recipe: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.stream not in get_args(Stream):
            raise ValueError(f"a table is for one of the streams {', '.join(get_args(Stream))}, not {self.stream!r}")
        import torch

        weight = self.embedding.weight.requires_grad_(False)
        if weight.dtype != torch.float32 or len(weight) != len(self.vocabulary):
            raise ValueError(
                f"{self.stream} table: the weights must be float32 [{len(self.vocabulary)}, D], "
                f"not {weight.dtype} {list(weight.shape)}"
            )
        if len(set(self.vocabulary)) < len(self.vocabulary):
            doubled = sorted({name for name in self.vocabulary if self.vocabulary.count(name) > 1})
            raise ValueError(f"{self.stream} table: a token has one row; more than one for {', '.join(doubled)}")
        broken = (~weight.isfinite().all(dim=1)).nonzero().flatten().tolist()
        if broken:
            raise ValueError(f"{self.stream} table: row {broken[0]} ({self.vocabulary[broken[0]]}) has NaN or Inf")

    @classmethod
    def of(
        cls,
        stream: Stream,
        vocabulary: tuple[str, ...],
        weight: torch.Tensor,
        recipe: Mapping[str, Any],
        history: tuple[float, ...] = (),
    ) -> Table:
        """Weights float32 [V, D] as a table."""
        import torch

        return cls(stream, vocabulary, torch.nn.Embedding.from_pretrained(weight), recipe, history)

    @property
    def dim(self) -> int:
        return self.embedding.embedding_dim

    @property
    def digest(self) -> str:
        """sha256 of stream, vocabulary and weights, in hex: what enters the provenance of every vector."""
        head = json.dumps([self.stream, self.vocabulary], ensure_ascii=False)
        return hashlib.sha256(head.encode() + b"\0" + _bytes(self.embedding.weight)).hexdigest()

    def lookup(self, tokens: ArrayLike) -> torch.Tensor:
        """The rows of integer tokens [n], float32 [n, D]. See ``widen`` for what it refuses."""
        return self.embedding(widen(tokens, len(self.vocabulary)))

    def id(self, token: int | str) -> int:
        """The row of a token given by its name or its id.

        Raises:
            ValueError: the table has no such token.
        """
        if isinstance(token, str) and token in self.vocabulary:
            return self.vocabulary.index(token)
        if not isinstance(token, str) and 0 <= token < len(self.vocabulary):
            return int(token)
        close = get_close_matches(str(token), self.vocabulary, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"ids go from 0 to {len(self.vocabulary) - 1}"
        raise ValueError(f"{token!r} is not a token of the {self.stream} table; {hint}")

    def vector(self, token: int | str) -> NDArray[np.float32]:
        """The vector of one token, by name or id, float32 [D]."""
        return self.lookup([self.id(token)])[0].numpy()

    def neighbours(self, token: int | str, k: int = 8) -> list[tuple[str, float, float]]:
        """The ``k`` tokens nearest by angle, nearest first: (name, cosine similarity, euclidean distance).

        The token itself is left out, equal ones come in the order of their ids, and a row of zeros has similarity 0
        with everything.
        """
        rows = self.embedding.weight.numpy().astype(np.float64)
        own = self.id(token)
        # sums along rows and no matrix product: equal rows then get equal numbers, whatever BLAS would do
        lengths = np.sqrt((rows * rows).sum(axis=1))
        lengths[lengths == 0] = 1.0
        cosine = ((rows * rows[own]).sum(axis=1) / (lengths * lengths[own])).clip(-1, 1)
        distance = np.sqrt(((rows - rows[own]) ** 2).sum(axis=1))
        nearest = [i for i in np.argsort(-cosine, kind="stable") if i != own][:k]
        return [(self.vocabulary[i], float(cosine[i]), float(distance[i])) for i in nearest]


@dataclass(frozen=True)
class Seeded:
    """Random rows, the same on every machine: N(0, 1), nn.Embedding's own distribution, drawn per token name."""

    kind: Literal["seeded"] = "seeded"
    dim: int = 64
    seed: int = 0
    version: ClassVar[int] = 1
    needs_corpus: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _within("dim", self.dim, 1, 4096)
        _within("seed", self.seed, 0)

    def __call__(self, stream: Stream, vocabulary: tuple[str, ...]) -> Table:
        """One row per name, keyed by (seed, stream, name): no other token has a say in it."""
        import torch

        rows = [philox("row", self.seed, stream, name).standard_normal(self.dim) for name in vocabulary]
        return Table.of(stream, vocabulary, torch.from_numpy(np.array(rows, dtype=np.float32)), settings(self))


@dataclass(frozen=True)
class Harmonic:
    """Rows by formula (``pipeline.harmonic``): near pitches and octaves are near, and phones that are made alike.

    All rows have the length sqrt(dim), as those of ``nn.Embedding`` have about. The first columns hold the formula, the
    others are 0 for what has a pitch or features. For what has none (unvoiced, silence and other marks, the user's own
    phones) it is the other way round: there they hold its ``Seeded`` row.
    """

    kind: Literal["harmonic"] = "harmonic"
    dim: int = 64
    seed: int = 0  # of the rows without a formula
    version: ClassVar[int] = 1
    needs_corpus: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _within("dim", self.dim, harmonic.PITCH_SIZE + 1, 4096)
        _within("seed", self.seed, 0)

    def __call__(self, stream: Stream, vocabulary: tuple[str, ...]) -> Table:
        """Raises:
        ValueError: ``dim`` is too small for the stream.
        """
        import torch

        rows = harmonic.of_pitches(vocabulary) if stream == "pitch" else harmonic.of_phones(vocabulary)
        spare = self.dim - rows.shape[1]
        if spare < 1:
            without = "pitch" if stream == "pitch" else "features"
            raise ValueError(
                f"a harmonic {stream} table has {rows.shape[1]} columns and needs one more for what has no {without}; "
                f"dim must be {rows.shape[1] + 1} or more, not {self.dim}"
            )
        rest = np.array([philox("row", self.seed, stream, name).standard_normal(spare) for name in vocabulary])
        rest /= np.sqrt((rest * rest).sum(axis=1, keepdims=True))
        rest[rows.any(axis=1)] = 0.0
        weight = (math.sqrt(self.dim) * np.hstack([rows, rest])).astype(np.float32)
        return Table.of(stream, vocabulary, torch.from_numpy(weight), settings(self))


@dataclass(frozen=True)
class File:
    """Rows from a safetensors file: one of ours, taken by name, or a bare one with a single [V, D], by row."""

    kind: Literal["file"] = "file"
    path: str = ""
    version: ClassVar[int] = 1
    needs_corpus: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("a table of kind `file` needs a path, like path: tables/pitch.safetensors")

    def __call__(self, stream: Stream, vocabulary: tuple[str, ...]) -> Table:
        """The rows of ``vocabulary``, in its order.

        Raises:
            OSError: there is no such file.
            ValueError: it is damaged, made for the other stream, lacks tokens, or has the wrong shape.
        """
        path = Path(self.path)
        tensors, meta = _read(path)
        # The name and the bytes, not the folder: the recipe travels with the results to other machines.
        origin = {**settings(self), "path": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        if "songvec" not in meta:
            return Table.of(stream, vocabulary, _only_matrix(path, tensors, len(vocabulary)), origin)
        stored = load(path)
        if stored.stream != stream:
            raise ValueError(f"{path} is a {stored.stream} table; a {stream} table is wanted here")
        row = {name: i for i, name in enumerate(stored.vocabulary)}
        missing = [name for name in vocabulary if name not in row]
        if missing:
            raise ValueError(
                f"{path} has no row for {len(missing)} of {len(vocabulary)} {stream} tokens: {', '.join(missing[:8])}"
                f"{', ...' if len(missing) > 8 else ''}; use the scale and phones it was made with, or another table"
            )
        weight = stored.lookup([row[name] for name in vocabulary])
        return Table.of(stream, vocabulary, weight, {**origin, "of": dict(stored.recipe)}, stored.history)


@dataclass(frozen=True)
class NGram:
    """Settings of the n-gram language model of the idea's origin; ``training.ngram`` learns the table."""

    kind: Literal["ngram"] = "ngram"
    context: int = 2  # tokens before the one to be told
    dim: int = 10
    hidden: int = 128
    learning_rate: float = 0.001
    epochs: int = 10
    batch: int = 1  # n-grams per step; 1 is the origin's loop
    seed: int = 0
    held_out: float = 0.0  # share of the songs whose loss decides when to stop and which epoch it is; 0: the last
    patience: int = 3  # epochs without a better loss on these after which it stops
    version: ClassVar[int] = 1
    needs_corpus: ClassVar[bool] = True
    younger: ClassVar[tuple[str, ...]] = ("held_out", "patience")  # than tables that are known by their settings

    def __post_init__(self) -> None:
        _within("context", self.context, 1, 64)
        _within("dim", self.dim, 1, 4096)
        _within("hidden", self.hidden, 1, 65536)
        for name in ("epochs", "batch", "patience"):
            _within(name, getattr(self, name), 1)
        _within("seed", self.seed, 0)
        _check_share(self.held_out)
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}; the origin's is 0.001")


@dataclass(frozen=True)
class _Windowed:
    """What the methods share that learn from the company of a token; ``training.windows`` says what that is.

    ``transpose``: in every epoch each song is moved at random by up to so many semitones, so that the rows of an
    interval are as near as it is common, in whatever key. ``relative``: each song is moved once instead, so that its
    median is the corpus' median (the recipe's ``reference``). The rows then say where a pitch stands in its song:
    ``A4`` is A4 in a song around ``reference``. ``joint``: both streams in one space, where a phone and a pitch that
    are sung together are near (with ``transpose: 0`` the pitch as it is sung); both must then have the same settings.
    """

    dim: int = 64
    window: int = 3  # events to either side
    collapse: bool = True  # events, not frames
    transpose: int = 12  # semitones
    relative: bool = False
    joint: bool = False
    seed: int = 0
    version: ClassVar[int] = 1
    needs_corpus: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _within("dim", self.dim, 1, 4096)
        _within("window", self.window, 1, 1000)
        _within("transpose", self.transpose, 0, 60)
        _within("seed", self.seed, 0)


@dataclass(frozen=True)
class _Sampled(_Windowed):
    """Settings of the methods with negative sampling, which ``training.pairs`` learns."""

    negatives: int = 5
    learning_rate: float = 0.025
    batch: int = 64  # examples per step
    epochs: int = 50  # at most
    held_out: float = 0.1  # share of the songs whose loss decides when to stop
    patience: int = 3  # epochs without a better loss after which it does

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("negatives", "batch", "epochs", "patience"):
            _within(name, getattr(self, name), 1)
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}; 0.025 is word2vec's")
        _check_share(self.held_out)


@dataclass(frozen=True)
class SkipGram(_Sampled):
    """Skip-gram with negative sampling."""

    kind: Literal["skipgram"] = "skipgram"


@dataclass(frozen=True)
class CBOW(_Sampled):
    """Continuous bag of words with negative sampling."""

    kind: Literal["cbow"] = "cbow"


@dataclass(frozen=True)
class PPMI(_Windowed):
    """Pointwise mutual information and its SVD, which ``training.ppmi`` learns in closed form.

    ``positional``: what comes two events before a token is another context than what comes one after it. ``shrink``: so
    many events are added to what was counted and to what chance expects, which draws what is rare to chance.
    ``positive``: what stands together less often than by chance counts as chance, which is what the name says; without
    it, that too tells what a token is. ``power`` of the singular values: above 1, for the last ones are mostly chance
    and so count for less; 0.5 with ``positional`` off for harmony.
    """

    kind: Literal["ppmi"] = "ppmi"
    positional: bool = True
    shrink: float = 0.25  # events
    positive: bool = False
    power: float = 1.5
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.shrink < math.inf:
            raise ValueError(f"shrink must be 0 events or more, not {self.shrink}; 0.25 is the default")
        if not 0 <= self.power <= 10:
            raise ValueError(f"power must be 0 to 10, not {self.power}; 1.5 is the default")
        if self.positional and self.window > 50:
            raise ValueError(
                f"window={self.window} is too wide for columns of each position; use 50, or positional=false"
            )
        if not (self.shrink or self.positive):
            raise ValueError("shrink=0 makes what was never seen together -inf; use shrink=0.25, or positive=true")


Recipe = Seeded | Harmonic | File | NGram | SkipGram | CBOW | PPMI
RECIPES: dict[str, type[Recipe]] = {
    "seeded": Seeded,
    "harmonic": Harmonic,
    "file": File,
    "ngram": NGram,
    "skipgram": SkipGram,
    "cbow": CBOW,
    "ppmi": PPMI,
}


def make(recipe: Recipe, stream: Stream, vocabulary: tuple[str, ...]) -> Table:
    """The table of a recipe that needs no corpus.

    Raises:
        ValueError: the recipe learns from a corpus, or is a file that does not fit.
    """
    if isinstance(recipe, Seeded | Harmonic | File):  # which is what needs_corpus says, to the type checker too
        return recipe(stream, vocabulary)
    raise ValueError(
        f"a table of kind `{recipe.kind}` is learnt from songs; `songvec run` makes it, or pass tables of a run"
    )


def settings(recipe: Any) -> dict[str, Any]:
    """The settings of a recipe (or a pooling that learns its weights) and the version of its code, as plain JSON.

    ``younger`` ones are named only where they are not the default, so that tables from before them stay known.
    """
    younger = {name: getattr(type(recipe), name) for name in getattr(recipe, "younger", ())}
    said = {name: value for name, value in asdict(recipe).items() if name not in younger or value != younger[name]}
    return {**said, "version": recipe.version}


def widen(tokens: ArrayLike, n: int) -> torch.Tensor:
    """Integer tokens (uint8, uint16) as the int64 that nn.Embedding wants. The one place where this is done.

    Raises:
        ValueError: a token is not one of the ``n`` of the table, or no integer at all.
    """
    import torch

    array = np.asarray(tokens)
    if array.dtype.kind not in "iu" and array.size:
        raise ValueError(f"tokens are integers like uint8, not {array.dtype}")
    outside = (array < 0) | (array >= n)
    if outside.any():
        raise ValueError(
            f"token {array[outside][0]} lies outside the table, whose ids go from 0 to {n - 1}; "
            "make the table for the scale and the phones that made the tokens"
        )
    return torch.from_numpy(array.astype(np.int64))


def philox(*key: str | int) -> np.random.Generator:
    """Random numbers that depend on ``key`` only: not on the machine, the order of calls, or torch's version."""
    digest = hashlib.sha256(json.dumps(key, ensure_ascii=False).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def save(table: Table, path: str | Path) -> None:
    """Write a table as safetensors: the same table gives the same bytes, and a reader never sees half a file."""
    meta = {
        "songvec": FORMAT,
        "stream": table.stream,
        "vocabulary": _json(table.vocabulary),
        "recipe": _json(table.recipe),
        "history": _json(table.history),
        "digest": table.digest,
    }
    data = _bytes(table.embedding.weight)
    weight = {"dtype": "F32", "shape": list(table.embedding.weight.shape), "data_offsets": [0, len(data)]}
    # safetensors' own writer puts the metadata in another order each time; the format is a length, a JSON, the data.
    header = _json({"__metadata__": meta, "weight": weight}).encode()
    header += b" " * (-len(header) % 8)
    files.replace(Path(path), lambda file: file.write(len(header).to_bytes(8, "little") + header + data))


def load(path: str | Path) -> Table:
    """Read a table that ``save`` wrote.

    Raises:
        OSError: there is no such file.
        ValueError: it is damaged, of another kind, or not what its digest says.
    """
    path = Path(path)
    tensors, meta = _read(path)
    if meta.get("songvec") != FORMAT:
        found = f"format {meta['songvec']}" if "songvec" in meta else "no songvec metadata"
        raise ValueError(f"{path} has {found}, not that of a table of format {FORMAT}; {_AGAIN}")
    try:
        found = Table.of(
            cast(Stream, meta["stream"]),
            tuple(json.loads(meta["vocabulary"])),
            tensors["weight"],
            json.loads(meta["recipe"]),
            tuple(json.loads(meta["history"])),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); {_AGAIN}") from error
    if found.digest != meta.get("digest"):
        raise ValueError(f"{path} is damaged: its rows or names are not those of its digest; {_AGAIN}")
    return found


_AGAIN = "delete it and run `songvec run` again, or fetch it anew"


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Every tensor and the metadata of a safetensors file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such embedding table")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).clone() for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or no safetensors file ({error}); {_AGAIN}") from error


def _only_matrix(path: Path, tensors: Mapping[str, torch.Tensor], n: int) -> torch.Tensor:
    """The single [n, D] of a file that does not name its rows, as float32."""
    import torch

    shapes = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in tensors.items()) or "nothing"
    if len(tensors) == 1:
        (only,) = tensors.values()
        if only.ndim == 2 and len(only) == n and only.shape[1] and only.is_floating_point():
            return only.to(torch.float32)
    raise ValueError(f"{path} holds {shapes}; without names of rows it must be one float tensor [{n}, D]")


def _bytes(weight: torch.Tensor) -> bytes:
    return weight.numpy().astype("<f4").tobytes()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _within(name: str, value: int, low: int, high: int | None = None) -> None:
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} must be {f'{low} to {high}' if high else f'{low} or more'}, not {value}")


def _check_share(held_out: float) -> None:
    if not 0 <= held_out < 1:
        raise ValueError(f"held_out must be a share of the songs from 0 to below 1, not {held_out}")

"""PPMI and SVD: how much more often than by chance two tokens are near -> rows; in closed form, without a step.

Levy and Goldberg 2014, which is what skip-gram with negative sampling approaches: pointwise mutual information of a
token and its context, with the contexts' counts to the power of 0.75 (Levy et al. 2015), below 0 taken for 0; its
singular vectors times the singular values. Not times their roots, which is better for words: for notes the rank
correlation with semitones falls from .90 to .58.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.embedding import PPMI, Stream, Table
from pipeline.training import pairs, windows
from pipeline.training.ngram import one_thread
from pipeline.training.windows import Corpus

if TYPE_CHECKING:
    from pipeline.training import Progress, Songs


def train(
    settings: PPMI,
    stream: Stream,
    vocabulary: tuple[str, ...],
    songs: Songs,
    progress: Progress | None = None,
    state: Path | None = None,
) -> Table:
    """The table of one stream; see ``learn``."""
    return learn(settings, {stream: vocabulary}, lambda: ((tokens,) for tokens in songs()))[stream]


def learn(
    settings: PPMI,
    vocabularies: Mapping[Stream, tuple[str, ...]],
    tokens: windows.Tokens,
    progress: Progress | None = None,
    state: Path | None = None,
    device: str = "cpu",
) -> dict[Stream, Table]:
    """The tables of one stream, or of both in one space. Tokens that no song has keep their (small) seeded row.

    One pass over the songs, whose matrix is small and on the CPU: there is nothing to resume, and no loss.

    Raises:
        ValueError: there is nothing to learn from, a token lies outside the vocabulary, or the scale cannot be made
            relative.
    """
    corpus = Corpus(settings, vocabularies, tokens)
    together = np.zeros((corpus.size, corpus.size))
    for events in corpus.songs(held_out=False):
        centres, contexts, apart = windows.pairs(events, settings.window)
        # as often as word2vec's shortened windows reach so far
        near = (settings.window + 1 - np.maximum(apart, 1)) / settings.window
        together += np.bincount(centres * corpus.size + contexts, near, corpus.size**2).reshape(together.shape)
    # every song moved by every shift, at once
    together = sum((corpus.moved(corpus.moved(together, shift).T, shift).T for shift in corpus.shifts), 0 * together)
    if np.count_nonzero(together.sum(axis=1)) < 2:
        raise ValueError(
            f"nothing to learn the {' and '.join(vocabularies)} table from: none of {corpus.seen.songs} songs has two "
            "different tokens; give more songs, or `kind: harmonic`"
        )
    rows = pairs.seeded(vocabularies, settings.dim, settings.seed)
    known = np.flatnonzero(together.sum(axis=1))
    with one_thread():
        found = _factors(_blocks(together, known, corpus.stream_of[known]), settings.dim)
    rows[torch.from_numpy(known)] = found
    return windows.tables(settings, corpus, rows, {})


def _blocks(together: NDArray[np.float64], known: NDArray[np.int64], streams: NDArray[np.int64]) -> NDArray[np.float64]:
    """The PPMI of the known ids, each pair of streams by itself: what chance gives differs within and across."""
    found = np.zeros((len(known), len(known)))
    for one in np.unique(streams):
        for other in np.unique(streams):
            at, to = np.flatnonzero(streams == one), np.flatnonzero(streams == other)
            found[np.ix_(at, to)] = _ppmi(together[np.ix_(known[at], known[to])])
    return found


def _ppmi(together: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each pair was counted, [A, B] -> its positive pointwise mutual information, in nats."""
    contexts = together.sum(axis=0) ** 0.75
    chance = together.sum(axis=1)[:, None] * (contexts / max(contexts.sum(), 1e-300))
    seen = together > 0
    return np.maximum(np.log(np.where(seen, together, 1) / np.where(seen, chance, 1)), 0)


def _factors(matrix: NDArray[np.float64], dim: int) -> torch.Tensor:
    """Rows float32 [V, dim] from the singular vectors, each with its largest entry positive; 0 beyond the rank."""
    left, singular, _ = torch.linalg.svd(torch.from_numpy(matrix))
    largest = left.abs().argmax(dim=0, keepdim=True)
    rows = left * left.gather(0, largest).sign() * singular
    return torch.nn.functional.pad(rows[:, :dim], (0, max(0, dim - rows.shape[1]))).float()

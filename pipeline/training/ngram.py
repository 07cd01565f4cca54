"""The n-gram language model: token streams -> an embedding table that helps to tell the next token.

Bengio et al. 2003, in the small form of PyTorch's word-embedding tutorial, from which the idea of this project comes:
the rows of the ``context`` tokens before, nearest first and concatenated -> linear -> ReLU -> linear -> log-softmax,
trained with the negative log-likelihood and plain SGD, songs in the order given. An n-gram lies within one song.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline import embedding
from pipeline.embedding import NGram, Seeded, Stream, Table

if TYPE_CHECKING:
    from pipeline.training import Progress, Songs


@dataclass(frozen=True, eq=False)
class Weights:
    """What is learnt: rows [V, D], hidden layer [H, context * D] and [H], output layer [V, H] and [V], float32."""

    rows: torch.Tensor
    hidden: torch.Tensor
    hidden_bias: torch.Tensor
    output: torch.Tensor
    output_bias: torch.Tensor


def train(
    settings: NGram,
    stream: Stream,
    vocabulary: tuple[str, ...],
    songs: Songs,
    progress: Progress | None = None,
) -> Table:
    """The table that the songs teach; its history is the mean loss per n-gram of every epoch, in nats.

    The result depends on nothing else: not on the number of cores, not on torch's generator.

    Raises:
        ValueError: no song is long enough, a token lies outside the vocabulary, the songs are not the same in every
            epoch, or the weights grow without bound.
    """
    weights = initial(settings, stream, vocabulary)
    history: list[float] = []
    first = (0, 0)
    with one_thread():
        for epoch in range(1, settings.epochs + 1):
            n_songs, n_ngrams, loss = _epoch(weights, settings, songs(), len(vocabulary))
            if epoch == 1:
                first = n_songs, n_ngrams
            if first[1] == 0:
                raise ValueError(
                    f"nothing to learn the {stream} table from: none of {n_songs} songs has the "
                    f"{settings.context + 1} tokens of an n-gram; give longer songs, or use `kind: seeded`"
                )
            if (n_songs, n_ngrams) != first:
                raise ValueError(
                    f"epoch {epoch} saw {n_songs} songs and {n_ngrams} n-grams, epoch 1 {first[0]} and {first[1]}; "
                    "`songs` must start anew at every call"
                )
            history.append(loss / n_ngrams)
            if not math.isfinite(loss):
                raise ValueError(
                    f"the {stream} table grew without bound in epoch {epoch}; a learning_rate below "
                    f"{settings.learning_rate} or a batch below {settings.batch} helps"
                )
            if progress:
                progress(epoch, history[-1])
    recipe = {**embedding.settings(settings), "songs": first[0], "ngrams": first[1]}
    return Table.of(stream, vocabulary, weights.rows, recipe, tuple(history))


def initial(settings: NGram, stream: Stream, vocabulary: tuple[str, ...]) -> Weights:
    """The weights before the first step: torch's own distributions, drawn with numpy so that they travel.

    The rows are those of ``Seeded``, N(0, 1); a linear layer is uniform within 1 / sqrt(fan_in).
    """

    def uniform(name: str, fan_in: int, *shape: int) -> torch.Tensor:
        bound = 1 / math.sqrt(fan_in)
        values = embedding.philox("layer", settings.seed, stream, name).uniform(-bound, bound, shape)
        return torch.from_numpy(values.astype(np.float32))

    inputs, hidden, n = settings.context * settings.dim, settings.hidden, len(vocabulary)
    return Weights(
        rows=Seeded(dim=settings.dim, seed=settings.seed)(stream, vocabulary).embedding.weight.detach().clone(),
        hidden=uniform("hidden.weight", inputs, hidden, inputs),
        hidden_bias=uniform("hidden.bias", inputs, hidden),
        output=uniform("output.weight", hidden, n, hidden),
        output_bias=uniform("output.bias", hidden, n),
    )


def ngrams(tokens: NDArray[np.integer], context: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The n-grams of one song: the tokens before, nearest first, int64 [N, context], and the one to tell, [N].

    >>> ngrams(np.array([5, 6, 7, 8], dtype=np.uint8), context=2, n=128)
    (tensor([[6, 5],
            [7, 6]]), tensor([7, 8]))
    """
    ids = embedding.widen(tokens, n)
    if len(ids) <= context:
        return ids.new_empty(0, context), ids.new_empty(0)
    windows = ids.unfold(0, context + 1, 1)
    return windows[:, :-1].flip(1), windows[:, -1]


def step(weights: Weights, context: torch.Tensor, target: torch.Tensor, learning_rate: float) -> float:
    """One step of SGD, in place, on the *summed* loss of a batch; the loss before it, in nats.

    Summed, because the mean over 256 n-grams would divide every step by 256, and at the origin's learning rate the
    table would hardly move. The gradients are written out: an eighth of autograd's time at batch 1 (60 against
    480 microseconds), and the test holds them to it. Only the rows of the context have any.
    """
    target = target.unsqueeze(1)
    inputs = weights.rows[context].flatten(1)
    hidden = torch.addmm(weights.hidden_bias, inputs, weights.hidden.T).relu_()
    log_p = torch.addmm(weights.output_bias, hidden, weights.output.T).log_softmax(1)
    loss = -log_p.gather(1, target).sum().item()

    # d loss / d logits is p - 1 at the target and p elsewhere; all gradients come before any weight moves
    d_logits = log_p.exp_().scatter_add_(1, target, torch.full(target.shape, -1.0))
    d_hidden = (d_logits @ weights.output).mul_(hidden.sign())  # after ReLU the sign is 1 or 0: what it let through
    d_inputs = d_hidden @ weights.hidden

    weights.output.addmm_(d_logits.T, hidden, alpha=-learning_rate)
    weights.output_bias.sub_(d_logits.sum(0), alpha=learning_rate)
    weights.hidden.addmm_(d_hidden.T, inputs, alpha=-learning_rate)
    weights.hidden_bias.sub_(d_hidden.sum(0), alpha=learning_rate)
    d_rows = d_inputs.view(-1, weights.rows.shape[1])
    weights.rows.index_add_(0, context.flatten(), d_rows, alpha=-learning_rate)
    return loss


def _epoch(weights: Weights, settings: NGram, songs: Iterator[NDArray[np.integer]], n: int) -> tuple[int, int, float]:
    """Every song once: how many there were, their n-grams, and the loss summed over these. No batch spans two songs."""
    n_songs, n_ngrams, loss = 0, 0, 0.0
    for tokens in songs:
        context, target = ngrams(tokens, settings.context, n)
        for start in range(0, len(target), settings.batch):
            end = start + settings.batch
            loss += step(weights, context[start:end], target[start:end], settings.learning_rate)
        n_songs += 1
        n_ngrams += len(target)
    return n_songs, n_ngrams, loss


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread, so that sums are taken in the same order on every number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Learning: token streams of a corpus -> an embedding table. The contract and the table of trainers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding import Stream, Table
from pipeline.training import ngram

Songs = Callable[[], Iterator[NDArray[np.integer]]]  # called once an epoch; one song's tokens [T] at a time
Progress = Callable[[int, float], None]  # hears the epoch, from 1, and its loss


class Trainer(Protocol):
    """A way to learn a table; ``settings`` is the recipe of its kind.

    The same settings, vocabulary and songs give the same bytes, on any number of cores. No more than one song is in
    memory at a time. Songs that teach nothing at all are a ``ValueError`` with a remedy.
    """

    def __call__(
        self, settings: Any, stream: Stream, vocabulary: tuple[str, ...], songs: Songs, progress: Progress | None = None
    ) -> Table: ...


TRAINERS: dict[str, Trainer] = {"ngram": ngram.train}

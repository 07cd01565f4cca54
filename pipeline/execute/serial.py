"""One task after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.execute import Task


class Serial:
    """See ``execute.Executor``."""

    def __call__(self, work: Callable[[Task], Any], tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        for task in tasks:
            yield task, work(task)

    def close(self) -> None:
        """Nothing to give back."""

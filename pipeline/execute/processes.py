"""Several processes on this machine, spawned: torch's and numba's threads do not survive a fork.

Each runs its native libraries on one thread; the processes are the parallelism.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any

from pipeline.execute import Task

_AHEAD = 3  # tasks handed out for each process: enough that none waits, few enough that results do not pile up
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Processes:
    """See ``execute.Executor``. The processes are started at the first call and live until ``close``."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"workers: wanted 1 or more, not {workers}")
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._before: dict[str, str | None] = {}

    def __call__(self, work: Callable[[Task], Any], tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        if self._pool is None:
            # inherited by what is spawned, which may import numpy with the user's own script before any code of ours
            self._before = {name: os.environ.get(name) for name in _THREADS}
            os.environ.update(dict.fromkeys(_THREADS, "1"))
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_start)
        waiting: dict[Future[Any], Task] = {}
        for task in tasks:
            waiting[self._pool.submit(work, task)] = task
            if len(waiting) >= _AHEAD * self.workers:
                yield from _done(waiting)
        while waiting:
            yield from _done(waiting)

    def close(self) -> None:
        """Stop the processes; tasks that have not begun are dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
            for name, value in self._before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _done(waiting: dict[Future[Any], Task]) -> Iterator[tuple[Task, Any]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


def _start() -> None:
    """In a new worker. Ctrl-C is the parent's to handle."""
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A parent that was killed closes nothing, and its workers would wait for a next task for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

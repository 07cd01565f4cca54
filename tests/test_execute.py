"""The contract of the executors, over all of them. The work here is the standard library's: it needs no stages."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pipeline.execute import Executor
from pipeline.execute.processes import Processes
from pipeline.execute.serial import Serial

WORKERS = 2
AHEAD = 3 * WORKERS  # more than one task for each process, so that none waits


@pytest.fixture(scope="module", params=[Serial, lambda: Processes(WORKERS)], ids=["serial", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    found = request.param()
    yield found
    found.close()


def test_every_task_is_done_once_and_its_result_is_its_own(executor: Executor) -> None:
    found = list(executor(math.isqrt, [n * n for n in range(40)]))
    assert sorted(found) == [(n * n, n) for n in range(40)]


def test_no_tasks_are_no_work(executor: Executor) -> None:
    assert list(executor(math.isqrt, [])) == []


def test_an_executor_can_be_called_again(executor: Executor) -> None:
    for _ in range(2):
        assert list(executor(math.isqrt, [81])) == [(81, 9)]


def test_equal_tasks_are_different_tasks(executor: Executor) -> None:
    assert list(executor(math.isqrt, [4, 4, 4])) == [(4, 2)] * 3


def test_an_exception_in_the_work_reaches_the_caller_as_it_is(executor: Executor) -> None:
    with pytest.raises(ValueError, match="nonnegative"):
        list(executor(math.isqrt, [4, -1, 9]))


def test_an_exception_in_the_tasks_reaches_the_caller_as_it_is(executor: Executor) -> None:
    def tasks() -> Iterator[int]:
        yield 4
        raise OSError("the tasks are gone")

    with pytest.raises(OSError, match="the tasks are gone"):
        list(executor(math.isqrt, tasks()))


def test_tasks_are_taken_a_few_at_a_time(executor: Executor) -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        while taken < 1000:
            taken += 1
            yield taken

    done = 0
    for _ in executor(math.isqrt, tasks()):
        done += 1
        assert taken - done <= AHEAD
    assert done == 1000


@pytest.mark.parametrize("make", [Serial, lambda: Processes(WORKERS)], ids=["serial", "processes"])
def test_closing_is_done_once_or_twice_before_or_after_use(make: type[Executor]) -> None:
    executor = make()
    executor.close()
    assert list(executor(math.isqrt, [4])) == [(4, 2)]
    executor.close()
    executor.close()


def test_each_process_runs_its_native_libraries_on_one_thread() -> None:
    executor = Processes(WORKERS)
    try:
        found = dict(executor(os.getenv, ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]))
        assert set(found.values()) == {"1"}
    finally:
        executor.close()
        executor.close()


def test_processes_can_be_closed_in_the_middle_of_their_work() -> None:
    executor = Processes(WORKERS)
    found = executor(math.isqrt, iter(range(100)))
    task, result = next(found)
    executor.close()
    assert result == math.isqrt(task)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_workers_leave_with_a_parent_that_is_killed() -> None:
    """They hold its output open: this returns when the last of them is gone."""
    program = """
import math, os, signal
from pipeline.execute.processes import Processes
executor = Processes(2)
print(sum(result for _, result in executor(math.isqrt, [4, 9, 16])), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (-9, "9\n")


def test_there_is_no_pool_of_no_processes() -> None:
    with pytest.raises(ValueError, match="workers: wanted 1 or more, not 0"):
        Processes(0)

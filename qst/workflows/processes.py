"""Parallel processes: how many, and how they are started."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

AT_ONCE = 8
"""Number of jobs that a process is given at a time."""

FEWEST_JOBS = 24
"""With fewer pictures or pages, one process is faster than starting several (our threshold)."""


def count_processes(jobs: int, wanted: int | None) -> int:
    """Number of processes for a number of jobs; 1 if no number was requested and starting them is not worth it.

    >>> count_processes(23, None), count_processes(24, 2), count_processes(9, 8)
    (1, 2, 2)
    """
    if wanted is None and jobs < FEWEST_JOBS:
        return 1
    return min(wanted or count_cores(), -(-jobs // AT_ONCE))


def count_cores() -> int:
    """Number of cores that this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_processes(number: int) -> ProcessPoolExecutor:
    """Start new processes, without forking: forking a process with threads (a progress bar has one) can hang."""
    return ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn"))

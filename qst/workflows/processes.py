"""Processes that share work: how many, and how they are started."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

AT_ONCE = 8
"""Jobs that a process does before it comes back."""

FEWEST_JOBS = 24
"""Fewer pictures or pages are done sooner than processes are started (ours)."""


def count_processes(jobs: int, wanted: int | None) -> int:
    """How many processes share so many jobs; 1 where no number was asked for and the work is done before they start.

    >>> count_processes(23, None), count_processes(24, 2), count_processes(9, 8)
    (1, 2, 2)
    """
    if wanted is None and jobs < FEWEST_JOBS:
        return 1
    return min(wanted or count_cores(), -(-jobs // AT_ONCE))


def count_cores() -> int:
    """Cores that this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_processes(number: int) -> ProcessPoolExecutor:
    """Processes that are started afresh: forking one that has threads (a progress bar has one) can hang."""
    return ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn"))

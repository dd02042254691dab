"""Measurements that several benchmarks share."""

import resource


def cpu_seconds() -> float:
    """Processor time of this process and of its finished child processes."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))

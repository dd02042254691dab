"""Correlations of z-scores in healthy people, and the tests that are pooled because they measure the same."""

import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from qst.arrays import Floats
from qst.errors import ReferenceSetError
from qst.protocol import CODES, Z_CODES

CAP = 4.0
"""|z| beyond it adds no evidence (ours): it is not known how often healthy people are further out than 4 SD."""


@dataclass(frozen=True, eq=False)
class Correlations:
    """Correlations of z-scores in healthy people.

    Attributes
    ----------
    matrix : float array, shape (11, 11)
        In the order of `qst.protocol.Z_CODES`; 0 for a pair that the file does not list.
    pools : mapping of str to tuple of str
        Tests that measure the same; every test is in exactly one pool, which may be its own.
    rho : mapping of str to float
        Mean correlation of a pool's tests; 0 for a single test.
    """

    matrix: Floats
    pools: Mapping[str, tuple[str, ...]]
    rho: Mapping[str, float]

    def pool_of(self, code: str) -> str:
        """Name of the pool that a test is in."""
        return next(pool for pool, codes in self.pools.items() if code in codes)


def load_correlations(folder: str | Path | None = None) -> Correlations:
    """Load and check the correlations of healthy people.

    Parameters
    ----------
    folder : path, optional
        Has `pairs.csv` (columns a, b, r) and `source.toml` with a table `[senses]`, which lists the pools. Default: the
        folder that comes with the package; most of its numbers are ours (see its `source.toml`).

    Raises
    ------
    ReferenceSetError
        A pair occurs twice or its r is not between -1 and 1, a parameter has no z-score, a test is in two pools, or the
        correlations are impossible together (the matrix is not positive definite).

    Examples
    --------
    >>> correlations = load_correlations()
    >>> correlations.pools["pinprick"], round(correlations.rho["pinprick"], 2)
    (('MPT', 'MPS'), 0.6)
    """
    if folder is None:
        return _load_packaged()
    folder = Path(folder)
    try:
        return _build((folder / "pairs.csv").read_bytes(), (folder / "source.toml").read_bytes(), str(folder))
    except OSError as error:
        raise ReferenceSetError(f"{folder}: needs the files pairs.csv and source.toml: {error.strerror}") from error


@lru_cache
def _load_packaged() -> Correlations:
    folder = files("qst.reference_values") / "correlations"
    return _build((folder / "pairs.csv").read_bytes(), (folder / "source.toml").read_bytes(), "correlations")


def _build(pairs: bytes, source: bytes, place: str) -> Correlations:
    try:
        table = pd.read_csv(io.BytesIO(pairs), usecols=["a", "b", "r"], dtype=str, keep_default_na=False)
        pools = tomllib.loads(source.decode("utf-8")).get("senses", {})
    except (ValueError, UnicodeDecodeError) as error:
        raise ReferenceSetError(f"{place}: cannot be read: {error}") from error
    matrix = np.eye(len(Z_CODES))
    for row, (a, b, r) in enumerate(zip(table["a"], table["b"], pd.to_numeric(table["r"], "coerce"), strict=True), 2):
        where = f"{place}/pairs.csv:{row}: the pair {a}, {b}"
        if a not in Z_CODES or b not in Z_CODES or a == b:
            raise ReferenceSetError(f"{where} is not of two of {' '.join(Z_CODES)}")
        cell = (Z_CODES.index(a), Z_CODES.index(b))
        if matrix[cell] != 0:
            raise ReferenceSetError(f"{where} occurs twice")
        if not -1 < r < 1:
            raise ReferenceSetError(f"{where} needs a correlation between -1 and 1")
        matrix[cell] = matrix[cell[::-1]] = r
    if np.linalg.eigvalsh(matrix)[0] <= 1e-9:
        raise ReferenceSetError(f"{place}/pairs.csv: these correlations are impossible together: not positive definite")
    return _add_pools(matrix, pools, place)


def _add_pools(matrix: Floats, given: object, place: str) -> Correlations:
    if not isinstance(given, dict) or not all(isinstance(codes, list) for codes in given.values()):
        raise ReferenceSetError(f"{place}/source.toml: [senses] must hold lists of parameters")
    listed = [code for codes in given.values() for code in codes]
    for code in listed:
        if code not in Z_CODES or listed.count(code) > 1:
            raise ReferenceSetError(f"{place}/source.toml: [senses]: '{code}' has no z-score, or is in two lists")
    pools = {str(pool): tuple(codes) for pool, codes in given.items()}
    pools |= {code: (code,) for code in CODES if code not in listed}
    rho = {}
    for pool, codes in pools.items():
        places = [Z_CODES.index(code) for code in codes if code in Z_CODES]
        above = [matrix[a, b] for a in places for b in places if a < b]
        rho[pool] = float(np.mean(above)) if above else 0.0
    return Correlations(matrix, pools, rho)

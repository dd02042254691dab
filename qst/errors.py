"""Exceptions. A fault in the data of one row is a `Problem`, not an exception."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qst.problems import Problem


class QSTError(Exception):
    """Base class of all errors that this package raises on purpose. The text is one sentence that names the remedy."""


class InputError(QSTError):
    """A file or table that cannot be read as QST data at all.

    Attributes
    ----------
    problem : Problem
        The same reason, as data.
    problems : list of Problem
        Everything that was found before reading ended, including this reason.
    """

    def __init__(self, problem: "Problem", others: Sequence["Problem"] = ()) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.problems = [*others] if problem in others else [*others, problem]


class ReferenceSetError(QSTError):
    """A reference set that cannot be found, or whose data break a rule."""


class MechanismError(QSTError):
    """An entry of the knowledge base of mechanisms that breaks the rules. The text names file and key."""


class OptionError(QSTError):
    """An option with a value that has no meaning, such as ``--set sex=1``."""


class QSTWarning(UserWarning):
    """Problems that a library call found in the data and was given no list for."""

"""Quantitative sensory testing by the DFNS protocol: from laboratory files to z-scores, findings and profiles.

>>> import qst
>>> scored = qst.score(qst.load("examples/cohort_synthetic.csv"))
>>> scored.loc[0, "reference_set"]
'magerl2010'
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qst.derive.plausibility import check_plausibility as check_plausibility
    from qst.derive.trials import derive_values as derive_values
    from qst.entry_form.writing import write_form as write_form
    from qst.errors import QSTError as QSTError
    from qst.errors import QSTWarning as QSTWarning
    from qst.loaders.load import load as load
    from qst.norms.reference_sets import load_reference as load_reference
    from qst.norms.zscores import z_score as z_score
    from qst.plots.age import plot_age as plot_age
    from qst.plots.frequencies import plot_frequencies as plot_frequencies
    from qst.plots.groups import plot_groups as plot_groups
    from qst.plots.heatmap import plot_heatmap as plot_heatmap
    from qst.plots.loga import plot_loga as plot_loga
    from qst.plots.mechanisms import plot_mechanisms as plot_mechanisms
    from qst.plots.person import plot_profile as plot_profile
    from qst.plots.phenotypes import plot_phenotypes as plot_phenotypes
    from qst.plots.retest import plot_retest as plot_retest
    from qst.plots.stimulus_response import plot_stimulus_response as plot_stimulus_response
    from qst.plots.windup import plot_windup as plot_windup
    from qst.problems import Problem as Problem
    from qst.scoring import score as score
    from qst.simulation.simulate import simulate_healthy as simulate_healthy
    from qst.simulation.simulate import simulate_model as simulate_model

__version__ = "0.1.0"

_HOMES = {
    "Problem": "qst.problems",
    "QSTError": "qst.errors",
    "QSTWarning": "qst.errors",
    "check_plausibility": "qst.derive.plausibility",
    "derive_values": "qst.derive.trials",
    "load": "qst.loaders.load",
    "load_reference": "qst.norms.reference_sets",
    "plot_age": "qst.plots.age",
    "plot_frequencies": "qst.plots.frequencies",
    "plot_groups": "qst.plots.groups",
    "plot_heatmap": "qst.plots.heatmap",
    "plot_loga": "qst.plots.loga",
    "plot_mechanisms": "qst.plots.mechanisms",
    "plot_phenotypes": "qst.plots.phenotypes",
    "plot_profile": "qst.plots.person",
    "plot_retest": "qst.plots.retest",
    "plot_stimulus_response": "qst.plots.stimulus_response",
    "plot_windup": "qst.plots.windup",
    "score": "qst.scoring",
    "simulate_healthy": "qst.simulation.simulate",
    "simulate_model": "qst.simulation.simulate",
    "write_form": "qst.entry_form.writing",
    "z_score": "qst.norms.zscores",
}
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 (the names are strings)

# In a checkout, the packages qst.cli and qst.reference_values are next to this folder, not in it.
if not (Path(__file__).parent / "reference_values").is_dir():
    __path__.append(str(Path(__file__).parent.parent))


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `qst --help` loads neither pandas nor matplotlib."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'qst' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)

"""Explain one assessment, found in files."""

from collections.abc import Sequence
from pathlib import Path

from qst.errors import OptionError
from qst.explain.assessment import Explanation, explain_assessment
from qst.loaders.headers.options import LoadOptions
from qst.protocol import BY_CODE, RECORD_ORDER
from qst.scoring import compute_stages
from qst.settings import Settings
from qst.workflows.find_people import choose_assessment, find_person


# long: the docstring lists every argument and key of the result
def explain(
    inputs: str | Path | Sequence[str | Path],
    subject: str,
    *,
    parameter: str | None = None,
    visit: str | None = None,
    site: str | None = None,
    side: str | None = None,
    area: str | None = None,
    options: LoadOptions | None = None,
    settings: Settings | None = None,
) -> Explanation:
    """Explain every step from the values of one assessment to its results.

    Parameters
    ----------
    inputs : path or sequence of paths
        Laboratory files, or tables written by `qst score`.
    subject : str
        As written in the file.
    parameter : str, optional
        Only this parameter, without the steps that need all parameters.
    visit, site, side, area : str, optional
        Which assessment, if the person has several.
    options : LoadOptions, optional
        How the files are read.
    settings : Settings, optional
        How they are scored. A scored table is scored again with the settings it carries; a setting given here takes
        precedence.

    Returns
    -------
    dict
        `subject` … `area`, `source_file`, `source_row`, `understood` (lines on how the file was read), `reference`,
        `stratum`, `parameters` (a list: trials, value, norm, steps, z, finding, undetectable findings), `chance`,
        `loga`, `phenotypes`, `criteria`, `mechanisms`, `never_assessable`, `answers`, `npsi`, `notes`, `problems`,
        `disclaimer`. The numbers are those of `qst.score`.

    Raises
    ------
    OptionError
        The person, assessment or parameter does not exist, or several assessments match; the message lists those that
        exist.
    InputError
        The input cannot be read.

    Examples
    --------
    >>> explanation = explain("examples/cohort_synthetic.csv", "058", area="test", parameter="HPT")
    >>> hpt = explanation["parameters"][0]
    >>> hpt["norm"]["mean"], hpt["norm"]["sd"], round(hpt["z"], 2)
    (44.28, 2.86, -0.5)
    """
    if parameter is not None and parameter.upper() not in BY_CODE:
        raise OptionError(f"'{parameter}' is not one of the 13 parameters: {' '.join(RECORD_ORDER)}")
    paths = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    found = find_person(paths, subject, options or LoadOptions(), settings or Settings())
    given = {"visit": visit, "site": site, "side": side, "area": area}
    row = choose_assessment(
        found.assessments, subject, {name: value for name, value in given.items() if value is not None}
    )
    return explain_assessment(compute_stages(row, found.settings), found, parameter.upper() if parameter else None)

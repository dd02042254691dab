"""z-scores of values by their norms, for whole columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from qst.arrays import Bools, Floats, Ints
from qst.errors import OptionError
from qst.norms.reference_sets import DEFAULT_REFERENCE, ReferenceSet, load_reference, look_up_norms
from qst.notes import format_note
from qst.protocol import BY_CODE, PARAMETERS, RATING_OFFSET, Z_CODES


@dataclass(frozen=True, slots=True)
class Values:
    """The 13 values as they are used, and why some are not.

    Attributes
    ----------
    columns : dict of str to float array
        By parameter code, in the protocol's units; NaN where there is no usable value.
    flags : dict of str to bool array
        Notes by code, for example ``"out_of_range:PPT"``.
    offset_added : dict of str to bool array
        Notes by code on ratings to which 0.1 was added.
    """

    columns: dict[str, Floats]
    flags: dict[str, Bools]
    offset_added: dict[str, Bools]


def prepare_values(assessments: pd.DataFrame) -> Values:
    """Take the 13 values from a table of assessments; each row is independent of the others.

    Parameters
    ----------
    assessments : pandas.DataFrame
        Any of the 13 columns, in the protocol's units; an absent column is missing throughout.

    Returns
    -------
    Values
        CDT, WDT and TSL as magnitudes. A value of MPS or DMA below 0.1 can only be a plain mean of ratings; 0.1 is
        added to it, and it gets the note `rating_offset_added`. A value that the parameter cannot have is NaN, with the
        note `out_of_range`, and so is text that is not a number; one that has no logarithm is NaN with `not_positive`.
    """
    columns: dict[str, Floats] = {}
    flags: dict[str, Bools] = {}
    offset_added: dict[str, Bools] = {}
    for parameter in PARAMETERS:
        code = parameter.code
        if code not in assessments:
            columns[code] = np.full(len(assessments), np.nan)
            continue
        given = assessments[code]
        number = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        values = np.abs(number) if parameter.is_distance else np.array(number)
        if parameter.is_rating:
            plain = (values >= 0) & (values < RATING_OFFSET)
            values[plain] += RATING_OFFSET
            offset_added[format_note("rating_offset_added", code)] = plain
        low, high = parameter.possible
        impossible = (values < low) | (values > high) | (given.notna().to_numpy() & np.isnan(number))
        if parameter.scale == "log10":
            not_positive = values <= 0
            flags[format_note("not_positive", code)] = not_positive
            impossible &= ~not_positive
            values[not_positive] = np.nan
        flags[format_note("out_of_range", code)] = impossible
        values[impossible] = np.nan
        columns[code] = values
    return Values(columns, flags, offset_added)


def transform(code: str, values: Floats) -> Floats:
    """Values on the scale on which healthy people are normally distributed: log10 or unchanged."""
    return np.log10(values) if BY_CODE[code].scale == "log10" else values


def compute_z_scores(values: Mapping[str, Floats], stratum: Ints, reference: ReferenceSet) -> dict[str, Floats]:
    """z-scores of the 11 parameters that have them: z = sign × (transformed value − mean) / SD.

    The sign is −1 for CDT, WDT, TSL, HPT, PPT, MPT and MDT and +1 for CPT, MPS, WUR and VDT, so that + is always gain
    of function. Scales, means and SDs: Magerl et al. 2010, doi:10.1016/j.pain.2010.07.026, for the default set.

    Parameters
    ----------
    values : mapping of str to float array, shape (n,)
        As `prepare_values` returns them.
    stratum : int array, shape (n,)
        As `look_up_norms` returns them.
    reference : ReferenceSet

    Returns
    -------
    dict of str to float array, shape (n,)
        NaN where the value or the norm is missing, the norm is doubtful or its SD is 0.
    """
    usable = reference.usable()
    result = {}
    for column, parameter in enumerate(PARAMETERS):
        if not parameter.has_z:
            continue
        mean = np.where(usable[:, column], reference.mean[:, column], np.nan)
        sd = np.where(usable[:, column], reference.sd[:, column], np.nan)
        transformed = transform(parameter.code, values[parameter.code])
        # + 0.0 makes 0.0 of the -0.0 of a value at the mean.
        result[parameter.code] = parameter.gain_sign * (transformed - mean[stratum]) / sd[stratum] + 0.0
    return result


def z_score(
    parameter: str,
    value: float,
    *,
    age: float,
    sex: str,
    site: str,
    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE,
) -> float:
    """z-score of one value; the same number as `qst.score` returns for it in a table.

    Parameters
    ----------
    parameter : str
        One of the 11 codes that have a z-score; not PHS or DMA.
    value : float
        In the protocol's unit: °C from baseline (CDT, WDT), °C, kPa, mN, geometric mean of rating + 0.1 (MPS), or x/8.
    age : float
        Years.
    sex : {"female", "male"}
    site : str
        For example ``"hand"``.
    reference : str, Path or ReferenceSet

    Returns
    -------
    float
        NaN where the value is missing or there is no norm.

    Raises
    ------
    OptionError
        `parameter` is not one of the 11.

    Examples
    --------
    >>> round(z_score("HPT", 42.68, age=25, sex="female", site="hand"), 6)
    0.0
    >>> round(z_score("HPT", 39.44, age=25, sex="female", site="hand"), 6)
    1.0
    """
    if parameter not in Z_CODES:
        raise OptionError(f"'{parameter}' has no z-score: choose one of {' '.join(Z_CODES)}")
    row = pd.DataFrame({"age": [age], "sex": [sex], "site": [site], parameter: [value]})
    loaded = load_reference(reference)
    scores = compute_z_scores(prepare_values(row).columns, look_up_norms(row, loaded).stratum, loaded)
    return float(scores[parameter][0])

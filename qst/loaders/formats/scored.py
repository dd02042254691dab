"""Tables that `qst score` wrote, read back as they were scored."""

import json
from pathlib import Path

import pandas as pd

from qst.errors import InputError, OptionError
from qst.formulas import restore_text
from qst.problems import make_problem
from qst.tables import COUNTS, LISTS, NUMBERS, find_added_mechanisms, is_scored
from qst.vocabulary.headers import find_npsi_results

_NUMBERS = (*NUMBERS, *COUNTS)


def read_scored(path: str | Path) -> pd.DataFrame | None:
    """Read a scored table, or return None for a file that is not one.

    Parameters
    ----------
    path : path
        CSV, XLSX, Parquet or JSON.

    Returns
    -------
    pandas.DataFrame or None
        The table as `qst.score` returned it, the laboratory's own columns as text; None if the file does not have the
        columns of a scored table.

    Raises
    ------
    InputError
        The file is Parquet or JSON and cannot be read.
    OptionError
        The package that reads Parquet is not installed.
    """
    path = Path(path)
    if not path.is_file():
        return None
    try:
        frame = _read(path)
    except ImportError as error:
        raise OptionError("Parquet needs one more package: pip install 'qst-toolkit[parquet]'") from error
    except (ValueError, KeyError, OSError, TypeError, SyntaxError) as error:
        if path.suffix.lower() in (".parquet", ".json"):
            raise InputError(make_problem("damaged", "scored", file=str(path))) from error
        return None  # the loaders report better what is wrong with it
    if frame is not None:
        frame = frame.set_axis([restore_text(str(name)) for name in frame.columns], axis=1)
    if frame is None or not is_scored(frame.columns):
        return None
    names = [str(name) for name in frame.columns]
    numbers = [*_NUMBERS, *find_added_mechanisms(names), *find_npsi_results(names)]
    for column in numbers:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    for column in frame.columns.difference(numbers):
        texts = frame[column].astype(object)
        frame[column] = [restore_text(text) if isinstance(text, str) else text for text in texts]
    for column in LISTS:
        frame[column] = frame[column].astype(object).fillna("")
    return frame


def _read(path: Path) -> pd.DataFrame | None:
    texts = {"dtype": str, "keep_default_na": False, "na_values": [""]}
    match path.suffix.lower():
        case ".csv":
            header = pd.read_csv(path, nrows=0).columns
            return pd.read_csv(path, **texts) if "reference_set" in header else None  # type: ignore[call-overload]
        case ".xlsx":
            return pd.read_excel(path, **texts)  # type: ignore[call-overload,no-any-return]
        case ".parquet":
            return pd.read_parquet(path)
        case ".json":
            return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))
    return None

"""REDCap exports and data dictionaries for the tests of their reader.

The layout of raw exports and of exports of labels follows public programs that read them (REDCapR, redcapAPI, PyCap).
"""

from pathlib import Path

import pandas as pd
from lab_files import write

import qst

HEAD = "record_id,redcap_repeat_instrument,redcap_repeat_instance,age,sex,site,demographics_complete"
DICTIONARY_HEAD = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number"'
)
FIELDS = (
    'sex,demographics,,radio,Sex,"1, Female | 2, Male",,',
    "age,demographics,,text,Age,,months,number",
    'site,demographics,,dropdown,Site,"1, hand | 2, foot | 3, forearm",,',
    'qs_1,qst,,text,"<b>Heat pain threshold</b>, left",,°C,number',
    "qs_2,qst,,text,Heat pain threshold: right,,,number",
    "ppt_left,qst,,text,Pressure,,in N/cm2,number",
)
"""Fields of a dictionary."""


def person(name: str, age: int = 45, sex: str = "f", site: str = "hand") -> str:
    """The base row of a record."""
    return f"{name},,,{age},{sex},{site},2"


def instance(name: str, number: int, *cells: object) -> str:
    """A repeat instance of the form qst."""
    return f"{name},qst,{number},,,,,{','.join(map(str, cells))}"


def export(folder: Path, fields: str, *rows: str, name: str = "export.csv") -> Path:
    width = len(HEAD.split(",")) + len(fields.split(","))
    lines = [f"{HEAD},{fields}", *(row + "," * (width - 1 - row.count(",")) for row in rows)]
    return write(folder, "\n".join(lines) + "\n", name)


def codes(problems: list[qst.Problem]) -> list[str]:
    return [problem.code for problem in problems]


def wide(table: pd.DataFrame, *columns: str) -> list[list[object]]:
    return table[list(columns)].astype(object).values.tolist()


def dictionary(folder: Path, *fields: str, name: str = "dictionary.csv") -> Path:
    return write(folder, "\n".join([DICTIONARY_HEAD, *fields]) + "\n", name)

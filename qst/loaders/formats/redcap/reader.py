"""REDCap exports: repeat instances, double entry, checkboxes, and the data dictionary next to them.

The layout of an export is known from public programs that read and write them (REDCapR, redcapAPI, PyCap): one row per
record, event and repeat instance; first the record id, then REDCap's own columns, then the fields of each form and its
status.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qst.errors import InputError
from qst.formulas import restore_text
from qst.loaders.files.text_table import HEADER_AMONG, Record, TextTable
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.formats.redcap.dictionary import find_dictionary
from qst.loaders.formats.redcap.double_entry import compare_copies, compare_fields
from qst.loaders.formats.redcap.export import COMPLETE, OWN_COLUMNS, RECORD, Export
from qst.loaders.formats.redcap.fields import name_fields, read_checkboxes, read_choices, settle_identity
from qst.loaders.formats.redcap.rows import choose_rows
from qst.loaders.formats.tidy import arrange_table
from qst.loaders.formats.whole_table import read_all_rows
from qst.loaders.headers.columns import report_above_header
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, make_problem
from qst.tables import is_scored
from qst.vocabulary.names import normalise


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = _find_header(tables[0])
    return None if found is None else f"by its columns {', '.join(found[1][:3])}"


def _find_header(table: TextTable) -> tuple[int, list[str]] | None:
    """Row of the header and the columns that show that it is REDCap's; None if the table is not from REDCap.

    One of REDCap's own columns is enough if its name begins with `redcap_`. Of those with plain names (an export of
    labels) two are needed, or one with the record id; the record id with the status of a form is enough too.
    """
    for number, texts in enumerate(table.preview[:HEADER_AMONG], start=1):
        names = [normalise(text) for text in texts]
        if is_scored(texts):
            return None
        own = [text for text, name in zip(texts, names, strict=True) if name in OWN_COLUMNS]
        status = [text for text, name in zip(texts, names, strict=True) if COMPLETE.fullmatch(name)]
        is_certain = any(text.strip().lower().startswith("redcap_") for text in own)
        has_record = any(name in RECORD for name in names)
        if is_certain or len(own) > 1 or (has_record and (own or status)):
            return number, own or [*RECORD, *status]
    return None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    export = _read(table, options, on_problem)
    settle_identity(export)
    excluded = _remove_excluded(export)
    name_fields(export, on_problem)
    compare_copies(export, on_problem)
    compare_fields(export, on_problem)
    read_checkboxes(export, on_problem)
    read_choices(export)
    choose_rows(export, on_problem)
    added = [""] * (len(export.header) - len(export.table.preview[export.header_row - 1]))
    records = [*zip(export.rows.tolist(), map(list, zip(*export.columns, strict=True)), strict=True)]
    records += [(row, cells + added) for row, cells in excluded]
    tidy = make_tidy(table, export.header, records, "", header_row=export.header_row)
    tidy = replace(tidy, remarks=(*table.remarks, *export.understood), ignored=tuple(export.ignored))
    return arrange_table(tidy, replace(options, ignore=(*options.ignore, *export.ignored)), on_problem)


def _read(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> Export:
    """All rows of an export, with its data dictionary.

    Raises
    ------
    InputError
        It has no rows.
    """
    row = (_find_header(table) or (1, []))[0]
    report_above_header(table.file, table.preview[: row - 1], row, on_problem)
    names = [restore_text(text) for text in table.preview[row - 1]]
    block = read_all_rows(table, row, len(names), on_problem, message="redcap")
    dictionary, understood = find_dictionary(table.path, names)
    return Export(table, row, names, list(names), block.rows, block.columns, options, dictionary, understood)


def _remove_excluded(export: Export) -> list[Record]:
    """Take out and return the rows of excluded records: they influence no decision, and are counted at the end.

    Raises
    ------
    InputError
        No column holds the record.
    """
    named = export.find_roles("subject")
    if not named:
        file, row = export.table.file, export.header_row
        raise InputError(make_problem("no-subject", "redcap", severity="error", file=file, row=row))
    subject = export.cells(named[0])
    excluded = np.isin(subject.astype(str), [str(name) for name in export.options.exclude_records])
    rows, columns = export.rows[excluded].tolist(), [column[excluded] for column in export.columns]
    export.select(~excluded)
    return list(zip(rows, map(list, zip(*columns, strict=True)), strict=True))


FORMAT = Format(
    name="redcap",
    title="a REDCap export, raw or with labels: repeat instances, double entry, a data dictionary next to it",
    needs="age, sex and site if the export has none; --exclude-records for test records",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)

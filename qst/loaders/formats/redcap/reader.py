"""Exports of REDCap: repeated instruments, double entry, checkboxes, a data dictionary beside.

Looks of an export after public programs that read and write them (REDCapR, redcapAPI, PyCap): one row a record, event
and repeat instance; the record id first, then REDCap's own columns, then the fields of each form and its status.
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
from qst.loaders.formats.redcap.export import COMPLETE, PLUMBING, RECORD, Export
from qst.loaders.formats.redcap.fields import name_fields, read_checkboxes, read_choices, settle_identity
from qst.loaders.formats.redcap.rows import choose_rows
from qst.loaders.formats.tidy import arrange_table
from qst.loaders.headers.columns import report_above_header
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem
from qst.tables import is_scored
from qst.vocabulary.names import normalise


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = _find_header(tables[0])
    return None if found is None else f"by its columns {', '.join(found[1][:3])}"


def _find_header(table: TextTable) -> tuple[int, list[str]] | None:
    """Row of the header and the columns that show whose it is; None where the table is none of REDCap.

    One of REDCap's own columns is enough; of those with plain names (an export of labels) two are needed, and of the
    record id and the status of a form each.
    """
    for number, texts in enumerate(table.preview[:HEADER_AMONG], start=1):
        names = [normalise(text) for text in texts]
        if is_scored(texts):
            return None
        own = [text for text, name in zip(texts, names, strict=True) if name in PLUMBING]
        status = [text for text, name in zip(texts, names, strict=True) if COMPLETE.fullmatch(name)]
        sure = any(text.strip().lower().startswith("redcap_") for text in own)
        has_record = any(name in RECORD for name in names)
        if sure or len(own) > 1 or (has_record and (own or status)):
            return number, own or [*RECORD, *status]
    return None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_one(table, options, on_problem) for table in tables]


def _arrange_one(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    export = _read(table, options, on_problem)
    settle_identity(export)
    aside = _put_excluded_aside(export)
    name_fields(export, on_problem)
    compare_copies(export, on_problem)
    compare_fields(export, on_problem)
    read_checkboxes(export, on_problem)
    read_choices(export)
    choose_rows(export, on_problem)
    added = [""] * (len(export.header) - len(export.table.preview[export.header_row - 1]))
    records = [*zip(export.rows.tolist(), map(list, zip(*export.columns, strict=True)), strict=True)]
    records += [(row, cells + added) for row, cells in aside]
    tidy = make_tidy(table, export.header, records, "", header_row=export.header_row)
    tidy = replace(tidy, told=(*table.told, *export.told), ignored=tuple(export.ignored))
    return arrange_table(tidy, replace(options, ignore=(*options.ignore, *export.ignored)), on_problem)


def _read(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> Export:
    """All rows of an export.

    Raises
    ------
    InputError
        It has no rows.
    """
    row = (_find_header(table) or (1, []))[0]
    report_above_header(table.file, table.preview[: row - 1], row, on_problem)
    names = [restore_text(text) for text in table.preview[row - 1]]
    blocks = list(table.read_blocks(row, len(names), on_problem))
    if not blocks:
        message = "the export has a header and no rows with data: check that records were chosen for it"
        raise InputError(Problem("error", "no-rows", message, table.file, row))
    columns = [np.concatenate(parts) for parts in zip(*(block.columns for block in blocks), strict=True)]
    rows = np.concatenate([block.rows for block in blocks])
    dictionary, told = find_dictionary(table.path, names)
    return Export(table, row, names, list(names), rows, columns, options, dictionary, told)


def _put_excluded_aside(export: Export) -> list[Record]:
    """Take the rows of excluded records out, for they decide nothing; they are counted when they are left out."""
    named = export.find_roles("subject")
    if not named:
        message = "no single column says the record: name one record_id, or say --map 'header=subject'"
        raise InputError(Problem("error", "no-subject", message, export.table.file, export.header_row))
    subject = export.cells(named[0])
    excluded = np.isin(subject.astype(str), [str(name) for name in export.options.exclude_records])
    rows, columns = export.rows[excluded].tolist(), [column[excluded] for column in export.columns]
    export.select(~excluded)
    return list(zip(rows, map(list, zip(*columns, strict=True)), strict=True))


FORMAT = Format(
    name="redcap",
    title="a REDCap export, raw or with labels: repeat instances, double entry, a data dictionary beside it",
    needs="age, sex and site where the export has none; --exclude-records for test records",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)

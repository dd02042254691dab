"""The formats that can be read, one module each; the first that recognises a file reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qst.errors import OptionError
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats import canonical, tidy, workbook_sheets
from qst.loaders.formats.devices import algometer, tcs, thermal_series, thermal_summary, thermal_workbook, thermode_log
from qst.loaders.formats.entry_form import reader as entry_form
from qst.loaders.formats.format import Format
from qst.loaders.formats.redcap import dictionary as redcap_dictionary
from qst.loaders.formats.redcap import reader as redcap
from qst.loaders.formats.yes_no import reader as yes_no
from qst.loaders.headers.options import LoadOptions

FORMATS: tuple[Format, ...] = (
    canonical.FORMAT,
    entry_form.FORMAT,
    redcap_dictionary.FORMAT,
    redcap.FORMAT,
    tcs.FORMAT,
    thermal_summary.FORMAT,
    thermal_workbook.FORMAT,
    thermal_series.FORMAT,
    thermode_log.FORMAT,
    algometer.FORMAT,
    yes_no.FORMAT,
    workbook_sheets.FORMAT,
    tidy.FORMAT,
)
"""From the most specific to the most general, which is asked last."""


def choose_formats(
    tables: Sequence[TextTable], options: LoadOptions
) -> Iterator[tuple[Format, Sequence[TextTable], str]]:
    """The format of a file's tables and why, with the tables that are read together.

    Raises
    ------
    OptionError
        `--format` names a format that does not exist.
    """
    by_name = {known.name: known for known in FORMATS}
    if options.format is not None:
        if options.format not in by_name:
            raise OptionError(f"there is no format '{options.format}': choose one of {', '.join(by_name)}")
        asked = by_name[options.format]
        for group in [tables] if asked.whole_file else [[table] for table in tables]:
            yield asked, group, "as --format says"
        return
    for known in FORMATS:
        reason = known.recognise(tables) if known.whole_file else None
        if reason is not None:
            yield known, tables, reason
            return
    for table in tables:
        for known in FORMATS:
            reason = None if known.whole_file else known.recognise([table])
            if reason is not None:
                yield known, [table], reason
                break


def name_format(table: TextTable, chosen: Format, reason: str) -> TextTable:
    """The table with the format that read it and why."""
    return replace(table, format=f"{chosen.name}, {reason}")

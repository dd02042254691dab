"""The entry form: one workbook per person and visit, with all trials of the protocol in record-sheet order.

`layout` describes which cell holds what, for the writer (`writing`) and for the reader
(`qst.loaders.formats.entry_form.reader`); `texts_en.toml` and `texts_de.toml` hold its words. The form is ours.
"""

"""Reports: one page per subject and one for the cohort, as HTML that needs nothing else, and as PDF.

Data is formed apart from how it looks: `subject` and `cohort` form it from explanations and scored tables, `figures`
draws, `rendering` puts it into the templates with the `words` of a language; `batch` goes from files to a folder.
"""

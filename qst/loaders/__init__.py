"""Laboratory files to tables of trials or assessments."""

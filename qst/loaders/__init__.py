"""From laboratory files to tables of trials or assessments."""

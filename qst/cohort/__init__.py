"""What a cohort shows, counted."""

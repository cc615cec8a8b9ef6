"""Several judges: their votes become one verdict with a reliability each, and their agreement."""

"""Finding sources, telling what each file is, and reading its rows; evaluation sets too."""

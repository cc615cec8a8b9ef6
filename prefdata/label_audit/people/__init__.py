"""Which rows people are asked to review, and what their answers say of all labels."""

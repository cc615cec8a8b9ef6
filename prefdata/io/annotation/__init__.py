"""The file of an annotation campaign: its tables, what is written to them and read from them."""

"""The file of a dataset card, taken apart and put together so that people's words stay."""

"""Judging by a language model as plain functions: what is asked, how replies are read, figures."""

"""prefdata: raw human or model preferences in, a dataset you can prove is sound out."""

__version__ = "0.1.0"

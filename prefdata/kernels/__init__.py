"""The inner loops of reading and comparing texts, compiled on their first use.

Everything here is plain Python over arrays, compiled by Numba (https://numba.pydata.org) and cached
on disk, so that a machine compiles once. Each kernel has a plain reference in `prefdata.transforms`
(or beside its caller), and a test that both agree. Importing a kernel takes some tenths of a
second, so functions import it where they need it.
"""

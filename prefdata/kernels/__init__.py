"""The inner loops of comparing texts, compiled on their first use.

Everything here is plain Python over arrays that Numba (https://numba.pydata.org) compiles and keeps
on disk, so that a machine compiles once. What a kernel computes is said, slowly and obviously, by a
reference in `prefdata.transforms`, and a test holds them to it. Importing a kernel takes some
tenths of a second: functions that need one import it inside.
"""

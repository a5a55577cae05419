"""What `kernel.py` needs of Cython when it runs as ordinary Python: names of types, idle decorators."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypeVar

_T = TypeVar("_T")

compiled: Literal[False] = False
bint: TypeAlias = bool
double: TypeAlias = float
longlong: TypeAlias = int
ulonglong: TypeAlias = int
uchar: TypeAlias = int
Py_ssize_t: TypeAlias = int
p_const_uchar: TypeAlias = bytes


def cclass(target: _T) -> _T:
    """Mark a class that becomes a C struct."""
    return target


cfunc = final = cclass

"""Warnings of Torch's about itself, which it gives once a process, heard by nobody."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quietly"]

_LOCK = threading.Lock()


@contextmanager
def quietly(category: type[Warning] = UserWarning, message: str = "") -> Iterator[None]:
    """Ignore warnings inside that begin with a message; one thread at a time, for all share them.

    Parameters
    ----------
    category : type of Warning
    message : str
        A regular expression.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message, category)
        yield

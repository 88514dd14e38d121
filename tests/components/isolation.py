"""Runs what sets Pulumi's process-wide configuration so that other tests do not see it."""

import contextvars
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def isolated(run: Callable[[], T]) -> T:
    return contextvars.copy_context().run(run)

"""Retries of model calls, and their record in the run."""

from collections.abc import Callable
from typing import Final

from strands import ModelRetryStrategy
from strands.hooks import AfterModelCallEvent, HookRegistry

from runtime.engine.failures import CutStreamError
from runtime.engine.model.service_failures import service_failure

MAX_ATTEMPTS: Final = 3
INITIAL_DELAY: Final = 1
"""Seconds before the second attempt, doubled before each further one. Strands' defaults give up after 134 s."""

EMPTY_ANSWER: Final = "EmptyAnswer"
"""The name of an answer that ended before it began."""


class JournalledRetry(ModelRetryStrategy):
    """Tries a model call again after throttling and failures that pass, but only before its first text: a second
    attempt would repeat it. `on_retry` gets the attempt that failed (1, 2 …), the failure's name and the seconds
    to wait, before the wait begins."""

    def __init__(self, has_begun_message: Callable[[], bool], on_retry: Callable[[int, str, int], None]) -> None:
        super().__init__(max_attempts=MAX_ATTEMPTS, initial_delay=INITIAL_DELAY)
        self._has_begun_message = has_begun_message
        self._on_retry = on_retry
        self._failures = 0

    def register_hooks(self, registry: HookRegistry, **kwargs: object) -> None:
        super().register_hooks(registry, **kwargs)
        # Hooks after a model call run last in, first out: this one before the base class's, which sleeps.
        registry.add_callback(AfterModelCallEvent, self._note)

    def is_retryable(self, exception: Exception) -> bool:
        return not self._has_begun_message() and passing_failure(exception) is not None

    def _note(self, event: AfterModelCallEvent) -> None:
        if event.exception is None:
            self._failures = 0
            return
        self._failures += 1
        reason = passing_failure(event.exception)
        if reason is not None and self._failures < MAX_ATTEMPTS and self.is_retryable(event.exception):
            self._on_retry(self._failures, reason, INITIAL_DELAY * 2 ** (self._failures - 1))


def passing_failure(error: Exception) -> str | None:
    """The short name of a failure that may pass by itself, None for any other."""
    if isinstance(error, CutStreamError):
        return EMPTY_ANSWER if error.is_empty else None
    failure = service_failure(error)
    return failure.name if failure is not None and failure.passes else None

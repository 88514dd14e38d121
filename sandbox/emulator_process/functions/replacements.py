"""Replaces parts of MiniStack's Lambda: how many processes a function has, and how long one stays without a call."""

import os
import threading
import time
from types import ModuleType
from typing import Any, Final

from policies.rules.aws_limits import LAMBDA_ASYNC_EVENT_AGE
from sandbox.emulator_process.emulated.known_module import require_known
from sandbox.emulator_process.functions.calls import Calls, Limit, patience

CALLS_PER_CORE: Final = 4
"""Calls of one function at once where no reserved concurrency is configured. A call that waits for a model or for the
emulator leaves its core to others; with more calls a core, all of them take longer, and each needs a process."""

IDLE_SECONDS: Final = 20.0
"""After that time without a call, all processes of a function but one end. An idle process costs memory, and wakes up
the emulator twenty times a second; a new one is forked in a tenth of a second."""

_CHECK_SECONDS: Final = 2.0

_LAMBDA: Final = {
    "_acquire_execution_slot": "(func: dict, config: dict)",
    "_release_execution_slot": "(key: str) -> None",
    "_execute_function_dispatch": ("(func: dict, config: dict, event: dict, request_id: str, started: float) -> dict"),
    "invoke_async_with_retry": "(func: dict, event: dict) -> None",
    "release_worker": "(worker: ministack.core.lambda_runtime.Worker) -> None",
}
_LAMBDA_USED: Final = ("_inflight_key", "_reserved_concurrency")
_RUNTIME: Final = {"reap_idle_workers": "(ttl: float = None) -> int"}


class Functions:
    """The replacements, with the names of the functions that they replace."""

    def __init__(self, lambda_svc: ModuleType) -> None:
        self._names = vars(lambda_svc)
        self._original = {name: self._names[name] for name in _LAMBDA}
        self._default = Limit(CALLS_PER_CORE * (os.cpu_count() or 1), firm=False)
        self._calls: dict[str, Calls] = {}
        self._lock = threading.Lock()

    def acquire_execution_slot(self, func: Any, config: Any) -> tuple[str | None, str | None]:  # noqa: ANN401
        """Waits for the call's turn. Returns a key for `release_execution_slot`, or None and the limit reached."""
        reserved = self._names["_reserved_concurrency"](func, config)
        calls = self._of(self._names["_inflight_key"](config))
        if not calls.begin(self._default if reserved is None else Limit(reserved, firm=True)):
            return None, "function"
        key, limit = self._original["_acquire_execution_slot"](func, config)  # counts the account's calls
        if key is None:
            calls.end()
        return key, limit

    def release_execution_slot(self, key: str) -> None:
        self._original["_release_execution_slot"](key)
        if key is not None:
            self._of(key).end()

    def execute_function_dispatch(self, func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:  # noqa: ANN401
        """Does not count the time in the queue as the call's duration."""
        waited_until = max(started, time.time())
        return self._original["_execute_function_dispatch"](func, config, event, request_id, waited_until)

    def invoke_async_with_retry(self, func: Any, event: Any) -> None:  # noqa: ANN401
        """Waits at the function's limit for as long as Lambda keeps an event, instead of using up the retries."""
        settings = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
        with patience(float(settings.get("MaximumEventAgeInSeconds", LAMBDA_ASYNC_EVENT_AGE.maximum))):
            self._original["invoke_async_with_retry"](func, event)

    def release_worker(self, worker: Any) -> None:  # noqa: ANN401
        """Counts the time without a call from the call's end; MiniStack counts it from the start."""
        if worker is not None:
            worker.last_used = time.time()
        self._original["release_worker"](worker)

    def _of(self, key: str) -> Calls:
        with self._lock:
            return self._calls.setdefault(key, Calls())


def install(lambda_svc: ModuleType, lambda_runtime: ModuleType) -> None:
    """Replaces functions of `services.lambda_svc` and ends idle processes. Raises ValueError for an unknown version."""
    require_known(lambda_svc, "Lambda", _LAMBDA, _LAMBDA_USED)
    require_known(lambda_runtime, "Lambda runtime", _RUNTIME)
    functions = Functions(lambda_svc)
    vars(lambda_svc).update({name: getattr(functions, name.removeprefix("_")) for name in _LAMBDA})
    threading.Thread(target=_end_idle_processes, args=(lambda_runtime,), name="end-idle-processes", daemon=True).start()


def _end_idle_processes(lambda_runtime: ModuleType) -> None:
    while True:
        time.sleep(_CHECK_SECONDS)
        lambda_runtime.reap_idle_workers(IDLE_SECONDS)

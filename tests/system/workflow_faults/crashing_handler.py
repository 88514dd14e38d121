"""Stands before the handler of a deployed function, and ends its process for the runs that a test names.

A test makes it the handler of a function, with this folder on the function's import path. It runs in the function's own
process and imports nothing but the standard library and the deployed handler. The variables: `TEST_HANDLER` is the
deployed handler, `TEST_ROLE` what the function is for, `TEST_CRASHES` a folder with a file for each run that crashes:
named by the run's id, with role and moment, `before` the handler has begun or `after` all its work, before its reply.
"""

import importlib
import json
import os
import signal
from pathlib import Path
from typing import Any

_MODULE, _, _NAME = os.environ["TEST_HANDLER"].rpartition(".")
_deployed = getattr(importlib.import_module(_MODULE), _NAME)


def handler(event: dict[str, Any], context: object) -> object:
    """Calls the deployed handler."""
    moment = _moment(event)
    if moment == "before":
        _crash()
    reply = _deployed(event, context)
    if moment == "after":
        _crash()
    return reply


def _moment(event: dict[str, Any]) -> str:
    order = Path(os.environ["TEST_CRASHES"], _run_id(event) or "none")
    role, _, moment = order.read_text().partition(" ") if order.is_file() else ("", "", "")
    return moment if role == os.environ["TEST_ROLE"] else ""


def _run_id(event: dict[str, Any]) -> str:
    """The run of a state's payload (the name of the execution, where that has none), or of a client's frame."""
    if "body" in event:
        event = json.loads(event["body"] or "{}")
    return str(event.get("run_id") or event.get("name") or "")


def _crash() -> None:
    """As the kernel does when memory runs out: nothing of Python's own end is executed."""
    os.kill(os.getpid(), signal.SIGKILL)

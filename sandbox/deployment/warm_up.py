"""Warms up the functions, so that the first user does not wait for imports."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox.cloud.cloud import Cloud
from sandbox.errors import SandboxCode, SandboxError

EVENT = json.dumps({"warm": True}).encode()
ASYNCHRONOUS_PROCESSES = 2
"""The number of warm processes of an asynchronously invoked function: calls overlap, and a process serves one call at a
time."""

_START_FAILURES = ("Runtime.", "Sandbox.")


def warm_functions(cloud: Cloud, names: Sequence[str], report: Callable[[str], None]) -> None:
    """Calls the functions that a user waits for with {"warm": true}, all at once.

    Raises DEPLOYMENT_FAILED when a function cannot start. `report` gets messages, also one for each function that
    starts but answers that event with an error.
    """
    processes = Counter(set(names) - _fed_by_sources(cloud))
    processes.update({name: ASYNCHRONOUS_PROCESSES - 1 for name in processes if _is_asynchronous(cloud, name)})
    calls = list(processes.elements())
    report(f"starting {len(calls)} processes of {len(processes)} functions")
    with ThreadPoolExecutor(max(len(calls), 1)) as pool:
        remarks = list(pool.map(lambda name: _warm(cloud, name), calls))
    for remark in dict.fromkeys(filter(None, remarks)):  # several processes of a function report the same
        report(remark)


def _fed_by_sources(cloud: Cloud) -> set[str]:
    """Returns the functions that a queue or a stream invokes: they accept no other event, and no user waits."""
    mappings = cloud.lambda_.list_event_source_mappings()["EventSourceMappings"]
    return {mapping["FunctionArn"].rsplit(":", 1)[-1] for mapping in mappings}


def _is_asynchronous(cloud: Cloud, name: str) -> bool:
    try:
        cloud.lambda_.get_function_event_invoke_config(FunctionName=name)
    except cloud.lambda_.exceptions.ResourceNotFoundException:
        return False
    return True


def _warm(cloud: Cloud, name: str) -> str | None:
    try:
        response = cloud.lambda_.invoke(FunctionName=name, Payload=EVENT)
    except cloud.lambda_.exceptions.TooManyRequestsException:
        return None  # its reserved concurrency allows no other process, or none at all
    if "FunctionError" not in response:
        return None
    error = json.loads(response["Payload"].read() or b"{}")
    kind, message = error.get("errorType") or "Runtime.Unknown", error.get("errorMessage", "")
    if kind.startswith(_START_FAILURES):
        raise SandboxError(SandboxCode.DEPLOYMENT_FAILED, f"function {name} does not start: {kind}: {message}")
    return f"function {name} has started, but answers its warm-up call with {kind}: {message}"

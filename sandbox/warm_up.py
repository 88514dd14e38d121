"""First calls, so that the first user does not wait for imports."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox.cloud import Cloud
from sandbox.errors import SandboxCode, SandboxError

EVENT = json.dumps({"warm": True}).encode()
ASYNCHRONOUS_PROCESSES = 2
"""Of a function that is invoked asynchronously: calls overlap, and one process serves one call at a time."""


def warm_functions(cloud: Cloud, names: Sequence[str]) -> None:
    """Calls every function with {"warm": true}, all at once. Raises DEPLOYMENT_FAILED when one cannot start."""
    processes = Counter(names)
    processes.update({name: ASYNCHRONOUS_PROCESSES - 1 for name in names if _is_asynchronous(cloud, name)})
    calls = list(processes.elements())
    with ThreadPoolExecutor(max(len(calls), 1)) as pool:
        list(pool.map(lambda name: _warm(cloud, name), calls))


def _is_asynchronous(cloud: Cloud, name: str) -> bool:
    try:
        cloud.lambda_.get_function_event_invoke_config(FunctionName=name)
    except cloud.lambda_.exceptions.ResourceNotFoundException:
        return False
    return True


def _warm(cloud: Cloud, name: str) -> None:
    response = cloud.lambda_.invoke(FunctionName=name, Payload=EVENT)
    if "FunctionError" not in response:
        return
    error = json.loads(response["Payload"].read() or b"{}")
    raise SandboxError(
        SandboxCode.DEPLOYMENT_FAILED,
        f"function {name} does not start: {error.get('errorType', 'Unknown')}: {error.get('errorMessage', '')}",
    )

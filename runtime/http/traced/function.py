"""The traced function: a function URL's request in, its answer out, after the spans of its run."""

from collections.abc import Mapping
from typing import Any

from runtime.http.traced.environment import TracedEnvironment
from runtime.http.traced.replies import internal_reply
from runtime.http.traced.service import TracedRuns
from runtime.process.lambda_function import LambdaContext, LambdaFunction, Served
from runtime.process.logs import capture_libraries


def _create() -> TracedRuns:
    capture_libraries()
    return TracedRuns.create(TracedEnvironment.read())


def _serve(service: TracedRuns, event: Mapping[str, Any], context: LambdaContext) -> Served[dict[str, Any]]:
    reply = service.serve(event, context.get_remaining_time_in_millis() / 1000)
    return Served(reply, {"status": reply["statusCode"], "run_id": reply["headers"].get("longrun-run-id")})


def _on_failure(_event: Mapping[str, Any], _error: Exception) -> Served[dict[str, Any]]:
    reply = internal_reply()
    return Served(reply, {"status": reply["statusCode"]})


handler = LambdaFunction[TracedRuns, dict[str, Any]](
    "traced", _create, _serve, warm_reply={"statusCode": 200}, on_failure=_on_failure
)
"""Lambda's entry point."""

"""The form with a function URL: one function from an image, which streams the journal to callers, and executes runs in
asynchronous invocations of itself."""

from collections.abc import Mapping
from typing import Final

import pulumi
from pulumi_aws import lambda_

from components.functions.code import ImageCode, upload_code
from components.functions.function import FunctionSpec
from components.functions.function_url import DEFAULT_AUTHORIZATION, caller_url, create_url
from components.journal_table.variables import journal_variables
from components.streaming_lambda.args import (
    DEFAULT_RESPONSE_SECONDS,
    DEFAULT_WORKER_MEMORY,
    EVENT_AGE,
    WORKER_TIMEOUT,
    StreamingContext,
    StreamingLambdaArgs,
)
from components.streaming_lambda.dead_letter import SPEC as CLOSER
from components.streaming_lambda.dead_letter import create_dead_letter_handler, create_dead_letter_queue
from components.streaming_lambda.parts import Parts
from components.streaming_lambda.worker import create_image_worker, worker_variables
from components.watched import watched_function
from policies.rules.lambda_function.functions.function import WORKER_ROLE
from runtime import environment

INVOKE_MODE: Final = "RESPONSE_STREAM"
ADAPTER: Final[Mapping[str, str]] = {
    "AWS_LWA_INVOKE_MODE": INVOKE_MODE.lower(),
    "AWS_LWA_READINESS_CHECK_PATH": "/healthz",
    "AWS_LWA_PASS_THROUGH_PATH": "/events",
    "AWS_LWA_ERROR_STATUS_CODES": str(environment.FAILED_EVENT_STATUS),
}
"""Settings of the Lambda Web Adapter, as docs/streaming.md explains them."""


def stream_spec(args: StreamingLambdaArgs) -> FunctionSpec:
    memory = int(args.get("worker_memory", DEFAULT_WORKER_MEMORY))
    # Its role is the worker's: what is asked of workers is asked of it.
    return FunctionSpec(WORKER_ROLE, "", timeout=WORKER_TIMEOUT, memory=memory)


def stream_variables(args: StreamingLambdaArgs) -> dict[str, pulumi.Input[str]]:
    """The function's own environment, without the journal's and without empty values."""
    own: dict[str, pulumi.Input[str]] = {
        # As for the gateway: a run may wait as long as Lambda keeps the event, and only then start.
        environment.RUN_TIMEOUT: str(EVENT_AGE + WORKER_TIMEOUT),
        # A program in another language sends its numbers as floats.
        environment.RESPONSE_SECONDS: str(int(args.get("response_seconds", DEFAULT_RESPONSE_SECONDS))),
        environment.ALLOWED_ORIGINS: ",".join(args.get("allowed_origins", [])),
    }
    return {**worker_variables(args), **{name: value for name, value in own.items() if value}, **ADAPTER}


def create_function_url(context: StreamingContext) -> Parts:
    args, spec = context.args, stream_spec(context.args)
    queue = create_dead_letter_queue(context)
    shared = journal_variables(args["journal"])
    variables = {**shared, **stream_variables(args)}
    function, logs = create_image_worker(context, spec, ImageCode(args["image"]), queue, variables)
    code = upload_code(context, {"gateway": args["gateway"]})["gateway"]
    closer, closer_logs = create_dead_letter_handler(context, code, "", queue, function, shared)
    outputs = {
        "stream_url": _address(context, function),
        "stream_function": function.name,
        "worker_function": function.name,
        "worker_log_group": logs,
        "dead_letter_log_group": closer_logs,
    }
    functions = [
        watched_function(spec, function, logs, runs_agents=True),
        watched_function(CLOSER, closer, closer_logs),
    ]
    return Parts(outputs, functions, queue)


def _address(context: StreamingContext, function: lambda_.Function) -> pulumi.Output[str]:
    """The address for callers, once the URL serves."""
    args = context.args
    url = create_url(context, function, args.get("authorization", DEFAULT_AUTHORIZATION), INVOKE_MODE)
    return caller_url(url, args.get("url", ""))

"""Agents behind a WebSocket or a function URL, whose answers stream."""

from collections.abc import Mapping
from typing import Final

import pulumi

from components.build_context import BuildContext
from components.refs import MonitoringRef, WebSocketRef
from components.streaming_lambda.args import StreamingLambdaArgs, serves_url
from components.streaming_lambda.function_url import create_function_url, stream_spec, stream_variables
from components.streaming_lambda.gateway import gateway_variables
from components.streaming_lambda.validation import validate
from components.streaming_lambda.websocket import create_websocket
from components.streaming_lambda.worker import worker_spec, worker_variables
from components.traces import traces_placeholders
from components.validation import form_problems, require_valid
from components.watched import watched_queue
from policies.rules.lambda_function.environment import environment_problems
from policies.rules.lambda_function.timeout import timeout_problems
from runtime import environment


class StreamingLambda(pulumi.ComponentResource):
    """Agents that write events to the journal, which are streamed to clients as they come. Over a WebSocket, a gateway
    records a run and hands it off to a worker. At a function URL, one function from an image does both. Outputs that a
    transport has not are empty."""

    websocket_url: pulumi.Output[str]
    """Address for clients, known once the stage serves."""
    callback_url: pulumi.Output[str]
    """Address at which frames are posted to the connections."""
    connections_arn: pulumi.Output[str]
    """Resource on which posting to the connections is allowed."""
    gateway_function: pulumi.Output[str]
    """Name of the gateway function."""
    gateway_log_group: pulumi.Output[str]
    """Name of its log group."""
    gateway_role: pulumi.Output[str]
    """Name of its role."""
    worker_function: pulumi.Output[str]
    """Name of the worker function; at a function URL the function that streams."""
    worker_log_group: pulumi.Output[str]
    """Name of its log group."""
    dead_letter_log_group: pulumi.Output[str]
    """Name of the dead-letter handler's log group."""
    authorizer_log_group: pulumi.Output[str]
    """Name of the authorizer's log group; empty without one."""
    stream_url: pulumi.Output[str]
    """Address of the streaming endpoint, known once the function may be called there."""
    stream_function: pulumi.Output[str]
    """Name of the function behind it."""

    def __init__(self, name: str, args: StreamingLambdaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        problems = form_problems(args, StreamingLambdaArgs) or [*validate(args), *_function_problems(args)]
        require_valid("StreamingLambda", name, problems)
        super().__init__("longrun:index:StreamingLambda", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        parts = create_function_url(context) if serves_url(args) else create_websocket(context)
        for output in OUTPUTS:
            setattr(self, output, parts.outputs.get(output) or pulumi.Output.from_input(""))
        self.monitoring: MonitoringRef = {
            "component": name,
            "functions": parts.functions,
            "queues": [watched_queue("failures", parts.failures, is_read=True)],
        }
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def ref(self) -> WebSocketRef:
        """The connections of a WebSocket, which a function URL has not."""
        return {
            "callback_url": self.callback_url,
            "connections_arn": self.connections_arn,
            "gateway_role": self.gateway_role,
            "worker_function": self.worker_function,
        }


OUTPUTS: Final = tuple(StreamingLambda.__annotations__)


LATER: Final[Mapping[str, str]] = {
    environment.TABLE: "x" * 64,
    environment.PAYLOAD_BUCKET: "x" * 63,
    environment.CALLBACK_URL: "x" * 80,
    environment.RETENTION_DAYS: "3650",
    environment.QUESTION_TIMERS: "x" * 200,
}
"""Variables whose values are not known before the first child exists, with values as long as these get."""


def _function_problems(args: StreamingLambdaArgs) -> list[str]:
    """The policy pack's own checks of what is known before the first child exists."""
    later = {**LATER, **traces_placeholders(args.get("traces_endpoint", ""), args.get("traces_keys"))}
    if serves_url(args):
        found = environment_problems({**stream_variables(args), **later})
        return [*timeout_problems(stream_spec(args).timeout, streams=True), *found]
    return [
        *timeout_problems(worker_spec(args).timeout, streams=True),
        *environment_problems({**worker_variables(args), **later}),
        *environment_problems({**gateway_variables(args), **later}),
    ]

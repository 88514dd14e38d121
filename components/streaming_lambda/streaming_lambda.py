"""An agent behind a WebSocket: gateway, worker and dead-letter handler."""

from collections.abc import Mapping
from typing import Final

import pulumi
from pulumi_aws import apigatewayv2

from components.build_context import BuildContext
from components.functions.code import FunctionCode, upload_code
from components.journal_table.variables import journal_variables
from components.refs import CodeRef, MonitoringRef, WebSocketRef
from components.streaming_lambda.api import (
    STAGE,
    Admission,
    StreamingContext,
    callback_url,
    client_url,
    connections,
    create_api,
    create_routes,
    create_stage,
)
from components.streaming_lambda.args import StreamingLambdaArgs, validate
from components.streaming_lambda.authorizer import SPEC as AUTHORIZER
from components.streaming_lambda.authorizer import create_authorizer
from components.streaming_lambda.dead_letter import SPEC as CLOSER
from components.streaming_lambda.dead_letter import create_dead_letter_handler, create_dead_letter_queue
from components.streaming_lambda.gateway import SPEC as GATEWAY
from components.streaming_lambda.gateway import create_gateway, gateway_variables
from components.streaming_lambda.worker import create_worker, worker_spec, worker_variables
from components.validation import form_problems, require_valid
from components.watched import watched_function, watched_queue
from policies.rules.lambda_function.environment import environment_problems
from policies.rules.lambda_function.timeout import timeout_problems
from runtime import environment


class StreamingLambda(pulumi.ComponentResource):
    """A WebSocket API whose gateway records a run and hands it off to a worker, which writes the agent's events to the
    journal and streams them to the socket."""

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
    """Name of the worker function."""
    worker_log_group: pulumi.Output[str]
    """Name of its log group."""
    dead_letter_log_group: pulumi.Output[str]
    """Name of the dead-letter handler's log group."""
    authorizer_log_group: pulumi.Output[str]
    """Name of the authorizer's log group; empty without one."""

    def __init__(self, name: str, args: StreamingLambdaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        problems = form_problems(args, StreamingLambdaArgs) or [*validate(args), *_function_problems(args)]
        require_valid("StreamingLambda", name, problems)
        super().__init__("longrun:index:StreamingLambda", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        codes = upload_code(context, _packages(args))
        api = create_api(context)
        # With the stage's name instead of the stage, which comes last because it needs routes that need functions.
        self.callback_url = _client_url(args, api, STAGE).apply(callback_url)
        self.connections_arn = connections(api)
        shared = {**journal_variables(args["journal"]), environment.CALLBACK_URL: self.callback_url}
        queue = create_dead_letter_queue(context)
        variables = shared | worker_variables(args)
        worker, self.worker_log_group = create_worker(context, codes["worker"], api, queue, variables)
        variables = shared | gateway_variables(args)
        gateway, identity = create_gateway(context, codes["gateway"], api, worker, variables)
        closer, self.dead_letter_log_group = create_dead_letter_handler(
            context, codes["gateway"], api, queue, worker, shared
        )
        admission = _admission(context, codes, api)
        stage = create_stage(context, api, create_routes(context, api, gateway, admission))
        self.websocket_url = _client_url(args, api, stage.name)
        self.gateway_function = gateway.name
        self.gateway_log_group = identity.logs.name
        self.gateway_role = identity.role.name
        self.authorizer_log_group = admission.log_group if admission else pulumi.Output.from_input("")
        self.worker_function = worker.name
        self.monitoring: MonitoringRef = {
            "component": name,
            "functions": [
                watched_function(GATEWAY, gateway, self.gateway_log_group),
                watched_function(worker_spec(args), worker, self.worker_log_group, runs_agents=True),
                watched_function(CLOSER, closer, self.dead_letter_log_group),
                *([watched_function(AUTHORIZER, admission.function, admission.log_group)] if admission else []),
            ],
            "queues": [watched_queue("failures", queue, is_read=True)],
        }
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def ref(self) -> WebSocketRef:
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
    return [
        *timeout_problems(worker_spec(args).timeout, streams=True),
        *environment_problems({**LATER, **worker_variables(args)}),
        *environment_problems({**LATER, **gateway_variables(args)}),
    ]


def _packages(args: StreamingLambdaArgs) -> dict[str, CodeRef]:
    tokens = args.get("tokens")
    packages = {"gateway": args["gateway"], "worker": args["worker"]}
    return packages | ({"authorizer": tokens["code"]} if tokens else {})


def _admission(context: StreamingContext, codes: Mapping[str, FunctionCode], api: apigatewayv2.Api) -> Admission | None:
    """Who decides on connections; nobody but API Gateway itself without tokens."""
    tokens = context.args.get("tokens")
    return create_authorizer(context, codes["authorizer"], api, tokens) if tokens else None


def _client_url(args: StreamingLambdaArgs, api: apigatewayv2.Api, stage: pulumi.Input[str]) -> pulumi.Output[str]:
    template = args.get("websocket_url", "")
    return pulumi.Output.all(api.api_endpoint, api.id, stage).apply(
        lambda known: client_url(known[0], known[1], known[2], template)
    )

"""An agent behind a WebSocket: the gateway takes questions, the worker awaits the answer, the closer ends what died."""

from typing import Final

import pulumi
from pulumi_aws import apigatewayv2

from components.functions.code import create_codes
from components.functions.platform import Platform
from components.streaming_lambda.api import (
    STAGE,
    callback_url,
    client_url,
    connections,
    create_api,
    create_routes,
    create_stage,
)
from components.streaming_lambda.args import StreamingLambdaArgs, problems_of
from components.streaming_lambda.closer import create_closer, create_failure_queue
from components.streaming_lambda.gateway import create_gateway, gateway_variables
from components.streaming_lambda.scope import StreamingScope
from components.streaming_lambda.worker import create_worker, worker_spec, worker_variables
from components.validation import require_valid
from policies.rules.lambda_function.environment import environment_problems
from policies.rules.lambda_function.timeout import timeout_problems
from runtime import environment


class StreamingLambda(pulumi.ComponentResource):
    """A WebSocket API whose gateway records a run and hands it over to a worker of up to 900 s, which streams to the
    socket what it has written to the journal."""

    websocket_url: pulumi.Output[str]
    """Address for clients, known once the stage serves."""
    callback_url: pulumi.Output[str]
    """Address at which frames are posted to the connections."""
    connections_arn: pulumi.Output[str]
    """What posting to the connections is allowed on."""
    gateway_function: pulumi.Output[str]
    """Name of the gateway function."""
    gateway_log_group: pulumi.Output[str]
    """Name of its log group."""
    worker_function: pulumi.Output[str]
    """Name of the worker function."""
    worker_log_group: pulumi.Output[str]
    """Name of its log group."""
    closer_log_group: pulumi.Output[str]
    """Name of the closer's log group."""

    def __init__(self, name: str, args: StreamingLambdaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("StreamingLambda", name, [*problems_of(args), *_function_problems(args)])
        super().__init__("longrun:index:StreamingLambda", name, None, opts)
        scope = StreamingScope.of(name, args, pulumi.ResourceOptions(parent=self))
        packages = {"gateway": args["gateway_package"], "worker": args["worker_package"]}
        codes = create_codes(scope, packages, Platform(args["runtime"], args["architecture"]))
        api = create_api(scope)
        # With the stage's name instead of the stage, which comes last because it needs routes that need functions.
        self.callback_url = _client_url(args, api, STAGE).apply(callback_url)
        self.connections_arn = connections(api)
        shared = _shared_variables(args, self.callback_url)
        failures = create_failure_queue(scope)
        variables = shared | worker_variables(args)
        worker, self.worker_log_group = create_worker(scope, codes["worker"], api, failures, variables)
        variables = shared | gateway_variables(args)
        gateway, self.gateway_log_group = create_gateway(scope, codes["gateway"], api, worker, variables)
        _, self.closer_log_group = create_closer(scope, codes["gateway"], api, failures, shared)
        stage = create_stage(scope, api, create_routes(scope, api, gateway))
        self.websocket_url = _client_url(args, api, stage.name)
        self.gateway_function = gateway.name
        self.worker_function = worker.name
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(StreamingLambda.__annotations__)


def _function_problems(args: StreamingLambdaArgs) -> list[str]:
    """The same checks as the policy pack's, over what is known before the first child exists."""
    return [
        *timeout_problems(worker_spec(args).timeout, streams=True),
        *environment_problems(worker_variables(args)),
        *environment_problems(gateway_variables(args)),
    ]


def _shared_variables(args: StreamingLambdaArgs, posted_to: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    """What all functions read: where runs are recorded, and the way to the sockets."""
    return {
        environment.TABLE: args["table_name"],
        environment.PAYLOAD_BUCKET: args["payload_bucket"],
        environment.RETENTION_DAYS: str(args["run_retention_days"]),
        environment.CALLBACK_URL: posted_to,
    }


def _client_url(args: StreamingLambdaArgs, api: apigatewayv2.Api, stage: pulumi.Input[str]) -> pulumi.Output[str]:
    template = args.get("websocket_url", "")
    return pulumi.Output.all(api.api_endpoint, api.id, stage).apply(
        lambda known: client_url(known[0], known[1], known[2], template)
    )

"""The form with a WebSocket: an API whose gateway hands runs off to a worker."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import apigatewayv2

from components.functions.code import FunctionCode, upload_code
from components.journal_table.variables import journal_variables
from components.refs import CodeRef
from components.streaming_lambda.api import (
    STAGE,
    Admission,
    callback_url,
    client_url,
    connections,
    create_api,
    create_routes,
    create_stage,
)
from components.streaming_lambda.args import StreamingContext, StreamingLambdaArgs
from components.streaming_lambda.authorizer import SPEC as AUTHORIZER
from components.streaming_lambda.authorizer import create_authorizer
from components.streaming_lambda.dead_letter import SPEC as CLOSER
from components.streaming_lambda.dead_letter import create_dead_letter_handler, create_dead_letter_queue
from components.streaming_lambda.gateway import SPEC as GATEWAY
from components.streaming_lambda.gateway import create_gateway, gateway_variables
from components.streaming_lambda.parts import Parts
from components.streaming_lambda.worker import create_worker, worker_spec, worker_variables
from components.watched import watched_function
from runtime import environment


def create_websocket(context: StreamingContext) -> Parts:
    args = context.args
    codes = upload_code(context, _packages(args))
    api = create_api(context)
    # With the stage's name instead of the stage, which comes last because it needs routes that need functions.
    callback = _client_url(args, api, STAGE).apply(callback_url)
    shared = {**journal_variables(args["journal"]), environment.CALLBACK_URL: callback}
    queue = create_dead_letter_queue(context)
    worker, worker_logs = create_worker(context, codes["worker"], api, queue, shared | worker_variables(args))
    gateway, identity = create_gateway(context, codes["gateway"], api, worker, shared | gateway_variables(args))
    code = codes["gateway"]
    closer, closer_logs = create_dead_letter_handler(context, code, connections(api), queue, worker, shared)
    admission = _admission(context, codes, api)
    stage = create_stage(context, api, create_routes(context, api, gateway, admission))
    outputs = {
        "websocket_url": _client_url(args, api, stage.name),
        "callback_url": callback,
        "connections_arn": connections(api),
        "gateway_function": gateway.name,
        "gateway_log_group": identity.logs.name,
        "gateway_role": identity.role.name,
        "worker_function": worker.name,
        "worker_log_group": worker_logs,
        "dead_letter_log_group": closer_logs,
        **({"authorizer_log_group": admission.log_group} if admission else {}),
    }
    functions = [
        watched_function(GATEWAY, gateway, identity.logs.name),
        watched_function(worker_spec(args), worker, worker_logs, runs_agents=True),
        watched_function(CLOSER, closer, closer_logs),
        *([watched_function(AUTHORIZER, admission.function, admission.log_group)] if admission else []),
    ]
    return Parts(outputs, functions, queue)


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

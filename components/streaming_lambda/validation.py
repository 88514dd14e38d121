"""The validation of StreamingLambda's arguments: of both forms, and of what only one of them has."""

from typing import Final

from components.addresses import origin_problem, url_template_problem
from components.arn import provider_region
from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.function_url import AUTHORIZATIONS as URL_AUTHORIZATIONS
from components.functions.platform import ARCHITECTURES, code_problems, function_name_problems, retention_problems
from components.image_address import function_image_problems
from components.image_config import config_problems
from components.mcp_runtime import mcp_runtime_problems, mcp_server_problems
from components.model_access import model_problems
from components.question_times import question_timeout_problems
from components.refs import ImageRef
from components.streaming_lambda.args import (
    AUTHORIZATIONS,
    DEADLINE_MARGIN,
    FUNCTION_URL,
    IMAGE,
    PACKAGES,
    RESPONSE_TIME,
    TRANSPORTS,
    WEBSOCKET,
    ZIP,
    StreamingLambdaArgs,
    serves_url,
)
from components.streaming_lambda.tokens import token_problems
from components.tags import tag_problems
from components.traces import traces_problems
from components.validation import choice_problems, range_problems
from policies.rules.aws_limits import API_THROTTLE
from policies.rules.lambda_function.functions.function import ROLE_TAG, WORKER_MEMORY

_PACKAGE: Final = {WEBSOCKET: ZIP, FUNCTION_URL: IMAGE}
"""The form of the worker, by the transport."""
_OWN: Final = {
    WEBSOCKET: ("worker", "tokens", "gateway_name", "websocket_url", "throttle_rate", "throttle_burst"),
    FUNCTION_URL: ("image", "url", "response_seconds", "allowed_origins"),
}
"""What only one transport reads."""


def validate(args: StreamingLambdaArgs) -> list[str]:
    """One message for each argument that AWS, or the runtime, would reject later."""
    return [
        *_transport_problems(args),
        *(_url_problems(args) if serves_url(args) else _websocket_problems(args)),
        *range_problems("worker_memory", args.get("worker_memory"), WORKER_MEMORY),
        *range_problems("deadline_margin", args.get("deadline_margin"), DEADLINE_MARGIN),
        *question_timeout_problems(args.get("question_timeout"), args["journal"]),
        *code_problems("gateway", args["gateway"]),
        *_agent_problems(args["agents"]),
        *model_problems(args["model"], provider_region()),
        *mcp_server_problems(args.get("mcp_servers", [])),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *traces_problems(args.get("traces_endpoint", "")),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags"), own=(ROLE_TAG,)),
    ]


def _websocket_problems(args: StreamingLambdaArgs) -> list[str]:
    return [
        *choice_problems("authorization", args.get("authorization"), AUTHORIZATIONS),
        *_token_problems(args),
        *(code_problems("worker", args["worker"]) if "worker" in args else []),
        *range_problems("throttle_rate", args.get("throttle_rate"), API_THROTTLE),
        *range_problems("throttle_burst", args.get("throttle_burst"), API_THROTTLE),
        *function_name_problems("gateway_name", args.get("gateway_name")),
    ]


def _token_problems(args: StreamingLambdaArgs) -> list[str]:
    tokens, is_needed = args.get("tokens"), args.get("authorization") == "JWT"
    if is_needed != bool(tokens):
        return ["tokens is missing; authorization JWT needs it" if is_needed else "tokens is set; only JWT reads it"]
    return token_problems(tokens) if tokens else []


def _agent_problems(agents: list[str]) -> list[str]:
    if not agents:
        return ["agents is empty; name at least one module of agents/"]
    return [f"agents has {name!r}; allowed: names of Python modules" for name in agents if not name.isidentifier()]


def _transport_problems(args: StreamingLambdaArgs) -> list[str]:
    """What does not fit the transport, or is missing for it."""
    transport = args.get("transport") or WEBSOCKET
    if transport not in TRANSPORTS:
        return choice_problems("transport", transport, TRANSPORTS)
    package, wanted = args.get("package") or ZIP, _PACKAGE[transport]
    problems = choice_problems("package", package, PACKAGES)
    if not problems and package != wanted:
        problems = [f"package is {package!r}; allowed: {wanted}, with transport {transport}"]
    needed = _OWN[transport][0]
    if args.get(needed) is None:
        problems.append(f"{needed} is missing; transport {transport} needs it")
    other = FUNCTION_URL if transport == WEBSOCKET else WEBSOCKET
    return problems + [
        f"{argument} is set; only transport {other} reads it"
        for argument in _OWN[other]
        if args.get(argument) not in (None, "", [])
    ]


def _url_problems(args: StreamingLambdaArgs) -> list[str]:
    wrong = url_template_problem(args.get("url", ""))
    origins = [(origin, origin_problem(origin)) for origin in args.get("allowed_origins", [])]
    return [
        *choice_problems("authorization", args.get("authorization"), URL_AUTHORIZATIONS),
        *(_image_problems(args["image"]) if "image" in args else []),
        *([f"url is {args.get('url')!r}; {wrong}"] if wrong else []),
        *range_problems("response_seconds", args.get("response_seconds"), RESPONSE_TIME),
        *(f"allowed_origins has {origin[:200]!r}; {problem}" for origin, problem in origins if problem),
    ]


def _image_problems(image: ImageRef) -> list[str]:
    return [
        *function_image_problems("image.uri", image["uri"], provider_region()),
        *choice_problems("image.architecture", image["architecture"], ARCHITECTURES),
        *config_problems("image.", image.get("entry_point"), image.get("command"), image.get("working_directory")),
    ]

"""Calls of AWS services for operators, whose errors are the command line's."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cli.deployment.deployment import Deployment
from cli.errors import CliError, one_line


def service(deployment: Deployment, name: str) -> Any:  # noqa: ANN401  a client of any service
    """A client of the deployment's service."""
    from botocore.config import Config  # noqa: PLC0415  importing it takes 100 ms, and other commands do not need it

    config = Config(retries={"total_max_attempts": 3}, connect_timeout=5, read_timeout=40)
    if deployment.endpoint is not None:
        config = config.merge(Config(proxies={}))
    make: Any = deployment.session().client
    return make(name, endpoint_url=deployment.endpoint, config=config)


@contextmanager
def calling(action: str) -> Iterator[None]:
    """CliError for what botocore raises in the block, which makes that call."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError  # noqa: PLC0415  as above

    try:
        yield
    except NoCredentialsError as error:
        raise CliError("NO_CREDENTIALS", "there are no AWS credentials; log in or set AWS_PROFILE") from error
    except ClientError as error:
        reason = one_line(str(error.response.get("Error", {}).get("Message") or error))
        raise CliError("REFUSED", f"AWS rejected {action}: {reason}; check your keys and their permissions") from error
    except BotoCoreError as error:
        raise CliError("UNREACHABLE", f"{action} failed: {one_line(str(error))}") from error


def invoke_gateway(deployment: Deployment, request: Mapping[str, Any], done: str) -> dict[str, Any]:
    """What the gateway function replies to an operator; empty where it failed. `done` says what it does, for the error
    where only an address is known."""
    function = deployment.outputs.get("gateway_function")
    if not function:
        message = f"--url gives the WebSocket address only, and {done} by the gateway function"
        raise CliError("USAGE", f"{message}; give --stack NAME for a stack, or neither for the sandbox")
    with calling("lambda:InvokeFunction"):
        answer = service(deployment, "lambda").invoke(FunctionName=str(function), Payload=json.dumps(request).encode())
        reply = json.loads(answer["Payload"].read() or b"{}")
    return {} if "FunctionError" in answer or not isinstance(reply, dict) else reply

"""AWS's services for botocore: what each call gets, without a network."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from cli.deployment.deployment import Deployment

Answer = Mapping[str, Any] | Exception | Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Aws:
    """`answers` by operation: a response, an error, or a function of the call's arguments. `calls` came in."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._session = boto3.Session("AKIDEXAMPLE", "secret", region_name="us-east-1")

    def client(self, service: str, **_settings: Any) -> Any:  # noqa: ANN401  of any service
        make: Any = self._session.client
        made = make(service)
        made.meta.events.register("provide-client-params", self._remember)
        made.meta.events.register("before-call", self._answer)
        return made

    def _remember(self, params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401  botocore's
        self.calls.append((model.name, dict(params)))

    def _answer(self, model: Any, **_: object) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401
        arguments = next(params for name, params in reversed(self.calls) if name == model.name)
        answer = self.answers[model.name]
        if isinstance(answer, Exception):
            raise answer
        return _Ok(), dict(answer(arguments) if callable(answer) else answer)


class _Ok:
    status_code = 200


class Deployed(Deployment):
    """A deployment with these outputs, whose session is the services above."""

    def __init__(self, outputs: Mapping[str, Any], aws: Aws) -> None:
        super().__init__("stack 'dev'", "wss://x", "AWS_IAM", "us-east-1", outputs=outputs)
        object.__setattr__(self, "aws", aws)

    def session(self) -> Any:  # noqa: ANN401  as much of a session as is used
        return vars(self)["aws"]


def rejected(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")

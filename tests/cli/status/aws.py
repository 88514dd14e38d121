"""AWS's services for botocore: what each call gets, without a network."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from cli.deployment.deployment import Deployment

Arguments = Mapping[str, Any]
Answer = Mapping[str, Any] | Exception | Callable[[Arguments], Mapping[str, Any]]


class Aws:
    """A session whose calls get `answers` by operation: a response, an error, or a function of the call's arguments.
    `calls` are those that came in."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, Arguments]] = []
        self._session = boto3.Session("AKIDEXAMPLE", "secret", region_name="us-east-1")
        self._own = threading.local()

    def client(self, service: str, **_settings: Any) -> Any:  # noqa: ANN401  of any service
        make: Any = self._session.client
        made = make(service)
        made.meta.events.register("provide-client-params", self._remember)
        made.meta.events.register("before-call", self._answer)
        return made

    def _remember(self, params: Arguments, model: Any, **_: object) -> None:  # noqa: ANN401  botocore's
        self._own.arguments = params
        self.calls.append((model.name, params))

    def _answer(self, model: Any, **_: object) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401  botocore's
        answer = self.answers[model.name]
        if callable(answer):
            answer = answer(self._own.arguments)
        if isinstance(answer, Exception):
            raise answer
        return _Ok(), dict(answer)


class _Ok:
    status_code = 200


class Deployed(Deployment):
    """A stack on AWS with these outputs, whose services are those above."""

    aws: Aws

    def session(self) -> Any:  # noqa: ANN401  as much of a session as is used
        return self.aws


def deployed(outputs: Mapping[str, Any], aws: Aws) -> Deployment:
    made = Deployed("stack 'dev'", "wss://x", "AWS_IAM", "us-east-1", outputs=outputs)
    object.__setattr__(made, "aws", aws)
    return made


def rejected(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")

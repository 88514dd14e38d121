"""The emulator's calls of the sidecar's task runner. They block."""

import json
import os
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from typing import Any, Final
from urllib.parse import urlsplit

from contract.sandbox_access import HEADER

_PATH: Final = "/_longrun/tasks"
_SECONDS: Final = 30.0
_OK: Final = 200


class TaskRunnerClient:
    """The address and the secret are those of this process's environment."""

    def __init__(self) -> None:
        address = urlsplit(os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"])
        self._host, self._port = address.hostname or "", address.port or 0
        self._headers = {HEADER: os.environ["AWS_SECRET_ACCESS_KEY"], "Content-Type": "application/json"}

    def run(self, task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields the states of a task until it has stopped. Raises OSError or HTTPException."""
        connection = HTTPConnection(self._host, self._port)
        try:
            answer = self._post(connection, _PATH, task)
            for line in answer:
                yield json.loads(line)
        finally:
            connection.close()

    def stop(self, arn: str, reason: str) -> None:
        """Begins to stop a task. Raises OSError or HTTPException."""
        connection = HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            self._post(connection, f"{_PATH}/stop", {"arn": arn, "reason": reason}).read()
        finally:
            connection.close()

    def _post(self, connection: HTTPConnection, path: str, body: Mapping[str, Any]) -> HTTPResponse:
        connection.request("POST", path, json.dumps(body), self._headers)
        answer = connection.getresponse()
        if answer.status != _OK:
            raise OSError(f"the sidecar answered {answer.status}")
        return answer

"""Hands a run off to the worker: an asynchronous invocation, because API Gateway cuts an integration at 29 s."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

from runtime.process.aws_clients import minimal_client

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class DispatchError(Exception):
    """The worker could not be invoked. `may_have_arrived`: no response came, so the worker may be at work."""

    def __init__(self, message: str, *, may_have_arrived: bool = False) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class Dispatcher:
    """Invokes the worker function. Safe to use from several threads."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    @classmethod
    def create(cls, function: str) -> "Dispatcher":
        """A dispatcher for a function's name or ARN; three attempts of at most 5 s, within the gateway's 29 s."""
        return cls(minimal_client("lambda", attempts=3, connect_timeout=2, read_timeout=5), function)

    def dispatch(self, run_id: str) -> None:
        """Queue one invocation for the run. More than one per run is harmless: the worker's claim admits the first."""
        payload = json.dumps({"run_id": run_id}).encode()
        try:
            self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload)
        except (ReadTimeoutError, ConnectionClosedError) as error:
            raise DispatchError(
                f"the worker {self._function} did not respond: {error}", may_have_arrived=True
            ) from error
        except (ClientError, BotoCoreError) as error:
            raise DispatchError(f"the worker {self._function} could not be invoked: {error}") from error

"""The streaming endpoint's function in containers, over the sandbox's table, bucket and model."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components.streaming_lambda.function_url import ADAPTER
from contract.workspaces import SECRET_HEADER, WORKSPACE_HEADER
from runtime.journal import Journal
from tests.docker.deployed import AGENT, Deployed
from tests.docker.engine import Engine
from tests.docker.lambda_environment import LambdaEnvironment, RuntimeLoop
from tests.runtime.agentcore_door import served

WORKSPACE: Final = "acme"


@dataclass
class StreamingFunction:
    """The function of one image. Its asynchronous invocations of itself arrive in `invocations`, as Lambda gets them;
    `secret` is the workspace's for the agent."""

    engine: Engine
    runtime: RuntimeLoop
    image: str
    folder: Path
    deployed: Deployed
    variables: Mapping[str, str]
    secret: str
    invocations: SimpleQueue[Any] = field(default_factory=SimpleQueue)

    @property
    def journal(self) -> Journal:
        return self.deployed.journal

    @property
    def path(self) -> str:
        return f"/api/streams/{WORKSPACE}/{AGENT}/{self.secret}"

    @property
    def credentials(self) -> dict[str, str]:
        return {WORKSPACE_HEADER: WORKSPACE, SECRET_HEADER: self.secret}

    @contextmanager
    def environment(self) -> Iterator[LambdaEnvironment]:
        """One more of its environments."""
        with self.runtime.environment(
            self.engine, self.image, self.folder / f"{uuid.uuid4()}.log", self.variables
        ) as environment:
            yield environment


@contextmanager
def streaming_function(
    engine: Engine, runtime: RuntimeLoop, image: str, folder: Path, deployed: Deployed
) -> Iterator[StreamingFunction]:
    """The function, and in the place of Lambda what gets its invocations."""
    invocations: SimpleQueue[Any] = SimpleQueue()

    async def invoke(request: Request) -> Response:
        assert request.headers["x-amz-invocation-type"] == "Event"
        invocations.put(json.loads(await request.body()))
        return Response(status_code=202)

    route = Route("/2015-03-31/functions/{name}/invocations", invoke, methods=["POST"])
    with served(Starlette(routes=[route])) as url:
        variables = {
            **deployed.variables,
            **ADAPTER,
            "AWS_ENDPOINT_URL_LAMBDA": url,
            "LONGRUN_DEADLINE_MARGIN": "5",
            "LONGRUN_QUESTION_TIMERS": '{"group": "timers", "role": "arn:aws:iam::000000000000:role/timers"}',
            "LONGRUN_RUN_TIMEOUT": "900",
            "LONGRUN_RESPONSE_SECONDS": "60",
        }
        secret = deployed.journal.workspaces.create(WORKSPACE, AGENT)
        yield StreamingFunction(engine, runtime, image, folder, deployed, variables, secret, invocations)

"""The image for AgentCore that docs/background.md describes: it is built, serves AgentCore's contract, and works."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.image_config import ImageConfig
from contract.events import EventType
from contract.run_ids import new_run_id
from contract.step_request import StepRequest
from runtime.journal import NewRun
from sandbox.sidecar.image_functions.variables import free_port
from tests.docker.base_image import PYTHON
from tests.docker.conftest import ROOT, built_package
from tests.docker.deployed import AGENT, Deployed
from tests.docker.engine import Engine
from tests.sandbox.harness import wait_until

pytestmark = pytest.mark.docker

PATIENCE = 60.0
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
ARCHITECTURES = {"arm64": "arm64", "x86_64": "amd64"}
DOCKERFILE = re.compile(r"^```dockerfile\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOWHERE = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "LONGRUN_TABLE": "journal",
    "LONGRUN_PAYLOAD_BUCKET": "payloads",
    "LONGRUN_RETENTION_DAYS": "30",
    "LONGRUN_AGENTS": AGENT,
    "LONGRUN_MODEL_PROVIDER": "bedrock",
    "LONGRUN_MODEL_ID": "model",
    "LONGRUN_QUESTION_TIMEOUT": "3600",
}
"""For a container without a network."""

CLIENT = """
import json, sys, urllib.error, urllib.request
path, body, headers = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
request = urllib.request.Request("http://127.0.0.1:8080" + path, body.encode() or None, headers)
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, json.load(answer)]))
"""
"""Asks the contract's port, as AgentCore does; it is started in the container."""


@pytest.fixture(scope="module")
def image(engine: Engine, base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    (text,) = DOCKERFILE.findall((ROOT / "docs" / "background.md").read_text())
    dockerfile = tmp_path_factory.mktemp("agent") / "Dockerfile"
    dockerfile.write_text(text)
    name = engine.new_name("agent")
    context = Path(built_package("agent").ref["tree"])
    done = engine.build(name, context, {"BASE_IMAGE": base}, "--file", str(dockerfile))
    assert done.code == 0, done.output
    return name


def asked(
    engine: Engine, container: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    given = {"Content-Type": "application/json", **(headers or {})}
    text = "" if body is None else json.dumps(body)
    status, answer = json.loads(engine.inside(container, PYTHON, "-c", CLIENT, path, text, json.dumps(given)))
    return status, answer


def answers(engine: Engine, container: str) -> bool:
    return engine.run("exec", container, PYTHON, "-c", CLIENT, "/ping", "", "{}").code == 0


def test_the_image_is_for_this_cpu_and_serves_the_contract(engine: Engine, image: str) -> None:
    assert engine.inspect(image)["Architecture"] == ARCHITECTURES[built_package("agent").ref["architecture"]]
    with engine.running(image, NOWHERE, network="none") as container:
        wait_until(lambda: answers(engine, container), "the answer to /ping", PATIENCE)

        status, ping = asked(engine, container, "/ping")
        refused = asked(engine, container, "/invocations", {"agent": AGENT, "step": 1})
        started = asked(engine, container, "/invocations", {"agent": AGENT, "step": 1}, {SESSION: new_run_id()})

    assert (status, ping["status"]) == (200, "Healthy")
    assert refused[0] == 400
    assert started == (200, {"status": "started"})


@pytest.mark.sandbox
def test_a_step_of_a_run_is_executed_in_the_container(engine: Engine, image: str, deployed: Deployed) -> None:
    port, run_id = free_port(), new_run_id()
    # The contract's port belongs to the whole machine in its network.
    program = f"from runtime.agentcore.agent_main import app; app.run(port={port}, host='127.0.0.1')"
    config: ImageConfig = {"entry_point": [PYTHON, "-c"], "command": [program], "working_directory": "/app"}
    run = NewRun(run_id, run_id, "owner", "background", "What is the capital of France?", None, time.time() + 900)
    deployed.journal.accept(replace(run, workflow="arn:execution", agents=(AGENT,)))
    step = StepRequest(run_id=run_id, agent=AGENT, step=1, steps=1)

    with (
        engine.running(image, deployed.variables, config) as container,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
    ):

        def is_up() -> bool:
            try:
                return client.get("/ping").status_code == 200
            except httpx.TransportError:
                return False

        wait_until(is_up, "the answer to /ping", PATIENCE)
        answer = client.post("/invocations", json=step.to_invocation(), headers={SESSION: run_id})
        wait_until(lambda: deployed.journal.head(run_id).status.is_terminal, "the end of the run", PATIENCE)
        log = engine.run("logs", container).output

    events = deployed.journal.read(run_id, 0, 100)
    assert (answer.status_code, answer.json()) == (200, {"status": "started"})
    assert events[-1].type is EventType.RUN_SUCCEEDED, log
    assert "".join(event.data["text"] for event in events if event.type is EventType.TEXT).startswith("Paris")

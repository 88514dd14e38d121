"""AgentCore sessions in a sandbox: started from what was deployed, logged in it, and gone with it, whatever ends it."""

import io
import json
import os
import signal
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.lifecycle.commands import down
from sandbox.state import SandboxState
from tests.sandbox.clients import client, get
from tests.sandbox.harness import Emulator, is_alive, processes_of, running, wait_until, write_program

pytestmark = pytest.mark.sandbox

PYTHON = f"PYTHON_{sys.version_info.major}_{sys.version_info.minor}"

PROGRAM = f"""
bucket = aws.s3.Bucket("code")
source = pulumi.FileAsset({{archive!r}})
package = aws.s3.BucketObjectv2("package", bucket=bucket.bucket, key="agent.zip", source=source)
runtime = aws.bedrock.AgentcoreAgentRuntime(
    "agent", agent_runtime_name="reported", network_configuration={{{{"network_mode": "PUBLIC"}}}},
    role_arn=role("agent-role", "bedrock-agentcore.amazonaws.com").arn,
    environment_variables={{{{"WORD": "given"}}}},
    agent_runtime_artifact={{{{"code_configuration": {{{{
        "code": {{{{"s3": {{{{"bucket": package.bucket, "prefix": package.key}}}}}}}}, "entry_points": ["main.py"],
        "runtime": "{PYTHON}"}}}}}}}})
live = aws.bedrock.AgentcoreAgentRuntimeEndpoint("agent-live", agent_runtime_id=runtime.agent_runtime_id,
    name="live", agent_runtime_version=runtime.agent_runtime_version)
pulumi.export("arn", runtime.agent_runtime_arn)
"""

AGENT = """
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply({"status": "Healthy"})
    def do_POST(self):
        print("asked", flush=True)
        self.reply({"pid": os.getpid(), "parent": os.getppid(), "file": __file__, "environment": dict(os.environ)})
    def reply(self, answer):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())
    def log_message(self, *_):
        pass

ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A program with one agent runtime whose package lies unpacked beside its zip."""
    package = tmp_path / "package"
    (package / "tree").mkdir(parents=True)
    (package / "tree" / "main.py").write_text(AGENT)
    (package / "package.zip").touch()
    return write_program(tmp_path / "program", PROGRAM.format(archive=str(package / "package.zip")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def state(folder: Path, root: Path) -> Iterator[SandboxState]:
    with running(folder, root=root) as running_state:
        yield running_state


def invoke(state: SandboxState, arn: str, session: str, qualifier: str) -> Any:  # noqa: ANN401  whatever it answers
    agents = client(state.sidecar_url, "bedrock-agentcore")
    answer = agents.invoke_agent_runtime(
        agentRuntimeArn=arn, runtimeSessionId=session, qualifier=qualifier, payload=b"{}"
    )
    return json.loads(answer["response"].read())


def test_a_package_that_was_not_uploaded_runs_where_it_lies_unpacked(
    state: SandboxState, folder: Path, tmp_path: Path
) -> None:
    reported = invoke(state, state.outputs["arn"], str(uuid.uuid4()), "live")

    environment = reported["environment"]
    assert reported["file"] == str(tmp_path / "package" / "tree" / "main.py")
    assert (environment["WORD"], environment["AWS_REGION"]) == ("given", state.region)
    assert (environment["AWS_ENDPOINT_URL"], environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]) == (
        state.endpoint,
        state.sidecar_url,
    )
    assert Path(environment["HOME"]).is_relative_to(folder)
    assert not [name for name in environment if name.startswith(("MINISTACK", "SFN_", "GATEWAY", "PYTEST"))]


def test_a_sessions_lines_are_in_cloudwatch_logs_and_in_a_file(state: SandboxState, folder: Path) -> None:
    session = str(uuid.uuid4())
    invoke(state, state.outputs["arn"], session, "live")
    group = f"/aws/bedrock-agentcore/runtimes/{state.outputs['arn'].rpartition('/')[2]}-live"
    logs = client(state.endpoint, "logs")

    def found() -> list[dict[str, Any]]:
        try:
            return list(logs.filter_log_events(logGroupName=group, filterPattern="asked")["events"])
        except logs.exceptions.ResourceNotFoundException:
            return []

    wait_until(lambda: bool(found()), "the line in CloudWatch Logs")
    (event,) = found()
    assert event["message"] == "asked"
    assert f"/[runtime-logs-{session}]" in event["logStreamName"]
    (file,) = (folder / "logs" / "agentcore").glob(f"*-live/{session}-*.log")
    assert file.read_text() == "asked\n"


@pytest.mark.parametrize("victims", [["supervisor"], ["emulator"], ["supervisor", "emulator"]])
def test_no_session_outlives_a_killed_sandbox(state: SandboxState, folder: Path, victims: list[str]) -> None:
    reported = [invoke(state, state.outputs["arn"], str(uuid.uuid4()), "live") for _ in range(2)]
    members = processes_of(folder) | set(state.pids.values())
    assert {answer["pid"] for answer in reported} < members

    for victim in victims:
        os.kill(state.pids[victim], signal.SIGKILL)

    wait_until(lambda: not any(is_alive(pid) for pid in members), "the end of all its processes")


def test_no_session_is_left_when_a_sandbox_was_taken_down(state: SandboxState, folder: Path) -> None:
    reported = [invoke(state, state.outputs["arn"], str(uuid.uuid4()), "live") for _ in range(2)]
    members = processes_of(folder)

    down(folder)

    assert not [pid for pid in members | {answer["pid"] for answer in reported} if is_alive(pid)]


def upload(state: SandboxState, key: str, agent: str) -> dict[str, Any]:
    """Puts a zip into a bucket; what CreateAgentRuntime and UpdateAgentRuntime need."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as package:
        package.writestr("main.py", agent)
    s3 = client(state.endpoint, "s3")
    s3.create_bucket(Bucket="uploaded-code")
    s3.put_object(Bucket="uploaded-code", Key=key, Body=body.getvalue())
    place = {"s3": {"bucket": "uploaded-code", "prefix": key}}
    code = {"code": place, "runtime": PYTHON, "entryPoint": ["main.py"]}
    return {
        "agentRuntimeArtifact": {"codeConfiguration": code},
        "roleArn": "arn:aws:iam::000000000000:role/any",
        "networkConfiguration": {"networkMode": "PUBLIC"},
    }


def test_code_that_was_uploaded_is_fetched_and_an_update_leads_to_the_next_version(emulator: Emulator) -> None:
    state = emulator.state
    control = client(state.endpoint, "bedrock-agentcore-control")
    made = control.create_agent_runtime(agentRuntimeName="uploaded", **upload(state, "one.zip", AGENT))
    runtime, arn = made["agentRuntimeId"], made["agentRuntimeArn"]
    first = invoke(state, arn, "s" * 33, "DEFAULT")

    control.update_agent_runtime(agentRuntimeId=runtime, **upload(state, "two.zip", "version = 2\n" + AGENT))

    def version() -> str:
        invoke(state, arn, str(uuid.uuid4()), "DEFAULT")
        listed = get(f"{state.sidecar_url}/_longrun/sessions").json()["sessions"]
        return str(listed[-1]["version"])

    wait_until(lambda: version() == "2", "the next version")
    assert invoke(state, arn, "s" * 33, "DEFAULT")["pid"] == first["pid"]


def test_a_runtime_that_was_deleted_is_soon_unknown(emulator: Emulator) -> None:
    state = emulator.state
    control = client(state.endpoint, "bedrock-agentcore-control")
    agents = client(state.sidecar_url, "bedrock-agentcore")
    made = control.create_agent_runtime(agentRuntimeName="deleted", **upload(state, "one.zip", AGENT))
    invoke(state, made["agentRuntimeArn"], "s" * 33, "DEFAULT")

    control.delete_agent_runtime(agentRuntimeId=made["agentRuntimeId"])

    def is_unknown() -> bool:
        try:
            agents.invoke_agent_runtime(agentRuntimeArn=made["agentRuntimeArn"], payload=b"{}")
        except agents.exceptions.ResourceNotFoundException:
            return True
        return False

    wait_until(is_unknown, "its end")

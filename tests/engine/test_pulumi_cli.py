"""The program under the genuine engine and AWS provider, on the sandbox: up, up again, policies, destroy."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.lifecycle import UpOptions, down, up
from sandbox.paths import REPOSITORY, home

pytestmark = [pytest.mark.cli, pytest.mark.sandbox]

FOLDERS = ("agents", "components", "data", "policies", "requirements", "runtime")
FILES = ("__main__.py", "Pulumi.yaml")
STACK = "local"
PATIENCE = 900.0
"""An SQS queue alone takes 25 s to create and 130 s to remove: the provider waits for it to spread."""

RESERVED_VARIABLE = """
from pulumi_aws import lambda_

lambda_.Function(
    "refused",
    role="arn:aws:iam::000000000000:role/refused",
    runtime="python3.13",
    handler="refused.handler",
    code=pulumi.FileArchive(str(gateway_package.zip_path)),
    environment={"variables": {"AWS_REGION": "us-east-1"}},
)
"""


class Project:
    """A copy of the program with a state backend of its own."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        for name in FOLDERS:
            shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in FILES:
            shutil.copy(REPOSITORY / name, folder / name)
        settings = (REPOSITORY / "Pulumi.local.yaml").read_text()
        (folder / "Pulumi.local.yaml").write_text(settings.replace("127.0.0.1:4600", urlsplit(endpoint).netloc))
        (folder / ".venv").symlink_to(Path(sys.prefix))
        state = folder / "state"
        state.mkdir()
        self.environment = {
            **os.environ,
            "LONGRUN_HOME": str(home()),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def pulumi(self, *arguments: str) -> str:
        return self.run("pulumi", *arguments, "--non-interactive")

    def run(self, *command: str) -> str:
        done = subprocess.run(  # noqa: S603  the commands of this module
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    state_dir = tmp_path_factory.mktemp("sandbox")
    state = up(UpOptions(state_dir=state_dir, port=0, empty=True), lambda _: None)
    try:
        project = Project(tmp_path_factory.mktemp("project"), state.endpoint)
        project.pulumi("stack", "init", STACK)
        project.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        yield project
        project.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
        left = json.loads(project.pulumi("stack", "export", "--stack", STACK))["deployment"].get("resources")
        assert not left
    finally:
        down(state_dir)


def test_a_second_up_changes_nothing(project: Project) -> None:
    project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)


def test_the_deployed_agent_answers(project: Project) -> None:
    longrun = str(Path(sys.prefix) / "bin" / "longrun")
    question = "What was the average effect of the training programme on 1978 earnings?"
    answer = json.loads(project.run(longrun, "ask", "--stack", STACK, "--json", question))
    assert answer["status"] == "SUCCEEDED"
    assert "1,794" in answer["answer"]


def test_the_policy_pack_passes_the_program(project: Project) -> None:
    project.pulumi("preview", "--policy-pack", "policies", "--stack", STACK)


def test_the_policy_pack_stops_what_aws_would_refuse(project: Project) -> None:
    program = project.folder / "__main__.py"
    compliant = program.read_text()
    program.write_text(compliant + RESERVED_VARIABLE)
    try:
        with pytest.raises(AssertionError, match="lambda-function-environment-names"):
            project.pulumi("preview", "--policy-pack", "policies", "--stack", STACK)
    finally:
        program.write_text(compliant)

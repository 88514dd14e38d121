"""`longrun logs` against log groups at CloudWatch's wire."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import LOGGING, RUN_ID, Longrun
from tests.client.aws import Aws


@pytest.fixture(autouse=True)
def written(aws: Aws) -> None:
    """Each function has written a line about the run and one about another; the agent has not written anything yet."""
    for name in LOGGING[:-1]:
        lines = [json.dumps({"event": f"{name}.served", "run_id": run_id}) for run_id in (RUN_ID, "another")]
        aws.groups[f"/logs/{name}"] = lines


def test_logs_come_from_all_functions_of_a_run(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    aws.groups["/logs/agent"] = [json.dumps({"event": "agent.done", "run_id": RUN_ID})]
    done = longrun("logs", RUN_ID, "--state", str(sandbox), "--json")
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)["lines"]
    assert sorted(line["function"] for line in lines) == sorted(name.replace("_", "-") for name in LOGGING)


def test_agents_that_never_wrote_are_no_error(longrun: Longrun, sandbox: Path) -> None:
    assert longrun("logs", "--state", str(sandbox)).returncode == 0
    done = longrun("logs", "--function", "agent", "--state", str(sandbox))
    assert (done.returncode, done.stdout) == (0, "no lines since 1h\n")


def test_a_function_without_its_log_group_is_an_error(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    del aws.groups["/logs/invoker"]
    done = longrun("logs", "--function", "invoker", "--state", str(sandbox))
    assert done.returncode == 1
    assert "the log group /logs/invoker of the invoker does not exist" in done.stderr


def test_a_deployment_without_a_workflow_shows_what_it_has(longrun: Longrun, sandbox: Path) -> None:
    written = sandbox / "state.json"
    outputs = {"worker_log_group": "/logs/worker"}
    written.write_text(json.dumps(json.loads(written.read_text()) | {"outputs": outputs}))
    lines = json.loads(longrun("logs", "--state", str(sandbox), "--json").stdout)["lines"]
    assert {line["function"] for line in lines} == {"worker"}
    assert longrun("logs", "--function", "agent", "--state", str(sandbox)).returncode == 3


def test_an_unknown_function_is_answered_with_those_that_are(longrun: Longrun) -> None:
    done = longrun("logs", "--function", "nobody")
    assert done.returncode == 2
    assert "gateway, worker, closer, event-door, invoker, workflow-closer, agent" in done.stderr

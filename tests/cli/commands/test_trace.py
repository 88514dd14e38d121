"""`longrun trace` against a scripted deployment and a collector that has the spans."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ANSWERED, IN_TURN, RUN_ID, TRACE_ID, Deployment, Longrun
from tests.client.aws import Aws

WORKFLOW = {
    "trace_id": TRACE_ID,
    "span_id": "w",
    "parent_id": "e",
    "name": "workflow",
    "service": "longrun-event-door",
    "start": 100.0,
    "end": 104.0,
    "status": "OK",
    "error": "",
    "attributes": {"longrun.span": "workflow"},
}
INVOKER = WORKFLOW | {"span_id": "i", "parent_id": "w", "name": "invoker", "start": 100.2, "end": 100.25}
INVOKER["attributes"] = {}


@pytest.fixture(autouse=True)
def collected(deployment: Deployment, aws: Aws) -> None:
    """A background run whose execution nobody knows any more, and two of its spans."""
    (kind, data), *others = IN_TURN
    deployment.script = ((kind, {name: value for name, value in data.items() if name != "workflow"}), *others)
    aws.files[f"/_longrun/traces/{TRACE_ID}"] = (200, json.dumps({"spans": [INVOKER, WORKFLOW]}).encode())


def test_a_trace_is_a_tree_with_times(longrun: Longrun, sandbox: Path) -> None:
    done = longrun("trace", RUN_ID, "--state", str(sandbox))
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.replace("━", "").split()) for line in done.stdout.splitlines()]
    assert lines == [
        "span start took",
        "event +0 ms 0 ms",
        "└ workflow +0 ms 4.0 s",
        "└ invoker +200 ms 50 ms",
        f"3 spans of trace {TRACE_ID}",
    ]


def test_json_has_the_spans_by_their_start(longrun: Longrun, sandbox: Path) -> None:
    document = json.loads(longrun("trace", RUN_ID, "--state", str(sandbox), "--json").stdout)
    assert (document["run_id"], document["trace_id"]) == (RUN_ID, TRACE_ID)
    assert {span["name"] for span in document["spans"]} == {"event", "workflow", "invoker"}
    assert document["spans"][2] == INVOKER


def test_a_streamed_run_has_no_trace_of_its_own(longrun: Longrun, sandbox: Path, deployment: Deployment) -> None:
    deployment.script = ANSWERED
    done = longrun("trace", RUN_ID, "--state", str(sandbox))
    assert (done.returncode, done.stderr.endswith("[NO_TRACE]\n")) == (1, True)
    assert f"'longrun logs {RUN_ID}' shows the logs of its functions" in done.stderr


def test_spans_that_have_not_come_yet_are_no_empty_tree(longrun: Longrun, sandbox: Path, aws: Aws) -> None:
    aws.files.clear()
    done = longrun("trace", RUN_ID, "--state", str(sandbox), "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "NO_TRACE")


def test_an_unknown_run_has_none_either(longrun: Longrun, sandbox: Path, deployment: Deployment) -> None:
    deployment.refusal = ("UNKNOWN_RUN", "There is no such run.")
    done = longrun("trace", RUN_ID, "--state", str(sandbox))
    assert (done.returncode, done.stderr) == (1, "longrun: There is no such run [UNKNOWN_RUN]\n")

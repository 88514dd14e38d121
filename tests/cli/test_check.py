import json
from typing import Any

import pytest

from cli import check as command
from cli.__main__ import run

from .conftest import Longrun

FUNCTION = "aws:lambda/function:Function"


def registered(variables: dict[str, str]) -> dict[str, Any]:
    return {
        "type": FUNCTION,
        "name": "reader",
        "urn": f"urn:pulumi:dev::longrun::{FUNCTION}::reader",
        "parent": None,
        "custom": True,
        "provider": "",
        "properties": {"timeout": 60, "environment": {"variables": variables}},
        "dependencies": {},
        "depends_on": [],
    }


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the program registers, in place of running it."""
    resources: list[dict[str, Any]] = []
    monkeypatch.setattr(command, "record", lambda _root, _stack, _config: resources)
    return resources


def test_a_program_without_violations_passes(program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    program.append(registered({"BEDROCK_REGION": "us-east-1"}))
    assert run(["check", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document | {"rules": []} == {
        "ok": True,
        "stack": "dev",
        "region": document["region"],
        "resources": 1,
        "rules": [],
        "violations": [],
    }
    assert "lambda" in " ".join(document["rules"])


def test_a_mandatory_violation_fails_and_names_resource_and_rule(
    program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    program.append(registered({"AWS_REGION": "us-east-1"}))
    assert run(["check"]) == 1
    shown = capsys.readouterr().out
    assert "mandatory" in shown
    assert "AWS_REGION" in shown
    assert "reader" in shown
    assert run(["check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert {violation["urn"] for violation in document["violations"]} == {program[0]["urn"]}


def test_an_unknown_stack_is_a_usage_error(longrun: Longrun) -> None:
    done = longrun("check", "--stack", "nowhere")
    assert done.returncode == 2
    assert "Pulumi.nowhere.yaml" in done.stderr


@pytest.mark.sandbox
def test_the_shipped_program_breaks_no_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--stack", "local", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["violations"] == []
    assert document["resources"] > 20

"""Configuration as the engine gives it to the program."""

import json
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.program.config import for_sandbox, read_config
from tests.sandbox.harness import STACK, write_program


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_program(tmp_path, "")


def test_declared_defaults_become_texts_with_the_projects_namespace(root: Path) -> None:
    config = read_config(root, "local", {})

    assert config.values == {
        "small:names": '["one", "two"]',
        "small:count": "3",
        "small:enabled": "false",
        "small:labels": '{"a": "b"}',
        "small:word": "",
        "aws:region": "us-east-1",
    }
    assert config.region == "us-east-1"
    assert (config.project, config.stack) == ("small", "local")


def test_the_stacks_file_beats_defaults_and_the_command_line_beats_both(root: Path) -> None:
    (root / "Pulumi.local.yaml").write_text(STACK + "  small:count: 4\n  word: stack\n")

    config = read_config(root, "local", {"word": "asked", "small:labels": '{"c": 1}', "aws:region": "eu-west-1"})

    assert config.values["small:count"] == "4"
    assert config.values["small:word"] == "asked"
    assert json.loads(config.values["small:labels"]) == {"c": 1}
    assert config.region == "eu-west-1"


def test_an_unknown_key_is_left_to_the_program_to_judge(root: Path) -> None:
    assert read_config(root, "local", {"bogus": "1"}).values["small:bogus"] == "1"


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("count", "many", "integer"),
        ("names", '"one"', "array"),
        ("enabled", "yes", "boolean"),
        ("labels", "[]", "object"),
    ],
)
def test_a_value_of_the_wrong_type_is_rejected_by_key(root: Path, key: str, value: str, kind: str) -> None:
    with pytest.raises(SandboxError, match=f"small:{key} in --config is .*; it must be of type {kind}") as rejected:
        read_config(root, "local", {key: value})
    assert rejected.value.code == "INVALID_CONFIG"


def test_an_encrypted_value_is_rejected_because_nobody_here_can_read_it(root: Path) -> None:
    (root / "Pulumi.local.yaml").write_text(STACK + "  small:word:\n    secure: AAAA\n")

    with pytest.raises(SandboxError, match=r"small:word in Pulumi\.local\.yaml is encrypted"):
        read_config(root, "local", {})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("config: [", "is not YAML"),
        ("- a", "must contain a mapping"),
        ("config: {}", r"aws:region has no value; set it in Pulumi\.local\.yaml or with --config aws:region=VALUE"),
    ],
)
def test_a_stack_file_that_cannot_be_used_is_named(root: Path, content: str, expected: str) -> None:
    (root / "Pulumi.local.yaml").write_text(content)

    with pytest.raises(SandboxError, match=expected):
        read_config(root, "local", {})


def test_a_stack_without_file_is_named(root: Path) -> None:
    with pytest.raises(SandboxError, match=r"Pulumi\.other\.yaml is missing"):
        read_config(root, "other", {})


def test_the_sandboxs_real_address_replaces_the_one_in_the_stacks_file(root: Path) -> None:
    stack = STACK + (
        "  small:websocketUrl: ws://127.0.0.1:4600/_aws/execute-api/{apiId}/{stage}\n"
        "  aws:endpoints:\n    - s3: http://127.0.0.1:4600\n      sqs: http://127.0.0.1:4600\n"
    )
    (root / "Pulumi.local.yaml").write_text(stack)

    config = for_sandbox(read_config(root, "local", {}), "http://127.0.0.1:5000", {})

    assert config.values["small:websocketUrl"] == "ws://127.0.0.1:5000/_aws/execute-api/{apiId}/{stage}"
    assert json.loads(config.values["aws:endpoints"]) == [
        {"s3": "http://127.0.0.1:5000", "sqs": "http://127.0.0.1:5000"}
    ]


def test_an_address_that_the_user_asked_for_stays(root: Path) -> None:
    (root / "Pulumi.local.yaml").write_text(STACK + "  small:websocketUrl: ws://a\n")
    asked = {"websocketUrl": "ws://mine/{apiId}/{stage}"}

    config = for_sandbox(read_config(root, "local", asked), "http://127.0.0.1:5000", asked)

    assert config.values["small:websocketUrl"] == "ws://mine/{apiId}/{stage}"

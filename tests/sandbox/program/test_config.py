"""Configuration as the engine gives it to the program."""

import json
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.program.config import for_sandbox, read_config
from tests.sandbox.harness import STACK, write_program
from tests.sandbox.program.encrypted import PASSPHRASE_SALT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_program(tmp_path, "")


def test_declared_defaults_become_texts_with_the_projects_namespace(root: Path) -> None:
    config = read_config(root, "local", {})

    assert config.values == {
        "small:names": '["one","two"]',
        "small:count": "3",
        "small:enabled": "false",
        "small:labels": '{"a":"b"}',
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


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("count", '"2048"', "2048"),
        ("count", "2048", "2048"),
        ("count", '"-3"', "-3"),
        ("count", "10.0", "10"),
        ("count", "1e2", "100"),
        ("enabled", '"true"', "true"),
        ("enabled", "True", "true"),
        ("word", "5", "5"),
        ("word", "true", "true"),
        ("word", "1.10", "1.1"),
        ("word", "yes", "yes"),
        ("word", "", ""),
        ("names", "[b, a]", '["b","a"]'),
        ("labels", "{b: 1, a: {c: true}}", '{"a":{"c":true},"b":1}'),
        ("labels", "{secure: 5}", '{"secure":5}'),
        ("undeclared", '"010"', "010"),
        ("undeclared", "0.000001", "0.000001"),
        ("undeclared", "1e-7", "1e-7"),
        ("undeclared", "1e21", "1e+21"),
        ("undeclared", "{2: a, true: <b>}", r'{"2":"a","true":"\u003cb\u003e"}'),
    ],
)
def test_what_pulumi_writes_into_the_file_is_read_as_the_engine_reads_it(
    root: Path, key: str, value: str, text: str
) -> None:
    (root / "Pulumi.local.yaml").write_text(f"{PASSPHRASE_SALT}{STACK}  small:{key}: {value}\n")

    assert read_config(root, "local", {}).values[f"small:{key}"] == text


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("count", '" 10"', "integer"),
        ("count", '"1_0"', "integer"),
        ("count", "10.5", "integer"),
        ("count", "true", "integer"),
        ("count", "99999999999999999999", "integer"),
        ("count", "", "integer"),
        ("enabled", '"True"', "boolean"),
        ("enabled", "1", "boolean"),
        ("word", "[a]", "string"),
        ("names", "[1]", "array<string>"),
        ("names", "'[\"a\"]'", "array<string>"),
        ("labels", "'{}'", "object"),
    ],
)
def test_a_value_that_the_engine_rejects_is_rejected_by_file_and_key(
    root: Path, key: str, value: str, kind: str
) -> None:
    (root / "Pulumi.local.yaml").write_text(f"{STACK}  small:{key}: {value}\n")

    with pytest.raises(SandboxError, match=f"small:{key} in Pulumi.local.yaml is .*; it must be of type {kind}$"):
        read_config(root, "local", {})


def test_keys_of_other_projects_the_old_form_and_the_stacks_own_keys_are_accepted(root: Path) -> None:
    stack = f"secretsprovider: passphrase\nencryptedkey: AAAA\n{PASSPHRASE_SALT}{STACK}"
    (root / "Pulumi.local.yaml").write_text(f'{stack}  other:thing: "5"\n  small:config:count: "4"\n')

    config = read_config(root, "acme/small/local", {})

    assert config.values["other:thing"] == "5"
    assert config.values["small:count"] == "4"
    assert config.stack == "local"
    assert config.notes == []


@pytest.mark.parametrize("key", ["a:b:c", "a:b:c:d", ":b", "a:"])
def test_a_key_of_no_form_is_rejected(root: Path, key: str) -> None:
    (root / "Pulumi.local.yaml").write_text(f'{STACK}  "{key}": 1\n')

    with pytest.raises(SandboxError, match=f"'{key}' in Pulumi.local.yaml is no configuration key; write it as name"):
        read_config(root, "local", {})


def test_an_environment_is_noted_because_only_pulumi_can_open_it(root: Path) -> None:
    (root / "Pulumi.local.yaml").write_text(f"environment: [shared]\n{STACK}")

    (note,) = read_config(root, "local", {}).notes

    assert note.startswith("Pulumi.local.yaml imports an environment, whose values are not read here; pass those")


def test_the_folder_of_stack_files_is_the_one_that_the_project_names(root: Path) -> None:
    (root / "stacks").mkdir()
    (root / "Pulumi.yaml").rename(root / "Pulumi.yml")
    (root / "Pulumi.yml").write_text((root / "Pulumi.yml").read_text() + "stackConfigDir: stacks\n")
    (root / "stacks" / "Pulumi.local.yml").write_text(STACK + "  word: there\n")

    assert read_config(root, "local", {}).values["small:word"] == "there"


def test_a_stack_without_file_is_read_where_a_region_is_given(root: Path) -> None:
    config = read_config(root, "other", {}, "eu-west-1")

    assert (config.region, config.values["small:count"]) == ("eu-west-1", "3")
    assert read_config(root, "local", {}, "eu-west-1").region == "us-east-1"


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "[1, .inf]"])
def test_a_number_that_json_has_not_is_rejected(root: Path, value: str) -> None:
    (root / "Pulumi.local.yaml").write_text(f"{STACK}  small:other: {value}\n")

    with pytest.raises(SandboxError, match=r"small:other in Pulumi\.local\.yaml is -?(inf|nan), which is no number"):
        read_config(root, "local", {})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("config: [", "is not YAML"),
        ("- a", "must contain a mapping"),
        ("config: [a]", r"config in Pulumi\.local\.yaml must be a mapping of keys to values"),
        ("config: {a: 1, a: 2}", r"is not YAML: key 'a' is given twice in .*line 1"),
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
        "  small:functionUrl: http://127.0.0.1:4600/_aws/lambda-url/{urlId}/\n"
        "  aws:endpoints:\n    - s3: http://127.0.0.1:4600\n      sqs: http://127.0.0.1:4600\n"
    )
    (root / "Pulumi.local.yaml").write_text(stack)

    config = for_sandbox(read_config(root, "local", {}), "http://127.0.0.1:5000", {})

    assert config.values["small:websocketUrl"] == "ws://127.0.0.1:5000/_aws/execute-api/{apiId}/{stage}"
    assert config.values["small:functionUrl"] == "http://127.0.0.1:5000/_aws/lambda-url/{urlId}/"
    assert json.loads(config.values["aws:endpoints"]) == [
        {"s3": "http://127.0.0.1:5000", "sqs": "http://127.0.0.1:5000"}
    ]


def test_an_address_that_the_user_asked_for_stays(root: Path) -> None:
    (root / "Pulumi.local.yaml").write_text(STACK + "  small:websocketUrl: ws://a\n")
    asked = {"websocketUrl": "ws://mine/{apiId}/{stage}"}

    config = for_sandbox(read_config(root, "local", asked), "http://127.0.0.1:5000", asked)

    assert config.values["small:websocketUrl"] == "ws://mine/{apiId}/{stage}"


@pytest.mark.parametrize("content", ["", "# nothing is configured\n"])
def test_a_stack_file_without_content_configures_nothing(root: Path, content: str) -> None:
    (root / "Pulumi.empty.yaml").write_text(content)

    assert read_config(root, "empty", {}, "eu-west-1").region == "eu-west-1"


@pytest.mark.parametrize("items", ["string", "[string]", "{type: array, items: string}"])
def test_a_declaration_of_items_without_a_mapping_is_rejected_by_key(root: Path, items: str) -> None:
    project = f"name: small\nruntime: python\nconfig: {{names: {{type: array, items: {items}}}}}\n"
    (root / "Pulumi.yaml").write_text(project)

    with pytest.raises(SandboxError, match=r"items of small:names in Pulumi\.yaml must be a mapping") as rejected:
        read_config(root, "local", {})
    assert rejected.value.code == "INVALID_CONFIG"

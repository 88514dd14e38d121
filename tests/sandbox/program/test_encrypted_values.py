"""Encrypted values are read with the stack's passphrase; without it, a message says what to do where one is needed."""

from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.program.config import read_config
from tests.sandbox.harness import STACK, write_program
from tests.sandbox.program.encrypted import HUSH, PASSPHRASE, PASSPHRASE_SALT

WORD = f"  small:word:\n    secure: {HUSH}\n"
LABELS = f"  small:labels:\n    cost: 1234\n    key:\n      secure: {HUSH}\n"
OTHER = f"  cloud:token:\n    secure: {HUSH}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    return write_program(tmp_path, "")


def write(root: Path, values: str, secrets: str = PASSPHRASE_SALT) -> None:
    (root / "Pulumi.local.yaml").write_text(secrets + STACK + values)


def test_the_passphrase_of_the_environment_opens_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    write(root, WORD + LABELS + OTHER)

    config = read_config(root, "local", {})

    assert config.values["small:word"] == "hush"
    assert config.values["small:labels"] == '{"cost":1234,"key":"hush"}'
    assert config.values["cloud:token"] == "hush"
    assert set(config.secrets) == {"small:word", "small:labels", "cloud:token"}


def test_the_passphrase_may_be_in_a_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "passphrase").write_text(f"{PASSPHRASE}\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(root / "passphrase"))
    write(root, WORD)

    assert read_config(root, "local", {}).values["small:word"] == "hush"


@pytest.mark.parametrize(
    ("variables", "secrets", "message"),
    [
        ({}, PASSPHRASE_SALT, "PULUMI_CONFIG_PASSPHRASE is not set; set it to the stack's passphrase; or pass a value"),
        ({"PULUMI_CONFIG_PASSPHRASE": "y"}, PASSPHRASE_SALT, "PULUMI_CONFIG_PASSPHRASE is not the passphrase of this"),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, PASSPHRASE_SALT, "PULUMI_CONFIG_PASSPHRASE is not the passphrase of this"),
        (
            {"PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere"},
            PASSPHRASE_SALT,
            "PULUMI_CONFIG_PASSPHRASE_FILE cannot be read",
        ),
        ({}, "secretsprovider: awskms://alias/keys\nencryptedkey: AAAA\n", "only Pulumi can decrypt it, by awskms://"),
        ({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}, "", "only Pulumi can decrypt it, by the stack's secrets provider"),
        ({}, "encryptionsalt: v1:AAA:x\n", "encryptionsalt is damaged"),
    ],
)
def test_one_that_cannot_be_read_is_reported_with_what_to_do(
    root: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], secrets: str, message: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    write(root, WORD, secrets)

    with pytest.raises(SandboxError) as rejected:
        read_config(root, "local", {})

    assert rejected.value.code == "INVALID_CONFIG"
    assert rejected.value.message.startswith("small:word in Pulumi.local.yaml is encrypted, and cannot be read here: ")
    assert message in rejected.value.message
    assert rejected.value.message.endswith("or pass a value with --config small:word=VALUE")


@pytest.mark.parametrize("ciphertext", ["AAAA", "v1:AAAA", "v2:AAAA:AAAA", "v1:!:AAAA", "v1:AAAA:AAAA"])
def test_a_damaged_one_is_reported(root: Path, monkeypatch: pytest.MonkeyPatch, ciphertext: str) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    write(root, f"  small:word:\n    secure: {ciphertext}\n")

    with pytest.raises(
        SandboxError, match=r"small:word in Pulumi\.local\.yaml is encrypted, and cannot be read here: "
    ):
        read_config(root, "local", {})


def test_a_value_of_the_command_line_stands_in_and_stays_secret(root: Path) -> None:
    write(root, WORD)

    config = read_config(root, "local", {"word": "given"})

    assert config.values["small:word"] == "given"
    assert config.secrets == ["small:word"]


def test_one_that_is_not_the_programs_is_left_out_with_a_note(root: Path) -> None:
    write(root, OTHER)

    config = read_config(root, "local", {})

    assert "cloud:token" not in config.values
    (note,) = config.notes
    assert note.startswith("cloud:token in Pulumi.local.yaml is encrypted, and cannot be read here: ")
    assert note.endswith("; the program runs without it")


@pytest.mark.parametrize("default", ["", ", default: plain"])
@pytest.mark.parametrize("value", ["", "  small:word: plain\n"])
def test_a_declared_secret_is_encrypted(root: Path, default: str, value: str) -> None:
    project = (
        (root / "Pulumi.yaml").read_text().replace('type: string, default: ""', f"type: string, secret: true{default}")
    )
    (root / "Pulumi.yaml").write_text(project)
    write(root, value)

    with pytest.raises(SandboxError) as rejected:
        read_config(root, "local", {})

    expected = "run: pulumi config set --secret small:word" if value or default else "small:word has no value"
    assert expected in rejected.value.message


def test_an_encrypted_value_of_the_wrong_type_is_not_shown(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    write(root, f"  small:count:\n    secure: {HUSH}\n")

    with pytest.raises(SandboxError, match="is encrypted; it must be of type integer"):
        read_config(root, "local", {})

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from cli.app import COMMANDS, Command, create_app

ROOT = Path(__file__).resolve().parents[2]
NAMES = [command.name for command in COMMANDS]


def helped(name: str) -> str:
    result = CliRunner().invoke(create_app(name), [name, "--help"], env={"COLUMNS": "120", "TERM": "dumb"})
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_the_listed_summary_is_the_first_line_of_the_commands_help(command: Command) -> None:
    function = getattr(import_module(command.module), command.name)
    assert (inspect.getdoc(function) or "").splitlines()[0] == command.summary


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_json_and_explains_each_option(name: str) -> None:
    assert "--json" in helped(name)
    group = get_command(create_app(name))
    assert isinstance(group, TyperGroup)
    command = group.commands[name]
    assert [parameter.name for parameter in command.params if not getattr(parameter, "help", None)] == []


def test_help_lists_every_command_in_its_group() -> None:
    text = CliRunner().invoke(create_app(None), ["--help"], env={"COLUMNS": "120"}).output
    for command in COMMANDS:
        assert command.panel in text
        assert f" {command.name} " in text


def test_help_imports_neither_the_client_nor_the_sandbox() -> None:
    program = (
        "import sys; from cli.__main__ import run; run(['--help']);"
        "print([name for name in sys.modules if name.partition('.')[0] in"
        " {'client', 'websockets', 'boto3', 'botocore', 'httpx', 'pulumi', 'asyncio'}], file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"

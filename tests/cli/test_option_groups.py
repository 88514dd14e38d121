import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from cli.app import create_app
from cli.option_groups import expand_option_groups
from cli.options import Json, TargetOptions

TARGET = ["user", "state", "stack", "url", "authorization", "region"]


@dataclass(frozen=True)
class Group:
    """Two options."""

    first: Annotated[str, typer.Option("--first", help="The first.")] = "a"
    second: Annotated[int | None, typer.Option("--second", help="The second.")] = None


def grouped(
    before: Annotated[str, typer.Argument()], *, group: Group, as_json: Json = False
) -> tuple[str, Group, bool]:
    """Summary of the command."""
    return before, group, as_json


def test_the_options_take_the_place_of_their_group() -> None:
    command = expand_option_groups(grouped)

    assert list(inspect.signature(command).parameters) == ["before", "first", "second", "as_json"]
    assert inspect.getdoc(command) == "Summary of the command."


@pytest.mark.parametrize(
    ("words", "group"),
    [([], Group()), (["--first", "b"], Group("b")), (["--second", "2", "--first", "b"], Group("b", 2))],
)
def test_the_command_gets_the_options_as_one_object(words: list[str], group: Group) -> None:
    taken: list[object] = []

    def command(*, group: Group, as_json: Json = False) -> None:
        taken.extend((group, as_json))

    app = typer.Typer()
    app.command()(expand_option_groups(command))

    assert CliRunner().invoke(app, words).exit_code == 0
    assert taken == [group, False]


def test_a_command_without_a_group_is_unchanged() -> None:
    def command(as_json: Json = False) -> bool:
        return as_json

    assert expand_option_groups(command) is command


@pytest.mark.parametrize("name", ["ask", "watch", "runs", "cancel", "report", "trace"])
def test_every_command_that_connects_has_all_options_of_a_target(name: str) -> None:
    group = get_command(create_app(name))
    assert isinstance(group, TyperGroup)
    names = [parameter.name for parameter in group.commands[name].params]

    assert [name for name in names if name in TARGET] == TARGET
    assert [parameter.default for parameter in group.commands[name].params if parameter.name in TARGET] == [None] * 6


def test_the_words_of_a_target_name_its_caller_last() -> None:
    assert TargetOptions().words() == ""
    assert TargetOptions(user="jo b", stack="dev").words() == " --stack dev --user 'jo b'"

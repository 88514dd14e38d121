"""The options that several commands share; each is defined once."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError

TARGET_PANEL = "Which deployment"

Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Write one JSON document to stdout and nothing else.")]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        help="Folder of the sandbox's state and logs; default: .longrun/sandbox in the repository.",
        rich_help_panel=TARGET_PANEL,
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="Take the addresses from `pulumi stack output` of this stack.",
        rich_help_panel=TARGET_PANEL,
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="WSS",
        help="Address of the WebSocket API, wss://… or ws://….",
        rich_help_panel=TARGET_PANEL,
    ),
]
Authorization = Annotated[
    str | None,
    typer.Option(
        "--authorization",
        metavar="AWS_IAM|JWT|NONE",
        help="Sign the connection with your AWS credentials, or send a token; default: the deployment's setting.",
        rich_help_panel=TARGET_PANEL,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="NAME",
        help="AWS region to sign for; default: the region of the deployment or of the address.",
        rich_help_panel=TARGET_PANEL,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="The caller's name, if the deployment does not authenticate (the sandbox); runs belong to their user.",
        rich_help_panel=TARGET_PANEL,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar="LONGRUN_TOKEN",
        help="Your token, if the deployment identifies callers by tokens; other users of this machine see a command "
        "line, so LONGRUN_TOKEN is the better place.",
        rich_help_panel=TARGET_PANEL,
    ),
]


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """The options that name a deployment and the caller; None where an option was not given.

    A command with a parameter of this type has all of these options, in this order (see `cli.option_groups`).
    """

    user: User = None
    state: State = None
    stack: Stack = None
    url: Url = None
    authorization: Authorization = None
    region: Region = None
    token: Token = field(default=None, repr=False)

    def words(self) -> str:
        """The given options as words of a command line, with a space before each; the caller comes last. The token is
        left out."""
        given = {name: value for name, value in asdict(self).items() if value is not None and name != "token"}
        return "".join(f" --{name} {shlex.quote(str(given[name]))}" for name in sorted(given, key="user".__eq__))


Setting = Annotated[
    list[str] | None,
    typer.Option("--config", metavar="KEY=VALUE", help="A configuration value of the program; may be repeated."),
]


def settings(words: Sequence[str]) -> Mapping[str, str]:
    """The `key=value` words as a mapping. CliError for a word without a key or without `=`."""
    pairs = [word.partition("=") for word in words]
    for word, (key, separator, _) in zip(words, pairs, strict=True):
        if not key or not separator:
            raise CliError("USAGE", f"--config is '{word}'; write it as key=value, such as throttleRate=100")
    return {key.removeprefix("longrun:"): value for key, _, value in pairs}

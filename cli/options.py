"""The options that several commands share, with one wording each."""

from collections.abc import Mapping, Sequence
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
        help="Folder of the sandbox's state and logs; default .longrun/sandbox in the repository.",
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
        metavar="AWS_IAM|NONE",
        help="Sign the connection with the AWS credentials at hand, or not; default: as the deployment says.",
        rich_help_panel=TARGET_PANEL,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="NAME",
        help="AWS region to sign for; default: as the deployment says, or as the address says.",
        rich_help_panel=TARGET_PANEL,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="Who asks, where the deployment does not authenticate (the sandbox); runs belong to their user.",
        rich_help_panel=TARGET_PANEL,
    ),
]
Setting = Annotated[
    list[str] | None,
    typer.Option("--config", metavar="KEY=VALUE", help="A configuration value of the program; may be repeated."),
]


def settings(words: Sequence[str]) -> Mapping[str, str]:
    """`key=value` words as a mapping. Raises CliError for a word without a key."""
    pairs = [word.partition("=") for word in words]
    for word, (key, separator, _) in zip(words, pairs, strict=True):
        if not key or not separator:
            raise CliError("USAGE", f"--config is '{word}'; write it as key=value, such as throttleRate=100")
    return {key.removeprefix("longrun:"): value for key, _, value in pairs}

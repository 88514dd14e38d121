"""The options that several commands share, with one wording each."""

from pathlib import Path
from typing import Annotated

import typer

TARGET_PANEL = "Which deployment"

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout and nothing else.")]
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
        help="AWS region to sign for; default: as the deployment says, or as the address says.",
        rich_help_panel=TARGET_PANEL,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        help="Who asks, where the deployment does not authenticate (the sandbox); runs belong to their user.",
        rich_help_panel=TARGET_PANEL,
    ),
]

"""`longrun report`: brings what a run made, and shows its report."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markdown import Markdown

from cli.conversation import converse
from cli.errors import SUCCESS, CliError, one_sentence
from cli.options import Authorization, Json, Region, Run, Stack, State, Url, User
from cli.output import Output, printable, size
from cli.targets import TargetOptions, find_deployment
from client import LongrunClient, LongrunError, RunFile
from client.download import download

REPORT: Final = "report.md"

To = Annotated[
    Path | None,
    typer.Option("--to", metavar="FOLDER", help="Where the files go; default ./longrun-RUN, made if need be."),
]
Force = Annotated[bool, typer.Option("--force", metavar="", help="Overwrite files that are there already.")]


def report(
    run: Run,
    to: To = None,
    force: Force = False,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Bring what a run made to a folder, and read its report.

    A run that is still at work may make more. JSON has {run_id, folder, files: [{name, path, bytes, content_type}]}.
    """
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, folder = Output(as_json), to or Path(f"longrun-{run}")
    deployment = find_deployment(options)
    try:
        with output.busy("bringing the files"):
            files, paths = converse(deployment, user, lambda client: _brought(client, run, folder, force))
    except CliError as error:
        if error.code != "FILE_EXISTS":
            raise
        raise CliError(error.code, f"{one_sentence(error.message)} (--force, --to FOLDER)") from error
    except OSError as error:
        sentence = f"{error.filename or folder} cannot be written ({error.strerror}); choose another folder with --to"
        raise CliError("UNUSABLE_FILE", sentence) from error
    described = [
        {"name": file.name, "path": str(path.resolve()), "bytes": file.bytes, "content_type": file.content_type}
        for file, path in zip(files, paths, strict=True)
    ]
    output.document({"run_id": run, "folder": str(folder.resolve()), "files": described})
    for file, path in zip(files, paths, strict=True):
        if file.name == REPORT:
            show_report(output, path)
    for file, path in zip(files, paths, strict=True):
        output.line(f"{path} ({size(file.bytes)})")
    return SUCCESS


async def _brought(client: LongrunClient, run: str, folder: Path, force: bool) -> tuple[list[RunFile], list[Path]]:
    files = await client.files(run)
    if not files:
        sentence = f"Run {run} has made no files; only background runs make some, and one at work may still."
        raise LongrunError("NO_FILES", sentence, run)
    return files, await download(files, folder, overwrite=force)


def show_report(output: Output, path: Path) -> None:
    """The report on a terminal; elsewhere its file is enough."""
    if not output.console.is_terminal or output.as_json:
        return
    text = printable(path.read_text(encoding="utf-8", errors="replace"))
    output.console.print(Markdown(text, hyperlinks=False))
    output.console.print()

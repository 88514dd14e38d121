"""`longrun report`: downloads the files of a run and shows its report."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markdown import Markdown

from cli.deployment.connection import with_client
from cli.deployment.targets import find_deployment
from cli.errors import SUCCESS, CliError, one_line
from cli.options import Json, Run, TargetOptions
from cli.output import Output, printable, size
from client import LongrunClient, LongrunError, RunFile

REPORT: Final = "report.md"

To = Annotated[
    Path | None,
    typer.Option("--to", metavar="FOLDER", help="Folder for the files, created if necessary; default: ./longrun-RUN."),
]
Force = Annotated[bool, typer.Option("--force", metavar="", help="Overwrite existing files.")]


def report(
    run: Run,
    to: To = None,
    force: Force = False,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> int:
    """Download the files of a run and show its report.

    A run that is still running may write more. JSON has {run_id, folder, files: [{name, path, bytes, content_type}]}.
    """
    output, folder = Output(as_json), to or Path(f"longrun-{run}")
    deployment = find_deployment(target)
    try:
        with output.busy("downloading the files"):
            files, paths = with_client(deployment, target.user, lambda client: _downloaded(client, run, folder, force))
    except CliError as error:
        if error.code != "FILE_EXISTS":
            raise
        raise CliError(error.code, f"{one_line(error.message)} (--force, --to FOLDER)") from error
    except OSError as error:
        message = f"{error.filename or folder} cannot be written ({error.strerror}); choose another folder with --to"
        raise CliError("UNUSABLE_FILE", message) from error
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


async def _downloaded(client: LongrunClient, run: str, folder: Path, force: bool) -> tuple[list[RunFile], list[Path]]:
    files = await client.files(run)
    if not files:
        message = (
            f"Run {run} has no files; only background runs write files, and one that is still running may do so later."
        )
        raise LongrunError("NO_FILES", message, run)
    return files, await client.download_files(files, folder, overwrite=force)


def show_report(output: Output, path: Path) -> None:
    """Shows the report on a terminal; elsewhere its path is enough."""
    if not output.console.is_terminal or output.as_json:
        return
    text = printable(path.read_text(encoding="utf-8", errors="replace"))
    output.console.print(Markdown(text, hyperlinks=False))
    output.console.print()

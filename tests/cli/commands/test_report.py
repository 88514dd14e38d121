"""`longrun report` against a scripted deployment, with the files at an address of their own."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from cli.commands.report import show_report
from cli.output import Output
from tests.cli.conftest import RUN_ID, Deployment, Longrun
from tests.client.aws import Aws

REPORT = b"# Did it rise?\n\nBy **1,794** dollars.\n"
PLOT = b"\x89PNG\r\n\x1a\n" + bytes(2_000)


@pytest.fixture(autouse=True)
def made(deployment: Deployment, aws: Aws) -> None:
    """The run made a plot and a report."""
    for name, body in (("plots/balance.png", PLOT), ("report.md", REPORT)):
        offer(deployment, aws, name, body)


def offer(deployment: Deployment, aws: Aws, name: str, body: bytes) -> None:
    aws.files[f"/{name}"] = (200, body)
    url = f"{aws.url}/{name}?X-Amz-Signature=secret"
    deployment.files.append({"name": name, "bytes": len(body), "content_type": "text/markdown", "url": url})


def test_files_come_to_a_folder_named_after_the_run(longrun: Longrun, deployment: Deployment, tmp_path: Path) -> None:
    done = longrun("report", RUN_ID, "--url", deployment.url)
    assert done.returncode == 0, done.stderr
    folder = Path(f"longrun-{RUN_ID}")
    assert done.stdout.splitlines() == [f"{folder / 'plots/balance.png'} (2.0 kB)", f"{folder / 'report.md'} (38 B)"]
    assert (tmp_path / folder / "report.md").read_bytes() == REPORT
    assert (tmp_path / folder / "plots" / "balance.png").read_bytes() == PLOT


def test_json_lists_the_files_with_their_paths(longrun: Longrun, deployment: Deployment, tmp_path: Path) -> None:
    done = longrun("report", RUN_ID, "--to", "here", "--url", deployment.url, "--json")
    document = json.loads(done.stdout)
    assert document["folder"] == str(tmp_path / "here")
    assert document["files"][1] == {
        "name": "report.md",
        "path": str(tmp_path / "here" / "report.md"),
        "bytes": len(REPORT),
        "content_type": "text/markdown",
    }
    assert "secret" not in done.stdout


def test_nothing_is_overwritten_without_force(longrun: Longrun, deployment: Deployment, tmp_path: Path) -> None:
    mine = tmp_path / "here" / "report.md"
    mine.parent.mkdir()
    mine.write_text("mine")
    words = ("report", RUN_ID, "--to", "here", "--url", deployment.url)
    refused = longrun(*words)
    assert refused.returncode == 1
    assert refused.stderr == (
        "longrun: here/report.md already exists; overwrite it or choose another folder (--force, --to FOLDER) "
        "[FILE_EXISTS]\n"
    )
    assert [path.name for path in mine.parent.iterdir()] == ["report.md"]
    assert mine.read_text() == "mine"
    assert longrun(*words, "--force").returncode == 0
    assert mine.read_bytes() == REPORT


def test_a_run_without_files_shows_so(longrun: Longrun, deployment: Deployment, tmp_path: Path) -> None:
    deployment.files = []
    done = longrun("report", RUN_ID, "--url", deployment.url)
    assert (done.returncode, done.stderr.endswith("[NO_FILES]\n")) == (1, True)
    assert not (tmp_path / f"longrun-{RUN_ID}").exists()


@pytest.mark.parametrize("name", ["../evil.md", "/evil.md", "a/../../evil.md"])
def test_a_name_that_leads_out_of_the_folder_downloads_nothing(
    longrun: Longrun, deployment: Deployment, aws: Aws, tmp_path: Path, name: str
) -> None:
    offer(deployment, aws, name, b"evil")
    done = longrun("report", RUN_ID, "--to", "here", "--url", deployment.url)
    assert (done.returncode, done.stderr.endswith("[UNSAFE_NAME]\n")) == (1, True)
    assert not list(tmp_path.rglob("*.md"))
    assert aws.fetched == []


def test_a_folder_that_cannot_be_made_is_named(longrun: Longrun, deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = longrun("report", RUN_ID, "--to", "file", "--url", deployment.url)
    assert done.returncode == 1
    assert "choose another folder with --to" in done.stderr
    assert "[UNUSABLE_FILE]" in done.stderr


@pytest.mark.parametrize(("code", "exit_code"), [("UNKNOWN_RUN", 1), ("NOT_OWNER", 1), ("INVALID_REQUEST", 2)])
def test_a_rejection_has_the_deployments_message(
    longrun: Longrun, deployment: Deployment, tmp_path: Path, code: str, exit_code: int
) -> None:
    deployment.refusal = (code, "The deployment says no.")
    done = longrun("report", RUN_ID, "--url", deployment.url)
    assert (done.returncode, done.stderr) == (exit_code, f"longrun: The deployment says no [{code}]\n")
    assert not list(tmp_path.glob("longrun-*"))


def shown(path: Path, terminal: bool) -> str:
    file = io.StringIO()
    show_report(Output(as_json=False, console=Console(file=file, force_terminal=terminal, width=60)), path)
    return file.getvalue()


def test_a_terminal_shows_the_report_and_a_pipe_does_not(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_bytes(REPORT)
    text = shown(path, terminal=True)
    assert "Did it rise?" in text
    assert "**" not in text
    assert shown(path, terminal=False) == ""


def test_a_report_does_not_reach_for_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_bytes(b"a\x1b]0;title\x07b\xff [here](https://example.com/x)\n")
    text = shown(path, terminal=True)
    assert "\x1b]" not in text
    assert "a]0;titleb" in text

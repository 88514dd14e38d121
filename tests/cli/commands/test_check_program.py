"""`longrun check` in the folders of other programs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import run

BUCKET = """
import pulumi

class Bucket(pulumi.CustomResource):
    def __init__(self, name, **properties):
        super().__init__("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name, properties)
"""
OPEN = f"{BUCKET}\nBucket('open', bucket='b', blockPublicPolicy=False)\n"


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGRUN_HOME", str(tmp_path / "home"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)


def project(folder: Path, source: str, runtime: str = "python", **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: other\nruntime: {runtime}\n")
    (folder / "__main__.py").write_text(source)
    for name, content in files.items():
        (folder / f"Pulumi.{name}.yaml").write_text(content)
    return folder


def checked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    code = run(["check", "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def test_the_program_of_the_current_folder_is_judged_and_not_longrun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    below = project(tmp_path / "app", OPEN) / "www"
    below.mkdir()
    monkeypatch.chdir(below)

    code, document = checked(capsys)

    assert code == 1
    assert (document["project"], document["directory"]) == ("other", str(below.parent))
    assert (document["resources"], document["stack"], document["region"]) == (1, "dev", "us-east-1")
    assert {"urn:pulumi:dev::other::aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::open"} == {
        violation["urn"] for violation in document["violations"]
    }
    assert [note.partition(":")[0] for note in document["notes"]] == [
        f"{below.parent} has no file of a stack, such as Pulumi.dev.yaml",
        "stack dev sets no aws",
    ]


def test_another_folder_and_its_only_stack_are_judged_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "import pulumi\nassert pulumi.Config().require('word') == 'said'\n"
    root = project(tmp_path, source, prod="config:\n  aws:region: eu-central-1\n  word: said\n")

    assert run(["check", "--directory", str(root)]) == 0

    shown = " ".join(capsys.readouterr().out.split())
    assert shown.endswith("rules on 0 resources of other, stack prod, in eu-central-1: no violation")


@pytest.mark.parametrize(
    ("source", "code", "expected"),
    [
        ("import pulumi\npulumi.Config().require('word')", "INVALID_CONFIG", "Missing required configuration variable"),
        (
            "import pulumi\nimport pulumi_absent.part",
            "MISSING_PACKAGE",
            "the program imports pulumi_absent at __main__.py:2",
        ),
        (
            "def name():\n    return {}['absent']\nname()",
            "PROGRAM_FAILED",
            "the program failed at __main__.py:2: KeyError: 'absent' (traceback in ",
        ),
        ("import pulumi\n\ndef :", "PROGRAM_FAILED", "the program failed at __main__.py:3: SyntaxError: "),
        ("import pulumi\nraise pulumi.RunError('no zone')", "PROGRAM_FAILED", "no zone"),
    ],
    ids=["configuration", "package", "exception", "syntax", "refusal"],
)
def test_a_program_that_cannot_run_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, code: str, expected: str
) -> None:
    exit_code, document = checked(capsys, "-C", str(project(tmp_path, source)))

    assert exit_code != 0
    assert document["error"]["code"] == code
    assert document["error"]["message"].startswith(expected)
    assert "\n" not in document["error"]["message"]


@pytest.mark.parametrize("runtime", ["nodejs", "yaml", "go", "{name: dotnet}"])
def test_a_program_in_another_language_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], runtime: str
) -> None:
    code, document = checked(capsys, "-C", str(project(tmp_path, "", runtime)))

    assert code == 2
    assert document["error"]["code"] == "UNSUPPORTED_RUNTIME"


def test_a_folder_without_a_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, document = checked(capsys)
    assert (code, document["error"]["code"]) == (2, "NO_PROGRAM")
    assert document["error"]["message"].startswith(f"there is no Pulumi.yaml in {tmp_path} or in a folder above it")

    code, document = checked(capsys, "-C", str(tmp_path / "absent"))
    assert (code, document["error"]["code"]) == (2, "NO_PROGRAM")


def test_several_stacks_must_be_chosen_from_and_an_unknown_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"prod": "config: {aws:region: us-east-1}", "test": "config: {aws:region: us-west-2}"}
    root = str(project(tmp_path, "", **files))

    assert checked(capsys, "-C", root)[1]["error"]["message"] == (
        f"{root} has the stacks prod, test; choose one with --stack"
    )
    assert "Pulumi.prd.yaml is missing" in checked(capsys, "-C", root, "--stack", "prd")[1]["error"]["message"]
    assert checked(capsys, "-C", root, "--stack", "organization/other/test")[1]["region"] == "us-west-2"


def test_the_region_of_the_environment_is_taken_where_the_stack_sets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    root = project(tmp_path, "import os\nassert os.environ['AWS_REGION'] == 'eu-west-3'", dev="config: {}")

    document = checked(capsys, "-C", str(root))[1]

    assert document["region"] == "eu-west-3"
    assert document["notes"] == ["stack dev sets no aws:region: checked for eu-west-3"]


def test_what_the_stacks_file_keeps_to_itself_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(tmp_path, "", dev="environment: [shared]\nconfig: {aws:region: us-east-1}\n")

    notes = checked(capsys, "-C", str(root))[1]["notes"]

    assert len(notes) == 1
    assert notes[0].startswith("Pulumi.dev.yaml imports an environment, whose values are not read here")


def test_a_program_that_works_in_a_preview_only_is_judged_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"{BUCKET}\nBucket('b', bucket='b').id.apply(lambda id: {{}}[id])\n"

    code, document = checked(capsys, "-C", str(project(tmp_path, source)))

    assert document["resources"] == 1
    assert document["notes"][-1].startswith("the program cannot work with planned values at __main__.py:8 (KeyError: ")
    assert code == (1 if any(each["severity"] == "mandatory" for each in document["violations"]) else 0)


def test_the_interpreter_of_the_programs_virtual_environment_runs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pulumi  # noqa: PLC0415 only its place

    packages = Path(pulumi.__file__).parents[1]
    root = project(
        tmp_path, "import sys, own\nassert 'env' in sys.prefix\n", "{name: python, options: {virtualenv: env}}"
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = root / "env" / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (root / "env" / "bin").mkdir()
    (root / "env" / "bin" / "python").symlink_to(sys.executable)
    (root / "env" / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    (site / "pulumi").symlink_to(packages / "pulumi")
    (site / "rest.pth").write_text(f"{packages}\n")
    (site / "own.py").write_text("")

    assert checked(capsys, "-C", str(root))[0] == 0

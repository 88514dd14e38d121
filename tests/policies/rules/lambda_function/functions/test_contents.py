"""What Pulumi packs, read as it stands: folders, archives, and files that the program gives."""

import asyncio
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pulumi
import pytest
from pulumi.runtime import rpc

from policies.check import Registration, evaluate, judge, stack_of
from policies.rules.assets import ARCHIVE_SIGNATURE, ASSET_SIGNATURE
from policies.rules.lambda_function.functions import archive_files, contents
from policies.rules.lambda_function.functions.package import Package, direct_upload
from policies.rules.values import SECRET_SIGNATURE, SIGNATURE, UNKNOWN_SENTINELS

FUNCTION = "aws:lambda/function:Function"
SOURCE = "def handler(event, context): ...\n"
HANDLER = "lambda-function-handler-in-package"
READABLE = "lambda-function-package-readable"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program's folder with a package as a folder, as a zip and as a tar."""
    app = tmp_path / "app"
    (app / "lib").mkdir(parents=True)
    (app / "main.py").write_text(SOURCE)
    (app / "lib" / "own.py").write_text(SOURCE)
    (app / ".pulumi").mkdir()
    (app / ".pulumi" / "left_out.py").write_text("")
    with ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("main.py", SOURCE)
    with tarfile.open(tmp_path / "app.tar.gz", "w:gz") as archive:
        archive.add(app / "main.py", "./main.py")
    return tmp_path


async def on_the_wire(code: pulumi.Archive) -> Any:  # noqa: ANN401
    return await rpc.serialize_property(code, [], None)


def function(code: object, handler: str = "main.handler", **properties: object) -> Registration:
    given = {"handler": handler, "runtime": "python3.13", "code": code, **properties}
    return {"type": FUNCTION, "name": "reader", "urn": "urn:reader", "parent": None, "properties": given}


def archive(**given: object) -> Mapping[str, object]:
    return {SIGNATURE: ARCHIVE_SIGNATURE, **given}


def asset(**given: object) -> Mapping[str, object]:
    return {SIGNATURE: ASSET_SIGNATURE, **given}


def found(code: object, folder: Path) -> Package:
    package = direct_upload(stack_of([function(code)], folder=folder).resources[0])
    assert package is not None
    return package


def reported(resource: Registration, folder: Path | None, *rules: str) -> list[str]:
    report = judge([resource], folder=folder)
    return [each.message for each in report.violations if each.rule in rules]


FORMS: Mapping[str, Mapping[str, object]] = {
    "folder": archive(path="./app"),
    "zip": archive(path="app.zip"),
    "tar": archive(path="app.tar.gz"),
    "text": archive(assets={"main.py": asset(text=SOURCE)}),
    "file": archive(assets={"main.py": asset(path="app/main.py")}),
    "archive in an archive": archive(assets={".": archive(assets={"main.py": asset(text=SOURCE)})}),
    "folder in an archive": archive(assets={"": archive(path="app")}),
    "secret": {SIGNATURE: SECRET_SIGNATURE, "value": archive(path="app")},
}


@pytest.mark.parametrize("form", FORMS)
def test_handler_is_looked_for_in_every_form_of_package(program: Path, form: str) -> None:
    assert reported(function(FORMS[form]), program, HANDLER, READABLE) == []
    for handler in ("elsewhere.handler", "main.start"):
        assert len(reported(function(FORMS[form], handler), program, HANDLER)) == 1


def test_archives_of_the_sdk_come_as_these_forms() -> None:
    given = pulumi.AssetArchive({"a.py": pulumi.StringAsset(""), "lib": pulumi.FileArchive("app")})

    assert asyncio.run(on_the_wire(given)) == archive(assets={"a.py": asset(text=""), "lib": archive(path="app")})


def test_folder_is_packed_as_pulumi_packs_it(program: Path) -> None:
    (program / "app" / "linked.py").symlink_to("main.py")
    (program / "app" / "shared").symlink_to("lib")

    package = found(archive(path="app"), program)

    assert sorted(package.sizes) == ["lib/own.py", "linked.py", "main.py"]


def test_link_to_a_folder_is_reported_because_pulumi_packs_nothing_of_it(program: Path) -> None:
    (program / "linked").symlink_to("app")

    (message,) = reported(function(archive(path="./linked")), program, HANDLER, READABLE)

    assert "'./linked', read as" in message
    assert "link to a folder, of which Pulumi packs nothing" in message


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("./build", "which is not there"),
        ("build/app.zip", "which is not there"),
        ("app/main.py", "which is neither a folder nor a .zip"),
        ("broken.zip", "which is no archive that can be read"),
        ("broken.tgz", "which is no archive that can be read"),
    ],
)
def test_package_that_cannot_be_packed_is_reported_with_the_path_that_was_read(
    program: Path, path: str, wrong: str
) -> None:
    for name in ("broken.zip", "broken.tgz"):
        (program / name).write_bytes(b"no archive")

    (message,) = reported(function(archive(path=path)), program, HANDLER, READABLE)

    assert f"code is {path!r}, read as {os.path.normpath(program / path)}, {wrong}" in message


@pytest.mark.parametrize(
    "code",
    [
        archive(uri="https://example.com/app.zip"),
        archive(path=min(UNKNOWN_SENTINELS)),
        archive(assets={"lib": archive(uri="https://example.com/app.zip")}),
        archive(assets={"data": asset(uri="https://example.com/data")}),
        archive(assets={"data": asset(hash="0" * 64)}),
        min(UNKNOWN_SENTINELS),
    ],
)
def test_package_that_is_elsewhere_or_not_known_yet_is_not_judged(program: Path, code: object) -> None:
    assert reported(function(code, "elsewhere.handler"), program, HANDLER, READABLE) == []


@pytest.mark.usefixtures("program")
def test_relative_path_of_a_program_whose_folder_is_not_known_is_not_judged() -> None:
    assert reported(function(archive(path="app"), "elsewhere.handler"), None, HANDLER, READABLE) == []


def test_names_of_compiled_modules_tell_python_and_cpu(program: Path) -> None:
    (program / "app" / "core.cpython-312-aarch64-linux-gnu.so").write_bytes(b"")
    resource = function(archive(path="app"))

    wrong = reported(resource, program, "lambda-function-runtime-of-package", "lambda-function-architecture-of-package")
    right = function(archive(path="app"), runtime="python3.12", architectures=["arm64"])

    assert [message.partition(";")[0].partition(": ")[2] for message in wrong] == [
        "architectures is unset (Lambda's default of x86_64)",
        "runtime is python3.13",
    ]
    assert not [each for each in evaluate([right]) if each.rule.endswith("-of-package")]


def test_large_folder_is_too_large_for_the_call_but_a_large_one_that_packs_well_is_not(program: Path) -> None:
    size = 60 * 1024 * 1024
    rule = "lambda-function-zip-size"
    with (program / "app" / "noise").open("wb") as file:
        file.write(os.urandom(size))
    with (program / "app.zeros").open("wb") as file:
        file.truncate(size)
    packed = archive(assets={"main.py": asset(text=SOURCE), "zeros": asset(path="app.zeros")})

    assert len(reported(function(archive(path="app")), program, rule)) == 1
    assert reported(function(packed), program, rule) == []


def test_more_files_than_are_looked_at_leave_the_handler_open(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_FILES", 1)
    monkeypatch.setattr(archive_files, "MAX_FILES", 0)

    for form in ("folder", "tar"):
        assert reported(function(FORMS[form], "elsewhere.handler"), program, HANDLER, READABLE) == []


def test_tar_that_unpacks_to_too_much_is_left_open(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_files, "MAX_UNPACKED", 1)
    with tarfile.open(program / "large.tar", "w") as tar:
        tar.add(program / "app" / "main.py", "main.py")

    assert reported(function(archive(path="large.tar"), "elsewhere.handler"), program, HANDLER, READABLE) == []

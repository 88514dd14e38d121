"""Packages as they stand on the disk: found in the call or behind an object of the stack, read once, never trusted."""

import json
import os
from pathlib import Path
from zipfile import ZipFile

import pytest

from policies.rules.assets import LocalPath
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.functions.package import LARGEST_SOURCE, direct_upload, package_of
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN

OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def archive_at(path: object) -> LocalPath:
    return LocalPath(str(path), str(path), archive=True)


def function(code: object = None, **properties: object) -> Resource:
    assets = {} if code is None else {"code": archive_at(code)}
    return Resource(FUNCTION, "gateway", "urn:gateway", properties, assets=assets)


def stored(name: str, path: Path, **properties: object) -> Resource:
    return Resource(OBJECT, name, f"urn:{name}", properties, assets={"source": archive_at(path)})


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("runtime/gateway.py", "def handler(event, context): ...\n")
    return path


def test_zip_in_the_call_is_read(package: Path) -> None:
    found = direct_upload(function(package))

    assert found is not None
    assert (found.zip_bytes, dict(found.sizes)) == (package.stat().st_size, {"runtime/gateway.py": 33})
    assert found.text("runtime/gateway.py") == "def handler(event, context): ...\n"
    assert found.text("runtime/nowhere.py") is None


def test_zip_behind_an_object_of_the_stack_is_found_by_its_key_or_its_dependency(package: Path) -> None:
    by_key = function(s3Key="gateway.zip")
    by_urn = Resource(FUNCTION, "gateway", "urn:gateway", {"s3Key": UNKNOWN}, dependencies={"s3Key": ("urn:code",)})
    code, other = stored("code", package, key="gateway.zip"), stored("other", package, key="other.zip")

    for wanted in (by_key, by_urn):
        found = package_of(Stack((wanted, code, other)), wanted)
        assert found is not None
        assert (found.asset, found.property) == (code.assets["source"], "s3Key")


def test_object_that_cannot_be_told_from_another_is_not_guessed(package: Path) -> None:
    wanted = function(s3Key="gateway.zip")
    twins = (stored("one", package, key="gateway.zip"), stored("two", package, key="gateway.zip"))

    assert package_of(Stack((wanted, *twins)), wanted) is None


@pytest.mark.parametrize("told_by", ["bucket", "dependency"])
def test_objects_of_two_buckets_with_the_same_key_are_told_apart(package: Path, told_by: str) -> None:
    buckets = ("first", "second") if told_by == "bucket" else (UNKNOWN, UNKNOWN)
    first, second = (
        stored(name, package, key="worker.zip", bucket=bucket)
        for name, bucket in zip(("one", "two"), buckets, strict=True)
    )
    properties = {"s3Key": "worker.zip", "s3Bucket": buckets[1]}
    dependencies = {"s3Key": (second.urn,)} if told_by == "dependency" else {}
    wanted = Resource(FUNCTION, "gateway", "urn:gateway", properties, dependencies=dependencies)

    found = package_of(Stack((wanted, first, second)), wanted)

    assert found is not None
    assert found.asset is second.assets["source"]


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all"])
def test_file_that_is_no_zip_is_passed_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(content)

    assert direct_upload(function(path)) is None


def test_what_is_neither_file_nor_folder_is_passed_over(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path in (pipe, tmp_path / "nowhere.zip", "a\0b"):
        assert direct_upload(function(path)) is None


def test_package_that_is_built_anew_is_read_anew(package: Path) -> None:
    assert direct_upload(function(package)) is not None
    with ZipFile(package, "a") as archive:
        archive.writestr("runtime/worker.py", "")

    found = direct_upload(function(package))

    assert found is not None
    assert "runtime/worker.py" in found.sizes


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_manifest_that_is_none_says_nothing(package: Path, text: str) -> None:
    package.with_name("manifest.json").write_text(text)
    found = direct_upload(function(package))

    assert found is not None
    assert found.manifest() == {}


def test_manifest_of_another_zip_says_nothing(package: Path) -> None:
    manifest = {"architecture": "arm64", "zip_bytes": package.stat().st_size}
    package.with_name("manifest.json").write_text(json.dumps(manifest))
    found = direct_upload(function(package))
    assert found is not None
    assert found.manifest() == manifest

    package.with_name("manifest.json").write_text(json.dumps({**manifest, "zip_bytes": 1}))

    assert found.manifest() == {}


def test_large_files_are_not_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("bundle.py", "#" * (LARGEST_SOURCE + 1))
    found = direct_upload(function(path))

    assert found is not None
    assert found.text("bundle.py") is None

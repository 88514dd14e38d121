"""What Lambda rejects in a function whose package is an image, and what cannot run here."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.access.keys import Keys
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.registration import Registration
from sandbox.resource_handlers.checks.function_image import image_package, is_image

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app"
URI = f"{REPOSITORY}:1"
COMMAND = {"entryPoints": ["python"], "commands": ["-m", "app.main"], "workingDirectory": "/var/task"}


def request(*trees: Path, **inputs: Any) -> Request:  # noqa: ANN401  a program's values
    registration = Registration(
        type="aws:lambda/function:Function",
        name="app",
        urn="urn:pulumi:local::p::aws:lambda/function:Function::app",
        parent=None,
        custom=True,
        provider="",
        inputs={"packageType": "Image", "imageUri": URI, "imageConfig": COMMAND} | inputs,
        dependencies={},
        unknown=(),
    )
    cloud = Cloud("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create())
    for tree in trees:
        cloud.note_tree(tree)
    return Request(cloud, registration)


def test_an_image_is_created_with_its_command() -> None:
    asked = request()

    assert is_image(asked)
    assert image_package(asked) == {
        "PackageType": "Image",
        "Code": {"ImageUri": URI},
        "ImageConfig": {
            "EntryPoint": ["python"],
            "Command": ["-m", "app.main"],
            "WorkingDirectory": "/var/task",
        },
    }
    assert not asked.unread()


@pytest.mark.parametrize("uri", [f"{REPOSITORY}@sha256:{'a' * 64}", URI.replace(".ecr.", ".ecr-fips.")])
def test_addresses_in_ecr_are_accepted(uri: str) -> None:
    assert image_package(request(imageUri=uri))["Code"] == {"ImageUri": uri}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param({"imageUri": None}, "imageUri is missing", id="no address"),
        pytest.param({"imageUri": "docker.io/team/app:1"}, "Lambda takes images from Amazon ECR only", id="elsewhere"),
        pytest.param({"imageUri": REPOSITORY}, "with :TAG or @DIGEST", id="no tag"),
        pytest.param({"imageUri": f"{URI}@sha256:{'a' * 64}"}, "with :TAG or @DIGEST", id="a tag and a digest"),
        pytest.param({"imageUri": URI.replace("us-east-1", "eu-west-1")}, "from its own region only", id="far away"),
        pytest.param({"handler": "app.handler"}, "handler is set, but packageType is Image", id="a handler"),
        pytest.param({"runtime": "python3.13"}, "runtime is set, but packageType is Image", id="a runtime"),
        pytest.param({"layers": ["arn"]}, "layers is set, but packageType is Image", id="layers"),
        pytest.param(
            {"imageConfig": {"commands": ["-m", "app.main"]}},
            "imageConfig lacks entryPoints, workingDirectory",
            id="a part of the command",
        ),
        pytest.param(
            {"imageConfig": COMMAND | {"commands": ["x"] * 1501}}, "imageConfig.commands is", id="too many words"
        ),
        pytest.param(
            {"imageConfig": COMMAND | {"workingDirectory": "/" * 1001}}, "1001 characters", id="a long folder"
        ),
    ],
)
def test_what_lambda_rejects_is_rejected(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        image_package(request(**inputs))

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"packageType": "Jar"}, "packageType is 'Jar'; allowed: Zip, Image"),
        ({"packageType": "Zip"}, "imageUri is set, but packageType is Zip"),
    ],
)
def test_the_type_of_the_package_is_checked(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        is_image(request(**inputs))


def test_an_image_whose_module_no_package_has_is_rejected_once_all_exists(tmp_path: Path) -> None:
    module = tmp_path / "app" / "main.py"
    module.parent.mkdir()
    module.touch()
    found, missing = request(tmp_path), request()
    image_package(found)
    image_package(missing)

    for check in found.later:
        check()
    with pytest.raises(ValidationError, match=r"none of the program's packages has app/main\.py"):
        missing.later[0]()


def test_an_image_without_a_command_is_rejected(tmp_path: Path) -> None:
    asked = request(tmp_path, imageConfig=None)

    assert "ImageConfig" not in image_package(asked)
    with pytest.raises(ValidationError, match="its command names no Python module"):
        asked.later[0]()

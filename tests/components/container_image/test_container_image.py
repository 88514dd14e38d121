import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components.container_image import ContainerImage, ContainerImageArgs
from components.container_image.container_image import build_args
from components.container_image.context import DOCKERFILE
from components.container_image.repository import lifecycle
from tests.components.container_image.conftest import Deploy, package
from tests.components.harness import ACCOUNT, DIGEST, REGION, Deployment, deploy

REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/stream-image-repository"
CONFIGURED = {
    "entry_point": ["/usr/bin/python3", "-m"],
    "command": ["runtime.http.streaming.main"],
    "working_directory": "/var/task",
}


def changed(**arguments: Any) -> ContainerImageArgs:  # noqa: ANN401  any argument
    return arguments  # type: ignore[return-value]  # the fixture has the rest


def built(deployed: Deployment) -> dict[str, Any]:
    return dict(deployed["stream-image-image"].inputs)


def test_the_address_is_one_that_lambda_accepts(deployed: Deployment) -> None:
    assert deployed.outputs["stream-image"]["uri"] == f"{REPOSITORY}@{DIGEST}"


def test_the_build_makes_one_manifest_for_one_cpu_and_pushes_it(deployed: Deployment) -> None:
    image = built(deployed)

    assert image["platforms"] == ["linux/arm64"]
    assert image["exports"] == [{"registry": {"ociMediaTypes": False, "push": True}}]
    assert (image["push"], image["exec"], image["buildOnPreview"]) == (False, False, False)


def test_the_tag_of_the_content_never_moves_and_that_of_the_cache_does(deployed: Deployment) -> None:
    image = built(deployed)
    content, cache = image["tags"]
    repository = deployed["stream-image-repository"].inputs

    assert re.fullmatch(rf"{re.escape(REPOSITORY)}:[0-9a-f]{{32}}", content)
    assert cache == f"{REPOSITORY}:cache"
    assert repository["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert repository["imageTagMutabilityExclusionFilters"] == [{"filter": "cache", "filterType": "WILDCARD"}]
    assert image["cacheFrom"] == [{"registry": {"ref": cache}}]
    assert image["cacheTo"] == [{"inline": {}}]


def test_the_build_logs_in_to_its_own_registry(deployed: Deployment) -> None:
    (registry,) = built(deployed)["registries"]

    assert registry["address"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    assert (registry["username"], registry["password"]) == ("AWS", "of-the-registry")


def test_images_are_scanned_encrypted_and_expire(deployed: Deployment) -> None:
    repository = deployed["stream-image-repository"].inputs
    rules = json.loads(deployed["stream-image-lifecycle"].inputs["policy"])["rules"]

    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfigurations"] == [{"encryptionType": "AES256"}]
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged", "any"]
    assert json.loads(lifecycle()) == {"rules": rules}


def test_lambda_reads_the_image_for_functions_of_this_account_only(deployed: Deployment) -> None:
    (statement,) = json.loads(deployed["stream-image-pull-policy"].inputs["policy"])["Statement"]

    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Action"] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert "stream-image-pull-policy" in deployed["stream-image-image"].dependencies


def test_the_context_has_the_package_the_checks_and_the_bill_of_materials(deployed: Deployment) -> None:
    context = Path(built(deployed)["context"]["location"])

    assert sorted(path.name for path in context.iterdir()) == [
        "Dockerfile",
        "bill-of-materials",
        "extras",
        "package",
        "verification",
    ]
    assert (context / "package" / "main.py").is_file()
    assert (context / "verification" / "__main__.py").is_file()
    assert list((context / "extras" / "none").iterdir()) == []
    assert built(deployed)["dockerfile"] == {"location": str(context / "Dockerfile")}


def test_the_bill_of_materials_names_what_is_in_the_image(deployed: Deployment) -> None:
    bill = json.loads(Path(deployed.outputs["stream-image"]["bill_of_materials"]).read_text())

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert [(part["name"], part["version"], part["purl"]) for part in bill["components"]] == [
        ("starlette", "0.50.0", "pkg:pypi/starlette@0.50.0")
    ]
    assert "timestamp" not in bill["metadata"]


def test_the_same_content_is_the_same_build(args: ContainerImageArgs, deployed: Deployment) -> None:
    again = built(deploy(lambda: ContainerImage("stream-image", args)))

    assert (again["tags"], again["context"]) == (built(deployed)["tags"], built(deployed)["context"])


def test_the_same_content_in_another_checkout_is_the_same_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    images = []
    for checkout in ("one", "two"):
        folder = tmp_path / checkout
        folder.mkdir()
        monkeypatch.chdir(folder)
        args: ContainerImageArgs = {"package": package(folder / "package"), "home": str(folder / ".longrun")}
        images.append(built(deploy(partial(ContainerImage, "stream-image", args))))

    assert images[0] == images[1]
    assert images[0]["context"]["location"].startswith(".longrun/images/")


def test_another_base_is_another_tag(deploy_with: Deploy, deployed: Deployment) -> None:
    other = built(deploy_with(changed(base_image="base:1")))

    assert other["buildArgs"]["BASE_IMAGE"] == "base:1"
    assert other["tags"][0] != built(deployed)["tags"][0]


def test_an_extra_goes_into_the_context_and_the_bill_of_materials(deploy_with: Deploy, tmp_path: Path) -> None:
    extra = package(tmp_path, distribution="lancedb", version="0.40.0")

    deployed = deploy_with(changed(extra=extra))

    image = built(deployed)
    assert image["buildArgs"]["EXTRA"] == "extra"
    assert (Path(image["context"]["location"]) / "extras" / "extra" / "lancedb-0.40.0.dist-info").is_dir()
    bill = json.loads(Path(deployed.outputs["stream-image"]["bill_of_materials"]).read_text())
    assert [part["name"] for part in bill["components"]] == ["lancedb", "starlette"]


def test_a_configuration_is_proved_by_the_build_and_handed_on(args: ContainerImageArgs) -> None:
    made: list[ContainerImage] = []
    deployed = deploy(lambda: made.append(ContainerImage("stream-image", {**args, **changed(**CONFIGURED)})))

    arguments = built(deployed)["buildArgs"]
    assert json.loads(arguments["ENTRY_POINT"]) == CONFIGURED["entry_point"]
    assert json.loads(arguments["COMMAND"]) == CONFIGURED["command"]
    assert arguments["WORKING_DIRECTORY"] == CONFIGURED["working_directory"]
    ref = made[0].ref
    assert {key: ref[key] for key in CONFIGURED} == CONFIGURED  # type: ignore[literal-required]  # three of its keys


def test_without_a_configuration_the_dockerfile_states_and_proves_the_same(args: ContainerImageArgs) -> None:
    text = DOCKERFILE.read_text()
    stated = {name: json.loads(words) for name, words in re.findall(r"^(ENTRYPOINT|CMD) (\[.*\])$", text, re.M)}
    proved = {name: json.loads(words) for name, words in re.findall(r"^ARG (ENTRY_POINT|COMMAND)='(.*)'$", text, re.M)}

    assert stated == {"ENTRYPOINT": proved["ENTRY_POINT"], "CMD": proved["COMMAND"]}
    assert re.findall(r"^WORKDIR (.*)$", text, re.M) == re.findall(r"^ARG WORKING_DIRECTORY=(.*)$", text, re.M)
    assert not {"ENTRY_POINT", "COMMAND", "WORKING_DIRECTORY"} & build_args(args).keys()


def test_every_build_argument_is_one_of_the_dockerfile(args: ContainerImageArgs) -> None:
    declared = set(re.findall(r"^ARG (\w+)", DOCKERFILE.read_text(), re.M))

    assert build_args({**args, **changed(**CONFIGURED)}).keys() == declared


def test_the_last_stage_copies_from_the_checks() -> None:
    *_, last = re.split(r"^FROM ", DOCKERFILE.read_text(), flags=re.M)

    assert "COPY --from=verification" in last

"""The whole program under mocks with the streaming endpoint, from an image that is there or is built."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.stack_config import SettingsError
from tests.components.harness import ACCOUNT, DIGEST, REGION, URL_ID, Deployment
from tests.test_program import Run, run

__all__ = ["run"]

START = {
    "entryPoints": ["/usr/local/bin/python3", "-m"],
    "commands": ["runtime.http.streaming.main"],
    "workingDirectory": "/var/task",
}
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/longrun-stream@sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def given(run: Run) -> Deployment:
    return run({"longrun:streamImage": IMAGE})


@pytest.fixture(scope="module")
def built(run: Run) -> Deployment:
    return run({"longrun:streamImage": "build", "longrun:tags": '{"stage": "test"}'})


def environment(deployed: Deployment) -> dict[str, str]:
    found: dict[str, str] = deployed["stream-worker"].inputs["environment"]["variables"]
    return found


def test_a_stack_without_an_image_has_no_endpoint(run: Run) -> None:
    deployed = run()

    assert not [resource.name for resource in deployed.resources if resource.name.startswith("stream-")]
    assert not {name for name in deployed.outputs["stack"] if name.startswith("stream_")}


def test_an_image_that_is_there_is_run_as_it_is(given: Deployment) -> None:
    function = given["stream-worker"].inputs

    assert (function["imageUri"], function["packageType"]) == (IMAGE, "Image")
    assert function["imageConfig"] == START
    assert "docker-build:index:Image" not in {resource.type for resource in given.resources}


def test_an_image_that_is_built_is_run_by_its_digest_on_its_cpu(built: Deployment) -> None:
    function, image = built["stream-worker"].inputs, built["stream-image-image"].inputs
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/stream-image-repository"

    assert function["imageUri"] == f"{registry}@{DIGEST}"
    assert image["platforms"] == [{"arm64": "linux/arm64", "x86_64": "linux/amd64"}[function["architectures"][0]]]
    assert "stream-image-image" in built["stream-worker"].dependencies
    assert function["imageConfig"] == START
    assert json.loads(image["buildArgs"]["ENTRY_POINT"]) == START["entryPoints"]
    assert built["stream-image-repository"].inputs["tags"] == {"stage": "test"}


def test_the_image_has_the_endpoint_the_agents_and_what_both_need(built: Deployment) -> None:
    package = Path(built["stream-image-image"].inputs["context"]["location"]) / "package"

    assert {path.name for path in package.iterdir()} == {"agents", "contract", "runtime", "tools"}
    assert (package / "runtime" / "http" / "streaming" / "main.py").is_file()


def test_an_image_has_lancedb_where_the_stack_wants_it_and_the_agents_search_with_it(run: Run) -> None:
    deployed = run({"longrun:streamImage": "build", "longrun:streamExtras": '["lancedb"]'})
    image = deployed["stream-image-image"].inputs

    assert image["buildArgs"]["EXTRA"] == "extra"
    assert (Path(image["context"]["location"]) / "extras" / "extra").is_dir()
    assert environment(deployed)["LONGRUN_DOCUMENT_SEARCH"] == "lancedb"
    assert "LONGRUN_DOCUMENT_SEARCH" not in deployed["streaming-worker"].inputs["environment"]["variables"]


def test_an_image_has_no_extra_by_default(built: Deployment) -> None:
    assert built["stream-image-image"].inputs["buildArgs"]["EXTRA"] == "none"
    assert "LONGRUN_DOCUMENT_SEARCH" not in environment(built)


def test_an_image_that_is_there_may_have_lancedb_already(run: Run) -> None:
    deployed = run({"longrun:streamImage": IMAGE, "longrun:streamExtras": '["lancedb"]'})

    assert environment(deployed)["LONGRUN_DOCUMENT_SEARCH"] == "lancedb"


def test_the_bill_of_materials_is_where_the_stack_says(built: Deployment) -> None:
    bill = json.loads(Path(built.outputs["stack"]["stream_bill_of_materials"]).read_text())

    assert bill["bomFormat"] == "CycloneDX"


def test_clients_and_operators_find_the_endpoint(given: Deployment) -> None:
    outputs = given.outputs["stack"]
    monitored = {part["component"]: part for part in outputs["monitored"]}

    assert outputs["stream_url"] == f"https://{URL_ID}.lambda-url.{REGION}.on.aws/"
    assert outputs["stream_authorization"] == "AWS_IAM"
    assert (outputs["stream_function"], outputs["stream_log_group"]) == ("stream-worker", "stream-worker-logs")
    assert outputs["stream_closer_log_group"] == "stream-closer-logs"
    assert [one["name"] for one in monitored["stream"]["functions"]] == ["stream-worker", "stream-closer"]


def test_the_endpoint_has_the_choices_of_the_stack(run: Run) -> None:
    deployed = run(
        {
            "longrun:streamImage": IMAGE,
            "longrun:streamAuthorization": "NONE",
            "longrun:streamOrigins": '["https://app.example.com"]',
            "longrun:streamResponseSeconds": "30",
            "longrun:workerMemory": "2048",
            "longrun:functionUrl": "http://127.0.0.1:4600/_aws/lambda-url/{urlId}/",
        }
    )

    assert deployed["stream-url"].inputs["authorizationType"] == "NONE"
    assert deployed["stream-worker"].inputs["memorySize"] == 2048
    assert environment(deployed)["LONGRUN_ALLOWED_ORIGINS"] == "https://app.example.com"
    assert environment(deployed)["LONGRUN_RESPONSE_SECONDS"] == "30"
    assert deployed.outputs["stack"]["stream_url"] == f"http://127.0.0.1:4600/_aws/lambda-url/{URL_ID}/"


def test_the_endpoint_has_the_agents_and_servers_of_the_worker(given: Deployment) -> None:
    worker: dict[str, Any] = given["streaming-worker"].inputs["environment"]["variables"]
    shared = ("LONGRUN_AGENTS", "LONGRUN_MCP_RUNTIMES", "LONGRUN_MODEL_ID", "LONGRUN_TABLE", "LONGRUN_DATA_BUCKET")

    assert {name: environment(given)[name] for name in shared} == {name: worker[name] for name in shared}


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"longrun:streamImage": "longrun-stream:1"}, "an address with a digest"),
        ({"longrun:streamImage": IMAGE.replace(REGION, "eu-west-1")}, "allowed: an image in us-east-1"),
        ({"longrun:streamImage": IMAGE.replace("@", ":1@")}, "without a tag"),
        ({"longrun:streamAuthorization": "JWT"}, "allowed: AWS_IAM, NONE"),
        ({"longrun:streamOrigins": '["app.example.com"]'}, "scheme, host and port"),
        ({"longrun:streamResponseSeconds": "900"}, "allowed: 5 to 840 seconds"),
        (
            {"longrun:streamImage": IMAGE, "longrun:streamExtras": '["faiss"]'},
            "streamExtras is 'faiss'; allowed: lancedb",
        ),
        ({"longrun:streamExtras": '["lancedb"]'}, "streamImage names no image"),
    ],
    ids=["no digest", "region", "tag", "authorization", "origin", "seconds", "extra", "extra without image"],
)
def test_settings_of_the_endpoint_that_cannot_work_are_rejected(run: Run, config: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        run(config)

    assert problem in str(caught.value)

from typing import Any

import pytest

from components.container_image import ContainerImage
from components.validation import ComponentInputError
from tests.components.container_image.conftest import Deploy
from tests.components.harness import deploy

COMPLETE = {"entry_point": ["/usr/bin/python3", "-m"], "command": ["app.main"], "working_directory": "/var/task"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param(
            {"entry_point": COMPLETE["entry_point"]},
            "command, working_directory is missing; give entry_point, command and working_directory, or none",
            id="entry point alone",
        ),
        pytest.param({**COMPLETE, "command": []}, "command is missing", id="empty command"),
        pytest.param({**COMPLETE, "working_directory": ""}, "working_directory is missing", id="no folder"),
        pytest.param(
            {**COMPLETE, "entry_point": ["python3"]},
            "entry_point[0] is 'python3'; allowed: an absolute path",
            id="relative program",
        ),
        pytest.param({**COMPLETE, "working_directory": "task"}, "working_directory is 'task'", id="relative folder"),
        pytest.param({"base_image": "python"}, "base_image is 'python'", id="base without tag"),
        pytest.param({"base_image": "python:latest"}, "base_image is 'python:latest'", id="moving base"),
        pytest.param({"adapter_image": "a b:1"}, "adapter_image is 'a b:1'", id="no address"),
        pytest.param(
            {"package": {"path": "/none", "runtime": "python3.13", "architecture": "arm64"}},
            "package.tree is ''",
            id="a zip without its folder",
        ),
        pytest.param({"tags": {"aws:x": "y"}}, "tags", id="tag of AWS"),
        pytest.param({"arch": "arm64"}, "arch is unknown", id="an unknown argument"),
    ],
)
def test_what_could_not_be_built_or_started_is_rejected_before_any_child(
    deploy_with: Deploy, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError) as caught:
        deploy_with(changed)  # type: ignore[arg-type]  # what the type forbids is tested too

    assert str(caught.value).startswith("ContainerImage 'stream-image' has invalid arguments")
    assert message in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("runtime", "python3.12"), ("architecture", "x86_64")])
def test_an_extra_is_for_the_packages_own_platform(
    deploy_with: Deploy, args: dict[str, Any], key: str, value: str
) -> None:
    changed: Any = {"extra": {**args["package"], key: value}}

    with pytest.raises(ComponentInputError, match=rf"extra.{key} is '{value}'"):
        deploy_with(changed)


@pytest.mark.parametrize("missing", ["package", "home"])
def test_what_an_image_needs_is_named(args: dict[str, Any], missing: str) -> None:
    given: Any = {key: value for key, value in args.items() if key != missing}

    with pytest.raises(ComponentInputError, match=f"{missing} is missing"):
        deploy(lambda: ContainerImage("stream-image", given))

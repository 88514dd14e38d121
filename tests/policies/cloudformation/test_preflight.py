"""The published rules, from the installed distribution."""

from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest

from policies.cloudformation import preflight
from policies.cloudformation.engine import UnavailableError
from policies.cloudformation.preflight import RuleBase, read_rules


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return read_rules()


def test_release_has_all_the_rules_that_it_announces(base: RuleBase) -> None:
    assert len(base.rules) == 3361
    assert len({rule.id for rule in base.rules}) == 3361
    assert all(rule.types and rule.source.startswith(preflight.PACKAGE) for rule in base.rules)
    assert all(source.startswith(preflight.PACKAGE) for source in base.library)


def test_only_rules_about_the_types_present_and_about_tags_are_taken(base: RuleBase) -> None:
    rules = base.of(["AWS::SQS::Queue"])

    assert {rule.service for rule in rules if "AWS::SQS::Queue" not in rule.types} == {"tags"}
    assert "pf-sqs-queue-name-format" in {rule.id for rule in rules}
    assert not [rule.id for rule in rules if rule.superseded]
    assert len(rules) < 40


def test_rules_of_a_service_are_one_module_beside_the_library(base: RuleBase) -> None:
    rules = base.of(["AWS::SQS::Queue", "AWS::Lambda::Function"])

    names = [module.name for module in base.modules(rules, None)]

    assert names == [*dict.fromkeys(rule.service for rule in rules), "library"]
    assert base.modules((), "us-east-1") == ()


@pytest.mark.parametrize(("region", "told"), [("eu-west-1", True), (None, False), ('a"b', False)])
def test_region_of_the_deployment_is_told_where_it_is_one(base: RuleBase, region: str | None, *, told: bool) -> None:
    modules = base.modules(base.of(["AWS::SQS::Queue"]), region)

    assert any(module.source.endswith('deploy_region := "eu-west-1"\n') for module in modules) is told


def test_environment_without_the_distribution_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "DISTRIBUTION", "cdk-preflight-that-nobody-has")

    with pytest.raises(UnavailableError, match=r"^cdk-preflight-that-nobody-has is not installed\. Install it with"):
        read_rules()


@pytest.mark.parametrize(
    ("version", "content"),
    [("1.9.2", None), ("1.9.1", b"another archive"), ("1.9.1", None)],
    ids=["another release", "an archive that was changed", "no archive"],
)
def test_another_release_than_the_reviewed_one_is_rejected_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, content: bytes | None
) -> None:
    installed = Installed(tmp_path, version, content)
    monkeypatch.setattr(preflight, "distribution", lambda _: installed)

    with pytest.raises(UnavailableError) as caught:
        read_rules()

    assert str(caught.value) == (
        f"cdk-preflight {version} is not the release whose rules were reviewed (1.9.1). "
        "Install it with `pip install --no-deps cdk-preflight==1.9.1`."
    )


class Installed(metadata.Distribution):
    """A distribution whose one file has a given content."""

    def __init__(self, folder: Path, version: str, content: bytes | None) -> None:
        self._folder = folder
        self._version = version
        if content is not None:
            path = folder / preflight.ARCHIVE
            path.parent.mkdir(parents=True)
            path.write_bytes(content)

    def read_text(self, filename: str) -> str | None:
        return f"{preflight.ARCHIVE},," if filename == "RECORD" else None

    def locate_file(self, path: object) -> Path:
        return self._folder / str(path)

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        message = Message()
        message["Version"] = self._version
        return message

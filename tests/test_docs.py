"""What README and docs say is there: pages, headings, tests, commands with their options, settings."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from cli.app import COMMANDS, create_app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = {command.name for command in COMMANDS}

LINK = re.compile(r"\]\((?P<file>[^)#\s]*)(?:#(?P<heading>[^)\s]+))?\)")
TEST = re.compile(r"`(test_\w+)`")
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(longrun [^`]+)`")
SETTING = re.compile(r"longrun:(\w+)")
PLACEHOLDERS = {"…"}
TAGS = {"role", "rotation"}
"""Written like a setting."""


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[list[str]]:
    """The words behind `longrun`, of every line that a reader may type."""
    text = page.read_text()
    blocks = [block["text"] for block in BLOCK.finditer(text) if block["language"] in {"", "sh"}]
    lines = [line for block in blocks for line in block.splitlines()]
    for line in [*lines, *INLINE.findall(text)]:
        found = re.search(r"(?:^|or here: |&& |\$ )(?:\w+=\S+ )*longrun (?P<words>.+)", line)
        if found:
            yield shlex.split(found["words"].partition(" && ")[0], comments=True)


@cache
def options(name: str) -> frozenset[str]:
    group = get_command(create_app(name))
    assert isinstance(group, TyperGroup)
    declared = {word for parameter in group.commands[name].params for word in parameter.opts}
    return frozenset(declared | {"--help", "-h"})


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_link_leads_to_a_file_and_its_heading(page: Path) -> None:
    broken = []
    for link in LINK.finditer(page.read_text()):
        if "://" in link["file"]:
            continue
        target = (page.parent / link["file"]).resolve() if link["file"] else page
        if not target.exists() or (link["heading"] and link["heading"] not in anchors(target)):
            broken.append(link.group())

    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_command_is_there_with_its_options(page: Path) -> None:
    unknown = []
    for words in commands(page):
        name = words[0] if words else ""
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        if name.startswith("--") or name in PLACEHOLDERS:
            continue
        if name not in NAMES or not given <= options(name):
            unknown.append(words)

    assert not unknown


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    found = list(commands(ROOT / "README.md"))

    assert ["up"] in found
    assert ["watch", "RUN"] in found
    assert ["ask", "--background", "Did the training programme raise earnings?"] in found


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_setting_is_declared(page: Path) -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]

    assert set(SETTING.findall(page.read_text())) <= {*declared, *TAGS}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_test_that_is_named_as_proof_exists(page: Path) -> None:
    named = set(TEST.findall(page.read_text()))
    if not named:
        return
    source = "\n".join(module.read_text() for module in (ROOT / "tests").rglob("test_*.py"))

    assert {name for name in named if f"def {name}(" not in source} == set()

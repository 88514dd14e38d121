"""What the pack and the command line load, and how many modules lie side by side in a folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
GENERATION = "policies.generation"
MODULES_IN_A_FOLDER = 20
FOR_COMPONENTS = ("definition.py", "environment.py", "rejections.py")
"""What a component or the emulator asks several rules at once: about a definition, or a function's environment."""

LOADED = "import sys, {}; print(*(name for name in sys.modules if name.partition('.')[0] == 'policies'))"


def name_of(module: Path) -> str:
    path = module.relative_to(ROOT).with_suffix("")
    return ".".join(path.parent.parts if path.name == "__init__" else path.parts)


def loaded_by(*modules: str) -> set[str]:
    """The policies' modules that a fresh process loads with these."""
    command = [sys.executable, "-c", LOADED.format(", ".join(modules))]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())  # noqa: S603


def imported_by_components() -> list[str]:
    texts = [module.read_text() for module in (ROOT / "components").rglob("*.py")]
    return sorted({name for text in texts for name in re.findall(r"^from (policies\.\S+) import", text, re.MULTILINE)})


def has_rules(module: Path) -> bool:
    return re.search(r"^RULES?\b", module.read_text(), re.MULTILINE) is not None


ALL = {name_of(module) for module in POLICIES.rglob("*.py")}
TOOLS = {name for name in ALL if name == GENERATION or name.startswith(f"{GENERATION}.")}


@pytest.mark.parametrize("entry_point", ["policies.__main__", "policies.check", "cli.commands.check"])
def test_neither_the_pack_nor_the_check_loads_a_tool_of_development(entry_point: str) -> None:
    loaded = loaded_by(entry_point)

    assert loaded
    assert not loaded & TOOLS


def test_every_other_module_is_loaded_by_the_pack_the_check_or_a_component() -> None:
    components = imported_by_components()
    assert components

    assert loaded_by("policies.__main__", "cli.commands.check", *components) == ALL - TOOLS


@pytest.mark.parametrize("folder", sorted({module.parent for module in POLICIES.rglob("*.py")}), ids=name_of)
def test_few_modules_lie_side_by_side_but_for_rules(folder: Path) -> None:
    modules = [module for module in folder.glob("*.py") if module.name != "__init__.py"]

    assert len([module for module in modules if not has_rules(module)]) <= MODULES_IN_A_FOLDER


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in (POLICIES / "rules").glob("*/__init__.py")), ids=name_of
)
def test_where_many_rules_lie_side_by_side_their_common_logic_lies_apart(folder: Path) -> None:
    modules = [module for module in folder.glob("*.py") if module.name not in ("__init__.py", *FOR_COMPONENTS)]

    if len(modules) > MODULES_IN_A_FOLDER:
        assert [module.name for module in modules if not has_rules(module)] == []

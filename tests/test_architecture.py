"""The architecture as rules that a test enforces: who imports whom, how large things are, what may stand in a file."""

import ast
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

IMPORTS = {
    "__main__": {"components", "runtime.environment"},
    "agents": {"agents", "runtime", "tools"},
    "cli": {"cli", "client", "contract", "policies", "runtime.journal.census", "sandbox"},
    "client": {"client", "contract"},
    "components": {
        "components",
        "contract",
        "policies.rules",
        "runtime.environment",
        "runtime.journal.query",
        "tools.analysis.limits",
    },
    "contract": {"contract"},
    "policies": {"policies"},
    "runtime": {"contract", "runtime"},
    "sandbox": {"contract", "policies.rules.aws_limits", "policies.rules.step_functions", "sandbox"},
    "tools": {
        "tools",
        "contract",
        "runtime.agent_context",
        "runtime.environment",
        "runtime.journal",
        "runtime.process.aws_clients",
        "runtime.process.logs",
        "runtime.process.run_files",
        "runtime.process.task_tokens",
        "runtime.tracing",
    },
}
"""What each part may import from the project. bench and tests see everything and are seen by nobody."""

FORBIDDEN = {
    "agents": {"pulumi", "pulumi_aws", "pulumi_policy"},
    "client": {"pulumi", "pulumi_aws", "pulumi_policy", "boto3"},
    "policies/rules": {"pulumi", "pulumi_aws", "pulumi_policy", "boto3", "botocore"},
    "runtime": {"pulumi", "pulumi_aws", "pulumi_policy"},
    "tools": {"pulumi", "pulumi_aws", "pulumi_policy"},
    "tools/analysis": {"boto3", "botocore", "mcp", "starlette", "strands"},
    "tools/tables": {"boto3", "botocore", "mcp", "pandas", "starlette", "strands"},
}
"""Third parties that must not come near: weight in a customer's Lambda, or a rule that runs in one place only."""

PARTS = [*IMPORTS, "bench", "tests"]
OURS = frozenset(PARTS)
LINES = 300
TEST_LINES = 500
FUNCTION_LINES = 40

PROCESSES = ("agentcore", "authorizer", "dead_letter", "gateway", "http", "react", "worker", "workflow")
"""Folders of runtime/ of which each process loads its own only."""

BELOW: dict[str, set[str]] = {
    "agentcore": {"engine", "delivery", "tracing", "journal", "process", "environment"},
    "authorizer": {"process", "environment"},
    "dead_letter": {"delivery", "journal", "process", "environment"},
    "gateway": {"delivery", "tracing", "journal", "process", "environment"},
    "http": {"engine", "delivery", "tracing", "journal", "process", "environment"},
    "react": {"engine", "delivery", "tracing", "journal", "process", "environment"},
    "worker": {"engine", "delivery", "journal", "process", "environment"},
    "workflow": {"delivery", "tracing", "journal", "process", "environment"},
    "engine": {"agent_context", "delivery", "tracing", "journal", "process", "environment"},
    "delivery": {"journal", "process"},
    "tracing": {"process", "environment"},
    "journal": {"process", "environment"},
    "agent_context": {"process"},
    "process": {"environment"},
    "environment": set(),
}
"""What each room of runtime/ (a folder, or a module beside the folders) may import from the others."""

SIDE_BY_SIDE = 20
LONGEST_CHAIN = 14

HANDLER = re.compile(r"runtime(?:\.\w+)+\.handler")
FOREIGN_PATH = re.compile(r"(?<![\w.~/:*-])/(?:home|root|Users|work)/\w")
INDEX_LINE = re.compile(
    r"--(?:extra-)?index-url|--find-links|^\s*-[if]\s|^index-url|\[\[tool\.uv\.index\]\]", re.MULTILINE
)
BUILT = {"__pycache__", "node_modules"}
BINARY = {".csv", ".gif", ".gz", ".ico", ".jpg", ".png", ".woff2", ".zip"}
"""Kept out of the search for text: pictures, packages, and the data set."""


@cache
def modules(part: str) -> tuple[Path, ...]:
    if part == "__main__":
        return (ROOT / "__main__.py",)
    return tuple(sorted((ROOT / part).rglob("*.py")))


ALL_MODULES = [module for part in PARTS for module in modules(part)]


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(), filename=str(module))


def shown(module: Path) -> str:
    return str(module.relative_to(ROOT))


def imported(module: Path) -> Iterator[str]:
    """Every module name that a file imports, at its top or inside a function; a relative import is spelled out."""
    package = module.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def within(name: str, allowed: set[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)


@pytest.mark.parametrize("part", IMPORTS)
def test_imports_point_one_way(part: str) -> None:
    against = [
        f"{shown(module)} imports {name}"
        for module in modules(part)
        for name in imported(module)
        if name.partition(".")[0] in OURS and not within(name, IMPORTS[part])
    ]

    assert modules(part)
    assert not against, f"{part} may import only {', '.join(sorted(IMPORTS[part]))}"


def test_the_analysis_imports_nothing_else_of_the_project() -> None:
    against = [
        f"{shown(module)} imports {name}"
        for module in modules("tools/analysis")
        for name in imported(module)
        if name.partition(".")[0] in OURS and not within(name, {"tools.analysis", "tools.tables"})
    ]

    assert modules("tools/analysis")
    assert not against


@pytest.mark.parametrize("module", [path for path in modules("agents") if path.name != "__init__.py"], ids=shown)
def test_every_module_of_agents_is_an_agent(module: Path) -> None:
    assert "create_agent" in defined(module), "what agents call goes to tools/"


@pytest.mark.parametrize("part", FORBIDDEN)
def test_third_parties_stay_where_they_belong(part: str) -> None:
    against = [
        f"{shown(module)} imports {name}"
        for module in modules(part)
        for name in imported(module)
        if within(name, FORBIDDEN[part])
    ]

    assert modules(part)
    assert not against


@pytest.mark.parametrize("module", [*modules("contract"), ROOT / "runtime" / "environment.py"], ids=shown)
def test_contract_and_environment_need_the_standard_library_only(module: Path) -> None:
    allowed = {*sys.stdlib_module_names, "contract"}

    assert not [name for name in imported(module) if name.partition(".")[0] not in allowed]


@pytest.mark.parametrize("module", ALL_MODULES, ids=shown)
def test_modules_and_functions_stay_small(module: Path) -> None:
    limit = TEST_LINES if module.is_relative_to(ROOT / "tests") else LINES
    lines = len(module.read_text().splitlines())
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]

    assert lines <= limit
    assert not long


@pytest.mark.parametrize("module", modules("components"), ids=shown)
def test_components_can_be_hosted_for_other_languages(module: Path) -> None:
    names = set(imported(module))

    assert "__future__.annotations" not in names, "Pulumi's analyzer needs the types themselves, not their text"
    assert not names & {"typing.Literal", "typing.Union"}, "Pulumi's analyzer knows neither Literal nor unions"


def handlers() -> list[tuple[Path, str]]:
    return [
        (module, node.value)
        for module in modules("components")
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and HANDLER.fullmatch(node.value)
    ]


def test_handlers_that_components_name_exist_in_the_runtime() -> None:
    named = handlers()
    assert named

    for component, handler in named:
        *path, function = handler.split(".")
        module = ROOT.joinpath(*path).with_suffix(".py")
        assert module.is_file(), f"{shown(component)} names {handler}, and there is no {shown(module)}"
        assert function in defined(module), f"{shown(component)} names {handler}, which {shown(module)} does not define"


def defined(module: Path) -> set[str]:
    """The names that a module binds at its top."""
    names: set[str] = set()
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@cache
def module_names() -> dict[str, Path]:
    """Every module of the sources by its dotted name."""
    names = {}
    for part in IMPORTS:
        for module in modules(part):
            path = module.relative_to(ROOT).with_suffix("")
            names[".".join(path.parts[:-1] if path.name == "__init__" else path.parts)] = module
    return names


@cache
def imported_modules(name: str) -> frozenset[str]:
    """The project's modules that a module imports, their packages included; not what it imports for types only."""
    found = set()
    for imported_name in imported(module_names()[name]):
        parts = imported_name.split(".")
        found |= {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return frozenset(found & module_names().keys() - {name})


def loaded_by(*entries: str) -> set[str]:
    """Every module that a process loads which starts with these, functions' own imports included."""
    loaded: set[str] = set()
    waiting = list(entries)
    while waiting:
        if (name := waiting.pop()) not in loaded:
            loaded.add(name)
            waiting.extend(imported_modules(name))
    return loaded


def entry_points() -> list[str]:
    """The modules that Lambda and AgentCore load first."""
    handled = {handler.rpartition(".")[0] for _, handler in handlers()}
    mains = {"runtime.agentcore.agent_main", "runtime.http.streaming.main", "tools.server.tools_main"}
    return sorted(handled | mains)


@pytest.mark.parametrize("entry", entry_points())
def test_a_process_never_loads_another_process_folder(entry: str) -> None:
    own = entry.split(".")[1]
    others = {f"runtime.{process}" for process in PROCESSES if process != own}
    loaded = loaded_by(entry)

    assert any(name.startswith("runtime.") for name in loaded - {entry})
    assert not [name for name in loaded if within(name, others)]


def test_every_room_of_the_runtime_has_its_place_in_the_order() -> None:
    rooms = {path.stem for path in (ROOT / "runtime").iterdir() if path.name[0] != "_"}

    assert rooms == BELOW.keys()
    assert len(rooms) <= 15, "the runtime is one picture of at most fifteen rooms"
    order: list[str] = []
    while len(order) < len(BELOW):
        free = [room for room, below in BELOW.items() if room not in order and below <= set(order)]
        assert free, "an arrow points upwards"
        order += free


@pytest.mark.parametrize("room", BELOW)
def test_rooms_of_the_runtime_import_downwards_only(room: str) -> None:
    place = ROOT / "runtime" / room
    against = [
        f"{shown(module)} imports {name}"
        for module in (sorted(place.rglob("*.py")) or [place.with_suffix(".py")])
        for name in imported(module)
        if name.startswith("runtime.") and name.split(".")[1] not in {room, *BELOW[room]}
    ]

    assert not against


def logic_of_policies(folder: Path) -> bool:
    """A folder of rules holds one module a rule, however many there are."""
    return folder.is_relative_to(ROOT / "policies" / "rules") and folder != ROOT / "policies" / "rules"


def test_no_folder_holds_more_modules_than_a_reader_can_take_in() -> None:
    folders = {module.parent for part in [*IMPORTS, "bench"] for module in modules(part)} - {ROOT}
    crowded = {
        shown(folder): count
        for folder in folders
        if not logic_of_policies(folder)
        and (count := sum(path.name != "__init__.py" for path in folder.glob("*.py"))) > SIDE_BY_SIDE
    }

    assert not crowded


def test_no_module_imports_itself_through_others_and_no_chain_is_long() -> None:
    sys.setrecursionlimit(10_000)
    depths: dict[str, int] = {}
    cycles: list[list[str]] = []

    def depth(name: str, chain: tuple[str, ...]) -> int:
        if name in chain:
            cycles.append([*chain[chain.index(name) :], name])
            return 0
        if name not in depths:
            below = [other for other in direct_imports(name) if other != name]
            depths[name] = 1 + max((depth(other, (*chain, name)) for other in below), default=0)
        return depths[name]

    longest = max(depth(name, ()) for name in module_names())

    assert not cycles
    assert longest <= LONGEST_CHAIN


def direct_imports(name: str) -> Iterator[str]:
    """The modules that a module's imports name: the module of `from module import x`, not its packages."""
    known = module_names()
    for imported_name in imported(known[name]):
        parent = imported_name.rpartition(".")[0]
        found = imported_name if imported_name in known else parent
        if found in known:
            yield found


@pytest.mark.parametrize("part", sorted(IMPORTS.keys() - {"__main__"}))
def test_every_part_has_a_folder_of_tests(part: str) -> None:
    assert list((ROOT / "tests" / part).rglob("test_*.py"))


@pytest.mark.parametrize("test", [path for path in modules("tests") if path.name.startswith("test_")], ids=shown)
def test_tests_mirror_a_module_or_say_what_their_topic_is(test: Path) -> None:
    folder = ROOT / test.relative_to(ROOT / "tests").parent
    subject = test.stem.removeprefix("test_")

    mirrors = any(
        (folder / name).exists() for name in (f"{subject}.py", f"_{subject}.py", f"__{subject}__.py", subject)
    )
    assert mirrors or ast.get_docstring(tree(test)), (
        "name the module it tests, or say in its first line what it is about"
    )


def test_readme_names_every_folder_and_nothing_that_is_not_there() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert not [name for name in named if not (ROOT / name).exists()]
    assert {f"{part}/" for part in IMPORTS.keys() - {"__main__"}} <= set(named)


def texts() -> Iterator[Path]:
    """The project's own text files: not what was built, installed or cached."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if name == ".ci" or not is_built(name))
        yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix not in BINARY and name[0] != ".")


def is_built(folder: str) -> bool:
    return folder.startswith(".") or folder in BUILT or folder.endswith(".egg-info")


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    found = [f"{shown(path)}: {match[0]}" for path in texts() for match in FOREIGN_PATH.finditer(path.read_text())]

    assert not found


def test_no_file_names_a_package_index() -> None:
    own = Path(__file__)

    found = [
        f"{shown(path)}: {match[0]}"
        for path in texts()
        if path != own
        for match in INDEX_LINE.finditer(path.read_text())
    ]

    assert not found


def test_every_locked_requirement_has_a_hash() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert locks

    for lock in locks:
        entries = re.split(r"\n(?=[a-zA-Z0-9])", lock.read_text().replace("\\\n", " "))
        bare = [
            entry.split()[0]
            for entry in entries
            if not entry.lstrip().startswith("#") and "--hash=sha256:" not in entry
        ]
        assert not bare, shown(lock)

"""Valid code is not rejected: modules of the service's runtime, other search paths, and failures that are caught."""

import time
from pathlib import Path

import pytest

from components.packaging import AGENTCORE, LAMBDA, PackageError, PackageLimits, PythonPackage, Target
from tests.components.packaging.test_entry_points import ELSEWHERE, HOST, build, ignore, problem, project
from tests.sandbox.harness import wait_until

__all__ = ["project"]

BOTH = pytest.mark.parametrize("target", [HOST, ELSEWHERE], ids=["native", "another machine"])


def preinstalled(project: Path, code: str, target: Target, names: tuple[str, ...], limits: PackageLimits) -> None:
    (project / "app" / "work.py").write_text(f"import json\n{code}")
    PythonPackage(
        name="agent",
        sources=(project / "app", project / "main.py"),
        target=target,
        entry_points=("main.py",),
        preinstalled=names,
        limits=limits,
    ).build(project.parent / "home", ignore)


@BOTH
@pytest.mark.parametrize(
    "code",
    [
        "import boto3\n",
        "from botocore.config import Config\n",
        "import boto3.dynamodb.conditions\n",
        "from dateutil import parser\n",
        "import awslambdaric\n",
    ],
)
def test_what_the_runtime_has_may_be_imported(project: Path, target: Target, code: str) -> None:
    preinstalled(project, code, target, ("boto3", "botocore"), LAMBDA)


@BOTH
def test_modules_of_a_preinstalled_distribution_with_another_name_may_be_imported(
    project: Path, target: Target
) -> None:
    preinstalled(project, "import yaml\n", target, ("PyYAML",), AGENTCORE)


@BOTH
def test_what_no_preinstalled_distribution_has_is_still_missed(project: Path, target: Target) -> None:
    with pytest.raises(PackageError, match="imports nowhere, which is neither"):
        preinstalled(project, "import boto3, nowhere\n", target, ("boto3",), LAMBDA)
    with pytest.raises(PackageError, match="imports awslambdaric, which is neither"):
        preinstalled(project, "import awslambdaric\n", target, (), AGENTCORE)


@BOTH
@pytest.mark.parametrize(
    "code",
    [
        "import __main__\n",
        "import builtins\ntry:\n    import nowhere\nexcept builtins.ImportError:\n    nowhere = None\n",
        "import builtins as b\ntry:\n    import nowhere\nexcept (OSError, b.Exception):\n    nowhere = None\n",
        "def later():\n    return 1\n    import nowhere\n",
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'vendor'))\nimport vendored\n",
        "import os, sys as s\ns.path += [os.path.join(os.path.dirname(__file__), 'vendor')]\nimport vendored\n",
        "import os\nfrom sys import path\npath.append(os.path.dirname(__file__) + '/vendor')\nimport vendored\n",
        "import os, site\nsite.addsitedir(os.path.dirname(__file__) + '/vendor')\nimport vendored\n",
        "import sys, json\nsys.modules['vendored'] = json\nimport vendored\n",
        "import app.paths\nimport vendored\n",
    ],
)
def test_valid_imports_are_accepted(project: Path, target: Target, code: str) -> None:
    (project / "app" / "vendor").mkdir()
    files = {
        "app/vendor/vendored.py": "",
        "app/paths.py": "import os, sys\nsys.path.append(os.path.dirname(__file__) + '/vendor')\n",
        "app/work.py": f"import json\n{code}",
    }

    assert build(project, files, target).manifest.name == "agent"


@BOTH
def test_code_that_only_reads_the_search_path_is_checked(project: Path, target: Target) -> None:
    code = "import json, os, sys\nFOUND = [entry for entry in sys.path if os.path.isdir(entry)]\nimport nowhere\n"

    assert "imports nowhere, which is neither" in problem(project, {"app/work.py": code}, target)


@pytest.mark.parametrize("ending", ["", "raise RuntimeError('wrong')\n"], ids=["imported", "rejected"])
def test_processes_that_a_module_starts_end_with_the_check(project: Path, tmp_path: Path, ending: str) -> None:
    mark = tmp_path / "pid"
    code = "import json, subprocess, sys\n"
    code += "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
    code += f"open({str(mark)!r}, 'w').write(str(child.pid))\n"
    began = time.monotonic()
    if ending:
        assert "RuntimeError: wrong" in problem(project, {"app/work.py": code + ending})
    else:
        build(project, {"app/work.py": code})

    assert time.monotonic() - began < 300  # as long as the process would have lived
    wait_until(lambda: has_ended(int(mark.read_text())), "the end of the process")


def has_ended(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True

"""The engine's own commands write a stack's file; the program gets the same values from the engine and from here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.program.config import read_config

pytestmark = pytest.mark.cli

PASSPHRASE = "engine"
PROJECT = f"""
name: small
runtime:
  name: python
  options: {{toolchain: pip, virtualenv: {sys.prefix}}}
config:
  names: {{type: array, items: {{type: string}}, default: [one, two]}}
  count: {{type: integer, default: 3}}
  enabled: {{type: boolean, default: false}}
  labels: {{type: object, default: {{b: <a>, a: 1}}}}
  word: {{type: string, default: ""}}
  ratio: {{default: 1.5}}
  short: 7
  aws:region: us-east-1
"""
PROGRAM = """
import os
import pathlib

pathlib.Path("given.json").write_text(os.environ["PULUMI_CONFIG"])
"""
WRITTEN = """
  small:a: yes
  small:b: 010
  small:c: 1_000
  small:d: 1:30
  small:e: 1e3
  small:f: 1.10
  small:g: 1e-7
  small:h: 2024-01-02
  small:i: ~
  small:j: [1, 1.5, yes, ~, {secure: 5}, {x: {y: "é<&>"}}]
  small:k: {2: a, true: b, 1.5: c}
  small:config:l: True
  small:m: 98446744073709551615
  small:n: 0x10
"""
COMMANDS = [
    ("count", "2048"),
    ("enabled", "true"),
    ("short", "010"),
    ("other:thing", "5"),
    ("--path", "labels.cost", "1234"),
    ("--path", "labels.ok", "true"),
    ("--path", "names[0]", "x"),
    ("--secret", "word", "hush"),
    ("--path", "--secret", "labels.key", "hush"),
    ("--type", "int", "typed", "5"),
]


def test_the_engine_and_the_sandbox_give_a_program_the_same_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "state").mkdir()
    pulumi(tmp_path, "stack", "init", "dev")
    for command in COMMANDS:
        pulumi(tmp_path, "config", "set", "--stack", "dev", *command)
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("config:\n", f"config:{WRITTEN}", 1))

    pulumi(tmp_path, "preview", "--stack", "dev")

    given = json.loads((tmp_path / "given.json").read_text())
    assert len(given) > len(COMMANDS)
    assert read_config(tmp_path, "dev", {}).values == given


def pulumi(folder: Path, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    done = subprocess.run(  # noqa: S603  the commands of this module
        ("pulumi", *arguments, "--non-interactive"),  # noqa: S607  the one on the PATH
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"pulumi {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"

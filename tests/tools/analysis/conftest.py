"""The project's data set as frames, as samples and as a workspace of the tools."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tools.analysis.sample import NamedTable, Question, Sample, build_sample
from tools.analysis.tables import read_table
from tools.analysis.workspace import Workspace

DATA = Path(__file__).parents[3] / "data"
EFFECT = Question("treat", "re78", ())


@dataclass
class Folder:
    """Tables that are the files of a folder, by stem."""

    files: dict[str, Path]
    about: str = ""

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def path(self, name: str) -> Path:
        return self.files[name]

    def notes(self) -> str:
        return self.about


@dataclass
class StoredFiles:
    """Files in memory."""

    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def put(self, name: str, body: bytes, content_type: str) -> None:
        self.files[name] = (body, content_type)


@pytest.fixture(scope="session")
def nsw() -> NamedTable:
    return NamedTable("nsw", read_table("nsw", DATA / "nsw.csv"))


@pytest.fixture(scope="session")
def cps() -> NamedTable:
    return NamedTable("cps", read_table("cps", DATA / "cps.csv"))


@pytest.fixture(scope="session")
def experiment(nsw: NamedTable) -> Sample:
    """The randomised experiment: treated and controls of nsw."""
    return build_sample(nsw, None, EFFECT)


@pytest.fixture(scope="session")
def survey(nsw: NamedTable, cps: NamedTable) -> Sample:
    """The treated of nsw against the men of the survey."""
    return build_sample(nsw, cps, EFFECT)


@pytest.fixture
def stored() -> StoredFiles:
    return StoredFiles()


@pytest.fixture
def workspace(stored: StoredFiles) -> Workspace:
    """The project's tables, and files in memory."""
    return Workspace(Folder({path.stem: path for path in DATA.glob("*.csv")}, "# Data"), stored)


@pytest.fixture
def simulated() -> Callable[..., NamedTable]:
    """Makes n rows whose effect on the treated is known: 2 for everybody; x1 decides treatment and
    outcome, and a curve is what the models of the tools do not know."""

    def make(seed: int = 1, n: int = 400, *, curved_y: bool = False, curved_t: bool = False) -> NamedTable:
        random = np.random.default_rng(seed)
        x1, x2 = random.normal(size=n), random.normal(size=n)
        treated = random.random(n) < 1 / (1 + np.exp(0.5 - x1 + (0.5 * x1**2 if curved_t else 0)))
        y = 1 + (3 * x1**2 if curved_y else 3 * x1) + 0.5 * x2 + 2 * treated + random.normal(size=n)
        return NamedTable("made", pd.DataFrame({"t": treated.astype(int), "y": y, "x1": x1, "x2": x2}))

    return make

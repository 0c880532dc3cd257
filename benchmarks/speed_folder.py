"""What the comparison of speed runs on: programs in environments of their own, and trees of code, in one folder.

Made once and used again; a tree whose recipe has changed is made anew. Nothing of the installed packages is executed.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import synthetic
from speed_runs import must, say

CHECKOUT = Path(__file__).parents[1]
COMPETITORS = ("ruff==0.17.6", "flake8==7.5.0", "fixit==2.2.1", "pylint==4.1.4")
LIBRARIES = (
    *("transformers==5.24.0", "sympy==1.14.0", "plotly==7.1.0", "scipy==1.17.1", "statsmodels==0.15.0"),
    *("django==5.2.19", "networkx==3.6.1", "sqlalchemy==2.1.9", "sphinx==9.0.4", "matplotlib==3.11.2"),
    *("botocore==1.44.8", "boto3==1.44.8"),
)
_SAME_EVERYWHERE = ("--no-deps", "--only-binary", ":all:", "--python-version", "3.12", "--python-platform", "linux")
"""Other people's code: wheels of which only the Python files are kept."""

FLOWS = 0.03
"""The part of the files of a monorepo that imports an SDK."""


@dataclass(frozen=True)
class Tree:
    """A git repository with code; ``flows`` are its modules with workflows, relative to its root."""

    root: Path
    files: int
    flows: tuple[str, ...]

    @property
    def flow(self) -> Path:
        """The workflow module that is edited: not the longest and not the shortest."""
        by_size = sorted(self.flows, key=lambda each: ((self.root / each).stat().st_size, each))
        return self.root / by_size[len(by_size) // 2]


class Folder:
    """The folder of the benchmark."""

    def __init__(self, top: Path) -> None:
        self.top = top
        top.mkdir(parents=True, exist_ok=True)

    def programs(self, commit: str = "") -> tuple[Path, Path]:
        """Return the folders of programs of steplint and of its competitors.

        steplint is installed as users have it, from the work tree or from a ``commit``.
        """
        tools = self._environment("tools", COMPETITORS)
        source = CHECKOUT
        if commit:
            source = self.top / "source"
            shutil.rmtree(source, ignore_errors=True)
            archive = subprocess.run(["git", "archive", commit], cwd=CHECKOUT, check=True, capture_output=True).stdout
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                packed.extractall(source, filter="data")
        own = self._environment("own", (str(source),), always=True)
        return own, tools

    def monorepo(self) -> Tree:
        """Return other people's code with modules of workflows among it."""

        def fill(root: Path) -> None:
            wheels = self.top / "wheels"
            shutil.rmtree(wheels, ignore_errors=True)
            say("installing libraries")
            _install(sys.executable, (*_SAME_EVERYWHERE, "--target", wheels, *LIBRARIES), self.top)
            for path in sorted(wheels.rglob("*.py")):
                target = root / "libs" / path.relative_to(wheels)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            shutil.rmtree(wheels)
            others = sum(1 for _ in root.rglob("*.py"))
            synthetic.write_flows(root, round(others * FLOWS / (1 - 3 * FLOWS)))

        return self._tree("monorepo", ["libraries", *LIBRARIES, FLOWS], fill)

    def generated(self, files: int) -> Tree:
        """Return a generated monorepo."""
        return self._tree(f"generated-{files}", ["generated", files], lambda root: synthetic.write(root, files))

    def flows_of(self, tree: Tree) -> Tree:
        """Return the modules with workflows of a tree, alone."""

        def fill(root: Path) -> None:
            for path in tree.flows:
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(tree.root / path, target)

        return self._tree(f"{tree.root.name}-flows", ["flows", tree.files, list(tree.flows)], fill)

    def module(self, name: str, text: Callable[[], str]) -> Tree:
        """Return a repository of one module with workflows."""
        return self._tree(name, [name], lambda root: (root / "flow_0.py").write_text(text(), "utf-8"))

    def cache(self, name: str) -> Path:
        """Return where a cache of that name is kept."""
        return self.top / "caches" / name

    def forget(self, name: str) -> None:
        """Remove a cache."""
        shutil.rmtree(self.cache(name), ignore_errors=True)

    def _tree(self, name: str, recipe: Sequence[object], fill: Callable[[Path], object]) -> Tree:
        root, note = self.top / "trees" / name, self.top / "trees" / f"{name}.json"
        written = json.dumps([*recipe, (CHECKOUT / "benchmarks" / "synthetic.py").stat().st_size])
        if not note.exists() or note.read_text("utf-8") != written:
            say(f"writing {name}")
            note.unlink(missing_ok=True)
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir(parents=True)
            fill(root)
            _committed(root)
            note.write_text(written, "utf-8")
        must(("git", "checkout", "--quiet", "."), root)  # what an interrupted run left edited
        paths = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.py"))]
        flows = tuple(path for path in paths if path.rpartition("/")[2].startswith("flow_"))
        return Tree(root, len(paths), flows)

    def _environment(self, name: str, packages: Iterable[str], *, always: bool = False) -> Path:
        home, note = self.top / name, self.top / f"{name}.json"
        programs = home / ("Scripts" if sys.platform == "win32" else "bin")
        recipe = json.dumps([sys.version, *packages])
        if not note.exists() or note.read_text("utf-8") != recipe:
            say(f"installing {' '.join(packages)}")
            shutil.rmtree(home, ignore_errors=True)
            must((sys.executable, "-m", "venv", "--without-pip", home), self.top)
        elif not always:
            return programs
        _install(programs / "python", (*(("--reinstall-package", "steplint") if always else ()), *packages), self.top)
        must((programs / "python", "-m", "compileall", "-q", home), self.top)
        note.write_text(recipe, "utf-8")
        return programs


def versions(programs: Path) -> Mapping[str, str]:
    """Return what is installed in an environment."""
    code = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    found: Mapping[str, str] = json.loads(must((programs / "python", "-c", code), programs))
    return found


def _install(python: Path | str, arguments: Sequence[str | Path], folder: Path) -> None:
    """Install with uv, which need not be in the environment itself."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise SystemExit("error: `uv` is not installed: it makes the environments of this benchmark")
    must((uv, "pip", "install", "--quiet", "--python", python, *arguments), folder)


def _committed(root: Path) -> None:
    who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.invalid")
    must(("git", "init", "--quiet"), root)
    must(("git", "add", "--all"), root)
    must(("git", *who, "commit", "--quiet", "--message", "what is measured"), root)

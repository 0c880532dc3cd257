"""Which module a file is, and which file an import means.

A folder without `__init__.py` may be on the import path, as `src` and `scripts` are, or be a namespace package. So a
file can have several names, and an import several candidates; the one nearest to the importing file is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable

_INIT = "/__init__.py"


class ModuleIndex:
    """The modules of a project, by every dotted name they can be imported under.

    ``libraries`` are top-level names of installed packages. A project module of such a name is believed only where
    its folder is above the importing file: elsewhere the import means the library. ``foreign`` are top-level names of
    packages that are often installed: an import of one is not led into a package that a script is started in.
    """

    def __init__(
        self, paths: Iterable[str], libraries: Container[str] = frozenset(), foreign: Container[str] = frozenset()
    ) -> None:
        self._paths = {path for path in paths if path.endswith(".py")}
        self._packages = packages_of(self._paths)
        self._libraries = libraries
        self._foreign = foreign
        self._tails: dict[int, dict[str, list[tuple[str, str]]]] = {}

    def find(self, importer: str, module: str, level: int = 0) -> str | None:
        """Return the file that ``module`` means in the file ``importer``, or None when it is not of the project.

        ``level`` counts the leading dots of a relative import. A package is its ``__init__.py``; a namespace package
        has no file.
        """
        if level:
            return self._relative(importer, module, level)
        candidates = self.candidates(importer, module)
        return candidates[0] if candidates else self._beside(importer, module)

    def candidates(self, importer: str, module: str) -> list[str]:
        """Return every file that an absolute import of ``module`` may mean, the most probable first."""
        folder = importer.rpartition("/")[0]
        own_only = module.partition(".")[0] in self._libraries
        ranked = [
            (not above, -len(_shared(base, folder)), path.count("/"), path)
            for base, path in self._named(module)
            if path != importer and ((above := _is_above(base, folder)) or not own_only)
        ]
        return [path for *_, path in sorted(ranked)]

    def name(self, path: str) -> str:
        """Return the dotted name of a file that people would use."""
        return module_name(path, self._packages)

    def names(self, path: str) -> tuple[str, ...]:
        """Return every dotted name that a file can be imported under, the longest first."""
        parts = _stem(path).split("/")
        starts = [at for at in range(len(parts)) if at == 0 or "/".join(parts[:at]) not in self._packages]
        return tuple(name for at in starts if (name := ".".join(parts[at:])))

    def _beside(self, importer: str, module: str) -> str | None:
        """Return what an import means where a program is started inside a package: its folder is searched then."""
        top = module.partition(".")[0]
        if top in self._libraries or top in self._foreign:
            return None
        folder = importer.rpartition("/")[0]
        while folder in self._packages and folder:
            found = self._file(f"{folder}/{module.replace('.', '/')}")
            if found is not None and found != importer:
                return found
            folder = folder.rpartition("/")[0]
        return None

    def _relative(self, importer: str, module: str, level: int) -> str | None:
        folders = importer.split("/")[:-1]
        if level - 1 > len(folders):
            return None
        kept = folders[: len(folders) - level + 1]
        return self._file("/".join([*kept, *module.split(".")] if module else kept))

    def _file(self, stem: str) -> str | None:
        package = f"{stem}{_INIT}".lstrip("/")
        plain = f"{stem}.py"
        return package if package in self._paths else plain if plain in self._paths else None

    def _named(self, module: str) -> list[tuple[str, str]]:
        """Return the files that can be called ``module``, each with the folder that the name starts in."""
        length = module.count(".") + 1
        if length not in self._tails:
            self._tails[length] = self._by_tail(length)
        return self._tails[length].get(module.replace(".", "/"), [])

    def _by_tail(self, length: int) -> dict[str, list[tuple[str, str]]]:
        tails: dict[str, list[tuple[str, str]]] = {}
        for path in self._paths:
            stem = _stem(path)
            parts = stem.rsplit("/", length)
            base = parts[0] if len(parts) > length else ""
            tail = stem[len(base) :].lstrip("/")
            if (
                (base == "" or base not in self._packages)
                and tail.count("/") == length - 1
                and self._file(stem) == path
            ):
                tails.setdefault(tail, []).append((base, path))
        return tails


def packages_of(paths: Iterable[str]) -> set[str]:
    """Return the folders that have an ``__init__.py``; the root is an empty text."""
    inits = (path for path in paths if path.endswith(_INIT) or path == _INIT[1:])
    return {path.rpartition("/")[0] for path in inits}


def module_name(path: str, packages: Collection[str]) -> str:
    """Return the dotted name of a file: from its outermost package on, or from the root where it is in none.

    A leading ``src`` is not part of a name.
    """
    parts = _stem(path).split("/")
    start = len(parts) - 1
    while start > 0 and "/".join(parts[:start]) in packages:
        start -= 1
    if start == len(parts) - 1 and not path.endswith(_INIT):
        start = 1 if len(parts) > 1 and parts[0] == "src" else 0
    return ".".join(parts[start:])


def _stem(path: str) -> str:
    return path.removesuffix(_INIT) if path.endswith(_INIT) else path.removesuffix(".py").removesuffix("__init__")


def _is_above(base: str, folder: str) -> bool:
    return base == "" or folder == base or folder.startswith(f"{base}/")


def _shared(left: str, right: str) -> list[str]:
    shared = []
    for one, other in zip(left.split("/"), right.split("/"), strict=False):
        if one != other:
            break
        shared.append(one)
    return [part for part in shared if part]

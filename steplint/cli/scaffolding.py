"""One run of `new` from flags to exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steplint.cli.session import Session
from steplint.cli.stop import Stop

if TYPE_CHECKING:
    from steplint.config import Loaded
    from steplint.project.scaffold import File


def new_rule(session: Session, name: str, pack: str | None, code: str) -> int:
    """Write the files of a rule, and say what to do with them."""
    from steplint.cache import Cache
    from steplint.project.rulesets import ruleset
    from steplint.project.scaffold import rule_files

    settings = session.loaded.settings
    folder = session.relative(pack) if pack else next(iter(settings.rule_packs), "step_rules")
    rules = ruleset(_as_it_is(session.loaded), Cache.open(None, "")).packs.rules
    _write(session, rule_files(name, session.loaded.root / folder, rules.values(), code))
    if folder not in settings.rule_packs:
        click.echo(f'add it to the configuration: rule-packs = ["{folder}"]', err=True)
    stem = name.replace("-", "_")
    click.echo(f"its example fails until the check finds it: python -m steplint.testing {folder}/{stem}.md", err=True)
    return 0


def new_dialect(session: Session, name: str, to: str) -> int:
    """Write the files of a dialect, and say what to do with them."""
    from steplint.cache import Cache
    from steplint.project.scaffold import dialect_files
    from steplint.project.tables import known

    folder = session.relative(to)
    dialects = known(_as_it_is(session.loaded), Cache.open(None, "")).dialects
    _write(session, dialect_files(name, session.loaded.root / folder, dialects))
    click.echo(f'add it to the configuration: dialects = ["{folder}/{name}.toml"]', err=True)
    click.echo(f"its example fails until the table says it: python -m steplint.testing {folder}/{name}.toml", err=True)
    return 0


def _as_it_is(loaded: Loaded) -> Loaded:
    """Return settings without packs and tables that are not there yet: the first file of one is about to be written."""
    from msgspec.structs import replace

    settings = loaded.settings
    packs = tuple(each for each in settings.rule_packs if (loaded.root / each).is_dir())
    tables = tuple(each for each in settings.dialects if not each.endswith(".toml") or (loaded.root / each).is_file())
    return replace(loaded, settings=replace(settings, rule_packs=packs, dialects=tables))


def _write(session: Session, files: Sequence[File]) -> None:
    for each in files:
        if each.path.exists():
            raise Stop(f"`{_shown(session, each.path)}` exists already", "choose another name, or remove it")
    for each in files:
        each.path.parent.mkdir(parents=True, exist_ok=True)
        each.path.write_text(each.text, "utf-8")
        click.echo(f"wrote {_shown(session, each.path)}", err=True)


def _shown(session: Session, path: Path) -> str:
    return session.shown(path.relative_to(session.loaded.root).as_posix())

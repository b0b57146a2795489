"""The pages' own JavaScript: small, whole as it is written, and looked at by the linter."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data import REPOSITORY

MOST_BYTES = 100_000
SCRIPTS = sorted(path for folder in ("web", "hq") for path in (REPOSITORY / folder).rglob("*.js"))
MODULES = sorted((REPOSITORY / "web" / "static" / "js").glob("*.js"))


def lint(*paths: Path) -> "subprocess.CompletedProcess[str]":
    oxlint = Path(sys.executable).with_name("oxlint")
    config = REPOSITORY / ".oxlintrc.json"
    command = [str(oxlint), "--deny-warnings", "--config", str(config), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_all_scripts_together_are_small(record_property: Callable[[str, object], None]) -> None:
    sizes = {path.relative_to(REPOSITORY).as_posix(): path.stat().st_size for path in SCRIPTS}
    total = sum(sizes.values())
    record_property("javascript_bytes", total)
    print(f"{total / 1000:.1f} kB of JavaScript in {len(sizes)} files (at most {MOST_BYTES / 1000:.0f})")
    assert total < MOST_BYTES, sizes


def test_the_linter_finds_nothing_in_them() -> None:
    told = lint(*SCRIPTS)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("no-undef", "export const a = missing;\n"),
        ("no-unused-vars", "function unused() {}\n"),
        ("eqeqeq", "export const same = (a, b) => a == b;\n"),
        ("no-var", "export var a = 1;\n"),
    ],
)
def test_the_linter_would_find(rule: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text(text, "utf-8")
    told = lint(tmp_path)
    assert told.returncode == 1
    assert rule in told.stdout


def test_every_module_is_reached_from_a_page() -> None:
    templates = (REPOSITORY / "web" / "templates").glob("*.html")
    waiting = {name for page in templates for name in re.findall(r"js/([a-z-]+\.js)", page.read_text("utf-8"))}
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        text = (REPOSITORY / "web" / "static" / "js" / name).read_text("utf-8")
        waiting |= set(re.findall(r'from "\./([a-z-]+\.js)"', text)) - reached
    assert reached == {path.name for path in MODULES}

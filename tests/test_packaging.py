"""What is shipped is whole and locked: every package listed, every version pinned by its hash, set-up that says why."""

import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests import repository
from tests.data import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
LOCKS = ("base", "dev")

# What a station may run on, as markers see it.
TARGETS = [
    {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "extra": "",
    }
    for version in ("3.11", "3.12", "3.13")
    for machine in ("x86_64", "aarch64")
]


@dataclass(frozen=True, slots=True)
class Pin:
    """One entry of a lock file."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]

    def holds_on(self, target: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(target)


def lock_text(lock: str) -> str:
    return (REPOSITORY / "requirements" / f"{lock}.txt").read_text("utf-8")


def pins(lock: str) -> list[Pin]:
    """Return the entries of a lock file; raise ValueError at a line that is none."""
    found = []
    for line in lock_text(lock).replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement, *options = re.split(r"\s+--", line.strip())
        parsed = Requirement(requirement)
        exact = re.fullmatch(r"==([^,*]+)", str(parsed.specifier))
        if exact is None or not all(re.fullmatch(r"hash=sha256:[0-9a-f]{64}", option) for option in options):
            raise ValueError(f"not pinned by version and hash: {line}")
        found.append(Pin(canonicalize_name(parsed.name), Version(exact[1]), parsed.marker, tuple(options)))
    return found


def declared(lock: str) -> list[Requirement]:
    """Return the requirements of pyproject.toml that a lock must meet."""
    extras = PROJECT["project"]["optional-dependencies"]
    texts = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    if lock == "dev":
        texts += [text for extra in ("dev", "train", "postgres", "s3") for text in extras[extra]]
    return [Requirement(text) for text in texts]


# -- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_version_and_hash(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_folder(lock: str) -> None:
    text = lock_text(lock)

    assert "://" not in text
    assert "/" not in text
    assert re.findall(r"^\s*-", re.sub(r"^    --hash=\S+", "", text, flags=re.M), re.M) == [], "an option of pip"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_meets_what_the_project_declares_on_every_target(lock: str) -> None:
    for target in TARGETS:
        here = {pin.name: pin.version for pin in pins(lock) if pin.holds_on(target)}
        unmet = [
            str(requirement)
            for requirement in declared(lock)
            if canonicalize_name(requirement.name) not in here
            or not requirement.specifier.contains(here[canonicalize_name(requirement.name)])
        ]
        assert unmet == [], f"{target['platform_machine']}, {target['python_version']}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_one_version_of_a_package_on_every_target(lock: str) -> None:
    for target in TARGETS:
        names = [pin.name for pin in pins(lock) if pin.holds_on(target)]
        assert len(names) == len(set(names))


def test_developers_run_the_versions_that_stations_run() -> None:
    developers = {(pin.name, pin.version) for pin in pins("dev")}

    assert {(pin.name, pin.version) for pin in pins("base")} <= developers


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_holds_a_framework_for_training(lock: str) -> None:
    heavy = [pin.name for pin in pins(lock) if re.match(r"torch|tensorflow|nvidia-|triton|onnxruntime", pin.name)]

    assert heavy == []


def test_a_station_runs_on_any_linux_machine_by_the_same_packages() -> None:
    by_machine = [
        {pin.name for pin in pins("base") if pin.holds_on(target)}
        for target in TARGETS
        if target["python_version"] in ("3.11", "3.13")
    ]

    assert all(names == by_machine[0] for names in by_machine), "a package for one target alone: does it have wheels?"


def test_what_building_needs_is_what_the_lock_is_made_from() -> None:
    lines = (REPOSITORY / "requirements" / "build.in").read_text("utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#")] == PROJECT["build-system"]["requires"]


# -- packages --------------------------------------------------------------------------------------------------------


def packages_on_disk() -> set[str]:
    """Return the packages below the six top folders, by their dotted names.

    Migrations are none: a tool finds them by their path, so they are shipped as data.
    """
    tops = PROJECT["tool"]["importlinter"]["root_packages"]
    folders = {path.parent.relative_to(REPOSITORY) for path in repository.files(".py")}
    return {
        ".".join(folder.parts)
        for folder in folders
        if folder.parts and folder.parts[0] in tops and "migrations" not in folder.parts
    }


def test_every_package_is_listed_and_none_is_missing() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages_on_disk()


def test_every_data_file_of_a_package_is_shipped() -> None:
    listed = PROJECT["tool"]["setuptools"]["package-data"]
    shipped = {
        path
        for package, patterns in listed.items()
        for pattern in patterns
        for path in Path(REPOSITORY, *package.split(".")).glob(pattern)
    }
    tops = PROJECT["tool"]["importlinter"]["root_packages"]
    data = [
        path for path in repository.files() if path.relative_to(REPOSITORY).parts[0] in tops and path.suffix != ".py"
    ]

    assert [
        repository.relative(path) for path in data if path not in shipped and path.suffix not in (".po", ".cfg", ".md")
    ] == []


def silent_ignores(mark: str, files: list[Path]) -> list[str]:
    """Return the lines that ignore a finding without naming it and saying why."""
    pattern = re.compile(mark + r"(?P<codes>: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|\[[a-z, -]+\])?(?P<why>.*)")
    return [
        f"{repository.relative(path)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if (match := pattern.search(line)) and not (match["codes"] and len(match["why"].strip(" #")) > 3)
    ]


# One letter of each mark stands in brackets, so that this file does not find itself.


def test_every_ignored_finding_of_ruff_says_why() -> None:
    assert silent_ignores("# n[o]qa", repository.files(".py")) == []


def test_every_ignored_finding_of_mypy_in_the_programs_says_why() -> None:
    tops = PROJECT["tool"]["importlinter"]["root_packages"]
    checked = [path for path in repository.files(".py") if path.relative_to(REPOSITORY).parts[0] in tops]

    assert silent_ignores("# type: i[g]nore", checked) == []


# -- scripts ---------------------------------------------------------------------------------------------------------

SCRIPTS = sorted((REPOSITORY / "scripts").glob("*.sh"))


@pytest.mark.parametrize("script", [*SCRIPTS, REPOSITORY / ".ci" / "run"], ids=repository.relative)
def test_a_script_may_be_run_and_parses(script: Path) -> None:
    shell = "bash" if "bash" in script.read_text("utf-8").splitlines()[0] else "sh"

    assert os.access(script, os.X_OK)
    subprocess.run([shell, "-n", str(script)], check=True, timeout=10)


def test_make_alone_says_what_there_is() -> None:
    told = subprocess.run(
        ["make", "-C", str(REPOSITORY)], capture_output=True, text=True, check=True, timeout=10
    ).stdout

    for target in ("run", "test", "lint", "bench", "screenshots", "lighthouse", "lock", "fresh", "pi"):
        assert f"make {target} " in told


def fake_python(folder: Path, name: str, *, version: tuple[int, int], has_venv: bool = True) -> None:
    """Put a Python into a folder that answers as one of this version would, with or without Debian's python3-venv."""
    fine = "exit 0" if version >= (3, 11) else "exit 1"
    path = folder / name
    path.write_text(
        f'#!/bin/sh\ncase "$2" in *version_info*) {fine} ;; *ensurepip*) exit {0 if has_venv else 1} ;; esac\n',
        "utf-8",
    )
    path.chmod(0o755)


def find_python(path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", str(REPOSITORY / "scripts" / "python.sh")],
        env={"PATH": str(path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )


def test_the_newest_usable_python_is_found(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", version=(3, 11))
    fake_python(tmp_path, "python3.12", version=(3, 12))

    assert find_python(tmp_path).stdout.strip() == str(tmp_path / "python3.12")


def test_a_python_that_cannot_make_environments_is_passed_over(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.13", version=(3, 13), has_venv=False)
    fake_python(tmp_path, "python3.11", version=(3, 11))

    assert find_python(tmp_path).stdout.strip() == str(tmp_path / "python3.11")


def test_without_a_recent_python_one_line_says_so(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", version=(3, 9))

    answer = find_python(tmp_path)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert "needs Python 3.11" in answer.stderr


def test_without_the_venv_module_one_line_says_what_to_install(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", version=(3, 11), has_venv=False)

    answer = find_python(tmp_path)

    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "apt install python3-venv" in answer.stderr


def test_a_python_named_by_its_user_is_the_only_candidate(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", version=(3, 11))
    fake_python(tmp_path, "mine", version=(3, 9))

    assert find_python(tmp_path, PYTHON="mine").returncode == 1
    assert "mine" in find_python(tmp_path, PYTHON="mine").stderr


def environment_with_pip(venv: Path, pip: str) -> None:
    """Put an environment into a folder whose Python is a script that plays pip with shell code."""
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.write_text(f'#!/bin/sh\ncase "$1" in -c) exit 0 ;; esac\necho "$@" >>{venv}/asked\n{pip}\n', "utf-8")
    python.chmod(0o755)


def set_up(venv: Path, lock: str = "base") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", str(REPOSITORY / "scripts" / "venv.sh"), lock],
        env={"PATH": os.environ["PATH"], "VENV": str(venv)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_folder_that_cannot_be_written_is_said_in_one_line() -> None:
    answer = set_up(Path("/proc/none/.venv"))  # /proc takes no new folder, not even from root

    assert answer.returncode == 1
    assert "cannot make /proc/none/.venv" in answer.stderr.splitlines()[-1]


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"")

    answer = set_up(tmp_path)

    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_failed_download_is_said_in_one_line_and_nothing_counts_as_installed(tmp_path: Path) -> None:
    environment_with_pip(tmp_path, "echo 'ERROR: Could not find a version of waitress' >&2; exit 1")

    answer = set_up(tmp_path)

    assert answer.returncode == 1
    assert "no network?" in answer.stderr.splitlines()[-1]
    assert "Could not find a version of waitress" in answer.stderr.splitlines()[-1]
    assert not (tmp_path / "installed-base").exists()


def test_only_wheels_whose_hash_is_locked_are_installed(tmp_path: Path) -> None:
    environment_with_pip(tmp_path, "exit 0")

    set_up(tmp_path)

    asked = (tmp_path / "asked").read_text("utf-8").splitlines()[0]
    assert "--require-hashes" in asked
    assert "--only-binary :all:" in asked
    assert "-r requirements/base.txt" in asked


def test_a_second_set_up_asks_nothing_of_pip_and_says_nothing(tmp_path: Path) -> None:
    environment_with_pip(tmp_path, "exit 0")
    set_up(tmp_path)
    asked = (tmp_path / "asked").read_text("utf-8")

    answer = set_up(tmp_path)

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert (tmp_path / "asked").read_text("utf-8") == asked


def test_another_lock_is_installed_over_the_old_one(tmp_path: Path) -> None:
    environment_with_pip(tmp_path, "exit 0")
    set_up(tmp_path)
    (tmp_path / "installed-base").write_text("of an older lock", "utf-8")
    asked = (tmp_path / "asked").read_text("utf-8")

    set_up(tmp_path)

    assert (tmp_path / "asked").read_text("utf-8") == asked * 2


def test_a_development_environment_serves_a_station_as_well(tmp_path: Path) -> None:
    environment_with_pip(tmp_path, "exit 0")
    set_up(tmp_path, "dev")

    assert set_up(tmp_path, "base").stderr == ""

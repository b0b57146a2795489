"""What is written is true: every command, setting and reason is documented, and every link leads somewhere."""

import re
from pathlib import Path

import click
import pytest

from checkpoint.policy.guards import verdict_on_problem
from checkpoint.reasons import ABOUT_CASSETTE, ABOUT_STATION, Reason
from tests import repository, write_docs
from tests.data import REPOSITORY

DOCS = REPOSITORY / "docs"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.M)
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


# -- commands --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def programs() -> dict[str, click.Command]:
    pytest.importorskip("hq.cli", reason="hq.cli does not exist yet")
    return write_docs.programs()


@pytest.fixture(scope="module")
def commands(programs: dict[str, click.Command]) -> list[write_docs.Documented]:
    return [one for program, main in programs.items() for one in write_docs.walk(main, program)]


def test_every_command_says_what_it_does(commands: list[write_docs.Documented]) -> None:
    assert [one.words for one in commands if not (one.command.help or "").strip()] == []


def test_every_command_shows_an_example(commands: list[write_docs.Documented]) -> None:
    without = [
        one.words
        for one in commands
        if not re.search(rf"\bExamples?: .*\b{re.escape(one.words)}\b", " ".join(one.help.split()))
    ]

    assert without == [], 'the help of these has no "Example: " with the command itself'


def test_every_option_says_what_it_does(commands: list[write_docs.Documented]) -> None:
    silent = [
        f"{one.words} {option.opts[0]}"
        for one in commands
        for option in one.command.params
        if isinstance(option, click.Option) and not option.hidden and not (option.help or "").strip()
    ]

    assert silent == []


def test_the_commands_page_is_what_the_programs_say(programs: dict[str, click.Command]) -> None:
    written = (DOCS / "commands.md").read_text("utf-8")

    assert written == write_docs.commands_page(programs), "run `make docs`"


# -- settings --------------------------------------------------------------------------------------------------------


def test_every_setting_says_what_it_means() -> None:
    silent = sorted(
        {
            f"{setting.table} {setting.key}".strip()
            for model in write_docs.configurations().values()
            for setting in write_docs.settings_of(model)
            if not setting.description
        }
    )

    assert silent == []


def test_the_settings_page_is_what_the_models_say() -> None:
    written = (DOCS / "settings.md").read_text("utf-8")

    assert written == write_docs.settings_page(write_docs.configurations()), "run `make docs`"


# -- reasons ---------------------------------------------------------------------------------------------------------


def reason_rows() -> list[tuple[str, list[str]]]:
    """Return the rows of docs/reasons.md: the code, and the cells after it."""
    row = re.compile(r"^\| `([a-z-]+)` \| (.+) \|$", re.M)
    page = (DOCS / "reasons.md").read_text("utf-8")
    return [(code, [cell.strip() for cell in cells.split(" | ")]) for code, cells in row.findall(page)]


def test_every_reason_code_is_explained_once_and_none_is_invented() -> None:
    assert sorted(code for code, _ in reason_rows()) == sorted(Reason)


@pytest.mark.parametrize(
    ("heading", "group"), [("The station itself", ABOUT_STATION), ("Reading a cassette", ABOUT_CASSETTE)]
)
def test_the_reasons_that_no_rule_may_give_stand_under_their_own_heading(heading: str, group: frozenset[str]) -> None:
    page = (DOCS / "reasons.md").read_text("utf-8")
    section = page.partition(f"## {heading}")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", section, re.M)) == sorted(group)


def test_every_reason_says_what_to_do_in_both_languages() -> None:
    incomplete = [
        code
        for code, cells in reason_rows()
        if len(cells) not in (3, 4) or not all(cells) or not CHINESE.search(cells[-1]) or CHINESE.search(cells[-2])
    ]

    assert incomplete == []


def test_the_verdict_written_beside_a_reason_is_the_one_it_leads_to() -> None:
    admitting = {Reason.RULES_MET, Reason.OVERRIDDEN}
    wrong = [
        f"{code}: {cells[0]}"
        for code, cells in reason_rows()
        if len(cells) == 4
        and cells[0] != ("admit" if Reason(code) in admitting else verdict_on_problem(Reason(code)).value)
    ]

    assert wrong == []


# -- the text as a whole ---------------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that the headings of a Markdown page get: lower case, punctuation gone, dashes for spaces."""
    text = FENCED.sub("", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def broken_links(page: Path) -> list[str]:
    """Return the links of a page within the repository that lead nowhere."""
    broken = []
    for match in LINK.finditer(FENCED.sub("", page.read_text("utf-8"))):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):  # https:, mailto:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            broken.append(target)
    return broken


def test_every_link_within_the_repository_leads_somewhere() -> None:
    broken = {repository.relative(page): links for page in repository.files(".md") if (links := broken_links(page))}

    assert broken == {}


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Two words\n[good](#two-words) [web](https://example.org) [bad](none.md) [worse](#three)\n", "utf-8"
    )

    assert broken_links(page) == ["none.md", "#three"]


def test_every_page_stands_in_the_index_of_its_folder() -> None:
    unlisted = [
        repository.relative(page)
        for page in repository.files(".md")
        if page.is_relative_to(DOCS)
        and page.name != "README.md"
        and f"]({page.name})" not in (page.parent / "README.md").read_text("utf-8")
    ]

    assert unlisted == []


def test_the_text_names_no_folder_of_one_machine_and_no_package_index() -> None:
    # One letter of each word stands in brackets, so that this file does not find itself.
    private = re.compile(r"(?<![\w.])/(?:[w]ork|[r]oot|[h]ome|[U]sers)/\w|[p]ypi\.org|[p]ythonhosted|[n]pmjs\.")

    found = [
        f"{repository.relative(path)}:{number}: {line.strip()[:100]}"
        for path, text in repository.texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if private.search(line)
    ]

    assert found == []

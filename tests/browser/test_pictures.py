"""The pictures of the pages: none is forgotten, and all together they stay light. Taken by `make screenshots`."""

import re
from pathlib import Path

from flask import Flask

from hq.app import create_app
from hq.config import Config
from tests.browser.picture_list import DESK, FOLDER, LANGUAGES, MOST_BYTES, SIZES, STATION
from tests.data import REPOSITORY
from tests.web.pages import make_pages

NOT_PAGES = {
    "station": {
        *("static", "pulse.events", "pulse.now", "pulse.run", "health.healthz", "offline.worker"),  # for programs
        *("gate.home", "set_up.settings"),  # lead to a page
        *(
            "gate.live",
            "gate.card",
            "gate.vehicle_part",
            "bench.board",
            "bench.panel",
            "kits.stock",
            "shift.sheet_part",
        ),
        *("health.part", "health.status", "demo.now"),  # parts of a page, made anew
        *("kits.code", "set_up.sharpness", "set_up.invitation"),  # answers to a page's own questions
        *("log.photo", "export.table", "support.bundle", "offline.certificate"),  # files
    },
    "headquarters": {
        *("static", "healthz", "metrics.metrics", "openapi.document", "live.events"),  # for programs
        *("live.alarm", "alerts.live", "overview.live", "stations.live"),  # parts of a page, made anew
        *("records.photo", "records.download", "audit.download", "rules.download"),  # files
    },
}


def pages_of(app: Flask, not_pages: set[str]) -> set[str]:
    """Return the names of what somebody can open."""
    named = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert not_pages <= named, f"no longer in the URL map: {sorted(not_pages - named)}"
    return named - not_pages


def test_every_page_of_the_station_has_its_picture(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, demo=True)
    try:
        assert pages_of(pages.app, NOT_PAGES["station"]) == {picture.endpoint for picture in STATION}
    finally:
        pages.parts.journal.close()


def test_every_page_of_headquarters_has_its_picture(tmp_path: Path) -> None:
    app = create_app(Config(data=tmp_path))
    try:
        assert pages_of(app, NOT_PAGES["headquarters"]) == {picture.endpoint for picture in DESK}
    finally:
        app.extensions["office"].store.close()


def test_the_folder_holds_what_the_list_says_in_both_languages_and_three_sizes() -> None:
    listed = {p.path(size, lang).name for p in (*STATION, *DESK) for size in SIZES for lang in LANGUAGES}
    assert {path.name for path in FOLDER.iterdir()} == listed


def test_all_pictures_together_stay_light() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES


def test_pictures_in_the_readme_exist_and_say_what_they_show() -> None:
    text = (REPOSITORY / "README.md").read_text("utf-8")
    shown = [(caption, path) for caption, path in re.findall(r"!\[([^\]]*)\]\((docs/screenshots/[^)]+)\)", text)]
    shown += [(caption, path) for path, caption in re.findall(r'<img src="(docs/[^"]+)"[^>]* alt="([^"]*)"', text)]
    assert len(shown) == text.count("docs/screenshots/")
    assert all(len(caption) > 20 for caption, _ in shown)
    assert all((REPOSITORY / path).is_file() for _, path in shown)

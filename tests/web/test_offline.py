"""Installable and believed: the worker, the page without a station, the certificate."""

import json
from pathlib import Path

from tests.web.pages import Pages, make_pages
from web import STATIC

PEM, FINGERPRINT = b"-----BEGIN CERTIFICATE-----\n", "AB:CD"


def test_the_worker_keeps_no_page_of_the_station(pages: Pages) -> None:
    script = pages.client(None).get("/worker.js")
    assert script.mimetype == "text/javascript"
    kept = script.text.split("FILES = ")[1].split(";")[0]
    assert "/offline" in kept
    assert not any(path in kept for path in ("/gate", "/bench", "/log", "/kits"))


def test_the_worker_changes_with_the_files_it_keeps(pages: Pages) -> None:
    assert pages.app.static_url_path.rsplit("/", 1)[-1] in pages.client(None).get("/worker.js").text


def test_the_page_out_of_reach_offers_nothing_that_would_be_lost(pages: Pages) -> None:
    answer = pages.client(None).get("/offline")
    assert "Nothing can be recorded from this tablet now." in answer.text
    assert not any(mark in answer.text for mark in ("<form", "<button", "<a ", "<input"))


def test_the_manifest_can_be_installed() -> None:
    manifest = json.loads((STATIC / "station.webmanifest").read_text("utf-8"))
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/gate", "/")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        assert (STATIC / icon["src"]).is_file()


def test_a_tablet_learns_to_trust_the_station_before_anybody_logs_in(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, authority=(PEM, FINGERPRINT))
    anyone = pages.client(None)
    assert FINGERPRINT in anyone.see("/trust")
    assert "Trust this station" in anyone.see("/login")
    answer = anyone.get("/authority.crt")
    assert (answer.data, answer.mimetype) == (PEM, "application/x-x509-ca-cert")
    pages.parts.journal.close()


def test_without_https_there_is_nothing_to_trust(pages: Pages) -> None:
    assert pages.client(None).get("/trust").status_code == 404
    assert pages.client(None).get("/authority.crt").status_code == 404

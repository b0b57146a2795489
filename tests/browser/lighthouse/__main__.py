"""`python -m tests.browser.lighthouse [PAGE ...]`: Lighthouse's opinion of every page of the running demonstration.

Lighthouse drives a real Chromium over its debugging port, logged in as an administrator, at a tablet's size, with its
own settings for a desktop's network and processor. `make lighthouse` installs what it needs first. The exit code is 1
where a page has less than 95 in a category.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from station.folders import Folders
from tests.browser.conftest import ARGUMENTS
from tests.browser.programs import Running, demonstration, unused_ports
from web.officers import Officers, Role

ADMIN, PIN = "李主任 Li", "3333"
LEAST = 95
CATEGORIES = ("performance", "accessibility", "best-practices")
PAGES = ("login", "gate", "bench", "log", "kits", "shift", "health", "settings")
# The live pictures never stop arriving, so the network of a page is never still; this much of it is looked at.
LOOKED_AT_MS = 12_000
OPTIONS = (
    "--quiet",
    "--output=json",
    "--preset=desktop",
    f"--only-categories={','.join(CATEGORIES)}",
    f"--max-wait-for-load={LOOKED_AT_MS}",
    "--screenEmulation.width=1280",
    "--screenEmulation.height=800",
    "--disable-storage-reset",  # else it would log out
    "--no-enable-error-reporting",
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A page's points, 0 to 100 by category, and what cost some of them."""

    page: str
    points: dict[str, int]
    findings: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether every category has what is asked for."""
        return all(points >= LEAST for points in self.points.values())


def opinion_of(page: str, report: dict[str, Any]) -> Opinion:
    """Return what a report of Lighthouse's says; raise ValueError where it could not judge a category."""
    points, findings = {}, []
    for name in CATEGORIES:
        category = report["categories"][name]
        if category["score"] is None:
            raise ValueError(
                f"{page}: Lighthouse could not judge {name}: {report.get('runtimeError', 'no reason given')}"
            )
        points[name] = round(category["score"] * 100)
        for part in category["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                findings.append(f"{name}: {audit['title']} {audit.get('displayValue', '')}".rstrip())
    return Opinion(page, points, tuple(findings))


def main(pages: tuple[str, ...] = PAGES) -> int:
    """Start the demonstration, ask about each page, print a table; return the exit code."""
    program = Path(os.environ["LIGHTHOUSE"])
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium: apt install chromium")
    width = max(map(len, pages))
    print(" " * width, *(f"{name:>15}" for name in CATEGORIES), flush=True)
    opinions = []
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        folder, [debugging, *ports] = Path(data), unused_ports(4)
        Officers(Folders(folder / "station").officers).add(ADMIN, PIN, Role.ADMIN)
        with demonstration(folder, ports=ports) as running:
            context = playwright.chromium.launch_persistent_context(
                str(folder / "profile"),
                executable_path=chromium,
                args=[*ARGUMENTS, f"--remote-debugging-port={debugging}"],
            )
            for name in pages:
                if name != "login":
                    log_in(context.pages[0], running)
                found = ask(program, f"{running.station}/{name}", debugging, folder / "report.json")
                opinions.append(opinion_of(name, found))
                print(f"{name:{width}}", *(f"{points:15}" for points in opinions[-1].points.values()), flush=True)
            context.close()
    for opinion in opinions:
        for finding in opinion.findings:
            print(f"{opinion.page}: {finding}")
    return 0 if all(opinion.enough for opinion in opinions) else 1


def log_in(page: Page, running: Running) -> None:
    """Log the administrator in, where they are not yet, and leave no live page open beside the one that is judged."""
    page.goto(f"{running.station}/health")
    if "/login" in page.url:
        page.get_by_text(ADMIN).click()
        page.locator("#pin").fill(PIN)
        page.locator(".enter").click()
        page.wait_for_url(lambda url: "/login" not in url)
    page.goto("about:blank")


def ask(program: Path, url: str, debugging: int, report: Path) -> dict[str, Any]:
    """Return Lighthouse's report on a page, by a Chromium that listens on a debugging port."""
    command = ["node", str(program), url, f"--port={debugging}", f"--output-path={report}", *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode:
        raise SystemExit(f"Lighthouse could not look at {url}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    if "/login" in found["finalDisplayedUrl"] and not url.endswith("/login"):
        raise SystemExit(f"Lighthouse saw the log-in in place of {url}")
    return found


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or PAGES))

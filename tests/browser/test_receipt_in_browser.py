"""From one checkpoint's green to the next: the receipt off the tablet's screen, verified without a network."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.credentials import CredentialReader, TrustList
from checkpoint.credentials.receipt import ReceiptFormat, headquarters
from checkpoint.crossing import Lamp, Verdict
from checkpoint.sync import Enrolment
from checkpoint.sync.client import VOUCHER
from hq.keys import HqKeys
from hq.stations.vouching import voucher_for
from station.receipts import Receipts
from tests.browser.conftest import Served
from tests.checkpoint.station_parts import OFFICER, Parts
from tests.web.pages import CHEN
from vision.qr import Scanner

pytestmark = pytest.mark.browser


def vouched(served: Served, folder: Path) -> TrustList:
    """Enrol the served station, and return what the next checkpoint trusts: headquarters' key alone."""
    parts, hq, key = served.pages.parts, HqKeys.open(folder / "hq"), Ed25519PrivateKey.generate()
    public = hq.signing.public_key()
    Enrolment("lane-1", "Lane 1", "https://hq.example", public.public_bytes_raw(), key).save(folder / "keys")
    now = parts.clock.now().wall
    voucher = voucher_for("lane-1", key.public_key().public_bytes_raw(), hq, now)
    parts.journal.outbox.remember(VOUCHER, voucher)
    extensions = served.pages.app.extensions
    receipts = Receipts(folder / "keys", parts.journal, parts.clock)
    extensions["services"] = replace(extensions["services"], receipt=receipts)
    return TrustList(keys=(headquarters(public),), as_of=now)


def test_a_receipt_photographed_off_the_tablet_is_verified_at_the_next_checkpoint(
    served: Served, tmp_path: Path
) -> None:
    trust = vouched(served, tmp_path)
    here = served.pages.parts
    here.gate.present([here.codes.naat("张伟", here.hours_ago(5))], officer=CHEN)
    page = served.tablet(CHEN)
    page.locator("#receipt").click()
    page.wait_for_selector(".receipt-code svg")
    photo = np.asarray(cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR), np.uint8)

    seen = Scanner().scan(photo).codes
    assert [(code.text or "")[:9] for code in seen] == ["RECEIPT1:"]
    there = Parts(tmp_path / "next")
    reader = CredentialReader([ReceiptFormat(lambda: trust)])
    told = reader.identify(seen[0].text or "", there.clock.now().wall)
    assert (told.issuer, told.holder.name, told.verified) == ("lane-1", "张伟", True)

    there.gate.credentials = reader
    crossing = there.gate.present(seen, officer=OFFICER)
    assert crossing is not None
    assert crossing.seats[0].evidence.holder.name == "张伟"
    assert crossing.verdict is Verdict.HOLD  # an admission elsewhere is told, and is no report
    assert there.lamps.shown is Lamp.YELLOW
    there.journal.close()

"""What headquarters publishes reaches every station, is verified there, and the last good one stays in force."""

import json
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.credentials import TrustList
from checkpoint.crossing import Category
from checkpoint.errors import RulePackError
from checkpoint.events import Json, Kind
from checkpoint.journal import LogQuery
from checkpoint.policy import PackShelf
from checkpoint.policy.signing import key_id
from checkpoint.published import Document, DocumentKind, open_document, sign_document
from checkpoint.sync import read_documents, write_batches
from hq.ingest.sticks import import_folder
from hq.publishing.documents import (
    publish,
    publish_revocations,
    publish_rules,
    publish_trust,
    read_document,
    wanted_now,
)
from hq.store.models import stations
from station.handed_down import HandedDownDocuments, HandedDownTrust
from station.trust_file import TrustFile
from tests.hq.publishing.trust_lists import demo_list
from tests.hq.running import START, Headquarters, Station


def pack(version: str = "2", **changes: object) -> Json:
    folder = resources.files("checkpoint.policy") / "packs"
    (file,) = (file for file in folder.iterdir() if "company-gate" in file.name)
    return {**json.loads(file.read_text("utf-8")), "id": "our-road", "version": version, **changes}


def rules(hq: Headquarters, version: str = "2", **changes: object) -> None:
    publish_rules(hq.office.store, hq.office.keys, pack(version, **changes), by="li", now=hq.clock.wall())


def opened(hq: Headquarters, gate: Station) -> HandedDownDocuments:
    """Return a station's documents as its program finds them when it starts."""
    key = hq.office.keys.signing.public_key()
    shelf = PackShelf(gate.folder / "packs", {key_id(key): key})
    return HandedDownDocuments(
        gate.folder / "published", gate.enrolment.hq_key, shelf, gate.journal, lambda: hq.clock.wall()
    )


@pytest.fixture
def documents(hq: Headquarters, gate: Station) -> HandedDownDocuments:
    taken = opened(hq, gate)
    gate.client._handed_down = taken
    return taken


def changes_told(gate: Station) -> list[str]:
    told = (Kind.RULES_CHANGED, Kind.TRUST_CHANGED)
    return [str(event.kind) for event in gate.journal.search(LogQuery()).entries if event.kind in told]


def test_a_published_pack_arrives_with_the_next_batch_and_is_journaled(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    rules(hq)
    assert gate.client.run_once().error == ""
    assert documents.held() == {"rules/our-road@2"}
    assert changes_told(gate) == ["rules-changed"]
    gate.client.run_once()
    assert changes_told(gate) == ["rules-changed"]
    assert opened(hq, gate).held() == {"rules/our-road@2"}  # after a restart it is still there


def test_the_next_sign_of_life_brings_it_too_and_tells_headquarters_what_runs(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    publish_trust(hq.office.store, hq.office.keys, demo_list(hq, gate.folder), by="li", now=hq.clock.wall())
    gate.client.heartbeat()
    gate.client.heartbeat()
    assert [row.published for row in hq.rows(sa.select(stations.c.published))] == ['["trust/trust@1"]']


def test_a_trust_list_waits_for_its_time_and_the_one_before_stays_in_force(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    known = demo_list(hq, gate.folder)
    publish_trust(hq.office.store, hq.office.keys, known, by="li", now=hq.clock.wall())
    tomorrow = hq.clock.wall() + timedelta(days=1)
    publish_trust(
        hq.office.store,
        hq.office.keys,
        {**known, "keys": []},
        by="li",
        now=hq.clock.wall(),
        effective_from=tomorrow,
    )
    gate.client.run_once()
    assert documents.held() == {"trust/trust@1", "trust/trust@2"}
    trust = TrustFile(gate.folder / "none.json", published=documents.trust)
    assert len(trust().keys) == len(known["keys"]) > 0
    assert trust() is trust()
    hq.clock.move(days=1, seconds=1)
    assert trust().keys == ()


def test_published_revocations_are_added_to_the_trust_list_in_force(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    digest = "ab" * 16
    publish_trust(hq.office.store, hq.office.keys, demo_list(hq, gate.folder), by="li", now=hq.clock.wall())
    publish_revocations(hq.office.store, hq.office.keys, {"hashes": [digest]}, by="li", now=hq.clock.wall())
    gate.client.run_once()
    trust = TrustFile(gate.folder / "none.json", published=documents.trust)()
    assert trust.revocations.revokes_hash(bytes.fromhex(digest))
    assert trust.keys
    beside = HandedDownTrust.in_folder(gate.folder / "published", gate.enrolment.hq_key, hq.clock.wall)()
    assert beside == trust, "a command beside the station believes the same"


def test_an_imported_list_and_headquarters_own_stand_together(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    file = gate.folder / "trust.json"
    imported = demo_list(hq, gate.folder / "another")
    local = {"keys": [{**key, "source": "ours"} for key in imported["keys"]], "sources": {"ours": imported["as_of"]}}
    TrustList.from_json({**imported, **local}).save(file)
    published = demo_list(hq, gate.folder)
    publish_trust(hq.office.store, hq.office.keys, published, by="li", now=hq.clock.wall())
    gate.client.run_once()
    assert len(TrustFile(file, published=documents.trust)().keys) == len(imported["keys"]) + len(published["keys"])


@pytest.mark.parametrize("spoil", ["signature", "content", "older", "other contents", "not a trust list"])
def test_a_document_that_is_no_good_changes_nothing(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments, spoil: str
) -> None:
    publish_trust(hq.office.store, hq.office.keys, demo_list(hq, gate.folder), by="li", now=hq.clock.wall())
    publish_trust(hq.office.store, hq.office.keys, demo_list(hq, gate.folder), by="li", now=hq.clock.wall())
    gate.client.run_once()
    before = (documents.held(), documents.trust(), changes_told(gate))
    good = Document(DocumentKind.TRUST, "trust", "3", hq.clock.wall(), json.dumps(demo_list(hq, gate.folder)))
    key = hq.office.keys.signing
    match spoil:
        case "signature":
            data = sign_document(good, Ed25519PrivateKey.generate())
        case "content":
            data = sign_document(good, key).replace(b"test", b"text", 1)
        case "older":
            data = sign_document(Document(good.kind, good.id, "1", good.effective_from, good.content), key)
        case "other contents":
            data = sign_document(Document(good.kind, good.id, "2", good.effective_from, "{}"), key)
        case _:
            data = sign_document(Document(good.kind, good.id, "3", good.effective_from, "[1]"), key)
    with pytest.raises(ValueError):
        documents.take(data)
    assert (documents.held(), documents.trust(), changes_told(gate)) == before
    assert opened(hq, gate).held() == before[0]


def test_a_pack_under_another_name_is_refused(hq: Headquarters, documents: HandedDownDocuments) -> None:
    rules(hq)
    with hq.office.store.reading() as db:
        content = read_document(db, "rules/our-road@2", hq.office.keys).content
    disguised = Document(DocumentKind.RULES, "their-road", "9", hq.clock.wall(), content)
    with pytest.raises(ValueError, match="holds our-road"):
        documents.take(sign_document(disguised, hq.office.keys.signing))
    assert documents.held() == frozenset()


def test_a_station_that_hears_of_nothing_good_still_sends_everything(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    broken = Document(DocumentKind.TRUST, "trust", "1", hq.clock.wall(), "no JSON")
    publish(hq.office.store, hq.office.keys, broken, by="li", now=hq.clock.wall())
    report = gate.client.run_once()
    assert (report.error, report.all_sent) == ("", True)
    assert documents.held() == frozenset()


def test_only_an_enrolled_station_is_given_documents(hq: Headquarters, gate: Station) -> None:
    response = gate.http.post(f"{hq.url}/sync/v1/document", content=b"nothing")
    assert response.status_code == 400


def test_a_version_is_published_once_and_never_below_another(hq: Headquarters) -> None:
    rules(hq, "1.9")
    rules(hq, "1.10")
    for version in ("1.10", "1.2"):
        with pytest.raises(ValueError, match="higher version"):
            rules(hq, version)
    with pytest.raises(RulePackError):
        rules(hq, "3", rules=[])
    with pytest.raises(ValueError, match="trust-not-a-list"):
        publish_trust(hq.office.store, hq.office.keys, {"keys": []}, by="li", now=hq.clock.wall())


def test_an_urgent_edition_reaches_stations_that_hold_a_higher_one_for_later(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    rules(hq, "1")
    rules(hq, "2", effective_from=(hq.clock.wall() + timedelta(days=30)).isoformat())
    assert gate.client.run_once().error == ""
    rules(hq, "1.1", effective_from=hq.clock.wall().isoformat())
    with hq.office.store.reading() as db:
        assert wanted_now(db, hq.clock.wall()) == ["rules/our-road@1.1", "rules/our-road@2"]
    assert gate.client.run_once().error == ""
    assert documents.held() == {"rules/our-road@1", "rules/our-road@1.1", "rules/our-road@2"}
    key = hq.office.keys.signing.public_key()
    shelf = PackShelf(gate.folder / "packs", {key_id(key): key})
    now = hq.clock.wall()
    versions = [found.version for day in (0, 31) if (found := shelf.in_force(Category.COMPANY, now + timedelta(day)))]
    assert versions == ["1.1", "2"]
    with pytest.raises(ValueError, match=r"our-road 1\.1 is published already"):
        rules(hq, "1.0.5")
    with pytest.raises(ValueError, match="our-road 2 is published already"):
        rules(hq, "1.2", effective_from=(now + timedelta(days=30)).isoformat())


def test_two_packs_for_the_same_travellers_do_not_come_into_force_at_the_same_moment(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments
) -> None:
    rules(hq, "9")
    with pytest.raises(ValueError, match="our-road 9 comes into force at the same moment"):
        rules(hq, "10", id="their-road")
    moment = datetime.fromisoformat(str(pack()["effective_from"])) + timedelta(seconds=1)
    rules(hq, "10", id="their-road", effective_from=moment.isoformat())
    assert gate.client.run_once().error == ""
    assert documents.held() == {"rules/our-road@9", "rules/their-road@10"}


def test_stations_are_told_of_the_version_in_force_and_of_those_to_come(hq: Headquarters) -> None:
    later = (hq.clock.wall() + timedelta(days=1)).isoformat()
    for version in ("1", "2", "9"):
        rules(hq, version)
    rules(hq, "10", effective_from=later)
    with hq.office.store.reading() as db:
        assert wanted_now(db, hq.clock.wall()) == ["rules/our-road@9", "rules/our-road@10"]
        assert wanted_now(db, hq.clock.wall() + timedelta(days=2)) == ["rules/our-road@10"]


def test_a_stick_brings_documents_back(
    hq: Headquarters, gate: Station, documents: HandedDownDocuments, tmp_path: Path
) -> None:
    rules(hq)
    stick = tmp_path / "stick"
    write_batches(gate.journal, gate.enrolment, stick, hq.clock.wall())
    import_folder(hq.office, stick)
    (stick / "nonsense.document").write_text("nonsense")
    assert read_documents(documents, stick) == 1
    assert documents.held() == {"rules/our-road@2"}


def test_a_signed_document_opens_to_itself() -> None:
    key = Ed25519PrivateKey.generate()
    document = Document(DocumentKind.RULES, "a", "1", START, "{}")
    assert open_document(sign_document(document, key), key.public_key().public_bytes_raw()) == document
    for id_, version in (("../a", "1"), ("a", "x"), ("a", ""), ("", "1")):
        with pytest.raises(ValueError):
            Document(DocumentKind.RULES, id_, version, START, "")

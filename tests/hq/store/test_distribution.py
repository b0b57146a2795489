"""The tables can be distributed by station, and no statement asks for what a distributed database refuses."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from checkpoint.events import Kind, Lane
from hq.cli import main
from hq.publishing.documents import publish_trust
from hq.records.proof import prove
from hq.store.distribution import distribute, distribution_column, has_citus
from hq.store.models import SHARED, alerts, events, metadata, stations
from tests.hq.at_desk import Desk
from tests.hq.distributed import refusals, watched
from tests.hq.postgres import postgres
from tests.hq.running import Headquarters, Station, TestClock, headquarters
from tests.hq.sending import cross, positive

CITUS = """
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partition_column text, beside text);
CREATE FUNCTION create_distributed_table(name text, partition_column text, colocate_with text DEFAULT '') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = name::regclass AND i.indisprimary AND a.attname = partition_column
    ) THEN RAISE EXCEPTION 'cannot create constraint on %%', name; END IF;
    IF EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = name::regclass AND i.indisunique AND NOT EXISTS (
            SELECT 1 FROM pg_attribute a
            WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND a.attname = partition_column)
    ) THEN RAISE EXCEPTION 'a unique index of %% lacks the column', name; END IF;
    INSERT INTO pg_dist_partition VALUES (name::regclass, partition_column, colocate_with);
END $$;
CREATE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE sql AS
$$ INSERT INTO pg_dist_partition VALUES (name::regclass, NULL, NULL) $$;
"""
"""What Citus checks of a table's keys when it is told to distribute it, on a server that has no Citus (%% is one %)."""


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headquarters]:
    with (
        postgres() as server,
        headquarters(tmp_path_factory.mktemp("hq"), TestClock(), database=server.url) as running,
    ):
        yield running


def test_every_table_is_distributed_by_station_or_copied_to_every_node(hq: Headquarters) -> None:
    with hq.office.store.writing() as db:
        assert not has_citus(db)
        db.exec_driver_sql(CITUS)
        done = distribute(db)
        assert done[0] == "stations"
        assert sorted(done) == sorted(table.name for table in metadata.sorted_tables)
        rows = db.exec_driver_sql("SELECT logicalrelid::regclass::text, partition_column FROM pg_dist_partition").all()
        assert dict(tuple(row) for row in rows) == {
            table.name: distribution_column(table) for table in metadata.sorted_tables
        }
        assert distribute(db) == [], "once is enough"


def test_a_server_without_the_extension_gets_plain_partitions(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "distributed" not in result.output


def test_no_statement_asks_for_what_a_distributed_database_refuses(hq: Headquarters, gate: Station) -> None:
    with watched(hq.office.store) as refused:
        publish_trust(
            hq.office.store,
            hq.office.keys,
            {"format": "checkpoint-trust-list/1", "keys": []},
            by="li",
            now=hq.clock.wall(),
        )
        cross(gate.journal, "refuse")
        positive(gate.journal)
        ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
        gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
        gate.journal.append(Kind.TAMPER_SEEN, {"why": "lid-opened"}, lane=Lane.NOW)
        gate.client.heartbeat()
        assert gate.client.run_once().all_sent
        gate.journal.begin_epoch("restored from a backup")
        cross(gate.journal)
        assert gate.client.run_once().all_sent
        with hq.office.store.reading() as db:
            assert prove(db, gate.enrolment.device).bad is None
        with httpx.Client(base_url=hq.url, follow_redirects=True, headers={"Accept-Language": "en"}) as http:
            desk = Desk(hq, http)
            desk.log_in()
            for path in ("/", "/alerts", "/records?verdict=refuse", "/stations", "/metrics"):
                desk.text(path)
            desk.text(f"/stations/{gate.enrolment.device}")
    assert refused == []


def test_what_would_be_refused_is_noticed() -> None:
    across = sa.select(events.c.seq).join(alerts, events.c.seq == alerts.c.seq)
    within = sa.select(events.c.seq).join(alerts, events.c.station_id == alerts.c.station_id)
    assert [*refusals(across)]
    assert not [*refusals(within)]
    assert [*refusals(sa.select(stations).with_for_update())]
    assert not [*refusals(sa.select(stations).where(stations.c.id == "a").with_for_update())]
    assert [*refusals(sa.update(events).values(station_id="b"))]
    assert not [*refusals(sa.update(events).values(seq=2))]
    assert all(distribution_column(table) is None for table in SHARED)

"""Cassette types are data: each says when it may be read and where that comes from."""

import pytest

from checkpoint.assay import Readiness
from vision.cassette.types import GENERIC, CassetteTypeError, known_types, load_type, parse_type, write_type

SLIM = """
name = "slim"
title = "A slim cassette"
markings = ["C", "T"]
[read]
read_from_min = 10
read_until_min = 20
[source]
times = "leaflet of 2021"
measures = "measured on the mat"
[outline]
length_mm = 77.0
width_mm = 14.6
[window]
length_mm = 12.4
width_mm = 3.2
from_control_end_mm = 36.2
[lines]
control_mm = 3.6
test_mm = 8.9
test_colour = "blue"
"""


@pytest.mark.parametrize("name", known_types())
def test_every_type_that_comes_with_the_program_can_be_read_and_names_its_source(name):
    kind = load_type(name)

    assert kind.name == name
    assert kind.source.times
    assert kind.source.measures
    assert kind.read_window.readiness(15.5 * 60) is Readiness.READY


def test_the_generic_type_needs_no_measures():
    kind = load_type(GENERIC)

    assert (kind.outline, kind.window, kind.line_geometry) == (None, None, None)


def test_a_type_written_out_reads_back_the_same():
    kind = parse_type("slim", SLIM)

    assert parse_type("slim", write_type(kind)) == kind
    assert kind.line_geometry.test_mm == 8.9


def test_a_type_of_the_stations_own_folder_comes_first(tmp_path):
    (tmp_path / "slim.toml").write_text(SLIM, encoding="utf-8")
    (tmp_path / "generic.toml").write_text(SLIM.replace('"slim"', '"generic"'), encoding="utf-8")

    assert load_type("slim", folder=tmp_path).read.read_from_min == 10
    assert load_type(GENERIC, folder=tmp_path).title == "A slim cassette"
    assert set(known_types(folder=tmp_path)) == {*known_types(), "slim"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("read_from_min = 10", "read_from_min = 25"), "opens before it closes"),
        (("control_mm = 3.6", "control_mm = 9.6"), "nearer the control end"),
        (("width_mm = 14.6", "width_mm = -1"), "greater than 0"),
        (('title = "A slim cassette"', 'title = "A slim cassette"\ncolour = "white"'), "colour"),
        (('name = "slim"', 'name = "other"'), "names itself other"),
        (("[read]", "[read"), "line"),
    ],
)
def test_a_senseless_type_is_refused_with_the_reason(change, why):
    with pytest.raises(CassetteTypeError, match=why):
        parse_type("slim", SLIM.replace(*change))


def test_an_unknown_type_is_refused_and_the_known_ones_are_named():
    with pytest.raises(CassetteTypeError, match="generic"):
        load_type("no-such-kit")

"""Whether two codes can name one person, in the spellings that codes use."""

import pytest

from checkpoint.credential import Holder
from checkpoint.policy.people import may_be_one_person


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Holder(name="张三"), Holder(name="张三")),
        (Holder(name="张小三"), Holder(name="张*三")),
        (Holder(name="张三"), Holder(name="*三")),
        (Holder(name="张三"), Holder(name="张＊")),
        (Holder(name="张*"), Holder(name="张**")),
        (Holder(name="a*b*c"), Holder(name="a1b22c")),
        (Holder(name="*b*"), Holder(name="xbby")),
        (Holder(name="a" * 5000 + "*a" * 5000), Holder(name="a" * 20_000)),
        (Holder(name="张三"), Holder(name="ZHANG SAN")),
        (Holder(name="Doe John"), Holder(name="John B. Doe")),
        (Holder(name="DOE<<JOHN"), Holder(name="John Doe")),
        (Holder(name="Gößinger"), Holder(name="GÖSSINGER")),
        (Holder(name="José Núñez"), Holder(name="NUNEZ JOSE")),
        (Holder(name="Anna Meier", born="1990"), Holder(name="Anna Meier", born="1990-05-01")),
        (Holder(id_number="330482199005010012"), Holder(id_number="3304************12")),
        (Holder(id_number="33048219900501001x"), Holder(id_number="33048219900501001X")),
        (Holder(id_number="330482199005010012"), Holder(name="Anna Meier")),
        (Holder(), Holder(name="Anna Meier")),
        (Holder(), Holder()),
    ],
)
def test_one_person_in_two_spellings(a: Holder, b: Holder) -> None:
    assert may_be_one_person(a, b)
    assert may_be_one_person(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Holder(name="张三"), Holder(name="李四")),
        (Holder(name="张三"), Holder(name="李*")),
        (Holder(name="张*"), Holder(name="李*")),
        (Holder(name="张*三"), Holder(name="张三")),
        (Holder(name="a*b*c"), Holder(name="a1c")),
        (Holder(name="a*b*c"), Holder(name="a1bc")),
        (Holder(name="*b*"), Holder(name="ba")),
        (Holder(name="Anna Meier"), Holder(name="Bert Meier")),
        (Holder(name="Anna Meier"), Holder(name="...")),
        (Holder(name="Anna Meier", born="1990"), Holder(name="Anna Meier", born="1991-05-01")),
        (Holder(name="张三", born="1990-05-01"), Holder(name="ZHANG SAN", born="1990-05-02")),
        (Holder(name="Anna", id_number="1"), Holder(name="Anna", id_number="2")),
        (Holder(id_number="330482199005010012"), Holder(id_number="3304************13")),
    ],
)
def test_two_people_are_told_apart(a: Holder, b: Holder) -> None:
    assert not may_be_one_person(a, b)
    assert not may_be_one_person(b, a)

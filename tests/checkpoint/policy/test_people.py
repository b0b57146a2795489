"""Whether two codes can name one person, in the spellings that codes use."""

import pytest

from checkpoint.credential import Format, Holder
from checkpoint.crossing import Category, Verdict
from checkpoint.policy import decide
from checkpoint.policy.people import may_be_one_person
from checkpoint.reasons import Reason
from tests.checkpoint.policy.travellers import NOW, certificate, hours, naat, road, traveller


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
        (Holder(name="Łukasz Nowak"), Holder(name="NOWAK LUKASZ")),
        (Holder(name="Jürgen Weiß"), Holder(name="WEISS<<JUERGEN")),
        (Holder(name="Jürgen Weiß"), Holder(name="Jurgen Weiss")),
        (Holder(name="JÜRGEN WEIẞ"), Holder(name="Jürgen Weiß")),
        (Holder(name="Søren Åberg"), Holder(name="SOEREN AABERG")),
        (Holder(name="Søren Åberg"), Holder(name="Soren Aberg")),
        (Holder(name="Frederik Kjær"), Holder(name="KJAER FREDERIK")),
        (Holder(name="Đorđe Ilić"), Holder(name="DORDE ILIC")),
        (Holder(name="Işıl Yılmaz"), Holder(name="ISIL YILMAZ")),
        (Holder(name="Guðrún Þórsdóttir"), Holder(name="GUDRUN THORSDOTTIR")),
        (Holder(name="Zoë Meier"), Holder(name="ZOË MEIER")),
        (Holder(name="Pat O'Brien"), Holder(name="OBRIEN PATRICIA PAT")),
        (Holder(name="Pat O’Brien"), Holder(name="Pat O'Brien")),
        (Holder(name="Anne-Marie Roux"), Holder(name="ROUX ANNE MARIE")),
        (Holder(name="ZHANG WEI"), Holder(name="ZhangWei")),
        (Holder(name="OU YANG XIU"), Holder(name="Xiu Ouyang")),
        (Holder(name="A*** M****"), Holder(name="MEIER ANNA")),
        (Holder(name="Ł***** N****"), Holder(name="LUKASZ NOWAK")),
        (Holder(name="张三 ZHANG SAN"), Holder(name="San Zhang")),
        (Holder(name="张三 ZHANG SAN"), Holder(name="张三")),
        (Holder(name="Łukasz Nowak"), Holder(name="王伟")),
        (Holder(name="张*"), Holder(name="Ø* N*")),
        (Holder(name="Ван Вэй"), Holder(name="王伟")),
        (Holder(name="Ван Вэй"), Holder(name="WANG WEI")),
        (Holder(name="김민수"), Holder(name="KIM MINSU")),
        (Holder(name="김민수"), Holder(name="김*수")),
        (Holder(name="やまだ たろう"), Holder(name="山田太郎")),
        (Holder(name="买买提·艾力"), Holder(name="买买提艾力")),
        (Holder(name="张*"), Holder(name="*三")),
        (Holder(name="欧阳*"), Holder(name="欧**")),
        (Holder(name="**"), Holder(name="李四")),
        (Holder(name="张伟", id_number="330***********1234"), Holder(name="ZHANG WEI", id_number="3304**********1234")),
        (Holder(name="张伟", id_number="330***********1234"), Holder(name="张*", id_number="330482199005011234")),
        (Holder(name="张伟", id_number="330482199005011234"), Holder(name="张玮", id_number="330482199005011234")),
        (Holder(id_number="A123456(7)"), Holder(id_number="a 1234567")),
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
        (Holder(name="Łukasz Nowak"), Holder(name="John Smith")),
        (Holder(name="Łukasz Nowak", born="1990-01-01"), Holder(name="John Smith", born="1990-01-01")),
        (Holder(name="Jürgen Weiß"), Holder(name="Anna Meyer")),
        (Holder(name="Søren Holm"), Holder(name="Mary Jones")),
        (Holder(name="Søren Holm"), Holder(name="Jürgen Weiß")),
        (Holder(name="a b " * 5000), Holder(name="b c " * 5000)),
        (Holder(name="Michał Nowak"), Holder(name="Michael Nowak")),
        (Holder(name="Mueller Anna"), Holder(name="Muller Anna")),
        (Holder(name="张三 ZHANG SAN"), Holder(name="李四 LI SI")),
        (Holder(name="张三 ZHANG SAN"), Holder(name="李四")),
        (Holder(name="Иван Петров"), Holder(name="Пётр Иванов")),
        (Holder(name="김민수"), Holder(name="기*")),
        (Holder(name="がく"), Holder(name="かく")),
        (Holder(name="张*三"), Holder(name="张*四")),
        (Holder(name="A*** M****"), Holder(name="BERT MEIER")),
        (Holder(name="A*** M****"), Holder(name="B*** M****")),
        (Holder(name="张伟", id_number="330***********1234"), Holder(name="李四", id_number="330***********9999")),
        (Holder(name="张伟", id_number="330***********1234"), Holder(name="张伟", id_number="110***********1234")),
        (Holder(name="张伟", id_number="330***********1234"), Holder(name="李四", id_number="330***********1234")),
        (Holder(name="张伟", id_number="330***********1234"), Holder(name="李四", id_number="330482199005011234")),
        (Holder(born="1990", id_number="330***********1234"), Holder(born="1991", id_number="330***********1234")),
        (Holder(name="Anna", id_number="1"), Holder(name="Anna", id_number="2")),
        (Holder(id_number="330482199005010012"), Holder(id_number="3304************13")),
    ],
)
def test_two_people_are_told_apart(a: Holder, b: Holder) -> None:
    assert not may_be_one_person(a, b)
    assert not may_be_one_person(b, a)


def test_two_peoples_codes_do_not_pass_as_one_traveller_whatever_their_letters() -> None:
    report = certificate(naat(hours(2)), holder=Holder(name="Łukasz Nowak", born="1990-01-01"))
    typed = certificate(holder=Holder(name="John Smith", born="1990-01-01"), format=Format.TYPED_ID, verified=False)
    decision = decide(traveller(Category.RESIDENT, report, typed), road(), NOW)
    assert (decision.verdict, decision.reason) == (Verdict.HOLD, Reason.HOLDERS_DIFFER)

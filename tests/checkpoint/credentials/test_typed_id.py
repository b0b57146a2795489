"""A typed identity number: checked as far as it can be, and never proof."""

import pytest

from checkpoint.credential import Format, Holder
from checkpoint.credentials.chinese_id import check_digit
from checkpoint.credentials.typed_id import typed_id
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from tests.checkpoint.credentials.issuer import NOW


def number(first_seventeen: str) -> str:
    return first_seventeen + check_digit(first_seventeen)


def test_an_identity_number_gives_the_day_of_birth_and_no_fact() -> None:
    found = typed_id("110105 19491231 002x", NOW, name=" 王芳 ")
    assert found.holder == Holder("王芳", "1949-12-31", "11010519491231002X")
    assert found.format is Format.TYPED_ID
    assert (found.facts, found.verified) == ((), False)


def test_every_slip_in_one_digit_is_caught() -> None:
    right = number("33048219880808001")
    for at in range(18):
        for digit in "0123456789":
            if digit != right[at]:
                with pytest.raises(CredentialError):
                    typed_id(right[:at] + digit + right[at + 1 :], NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        number("99010519491231002"),
        number("11010519491331002"),
        number("11010518991231002"),
        number("11010520991231002"),
        "A" * 13,
        "名字",
        "1234567890",
    ],
)
def test_a_number_that_cannot_be_right_is_refused(text: str) -> None:
    with pytest.raises(CredentialError) as caught:
        typed_id(text, NOW)
    assert caught.value.reason is Reason.MALFORMED
    assert not text or text not in repr(caught.value)


@pytest.mark.parametrize("text", ["E12345678", "h1234567890", "EA1234567"])
def test_another_document_is_taken_as_typed(text: str) -> None:
    found = typed_id(text, NOW)
    assert found.holder == Holder(id_number=text.upper())

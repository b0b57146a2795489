"""Whether two codes can name one person, as far as names, birth dates and numbers in different spellings tell."""

import re
import unicodedata
from itertools import product

from checkpoint.credential import Holder

_MASK = "*"
_MOST_WORDS = 10  # of a name whose words are tried in another order

_PLAIN = str.maketrans(
    dict(zip("ÆÐØÞĐĦŁŊŒŦƏẞ", ("AE", "D", "O", "TH", "D", "H", "L", "N", "OE", "T", "E", "SS"), strict=True))
)
"""Letters that Unicode takes apart into no letter and an accent, as they are written without it."""

_TRAVEL_DOCUMENT = str.maketrans({"Ä": "AE", "Å": "AA", "Ö": "OE", "Ø": "OE", "Ü": "UE"})
"""As the machine-readable lines of passports have it: ICAO Doc 9303, part 3, section 6. The rest are as in `_PLAIN`."""

_ACCENTS = re.compile("[\u0300-\u036f]")  # those of Latin, Greek and Cyrillic: in other scripts marks tell words apart
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")


def may_be_one_person(a: Holder, b: Holder) -> bool:
    """Return False where what both state contradicts: another ID number, birth date or name.

    Codes spell people differently: masked ("张*"), surname first or last, without accents, as passports have it, in
    Latin letters where the other has characters. What cannot be compared does not contradict; the officer compares it
    with the ID document. Of two whole ID numbers it takes nothing else; a masked one leaves most of it open.

    >>> may_be_one_person(Holder(name="张三", born="1990"), Holder(name="张*", born="1990-02-01"))
    True
    >>> may_be_one_person(Holder(name="张三"), Holder(name="李四"))
    False
    """
    number_a, number_b = _number(a.id_number), _number(b.id_number)
    if number_a and number_b:
        if _MASK not in number_a + number_b:
            return number_a == number_b
        if not _fits_mask(number_a, number_b):
            return False
    if a.born and b.born and not (a.born.startswith(b.born) or b.born.startswith(a.born)):
        return False
    return not (a.name and b.name) or _same_name(a.name, b.name)


def _same_name(a: str, b: str) -> bool:
    return any(_agree(one, other) for one, other in product(_spellings(a), _spellings(b)))


def _agree(a: list[str], b: list[str]) -> bool:
    """Whether the words of two names agree, in each script that both are written in."""
    scripts_a, scripts_b = {_script(word) for word in a} - {""}, {_script(word) for word in b} - {""}
    if scripts_a and scripts_b:
        # Where they share none, as "张三" and "ZHANG SAN", they cannot be compared.
        return all(_same_words(_in(a, script), _in(b, script)) for script in scripts_a & scripts_b)
    return _same_words(a, b)


def _same_words(a: list[str], b: list[str]) -> bool:
    if _MASK in "".join(a + b):
        if len(a) == len(b):  # "A*** M****" and "MEIER ANNA"
            return any(all(map(_fits_mask, a, turned)) for turned in _turned(b))
        return any(_fits_mask(one, other) for one, other in product(_joined(a), _joined(b)))
    # "DOE JOHN" and "John B. Doe": one name's words all occur in the other's. "OU YANG XIU" and "Xiu Ouyang": the same
    # letters, with the words parted elsewhere.
    few, many = sorted((set(a), set(b)), key=len)
    return bool(few) and (few <= many or not _joined(a).isdisjoint(_joined(b)))


def _turned(words: list[str]) -> list[list[str]]:
    """The words with each of them first once: surname first or last. Of very many only as they stand."""
    return [words[at:] + words[:at] for at in range(len(words) if len(words) <= _MOST_WORDS else 1)]


def _joined(words: list[str]) -> set[str]:
    return {"".join(turned) for turned in _turned(words)}


def _in(words: list[str], script: str) -> list[str]:
    """The words in one script, and those in none: a mask, a number."""
    return [word for word in words if _script(word) in (script, "")]


def _script(word: str) -> str:
    """The script of a word's first letter, as Unicode calls it ("LATIN", "CJK"), "" where it has none."""
    letter = next((c for c in word if c.isalpha()), "")
    return unicodedata.name(letter, "?").split()[0] if letter else ""


def _spellings(name: str) -> list[list[str]]:
    """The words of a name in capitals without accents: in plain letters, and as passports have it."""
    whole = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", name)).upper()
    return [re.findall(r"[\w*]+", _plain(text)) for text in (whole, whole.translate(_TRAVEL_DOCUMENT))]


def _plain(text: str) -> str:
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(_PLAIN)))
    return unicodedata.normalize("NFC", bare)  # a Korean syllable is one character again


def _number(text: str) -> str:
    """An ID number as it is compared: capitals and digits, one kind of asterisk."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum() or c == _MASK)


def _fits_mask(a: str, b: str) -> bool:
    """Whether two texts agree where neither is masked; a run of asterisks stands for one character or more."""
    if _MASK in a and _MASK in b:
        (head_a, *_, tail_a), (head_b, *_, tail_b) = re.split(r"\*+", a), re.split(r"\*+", b)
        heads = head_a.startswith(head_b) or head_b.startswith(head_a)
        return heads and (tail_a.endswith(tail_b) or tail_b.endswith(tail_a))
    masked, plain = (a, b) if _MASK in a else (b, a)
    if _MASK not in masked:
        return masked == plain
    first, *middle, last = re.split(r"\*+", masked)
    if not (plain.startswith(first) and plain.endswith(last)):
        return False
    at = len(first) + 1  # by hand, because a pattern made of somebody's name could take for ever to match
    for part in middle:
        found = plain.find(part, at)
        if found < 0:
            return False
        at = found + len(part) + 1
    return at <= len(plain) - len(last)

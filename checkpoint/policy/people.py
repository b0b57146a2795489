"""Whether two codes can name one person, as far as names, birth dates and numbers in different spellings tell."""

import re
import unicodedata

from checkpoint.credential import Holder

_MASK = "*"


def may_be_one_person(a: Holder, b: Holder) -> bool:
    """Return False where what both state contradicts: another ID number, birth date or name.

    Codes spell people differently: masked ("张*"), surname first or last, without accents, in Latin letters where the
    other has characters. What cannot be compared does not contradict; the officer compares it with the ID document.

    >>> may_be_one_person(Holder(name="张三", born="1990"), Holder(name="张*", born="1990-02-01"))
    True
    >>> may_be_one_person(Holder(name="张三"), Holder(name="李四"))
    False
    """
    if a.id_number and b.id_number:
        return _fits_mask(_plain(a.id_number), _plain(b.id_number))
    if a.born and b.born and not (a.born.startswith(b.born) or b.born.startswith(a.born)):
        return False
    return not (a.name and b.name) or _same_name(_plain(a.name), _plain(b.name))


def _same_name(a: str, b: str) -> bool:
    if a.isascii() != b.isascii():
        return True  # two scripts: not comparable
    if _MASK in a or _MASK in b:
        return _fits_mask(a, b)
    # "DOE JOHN" and "John B. Doe": one name's words all occur in the other's
    words_a, words_b = set(re.findall(r"\w+", a)), set(re.findall(r"\w+", b))
    return bool(words_a and words_b) and (words_a <= words_b or words_b <= words_a)


def _fits_mask(a: str, b: str) -> bool:
    """Whether two texts agree where neither is masked; a run of asterisks stands for one character or more."""
    a, b = a.replace(" ", ""), b.replace(" ", "")
    if _MASK in a and _MASK in b:
        return a[0] == b[0] or _MASK in (a[0], b[0])
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


def _plain(text: str) -> str:
    """Capitals without accents, one kind of asterisk."""
    decomposed = unicodedata.normalize("NFKD", text.strip())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).upper()

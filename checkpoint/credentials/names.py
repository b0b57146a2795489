"""People's names as an ID document shows them, so that the two can be compared at a glance."""


def printed(given: str, family: str) -> str:
    """Return a name in the order in which its bearer's documents have it.

    >>> printed("Anna", "van der Berg"), printed("伟", "张")
    ('Anna van der Berg', '张伟')
    """
    parts = [part for part in (given, family) if part]
    return family + given if all(map(_is_han, parts)) else " ".join(parts)


def is_nameable(name: str) -> bool:
    """Return whether a name has a letter in it: without one there is nothing to compare with an ID document."""
    return any(map(str.isalpha, name))


def _is_han(name: str) -> bool:
    """Return whether a name is written in Chinese characters alone."""
    return all("\u3400" <= character <= "\u9fff" or character == "·" for character in name)

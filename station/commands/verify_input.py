"""What `checkpoint verify` is given: texts, standard input, pictures; and the codes in it, each once."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkpoint.sighting import Code
from station.commands.output import InputError, load_picture
from vision.qr import Scanner

LARGEST_INPUT = 100_000
_PART = re.compile(r"shc:/\d+/\d+/")


@dataclass(frozen=True, slots=True)
class Presented:
    """What one code says, and where it was found: in which argument, or where in which picture."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class NoCode:
    """A picture in which no code could be read, and what would help where one was seen."""

    where: str
    hint: str = ""


def typed(texts: Sequence[str]) -> Iterator[Presented]:
    """Yield what was given as text; ``-`` is standard input. Raise `InputError` where that cannot be read."""
    for number, text in enumerate(texts, start=1):
        presented = _standard_input() if text == "-" else text
        where = "standard input" if text == "-" else f"argument {number}"
        # Files of parts that were simply put one behind the other still are parts.
        parts = re.split(r"(?<=\d)\s*(?=shc:/)", presented) if presented.startswith("shc:/") else [presented]
        yield from (Presented(part, where) for part in parts)


def pictured(paths: Sequence[Path]) -> Iterator[Presented | NoCode]:
    """Yield the codes of each picture, or that it has none; raise `InputError` for what is no picture."""
    for path in paths:
        try:
            sighting = Scanner().scan(load_picture(path))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        if not sighting.codes:
            yield NoCode(str(path), sighting.hint.value if sighting.hint else "")
        several = len(sighting.codes) > 1
        for code in sorted(sighting.codes, key=_centre):
            # Bytes are of no format, and said to be so.
            text = code.text if code.text is not None else code.data.hex()
            yield Presented(text, f"{path}, {_place(code)}" if several else str(path))


def each_once(found: Iterable[Presented]) -> list[Presented]:
    """Return the codes to judge: what stands alone, and last the parts of a card as the one code they are."""
    where: dict[str, dict[str, None]] = {}
    for presented in found:
        where.setdefault(presented.text, {})[presented.where] = None
    codes = [Presented(text, "; ".join(places)) for text, places in where.items() if not _PART.match(text)]
    parts = {text: places for text, places in where.items() if _PART.match(text)}
    if parts:
        places = dict.fromkeys(place for some in parts.values() for place in some)
        codes.append(Presented(" ".join(parts), "; ".join(places)))
    return codes


def _centre(code: Code) -> tuple[int, int]:
    if not code.corners:
        return 0, 0
    xs, ys = zip(*code.corners, strict=True)
    return sum(xs) // len(xs), sum(ys) // len(ys)


def _place(code: Code) -> str:
    """Return where in a picture a code is, from its left and upper edge."""
    if not code.corners:
        return "somewhere in it"
    x, y = _centre(code)
    return f"at {x},{y} px"


def _standard_input() -> str:
    data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(data) > LARGEST_INPUT:
        raise InputError(f"more than {LARGEST_INPUT} bytes on standard input: no code holds that")
    try:
        return data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 text: {error}") from error

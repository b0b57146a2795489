"""`python -m tests.hq.catalogue`: bring headquarters' Chinese catalogue up to date with the texts of its pages.

Keeps what is translated, drops what no page uses any more, adds new texts without words, and compiles. Write the
missing words into messages.po and run it again; it ends with 1 as long as one is missing.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import hq

HQ = Path(str(hq.__file__)).parent
CATALOGUE = HQ / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
ALWAYS = datetime(2022, 3, 20, tzinfo=UTC)  # the same texts give the same file

Text = str | tuple[str, ...]


def texts_of_pages() -> Iterator[Text]:
    """Yield every text, or pair of one and many, that a page or its Python asks to be translated."""
    for found in extract_from_dir(str(HQ), method_map=METHODS, keywords=KEYWORDS):
        yield found[2]


def main() -> int:
    """Rewrite messages.po and messages.mo; return 1 where words are missing."""
    with CATALOGUE.open("rb") as file:
        known = {m.id: m.string for m in read_po(file) if m.id}
    made = Catalog(locale="zh_Hans_CN", project="checkpoint-hq", version="0.1.0", fuzzy=False)
    made.header_comment = "# The words of headquarters in Chinese."
    made.creation_date = made.revision_date = ALWAYS
    made.last_translator, made.language_team, made.msgid_bugs_address = "Checkpoint contributors", "zh_Hans_CN", ""
    for text in texts_of_pages():
        made.add(text, known.get(text, "" if isinstance(text, str) else ("",)))
    with CATALOGUE.open("wb") as file:
        write_po(file, made, sort_output=True, width=0)
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, made)
    missing = sorted(str(m.id) for m in made if m.id and not "".join(m.string))
    for text in missing:
        print(f"no Chinese: {text}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

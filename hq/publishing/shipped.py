"""The rule packs that come with the program, as texts to begin a draft from."""

import json
from importlib import resources


def shipped_pack_text(id_: str) -> str | None:
    """Return the text of a shipped pack, None where there is none of that id."""
    folder = resources.files("checkpoint.policy").joinpath("packs")
    for entry in folder.iterdir():
        if entry.name.endswith(".json"):
            text = entry.read_text("utf-8")
            if json.loads(text).get("id") == id_:
                return text
    return None

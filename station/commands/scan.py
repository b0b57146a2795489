"""`checkpoint scan`: which codes are in these pictures."""

import time
from pathlib import Path

import click

from station.commands.output import (
    ANSWER_IS_NO,
    DONE,
    USAGE,
    InputError,
    complain,
    leave,
    load_picture,
    pictures_among,
    print_json,
)
from vision.qr import Scanner


@click.command(epilog="Example: checkpoint scan --json phone.jpg lorry-pass.png")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER|-...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and file.")
def scan(files: tuple[Path, ...], as_json: bool) -> None:
    """Decode every code in pictures: QR, Data Matrix, Aztec, PDF417, Code 128. A folder stands for the pictures in it,
    - for standard input.

    Exit code 0: codes were found; 1: none in any file; 2: a file is not a picture.
    """
    scanner = Scanner()
    found = unusable = 0
    for path in pictures_among(files):
        try:
            image = load_picture(path)
        except InputError as error:
            unusable += 1
            complain(path, error)
            continue
        started = time.perf_counter()
        sighting = scanner.scan(image)
        took_ms = (time.perf_counter() - started) * 1000
        found += len(sighting.codes)
        if as_json:
            payloads = [
                {
                    "text": code.text,
                    "format": code.format,
                    "decoder": code.decoder,
                    "corners": code.corners,
                    **({"base16": code.data.hex()} if code.text is None else {}),
                }
                for code in sighting.codes
            ]
            hint = {"hint": sighting.hint.value} if sighting.hint else {}
            print_json({"file": str(path), "payloads": payloads, "ms": round(took_ms, 2), **hint})
            continue
        for code in sighting.codes:
            shown = code.text if code.text is not None else f"{len(code.data)} bytes: {code.data.hex()}"
            click.echo(f"{path}: {code.format} ({code.decoder}): {shown}")
        if not sighting.codes:
            advice = f" (seen, not read: {sighting.hint.value})" if sighting.hint else ""
            click.echo(f"{path}: no code{advice}")
    leave(USAGE if unusable else DONE if found else ANSWER_IS_NO)

"""How long it takes to verify one code, kind by kind, beside the bare signature check that no reader can do without.

python -m bench.credentials [--rounds 2000]
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from bench.wallet import NOW, Wallet
from checkpoint.credentials import base45, cose, hc1, keys

AIM_MS = 0.25
"""For one `HC1:` certificate, from text to facts."""


def milliseconds(call: Callable[[], object], rounds: int) -> list[float]:
    """Return the time of each round, sorted."""
    for _ in range(rounds // 10):
        call()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def line(name: str, times: list[float], bare: float | None = None) -> str:
    """Return one result as a JSON line; `bare` is the median of the bare signature check."""
    median = statistics.median(times)
    told = {"what": name, "median_ms": round(median, 4), "p95_ms": round(times[int(len(times) * 0.95)], 4)}
    if bare:
        told["times_the_bare_signature"] = round(median / bare, 2)
    return json.dumps(told)


def main() -> int:
    """Print the figures; exit 1 where the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    rounds = parser.parse_args().rounds
    wallet = Wallet()
    reader, codes = wallet.reader(), wallet.codes()

    message = hc1.unpack(codes["hc1"], hc1.PREFIX)
    public = wallet.issuer.public_key()
    signature = keys.sign(wallet.issuer, b"x" * 400)
    bare_times = milliseconds(lambda: keys.verify(public, "ES256", signature, b"x" * 400), rounds)
    bare = statistics.median(bare_times)
    print(line("bare ES256 signature check", bare_times))

    compressed = base45.decode(codes["hc1"].removeprefix(hc1.PREFIX))
    inflated = hc1.inflate(compressed)
    for name, step in {
        "hc1: base45": lambda: base45.decode(codes["hc1"][4:]),
        "hc1: inflate": lambda: hc1.inflate(compressed),
        "hc1: cose": lambda: cose.parse(inflated),
        "hc1: signature": lambda: message.verified_by(public),
        "hc1: claims": lambda: hc1.claims(message),
    }.items():
        print(line(name, milliseconds(step, rounds), bare))

    medians = {}
    for name, text in codes.items():
        times = milliseconds(lambda text=text: reader.identify(text, NOW), rounds)  # type: ignore[misc]
        medians[name] = statistics.median(times)
        print(line(f"{name}, whole", times, bare))
    print(json.dumps({"aim_ms": AIM_MS, "hc1_median_ms": round(medians["hc1"], 4), "met": medians["hc1"] <= AIM_MS}))
    return 0 if medians["hc1"] <= AIM_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""`make bench`: every benchmark, one after another, each in a program of its own; or those that are named.

python -m bench [station credentials web camera startup qr hq cassette]
"""

import subprocess
import sys

BENCHES = {
    "wear": "bytes written to the card for each crossing",
    "station": "frame to lamp, step by step, with the durable commit in it",
    "credentials": "verifying one certificate",
    "web": "the pages on a long journal, memory over many requests",
    "camera": "taking in a Pi camera's frames, raw beside MJPEG",
    "startup": "seconds from `make run` to ready, memory of the station",
    "qr": "the scanner beside single decoders",
    "hq": "headquarters: the mass-testing day, a positive on the desk, a growing store (15 minutes)",
    "cassette": "the cassette reader beside other readers",
}


def main() -> int:
    """Run what was asked for; the worst exit code is the whole's."""
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    worst = 0
    for name in wanted:
        print(f"\n== {name}: {BENCHES[name]}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())

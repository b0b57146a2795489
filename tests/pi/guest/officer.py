"""In the guest: what an officer does on the tablet. `officer.py login` comes on duty and confirms the time."""

import re
import sys

import httpx

STATION = "http://127.0.0.1:8080"
PATIENCE_S = 240.0


def main() -> None:
    """Log in, and do what the arguments say: "time", "next"."""
    with httpx.Client(base_url=STATION, timeout=PATIENCE_S, follow_redirects=True) as tablet:

        def token(path: str) -> str:
            found = re.search(r'name="csrf-token" content="([^"]+)"', tablet.get(path).text)
            if found is None:
                raise SystemExit(f"no page at {path}")
            return found[1]

        def post(path: str, **fields: str) -> None:
            answer = tablet.post(path, data={"csrf_token": token("/health"), **fields})
            answer.raise_for_status()

        answer = tablet.post("/login", data={"csrf_token": token("/login"), "name": "Chen", "pin": "1111"})
        answer.raise_for_status()
        for act in sys.argv[1:]:
            post({"time": "/health/time", "next": "/gate/next"}[act])
    print("done:", *sys.argv[1:])


if __name__ == "__main__":
    main()

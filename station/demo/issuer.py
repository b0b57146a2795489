"""A small issuer of city health codes, over real HTTP, for the demonstration.

    python -m station.demo.issuer PORT KEY_FILE

Answers what the codes of the demo's scenes mean. Its colours are numbered, as vendors do: 1, 2 and 3.
"""

import base64
import hmac
import logging
import re
import secrets
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import waitress
from flask import Flask, Response, jsonify, request

from checkpoint.durable import write_durably
from station.demo.wallet import HEALTH_CODE_PREFIX

LEVELS = {"GREEN": "1", "YELLOW": "2", "RED": "3"}
HOLDERS = {"GREEN": ("周*", "1995-04"), "YELLOW": ("吴*", "1972-09"), "RED": ("郑*", "1980-07")}
SIGNATURE = "X-Signature"
CODE = re.compile(re.escape(HEALTH_CODE_PREFIX) + r"(GREEN|YELLOW|RED):[0-9a-f]{16}")


def secret_in(path: Path) -> bytes:
    """Return the secret that issuer and station share, made on first use; the file holds it in base64."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, base64.b64encode(secrets.token_bytes(32)), mode=0o600)
    return base64.b64decode(path.read_bytes())


def create_app(secret: bytes) -> Flask:
    """Return the issuer's HTTP service."""
    app = Flask("demo-issuer")

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.post("/v1/health-code")
    def health_code() -> tuple[Response, int]:
        signed = hmac.new(secret, request.get_data(), "sha256").hexdigest()
        if not hmac.compare_digest(signed, request.headers.get(SIGNATURE, "")):
            return jsonify(status="403", message="not signed by a station"), 403
        asked = request.get_json(silent=True) or {}
        token = str(asked.get("token", ""))
        known = CODE.fullmatch(token)
        if known is None:
            return jsonify(status="404", token=token, nonce=asked.get("nonce")), 200
        now = datetime.now(UTC)
        name, born = HOLDERS[known[1]]
        answer = {
            "status": "0",
            "token": token,
            "nonce": asked.get("nonce"),
            "level": LEVELS[known[1]],
            "answered_at": now.isoformat(),
            "holder": {"name": name, "born": born},
            "naat": {"result": "negative", "sampled_at": (now - timedelta(hours=20)).isoformat()},
        }
        return jsonify(answer), 200

    return app


def main() -> None:
    """Serve until a termination signal."""
    port, key_file = int(sys.argv[1]), Path(sys.argv[2])
    logging.basicConfig(level=logging.WARNING)
    server = waitress.create_server(create_app(secret_in(key_file)), host="127.0.0.1", port=port, threads=4, ident=None)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run()


if __name__ == "__main__":
    main()

"""What a browser may do with these pages: load only what the station itself serves, and nothing else."""

from flask import Flask, Response, request

_ALLOWED = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(_ALLOWED)
LARGEST_UPLOAD = 16 * 1024 * 1024  # bytes: a phone's photo


def init_security(app: Flask, *, https: bool) -> None:
    """Set the cookie's and every answer's protections."""
    app.config.update(
        SESSION_COOKIE_NAME="checkpoint",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_REFRESH_EACH_REQUEST=False,  # a session ends with the shift, however often pages ask
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page stays open for a whole shift
    )

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.endpoint != "static":
            # Pages hold personal data: no cache, no disk of a tablet that is handed on keeps them.
            headers.setdefault("Cache-Control", "no-store")
        return response

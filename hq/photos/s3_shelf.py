"""Photos in an object store that speaks S3: what several ingest processes on several machines share.

A photo on its way is one object a piece, so that whichever process gets the next piece can go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class S3Config:
    """Where the photos are: a bucket, and a prefix of every key in it.

    ``endpoint``: URL of the store, empty for Amazon's own. Without ``key`` and ``secret`` boto3 looks for them where it
    always does (environment, its own files, the machine's role).
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    key: str = ""
    secret: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str, **more: str) -> "S3Config":
        """Return the place that `s3://bucket/prefix` names; raise ValueError where it names none.

        >>> S3Config.from_url("s3://photos/pinghu").prefix
        'pinghu/'
        """
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError(f"photos are kept in a folder or at s3://BUCKET/PREFIX, not at {url!r}")
        prefix = parts.path.strip("/")
        return cls(bucket=parts.netloc, prefix=f"{prefix}/" if prefix else "", **more)


class PhotoStoreError(OSError):
    """The object store did not do what was asked of it; photos wait at their stations meanwhile."""


P = ParamSpec("P")
T = TypeVar("T")


def _asked(method: Callable[P, T]) -> Callable[P, T]:
    """Turn whatever boto3 raises into `PhotoStoreError`."""

    @wraps(method)
    def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return method(*args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise PhotoStoreError(f"the photo store: {error}") from error

    return ask


class S3Shelf:
    """Photos in one bucket."""

    def __init__(self, config: S3Config) -> None:
        """Raises `PhotoStoreError` where boto3 is not installed; the store itself is first asked for a photo."""
        try:
            import boto3  # the extra [s3]: most headquarters keep their photos in a folder
            from botocore.config import Config as BotoConfig
        except ImportError as error:
            raise PhotoStoreError("photos on S3 need boto3: pip install 'checkpoint-station[s3]'") from error
        self._config = config
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=config.endpoint or None,
            region_name=config.region,
            aws_access_key_id=config.key or None,
            aws_secret_access_key=config.secret or None,
            config=BotoConfig(
                connect_timeout=_TIMEOUT_S,
                read_timeout=_TIMEOUT_S,
                retries={"total_max_attempts": 2},
                s3={"addressing_style": "path"},  # a store of one's own seldom has a host name for each bucket
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @_asked
    def make_bucket(self) -> None:
        """Make the bucket unless it is there."""
        listed = self._client.list_buckets().get("Buckets", [])
        if self._config.bucket not in {bucket["Name"] for bucket in listed}:
            self._client.create_bucket(Bucket=self._config.bucket)

    @_asked
    def has(self, station: str, sha256: str) -> bool:
        key = self._complete(station, sha256)
        return any(name == key for name, _ in self._listed(key))

    @_asked
    def read(self, station: str, sha256: str) -> bytes:
        data = self._get(self._complete(station, sha256))
        if data is None:
            raise KeyError(sha256)
        return data

    @_asked
    def keep(self, station: str, sha256: str, data: bytes) -> None:
        self._put(self._complete(station, sha256), data)

    @_asked
    def destroy(self, station: str, sha256: str) -> None:
        self._client.delete_object(Bucket=self._config.bucket, Key=self._complete(station, sha256))
        self._drop(station, sha256)

    @_asked
    def arrived(self, station: str, sha256: str) -> int:
        return sum(size for _, size in self._pieces(station, sha256))

    @_asked
    def add(self, station: str, sha256: str, offset: int, piece: bytes) -> None:
        self._put(f"{self._arriving(station, sha256)}{offset:012d}", piece)

    @_asked
    def joined(self, station: str, sha256: str) -> bytes:
        pieces = [self._get(key) for key, _ in self._pieces(station, sha256)]
        return b"".join(piece for piece in pieces if piece is not None)

    @_asked
    def drop(self, station: str, sha256: str) -> None:
        self._drop(station, sha256)

    # -- inside --------------------------------------------------------------------------------------------------

    def _complete(self, station: str, sha256: str) -> str:
        return f"{self._config.prefix}{station}/{sha256[:2]}/{sha256}.photo"

    def _arriving(self, station: str, sha256: str) -> str:
        return f"{self._config.prefix}{station}/arriving/{sha256}/"

    def _pieces(self, station: str, sha256: str) -> list[tuple[str, int]]:
        return self._listed(self._arriving(station, sha256))

    def _drop(self, station: str, sha256: str) -> None:
        for key, _ in self._pieces(station, sha256):
            self._client.delete_object(Bucket=self._config.bucket, Key=key)

    def _listed(self, prefix: str) -> list[tuple[str, int]]:
        """Return (key, size) of every object below `prefix`, in order; a photo has a hundred pieces at most."""
        reply = self._client.list_objects_v2(Bucket=self._config.bucket, Prefix=prefix)
        return sorted((item["Key"], item["Size"]) for item in reply.get("Contents", []))

    def _get(self, key: str) -> bytes | None:
        try:
            return bytes(self._client.get_object(Bucket=self._config.bucket, Key=key)["Body"].read())
        except self._client.exceptions.NoSuchKey:
            return None

    def _put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._config.bucket, Key=key, Body=data)

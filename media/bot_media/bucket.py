"""The Files port in a bucket: Amazon's S3, or anything that speaks its protocol (MinIO, R2, OSS, Ceph)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from bot_core.errors import BadInput, EngineDown, MissingExtra, NotFound
from bot_core.files import FileRef
from bot_core.identity import Words
from bot_media.files import content_key, place_of

if TYPE_CHECKING:
    from obstore.store import S3Store

WHAT = Words("把文件放进 S3 存储桶", "Files in a bucket")
CALL_SECONDS, CONNECT_SECONDS, RETRY_SECONDS = 30, 5, 10


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where files lie; ``endpoint`` empty is Amazon's own, ``prefix`` comes before every key."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    key: str = ""
    secret: str = ""


def read_bucket(url: str) -> Bucket:
    """Read ``s3://KEY:SECRET@BUCKET/PREFIX?region=...`` or ``https://KEY:SECRET@HOST/BUCKET/PREFIX``. Raises BadInput."""
    parts = urlsplit(url)
    region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    path = parts.path.strip("/")
    if parts.scheme == "s3":
        name, prefix, endpoint = parts.hostname or "", path, ""
    else:
        name, _, prefix = path.partition("/")
        endpoint = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if not name:
        raise BadInput("no bucket", Words("地址里没有存储桶的名字。", "The address names no bucket."))
    return Bucket(name, prefix, endpoint, region, key, secret)


class BucketFiles:
    """Files in a bucket, one per content: ``PREFIX/ab/cd...``. Raises EngineDown where it can't be reached.

    Without a key and a secret the machine's own credentials are used. Raises MissingExtra, BadInput.
    """

    def __init__(self, url: str) -> None:
        self.bucket = read_bucket(url)
        self._store = _opened(self.bucket)

    async def put(self, data: bytes, media_type: str, name: str = "") -> FileRef:
        """Store and return the reference; equal bytes are one object."""
        key = content_key(data)
        with self._reached(key):
            await self._store.put_async(place_of(key), data, attributes={"Content-Type": media_type})
        return FileRef(key, media_type, len(data), name)

    async def read(self, key: str) -> bytes:
        """Return the bytes. Raises NotFound."""
        place = place_of(key)
        with self._reached(key):
            found = await self._store.get_async(place)
            return bytes(await found.bytes_async())

    async def delete(self, key: str) -> None:
        """Remove the bytes; a missing key is no error."""
        with suppress(NotFound):
            place = place_of(key)
            with self._reached(key):
                await self._store.delete_async(place)

    @contextmanager
    def _reached(self, key: str) -> Iterator[None]:
        """Turn what the bucket says into our errors; what it says names no secret, its request is left out."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise EngineDown("files", f"no bucket {self.bucket.name}") from None
            raise NotFound(f"file {key[:16]}") from None
        except (BaseError, OSError, ValueError) as error:
            said = str(error).partition("\n")[0][:200]
            raise EngineDown("files", f"{type(error).__name__}: {said}") from None


def _opened(bucket: Bucket) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError:
        raise MissingExtra("s3", WHAT) from None
    config: dict[str, Any] = {"region": bucket.region}
    if bucket.endpoint:
        config |= {"endpoint": bucket.endpoint, "virtual_hosted_style_request": False}
    if bucket.key:
        config |= {"access_key_id": bucket.key, "secret_access_key": bucket.secret}
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "timeout": timedelta(seconds=CALL_SECONDS),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **config,
    )

"""Where stored files are: the data folder, or a bucket; the same for the house and its workers."""

from __future__ import annotations

from bot_app.settings import Settings
from bot_core.errors import BadInput, SettingWrong
from bot_core.ports.media import Files
from bot_media import FolderFiles
from bot_media.bucket import BucketFiles


def files_of(settings: Settings) -> Files:
    """Return where files are. Raises MissingExtra, SettingWrong."""
    if settings.s3_url is None:
        return FolderFiles(settings.data / "files")
    try:
        return BucketFiles(settings.s3_url.get_secret_value())
    except BadInput as error:
        raise SettingWrong("s3_url", "an address that names a bucket") from error

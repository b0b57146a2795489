"""What many commands take: where headquarters is, where its photos are, how long personal data is kept."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from hq.config import Config, RetentionPolicy
from hq.office import Office, open_office
from hq.photos.s3_shelf import S3Config

NO, WRONG = 1, 2

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/headquarters"),
    show_default=True,
    help="Folder of keys, photos and the SQLite file.",
)
database_option = click.option(
    "--database", default="", envvar="CHECKPOINT_HQ_DATABASE", help="Another store, as an SQLAlchemy URL."
)

photos_options = (
    click.option(
        "--photos", default="", envvar="CHECKPOINT_HQ_PHOTOS", help="s3://BUCKET/PREFIX instead of the data folder."
    ),
    click.option("--s3-endpoint", default="", envvar="CHECKPOINT_HQ_S3_ENDPOINT", help="URL of the object store."),
    click.option("--s3-key", default="", envvar="CHECKPOINT_HQ_S3_KEY", help="Its access key; else where boto3 looks."),
    click.option(
        "--s3-secret", default="", envvar="CHECKPOINT_HQ_S3_SECRET", help="Its secret key; better by the environment."
    ),
)

retention_options = (
    click.option(
        "--retention-days",
        type=click.IntRange(1, 3650),
        default=30,
        show_default=True,
        envvar="CHECKPOINT_HQ_RETENTION_DAYS",
        help="How long personal data and photos are kept.",
    ),
    click.option(
        "--case-retention-days",
        type=click.IntRange(1, 3650),
        default=180,
        show_default=True,
        envvar="CHECKPOINT_HQ_CASE_RETENTION_DAYS",
        help="The same, where a case stands on the record; never before the case is closed.",
    ),
)


class Wrong(click.ClickException):
    """Something about the input is wrong: one clear line, exit code 2."""

    exit_code = WRONG


def open_or_say(config: Config) -> Office:
    """Open headquarters; one clear line where that is not possible."""
    try:
        return open_office(config)
    except OSError as error:
        raise Wrong(f"{config.data} cannot be used: {error.strerror or error}") from error
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise Wrong(f"the store cannot be used: {cause}") from error
    except ValueError as error:
        raise Wrong(f"the keys in {config.data} cannot be used: {error}") from error


def with_photos(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where photos are, as one `photos`."""

    @wraps(command)
    def run(photos: str, s3_endpoint: str, s3_key: str, s3_secret: str, **options: Any) -> None:
        try:
            place = S3Config.from_url(photos, endpoint=s3_endpoint, key=s3_key, secret=s3_secret) if photos else None
        except ValueError as error:
            raise Wrong(str(error)) from error
        command(photos=place, **options)

    for option in reversed(photos_options):
        run = option(run)
    return run


def with_retention(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of retention, as one `retention`."""

    @wraps(command)
    def run(retention_days: int, case_retention_days: int, **options: Any) -> None:
        try:
            policy = RetentionPolicy(retention_days, case_retention_days)
        except ValueError as error:
            raise Wrong(str(error)) from error
        command(retention=policy, **options)

    for option in reversed(retention_options):
        run = option(run)
    return run


def on_headquarters(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the opened headquarters instead of its folder, and close it afterwards."""

    @data_option
    @database_option
    @with_photos
    @wraps(command)
    def run(data: Path, database: str, photos: S3Config | None, **options: Any) -> None:
        office = open_or_say(Config(data=data, database=database, photos=photos))
        try:
            command(office, **options)
        finally:
            office.store.close()

    return run

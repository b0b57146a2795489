"""One TOML file, checked at start: an unknown key is an error, units stand in the names."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from checkpoint.credentials.health_code_config import IssuerConfig, SigningConfig
from checkpoint.crossing import Category
from checkpoint.errors import CheckpointError
from hardware.camera.rpicam import WIDTH_STEP_PX
from hardware.lamps.settings import LampsConfig


class ConfigError(CheckpointError, ValueError):
    """The configuration cannot be used; the message names the key and what is wrong with it."""


class _Table(BaseModel):
    """One table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CameraConfig(_Table):
    """Where one camera's frames come from."""

    source: Literal["scenes", "folder", "v4l2", "rpicam", "gate"] = Field(
        "scenes",
        description="`rpicam` a Pi camera, `v4l2` a USB camera; `scenes` and `folder` are simulated; `gate`, for the "
        "bench, looks through the gate's camera",
    )
    device: str = Field("/dev/video0", description="the V4L2 device")
    camera: int = Field(0, ge=0, le=3, description="which Pi camera, as `rpicam-hello --list-cameras` numbers them")
    codec: Literal["yuv420", "mjpeg"] = Field(
        "yuv420",
        description="how a Pi camera's frames come; `yuv420` costs less and wants a width that is a multiple of 64",
    )
    path: Path | None = Field(None, description="the folder of pictures, or the video file, of a `folder` camera")
    fps: float = Field(10.0, gt=0, le=60, description="frames a second")
    width_px: int = Field(1280, ge=160, le=8000, description="width of a frame")
    height_px: int = Field(720, ge=120, le=8000, description="height of a frame")

    @model_validator(mode="after")
    def _folder_has_a_path(self) -> Self:
        if self.source == "folder" and self.path is None:
            raise ValueError("a folder camera needs `path`")
        if self.source == "rpicam" and self.codec == "yuv420" and self.width_px % WIDTH_STEP_PX:
            raise ValueError(f"width_px must be a multiple of {WIDTH_STEP_PX} with codec yuv420; or set codec to mjpeg")
        return self


class ClockConfig(_Table):
    """How far the wall clock is believed."""

    source: Literal["system", "assume-trusted"] = Field(
        "system", description="`assume-trusted` believes the machine's clock unasked: for demonstrations only"
    )


class GateConfig(_Table):
    """The gate."""

    category: Category = Field(Category.RESIDENT, description="the category a vehicle has until the officer says so")
    verdict_s: float = Field(20.0, gt=0, le=600, description="seconds until a verdict goes neutral, lamp to red")
    again_s: float = Field(3.0, ge=0, le=60, description="seconds out of view after which a code counts as new")


class BenchConfig(_Table):
    """The bench and its read window."""

    slots: int = Field(20, ge=1, le=200, description="how many cassettes the bench has places for")
    read_from_min: float = Field(15.0, gt=0, description="minutes after the drops from which a cassette may be read")
    read_until_min: float = Field(20.0, gt=0, description="minutes after which no result counts")
    mat: Literal["none", "a4", "a5"] = Field("none", description="the paper of the reading mat under the bench camera")
    burst_frames: int = Field(4, ge=1, le=32, description="frames averaged for one reading: faint lines show better")

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.read_from_min >= self.read_until_min:
            raise ValueError("read_from_min must be smaller than read_until_min")
        return self


class KitsConfig(_Table):
    """The antigen kits: when somebody is to see to them."""

    low_below: int = Field(50, ge=0, le=100_000, description="usable kits left below which the stock counts as low")
    expiring_days: int = Field(30, ge=0, le=3650, description="days before a lot's expiry from which that is said")


class RulesConfig(_Table):
    """The rule packs."""

    packs: tuple[str, ...] = Field(
        ("pinghu-road-2022-03-20", "company-gate-48h"),
        description="shipped packs in force besides what headquarters publishes",
    )


class TrustConfig(_Table):
    """Whose signatures are believed."""

    max_age_days: float = Field(30.0, gt=0, description="a trust list older than this holds every signed code")


class SyncConfig(_Table):
    """Uploads to headquarters; its address comes with the enrolment (`checkpoint enrol`)."""

    interval_s: float = Field(60.0, gt=0, description="seconds between two uploads where nothing urgent waits")


class BackupConfig(_Table):
    """Backups of the journal, made every night and by `checkpoint backup`."""

    nightly: bool = Field(True, description="whether the running station makes one each night by itself")
    at: time = Field(time(3, 10), description="when, on the clock of `timezone`; a station that was off catches up")
    folder: Path | None = Field(
        None,
        description="where they go, such as a USB stick; left out, into `backups` beside the journal, without the "
        "photos: that survives a damaged file, not a lost card",
    )
    keep: int = Field(7, ge=1, le=365, description="how many generations stay there")

    @field_validator("at")
    @classmethod
    def _is_of_no_zone(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("a time of day without a zone, such as 03:10:00")
        return at


class RetentionConfig(_Table):
    """How long the station keeps personal data. The chain of events without it stays."""

    retention_days: float = Field(
        14.0, gt=0, le=3650, description="days after which names, numbers and photos are destroyed here"
    )
    own_keys_days: float | None = Field(
        None,
        gt=0,
        le=3650,
        description="days after which only headquarters can still open a record it has confirmed; left out, never",
    )


class WebConfig(_Table):
    """The officers' pages."""

    host: str = Field("127.0.0.1", description="the address the pages are served on")
    port: int = Field(8080, ge=1, le=65535, description="their port")
    https: bool = Field(False, description="speak HTTPS by a certificate authority of the station's own")
    names: tuple[str, ...] = Field(
        (), description="more private names or addresses by which tablets call the station, e.g. `gate.lan`"
    )
    threads: int = Field(12, ge=2, le=64, description="requests answered at once")


class Config(_Table):
    """Everything one station is told."""

    name: str = Field("checkpoint", min_length=1, description="the station's name on pages and at headquarters")
    town: str = Field("", description="the town it belongs to")
    timezone: str = Field("Asia/Shanghai", description="the zone in which pages show times")

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"no such time zone: {name} (an IANA name, e.g. Asia/Shanghai)")
        return name

    data: Path = Field(Path("var/station"), description="folder of the journal, photos, keys and officers")
    demo: bool = Field(False, description="simulated devices are shown scenes; demo log-ins stand on the log-in page")
    gate_camera: CameraConfig = CameraConfig()
    bench_camera: CameraConfig = CameraConfig()
    lamps: LampsConfig = LampsConfig()
    clock: ClockConfig = ClockConfig()
    gate: GateConfig = GateConfig()
    bench: BenchConfig = BenchConfig()
    kits: KitsConfig = KitsConfig()
    rules: RulesConfig = RulesConfig()
    trust: TrustConfig = TrustConfig()
    issuers: tuple[IssuerConfig, ...] = ()
    sync: SyncConfig = SyncConfig()
    backup: BackupConfig = BackupConfig()
    retention: RetentionConfig = RetentionConfig()
    web: WebConfig = WebConfig()

    @model_validator(mode="after")
    def _devices_fit_together(self) -> Self:
        if self.gate_camera.source == "gate":
            raise ValueError("gate_camera.source: `gate` is for the bench's camera, which then shares the gate's")
        if self.lamps.green_s < self.gate.verdict_s:
            raise ValueError(
                "lamps.green_s must not be smaller than gate.verdict_s: the lamp would go red before the page"
            )
        return self


def load_config(path: Path) -> Config:
    """Read and check one TOML file; relative paths in it are relative to it. Raise `ConfigError` naming the key."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one, or try `checkpoint demo`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(f"{path}: {where}: {first['msg']}") from error
    issuers = tuple(_issuer_beside(issuer, path.parent) for issuer in config.issuers)
    backup = config.backup
    if backup.folder is not None:
        backup = backup.model_copy(update={"folder": path.parent / backup.folder})
    return config.model_copy(update={"data": path.parent / config.data, "backup": backup, "issuers": issuers})


def _issuer_beside(issuer: IssuerConfig, folder: Path) -> IssuerConfig:
    """Return `issuer` with the paths of its keys relative to the configuration's folder."""

    def beside(signing: SigningConfig | None) -> SigningConfig | None:
        return signing and signing.model_copy(update={"key_file": folder / signing.key_file})

    return issuer.model_copy(
        update={
            "request_signing": beside(issuer.request_signing),
            "answer_signing": beside(issuer.answer_signing),
        }
    )

"""What every part may ask of the running program: the time, and which version it is."""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version


def utc_now() -> datetime:
    """The clock of a running gateway."""
    return datetime.now(UTC)


def product_version() -> str:
    """The installed version, or that of a checkout."""
    try:
        return version("gba-identity-gateway")
    except PackageNotFoundError:
        return "0.1.0+checkout"

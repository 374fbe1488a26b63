"""Puts the validation of signatures together: lists, policies, revocation, workers and the key under reports."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from certs.keys.signing_key import KeySource
from certs.signatures.built_in_policies import BUILT_IN
from certs.signatures.collect import Surroundings
from certs.signatures.policy import Policies
from certs.signatures.report import Producer
from certs.signatures.worker import WorkerReader
from certs.trust.errors import Refused
from certs.trust.fetch import Fetcher
from gateway.admin.keyring import Keyring
from gateway.config import ConfigurationError, Settings, Signatures
from gateway.product import product_version
from gateway.signatures.service import ValidationService
from gateway.signatures.trust_state import TrustReader
from gateway.store.open import Stores
from gateway.trust_files import trust_files

PRODUCT: Final = "gba-identity-gateway"


@contextlib.asynccontextmanager
async def validation(
    settings: Settings, keys: Keyring, reports: KeySource, stores: Stores, clock: Callable[[], datetime]
) -> AsyncIterator[ValidationService | None]:
    """The service while it is needed; `None` for a gateway whose settings have no block ``signatures``."""
    block = settings.signatures
    if block is None:
        yield None
        return
    worker = WorkerReader()
    fetcher = Fetcher(allow_loopback=settings.outbound.allow_loopback, ca_bundle=settings.outbound.ca_bundle)
    try:
        yield ValidationService(
            trust=TrustReader(stores.trust_lists, trust_files(block, keys)),
            policies=policies_of(block),
            around=Surroundings(stores.revocation_cache, fetcher),
            worker=worker,
            reports=stores.reports,
            receipts=stores.receipts,
            report_keys=reports,
            privacy_key=keys.pairwise_key,
            producer=Producer(PRODUCT, product_version()),
            clock=clock,
        )
    finally:
        await asyncio.gather(worker.close(), fetcher.aclose())


def policies_of(block: Signatures | None) -> Policies:
    """The built-in policies and an operator's own, which stand in files of a folder."""
    folder = None if block is None else block.policies
    files = [] if folder is None else sorted(folder.glob("*.json"))
    return Policies.of(*BUILT_IN, *(_document(path) for path in files))


def _document(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        Policies.of(read)
    except (OSError, ValueError, Refused) as error:
        raise ConfigurationError(f"signatures.policies: {path.name} is not a validation policy") from error
    return dict(read)

"""What operators sign in with: set by a custodian at the command line, shown once, remembered as hashes (G17, G20).

Whatever changes ends every session of that operator. An authenticator's secret counts only after a code made with it
was typed: nobody is locked out by a picture that was never scanned.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from certs.keys import base64url, one_time_code
from certs.keys.certificate_facts import CertificateFacts
from certs.keys.password import Passwords, checked
from gateway.admin import operator_sessions
from gateway.admin.acts import Act
from gateway.admin.operation_ports import OperatorAccounts
from gateway.admin.operation_records import Credentials
from gateway.admin.operators import UnknownOperatorError
from gateway.admin.ports import OperatorRegistry
from gateway.admin.records import Operator
from gateway.audit import AuditAction

ISSUER: Final = "Bay Area identity gateway"
"""What an authenticator calls us."""


class CredentialError(ValueError):
    """What was given cannot be signed in with; the text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """What operators' accounts are kept with."""

    operators: OperatorRegistry
    accounts: OperatorAccounts
    passwords: Passwords = field(default_factory=Passwords)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An authenticator that is being set up: its secret is shown this once, and kept after a code was typed."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """What an authenticator scans."""
        return one_time_code.address(self.secret, ISSUER, self.name)

    @property
    def typed(self) -> str:
        """The secret for those who type it."""
        return one_time_code.base32(self.secret)


async def set_password(office: Accounts, name: str, password: str, act: Act, *, dry_run: bool = False) -> None:
    """Give an operator a password; raises ``PasswordError`` or ``UnknownOperatorError``."""
    await _active(office, name, act.now)
    accepted = checked(password, name)
    if dry_run:
        return
    phc = await asyncio.to_thread(office.passwords.hash, accepted)
    await _write(office, replace(await _known(office, name), password=phc), "password", act)


async def begin_enrolment(office: Accounts, name: str, now: datetime) -> Enrolment:
    """Make the secret of a new authenticator; raises ``UnknownOperatorError``."""
    await _active(office, name, now)
    return Enrolment(name, one_time_code.new_secret())


async def confirm_enrolment(office: Accounts, enrolment: Enrolment, code: str, act: Act) -> None:
    """Keep the secret once the authenticator has shown that it has it; raises ``CredentialError``."""
    await _active(office, enrolment.name, act.now)
    step = one_time_code.step_of(enrolment.secret, code, act.now)
    if step is None:
        raise CredentialError("this is not the authenticator's code of now: nothing was changed")
    known = await _known(office, enrolment.name)
    await _write(office, replace(known, totp_secret=enrolment.secret, totp_step=step), "one_time_code", act)


async def bind_certificate(
    office: Accounts, name: str, certificate: CertificateFacts, act: Act, *, dry_run: bool = False
) -> str:
    """Let an operator in by a client certificate; gives its thumbprint. Raises ``CredentialError``."""
    await _active(office, name, act.now)
    if not certificate.not_before <= act.now < certificate.not_after:
        raise CredentialError("this certificate is not valid now")
    thumbprint = base64url.encode(bytes.fromhex(certificate.sha256))
    holder = await office.accounts.of_certificate(thumbprint)
    is_free = holder is None or holder.name == name
    if is_free and not dry_run:
        changed = replace(await _known(office, name), certificate=thumbprint)
        is_free = await _is_written(office, changed, "certificate", act)
    if not is_free:
        raise CredentialError("this certificate is another operator's")
    return thumbprint


async def take_away(office: Accounts, name: str, act: Act, *, dry_run: bool = False) -> bool:
    """Take password, authenticator and certificate away, as after a loss; false if there were none."""
    if await office.accounts.credentials(name) is None:
        return False
    if not dry_run:
        await _write(office, Credentials(name), "none", act)
    return True


async def described(office: Accounts, operator: Operator, now: datetime) -> dict[str, Any]:
    """What somebody can sign in with, and where they are signed in; nothing that could be used."""
    known = await _known(office, operator.name)
    open_now = await office.accounts.sessions(operator.name, now)
    return {
        "password": known.password is not None,
        "one_time_code": known.totp_secret is not None,
        "certificate": known.certificate,
        "sessions": [dict(operator_sessions.described(session)) for session in open_now],
    }


async def _active(office: Accounts, name: str, now: datetime) -> Operator:
    found = await office.operators.find(name)
    if found is None or not operator_sessions.is_active(found, now):
        raise UnknownOperatorError
    return found


async def _known(office: Accounts, name: str) -> Credentials:
    return await office.accounts.credentials(name) or Credentials(name)


async def _write(office: Accounts, credentials: Credentials, what: str, act: Act) -> None:
    if not await _is_written(office, credentials, what, act):
        raise CredentialError("this certificate is another operator's")


async def _is_written(office: Accounts, credentials: Credentials, what: str, act: Act) -> bool:
    event = act.event(AuditAction.OPERATOR_UPDATED, name=credentials.name, what=what)
    return await office.accounts.set_credentials(credentials, act.now, event)

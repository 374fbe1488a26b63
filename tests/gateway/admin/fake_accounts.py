"""In-memory stand-ins for operators' accounts, acts of two persons and counted tries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.admin.joint_acts import is_same_person
from gateway.admin.operation_records import Credentials, JointAct, OperatorSession
from gateway.audit import AuditEvent
from tests.gateway.admin.fakes import FakeAudit


class FakeAccounts(FakeAudit):
    """``OperatorAccounts``."""

    def __init__(self) -> None:
        super().__init__()
        self.by_name: dict[str, Credentials] = {}
        self.by_hash: dict[bytes, OperatorSession] = {}

    async def credentials(self, name: str) -> Credentials | None:
        return self.by_name.get(name)

    async def of_certificate(self, thumbprint: str) -> Credentials | None:
        return next((one for one in self.by_name.values() if one.certificate == thumbprint), None)

    async def set_credentials(self, credentials: Credentials, now: datetime, event: AuditEvent) -> bool:
        holder = credentials.certificate and await self.of_certificate(credentials.certificate)
        if holder and holder.name != credentials.name:
            return False
        self.by_name[credentials.name] = credentials
        await self.end_all(credentials.name, event)
        return True

    async def renew_hash(self, name: str, before: str, after: str, now: datetime) -> bool:
        if self.by_name[name].password != before:
            return False
        self.by_name[name] = replace(self.by_name[name], password=after)
        return True

    async def spend_code(self, name: str, step: int, now: datetime) -> bool:
        known = self.by_name[name]
        if known.totp_step is not None and known.totp_step >= step:
            return False
        self.by_name[name] = replace(known, totp_step=step)
        return True

    async def begin(self, session: OperatorSession, event: AuditEvent) -> None:
        self.by_hash[session.hash] = session
        self.events.append(event)

    async def session(self, session_hash: bytes, now: datetime) -> OperatorSession | None:
        found = self.by_hash.get(session_hash)
        return found if found is not None and found.ends_at > now else None

    async def touch(self, session: OperatorSession) -> None:
        self.by_hash[session.hash] = session

    async def end(self, session_hash: bytes, event: AuditEvent) -> bool:
        is_there = self.by_hash.pop(session_hash, None) is not None
        if is_there:
            self.events.append(event)
        return is_there

    async def end_all(self, name: str, event: AuditEvent) -> int:
        ended = [key for key, session in self.by_hash.items() if session.name == name]
        for key in ended:
            del self.by_hash[key]
        self.events.append(event)
        return len(ended)

    async def sessions(self, name: str, now: datetime) -> Sequence[OperatorSession]:
        return [one for one in self.by_hash.values() if one.name == name and one.ends_at > now]


class FakeJointActs(FakeAudit):
    """``JointActs``."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: dict[str, JointAct] = {}

    async def ask(self, act: JointAct, event: AuditEvent) -> None:
        self.acts[act.id] = act
        self.events.append(event)

    async def find(self, act_id: str) -> JointAct | None:
        return self.acts.get(act_id)

    async def waiting(self, now: datetime) -> Sequence[JointAct]:
        return [one for one in self.acts.values() if one.over_at is None and one.ends_at > now]

    async def agree(self, act_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        asked = self.acts[act_id]
        if asked not in await self.waiting(now) or asked.agreed_by or is_same_person(asked.asked_by, operator):
            return False
        return self._write(replace(asked, agreed_by=operator, agreed_at=now), event)

    async def take(self, act_id: str, digest: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        asked = self.acts[act_id]
        is_agreed = asked.agreed_by is not None and asked.asked_by == operator and asked.digest == digest
        if asked not in await self.waiting(now) or not is_agreed:
            return False
        return self._write(replace(asked, over_at=now), event)

    async def refuse(self, act_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        asked = self.acts[act_id]
        return asked in await self.waiting(now) and self._write(replace(asked, over_at=now), event)

    async def note(self, event: AuditEvent) -> None:
        self.events.append(event)

    def _write(self, act: JointAct, event: AuditEvent) -> bool:
        self.acts[act.id] = act
        self.events.append(event)
        return True


class FakeTries:
    """``SignInAttempts``: so many tries, ever."""

    def __init__(self, most: int = 5) -> None:
        self.most = most
        self.counted: dict[tuple[str, str], int] = {}

    async def admit(self, kind: str, key: str, now: datetime) -> bool:
        self.counted[kind, key] = self.counted.get((kind, key), 0) + 1
        return self.counted[kind, key] <= self.most

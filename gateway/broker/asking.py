"""Who asks for a number, under whose rules, and what the register says: the ground of every step about numbers."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.model import LoginTransaction, Person
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.oidc.model import Client
from mapping.documents import TravelPermit
from mapping.evidence import Evidence, Policy
from mapping.identifier import MainlandIdentifier
from mapping.ports import LinkOutcome, LinkQuestion, LinkRegister
from mapping.vocabulary import Realm
from providers.errors import ProviderError, ProviderFailure

UNAVAILABLE: Final = "register.unavailable"
_NOT_MATCHED: Final = f"register.{LinkOutcome.NOT_MATCHED.value}"
_CONTENT: Final = ("field:", "missing:")
"""How ``ProviderError.detail`` begins when what was read, and not how it was sealed, is wrong."""


@dataclass(frozen=True, slots=True, repr=False)
class Asking:
    """One person's question for a number, at one moment, under the rules that hold for it."""

    person: Person
    policy: Policy
    now: datetime
    correlation_id: str
    client_id: str | None = None
    purpose: str | None = None
    """The relying party's; none where the person keeps the record in order and nothing goes out."""

    @classmethod
    def in_sign_in(
        cls, broker: Broker, client: Client, transaction: LoginTransaction, person: Person, now: datetime
    ) -> Self:
        """The question that a relying party's sign-in puts."""
        policy = release_policy(broker.realm, client)
        return cls(person, policy, now, transaction.correlation_id, client.client_id, client.purpose or None)

    def for_the_record(self, *, surrogates_allowed: bool) -> "Asking":
        """The same person's record is kept in order, whatever the relying party at hand may be given of it."""
        policy = replace(self.policy, surrogates_allowed=surrogates_allowed or self.policy.surrogates_allowed)
        return replace(self, policy=policy, purpose=None)

    def evidence(self, permit: TravelPermit | None, **proof: Any) -> Evidence:
        """What this sign-in proves about the person, and ``proof`` beside it."""
        return replace(
            Evidence(
                permit=permit,
                birthdate=self.person.birthdate,
                sex=self.person.sex,
                assurance=self.person.assurance.value,
                purpose=self.purpose,
            ),
            **proof,
        )

    def vouched(self, permit: TravelPermit, number: MainlandIdentifier | None, **proof: Any) -> Evidence:
        """The same, after the register has confirmed the permit, with the residence number it knows or the provider."""
        vouched_for = number or self.person.residence_permit
        return self.evidence(
            permit,
            residence_permit=vouched_for,
            residence_permit_verified=vouched_for is not None,
            vouched=True,
            **proof,
        )

    def event(self, action: AuditAction, **details: str) -> AuditEvent:
        """An event about this person; ``details`` are fixed words."""
        return AuditEvent(
            action,
            self.now,
            self.correlation_id,
            client_id=self.client_id,
            subject_id=self.person.subject_id,
            provider=self.person.provider,
            details=details,
        )


@dataclass(frozen=True, slots=True, repr=False)
class RegisterAnswer:
    """What the register says of a permit; without a reason it is a match."""

    reason: str | None = None
    number: MainlandIdentifier | None = None
    """The residence permit's number, where the register knows one."""
    is_nonsense: bool = False
    """The answer was sealed and signed as it should be, and says something that cannot be (MP-07)."""


def release_policy(realm: Realm, client: Client) -> Policy:
    """What may be decided for this relying party (mapping specification 10.4)."""
    return Policy(realm=realm, surrogates_allowed=client.surrogates_allowed, min_assurance=NUMBER_ASSURANCE.value)


async def ask_register(register: LinkRegister | None, person: Person, permit: TravelPermit) -> RegisterAnswer:
    """Ask whether permit, name and birth date belong together; the residence number is fetched with a match."""
    if register is None or person.birthdate is None:
        return RegisterAnswer(_NOT_MATCHED)
    question = LinkQuestion(permit, person.name.han, person.name.latin, person.birthdate)
    try:
        answer = await register.ask(question)
        if answer.outcome is not LinkOutcome.MATCHED:
            return RegisterAnswer(f"register.{answer.outcome.value}")
        number = await register.redeem(answer.token) if answer.token is not None else None
    except ProviderError as error:
        is_nonsense = error.failure is ProviderFailure.BROKEN and error.detail.startswith(_CONTENT)
        return RegisterAnswer(UNAVAILABLE, is_nonsense=is_nonsense)
    return RegisterAnswer(number=number)

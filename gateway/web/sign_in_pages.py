"""From outcomes to page contexts: what the pages of a sign-in show, with numbers and names masked."""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.broker.answers import way_home
from gateway.broker.model import AskConsent, AskPermit, ChooseProvider, LoginTransaction
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.web.context import Web
from gateway.web.pages import ChooserPage, ConsentGroup, ConsentItem, ConsentPage, PermitPage, ProviderOption
from providers.base import PersonName

_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
_ORIGIN: Final = {"hong_kong": "hong_kong", "macao": "macao", "guangdong": "guangdong"}


def chooser_page(web: Web, client: Client, outcome: ChooseProvider, token: str) -> ChooserPage:
    """Choose an account."""
    path = f"/sign-in/{outcome.transaction.id}"
    return ChooserPage(
        service=client.client_name,
        switch=path,
        action=f"{path}/provider",
        csrf=token,
        providers=tuple(ProviderOption(name) for name in outcome.providers),
        way_home=way_home(web.broker, outcome.transaction, ErrorCode.ACCESS_DENIED),
    )


def permit_page(web: Web, client: Client, outcome: AskPermit, token: str) -> PermitPage:
    """Type the permit number."""
    path = f"/sign-in/{outcome.transaction.id}"
    return PermitPage(
        service=client.client_name,
        switch=path,
        action=f"{path}/permit",
        csrf=token,
        answer=outcome.transaction.permit_answer,
        name=_masked_name_of(outcome.transaction),
        way_home=way_home(web.broker, outcome.transaction, ErrorCode.ACCESS_DENIED),
    )


def consent_page(client: Client, outcome: AskConsent, token: str) -> ConsentPage:
    """Decide what is passed on."""
    transaction, release = outcome.transaction, outcome.release
    path = f"/sign-in/{transaction.id}"
    provider = transaction.provider or ""
    groups = [ConsentGroup(scope, tuple(_items(release.claims.get(scope, {})))) for scope in release.scopes]
    groups += [ConsentGroup(scope, (), missing=reason) for scope, reason in release.missing.items()]
    return ConsentPage(
        service=client.client_name,
        switch=path,
        action=f"{path}/consent",
        csrf=token,
        provider=provider,
        jurisdiction=client.jurisdiction,
        origin=_ORIGIN.get(provider, provider),
        purpose=client.purpose,
        name=_masked_name_of(transaction),
        groups=tuple(groups),
        client_uri=client.client_uri,
        policy_uri=client.policy_uri,
    )


def _items(claims: Mapping[str, Any]) -> list[ConsentItem]:
    return [_item(name, value) for name, value in claims.items()]


def _item(name: str, value: Any) -> ConsentItem:
    match name, value:
        case "gba_cn_id", {"value": str(number), "kind": str(kind)}:
            return ConsentItem(name, f"{number[0]}{'*' * (len(number) - 2)}{number[-1]}", note=f"kind.{kind}")
        case "gba_doc", {"number9": str(number)}:
            return ConsentItem(name, f"{number[0]}{'*' * (len(number) - 3)}{number[-2:]}")
        case (("name" | "family_name" | "given_name"), str(text)):
            return ConsentItem(name, masked_name(text))
        case "birthdate", str(day):
            return ConsentItem(name, f"{day[:4]}-**-**")
        case _:
            return ConsentItem(name, str(value))


def masked_name(name: str) -> str:
    """A name its owner recognises and a stranger at the screen does not (HK-08): 陳**, C*** S*** M***."""
    if _HAN.match(name):
        return name[0] + "*" * (len(name) - 1)
    return " ".join(word[0] + "***" for word in name.split())


def _masked_name_of(transaction: LoginTransaction) -> str:
    name = transaction.person.name if transaction.person else PersonName()
    return masked_name(name.display)

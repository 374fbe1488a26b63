"""How surely a client wants to know who signs in, and what it may be told of the level that was reached (G24).

``acr_values`` are a wish and never break a sign-in (OpenID Connect Core §3.1.2.1); an essential ``acr`` is a demand: it
is met or the sign-in fails (§5.5.1.1, OpenID Connect Core Error Code unmet_authentication_requirements 1.0).
"""

from gateway.broker.asked import asks_for_numbers
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.oidc.claims_request import essential_acr
from gateway.oidc.model import AuthorizationRequest, Client
from providers.base import Assurance


def demanded(request: AuthorizationRequest) -> tuple[Assurance, ...] | None:
    """The levels of which one must be reached; none if nothing is demanded, empty if no level of ours would do."""
    values = essential_acr(request) if request.claims else ()
    return _levels(values) if values else None


def least_assurance(request: AuthorizationRequest) -> Assurance | None:
    """The lowest of the levels that the client listed; what is below it is not offered."""
    levels = demanded(request)
    return min(_levels(request.acr_values) if levels is None else levels, default=None)


def wished(request: AuthorizationRequest, client: Client) -> Assurance | None:
    """The level to ask the provider for: the client's first choice, and enough for an identifier if one is asked."""
    levels = demanded(request) or _levels(request.acr_values)
    first = levels[0] if levels else None
    if asks_for_numbers(request, client):
        return max(first or NUMBER_ASSURANCE, NUMBER_ASSURANCE)
    return first


def is_met(request: AuthorizationRequest, reached: Assurance) -> bool:
    """Whether a level is enough for what is demanded; a wish is none."""
    levels = demanded(request)
    return levels is None or any(level <= reached for level in levels)


def can_be_met(broker: Broker, client: Client, request: AuthorizationRequest) -> bool:
    """Whether any account that this client's users may choose can reach what is demanded."""
    levels = demanded(request)
    return levels is None or bool(levels and broker.offered(client, min(levels)))


def reported_acr(request: AuthorizationRequest, reached: Assurance) -> str:
    """The level as the client is told: the one reached, or the demanded one that it covers; never a higher one.

    A demand wants one of its own values back (OpenID Connect Core §5.5.1.1), and whoever reached the third level has
    reached the second.
    """
    covered = [level for level in demanded(request) or () if level <= reached]
    return max(covered, default=reached).acr


def _levels(values: tuple[str, ...]) -> tuple[Assurance, ...]:
    return tuple(level for acr in values if (level := Assurance.from_acr(acr)))

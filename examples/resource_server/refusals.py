"""What an API says when it refuses: the challenges of RFC 6750 §3, RFC 9449 §7.1 and RFC 9470 §3."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

PROOF_ALGORITHMS = ("ES256", "PS256", "RS256")
"""What a DPoP proof may be signed with; never a symmetric algorithm."""


class RefusedError(Exception):
    """A request that is not answered; the words are fixed, and nothing of the token stands in them."""

    def __init__(self, error: str | None, description: str = "", *, status: int = 401, **parameters: str) -> None:
        super().__init__(description or "no access token")
        self.error = error
        self.description = description
        self.status = status
        self.parameters = parameters

    def challenges(self) -> list[str]:
        """The ``WWW-Authenticate`` headers; both schemes, because the client may use either."""
        said = {"error": self.error, "error_description": self.description, **self.parameters}
        given = {name: value for name, value in said.items() if value}
        return [_challenge("DPoP", given | {"algs": " ".join(PROOF_ALGORITHMS)}), _challenge("Bearer", given)]


class UnavailableError(Exception):
    """The gateway's keys cannot be had at the moment: nothing can be said about any token."""


def _challenge(scheme: str, parameters: dict[str, str]) -> str:
    return " ".join([scheme, ", ".join(f'{name}="{value}"' for name, value in parameters.items())]).strip()


async def refuse(_: Request, error: Exception) -> Response:
    """Turn a refusal into HTTP."""
    if not isinstance(error, RefusedError):
        return JSONResponse({"error": "temporarily_unavailable"}, 503, {"retry-after": "5"})
    response = JSONResponse({"error": error.error or "no_token"}, error.status, {"cache-control": "no-store"})
    for challenge in error.challenges():
        response.headers.append("www-authenticate", challenge)
    return response

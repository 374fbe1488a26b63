"""``gate sign``: judge a signature on this machine, check a report without a network, judge stored evidence again."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from certs.keys import JoseError, JsonError, strict_json
from certs.keys.verification_keys import VerificationKeys
from certs.signatures import receipt
from certs.signatures.bundle import read_bundle, replay
from certs.signatures.report import Audience, signatures_of
from certs.signatures.seal import open_sealed
from certs.trust.errors import Refused
from gateway.cli.output import AsJson, ConfigFile, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, operator_name, with_stores
from gateway.managed_keys import managed_keys
from gateway.product import utc_now
from gateway.signatures.service import Caller, TrustUnusableError, ValidationService
from gateway.validation import policies_of, validation

T = TypeVar("T")
app = typer.Typer(help="Signatures: judge, check a report, judge again.", no_args_is_help=True)

FILE_LIMIT: Final = 67_108_864
Signed = Annotated[Path, typer.Argument(help="The signature, or the PDF with one.", dir_okay=False)]
Keys = Annotated[Path, typer.Option("--keys", help="Key set of the gateway, as it publishes it.", dir_okay=False)]
Document = Annotated[Path | None, typer.Option(help="What was signed, if it is not inside.", dir_okay=False)]
FormatName = Annotated[str, typer.Option("--format", help="auto, cms-detached, cms-attached, pades, jws or jades.")]
Policy = Annotated[str, typer.Option("--policy", help="Validation policy.")]


@app.command()
def verify(
    signature: Signed,
    *,
    document: Document = None,
    form: FormatName = "auto",
    relying: Annotated[str | None, typer.Option(help="Where it is to be used: HK, MO or GD.")] = None,
    purpose: Annotated[str, typer.Option(help="What for, as the equivalence table names it.")] = "contract",
    policy: Policy = "gba-default",
    report: Annotated[Path | None, typer.Option(help="Write the signed report there.", dir_okay=False)] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge a signature by the lists in force; exit code 1 when it is not accepted."""
    members = _members(signature, document, form) | {"purpose": purpose, "policy": policy}

    async def work(gate: Opened, service: ValidationService) -> tuple[dict[str, Any], str]:
        place = relying or (gate.settings.signatures.relying_jurisdiction if gate.settings.signatures else "HK")
        caller = Caller(client_id=f"operator {operator_name()}", sees_names=True)
        judged = await service.validate(members | {"relying_jurisdiction": place}, caller)
        return judged.report, judged.token

    made, token = _with_service(config, work)
    if report is not None:
        report.write_text(token, encoding="ascii")
    _show_report(made, as_json=as_json)


@app.command("report")
def report_(
    file: Annotated[Path, typer.Argument(help="A report as the gateway signed it.", dir_okay=False)],
    *,
    keys: Keys,
    as_json: AsJson = False,
) -> None:
    """Check a report's own signature, without any network, and show it."""
    made = _refusing(lambda: open_sealed(_read(file).decode("ascii", "replace").strip(), _keys(keys)))
    _show_report(made, as_json=as_json)


@app.command("replay")
def replay_(
    bundle: Annotated[Path, typer.Argument(help="An evidence bundle.", dir_okay=False)],
    *,
    policy: Annotated[str | None, typer.Option("--policy", help="Another policy: what if.")] = None,
    at: Annotated[datetime | None, typer.Option(help="Another time, UTC.", formats=["%Y-%m-%dT%H:%M:%S"])] = None,
    against: Annotated[Path | None, typer.Option(help="The report that must come out.", dir_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Judge stored evidence again; the same policy must give the same bytes (exit code 1 if not, or not accepted)."""
    evidence = _refusing(lambda: read_bundle(_object(_read(bundle))))
    wanted = None if policy is None else _refusing(lambda: policies_of(None).find(policy))
    verdict, _ = replay(evidence, wanted, None if at is None else at.replace(tzinfo=UTC))
    signatures = signatures_of(verdict, Audience(names=True, key=b""))
    found: dict[str, Any] = {
        "indication": verdict.technical.indication.value,
        "accept": verdict.accept,
        "signatures": signatures if as_json else len(signatures),
    }
    if against is not None:
        found["same"] = _unsigned(against)["signatures"] == signatures
    show(found, as_json=as_json)
    if not verdict.accept or found.get("same") is False:
        raise typer.Exit(Exit.ATTENTION)


@app.command("receipt")
def receipt_(
    signature: Signed,
    *,
    document: Document = None,
    form: FormatName = "auto",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Take down that these signatures exist now, and print a signed receipt for each: proof of time for later."""
    members = _members(signature, document, form)

    async def work(gate: Opened, service: ValidationService) -> list[dict[str, str]]:
        place = {"relying_jurisdiction": "HK", "purpose": "contract"}  # a receipt is for no place and no purpose
        return [
            {
                "signature_sha256": one.signature_sha256,
                "first_seen": one.first_seen.isoformat(),
                "receipt": receipt.issue(one, gate.settings.issuer, service.report_key),
            }
            for one in await service.take_down(members | place)
        ]

    show_rows("receipts", _with_service(config, work), ("signature_sha256", "first_seen", "receipt"), as_json=as_json)


def _members(signature: Path, document: Path | None, form: str) -> dict[str, Any]:
    members: dict[str, Any] = {"format": form, "signature": _text(_read(signature))}
    if document is not None:
        members["content"] = {"bytes": _text(_read(document))}
    return members


def _with_service(config: Path | None, work: Callable[[Opened, ValidationService], Awaitable[T]]) -> T:
    async def run(gate: Opened) -> T:
        reports = (await managed_keys(gate.settings, gate.keys, gate.stores, utc_now())).live.reports
        async with validation(gate.settings, gate.keys, reports, gate.stores, utc_now) as service:
            if service is None:
                stop("the settings have no block signatures: nothing is validated here", Exit.PRECONDITION)
            return await work(gate, service)

    try:
        return with_stores(config, run)
    except Refused as refused:
        stop(f"refused ({refused.code.value}): {refused.detail}", Exit.USAGE)
    except TrustUnusableError:
        stop("there are no trust lists that may be used: see `gate trust list`", Exit.PRECONDITION)


def _refusing(work: Callable[[], T]) -> T:
    try:
        return work()
    except Refused as refused:
        stop(f"refused ({refused.code.value}): {refused.detail}", Exit.PRECONDITION)


def _show_report(report: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        show({"report": report}, as_json=True)
    else:
        overall = report["overall"]
        show(
            {"report": report["id"], **{name: overall[name] for name in ("indication", "sub_indication", "accept")}},
            as_json=False,
        )
        for signature in report["signatures"]:
            typer.echo("")
            show(_in_short(signature), as_json=False)
    if not report["overall"]["accept"]:
        raise typer.Exit(Exit.ATTENTION)


def _in_short(signature: Mapping[str, Any]) -> dict[str, Any]:
    step = signature["next_step"]
    signer = signature["signer"]
    return {
        "signature": signature["id"],
        "signer": None if signer is None else signer["subject"],
        "indication": signature["technical"]["indication"],
        "sub_indication": signature["technical"]["sub_indication"],
        "recognition": signature["recognition"]["status"],
        "class": signature["effect"]["class"],
        "accept": signature["accept"],
        "not passed": [f"{one['code']} ({one['reason']})" for one in signature["checks"] if one["status"] != "passed"],
        "next step": None if step is None else step["text"]["en"],
        "notice": signature["effect"]["notice"],
    }


def _keys(path: Path) -> VerificationKeys:
    try:
        return VerificationKeys.from_jwks(strict_json.parse_object(_read(path)))
    except (JoseError, JsonError):
        stop(f"{path} is not a key set", Exit.PRECONDITION)


def _unsigned(path: Path) -> dict[str, Any]:
    """The members of a report without a look at its signature: it is only compared here."""
    text = _read(path).split(b".")
    try:
        return strict_json.parse_object(base64.urlsafe_b64decode(text[1] + b"=" * (-len(text[1]) % 4)))
    except (IndexError, ValueError, JsonError):
        stop(f"{path} is not a report", Exit.PRECONDITION)


def _object(data: bytes) -> dict[str, Any]:
    try:
        return strict_json.parse_object(data)
    except JsonError:
        stop("the bundle is not a JSON object", Exit.PRECONDITION)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    if len(data) > FILE_LIMIT:
        stop(f"{path} is larger than 64 MB", Exit.PRECONDITION)
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

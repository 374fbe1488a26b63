"""The signing desk: people and the mocks of the places have samples signed, good and bad, by page, script and command."""

import base64
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from mock_idps import __main__ as command
from mock_idps.authority import answers
from mock_idps.authority.app import AuthorityConfig, create_app
from mock_idps.authority.keys import digest
from mock_idps.authority.listed import LISTS
from mock_idps.authority.samples import FORMATS, Order, OrderError, make
from mock_idps.authority.signing import WAYS, LocalSigning, RemoteSigning, SigningError
from tests.authority import NOW, a_world

WORLD = a_world()


@pytest.mark.parametrize("name", FORMATS)
async def test_the_desk_signs_in_every_format(client: httpx.AsyncClient, name: str) -> None:
    content = base64.b64encode(b"A fictional contract.").decode()
    order = {"format": name, "kind": "mo-qualified", "persona": "jose-da-luz", "content": content}
    reply = await client.post("/sign", json=order)

    assert reply.status_code == 200
    assert reply.headers["content-disposition"].endswith(f'.{FORMATS[name].ending}"')
    assert len(reply.content) > 300


async def test_the_desks_page_offers_the_form_and_its_form_signs(client: httpx.AsyncClient) -> None:
    shown = await client.get("/")
    form = {"format": "cms-attached", "kind": "gd-sign", "persona": "li-xiao-hua", "text": "By hand", "timestamp": ""}
    signed = await client.post("/sign", data=form, files={"file": ("", b"")})

    assert "li-xiao-hua" in shown.text
    assert b"By hand" in signed.content


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"format": "wax", "kind": "gd-sign"},
        {"format": "jws", "kind": "none"},
        {"format": "jws", "kind": "gd-sign", "wish": "x"},
        {"format": "jws", "kind": "gd-sign", "certificate_spoil": "by magic"},
        {"format": "jws", "kind": "gd-sign", "signature_spoil": "by magic"},
        {"format": "jws", "kind": "gd-sign", "signature_spoil": "not_der"},
        {"format": "jws", "kind": "gd-sign", "timestamp": "noon"},
        {"format": "jws", "kind": "gd-sign", "timestamp": "gd-tsa"},
        {"format": "jws", "kind": "gd-sign", "family": "des"},
        {"format": "jws", "kind": "gd-sign", "content": "*"},
        {"format": "jws", "kind": "gd-sign", "persona": 7},
        [],
    ],
)
async def test_the_desk_refuses_an_order_that_it_does_not_understand(client: httpx.AsyncClient, order: object) -> None:
    reply = await client.post("/sign", json=order)

    assert reply.status_code == 400
    assert reply.json()["error"]


@pytest.mark.parametrize(("place", "way"), [(place, way) for place in WAYS for way in WAYS[place]])
async def test_the_mocks_of_the_places_have_people_sign_at_the_desk(place: str, way: str) -> None:
    app = create_app(AuthorityConfig(WORLD.base_url), world=WORLD, now=lambda: NOW)
    desk = RemoteSigning(WORLD.base_url, httpx.ASGITransport(app))
    value = digest("sha256", b"A fictional contract.")
    far, near = (
        await desk.sign(place, "wong-ka-yan", value, way=way),
        await LocalSigning(WORLD).sign(place, "wong-ka-yan", value, way=way),
    )

    assert far.keys() == near.keys()
    assert far.get("cert") == near.get("cert")


@pytest.mark.parametrize(
    "asked",
    [
        {"place": "atlantis"},
        {"way": "wax"},
        {"kind": "none"},
        {"spoil": "by magic"},
        {"value": b""},
        {"value": bytes(2_000)},
        {"value": bytes(20), "way": "NONEwithRSA"},
    ],
)
async def test_nobody_signs_what_the_service_does_not_know(asked: dict) -> None:
    app = create_app(AuthorityConfig(WORLD.base_url), world=WORLD, now=lambda: NOW)
    said = {"place": "hong_kong", "persona": "wong-ka-yan", "value": bytes(32)} | asked

    for service in (LocalSigning(WORLD), RemoteSigning(WORLD.base_url, httpx.ASGITransport(app))):
        with pytest.raises(SigningError):
            await service.sign(**said)


async def test_a_desk_that_is_down_is_an_error() -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    with pytest.raises(SigningError, match="does not answer"):
        await RemoteSigning(WORLD.base_url, httpx.MockTransport(fail)).sign("macao", "jose-da-luz", bytes(32))


def test_a_message_can_bring_status_answers_along() -> None:
    order = Order(format="cms-detached", kind="hk-personal-mr", staple=True)
    certificate = WORLD.issue("hk-personal-mr")

    assert answers.certificate_id(certificate) in make(WORLD, order, b"content")
    with pytest.raises(OrderError, match="no place"):
        make(WORLD, replace(order, format="jws"), b"content")


async def test_what_was_issued_is_listed_without_names(client: httpx.AsyncClient) -> None:
    WORLD.issue("mo-qualified", "jose-da-luz")
    text = (await client.get("/issued")).text

    assert "mo-qualified" in text
    assert "Luz" not in text


@pytest.mark.parametrize(("name", "spoil"), [(name, spoil) for name in FORMATS for spoil in FORMATS[name].spoils])
def test_every_format_can_be_spoilt_in_its_ways(name: str, spoil: str) -> None:
    order = Order(format=name, kind="hk-personal-mr", family="ed25519" if name != "provider-result" else None)
    good = make(WORLD, order, b"A fictional contract.")

    assert make(WORLD, replace(order, signature_spoil=spoil), b"A fictional contract.") != good


def test_an_order_for_nothing_is_an_error() -> None:
    with pytest.raises(OrderError, match="format must be one of"):
        make(WORLD, Order(format="wax", kind="gd-sign"), b"")


def test_the_command_signs_a_file_and_writes_the_lists_to_check_it(tmp_path: Path) -> None:
    document, out = tmp_path / "document", tmp_path / "document.p7m"
    document.write_bytes(b"By command")
    said = ["sign", str(document), "--kind", "gd-sign", "--as", "li-xiao-hua", "--format", "cms-attached"]
    code = command.main([*said, "--out", str(out), "--lists", str(tmp_path / "lists")])

    assert code == 0
    assert b"By command" in out.read_bytes()
    assert {path.stem for path in (tmp_path / "lists").iterdir()} == {"root", "equivalence", *LISTS}


def test_the_command_refuses_a_desk_that_is_no_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "document"
    document.write_bytes(b"By command")

    assert command.main(["sign", str(document), "--at-desk", "file:///x"]) == 1
    assert "cannot sign" in capsys.readouterr().err

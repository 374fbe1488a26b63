"""What a snippet says for which client, and that each is a program of its language."""

import ast
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.snippet import Language, program
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, Profile
from tests import browser_binary
from tests.gateway.cli.folder import answer, gate

ISSUER = "https://id.example.hk"
EC = {"keys": [{"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "kid": "key-1", "use": "sig"}]}
RSA = {"keys": [{"kty": "RSA", "n": "a", "e": "AQAB"}]}
KEY = ClientAuthMethod.PRIVATE_KEY_JWT


def a_client(**changes: Any) -> Client:
    values: dict[str, Any] = {
        "client_id": "shop",
        "client_name": "Shop",
        "redirect_uris": ("https://shop.example/cb", "https://shop.example/other"),
        "token_endpoint_auth_method": ClientAuthMethod.BASIC,
        "scopes": ("openid", "profile", "offline_access"),
    }
    return Client(**(values | changes))


CLIENTS = {
    "basic": a_client(),
    "post": a_client(token_endpoint_auth_method=ClientAuthMethod.POST, require_pushed_authorization_requests=True),
    "none": a_client(token_endpoint_auth_method=ClientAuthMethod.NONE),
    "key": a_client(token_endpoint_auth_method=KEY, jwks=EC),
    "rsa": a_client(token_endpoint_auth_method=KEY, jwks=RSA, require_pushed_authorization_requests=True),
    "bound": a_client(dpop_bound_access_tokens=True),
    "bound-post": a_client(
        token_endpoint_auth_method=ClientAuthMethod.POST,
        dpop_bound_access_tokens=True,
        require_pushed_authorization_requests=True,
    ),
    "bound-none": a_client(token_endpoint_auth_method=ClientAuthMethod.NONE, dpop_bound_access_tokens=True),
    "signed": a_client(token_endpoint_auth_method=KEY, jwks=EC, require_signed_request_object=True),
    "fapi2-sp": a_client(
        token_endpoint_auth_method=KEY, jwks=EC, profile=Profile.FAPI2_SP, dpop_bound_access_tokens=True
    ),
    "fapi2-ms": a_client(
        token_endpoint_auth_method=KEY, jwks=RSA, profile=Profile.FAPI2_MS, dpop_bound_access_tokens=True
    ),
}
NOT_OFFERED = {(Language.CSHARP, "signed"), (Language.CSHARP, "fapi2-ms")}
"""The library for C# signs no requests."""
JAVA_PARSER = """
import javax.tools.*; import com.sun.source.util.*;
public class Parse {
    public static void main(String[] files) throws Exception {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var found = new DiagnosticCollector<JavaFileObject>();
        var manager = compiler.getStandardFileManager(found, null, null);
        var task = (JavacTask) compiler.getTask(null, manager, found, null, null, manager.getJavaFileObjects(files));
        task.parse();
        for (var one : found.getDiagnostics()) System.out.println(one);
        System.exit(found.getDiagnostics().isEmpty() ? 0 : 1);
    }
}
"""


def checked(tool: str, *command: str) -> None:
    """Let a tool of the language read the program; a machine without the tool says so."""
    if shutil.which(tool) is None:
        pytest.skip(f"this machine has no {tool}")
    done = subprocess.run([tool, *command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", CLIENTS)
def test_every_snippet_for_python_is_python(name: str) -> None:
    assert ast.parse(program(CLIENTS[name], ISSUER, Language.PYTHON))


@pytest.mark.parametrize("name", CLIENTS)
def test_every_snippet_for_node_is_a_module(name: str, tmp_path: Path) -> None:
    file = tmp_path / "sign-in.mjs"
    file.write_text(program(CLIENTS[name], ISSUER, Language.JAVASCRIPT))

    done = subprocess.run([browser_binary.node(), "--check", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", CLIENTS)
def test_every_snippet_for_curl_is_a_script(name: str, tmp_path: Path) -> None:
    file = tmp_path / "sign-in.sh"
    file.write_text(program(CLIENTS[name], ISSUER, Language.CURL))

    checked("bash", "-n", str(file))


@pytest.mark.parametrize("name", CLIENTS)
def test_every_snippet_for_go_is_go_and_formatted_as_go_is(name: str, tmp_path: Path) -> None:
    file = tmp_path / "main.go"
    file.write_text(program(CLIENTS[name], ISSUER, Language.GO))

    checked("gofmt", "-l", str(file))


def test_every_snippet_for_java_is_java(tmp_path: Path) -> None:
    (tmp_path / "Parse.java").write_text(JAVA_PARSER)
    for name, client in CLIENTS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "SignIn.java").write_text(program(client, ISSUER, Language.JAVA))

    checked("java", str(tmp_path / "Parse.java"), *(str(tmp_path / name / "SignIn.java") for name in CLIENTS))


@pytest.mark.parametrize(
    ("language", "name"),
    [(language, name) for language in Language for name in CLIENTS if (language, name) not in NOT_OFFERED],
)
def test_a_snippet_names_its_client_and_leaves_nothing_open(language: Language, name: str) -> None:
    text = program(CLIENTS[name], ISSUER, language)

    assert [word for word in ("shop", ISSUER, "https://shop.example/cb") if word not in text] == []
    assert "openid profile" in text
    assert "offline_access" not in text
    assert "«" not in text
    assert "»" not in text


@pytest.mark.parametrize("language", [language for language in Language if language is not Language.CSHARP])
def test_what_a_profile_demands_is_in_every_language(language: Language) -> None:
    text = program(CLIENTS["fapi2-ms"], ISSUER, language).lower()

    assert "dpop" in text
    assert "push" in text or "withpar" in text
    assert "oauth-authz-req" in text or "withjar" in text


def test_a_key_with_a_name_is_named_and_its_kind_decides_the_algorithm() -> None:
    named, other = program(CLIENTS["key"], ISSUER, Language.PYTHON), program(CLIENTS["rsa"], ISSUER, Language.PYTHON)

    assert '"kid": "key-1"' in named
    assert '"ES256"' in named
    assert '"kid"' not in other
    assert '"PS256"' in other


@pytest.mark.parametrize("language", Language)
def test_a_value_cannot_break_out_of_its_place(language: Language) -> None:
    hostile = "https://shop.example/cb?a='b'&c=$(id)"

    text = program(a_client(redirect_uris=(hostile,)), ISSUER, language)

    expected = (
        "'https://shop.example/cb?a='\"'\"'b'\"'\"'&c=$(id)'" if language is Language.CURL else json.dumps(hostile)
    )
    assert expected in text


def test_another_registered_address_may_be_chosen_and_no_other() -> None:
    text = program(a_client(), ISSUER, Language.GO, "https://shop.example/other")

    assert "https://shop.example/other" in text
    with pytest.raises(ValueError, match="not registered"):
        program(a_client(), ISSUER, Language.GO, "https://shop.example/third")


@pytest.mark.parametrize(
    "client",
    [
        a_client(grant_types=(GrantType.DEVICE_CODE,), redirect_uris=()),
        a_client(token_endpoint_auth_method=ClientAuthMethod.TLS, tls_client_auth_san_dns="shop.example"),
        a_client(jwks=EC, id_token_encrypted_response_alg="ECDH-ES"),
        a_client(jwks=EC, require_signed_request_object=True),
    ],
)
def test_a_client_that_no_snippet_can_serve_is_told_so(client: Client) -> None:
    with pytest.raises(ValueError, match=r"client|TLS"):
        program(client, ISSUER, Language.PYTHON)


@pytest.mark.parametrize(("language", "name"), sorted(NOT_OFFERED))
def test_what_a_language_cannot_do_is_said_and_not_left_out(language: Language, name: str) -> None:
    with pytest.raises(ValueError, match="signs its requests"):
        program(CLIENTS[name], ISSUER, language)


def test_mutual_tls_is_shown_with_curl() -> None:
    client = a_client(token_endpoint_auth_method=ClientAuthMethod.TLS, tls_client_auth_san_dns="shop.example")

    assert '--cert "$CERTIFICATE_FILE"' in program(client, ISSUER, Language.CURL)


def test_the_verb_prints_the_program_and_nothing_else(config: str) -> None:
    answer(
        "client",
        "create",
        "--name",
        "Shop",
        "--redirect-uri",
        "https://shop.example/cb",
        "--client-id",
        "shop",
        "--config",
        config,
    )
    snippet = ("client", "snippet", "shop", "--language", "curl", "--config", config)

    plain, as_json = gate(*snippet), answer(*snippet)

    assert plain.stdout == as_json["program"]
    assert plain.stdout.startswith("#!/usr/bin/env bash\n")
    assert gate("client", "snippet", "nobody", "--language", "go", "--config", config).exit_code == 3
    assert gate(*snippet, "--redirect-uri", "https://other.example/").exit_code == 3
    assert gate("client", "snippet", "shop", "--language", "cobol", "--config", config).exit_code == 2

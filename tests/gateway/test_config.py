from pathlib import Path

import pytest

from gateway.config import ConfigurationError, load

MINIMAL = 'issuer = "https://id.example.hk"\nkeys_dir = "keys"\n'


def a_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_minimal_settings_take_their_defaults(tmp_path: Path) -> None:
    settings = load(a_file(tmp_path, MINIMAL))

    assert settings.issuer == "https://id.example.hk"
    assert settings.keys_dir == tmp_path / "keys"
    assert (settings.environment, settings.realm) == ("production", "sandbox")
    assert settings.lifetimes.authorization_code.total_seconds() == 60


def test_a_secret_is_read_from_the_file_that_the_setting_names(tmp_path: Path) -> None:
    (tmp_path / "mo.secret").write_text("s3cret\n", encoding="utf-8")
    block = '[providers.macao]\nbase_url = "https://mo.example"\nclient_secret_file = "mo.secret"\n'

    settings = load(a_file(tmp_path, MINIMAL + block))

    assert settings.providers["macao"] == {"base_url": "https://mo.example", "client_secret": "s3cret"}
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "issuer"),
        (MINIMAL + 'isuer = "x"\n', "did you mean issuer"),
        (MINIMAL + "[server]\nprot = 1\n", "did you mean port"),
        (MINIMAL + '[server]\nport = "80"\n', "server.port"),
        (MINIMAL + "[server]\nport = 70000\n", "server.port"),
        (MINIMAL + '[lifetimes]\nsession = "soon"\n', "lifetimes.session"),
        (MINIMAL + '[lifetimes]\nauthorization_code = "61s"\n', "lifetimes.authorization_code"),
        (MINIMAL + '[lifetimes]\nregister_recheck = "59s"\n', "lifetimes.register_recheck"),
        (MINIMAL + "[operator_api]\nport = 0\n", "operator_api.port"),
        (MINIMAL + "[operator_api]\nport = 8000\n", "operator_api.port"),
        (MINIMAL + "[operator_api]\npotr = 8010\n", "did you mean port"),
        (MINIMAL + "operator_api = 8010\n", "operator_api"),
        (MINIMAL + 'realm = "real"\n', "realm"),
        (MINIMAL + 'environment = "test"\n', "environment"),
        ('issuer = "http://id.example.hk"\nkeys_dir = "k"\n', "issuer"),
        ('issuer = "http://127.0.0.1:8000"\nkeys_dir = "k"\n', "issuer"),
        ('issuer = "http://127.0.0.1.evil.example"\nkeys_dir = "k"\nenvironment = "development"\n', "issuer"),
        ('issuer = "https://id.example.hk/"\nkeys_dir = "k"\n', "issuer"),
        (MINIMAL + '[providers.macao]\nbase_url = "http://mo.example"\n', "providers.macao.base_url"),
        (MINIMAL + '[register]\nbase_url = "http://gd.example"\n', "register.base_url"),
        (MINIMAL + '[providers.macao]\nclient_secret_file = "gone"\n', "gone"),
        (MINIMAL + '[lifetimes]\nrefresh_token = "91d"\n', "lifetimes.refresh_token"),
        (MINIMAL + '[lifetimes]\nrefresh_token = "1d"\n', "lifetimes.refresh_token_idle"),
        (MINIMAL + '[lifetimes]\nparallel_refresh = "61s"\n', "lifetimes.parallel_refresh"),
        (MINIMAL + '[lifetimes]\npushed_request = "601s"\n', "lifetimes.pushed_request"),
        (MINIMAL + '[lifetimes]\npushed_request = "4s"\n', "lifetimes.pushed_request"),
        (MINIMAL + '[lifetimes]\ndevice_request = "16m"\n', "lifetimes.device_request"),
        (MINIMAL + "[limits]\nrequests_per_minute = 0\n", "limits.requests_per_minute"),
        (MINIMAL + "[limits]\nrefusals_per_minute = -1\n", "limits.refusals_per_minute"),
        (MINIMAL + "[limits]\nsign_ins_per_minute = true\n", "limits.sign_ins_per_minute"),
        (MINIMAL + "[dpop]\nnonce = 1\n", "dpop.nonce"),
        (MINIMAL + "[outbound]\nallow_loopback = true\n", "outbound.allow_loopback"),
        (MINIMAL + "[registration]\nsoftware_statement_issuers = []\n", "registration.software_statement_issuers"),
        (MINIMAL + "[registration.software_statement_issuers]\na = 1\n", "software_statement_issuers.a"),
        (MINIMAL + "[federation]\n", "federation.organisation"),
        (MINIMAL + "[signatures]\n", "signatures.trust_root"),
        (
            MINIMAL + '[signatures]\ntrust_root = "r"\nhigh_water = "h"\nrelying_jurisdiction = "CN"\n',
            "signatures.relying_jurisdiction",
        ),
        (MINIMAL + "[server]\nworkers = 0\n", "server.workers"),
        (MINIMAL + '[server]\ntrusted_proxies = ["*"]\n', "server.trusted_proxies"),
        (MINIMAL + '[server]\ntrusted_proxies = ["10.0.0.1/24"]\n', "server.trusted_proxies"),
        (MINIMAL + '[server]\ntls_certificate = "a.pem"\n', "server.tls_key"),
        (MINIMAL + '[server]\nclient_certificate_header = "Client-Cert"\n', "server.trusted_proxies"),
        (MINIMAL + '[server]\nclient_certificate_header = "a b"\n', "server.client_certificate_header"),
        ("issuer = ", "TOML"),
    ],
)
def test_wrong_settings_stop_the_start_and_name_the_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        load(a_file(tmp_path, text))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="gate init"):
        load(tmp_path / "gate.toml")


def test_plain_http_on_the_loopback_is_for_development(tmp_path: Path) -> None:
    text = 'issuer = "http://127.0.0.1:8000"\nkeys_dir = "k"\nenvironment = "development"\n'

    assert load(a_file(tmp_path, text)).issuer == "http://127.0.0.1:8000"


def test_the_operator_api_is_off_without_a_block_of_its_own(tmp_path: Path) -> None:
    assert load(a_file(tmp_path, MINIMAL)).operator_api is None


def test_the_operator_api_listens_on_the_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    settings = load(a_file(tmp_path, MINIMAL + "[operator_api]\n"))

    assert settings.operator_api is not None
    assert (settings.operator_api.host, settings.operator_api.port) == ("127.0.0.1", 8010)


def test_the_register_is_asked_again_after_a_day_unless_told_otherwise(tmp_path: Path) -> None:
    default = load(a_file(tmp_path, MINIMAL)).lifetimes.register_recheck
    set_to = load(a_file(tmp_path, MINIMAL + '[lifetimes]\nregister_recheck = "6h"\n')).lifetimes.register_recheck

    assert (default.total_seconds(), set_to.total_seconds()) == (86_400, 21_600)


def test_https_needs_an_https_issuer(tmp_path: Path) -> None:
    text = 'issuer = "http://127.0.0.1:8000"\nkeys_dir = "k"\nenvironment = "development"\n'
    server = '[server]\ntls_certificate = "a.pem"\ntls_key = "b.pem"\n'

    with pytest.raises(ConfigurationError, match="issuer"):
        load(a_file(tmp_path, text + server))


def test_paths_are_relative_to_the_settings(tmp_path: Path) -> None:
    text = (
        '[server]\ntls_certificate = "a.pem"\ntls_key = "b.pem"\n'
        '[registration.software_statement_issuers]\n"https://registry.example.mo" = "registry.jwks"\n'
    )

    settings = load(a_file(tmp_path, MINIMAL + text))

    assert (settings.server.tls_certificate, settings.server.tls_key) == (tmp_path / "a.pem", tmp_path / "b.pem")
    assert settings.registration.software_statement_issuers == {
        "https://registry.example.mo": tmp_path / "registry.jwks"
    }


def test_loopback_for_relying_parties_is_for_development(tmp_path: Path) -> None:
    text = MINIMAL + 'environment = "development"\n[outbound]\nallow_loopback = true\n'

    assert load(a_file(tmp_path, text)).outbound.allow_loopback


def test_a_provider_that_speaks_openid_connect_is_named_by_its_issuer(tmp_path: Path) -> None:
    block = '[providers.shenzhen]\nkind = "openid_connect"\nissuer = "{}"\n'

    settings = load(a_file(tmp_path, MINIMAL + block.format("https://id.example.cn")))

    assert settings.providers["shenzhen"]["issuer"] == "https://id.example.cn"
    with pytest.raises(ConfigurationError, match=r"providers\.shenzhen\.issuer"):
        load(a_file(tmp_path, MINIMAL + block.format("http://id.example.cn")))


def test_the_files_of_the_trust_lists_lie_beside_the_settings(tmp_path: Path) -> None:
    text = MINIMAL + '[signatures]\ntrust_root = "root.json"\nhigh_water = "marks"\n'

    signatures = load(a_file(tmp_path, text)).signatures

    assert signatures is not None
    assert (signatures.trust_root, signatures.high_water) == (tmp_path / "root.json", tmp_path / "marks")
    assert load(a_file(tmp_path, MINIMAL)).signatures is None

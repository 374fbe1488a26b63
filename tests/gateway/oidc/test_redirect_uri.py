import pytest

from gateway.oidc.redirect_uri import MAX_URI, UriError, WebUri, is_registered

CB = "https://rp-a.example/cb"
NATIVE = ("http://127.0.0.1/cb", "http://[::1]/cb")


def test_the_registered_address_is_accepted() -> None:
    assert is_registered(CB, ("https://rp-a.example/other", CB))


@pytest.mark.attack("AZ-01")
@pytest.mark.parametrize("path", ["/cb/../evil", "/cb/..;/evil", "/cb/%2e%2e/evil", "/cb//", "/./cb"])
def test_az_01_path_traversal_is_refused(path) -> None:
    assert not is_registered(f"https://rp-a.example{path}", (CB,))


@pytest.mark.attack("AZ-02")
@pytest.mark.parametrize(
    "uri", ["https://rp-a.example@evil.test/cb", "https://rp-a.example:x@y@evil.test/cb", "https://@rp-a.example/cb"]
)
def test_az_02_user_info_is_refused_in_requests_and_at_registration(uri) -> None:
    assert not is_registered(uri, (CB,))

    with pytest.raises(UriError):
        WebUri.parse(uri)


@pytest.mark.attack("AZ-03")
@pytest.mark.parametrize(
    "uri",
    [
        "https://rp-a.example.evil.test/cb",
        "https://rp-aXexample/cb",
        "https://evil.test/rp-a.example/cb",
        "https://rp-a.example.evil.test",
        f"{CB}/more",
        CB[:-1],
    ],
)
def test_az_03_hosts_that_look_alike_are_refused(uri) -> None:
    assert not is_registered(uri, (CB,))


@pytest.mark.attack("AZ-04")
@pytest.mark.parametrize(
    "uri",
    [
        "HTTPS://rp-a.example/cb?x=1",
        "https://RP-A.example/cb?x=1",
        "https://rp-a.example/CB?x=1",
        "https://rp-a.example:443/cb?x=1",
        "https://rp-a.example/cb/?x=1",
        "https://rp-a.example/cb",
        "https://rp-a.example/cb?",
        "https://rp-a.example/cb?x=1&y=2",
        "https://rp-a.example/cb?y=2&x=1",
        "https://rp-a.example/cb?x=1#f",
        "https://rp-a.example/%63b?x=1",
        "https://rp-a.example%252fcb?x=1",
        " https://rp-a.example/cb?x=1",
        "https://rp-a.example/cb?x=1 ",
    ],
)
def test_az_04_near_equal_spellings_are_refused(uri) -> None:
    assert not is_registered(uri, ("https://rp-a.example/cb?x=1",))


@pytest.mark.spec("RFC 8252 §7.3")
@pytest.mark.attack("AZ-05")
@pytest.mark.parametrize("uri", ["http://127.0.0.1:51234/cb", "http://[::1]:1/cb", "http://127.0.0.1/cb"])
def test_az_05_the_port_of_a_literal_loopback_address_may_differ(uri) -> None:
    assert is_registered(uri, NATIVE)


@pytest.mark.attack("AZ-05")
@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:51234/cb",
        "http://127.0.0.1.evil.test/cb",
        "http://127.1/cb",
        "http://0x7f000001/cb",
        "http://localhost:80@evil.test/cb",
        "http://127.0.0.1:80@evil.test/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:99999999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:80/cb/",
        "http://127.0.0.1:80/cb?x",
        "http://127.0.0.1:80",
        "https://127.0.0.1:80/cb",
        "http://127.0.0.1:\u0661/cb",
    ],
)
def test_az_05_every_other_form_of_the_loopback_is_refused(uri) -> None:
    assert not is_registered(uri, NATIVE)


@pytest.mark.attack("AZ-05")
def test_az_05_the_port_of_an_https_address_is_fixed() -> None:
    assert not is_registered("https://rp-a.example:8443/cb", (CB,))
    assert not is_registered("https://127.0.0.1:2/cb", ("https://127.0.0.1:1/cb",))


@pytest.mark.parametrize(
    "uri",
    [
        CB,
        "https://rp-a.example",
        "https://localhost:8443/cb?x=1",
        "http://127.0.0.1:8000/cb",
        "https://xn--55q.example/",
    ],
)
def test_an_honest_address_may_be_registered(uri) -> None:
    WebUri.parse(uri)


@pytest.mark.attack("AZ-09")
@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://rp-a.example/x",
        " https://rp-a.example/cb",
        "\thttps://rp-a.example/cb",
        "https://rp-a.example/cb\n",
        "https://rp-a.example/c b",
        "https://rp-a.example/\x00",
        "https://rp-a.example\\@evil.test/cb",
        "HTTPS://rp-a.example/cb",
        "https://RP-A.example/cb",
        "https:rp-a.example/cb",
        "https:///cb",
        "//rp-a.example/cb",
        "https://rp-a.example/cb#f",
        "https://*.rp-a.example/cb",
        "https://rp-a..example/cb",
        "https://-a.example/cb",
        "https://rp-a.example:0/cb",
        "https://rp-a.example:65536/cb",
        "https://rp-a.example/a/../b",
        "https://rp-a.example/a/%2E%2e",
        "https://rp-a.example/cb?state=x",
        "https://rp-a.example/cb?x=1&iss=y",
        "https://ГҐ.example/cb",
        "http://rp-a.example/cb",
        "http://localhost/cb",
        "http://127.1/cb",
        "https://127.1/cb",
        "https://2130706433/cb",
        "https://0x7f.0x1/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "com.example.app:/cb",
        "",
    ],
)
def test_az_09_an_address_that_a_browser_might_read_differently_cannot_be_registered(uri) -> None:
    with pytest.raises(UriError):
        WebUri.parse(uri)


@pytest.mark.attack("UN-07")
@pytest.mark.parametrize(
    "host", ["a" * 50_000, "a." * 10_000 + "example", "a" * 64 + ".example", ".".join(["abcdefgh"] * 29)]
)
def test_un_07_costly_host_names_are_refused_by_their_length(host) -> None:
    with pytest.raises(UriError):
        WebUri.parse(f"https://{host}/cb")


def test_an_address_is_bounded() -> None:
    WebUri.parse("https://rp-a.example/".ljust(MAX_URI, "a"))

    with pytest.raises(UriError):
        WebUri.parse("https://rp-a.example/".ljust(MAX_URI + 1, "a"))

"""Addresses that strangers name: which are called at all, and what is out in the open."""

import pytest

from providers.addresses import Target, TargetError, is_public


def is_refused(url: str, **options: bool) -> bool:
    with pytest.raises(TargetError) as caught:
        Target.parse(url, **options)
    return str(caught.value) == "not an address that is called"


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://rp.example.mo", "rp.example.mo", 443),
        ("https://rp.example.mo:443/keys", "rp.example.mo", 443),
        ("https://rp.example.mo:8443/keys?set=1", "rp.example.mo", 8443),
        ("https://xn--fiq228c.example.hk/%E4%B8%AD", "xn--fiq228c.example.hk", 443),
        ("https://1.2.3.example/", "1.2.3.example", 443),
    ],
)
def test_an_https_address_with_a_named_host_is_called(url, host, port):
    assert Target.parse(url) == Target(host, port)


@pytest.mark.attack("SF-01")
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "0.0.0.0", "10.0.0.1"),
        *("169.254.169.254", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1%25lo]", "[2001:db8::1]", "1.2.3.4"),
        *("example.0x7f", "example.127", "localhost.", "rp.example.mo."),
    ],
)
def test_sf_01_a_number_in_the_place_of_a_host_is_refused(host):
    assert is_refused(f"https://{host}/keys")
    assert is_refused(f"http://{host}/keys")


@pytest.mark.attack("SF-04")
@pytest.mark.parametrize(
    "url",
    [
        *("", "https://", "https:///keys", "//rp.example.mo/", "rp.example.mo", "http://rp.example.mo/"),
        *("file:///etc/passwd", "gopher://rp.example.mo/", "ftp://rp.example.mo/", "data:text/plain,x", "ldap://x.hk/"),
        *("https://user@rp.example.mo/", "https://user:pass@rp.example.mo/", "https://rp.example.mo@evil.example.hk/"),
        *(
            "https://rp.example.mo\\@evil.example.hk/",
            "https:\\\\rp.example.mo/",
            "https://rp.example.mo\t/",
            " https://a.hk",
        ),
        *(
            "https://rp.example.mo/\n",
            "https://rp.example.mo/ x",
            "https://rp.example.mo/#keys",
            "https://中文.example.hk/",
        ),
        *("HTTPS://rp.example.mo/", "https://RP.example.mo/", "https://-rp.example.mo/", "https://rp..example.mo/"),
        *(
            "https://rp_x.example.mo/",
            "https://rp.example.mo:/",
            "https://rp.example.mo:0/",
            "https://rp.example.mo:99999/",
        ),
        *("https://rp.example.mo:08443/", "https://rp.example.mo/\x00", "https://rp.example.mo/" + "a" * 3000),
        "https://" + ".".join(["a" * 60] * 5) + "/",
    ],
)
def test_sf_04_another_scheme_or_a_trick_in_the_text_is_refused(url):
    assert is_refused(url)
    assert is_refused(url, allow_loopback=True)


@pytest.mark.attack("SF-04")
@pytest.mark.parametrize(
    "port", [1, 21, 22, 25, 53, 80, 110, 442, 444, 1023, 1433, 3306, 5432, 6379, 9200, 11211, 27017]
)
def test_sf_04_a_port_of_another_service_is_refused(port):
    assert is_refused(f"https://rp.example.mo:{port}/")
    assert is_refused(f"http://127.0.0.1:{port}/", allow_loopback=True)


def test_the_literal_loopback_is_called_in_development_only():
    for url in ("http://127.0.0.1:8080/keys", "https://127.0.0.1:8443/", "http://[::1]:8080/"):
        assert is_refused(url)
        assert Target.parse(url, allow_loopback=True).host in {"127.0.0.1", "::1"}
    assert is_refused("http://localhost:8080/", allow_loopback=True)
    assert is_refused("http://127.0.0.2:8080/", allow_loopback=True)


@pytest.mark.attack("SF-01")
@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.0.1"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.1", "192.0.2.1", "192.88.99.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "::8.8.8.8",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *(
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2002:a9fe:a9fe::",
            "2001::1",
            "2001:0:4136:e378::",
            "100::1",
        ),
        *("", "localhost", "127.1", "8.8.8.8 ", "8.8.8.8/32", "4000::1"),
    ],
)
def test_sf_01_an_address_that_is_not_out_in_the_open_is_told(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2400:cb00::1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_a_public_address_is_told(address):
    assert is_public(address)

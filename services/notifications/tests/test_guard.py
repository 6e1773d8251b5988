"""Addresses that are never called: as a partner writes them, and as the socket dials them."""

import socket
from collections.abc import Callable

import aiohttp
import pytest

from services.notifications.domain import Forbidden, forbidden_address, forbidden_url
from services.notifications.http.guard import EgressRefused, guarded_socket
from services.notifications.http.send import Sender

NEVER = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1",
    "::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "3fff::1",
    "2620:4f:8000::1", "5f00::1", "fc00::1", "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "4000::1", "2606:4700::1111%eth0",
    "not an address", "",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "9.9.9.9", "172.15.255.255", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.1",
          "2606:4700:4700::1111", "2a01:e0a::1", "2001:4860:4860::8888", "2001:200::1"]  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
def test_an_address_outside_the_public_internet_is_never_called(address: str) -> None:
    assert forbidden_address(address) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert forbidden_address(address) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_may_be_called_where_a_setting_says_so(address: str) -> None:
    assert forbidden_address(address, allow_loopback=True) is None


@pytest.mark.parametrize("address", [a for a in NEVER if not a.startswith("127.") and a != "::1"])
def test_the_loopback_setting_opens_nothing_else(address: str) -> None:
    assert forbidden_address(address, allow_loopback=True) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example.org/notices",
        "https://partner.example.org:443/",
        "https://partner.example.org:8443/a?b=c",
        "https://xn--prfet-bsa.example.fr/",
        "https://1.1.1.1/",
        "https://[2606:4700:4700::1111]/",
        "HTTPS://PARTNER.EXAMPLE.ORG/",
    ],
)
def test_an_https_address_of_a_public_name_is_accepted(url: str) -> None:
    assert forbidden_url(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://partner.example.org/", Forbidden.SCHEME),
        ("ftp://partner.example.org/", Forbidden.SCHEME),
        ("file:///etc/passwd", Forbidden.MALFORMED),
        ("gopher://partner.example.org/", Forbidden.SCHEME),
        ("https:///path", Forbidden.MALFORMED),
        ("https://", Forbidden.MALFORMED),
        ("", Forbidden.MALFORMED),
        ("partner.example.org", Forbidden.MALFORMED),
        ("https://partner.example.org:22/", Forbidden.PORT),
        ("https://partner.example.org:6379/", Forbidden.PORT),
        ("https://partner.example.org:0/", Forbidden.MALFORMED),
        ("https://partner.example.org:99999/", Forbidden.MALFORMED),
        ("https://partner.example.org:x/", Forbidden.MALFORMED),
        ("https://user@partner.example.org/", Forbidden.CREDENTIALS),
        ("https://user:word@partner.example.org/", Forbidden.CREDENTIALS),
        ("https://partner.example.org#@127.0.0.1/", Forbidden.MALFORMED),
        ("https://partner.example.org/#part", Forbidden.MALFORMED),
        ("https://partner.example.org\\@127.0.0.1/", Forbidden.MALFORMED),
        ("https://partner.example.org/a b", Forbidden.MALFORMED),
        ("https://partner.example.org/\r\nhost: other", Forbidden.MALFORMED),
        ("https://partner.example.org/\x00", Forbidden.MALFORMED),
        ("https://pärtner.example.org/", Forbidden.MALFORMED),
        ("https://%31%32%37.0.0.1/", Forbidden.MALFORMED),
        ("https://[fe80::1%25eth0]/", Forbidden.MALFORMED),
        ("https://[::1]/", Forbidden.HOST),
        ("https://[::ffff:7f00:1]/", Forbidden.HOST),
        ("https://[64:ff9b::7f00:1]/", Forbidden.HOST),
        ("https://127.0.0.1/", Forbidden.HOST),
        ("https://127.1/", Forbidden.HOST),
        ("https://2130706433/", Forbidden.HOST),
        ("https://0x7f000001/", Forbidden.HOST),
        ("https://0177.0.0.1/", Forbidden.HOST),
        ("https://0x7f.1/", Forbidden.HOST),
        ("https://169.254.169.254/latest/meta-data/", Forbidden.HOST),
        ("https://localhost/", Forbidden.HOST),
        ("https://kubernetes/", Forbidden.HOST),
        ("https://kubernetes.default.svc.cluster.local/", Forbidden.HOST),
        ("https://metadata.google.internal/", Forbidden.HOST),
        ("https://partner..example.org/", Forbidden.HOST),
        ("https://" + "a" * 64 + ".example.org/", Forbidden.HOST),
        ("https://partner.example.org/" + "a" * 2000, Forbidden.MALFORMED),
    ],
)
def test_any_other_address_is_refused_when_it_is_written(url: str, reason: Forbidden) -> None:
    assert forbidden_url(url) is reason


@pytest.mark.parametrize("url", ["http://127.0.0.1:8099/", "http://localhost:8099/hook", "https://[::1]:9000/"])
def test_a_loopback_address_is_accepted_only_where_a_setting_says_so(url: str) -> None:
    assert forbidden_url(url, allow_loopback=True) is None
    assert forbidden_url(url) is not None


@pytest.mark.parametrize(
    "url", ["http://partner.example.org/", "http://10.0.0.1/", "http://127.0.0.1.example.org/", "ftp://127.0.0.1/"]
)
def test_the_loopback_setting_accepts_no_other_address(url: str) -> None:
    assert forbidden_url(url, allow_loopback=True) is not None


def info(address: str, port: int) -> aiohttp.AddrInfoType:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    where = (address, port, 0, 0) if ":" in address else (address, port)
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where


@pytest.mark.parametrize("address", [a for a in NEVER if a not in {"", "not an address"}])
@pytest.mark.parametrize("allow_loopback", [True, False])
def test_no_socket_is_made_for_a_forbidden_address(address: str, allow_loopback: bool) -> None:
    if allow_loopback and forbidden_address(address, allow_loopback=True) is None:
        return
    with pytest.raises(EgressRefused):
        guarded_socket(allow_loopback=allow_loopback)(info(address, 443))


def test_no_socket_is_made_for_a_port_that_is_not_a_webhook_s() -> None:
    with pytest.raises(EgressRefused):
        guarded_socket(allow_loopback=True)(info("1.1.1.1", 25))


def test_a_socket_is_made_for_a_public_address() -> None:
    guarded_socket(allow_loopback=False)(info("1.1.1.1", 443)).close()


@pytest.mark.parametrize("answer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254"])
async def test_a_name_that_turns_out_to_lead_inside_is_refused_at_the_dial(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rebound(aiohttp.abc.AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[aiohttp.abc.ResolveResult]:
            family = socket.AF_INET6 if ":" in answer else socket.AF_INET
            return [{"hostname": host, "host": answer, "port": port, "family": family, "proto": 0, "flags": 0}]

        async def close(self) -> None:
            """Nothing is open."""

    async with Sender(allow_loopback=False) as sender:
        monkeypatch.setattr(sender._session.connector, "_resolver", Rebound())
        answered = await sender.post("https://partner.example.org/", {}, b"{}")
    assert answered.error == "egress_refused"


async def test_the_guard_is_what_refuses_and_not_a_closed_port(unused_tcp_port_factory: Callable[[], int]) -> None:
    async with Sender(allow_loopback=True) as sender:
        answered = await sender.post(f"http://127.0.0.1:{unused_tcp_port_factory()}/", {}, b"{}")
    assert answered.error == "connect_failed"

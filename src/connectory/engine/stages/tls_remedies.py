"""The fix for a TLS line that could not be made: whose certificate, what is wrong with it, where to say otherwise.

Numbers are OpenSSL's (`man X509_STORE_CTX_get_error`, `include/openssl/x509_vfy.h` of OpenSSL 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectory.certificates import Facts, plain_name
from connectory.engine.stages.handshake import Handshake
from connectory.engine.stages.sight import Sight
from connectory.errors import ClientCertificateRefused, TLSFailed
from connectory.network.reasons import Reason, Said
from connectory.network_policy import HostRule
from connectory.urls import origin_of

_UNKNOWN_ISSUER = (2, 19, 20, 21)
_SELF_SIGNED, _NOT_YET, _EXPIRED = 18, 9, 10
_OTHER_NAME = (62, 64)
_TOO_WEAK = (66, 67, 68)
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "VERSION_TOO_LOW")
_ENDED = ("UNEXPECTED_EOF_WHILE_READING", "TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_UNRECOGNIZED_NAME")
_NO_COMMON = ("SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "DH_KEY_TOO_SMALL", "WRONG_CIPHER_RETURNED")

HUNG_UP = (
    "see the service's log: it hung up in the handshake, as one does that speaks TLS older than 1.2 only, wants a "
    "client certificate, or serves other host names"
)
_LISTED = 3
_OF_HOSTS = "xpack.actions.customHostSettings"
_OWN = "give `tls.certificate` and `tls.private_key` that the service takes"


def of_tls(error: TLSFailed, sight: Sight) -> str:
    """How to mend a handshake with the service that failed."""
    if error.verify_code is not None:
        host = urlsplit(sight.url).hostname or ""
        return of_certificate(error, sight.handshake, host=host, add=_where_to_add(sight), named_in=sight.named_in)
    if error.openssl in _NO_TLS:
        return f"what answers there speaks no TLS: check the port, or let {sight.named_in} begin with `http://`"
    if error.openssl in _TOO_OLD:
        oldest = sight.found.settings.trust.minimum_version
        return f"let the service speak TLS {oldest} or newer: what it offers is too old to be safe"
    if error.openssl in _NO_COMMON:
        return "let the service offer ciphers and keys of today, or see whether it wants a client certificate (`tls`)"
    if error.openssl in _ENDED:
        return HUNG_UP
    return "see what the service's log says of the handshake, and whether something on the way breaks TLS"


def _where_to_add(sight: Sight) -> str:
    """Where a CA is added: where those stand that count here, or to all."""
    by = sight.found.reasons["ca"]
    if elsewhere := _for_another_port(sight):
        rule, port = elsewhere
        return f"the CAs of `{rule.place}` count for port {port} only: let its `url` be `{origin_of(sight.url)}`"
    if by.name.startswith(_OF_HOSTS):
        return f"add it to the CAs of `{by.name}`, which count alone here"
    if by.said is Said.CONNECTION and sight.found.settings.trust.alone:
        return "add it to `tls.ca` of the connection, which counts alone here"
    return "if it is your organisation's, add it as `connectory.network.ca`, or for this connection alone as `tls.ca`"


def _for_another_port(sight: Sight) -> tuple[HostRule, int] | None:
    """The operator's CAs for this host, if they are for another port of it."""
    here, rules = urlsplit(sight.url), sight.policy.host_rules
    if not sight.found.reasons["ca"].name.startswith(_OF_HOSTS):
        for origin, rule in rules.items():
            there = urlsplit(origin)
            if rule.cas and there.hostname == here.hostname and there.port:
                return (rule, there.port) if there.port != (here.port or 443) else None
    return None


def of_unchecked(by: Reason, cas: str) -> str:
    """How to have certificates checked that nobody checks because of `by`; `cas` are where CAs are named."""
    full = f"`{by.name}` be `full`"
    if by.name.startswith(_OF_HOSTS):
        full = f"`ssl.verificationMode` of `{by.name}` be `full`"
    elif "rejectUnauthorized" in by.name or "RejectUnauthorized" in by.name:  # as before Kibana 8
        full = f"`{by.name}` be `true`"
    return f"let {full}, and name the CA if it is no public one ({cas})"


def of_client(error: ClientCertificateRefused, handshake: Handshake) -> str:
    """How to mend what the service has against the client certificate."""
    if not handshake.sent:
        return f"{_OWN}: it demands one, and this connection has none"
    return f"{_OWN}: see who has issued the one that was shown, and whether it is still good"


def of_certificate(error: TLSFailed, handshake: Handshake, *, host: str, add: str, named_in: str) -> str:
    """How to mend a certificate that is not trusted; `add` says where an issuer is added."""
    own, *others = handshake.shown or (None,)
    if error.verify_code in _UNKNOWN_ISSUER:
        return _of_issuer(own, others, add)
    if error.verify_code == _SELF_SIGNED:
        return f"the certificate{_of(own)} is signed by itself, by no issuer: {add}"
    if error.verify_code == _EXPIRED:
        return f"let whoever keeps {host} renew {_which(handshake.shown, expired=True)}"
    if error.verify_code == _NOT_YET:
        return (
            f"see whether the clock of this machine is right: {_which(handshake.shown, expired=False)} is not valid yet"
        )
    if error.verify_code in _OTHER_NAME:
        good_for = few_of(own.hosts) if own and own.hosts else "another host"
        return (
            f"the certificate is for {good_for}: name such a host in {named_in}, or let the one at {host} be issued "
            "for this name; with `tls.verification` `certificate` names do not count"
        )
    if error.verify_code in _TOO_WEAK:
        return f"let whoever keeps {host} renew its certificate with a stronger key or signature"
    return f"let whoever keeps {host} mend its certificate{_of(own)}"


def few_of(hosts: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(hosts) - _LISTED
    return ", ".join(hosts[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _of_issuer(own: Facts | None, others: list[Facts], add: str) -> str:
    last = others[-1] if others else own
    if last is None:
        return f"the issuer of the certificate is not trusted; {add}"
    whole = "" if others else " (it sends its own certificate only: its chain may lack the ones between)"
    return f"the issuer `{plain_name(last.issuer)}` is not trusted; {add}{whole}"


def _which(shown: tuple[Facts, ...], *, expired: bool) -> str:
    """The certificate whose dates are wrong, with the one that is."""
    now = datetime.now(UTC)
    for facts in shown:
        if expired and facts.not_after < now:
            return f"the certificate{_of(facts)}, which expired on {facts.not_after.astimezone(UTC):%Y-%m-%d}"
        if not expired and facts.not_before > now:
            return f"the certificate{_of(facts)}, good from {facts.not_before.astimezone(UTC):%Y-%m-%d} on,"
    return "its certificate"


def _of(facts: Facts | None) -> str:
    return f" of `{plain_name(facts.subject)}`" if facts and facts.subject else ""

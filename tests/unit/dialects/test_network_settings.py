"""Settings of the network in the configuration file, and the rules that they become."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from connectory.catalog import Catalog
from connectory.dialects import configuration
from connectory.dialects.actions_settings import ActionsSettings, RateLimit, RunRules
from connectory.dialects.configuration import Configuration
from connectory.dialects.measures import Duration
from connectory.errors import DocumentError
from connectory.network_policy import NetworkPolicy, ProxyRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.unit.problems import problems
from tests.upstream.pki import Pki

Read = Callable[[str], Configuration]
ACTIONS = "xpack.actions"
NETWORK = "connectory.network"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> Configuration:
        file = tmp_path / "connectory.yml"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return configuration.read(file)

    return read_text


def warnings(given: Configuration) -> list[tuple[str, str]]:
    return [(warning.path, warning.message) for warning in given.warnings]


def test_nothing_is_asked_for_by_default(read: Read) -> None:
    rules = read("").network_policy()
    assert said(rules) == said(NetworkPolicy())
    assert (read("").warnings, Configuration().network_policy().server) == ((), False)


def said(rules: NetworkPolicy) -> dict[str, Any]:
    """What a policy says, to be compared whole."""
    return {name: getattr(rules, name) for name in NetworkPolicy.__slots__}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        *(("proxy_url", "proxyUrl"), ("proxy", "proxyUrl"), ("proxyUrl", "proxyUrl"), ("HTTPS_PROXY", "proxyUrl")),
        *(("allowed_hosts", "allowedHosts"), ("no_proxy", "proxyBypassHosts"), ("timeout", "responseTimeout")),
        *(("verification", "ssl.verificationMode"), ("proxy_verification_mode", "ssl.proxyVerificationMode")),
    ],
)
def test_what_elastics_words_say_is_told_by_their_names(read: Read, key: str, meant: str) -> None:
    wrong = problems(lambda: read(f"connectory.network.{key}: x"))
    assert wrong == [(f"{NETWORK}.{key}", f"is said in Elastic's words: write `{ACTIONS}.{meant}`")]


@pytest.mark.parametrize(
    "text",
    [
        "{rateLimiter: {.gen-ai: {limit: 5, lookbackWindow: 1m}}}",
        "{rateLimiter..gen-ai.limit: 5, rateLimiter.gen-ai.lookbackWindow: 1m}",
    ],
)
def test_type_of_connectors_may_have_its_dot(read: Read, text: str) -> None:
    assert read(f"xpack.actions: {text}").actions.rate_limiter == {
        "gen-ai": RateLimit(limit=5, lookback_window=Duration(60))
    }


def test_type_of_connectors_stands_once(read: Read) -> None:
    limit = "{limit: 5, lookbackWindow: 1m}"
    wrong = problems(lambda: read(f"xpack.actions.rateLimiter: {{.gen-ai: {limit}, gen-ai: {limit}}}"))
    assert {message for _, message in wrong} == {"stands here twice"}


@pytest.mark.parametrize(
    ("given", "warns"), [("90", True), ('"90"', True), ("999", True), ("1000", False), ("90ms", False), ("90s", False)]
)
def test_bare_number_that_is_less_than_a_second_is_warned_of(read: Read, given: str, warns: bool) -> None:
    found = warnings(read(f"xpack.actions.responseTimeout: {given}"))
    assert [path for path, _ in found] == ([f"{ACTIONS}.responseTimeout"] if warns else [])
    if given == "90":
        assert found[0][1] == "is 0.09 s: a bare number is of milliseconds; write `90s` if seconds are meant"


def test_what_is_wrong_is_told_with_its_line(read: Read) -> None:
    with pytest.raises(DocumentError) as caught:
        read("""
            xpack.actions:
              allowedHosts: [api.openai.com]
              proxyUrl: proxy:3128
            connectory.network: {ca_mode: replace, colour: red}
        """)
    told = [str(problem) for problem in caught.value.problems]
    assert [line.partition(": ")[0] for line in told] == [
        "line 5, connectory.network.colour",
        "line 4, xpack.actions.proxyUrl",
        "line 5, connectory.network.ca_mode",
    ]


EVERYTHING = {
    "nested": """
        xpack:
          actions:
            allowedHosts: [API.OpenAI.com, "[::1]"]
            proxyUrl: http://us%40er:pw@proxy:3128
            proxyHeaders: {X-Team: a, X.Dotted: b, Proxy-Authorization: c, X-Ref: {env: X}}
            proxyBypassHosts: [LLM.corp]
            ssl: {verificationMode: certificate, proxyVerificationMode: none}
            maxResponseContentLength: 2mb
            responseTimeout: 90s
            enabledActionTypes: [.gen-ai]
            rateLimiter: {gen-ai: {limit: 5, lookbackWindow: 1m}}
            run: {maxAttempts: 3, connectorTypeOverrides: [{id: .index, maxAttempts: 1}]}
            queued: {max: 1}
    """,
    "dotted": """
        xpack.actions.allowedHosts: [API.OpenAI.com, "[::1]"]
        xpack.actions.proxyUrl: http://us%40er:pw@proxy:3128
        xpack.actions.proxyHeaders.X-Team: a
        xpack.actions.proxyHeaders: {X.Dotted: b, Proxy-Authorization: c, X-Ref: {env: X}}
        xpack.actions.proxyBypassHosts: [LLM.corp]
        xpack.actions.ssl.verificationMode: certificate
        xpack.actions: {ssl.proxyVerificationMode: none, maxResponseContentLength: 2097152}
        xpack.actions.responseTimeout: 90000
        xpack.actions.enabledActionTypes: [.gen-ai]
        xpack.actions.rateLimiter.gen-ai: {limit: 5}
        xpack.actions.rateLimiter.gen-ai.lookbackWindow: 60s
        xpack.actions.run.maxAttempts: "3"
        xpack.actions.run.connectorTypeOverrides: []
        xpack.actions.queued.max: 1
    """,
}


@pytest.mark.parametrize("text", EVERYTHING.values(), ids=EVERYTHING)
def test_elastics_settings_become_rules(read: Read, text: str) -> None:
    given = read(text)
    assert said(given.network_policy()) == {
        **said(NetworkPolicy()),
        "allowed_hosts": frozenset({"api.openai.com", "::1"}),
        "named_hosts": frozenset({"api.openai.com", "::1"}),
        "proxy": ProxyRule(
            url="http://proxy:3128",
            username=Secret("us@er"),
            password=Secret("pw"),
            headers={
                "X-Team": "a",
                "X.Dotted": "b",
                "Proxy-Authorization": Secret("c"),
                "X-Ref": Secret.env("X"),
            },
            verification="none",
        ),
        "bypass_hosts": frozenset({"llm.corp"}),
        "verification": "certificate",
        "longest_answer": 2 * 1024**2,
        "response_timeout": 90.0,
    }
    assert given.warnings == ()


@pytest.mark.parametrize("text", EVERYTHING.values(), ids=EVERYTHING)
def test_those_for_a_server_are_kept(read: Read, text: str) -> None:
    actions = read(text).actions
    assert (actions.enabled_action_types, actions.rate_limiter, actions.run) == (
        (".gen-ai",),
        {"gen-ai": RateLimit(limit=5, lookback_window=60.0)},  # type: ignore[arg-type]
        RunRules(max_attempts=3),
    )


@pytest.mark.parametrize(
    "text",
    [
        "xpack.actions: {allowedHosts: null, proxyUrl: '', ssl: null, run: '', rateLimiter: {}, proxyHeaders: null}",
        "xpack.actions: {email.x: 1, webhook: {ssl.pfx.enabled: true}, preconfiguredAlertHistoryEsIndex: true}",
        "xpack.actions: {microsoftExchangeUrl: u, enableFooterInEmail: false, usage: {url: u}, relay: {}, auth: {}}",
    ],
)
def test_what_is_not_given_or_not_for_us_says_nothing(read: Read, text: str) -> None:
    assert (read(text).actions, said(read(text).network_policy())) == (ActionsSettings(), said(NetworkPolicy()))


# ---- hosts


@pytest.mark.parametrize(
    ("hosts", "allowed", "named"),
    [
        ("['*']", None, set()),
        ("[]", set(), set()),
        ("['*', LLM.corp]", None, {"llm.corp"}),
        ("[h_1.corp, 10.0.0.1, '[FD00::1]', '::1', h.]", *[{"h_1.corp", "10.0.0.1", "fd00::1", "::1", "h"}] * 2),
    ],
)
def test_hosts_may_be_all_none_or_some(read: Read, hosts: str, allowed: Any, named: Any) -> None:
    rules = read(f"{ACTIONS}.allowedHosts: {hosts}").network_policy()
    assert (rules.allowed_hosts, rules.named_hosts) == (allowed, named)


ALONE = "must be the name of a host alone, without scheme, user, port and path"
STAR = "has a `*` in it, which stands for all hosts, in `allowedHosts` and alone: name every host"


@pytest.mark.parametrize("key", ["allowedHosts", "proxyBypassHosts", "proxyOnlyHosts"])
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("https://LLM.corp:8443/v1", f"{ALONE}: `llm.corp`"),
        ("llm.corp:443", f"{ALONE}: `llm.corp`"),
        ("llm.corp/v1", f"{ALONE}: `llm.corp`"),
        ("user:pw@llm.corp", f"{ALONE}: `llm.corp`"),
        ("[::1]:443", f"{ALONE}: `::1`"),
        (" llm.corp", f"{ALONE}: `llm.corp`"),
        ("a b", ALONE),
        ("", "is empty, where the name of a host belongs"),
        ("*.corp", STAR),
        ("10.0.0.0/8", "is a network, where the name of a host belongs: name every host"),
        ("bücher.example", "has a character outside ASCII: write the host as `xn--...`"),
    ],
)
def test_what_is_no_host_is_told_what_to_write(read: Read, key: str, entry: str, message: str) -> None:
    assert problems(lambda: read(f"{ACTIONS}.{key}: [ok, '{entry}']")) == [(f"{ACTIONS}.{key}.1", message)]


def test_a_star_stands_for_all_hosts_where_they_are_allowed_only(read: Read) -> None:
    text = f"{ACTIONS}: {{proxyBypassHosts: ['*']}}"
    assert problems(lambda: read(text)) == [(f"{ACTIONS}.proxyBypassHosts.0", STAR)]


def test_of_two_lists_the_second_is_ignored(read: Read) -> None:
    given = read(f"{ACTIONS}: {{proxyBypassHosts: [], proxyOnlyHosts: [b]}}")
    assert (given.network_policy().bypass_hosts, given.network_policy().only_hosts) == (frozenset(), None)
    assert warnings(given) == [
        (
            f"{ACTIONS}.proxyOnlyHosts",
            "The configurations xpack.actions.proxyBypassHosts and xpack.actions.proxyOnlyHosts can not be used at the "
            "same time. The configuration xpack.actions.proxyOnlyHosts will be ignored.",
        )
    ]


def test_an_empty_list_of_hosts_for_the_proxy_sends_none_there(read: Read) -> None:
    assert read(f"{ACTIONS}.proxyOnlyHosts: []").network_policy().only_hosts == frozenset()


# ---- the proxy


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (":nope: not a valid URL", "has a blank, a line break or a control character in it"),
        ("proxy:3128", "must begin with `http://` or `https://`"),
        ("socks5://proxy", "is a SOCKS proxy: HTTP proxies only can be used"),
        ("http://proxy/path", "has a path or a query, and a proxy has neither"),
        ("http://u:100%@proxy", "holds a user name or password with a percent escape that is none; `%` itself"),
        ("http://", "has no host"),
    ],
)
def test_a_proxy_that_is_none_is_an_error(read: Read, url: str, message: str) -> None:
    [(path, told)] = problems(lambda: read(f"{ACTIONS}.proxyUrl: '{url}'"))
    assert (path, told[: len(message)]) == (f"{ACTIONS}.proxyUrl", message)


def test_who_asks_the_proxy_is_said_beside_it_or_in_it(read: Read) -> None:
    given = read(
        f"""
        {ACTIONS}.proxyUrl: https://user:pw@proxy
        {NETWORK}: {{proxy_password: {{env: PW}}, proxy_ca: {{file: /proxy.pem}}}}
        """
    )
    assert given.network_policy().proxy == ProxyRule(
        url="https://proxy",
        username=Secret("user"),
        password=Secret.env("PW"),
        ca=CA(text=Secret.file("/proxy.pem"), place=f"{NETWORK}.proxy_ca"),
    )


@pytest.mark.parametrize("name", ["proxy_username", "proxy_password", "proxy_ca"])
def test_and_not_without_one(read: Read, name: str) -> None:
    text = f"{NETWORK}.{name}: {{env: X}}"
    assert problems(lambda: read(text)) == [
        (f"{NETWORK}.{name}", "goes with `xpack.actions.proxyUrl`, which is not given")
    ]


@pytest.mark.parametrize("name", ["X-Key", "proxy-authorization"])
def test_a_key_in_a_header_for_the_proxy_is_a_secret(read: Read, name: str) -> None:
    rules = read(f"{ACTIONS}: {{proxyUrl: 'http://p', proxyHeaders: {{{name}: Bearer abcdef}}}}").network_policy()
    assert rules.proxy is not None
    assert rules.proxy.headers == {name: Secret("Bearer abcdef")}


# ---- measures


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        *(("60s", 60), ("5m", 300), ("1h", 3600), ("1d", 86400), ("90d", 7776000), ("2w", 1209600)),
        *(("500ms", 0.5), ("1500", 1.5), ("'1500'", 1.5), ("1", 0.001)),
    ],
)
def test_durations_are_written_as_elastics_are(read: Read, duration: str, seconds: float) -> None:
    assert read(f"{ACTIONS}.responseTimeout: {duration}").network_policy().response_timeout == seconds


@pytest.mark.parametrize(
    ("size", "length"),
    [("1mb", 1048576), ("512kb", 524288), ("1048576b", 1048576), ("100", 100), ("'100'", 100), ("1GB", 1073741824)],
)
def test_sizes_are_written_as_elastics_are(read: Read, size: str, length: int) -> None:
    assert read(f"{ACTIONS}.maxResponseContentLength: {size}").network_policy().longest_answer == length


@pytest.mark.parametrize("key", ["responseTimeout", "maxResponseContentLength"])
@pytest.mark.parametrize(
    "measure", ["1.5", "-1", "1y", "'1 s x'", "one", "true", "[]", "'\u0661s'", "1e3s", "9999999999999", "s"]
)
def test_another_measure_is_refused(read: Read, key: str, measure: str) -> None:
    [(path, message)] = problems(lambda: read(f"{ACTIONS}.{key}: {measure}"))
    assert (path, message[:9]) == (f"{ACTIONS}.{key}", "must be a")


@pytest.mark.parametrize("duration", ["366d", "999999999999w"])
def test_nobody_waits_for_more_than_a_year(read: Read, duration: str) -> None:
    told = problems(lambda: read(f"{ACTIONS}.responseTimeout: {duration}"))
    assert told == [(f"{ACTIONS}.responseTimeout", "must be a year (`365d`) at most")]


@pytest.mark.parametrize("text", ["responseTimeout: 0", "responseTimeout: 0s", "maxResponseContentLength: 0mb"])
def test_nothing_is_no_measure(read: Read, text: str) -> None:
    assert [message for _, message in problems(lambda: read(f"{ACTIONS}.{text}"))] == ["must be more than 0"]


# ---- old names


@pytest.mark.parametrize(
    ("text", "mode", "place"),
    [
        ("rejectUnauthorized: false", "none", "rejectUnauthorized"),
        ("rejectUnauthorized: true", "full", "rejectUnauthorized"),
        ("ssl.rejectUnauthorized: false", "none", "ssl.rejectUnauthorized"),
    ],
)
def test_old_names_mean_what_they_meant(read: Read, text: str, mode: str, place: str) -> None:
    given = read(f"{ACTIONS}.{text}")
    key = f"{ACTIONS}.ssl.verificationMode"
    assert (given.network_policy().verification, given.network_policy().places) == (mode, {key: f"{ACTIONS}.{place}"})
    assert warnings(given) == [(f"{ACTIONS}.{place}", f"is an old name: write `{key}: {mode}`")]


def test_for_the_proxy_too(read: Read) -> None:
    given = read(f"{ACTIONS}: {{proxyUrl: 'https://p', proxyRejectUnauthorizedCertificates: false}}")
    rule, key = given.network_policy().proxy, f"{ACTIONS}.ssl.proxyVerificationMode"
    assert rule is not None
    assert (rule.verification, given.network_policy().places) == (
        "none",
        {key: f"{ACTIONS}.proxyRejectUnauthorizedCertificates"},
    )


def test_todays_name_wins(read: Read) -> None:
    given = read(f"{ACTIONS}: {{rejectUnauthorized: false, ssl.verificationMode: certificate}}")
    assert (given.network_policy().verification, given.network_policy().places) == ("certificate", {})
    assert warnings(given) == [
        (
            f"{ACTIONS}.rejectUnauthorized",
            f"is an old name, and left alone: `{ACTIONS}.ssl.verificationMode` says it already",
        )
    ]


# ---- connectory.network


def test_ours_says_what_elastics_cannot(read: Read, pki: Pki) -> None:
    ca = base64.b64encode(pki.root.pem.encode()).decode()
    given = read(
        f"""
        {NETWORK}:
          private_networks: [10.1.2.3/16, "fd00::/8", 127.0.0.1]
          ca: {ca}
          ca_mode: replace
          resolve: here
        {NETWORK}.trust_environment: false
        """
    )
    assert said(given.network_policy(environ={"HTTPS_PROXY": "http://p"})) == {
        **said(NetworkPolicy()),
        "private_networks": tuple(ip_network(text) for text in ("10.1.0.0/16", "fd00::/8", "127.0.0.1/32")),
        "ca": CA(text=Secret(ca), place=f"{NETWORK}.ca"),
        "ca_mode": "replace",
        "resolves_here": True,
    }


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("private_networks: [10.0.0.0/33]", "private_networks.0", "is no network: write it as `10.1.0.0/16` or"),
        ("private_networks: [llm.corp]", "private_networks.0", "is no network"),
        ("private_networks: 10.0.0.0/8", "private_networks", "must be a list, not text"),
        ("ca: not PEM", "ca", "is no PEM"),
        ("ca: /etc/ca.pem", "ca", "is no PEM but looks like the path of a file, which is written {file: PATH}"),
        ("ca: {path: x}", "ca", "must be text, `{env: NAME}` or `{file: PATH}`"),
        ("ca_mode: replace", "ca_mode", "is `replace`, and there is no"),
        ("ca_mode: both", "ca_mode", "this is not one of the choices; known: `add`, `replace`"),
        ("resolve: there", "resolve", "`there` is not one of the choices; did you mean `here`?"),
        ("trust_environment: maybe", "trust_environment", "must be true or false, not text"),
        (
            "trust_enviroment: true",
            "trust_enviroment",
            "is no key that is known here; did you mean `trust_environment`?",
        ),
    ],
)
def test_and_is_told_what_is_wrong(read: Read, text: str, path: str, message: str) -> None:
    [(told_path, told)] = problems(lambda: read(f"{NETWORK}.{text}"))
    assert (told_path, told[: len(message)]) == (f"{NETWORK}.{path}", message)


def test_everything_wrong_is_told_at_once(read: Read) -> None:
    text = f"""
        {ACTIONS}:
          proxyUrl: proxy
          allowedHosts: ["https://h", 1]
          proxyOnlyHosts: ["https://h"]
          ssl: {{verification: none}}
          run.maxAttempts: 11
          rateLimiter: {{gen-ai: {{limit: 0, lookback: 1m}}}}
          responseTimeout.x: 1
          enabledActionTypes: .gen-ai
          customHostSettings: [{{}}, {{url: https://h, ssl: {{mode: x, certificateAuthoritiesData: x}}}}]
        {NETWORK}: {{ca: x, resolve: 1}}
    """
    assert {path for path, _ in problems(lambda: read(text))} == {
        f"{ACTIONS}.proxyUrl",
        f"{ACTIONS}.allowedHosts.1",
        f"{ACTIONS}.proxyOnlyHosts.0",
        f"{ACTIONS}.ssl.verification",
        f"{ACTIONS}.run.maxAttempts",
        f"{ACTIONS}.rateLimiter.gen-ai.limit",
        f"{ACTIONS}.rateLimiter.gen-ai.lookback",
        f"{ACTIONS}.rateLimiter.gen-ai.lookbackWindow",
        f"{ACTIONS}.responseTimeout.x",
        f"{ACTIONS}.enabledActionTypes",
        f"{ACTIONS}.customHostSettings.0.url",
        f"{ACTIONS}.customHostSettings.1.ssl.mode",
        f"{ACTIONS}.customHostSettings.1.ssl.certificateAuthoritiesData",
        f"{NETWORK}.ca",
        f"{NETWORK}.resolve",
    }


# ---- the environment


SPOKEN = {"https_proxy": "http://a", "HTTPS_PROXY": "http://b", "HTTP_PROXY": "http://c", "SSL_CERT_FILE": "/ca"}


@pytest.mark.parametrize(
    ("text", "server", "counts"),
    [
        ("", False, True),
        ("", True, False),
        (f"{NETWORK}.trust_environment: true", True, True),
        (f"{NETWORK}.trust_environment: false", False, False),
    ],
)
def test_the_environment_counts_where_it_is_trusted(read: Read, text: str, server: bool, counts: bool) -> None:
    rules = read(text).network_policy(server=server, environ={**SPOKEN, "HOME": "/h", "OPENAI_API_KEY": "k"})
    assert (rules.environment, rules.server) == (SPOKEN if counts else {}, server)


def test_a_header_of_a_cgi_request_names_no_proxy(read: Read) -> None:
    environ = {"HTTP_PROXY": "http://evil", "http_proxy": "http://own", "REQUEST_METHOD": "GET"}
    assert read("").network_policy(environ=environ).environment == {"http_proxy": "http://own"}


# ---- a server


NAMES = """
    xpack.actions.allowedHosts: ["*", allowed.corp]
    xpack.actions.customHostSettings: [{url: "https://Custom.corp:8443"}, {url: "smtp://mail.corp"}]
    xpack.actions.preconfigured:
      a:
        actionTypeId: .gen-ai
        config.apiUrl: https://elastic.corp/v1
        config: {openai_client_kwargs: {base_url: "https://argument.corp"}}
      slack: {actionTypeId: .slack, config: {apiUrl: "https://slack.com"}}
      wrong: 1
    connectory.connections:
      own:
        url: https://u:p@[FD00::1]:8443/v1
        network: {proxy: "http://proxy.corp:3128"}
        credential: {kind: workload_identity, exchange_url: "https://exchange.corp"}
      half: {url: 1, endpoint: "https://endpoint.corp/x", client: {base_url: "https://base.corp"}, credential: []}
      wrong: [https://list.corp]
      entra: {credential: {kind: entra, authority: "https://login.corp"}}
    connectory.workload_identity: {exchange_url: "https://operator.corp/token", hosts: ["Identity.corp", "[::1]"]}
"""


def test_a_server_knows_every_host_that_the_file_names(read: Read) -> None:
    given = read(NAMES)
    short = {"allowed", "custom", "elastic", "argument", "exchange", "endpoint", "base", "login", "operator"}
    named = {*(f"{name}.corp" for name in short), "identity.corp", "fd00::1", "::1"}
    assert given.network_policy(server=True).named_hosts == named
    assert given.network_policy(server=True).named_proxies == {"http://proxy.corp:3128"}
    assert given.network_policy().named_hosts == {"allowed.corp", "custom.corp"}


def test_what_asks_no_environment_is_worked_out_once(read: Read) -> None:
    given = read(f"{NETWORK}.trust_environment: false")
    assert given.network_policy(server=True) is given.network_policy(server=True, environ=SPOKEN)


@pytest.mark.parametrize("server", [False, True])
def test_a_connection_has_the_rules_wherever_it_was_found(tmp_path: Path, server: bool) -> None:
    file = tmp_path / "connectory.yml"
    file.write_text(
        "xpack.actions.allowedHosts: [h]\nconnectory.connections.a: {credential: {api_key: k}}", encoding="utf-8"
    )
    environ = {"CONNECTORY_HOME": str(tmp_path), "AIRFLOW_CONN_B": "openai://:k@h", "NO_PROXY": "h"}
    catalog = Catalog.open(environ, server=server)
    rules = [catalog.find(id).network_policy for id in ("a", "b")]
    assert [(rule.allowed_hosts, rule.server, dict(rule.environment)) for rule in rules] == [
        (frozenset({"h"}), server, {} if server else {"NO_PROXY": "h"})
    ] * 2

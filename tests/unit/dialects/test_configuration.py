"""The configuration file: dotted, nested or both; ours and Elastic's; strict where silence would harm."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectory.dialects import configuration
from connectory.dialects.configuration import Configuration
from connectory.dialects.dotted import section
from connectory.dialects.operator_settings import IdentitySettings, OperatorSettings
from connectory.dialects.plain_values import Gathering
from tests.unit.problems import problems

Read = Callable[[str], Configuration]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> Configuration:
        file = tmp_path / "connectory.yml"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return configuration.read(file)

    return read_text


_UNHEARD_OF = (
    "is no key that is known here; known: `connections`, `default_model`, `custom_token_providers`, "
    "`token_file_directories`, `workload_identity`, `network`, `usage`"
)
CONNECTION = {"my-id": {"model": "m", "credential": {"api_key": "k"}}}


@pytest.mark.parametrize(
    "text",
    [
        "connectory: {connections: {my-id: {model: m, credential: {api_key: k}}}}",
        "connectory.connections: {my-id: {model: m, credential: {api_key: k}}}",
        "connectory: {connections.my-id: {model: m, credential: {api_key: k}}}",
        "connectory.connections.my-id: {model: m, credential: {api_key: k}}",
        "connectory.connections.my-id.model: m\nconnectory.connections.my-id.credential.api_key: k",
        "connectory.connections.my-id.model: m\nconnectory: {connections: {my-id: {credential: {api_key: k}}}}",
        "connectory: {connections: {my-id: {model: m}}, connections.my-id.credential.api_key: k}",
        "connectory.connections: {my-id: {credential: {api_key: k}}}\nconnectory: {connections.my-id.model: m}",
    ],
)
def test_keys_are_dotted_nested_or_both(read: Read, text: str) -> None:
    assert read(text).ours == CONNECTION


@pytest.mark.parametrize(
    "text",
    [
        "xpack: {actions: {preconfigured: {a: {name: n, config: {x: 1}}}}}",
        "xpack.actions.preconfigured: {a: {name: n, config: {x: 1}}}",
        "xpack.actions: {preconfigured.a: {name: n, config: {x: 1}}}",
        "xpack.actions.preconfigured.a.name: n\nxpack.actions.preconfigured.a.config.x: 1",
        "xpack: {actions.preconfigured.a.name: n}\nxpack.actions: {preconfigured: {a: {config: {x: 1}}}}",
    ],
)
def test_elastics_keys_too(read: Read, text: str) -> None:
    assert read(text).elastics == {"a": {"name": "n", "config": {"x": 1}}}


def test_an_id_with_a_dot_in_it_is_written_nested(read: Read) -> None:
    assert read("connectory.connections: {my.id: {model: m}}").ours == {"my.id": {"model": "m"}}


def test_ids_that_yaml_takes_for_something_else_are_text(read: Read) -> None:
    assert list(read("connectory.connections: {42: {}, no: {}, 2024-10-21: {}}").ours) == ["42", "no", "2024-10-21"]


def test_an_anchor_may_be_used_for_several_connections(read: Read) -> None:
    text = """
        connectory.connections:
          a: &shared {model: m, credential: {api_key: k}}
          b: {<<: *shared, model: n}
        connectory.connections.b.name: B
    """
    assert read(text).ours == {
        "a": {"model": "m", "credential": {"api_key": "k"}},
        "b": {"model": "n", "credential": {"api_key": "k"}, "name": "B"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "connectory:",
        "connectory: {}\nxpack:\n",
        "xpack.actions: {}",
        "{}",
        "connectory: ''\nxpack: ''",
        "connectory: {connections: '', default_model: ''}\nxpack.actions.preconfigured: ''",
        "connectory: {network: null, server: '', telemetry: null}",
        "xpack.actions: {proxyUrl: null, allowedHosts: ''}",
    ],
)
def test_a_file_may_say_nothing(read: Read, text: str) -> None:
    given = read(text)
    assert (given.ids(), given.operator) == ([], OperatorSettings())


@pytest.mark.parametrize("text", ["connectory.default_model: m", "connectory: {default_model: m}"])
def test_the_default_model_is_for_elastics_connectors_without_one(read: Read, text: str) -> None:
    entry = """
xpack.actions.preconfigured.a:
  name: n
  actionTypeId: .gen-ai
  config: {apiProvider: OpenAI, apiUrl: https://api.openai.com/v1}
  secrets: {apiKey: k}
"""
    assert read(text + entry).connection("a").model == "m"


def test_nothing_gives_way_to_something() -> None:
    kept = Gathering()
    assert section({"a": {"b": ""}, "a.b": "x", "a.c": None}, "a", kept) == {"b": "x", "c": None}
    assert kept.problems == []


def test_it_is_not_for_ours(read: Read) -> None:
    text = "connectory: {default_model: m, connections: {a: {credential: {api_key: k}}}}"
    assert read(text).connection("a").model is None


def test_an_id_in_both_sections_is_ours(read: Read) -> None:
    given = read(
        """
        connectory.connections.a: {name: ours, credential: {api_key: k}}
        xpack.actions.preconfigured.a: {name: Elastic's}
        """
    )
    assert (given.ids(), given.connection("a").name) == (["a"], "ours")


def test_a_wrong_document_stands_in_nobodys_way(read: Read) -> None:
    given = read("connectory.connections: {good: {credential: {api_key: k}}, wrong: [], worse: 1}")
    assert given.connection("good").id == "good"


def test_a_preconfigured_entry_may_have_dotted_keys(read: Read) -> None:
    given = read(
        """
        xpack.actions.preconfigured:
          a:
            name: n
            actionTypeId: .gen-ai
            config.apiProvider: Other
            config: {apiUrl: http://localhost:1234/v1, defaultModel: m}
            secrets.apiKey: k
        """
    )
    assert given.connection("a").model == "m"


# ---- what is refused


def test_a_key_that_stands_twice_in_two_ways_is_refused(read: Read) -> None:
    text = """
        connectory.default_model: a
        connectory:
          default_model: b
          connections: {x: {model: m}}
        connectory.connections.x.model: n
    """
    assert problems(lambda: read(text)) == [
        ("connectory.default_model", "stands here twice"),
        ("connectory.connections.x.model", "stands here twice"),
    ]


@pytest.mark.parametrize(
    ("text", "path", "what"),
    [
        ("connectory: 1", "connectory", "a number"),
        ("connectory: false", "connectory", "true or false"),
        ("xpack: []", "xpack", "a list"),
        ("xpack.actions: x", "xpack.actions", "text"),
        ("connectory.connections: []", "connectory.connections", "a list"),
        ("connectory: {connections: x}", "connectory.connections", "text"),
        ("xpack.actions.preconfigured: x", "xpack.actions.preconfigured", "text"),
    ],
)
def test_a_section_must_be_an_object(read: Read, text: str, path: str, what: str) -> None:
    assert problems(lambda: read(text)) == [(path, f"must be an object, not {what}")]


def test_a_connection_whose_lines_are_not_indented_is_told_so(read: Read) -> None:
    found = read("connectory.connections:\n  a:\n  url: https://a.example/v1")
    assert problems(lambda: found.connection("a")) == [
        ("", "is empty: lines that belong to it must be indented more than its id")
    ]


@pytest.mark.parametrize("text", ["- 1", "just text", "3"])
def test_the_file_must_hold_an_object(read: Read, text: str) -> None:
    [(path, message)] = problems(lambda: read(text))
    assert (path, message[:24]) == ("", "must hold an object, not")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "connectory.conections: {}",
            ("connectory.conections", "is no key that is known here; did you mean `connections`?"),
        ),
        (
            "connectory: {defaultModel: m}",
            ("connectory.defaultModel", "is no key that is known here; did you mean `default_model`?"),
        ),
        (
            "connectory.unheard_of: x",
            ("connectory.unheard_of", _UNHEARD_OF),
        ),
        ("connectory.default_model: [m]", ("connectory.default_model", "must be text, not a list")),
        (
            "connectory: {default_model.x: m}",
            ("connectory.default_model.x", "is no key that is known here; did you mean `default_model`?"),
        ),
        (
            "connectory.workload_identity.exchange: x",
            (
                "connectory.workload_identity.exchange",
                "is no key that is known here; did you mean `exchange_url`?",
            ),
        ),
        ("connectory.default_model.x: m", ("connectory.default_model", "must be text, not an object")),
        ("conectory: {}", ("conectory", "is no key that is known here; did you mean `connectory`?")),
        ("connections: {}", ("connections", "is no key that is known here; did you mean `connectory.connections`?")),
        (
            "connections.a.url: x",
            ("connections.a.url", "is no key that is known here; did you mean `connectory.connections`?"),
        ),
    ],
)
def test_unknown_keys_of_ours_name_the_nearest_known_one(read: Read, text: str, problem: tuple[str, str]) -> None:
    assert problems(lambda: read(text)) == [problem]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("connectory: {server.host_names: []}", "connectory.server.host_names"),
        ("connectory.access.trusted_issuers: []", "connectory.access"),
        ("connectory.event_log.retention: 90d", "connectory.event_log"),
        ("connectory.usage.prices: p.yml", "connectory.usage.prices"),
        ("connectory: {usage: {models: m.json, prices: p.yml}}", "connectory.usage.prices"),
        ("connectory.gateway.routes: {}", "connectory.gateway"),
        ("connectory.telemetry: {}", "connectory.telemetry"),
    ],
)
def test_keys_of_later_versions_are_known_and_refused(read: Read, text: str, path: str) -> None:
    assert problems(lambda: read(text)) == [(path, "cannot be honoured by this version of connectory")]


@pytest.mark.parametrize(
    "text",
    [
        """
        connectory.workload_identity.exchange_url: https://auth/token
        connectory.workload_identity.hosts: [llm.example.com, "[::1]"]
        connectory.workload_identity.azure_metadata_url: http://127.0.0.1:1/azure
        connectory.workload_identity.gcp_metadata_url: http://127.0.0.1:1/gcp
        connectory.custom_token_providers: [tokens.vault.token]
        connectory.token_file_directories: [/var/run/secrets, /run/tokens/]
        """,
        """
        connectory:
          workload_identity:
            exchange_url: https://auth/token
            hosts: [llm.example.com, "[::1]"]
          workload_identity.azure_metadata_url: http://127.0.0.1:1/azure
          custom_token_providers: [tokens.vault.token]
          token_file_directories: [/var/run/secrets, /run/tokens/]
        connectory.workload_identity: {gcp_metadata_url: "http://127.0.0.1:1/gcp"}
        """,
    ],
)
def test_the_operator_says_where_identities_come_from_and_go(read: Read, text: str) -> None:
    assert read(text).operator == OperatorSettings(
        custom_token_providers=("tokens.vault.token",),
        token_file_directories=("/var/run/secrets", "/run/tokens/"),
        workload_identity=IdentitySettings(
            exchange_url="https://auth/token",
            hosts=("llm.example.com", "[::1]"),
            azure_metadata_url="http://127.0.0.1:1/azure",
            gcp_metadata_url="http://127.0.0.1:1/gcp",
        ),
    )


@pytest.mark.parametrize("nothing", ["null", "''"])
@pytest.mark.parametrize("key", ["workload_identity", "workload_identity.hosts", "token_file_directories"])
def test_or_leaves_it_at_what_is_well_known(read: Read, key: str, nothing: str) -> None:
    assert read(f"connectory.{key}: {nothing}").operator == OperatorSettings()


def test_no_directory_at_all_may_be_said_too(read: Read) -> None:
    assert read("connectory.token_file_directories: []").operator.token_file_directories == ()


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("workload_identity.exchange_url: auth/token", "workload_identity.exchange_url", "must begin with `http"),
        ("workload_identity.azure_metadata_url: 'http://u:p@h'", "workload_identity.azure_metadata_url", "holds a us"),
        ("workload_identity.hosts: ['https://h', h]", "workload_identity.hosts.0", "must be the name of a host"),
        ("workload_identity.hosts: [h:80]", "workload_identity.hosts.0", "must be the name of a host"),
        ("workload_identity.hosts: ['*']", "workload_identity.hosts.0", "must be the name of a host"),
        ("workload_identity.hosts: h", "workload_identity.hosts", "must be a list, not text"),
        ("workload_identity: x", "workload_identity", "must be an object, not text"),
        ("custom_token_providers: [a.b, {}]", "custom_token_providers.1", "must be text, not an object"),
        ("custom_token_providers: [vault]", "custom_token_providers.0", "must name a function"),
        ("custom_token_providers: [a.b, a..b]", "custom_token_providers.1", "must name a function"),
        ("token_file_directories: [run]", "token_file_directories.0", "must be an absolute path"),
        ("token_file_directories: [/run/../etc]", "token_file_directories.0", "must be an absolute path"),
    ],
)
def test_and_is_told_what_is_wrong_with_it(read: Read, text: str, path: str, message: str) -> None:
    [(told_path, told)] = problems(lambda: read(f"connectory.{text}"))
    assert (told_path, told[: len(message)]) == (f"connectory.{path}", message)


KIBANAS_OWN = """
    server.port: 5601
    elasticsearch: {hosts: ["https://es:9200"]}
    logging.root.level: info
    xpack.encryptedSavedObjects.encryptionKey: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    xpack.actions.allowedHosts: ["*"]
    xpack.actions.enabledActionTypes: ["*"]
    xpack.actions.preconfiguredAlertHistoryEsIndex: true
    xpack.actions.run: {maxAttempts: 3}
    xpack.actions.queued.max: 100
    xpack.actions.rateLimiter.gen-ai: {limit: 5, lookbackWindow: 1m}
    xpack.actions.enableFooterInEmail: false
    xpack.actions.email.domain_allowlist: ["*.example.com"]
    xpack.actions.microsoftGraphApiUrl: https://graph.microsoft.com/v1.0
    xpack.actions.microsoftGraphApiScope: https://graph.microsoft.com/.default
    xpack.actions.microsoftExchangeUrl: https://login.microsoftonline.com
    xpack.actions.usage.enabled: true
    xpack.actions.webhook.ssl.pfx.enabled: true
    xpack.actions.auth.oauth_authorization_code.rate_limits: {}
    xpack.actions.relay.url: x
    xpack.alerting.rules.run.timeout: 5m
"""


def test_a_whole_kibana_yml_works_unchanged(read: Read) -> None:
    assert read(KIBANAS_OWN).ids() == []


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("allowedHost", "allowedHosts"),
        ("proxyURL", "proxyUrl"),
        ("responseTimeOut", "responseTimeout"),
        ("preconfiged", "preconfigured"),
        ("preConfigured.a.name", "preconfigured"),
        ("whitelistedHosts", "allowedHosts"),
        ("customHostSetting", "customHostSettings"),
    ],
)
def test_a_slip_of_the_pen_for_a_key_that_counts_is_not_ignored(read: Read, key: str, meant: str) -> None:
    assert problems(lambda: read(f"xpack.actions.{key}: x")) == [
        (f"xpack.actions.{key.partition('.')[0]}", f"is no key that is known here; did you mean `{meant}`?")
    ]


def test_everything_wrong_with_the_file_is_said_at_once(read: Read) -> None:
    text = """
        connectory: {conections: {}, default_model: 1, connections: []}
        xpack.actions: {proxyUrl: x, preconfigured: 1}
    """
    assert {path for path, _ in problems(lambda: read(text))} == {
        "connectory.conections",
        "connectory.default_model",
        "connectory.connections",
        "xpack.actions.proxyUrl",
        "xpack.actions.preconfigured",
    }


@pytest.mark.parametrize("place", ["connectory", "connectory.connections.a", "xpack.actions.ssl", "connectory.network"])
def test_a_dotted_key_has_as_many_levels_as_a_file(read: Read, place: str) -> None:
    long = f"{place}.{'a.' * 20_000}"
    found = problems(lambda: read(f"? '{long}x'\n: 1\n? '{long}y'\n: 1"))
    assert {message for _, message in found} == {
        "has more than 100 levels of lists and objects in each other, the most that are read"
    }


def test_a_configuration_knows_where_everything_stands() -> None:
    given: Any = Configuration(path="c.yml", ours={"a": {}}, elastics={"b": {}})
    assert [given.source_of(id) for id in ("a", "b")] == [
        "c.yml: connectory.connections.a",
        "c.yml: xpack.actions.preconfigured.b",
    ]

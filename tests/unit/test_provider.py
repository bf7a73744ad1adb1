"""Where the requests of a connection go, for every shape of URL that people paste."""

from __future__ import annotations

import pytest

from connectory.provider import (
    AZURE,
    OPENAI,
    OTHER,
    PROVIDERS,
    Address,
    Provider,
    deployment_path,
    named_endpoint,
    on_the_wire,
)

RESOURCE = "https://r.openai.azure.com"
CHAT = "/chat/completions"
OLD = "?api-version=2024-10-21"


def address(base_url: str, endpoint: str | None, **rest: object) -> Address:
    return Address(base_url=base_url, endpoint=endpoint, query=rest.pop("query", {}), **rest)  # type: ignore[arg-type]


def test_there_are_three_providers() -> None:
    assert list(PROVIDERS) == ["openai", "azure", "other"]


@pytest.mark.parametrize(
    ("provider", "header"),
    [
        (OPENAI, ("Authorization", "Bearer k")),
        (AZURE, ("api-key", "k")),
        (OTHER, ("Authorization", "Bearer k")),
    ],
)
def test_each_provider_has_its_key_header(provider: Provider, header: tuple[str, str]) -> None:
    assert (provider.credential_header("k"), provider.bearer) == (header, header[0] == "Authorization")


@pytest.mark.parametrize("provider", [OPENAI, OTHER], ids=lambda provider: provider.name)
@pytest.mark.parametrize(
    ("url", "base_url", "endpoint"),
    [
        ("https://h/v1", "https://h/v1", "https://h/v1/chat/completions"),
        ("https://h/v1/", "https://h/v1", "https://h/v1/chat/completions"),
        ("https://h", "https://h", "https://h/chat/completions"),
        ("https://h/", "https://h", "https://h/chat/completions"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
        ("https://[::1]:8080/v1", "https://[::1]:8080/v1", "https://[::1]:8080/v1/chat/completions"),
        ("https://h/v1/chat/completions", "https://h/v1", "https://h/v1/chat/completions"),
        ("https://h/v1/chat/completions/", "https://h/v1", "https://h/v1/chat/completions"),
        ("https://h//v1///chat//completions//", "https://h/v1", "https://h/v1/chat/completions"),
        ("https://h/v1/completions", "https://h/v1", "https://h/v1/completions"),
        ("https://h/v1/responses", "https://h/v1", "https://h/v1/responses"),
        ("https://h/v1/embeddings", "https://h/v1", "https://h/v1/embeddings"),
        ("https://h/v1/chat/completions?a=b", "https://h/v1", "https://h/v1/chat/completions?a=b"),
        ("https://h/v1?a=b", "https://h/v1", "https://h/v1/chat/completions"),
        ("https://h/v1/models", "https://h/v1/models", "https://h/v1/models/chat/completions"),
        ("https://chat/completions", "https://chat", "https://chat/completions"),
    ],
)
def test_a_known_endpoint_is_cut_off_for_the_base(provider: Provider, url: str, base_url: str, endpoint: str) -> None:
    assert provider.address(url) == address(base_url, endpoint)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_an_endpoint_of_its_own_is_where_runs_are_posted(provider: Provider) -> None:
    given = provider.address("https://h/x/v1", endpoint="https://h/generate//now/?q=1")
    assert given == address("https://h/x/v1", "https://h/generate/now?q=1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        # The v1 API: no api version needed, and one that is given goes everywhere.
        (RESOURCE, address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}")),
        (f"{RESOURCE}/", address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}")),
        (f"{RESOURCE}/openai/v1", address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}")),
        (f"{RESOURCE}/openai/v1/", address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}")),
        (f"{RESOURCE}/openai/v1{CHAT}", address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}")),
        (f"{RESOURCE}/openai/v1/responses", address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1/responses")),
        (
            f"{RESOURCE}/openai/v1?api-version=preview",
            address(
                f"{RESOURCE}/openai/v1",
                f"{RESOURCE}/openai/v1{CHAT}?api-version=preview",
                query={"api-version": "preview"},
            ),
        ),
        (
            f"{RESOURCE}/openai/v1{CHAT}?api-version=",
            address(f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}"),
        ),
        # Classic, with a deployment in the URL.
        (
            f"{RESOURCE}/openai/deployments/d{CHAT}{OLD}",
            address(
                f"{RESOURCE}/openai",
                f"{RESOURCE}/openai/deployments/d{CHAT}{OLD}",
                query={"api-version": "2024-10-21"},
                deployment="d",
                classic=True,
            ),
        ),
        (
            f"{RESOURCE}:8443//openai/deployments/d/{OLD}&foo=1",
            address(
                f"{RESOURCE}:8443/openai",
                f"{RESOURCE}:8443/openai/deployments/d{CHAT}{OLD}&foo=1",
                query={"api-version": "2024-10-21", "foo": "1"},
                deployment="d",
                classic=True,
            ),
        ),
        (
            f"{RESOURCE}/openai/deployments/d/extensions{CHAT}{OLD}",
            address(
                f"{RESOURCE}/openai",
                f"{RESOURCE}/openai/deployments/d/extensions{CHAT}{OLD}",
                query={"api-version": "2024-10-21"},
                deployment="d",
                classic=True,
            ),
        ),
        (
            f"{RESOURCE}/openai/deployments/d/embeddings{OLD}",
            address(
                f"{RESOURCE}/openai",
                f"{RESOURCE}/openai/deployments/d/embeddings{OLD}",
                query={"api-version": "2024-10-21"},
                deployment="d",
                classic=True,
            ),
        ),
        (
            f"https://apim.example.com/llm/openai/deployments/d{CHAT}{OLD}",
            address(
                "https://apim.example.com/llm/openai",
                f"https://apim.example.com/llm/openai/deployments/d{CHAT}{OLD}",
                query={"api-version": "2024-10-21"},
                deployment="d",
                classic=True,
            ),
        ),
        (
            f"{RESOURCE}/openai/deployments/openai{OLD}",
            address(
                f"{RESOURCE}/openai",
                f"{RESOURCE}/openai/deployments/openai{CHAT}{OLD}",
                query={"api-version": "2024-10-21"},
                deployment="openai",
                classic=True,
            ),
        ),
        (
            f"{RESOURCE}/openai/deployments/my%20model{CHAT}{OLD}",
            address(
                f"{RESOURCE}/openai",
                f"{RESOURCE}/openai/deployments/my%20model{CHAT}{OLD}",
                query={"api-version": "2024-10-21"},
                deployment="my model",
                classic=True,
            ),
        ),
        # Classic, where the model says the deployment.
        *(
            (
                f"{RESOURCE}{path}{OLD}",
                address(f"{RESOURCE}/openai", None, query={"api-version": "2024-10-21"}, classic=True),
            )
            for path in ("", "/", "/openai", "/openai/", "/openai/deployments", "/openai/deployments/")
        ),
        (
            f"{RESOURCE}/openai/responses{OLD}",
            address(
                f"{RESOURCE}/openai",
                f"{RESOURCE}/openai/responses{OLD}",
                query={"api-version": "2024-10-21"},
                classic=True,
            ),
        ),
        # Neither: a gateway with paths of its own, and the models endpoint of Azure AI.
        (
            f"https://services.example.com/models{CHAT}?api-version=2024-05-01-preview",
            address(
                "https://services.example.com/models",
                f"https://services.example.com/models{CHAT}?api-version=2024-05-01-preview",
                query={"api-version": "2024-05-01-preview"},
            ),
        ),
        (f"https://gateway{CHAT}", address("https://gateway", f"https://gateway{CHAT}")),
        (
            "https://openai/deployments/d",
            address("https://openai/deployments/d", f"https://openai/deployments/d{CHAT}"),
        ),
    ],
)
def test_azure_urls_of_every_shape_are_understood(url: str, expected: Address) -> None:
    assert AZURE.address(url) == expected


@pytest.mark.parametrize(
    ("url", "base_url", "endpoint"),
    [
        (RESOURCE, f"{RESOURCE}/openai", None),
        (f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1", f"{RESOURCE}/openai/v1{CHAT}?api-version=V"),
        (
            f"{RESOURCE}/openai/deployments/d{CHAT}",
            f"{RESOURCE}/openai",
            f"{RESOURCE}/openai/deployments/d{CHAT}?api-version=V",
        ),
        (
            f"{RESOURCE}/openai/deployments/d{CHAT}{OLD}&foo=1",
            f"{RESOURCE}/openai",
            f"{RESOURCE}/openai/deployments/d{CHAT}?foo=1&api-version=V",
        ),
        (
            f"{RESOURCE}/openai/deployments/d{CHAT}?api-version=",
            f"{RESOURCE}/openai",
            f"{RESOURCE}/openai/deployments/d{CHAT}?api-version=V",
        ),
    ],
)
def test_an_api_version_that_is_set_wins_over_the_one_in_the_url(url: str, base_url: str, endpoint: str | None) -> None:
    seen = AZURE.address(url, api_version="V")
    assert (seen.base_url, seen.endpoint, seen.query["api-version"]) == (base_url, endpoint, "V")


def test_an_endpoint_for_azure_gets_the_query_of_the_url() -> None:
    seen = AZURE.address(f"{RESOURCE}/openai{OLD}", endpoint=f"{RESOURCE}/openai/images?x=1")
    assert seen.endpoint == f"{RESOURCE}/openai/images?x=1&api-version=2024-10-21"


@pytest.mark.parametrize(
    ("url", "api_version", "refused"),
    [
        (f"{RESOURCE}/openai/deployments/d", None, True),
        (f"{RESOURCE}/openai/deployments/d?api-version=", None, True),
        (f"{RESOURCE}/openai", None, True),
        (f"{RESOURCE}/openai/deployments/d", "V", False),
        (f"{RESOURCE}/openai/deployments/d{OLD}", None, False),
        (f"{RESOURCE}/openai/v1", None, False),
        (RESOURCE, None, False),
    ],
)
def test_classic_azure_urls_need_an_api_version(url: str, api_version: str | None, refused: bool) -> None:
    problem = AZURE.url_warning(url, api_version=api_version)
    assert (problem is not None and problem.path == "azure.api_version") is refused


@pytest.mark.parametrize("provider", [OPENAI, OTHER], ids=lambda provider: provider.name)
def test_other_providers_have_nothing_against_a_url(provider: Provider) -> None:
    assert provider.url_warning("https://h/openai/deployments/d", api_version=None) is None


def test_operations_are_joined_to_the_base_with_its_query() -> None:
    assert AZURE.address(f"{RESOURCE}{OLD}").join("/models") == f"{RESOURCE}/openai/models{OLD}"


@pytest.mark.parametrize(
    ("provider", "url", "writes"),
    [
        (OPENAI, "https://api.openai.com/v1/chat/completions", True),
        (OPENAI, "https://api.openai.com/v1/completions", True),
        (OPENAI, "https://api.openai.com/v1/chat/completions/", False),
        (OPENAI, "https://h/v1/chat/completions", False),
        (OTHER, "https://h/v1/chat/completions", True),
        (AZURE, f"{RESOURCE}/openai/deployments/d/chat/completions{OLD}", True),
        (AZURE, f"{RESOURCE}/openai/deployments/d/completions", True),
        (AZURE, f"{RESOURCE}/openai/deployments/d/extensions/chat/completions", True),
        (AZURE, f"{RESOURCE}/openai/v1/chat/completions", False),
        (AZURE, f"{RESOURCE}/openai/deployments/d/embeddings", False),
    ],
)
def test_the_stream_flag_is_written_where_elastic_writes_it(provider: Provider, url: str, writes: bool) -> None:
    assert provider.writes_stream_flag(url) is writes


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://h", "https://h"),
        ("https://h/", "https://h"),
        ("HTTPS://H/a", "https://H/a"),
        ("https://h/a//b/", "https://h/a/b"),
        ("https://h/a?u=http://x//y", "https://h/a?u=http://x//y"),
    ],
)
def test_slashes_are_put_in_order_on_the_wire(url: str, sent: str) -> None:
    assert on_the_wire(url) == sent


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/v1/chat/completions", "/chat/completions"),
        ("https://h/v1/completions/", "/completions"),
        ("https://h/v1//responses?x=1", "/responses"),
        ("https://h/v1/embeddings", "/embeddings"),
        ("https://h/v1", None),
        ("https://h/v1?x=/chat/completions", None),
    ],
)
def test_known_endpoints_are_recognised(url: str, name: str | None) -> None:
    assert named_endpoint(url) == name


def test_a_deployment_is_one_segment_of_the_path() -> None:
    assert deployment_path("a/b c") == "/deployments/a%2Fb%20c"

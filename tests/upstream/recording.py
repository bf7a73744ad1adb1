"""The recording mode: what was received, in process and over HTTP.

`GET /_recorded` gives the requests as JSON (`raw_head` and `body` in base64), `DELETE /_recorded` forgets them. So a
test can also look into a service that runs as a program of its own.
"""

import base64
import dataclasses
import http.client
import json
import urllib.parse

from tests.upstream.messages import Answer, App, Document, Received, json_answer

PATH = "/_recorded"


class Recording:
    """An app that remembers each request before another app answers it."""

    def __init__(self, app: App) -> None:
        self.requests: list[Received] = []
        self._app = app

    async def __call__(self, request: Received) -> Answer:
        if request.path == PATH:
            return self._tell(request)
        self.requests.append(request)
        return await self._app(request)

    def _tell(self, request: Received) -> Answer:
        if request.method == "DELETE":
            self.requests.clear()
            return Answer(status=204)
        return json_answer({"requests": [as_document(received) for received in self.requests]})


def as_document(received: Received) -> Document:
    document = dataclasses.asdict(received)
    for name in ("raw_head", "body"):
        document[name] = base64.b64encode(document[name]).decode()
    return document


def from_document(document: Document) -> Received:
    raw = {name: base64.b64decode(document[name]) for name in ("raw_head", "body")}
    headers = tuple((name, value) for name, value in document["headers"])
    return Received(**{**document, **raw, "headers": headers})


def recorded_at(url: str) -> list[Received]:
    """The requests that the service at this address (http://host:port) has recorded."""
    place = urllib.parse.urlsplit(url)
    # http.client heeds no proxy variables, so it works whatever the environment of a test says.
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    try:
        connection.request("GET", PATH)
        document = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return [from_document(each) for each in document["requests"]]

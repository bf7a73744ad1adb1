"""The files of a service, kept in memory: upload, list, look, read, delete."""

import urllib.parse
from dataclasses import dataclass

from tests.upstream.answers import CREATED
from tests.upstream.bodies import allow_only, read_body
from tests.upstream.messages import Answer, Document, Received, json_answer
from tests.upstream.multipart import Upload
from tests.upstream.openai_errors import Refused, missing, unknown_file, unknown_path, wrong_method


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    id: str
    purpose: str
    upload: Upload

    def as_document(self) -> Document:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.upload.content),
            "created_at": CREATED,
            "filename": self.upload.filename,
            "purpose": self.purpose,
            "status": "processed",
            "expires_at": None,
            "status_details": None,
        }


class Files:
    """Ids count up from 1; the list begins with the newest, as OpenAI's does unless `order=asc` is asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, StoredFile] = {}
        self._uploads = 0

    def answer(self, request: Received, rest: str) -> Answer:
        """`rest` is what follows `files` in the path, without its slash. Raises Refused."""
        if not rest:
            return self._of_all(request)
        file_id, _, part = rest.partition("/")
        if part == "content":
            allow_only(request, "GET")
            headers = (("content-type", "application/octet-stream"),)
            return Answer(headers=headers, body=self._found(file_id).upload.content)
        if part:
            raise Refused(unknown_path(request))
        return self._of_one(request, file_id)

    def _of_all(self, request: Received) -> Answer:
        if request.method == "POST":
            return json_answer(self._take(read_body(request)).as_document())
        allow_only(request, "GET")
        return json_answer(self._listing(dict(urllib.parse.parse_qsl(request.query))))

    def _of_one(self, request: Received, file_id: str) -> Answer:
        if request.method == "GET":
            return json_answer(self._found(file_id).as_document())
        if request.method == "DELETE":
            del self._kept[self._found(file_id).id]
            return json_answer({"id": file_id, "object": "file", "deleted": True})
        raise Refused(wrong_method(request))

    def _take(self, form: Document) -> StoredFile:
        for name in ("file", "purpose"):
            if name not in form:
                raise Refused(missing(name))
        self._uploads += 1
        stored = StoredFile(id=f"file-{self._uploads:022d}", purpose=form["purpose"], upload=form["file"])
        self._kept[stored.id] = stored
        return stored

    def _listing(self, query: dict[str, str]) -> Document:
        files = list(self._kept.values())
        if query.get("order") != "asc":
            files.reverse()
        if "purpose" in query:
            files = [file for file in files if file.purpose == query["purpose"]]
        if "after" in query:
            ids = [file.id for file in files]
            files = files[ids.index(self._found(query["after"]).id) + 1 :]
        page = files[: int(query.get("limit", 10_000))]
        return {
            "object": "list",
            "data": [file.as_document() for file in page],
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
            "has_more": len(page) < len(files),
        }

    def _found(self, file_id: str) -> StoredFile:
        if file_id not in self._kept:
            raise Refused(unknown_file(file_id))
        return self._kept[file_id]

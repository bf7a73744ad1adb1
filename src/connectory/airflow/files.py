"""Files: sent, listed over all pages, read and removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectory.airflow.calling import Calling

if TYPE_CHECKING:
    from openai.types import FileDeleted, FileObject


class Files(Calling):
    """Mixed into the hook."""

    def upload_file(self, file: str, purpose: Any) -> FileObject:
        """Send the file at a path, for `assistants`, `batch`, `fine-tune` and so on."""
        with Path(file).open("rb") as opened:
            return self._called("files.create", file=opened, purpose=purpose)  # type: ignore[no-any-return]

    async def aupload_file(self, file: str, purpose: Any) -> FileObject:
        with Path(file).open("rb") as opened:  # noqa: ASYNC230 (the SDK reads it in a thread)
            return await self._acalled("files.create", file=opened, purpose=purpose)  # type: ignore[no-any-return]

    def send_file(self, name: str, content: bytes, purpose: Any) -> FileObject:
        """Send what is at hand as a file of this name."""
        return self._called("files.create", file=(name, content), purpose=purpose)  # type: ignore[no-any-return]

    async def asend_file(self, name: str, content: bytes, purpose: Any) -> FileObject:
        return await self._acalled("files.create", file=(name, content), purpose=purpose)  # type: ignore[no-any-return]

    def get_file(self, file_id: str) -> FileObject:
        return self._called("files.retrieve", file_id)  # type: ignore[no-any-return]

    async def aget_file(self, file_id: str) -> FileObject:
        return await self._acalled("files.retrieve", file_id)  # type: ignore[no-any-return]

    def get_files(self, **more: Any) -> list[FileObject]:
        """All files, over all pages. `iterate_files` gives one after the other."""
        return list(self.iterate_files(**more))

    def iterate_files(self, **more: Any) -> Iterator[FileObject]:
        yield from self._called("files.list", **more)

    async def aget_files(self, **more: Any) -> list[FileObject]:
        return await self._alisted("files.list", **more)

    def get_file_content(self, file_id: str) -> bytes:
        """What is in a file."""
        return self._called("files.content", file_id).read()  # type: ignore[no-any-return]

    async def aget_file_content(self, file_id: str) -> bytes:
        return (await self._acalled("files.content", file_id)).read()  # type: ignore[no-any-return]

    def delete_file(self, file_id: str) -> FileDeleted:
        return self._called("files.delete", file_id)  # type: ignore[no-any-return]

    async def adelete_file(self, file_id: str) -> FileDeleted:
        return await self._acalled("files.delete", file_id)  # type: ignore[no-any-return]

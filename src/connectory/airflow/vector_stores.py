"""Vector stores, and the files in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectory.airflow.calling import Calling

if TYPE_CHECKING:
    from openai.types import VectorStore, VectorStoreDeleted
    from openai.types.vector_stores import VectorStoreFile, VectorStoreFileBatch, VectorStoreFileDeleted


class VectorStores(Calling):
    """Mixed into the hook."""

    def create_vector_store(self, **more: Any) -> VectorStore:
        return self._called("vector_stores.create", **more)  # type: ignore[no-any-return]

    async def acreate_vector_store(self, **more: Any) -> VectorStore:
        return await self._acalled("vector_stores.create", **more)  # type: ignore[no-any-return]

    def get_vector_stores(self, **more: Any) -> list[VectorStore]:
        """All of them, over all pages."""
        return list(self._called("vector_stores.list", **more))

    async def aget_vector_stores(self, **more: Any) -> list[VectorStore]:
        return await self._alisted("vector_stores.list", **more)

    def get_vector_store(self, vector_store_id: str) -> VectorStore:
        return self._called("vector_stores.retrieve", vector_store_id=vector_store_id)  # type: ignore[no-any-return]

    async def aget_vector_store(self, vector_store_id: str) -> VectorStore:
        return await self._acalled("vector_stores.retrieve", vector_store_id=vector_store_id)  # type: ignore[no-any-return]

    def modify_vector_store(self, vector_store_id: str, **more: Any) -> VectorStore:
        return self._called("vector_stores.update", vector_store_id=vector_store_id, **more)  # type: ignore[no-any-return]

    async def amodify_vector_store(self, vector_store_id: str, **more: Any) -> VectorStore:
        return await self._acalled("vector_stores.update", vector_store_id=vector_store_id, **more)  # type: ignore[no-any-return]

    def delete_vector_store(self, vector_store_id: str) -> VectorStoreDeleted:
        return self._called("vector_stores.delete", vector_store_id=vector_store_id)  # type: ignore[no-any-return]

    async def adelete_vector_store(self, vector_store_id: str) -> VectorStoreDeleted:
        return await self._acalled("vector_stores.delete", vector_store_id=vector_store_id)  # type: ignore[no-any-return]

    def upload_files_to_vector_store(self, vector_store_id: str, files: list[Any]) -> VectorStoreFileBatch:
        """Send opened files into a store, and wait until it has taken them in."""
        named = {"vector_store_id": vector_store_id, "files": files}
        return self._called("vector_stores.file_batches.upload_and_poll", **named)  # type: ignore[no-any-return]

    async def aupload_files_to_vector_store(self, vector_store_id: str, files: list[Any]) -> VectorStoreFileBatch:
        named = {"vector_store_id": vector_store_id, "files": files}
        return await self._acalled("vector_stores.file_batches.upload_and_poll", **named)  # type: ignore[no-any-return]

    def get_vector_store_files(self, vector_store_id: str) -> list[VectorStoreFile]:
        """All files of a store, over all pages."""
        return list(self._called("vector_stores.files.list", vector_store_id=vector_store_id))

    async def aget_vector_store_files(self, vector_store_id: str) -> list[VectorStoreFile]:
        return await self._alisted("vector_stores.files.list", vector_store_id=vector_store_id)

    def delete_vector_store_file(self, vector_store_id: str, file_id: str) -> VectorStoreFileDeleted:
        return self._called("vector_stores.files.delete", vector_store_id=vector_store_id, file_id=file_id)  # type: ignore[no-any-return]

    async def adelete_vector_store_file(self, vector_store_id: str, file_id: str) -> VectorStoreFileDeleted:
        return await self._acalled("vector_stores.files.delete", vector_store_id=vector_store_id, file_id=file_id)  # type: ignore[no-any-return]

"""Images and sound."""

from __future__ import annotations

from typing import Any

from connectory.airflow.calling import Calling


class Media(Calling):
    """Mixed into the hook. Each takes and gives back what the SDK's call does."""

    def create_image(self, prompt: str, **more: Any) -> Any:
        return self._called("images.generate", prompt=prompt, **more)

    async def acreate_image(self, prompt: str, **more: Any) -> Any:
        return await self._acalled("images.generate", prompt=prompt, **more)

    def create_speech(self, input: str, model: str, voice: str, **more: Any) -> bytes:
        """The sound of a text."""
        return self._called("audio.speech.create", input=input, model=model, voice=voice, **more).read()  # type: ignore[no-any-return]

    async def acreate_speech(self, input: str, model: str, voice: str, **more: Any) -> bytes:
        answer = await self._acalled("audio.speech.create", input=input, model=model, voice=voice, **more)
        return answer.read()  # type: ignore[no-any-return]

    def create_transcription(self, file: Any, model: str, **more: Any) -> Any:
        """The text of a sound: `file` is what the SDK takes for one (an opened file, bytes with a name)."""
        return self._called("audio.transcriptions.create", file=file, model=model, **more)

    async def acreate_transcription(self, file: Any, model: str, **more: Any) -> Any:
        return await self._acalled("audio.transcriptions.create", file=file, model=model, **more)

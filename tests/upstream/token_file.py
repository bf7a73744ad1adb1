"""A token file of a pod, rotated as the kubelet rotates projected volumes.

Read of https://github.com/kubernetes/kubernetes, pkg/volume/util/atomic_writer.go.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path


class RotatingTokenFile:
    """`token` is a link to `..data/token`, and `..data` a link to a folder with a timestamp for a name.

    A rotation writes a new folder, renames a new link over `..data`, and removes the old folder: a reader sees the old
    token or the new one, never half of one. The folder is made when it is not there.
    """

    def __init__(self, folder: Path, text: str = "subject-1") -> None:
        self.path = folder / "token"
        self._folder = folder
        self._data = folder / "..data"
        folder.mkdir(parents=True, exist_ok=True)
        self.rotate(text)
        self.path.symlink_to(Path("..data") / "token")

    def rotate(self, text: str) -> None:
        """The file says this from now on; exactly this, without a line end."""
        old = self._data.resolve() if self._data.is_symlink() else None
        stamp = time.strftime("..%Y_%m_%d_%H_%M_%S.", time.gmtime())
        new = Path(tempfile.mkdtemp(prefix=stamp, dir=self._folder))
        (new / "token").write_text(text, encoding="utf-8")
        link = self._folder / "..data_tmp"
        link.symlink_to(new.name)
        os.replace(link, self._data)
        if old is not None:
            shutil.rmtree(old)

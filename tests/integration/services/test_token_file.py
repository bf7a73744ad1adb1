"""A token file rotates as in a pod."""

import threading
from pathlib import Path

from tests.upstream import RotatingTokenFile


def test_token_is_a_link_through_a_link_to_a_folder(tmp_path: Path) -> None:
    file = RotatingTokenFile(tmp_path / "token-folder", "one")
    data = tmp_path / "token-folder" / "..data"
    assert (file.path.read_text(), str(file.path.readlink())) == ("one", "..data/token")
    assert data.is_symlink()
    assert data.resolve().parent == tmp_path / "token-folder"


def test_rotation_leaves_one_folder(tmp_path: Path) -> None:
    file = RotatingTokenFile(tmp_path, "one")
    before = (tmp_path / "..data").readlink()
    file.rotate("two\n")
    after = (tmp_path / "..data").readlink()
    assert (file.path.read_text(), before == after) == ("two\n", False)
    assert {each.name for each in tmp_path.iterdir()} == {"token", "..data", str(after)}


def test_reader_never_sees_half_a_token(tmp_path: Path) -> None:
    texts = {letter * 5000 for letter in "ab"}
    file = RotatingTokenFile(tmp_path, min(texts))
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.add(file.path.read_text())
            except FileNotFoundError:
                continue  # the folder went while the links were followed, as it can in a pod

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        for text in sorted(texts):
            file.rotate(text)
    done.set()
    reader.join()
    assert seen <= texts

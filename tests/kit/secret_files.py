"""Files as an administrator writes them for settings that end in `_file`."""

from __future__ import annotations

from pathlib import Path


def secret_file(folder: Path, text: str) -> str:
    """The path of a file that holds it, with the newline that editors leave."""
    path = folder / "secret"
    path.write_text(text + "\n", encoding="utf-8")
    return str(path)

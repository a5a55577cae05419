"""Files of rows, packed as their names say."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import zstandard


def write_table(path: Path, header: str, *rows: str) -> Path:
    """A file of these rows below a header."""
    text = "\n".join([header, *rows, ""]).encode()
    match path.suffix:
        case ".gz":
            path.write_bytes(gzip.compress(text))
        case ".zst":
            path.write_bytes(zstandard.compress(text))
        case ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(f"{path.stem}.csv", text)
        case _:
            path.write_bytes(text)
    return path

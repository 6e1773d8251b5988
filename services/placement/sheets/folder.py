"""The protected folder of the printed sheets: whole files or none, for nobody else, and no more than a day of them."""

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

KEPT = 48
"""How many editions of a sheet are kept: one day."""


class Folder:
    """A directory of this service alone (0700), made when it is first written to.

    Args:
        path: of the directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, files: Mapping[str, bytes], edition: str) -> None:
        """Writes each file twice, as `roll.html` and `roll_<edition>.html`, and deletes the oldest editions.

        Args:
            files: contents by name.
            edition: sorts as the editions follow one another.

        Raises:
            OSError: the directory is open to others, cannot be written to, or the disk is full. Files that are there
                then are whole, older ones perhaps.
        """
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(self._path.stat().st_mode) & 0o077:
            raise PermissionError("the folder of the sheets is open to others")
        for name, content in files.items():
            stem, _, ending = name.rpartition(".")
            self._replace(f"{stem}_{edition}.{ending}", content)
            self._replace(name, content)
            for old in sorted(self._path.glob(f"{stem}_*.{ending}"))[:-KEPT]:
                old.unlink()

    def _replace(self, name: str, content: bytes) -> None:
        made = self._path / f".{name}"
        try:
            # One that a crash left behind may have any content.
            made.unlink(missing_ok=True)
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            made.replace(self._path / name)
        except OSError:
            with contextlib.suppress(OSError):
                made.unlink(missing_ok=True)
            raise

"""What a person at a terminal sees of the demo, and what of it was really observed."""

import sys
from collections.abc import Iterable


class Show:
    """Prints scenes; remembers each check."""

    def __init__(self) -> None:
        self._checks: list[tuple[str, bool]] = []
        self._colour = sys.stdout.isatty()

    def heading(self, text: str) -> None:
        """The title of a scene."""
        print(f"\n{self._paint('1', '━━ ' + text)}", flush=True)

    def say(self, text: str) -> None:
        """A line of the story."""
        print(f"   {text}", flush=True)

    def lines(self, lines: Iterable[str]) -> None:
        """An inset, such as a notice or a trace."""
        for line in lines:
            print(f"     {self._paint('2', line)}", flush=True)

    def check(self, text: str, seen: bool) -> None:
        """Something promised, and whether it was observed."""
        self._checks.append((text, seen))
        mark = self._paint("32", "✔") if seen else self._paint("31", "✘ NOT OBSERVED:")
        print(f"   {mark} {text}", flush=True)

    @property
    def all_seen(self) -> bool:
        """Whether every check held, and there was one."""
        return bool(self._checks) and all(seen for _, seen in self._checks)

    def summary(self, took: str) -> None:
        """How many checks held; names those that did not."""
        missed = [text for text, seen in self._checks if not seen]
        print(f"   {len(self._checks) - len(missed)} of {len(self._checks)} promises observed, {took}")
        for text in missed:
            print(f"   {self._paint('31', '✘')} {text}")

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text

"""A run as a table for the terminal, and as plain values for its JSON file."""

from typing import Any

from benchmarks.figures import Finding, number


def plain(result: dict[str, Any]) -> dict[str, Any]:
    """The run with its findings as JSON values."""
    return {**result, "findings": {name: finding.as_dict() for name, finding in result["findings"].items()}}


def table(result: dict[str, Any]) -> str:
    """The run for a person: what it ran on, then for each scenario its figures, median and range, and its targets."""
    machine, rounds = result["machine"], result["rounds"]
    lines = [
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, load before"
        f" {machine['load_before']}; commit {result['commit']}, seed {result['seed']}",
        f"{rounds} rounds of floor and ours in turn; median (lowest-highest)",
    ]
    for finding in result["findings"].values():
        lines += _scenario(finding)
    return "\n".join(lines)


def _scenario(finding: Finding) -> list[str]:
    rows = [("", "floor", "ours", "ours/floor")]
    for line in finding.lines:
        floor = "-" if line.floor is None else line.floor.text()
        comparable = line.floor is not None and line.floor.median > 0
        ratio = number(line.ours.median / line.floor.median) if comparable and line.floor else "-"
        rows.append((f"{line.name} [{line.unit}]", floor, line.ours.text(), ratio))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["", finding.name]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  " + "   ".join(cells))
    for verdict in finding.verdicts:
        mark = "met   " if verdict.met else "missed" if not verdict.goal else "no    "
        lines.append(f"  {'goal  ' if verdict.goal else 'target'} {mark} {verdict.target}: {verdict.found}")
    return lines

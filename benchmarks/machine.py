"""What the figures were measured on: machine, versions, commit, and how busy the machine was already."""

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deploy.local.machine import CHECKOUT

_LIBRARIES = (
    "aiohttp",
    "aiokafka",
    "asyncpg",
    "fastapi",
    "faststream",
    "opentelemetry-sdk",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
)


def describe() -> dict[str, Any]:
    """Facts about this machine and this checkout, no name and no address of either."""
    processor, memory = "unknown", 0
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("MemTotal"):
            memory = int(line.split()[1])
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 1024**2, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that take part."""
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


def commit() -> str:
    """The commit that was measured; `-dirty` at its end if files had been changed."""
    try:
        result = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            check=False,
            cwd=CHECKOUT,
        )
    except OSError:
        return "unknown"
    return result.stdout.strip() or "unknown"


def processor_seconds(pid: int) -> float:
    """User and system time that a process has used since its start, in seconds; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_processor_seconds() -> float:
    """User and system time of this process, all threads, in seconds."""
    return time.process_time()


def resident_megabytes(pid: int) -> float:
    """Memory of a process that is in RAM, in MB (10^6 bytes); 0 if it has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return 0.0

"""Fetches the servers of the local stack once per machine, through Maven, and prepares them for quick starts."""

import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.machine import Failed, Say, home, locked, say

POM = Path(__file__).with_name("pom.xml")
PLATFORMS = {"x86_64": "linux-amd64", "aarch64": "linux-arm64v8"}
RECIPE = "2"
"""Rises when what is made of the downloads changes; part of the folder's name with the content of `pom.xml`."""


@dataclass(frozen=True)
class Artefacts:
    """Where the servers are on this machine."""

    path: Path

    @property
    def postgres(self) -> Path:
        """The folder that holds `bin/initdb` and `bin/postgres`."""
        return self.path / "postgres"

    @property
    def classpath(self) -> str:
        """Java's class path of Apache Kafka. Sorted: the archive of loaded classes is tied to the order."""
        return ":".join(str(jar) for jar in sorted((self.path / "kafka").glob("*.jar")))

    @property
    def cluster(self) -> Path:
        """An empty PostgreSQL cluster and its superuser's password, to be copied; made at the first start."""
        return self.path / "postgres-cluster"

    @property
    def formatted(self) -> Path:
        """A formatted, empty Kafka log directory, to be copied; exists after `prepare`."""
        return self.path / "kafka-formatted"

    @property
    def classes(self) -> Path:
        """The archive of Kafka's loaded classes, which shortens its start; exists after `prepare`."""
        return self.path / "kafka.jsa"


def fetch(progress: Say = say) -> Artefacts:
    """Gives the servers, downloading them if this machine does not have them yet.

    Raises:
        Failed: java, mvn, the network or the processor's kind is missing; the text says what to do.
    """
    recipe = hashlib.sha256(POM.read_bytes() + RECIPE.encode()).hexdigest()[:12]
    path = home() / "versions" / recipe
    if shutil.which("java") is None:
        raise Failed("java is missing: apt-get install openjdk-17-jre-headless")
    if path.exists():
        return Artefacts(path)
    if shutil.which("mvn") is None:
        raise Failed("mvn is missing: apt-get install maven")
    if platform.machine() not in PLATFORMS:
        raise Failed(f"no PostgreSQL is published for {platform.machine()}: use a Docker engine")
    with locked(home() / "versions.lock"):
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            for half_made in path.parent.glob("half-made-*"):
                shutil.rmtree(half_made)
            half_made = Path(tempfile.mkdtemp(prefix="half-made-", dir=path.parent))
            half_made.chmod(0o755)
            _download(half_made, progress)
            # Renamed when complete: an interrupted download is never taken for a whole one.
            half_made.rename(path)
    return Artefacts(path)


def _download(target: Path, progress: Say) -> None:
    started = time.monotonic()
    progress("fetching PostgreSQL 18 and Apache Kafka 4.3 (70 MB, once per machine)")
    kind = PLATFORMS[platform.machine()]
    output = target / "kafka"
    maven = ["mvn", "--quiet", "--batch-mode", "--strict-checksums", f"--file={POM}", f"-Dpostgres.platform={kind}"]
    result = subprocess.run(
        [*maven, "-DincludeScope=runtime", f"-DoutputDirectory={output}", "dependency:copy-dependencies"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if result.returncode != 0:
        reason = next((line for line in result.stdout.splitlines() if "ERROR" in line), "no reason given")
        raise Failed(f"Maven could not fetch the servers: {reason}")
    (jar,) = output.glob("embedded-postgres-binaries-*.jar")
    with zipfile.ZipFile(jar) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".txz"))
        with archive.open(name) as packed, tarfile.open(fileobj=packed, mode="r:xz") as files:
            files.extractall(target / "postgres", filter="tar")
    jar.unlink()
    os.chmod(target / "postgres", 0o755)
    progress(f"fetched in {time.monotonic() - started:.0f} s")

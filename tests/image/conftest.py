"""The image, built by a real engine from the Containerfile as it stands: `make image`.

With Docker, its base is pulled as the Containerfile says. With Podman as root on Debian, the base is made on the
spot by debootstrap, so that only Debian's and Python's packages are fetched. BASE=... names another.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGE, BASE = "localhost/magicloop-tried", "localhost/magicloop-tried-base"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PATIENCE = 1200
CONFIG = """\
[me]
name = "Sam Lee"
email = "sam@example.com"
timezone = "Europe/Berlin"

[[boss]]
name = "Priya Raman"
email = "priya@example.com"

[offers]
due_day = 1
ideas = ["put together the capacity report", "sit in for you in the vendor call"]
on_track = "The billing move is on plan."
hours = 3
"""


def pytest_collection_modifyitems(items):
    if os.environ.get("MAGICLOOP_IMAGE") != "build":
        skip = pytest.mark.skip(reason="it builds an image, which takes minutes: make image")
        for item in items:
            if Path(__file__).parent in Path(item.path).parents:
                item.add_marker(skip)


def ask(*words, seconds=PATIENCE, **options):
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=seconds, check=False, **options
    )


class Engine:
    """Docker or Podman: `words` come before every command, `build` and `run` are what each needs besides."""

    def __init__(self, words, build=(), run=(), env=None):
        self.words, self.build, self.run_words, self.env = words, build, run, env

    def __call__(self, *words, **options):
        return ask(*self.words, *words, env=self.env, **options)

    def must(self, *words, **options):
        done = self(*words, **options)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout.strip()


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """Return an engine that works here; none is a failure, as this was asked for by name."""
    if shutil.which("docker") and ask("docker", "info", seconds=60).returncode == 0:
        yield Engine(["docker"])
        return
    assert shutil.which("podman"), (
        "neither a Docker that answers nor Podman is here: apt-get install podman runc"
    )
    words, folder, env = ["podman"], None, None
    if not Path("/run/systemd/system").exists():  # as in CI: no systemd, so no cgroups of its own either
        folder = tmp_path_factory.mktemp("engine")
        words += ["--root", folder / "store", "--runroot", folder / "run", "--storage-driver=overlay"]
        words += ["--cgroup-manager=cgroupfs", *(["--runtime=runc"] if shutil.which("runc") else [])]
        # Locks in a file of its own as well, so that another Podman of this user is not confused.
        settings = f'[engine]\nlock_type = "file"\ntmp_dir = "{folder / "tmp"}"\n'
        (folder / "containers.conf").write_text(settings, encoding="utf-8")
        env = {**os.environ, "CONTAINERS_CONF": str(folder / "containers.conf")}
    ignored = ["--ignorefile", ROOT / "deploy/container/Containerfile.dockerignore"]
    build = ["--isolation=chroot", "--format=docker", "--network=host", *ignored]
    if CERTIFICATES.exists():  # the host's own authorities, where its network is looked into
        build += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    made = Engine(words, build, ["--no-healthcheck", "--read-only-tmpfs=false"], env)
    yield made
    if folder:
        made("rm", "--all", "--force")
        ask("umount", "--lazy", folder / "store/overlay")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def base(engine, tmp_path_factory):
    """Return the base to build on, () for the one the Containerfile names."""
    if os.environ.get("BASE"):
        return ["--build-arg", f"BASE={os.environ['BASE']}"]
    if engine.words[0] == "docker" or not shutil.which("debootstrap"):
        return []
    root = tmp_path_factory.mktemp("base") / "root"
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    packages = "python3,python3-venv,ca-certificates"
    done = ask("debootstrap", "--variant=minbase", f"--include={packages}", told["VERSION_CODENAME"], root)
    assert done.returncode == 0, done.stdout[-3000:]
    archive = root.with_suffix(".tar")
    assert ask("tar", "-C", root, "-cf", archive, ".").returncode == 0
    shutil.rmtree(root)
    engine.must("import", archive, BASE)
    archive.unlink()
    return ["--build-arg", f"BASE={BASE}"]


@pytest.fixture(scope="session")
def image(engine, base):
    """Build the image; return its name."""
    file = "deploy/container/Containerfile"
    engine.must("build", *engine.build, *base, "-f", file, "-t", IMAGE, ".", cwd=ROOT)
    return IMAGE


@pytest.fixture(scope="session")
def settings(engine, image):
    """Return what the image says of itself."""
    (found,) = json.loads(engine.must("image", "inspect", image))
    return found


@pytest.fixture
def closed(engine, image, tmp_path):
    """Return a function that runs the image as the files in `deploy/` do: all closed but its volume."""
    folder, volume = tmp_path / "config", f"magicloop-tried-{os.getpid()}-{abs(hash(tmp_path)) % 10**8}"
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    folder.chmod(0o755)

    def words(*, data="rw"):
        return [
            *engine.run_words,
            "--network=none",
            "--read-only",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            "--ulimit=nofile=1024:1024",
            "--ulimit=nproc=256:256",
            f"--volume={volume}:/data:{data}",
            f"--volume={folder}:/config:ro",
        ]

    def call(*command, data="rw", more=()):
        return engine("run", "--rm", *words(data=data), *more, image, *command)

    call.words = words
    yield call
    engine("volume", "rm", "--force", volume)

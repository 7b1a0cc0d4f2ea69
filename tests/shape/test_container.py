"""The files for containers: nothing runs as root, nothing is left open, and all of them tell the same story.

`make image` builds the image and runs it; here the files are read, which needs no engine.
"""

import configparser
import fnmatch
import json
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from click.testing import CliRunner

UID = 10001


def instructions(text):
    """Return (instruction, its words as written) of a Containerfile, lines joined and comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]


@pytest.fixture
def containerfile(root):
    return instructions((root / "deploy/container/Containerfile").read_text())


@pytest.fixture
def final(containerfile):
    """Return the instructions of the last stage: what people get."""
    last = max(number for number, (word, _) in enumerate(containerfile) if word == "FROM")
    return containerfile[last:]


@pytest.fixture
def compose(root):
    return yaml.safe_load((root / "deploy/container/compose.yaml").read_text())


def manifests(root):
    found = []
    for path in sorted((root / "deploy/kubernetes").glob("*.yaml")):
        found += yaml.safe_load_all(path.read_text())
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pods(root):
    """Return the pod specs: that of the scheduled run, and that for a person."""
    found = manifests(root)
    return {
        "run": found["CronJob", "magicloop"]["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        "desk": found["Pod", "magicloop-desk"]["spec"],
    }


def one(instructions, word):
    (value,) = [rest for name, rest in instructions if name == word]
    return value


def environment(final):
    return dict(word.split("=", 1) for word in shlex.split(one(final, "ENV")))


def test_the_image_runs_one_run_as_nobody_in_particular(final):
    assert one(final, "USER") == f"{UID}:{UID}"
    assert json.loads(one(final, "ENTRYPOINT")) == ["magicloop"]
    assert json.loads(one(final, "CMD")) == ["run"]
    assert one(final, "STOPSIGNAL") == "SIGINT"
    after_user = final[[word for word, _ in final].index("USER") :]
    assert not {"RUN", "COPY"} & {word for word, _ in after_user}


def test_both_stages_stand_on_the_one_base_that_can_be_named(containerfile):
    name, default = one(containerfile, "ARG").split("=")
    bases = [rest.split()[0] for word, rest in containerfile if word == "FROM"]

    assert bases == [f"${{{name}}}"] * 2
    assert re.fullmatch(r"python:3\.\d+-slim", default)


def test_packages_come_by_their_hash_and_from_no_named_place(containerfile, final):
    commands = [part.strip() for word, rest in containerfile if word == "RUN" for part in rest.split("&&")]
    fetching = [each for each in commands if re.search(r"(?<!-)\b(pip|curl|wget|apt-get|apk)\b", each)]
    online = [each for each in fetching if "--no-index" not in each and "uninstall" not in each]

    assert len(online) == 1
    assert {"download", "--require-hashes", ":all:", "run.txt"} <= set(online[0].split())
    assert not re.search(r"https?:|--index|--extra-index|--trusted", " ".join(commands))
    assert "ADD" not in {word for word, _ in containerfile}
    assert [rest for word, rest in final if word == "COPY"] == ["--from=build /app /app"]


def test_what_is_copied_is_there_and_let_through_and_nothing_else_is(root, containerfile):
    copied = []
    for word, rest in containerfile:
        if word == "COPY" and not rest.startswith("--from"):
            copied += rest.split()[:-1]
    lines = (root / "deploy/container/Containerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied)
    assert [name for name in copied if not (root / name).exists()] == []
    assert any(fnmatch.fnmatch("automations/plan/__pycache__", rule) for rule in rules[1:])


def test_the_wheel_is_built_from_all_it_is_made_of(root, containerfile):
    """What pyproject.toml puts into the wheel is copied before it is built."""
    import tomllib

    hatch = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = " ".join(rest for word, rest in containerfile if word == "COPY").split()

    assert {*hatch["packages"], *hatch["force-include"]} <= set(copied)


def test_the_health_check_is_a_command_of_the_product_that_can_fail(final, home, monkeypatch):
    from automations.cli import main

    options, command = one(final, "HEALTHCHECK").split("CMD ")
    program, *words = json.loads(command)
    monkeypatch.setenv("MAGICLOOP_HOME", str(home))

    assert program == "magicloop"
    assert "--interval=15m" in options
    assert CliRunner().invoke(main, words).exit_code == 1  # no run came by
    assert CliRunner().invoke(main, ["run"]).exit_code == 0
    assert CliRunner().invoke(main, words).exit_code == 0


def test_only_the_volume_is_written_to(final):
    env = environment(final)

    assert one(final, "VOLUME") == "/data"
    assert env["HOME"] == one(final, "WORKDIR") == "/data"
    assert env["MAGICLOOP_DATA"].startswith("/data/")  # made by the first run, 0700 whatever the volume is
    assert env["MAGICLOOP_CONFIG"] == "/config/config.toml"
    assert env["PYTHONDONTWRITEBYTECODE"] == "1"
    assert env["PATH"].split(":")[0] == "/app/bin"


def test_compose_holds_the_container_as_closed_as_it_goes(compose, final):
    (service,) = compose["services"].values()
    mounts = {mount["target"]: mount for mount in service["volumes"]}

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "no"  # the host's scheduler starts it, one run at a time
    assert not {"privileged", "ports", "network_mode", "user", "cap_add", "devices"} & set(service)
    assert set(mounts) == {one(final, "VOLUME"), "/config"}
    assert mounts["/config"]["read_only"] is True
    assert mounts["/data"]["source"] in compose["volumes"]
    assert service["command"] == json.loads(one(final, "CMD"))


def test_the_hosts_unit_starts_the_service_of_compose(root, compose):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string((root / "deploy/container/magicloop.service").read_text())
    words = parser["Service"]["ExecStart"].split()

    assert words[:2] == ["/usr/bin/docker", "compose"]
    assert words[-4:-1] == ["run", "--rm", "-T"]
    assert words[-1] in compose["services"]
    assert parser["Service"]["Type"] == "oneshot"
    ours = (root / "deploy/systemd/magicloop.service").read_text()
    assert f"SuccessExitStatus={parser['Service']['SuccessExitStatus']}\n" in ours


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_no_fault_in_the_hosts_unit(root, tmp_path):
    """With true in docker's place, which need not be here, and the unit of docker itself beside it."""
    text = (root / "deploy/container/magicloop.service").read_text()
    unit, timer = tmp_path / "magicloop.service", tmp_path / "magicloop.timer"
    unit.write_text(text.replace("/usr/bin/docker ", "/usr/bin/true "))
    timer.write_bytes((root / "deploy/systemd/magicloop.timer").read_bytes())
    (tmp_path / "docker.service").write_text("[Service]\nExecStart=/usr/bin/true\n")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit, timer],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        check=False,
    )

    assert (done.returncode, [line for line in done.stderr.splitlines() if "magicloop" in line]) == (0, [])


def test_the_clusters_schedule_makes_one_run_at_a_time_and_never_again_by_itself(root):
    job = manifests(root)["CronJob", "magicloop"]["spec"]
    one_job = job["jobTemplate"]["spec"]

    assert job["schedule"] == "*/15 * * * *"
    assert job["concurrencyPolicy"] == "Forbid"
    assert 10 < job["startingDeadlineSeconds"] < 15 * 60  # under 10 s the controller may miss it
    assert one_job["backoffLimit"] == 0
    assert one_job["activeDeadlineSeconds"] <= 15 * 60
    assert pods(root)["run"]["restartPolicy"] == "Never"
    assert pods(root)["run"]["containers"][0]["args"] == ["run"]


@pytest.mark.parametrize("name", ["run", "desk"])
def test_a_pod_meets_the_restricted_standard(root, name):
    """The pod security standard `restricted`, a read-only root and no account at the cluster's API."""
    pod = pods(root)[name]
    (container,) = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert {pod["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {UID}
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers", "serviceAccountName"} & set(pod)
    assert set(container["resources"]) == {"requests", "limits"}


@pytest.mark.parametrize("name", ["run", "desk"])
def test_a_pod_writes_to_its_volume_and_reads_config_and_secrets_that_are_the_persons(root, name):
    pod = pods(root)[name]
    (container,) = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    claim = manifests(root)["PersistentVolumeClaim", "magicloop"]

    assert set(mounts) == {"/config", "/data"}
    assert mounts["/config"]["readOnly"] is True
    assert volumes["config"]["configMap"] == {"name": "magicloop"}
    assert volumes["data"]["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    assert container["envFrom"] == [{"secretRef": {"name": "magicloop", "optional": True}}]
    assert {kind for kind, _ in manifests(root)} == {"PersistentVolumeClaim", "CronJob", "Pod"}
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]  # SQLite: one pod at a time


def test_the_persons_pod_is_the_runs_but_for_what_it_does(root):
    run, desk = pods(root)["run"], pods(root)["desk"]
    differs = {key for key in {*run, *desk} if run.get(key) != desk.get(key)}
    of_container = {
        key
        for key in {*run["containers"][0], *desk["containers"][0]}
        if run["containers"][0].get(key) != desk["containers"][0].get(key)
    }

    assert differs == {"containers", "activeDeadlineSeconds", "terminationGracePeriodSeconds"}
    assert of_container == {"args", "command"}

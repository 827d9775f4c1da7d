"""compose.yaml and the Dockerfiles: pinned, confined, watched; what they name is there."""

import re
from typing import Any

import pytest
import yaml

from gateway.config.problems import Problems
from gateway.config.sources import override
from tests.documents.readme import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILES = ("Dockerfile", "postfix/Dockerfile")


def test_the_services_are_those_that_it_takes() -> None:
    assert set(SERVICES) == {"gateway", "valkey", "mta", "mta-brief", "prometheus", "grafana"}


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_pinned_confined_limited_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z0-9/-]+:v?\d[\w.]*", service["image"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["healthcheck"]["test"]
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert "privileged" not in service


def test_networks_volumes_and_secrets_that_services_name_are_declared_and_used() -> None:
    used: dict[str, set[str]] = {"networks": set(), "volumes": set(), "secrets": set()}
    for service in SERVICES.values():
        used["networks"] |= set(service["networks"])
        named = (volume.partition(":")[0] for volume in service.get("volumes", []))
        used["volumes"] |= {name for name in named if not name.startswith(".")}
        used["secrets"] |= set(service.get("secrets", []))
    assert used == {kind: set(COMPOSE[kind]) for kind in used}


def test_files_that_are_mounted_are_in_this_folder() -> None:
    """But for etc/, which is the operator's."""
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert not source.startswith("./") or source == "./etc" or (DEPLOY / source).exists()


def test_the_store_is_reached_by_the_gateway_alone() -> None:
    assert {name for name, service in SERVICES.items() if "store" in service["networks"]} == {
        "gateway",
        "valkey",
    }
    assert COMPOSE["networks"]["store"]["internal"] is True
    assert "ports" not in SERVICES["valkey"]


def test_the_gateways_environment_names_settings() -> None:
    problems = Problems()
    override({}, SERVICES["gateway"]["environment"], problems)
    problems.raise_if_any()


def test_the_gateway_has_a_worker_for_each_processor_that_it_may_use() -> None:
    """By itself it would count the host's, and their memory is limited together."""
    service = SERVICES["gateway"]
    cpus = service["deploy"]["resources"]["limits"]["cpus"]
    assert service["command"] == ["serve", "--workers", cpus]


def test_ports_that_are_published_are_listened_to_from_outside_the_container() -> None:
    assert SERVICES["gateway"]["environment"]["GATEWAY_HTTP__HOST"] == "0.0.0.0"


def test_folders_that_lie_in_memory_get_what_postfix_expects_in_them() -> None:
    """They are empty and root's; the image has what was in /etc/postfix, as start.sh copies it."""
    mounted = {entry.partition(":")[0] for entry in SERVICES["mta"]["tmpfs"]}
    assert {"/etc/postfix", "/var/lib/postfix"} <= mounted
    assert "cp -r /etc/postfix /usr/share/gateway-postfix" in (DEPLOY / "postfix/Dockerfile").read_text()
    script = (DEPLOY / "postfix/start.sh").read_text()
    assert 'cp -r /usr/share/gateway-postfix/. "$postfix/"' in script
    assert "chown postfix:postfix /var/lib/postfix" in script


@pytest.mark.parametrize("name", DOCKERFILES)
def test_dockerfiles_pin_say_who_runs_and_how_to_ask_for_health(name: str) -> None:
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    images = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.fullmatch(r"[a-z]+:[a-z0-9.-]+", image) and "latest" not in image for image in images)
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert any(line.startswith("USER ") for line in lines)
    assert any(line.startswith("STOPSIGNAL SIGTERM") for line in lines)


def test_the_gateways_image_is_not_roots_and_pinned_by_constraints() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert "USER 10001:10001" in text
    assert "--constraint constraints.txt" in text
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE))
    for name in " ".join(copied).split():
        assert (ROOT / name).exists()
        assert f"!{name}\n" in (DEPLOY / "Dockerfile.dockerignore").read_text()

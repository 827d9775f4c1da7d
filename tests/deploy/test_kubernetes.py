"""The manifests say of each pod what they must, and what they name exists in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config.needs import Needs
from gateway.config.roles import Role
from gateway.processes import supervisor
from tests.documents.readme import ROOT

FOLDER = ROOT / "deploy/kubernetes"
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
OBJECTS: list[dict[str, Any]] = [
    made for path in FILES for made in yaml.safe_load_all(path.read_text("utf-8"))
]
PODS = {
    made["metadata"]["name"]: made["spec"]["template"]
    for made in OBJECTS
    if made["kind"] in {"Deployment", "StatefulSet"}
}


def of(kind: str) -> Iterator[dict[str, Any]]:
    return (made for made in OBJECTS if made["kind"] == kind)


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def ports(pod: dict[str, Any]) -> dict[str, int]:
    found = (port for one in pod["spec"]["containers"] for port in one.get("ports", []))
    return {port["name"]: port["containerPort"] for port in found}


def chosen(selector: dict[str, Any]) -> list[dict[str, Any]]:
    """Pods whose labels a selector names."""
    wanted = selector.get("matchLabels", selector).items()
    return [pod for pod in PODS.values() if wanted <= pod["metadata"]["labels"].items()]


def test_all_files_are_applied_but_the_example_of_secrets() -> None:
    applied = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in FILES} == {*applied, "secrets.example.yaml"}


def test_each_role_has_a_deployment_of_its_own() -> None:
    served = {
        pod["spec"]["containers"][0]["args"][2] for name, pod in PODS.items() if name.startswith("gateway-")
    }
    assert served == set(Role)


@pytest.mark.parametrize("name", PODS)
def test_pods_are_confined(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in containers(PODS[name]):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"]["drop"] == ["ALL"]
        assert "add" not in context["capabilities"]
        assert {"requests", "limits"} <= set(container["resources"])
        assert "memory" in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")
        assert ":" in container["image"]


@pytest.mark.parametrize("name", PODS)
def test_pods_are_probed_at_ports_that_they_have(name: str) -> None:
    container = PODS[name]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe].get("httpGet") or container[probe].get("tcpSocket")
        assert "exec" in container[probe] or asked["port"] in ports(PODS[name])


@pytest.mark.parametrize("name", [name for name in PODS if name.startswith("gateway-")])
def test_every_role_is_asked_for_its_health_on_the_operations_port(name: str) -> None:
    container = PODS[name]["spec"]["containers"][0]
    asked = {probe: container[probe]["httpGet"] for probe in container if probe.endswith("Probe")}
    ready, alive = ({"path": path, "port": "operations"} for path in ("/readyz", "/healthz"))
    assert asked == {"startupProbe": ready, "readinessProbe": ready, "livenessProbe": alive}


@pytest.mark.parametrize("name", PODS)
def test_volumes_that_are_mounted_exist(name: str) -> None:
    made = next(
        one for one in OBJECTS if one["metadata"]["name"] == name and "template" in one.get("spec", {})
    )
    claims = made["spec"].get("volumeClaimTemplates", [])
    known = {volume["name"] for volume in PODS[name]["spec"]["volumes"]}
    known |= {claim["metadata"]["name"] for claim in claims}
    mounted = {mount["name"] for one in containers(PODS[name]) for mount in one["volumeMounts"]}
    assert mounted == known


def test_selectors_choose_the_pods_of_their_own_object() -> None:
    for made in (*of("Deployment"), *of("StatefulSet")):
        assert made["spec"]["template"] in chosen(made["spec"]["selector"])
    for kind, field in (
        ("Service", "selector"),
        ("PodDisruptionBudget", "selector"),
        ("NetworkPolicy", "podSelector"),
    ):
        for made in of(kind):
            (pod,) = chosen(made["spec"][field])
            assert PODS[made["metadata"]["name"]] is pod


def test_services_lead_to_ports_that_containers_have() -> None:
    for made in of("Service"):
        (pod,) = chosen(made["spec"]["selector"])
        assert {port["targetPort"] for port in made["spec"]["ports"]} <= set(ports(pod))


def test_every_pod_has_a_network_policy_that_lets_in_to_each_of_its_ports_and_no_other() -> None:
    policies = {made["metadata"]["name"]: made["spec"] for made in of("NetworkPolicy")}
    assert set(policies) == set(PODS)
    for name, policy in policies.items():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        let_in = {port["port"] for rule in policy["ingress"] for port in rule["ports"]}
        assert let_in == set(ports(PODS[name]))


def test_who_may_be_away_has_a_budget() -> None:
    several = {made["metadata"]["name"] for made in of("Deployment") if made["spec"]["replicas"] > 1}
    assert {made["metadata"]["name"] for made in of("PodDisruptionBudget")} == several


@pytest.mark.parametrize("name", [name for name in PODS if name.startswith("gateway-")])
def test_pods_have_the_time_that_draining_takes(name: str) -> None:
    spec = PODS[name]["spec"]
    before = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
    assert spec["terminationGracePeriodSeconds"] > supervisor.DRAIN + int(before[1] if before else 0)


def test_pods_that_are_sent_connections_go_on_until_none_comes() -> None:
    for made in of("Service"):
        (pod,) = chosen(made["spec"]["selector"])
        container = pod["spec"]["containers"][0]
        assert made["metadata"]["name"] == "valkey" or container["lifecycle"]["preStop"]


def test_pods_that_import_lists_share_their_folder() -> None:
    """Any of them may work at a list that another one took."""
    (pod,) = chosen({"app.kubernetes.io/component": "http"})
    container = pod["spec"]["containers"][0]
    told = {one["name"]: one.get("value") for one in container["env"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    claim = volumes[mounts[told["GATEWAY_IMPORTS__SPOOL_DIR"]]]["persistentVolumeClaim"]["claimName"]
    (made,) = (one for one in of("PersistentVolumeClaim") if one["metadata"]["name"] == claim)
    assert made["spec"]["accessModes"] == ["ReadWriteMany"]


def test_http_listens_to_its_service() -> None:
    """The settings of this folder are for a proxy on the same host."""
    (pod,) = chosen({"app.kubernetes.io/component": "http"})
    assert {"name": "GATEWAY_HTTP__HOST", "value": "0.0.0.0"} in pod["spec"]["containers"][0]["env"]


def test_secrets_that_pods_name_are_in_the_example() -> None:
    known = {made["metadata"]["name"]: set(made["stringData"]) for made in of("Secret")}
    for pod in PODS.values():
        for volume in pod["spec"]["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                if "secret" in source:
                    named = {item["key"] for item in source["secret"]["items"]}
                    assert named <= known[source["secret"]["name"]]


def test_each_role_gets_the_secrets_that_it_needs_and_no_others() -> None:
    of_all = {"gateway-secrets", "gateway-bucket"}
    for role in Role:
        needs = Needs.of({role})
        wanted = set(of_all)
        for needed, names in (
            (needs.tls, {"gateway-tls"}),
            (needs.mail, {"gateway-dkim", "gateway-hop"}),
            (needs.twilio, {"gateway-twilio"}),
            (needs.events, {"gateway-events"}),
            (needs.proofs, {"gateway-proofs"}),
        ):
            wanted |= names if needed else set()
        volumes = PODS[f"gateway-{role}"]["spec"]["volumes"]
        sources = [one for volume in volumes for one in volume.get("projected", {}).get("sources", [])]
        assert {one["secret"]["name"] for one in sources if "secret" in one} == wanted


def test_they_hold_no_tabs_and_no_hosts_of_registries() -> None:
    for path in (*FILES, Path(FOLDER / "kustomization.yaml")):
        text = path.read_text()
        assert "\t" not in text
        assert "/" not in "".join(
            line.partition("image: ")[2].partition("/")[2] for line in text.splitlines()
        )

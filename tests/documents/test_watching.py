"""Metrics, alerts and dashboard: what one of them names the others know, and Prometheus itself understands it."""

import inspect
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.metrics import observed
from gateway.metrics.families import DECLARED
from tests.documents import readme

DEPLOY = readme.ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
_NAMED = re.compile(r"\bgateway_[a-z_]+")
_ALERT = re.compile(r"^      - alert: (\w+)\n(.*?)(?=^      - alert:|\Z)", re.MULTILINE | re.DOTALL)
_FAMILY = re.compile(r"_(bucket|sum|count)$")


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool on PATH: install the package prometheus")
    return found


def tool(*arguments: str | Path, cwd: Path) -> str:
    told = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def alerts() -> dict[str, str]:
    return dict(_ALERT.findall(RULES.read_text()))


def dashboard() -> Any:
    return json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())


def expressions() -> Iterator[str]:
    """Of the dashboard, as they are asked: with its variables filled."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"].replace("$instance", ".*")


def unknown(text: str) -> set[str]:
    names = set(_NAMED.findall(text))
    return {name for name in names if name not in DECLARED and _FAMILY.sub("", name) not in histograms()}


def histograms() -> set[str]:
    return {name for name, family in DECLARED.items() if family.kind == "histogram"}


def test_every_metric_is_named_with_its_type_and_labels_and_no_other() -> None:
    rows = re.findall(
        r"^\| `(gateway_\w+)` \| (\w+) \| (.*?) \| (.*) \|$", readme.text("deploy/METRICS.md"), re.MULTILINE
    )
    told = {name: (kind, tuple(re.findall(r"`(\w+)`", labels)), about) for name, kind, labels, about in rows}
    assert told == {name: (one.kind, one.labels, one.about) for name, one in DECLARED.items()}


def test_names_are_as_prometheus_wants_them() -> None:
    for name, family in DECLARED.items():
        assert name.endswith("_total") == (family.kind == "counter"), name
        assert (family.kind != "histogram") or name.endswith("_seconds"), name
        assert not set(family.labels) & {"le", "instance", "job", "recipient", "address"}, name


def test_every_metric_is_on_the_dashboard() -> None:
    asked = {
        _FAMILY.sub("", name) if name not in DECLARED else name
        for name in _NAMED.findall(" ".join(expressions()))
    }
    assert asked == set(DECLARED)


def test_alerts_ask_for_metrics_that_there_are() -> None:
    assert unknown(RULES.read_text()) == set()


def test_every_alert_says_what_it_means_and_is_explained_under_its_name() -> None:
    explained = re.findall(r"^## (\w+)$", readme.text("deploy/alerts.md"), re.MULTILINE)
    assert explained == list(alerts())
    for name, rule in alerts().items():
        assert f"runbook_url: deploy/alerts.md#{name.lower()}\n" in rule
        assert "summary: " in rule
        assert "description: " in rule
        assert re.search(r"severity: (page|ticket)\n", rule)


def test_log_lines_that_explanations_name_are_logged_somewhere() -> None:
    sources = "".join(
        path.read_text() for part in ("gateway", "channels") for path in (readme.ROOT / part).rglob("*.py")
    )
    named = {
        word
        for word in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", readme.text("deploy/alerts.md"))
        if not word.startswith("gateway_")
    }
    assert {word for word in named if f'"{word}"' not in sources} == set()


def test_prometheus_understands_settings_and_rules(promtool: str) -> None:
    assert f"{len(alerts())} rules found" in tool(promtool, "check", "rules", RULES, cwd=DEPLOY)
    tool(promtool, "check", "config", "prometheus.yml", cwd=RULES.parent)


def test_alerts_ring_when_they_ought_to(promtool: str) -> None:
    assert "SUCCESS" in tool(promtool, "test", "rules", "alerts_test.yml", cwd=RULES.parent)


def test_prometheus_understands_what_the_dashboard_asks(promtool: str, tmp_path: Path) -> None:
    """As rules of recording: promtool checks expressions nowhere else without a server."""
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions())]
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in tool(promtool, "check", "rules", "panels.yml", cwd=tmp_path)


def test_the_dashboard_is_one_that_grafana_can_lay_out() -> None:
    board = dashboard()
    panels = board["panels"]
    assert {"uid", "title", "schemaVersion", "templating", "time"} <= board.keys()
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["type"] in {"row", "stat", "timeseries"}
        assert panel["type"] == "row" or panel["targets"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.get("targets", ()))


def test_metrics_are_declared_in_one_module() -> None:
    assert all(f'"{name}"' in inspect.getsource(observed) for name in DECLARED)

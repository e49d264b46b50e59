"""The Helm chart, rendered by Helm itself: valid for Kubernetes, shut in, and made of settings that exist."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bot_app.setting_kinds import COMMUNITY
from bot_app.settings_load import load

helm = pytest.importorskip("helm_python", reason="helm-python-sdk comes with the extra `dev`")
validate = pytest.importorskip("kubernetes_validate", reason="comes with the extra `dev`").validate

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/yinlu"
SECRETS = {
    "YINLU_REDIS_URL": "redis://:secret@redis:6379/0",
    "YINLU_DATABASE_URL": "postgresql://yinlu:secret@postgres/yinlu",
    "YINLU_SIGNING_KEYS": "1:" + "0" * 64,
}
SMALL = {"existingSecret": "yinlu-settings"}
LARGE = {
    "secrets": SECRETS,
    "settings": {"YINLU_LOG_LEVEL": "debug"},
    "gateways": {"shards": 10, "shardsPerGateway": 4},
    "api": {"enabled": True},
    "workers": {"autoscaling": {"enabled": True}},
    "gpuWorkers": {"enabled": True, "models": {"claim": "models"}, "autoscaling": {"enabled": True}},
    "documents": {"claim": "documents"},
    "ingress": {"enabled": True, "tlsSecret": "page"},
    "prometheus": {"serviceMonitor": True},
}
KEPT = {
    **LARGE,
    "secrets": {
        **SECRETS,
        "YINLU_KNOWLEDGE_TOKEN": "0" * 32,
        "YINLU_QDRANT_URL": "http://qdrant:6333",
        "YINLU_S3_URL": "s3://K:S@pictures/yinlu",
    },
    "knowledge": {"enabled": True},
    "files": {"bucket": True},
}
OTHERS = ("keda.sh", "monitoring.coreos.com")  # kinds that are not Kubernetes' own


def rendered(values):
    """Return the objects of a release."""
    with helm.Chart.load(CHART) as chart:
        files = chart.render(values, name="yl", namespace="ns")
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


def of(objects, kind):
    """Return the objects of a kind, by name."""
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def pods(objects):
    """Return the pod specs by the name of what makes them."""
    makers = {**of(objects, "StatefulSet"), **of(objects, "Deployment")}
    return {name: maker["spec"]["template"]["spec"] for name, maker in makers.items()}


def environment(pod):
    """Return what stands in a pod's `env`."""
    return {entry["name"]: entry.get("value", "0") for entry in pod["containers"][0].get("env", [])}


@pytest.mark.parametrize("values", [SMALL, LARGE, KEPT], ids=["small", "large", "kept"])
def test_helm_lints_it(values):
    """`helm lint --strict` finds no error and no warning; the values fit the schema."""
    report = helm.lint(CHART, values, strict=True, kube_version="v1.30.0")
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("version", ["1.28", "1.37"])
@pytest.mark.parametrize("values", [SMALL, LARGE, KEPT], ids=["small", "large", "kept"])
def test_kubernetes_takes_every_object(values, version):
    """Each object is valid by the published schemas, unknown fields refused, in the oldest version and a new one."""
    objects = [found for found in rendered(values) if not found["apiVersion"].startswith(OTHERS)]
    assert len(objects) >= 10
    for found in objects:
        validate(found, version, strict=True)


@pytest.mark.parametrize("wrong", [{"gateway": {}}, {"gateways": {"shards": -1}}, {"settings": {"LOG": "x"}}])
def test_a_value_that_does_not_exist_is_refused(wrong):
    """The values' schema knows every name."""
    with pytest.raises(helm.HelmError), helm.Chart.load(CHART) as chart:
        chart.validate_schema({**SMALL, **wrong})
        chart.render({**SMALL, **wrong}, name="yl", namespace="ns")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "existingSecret"),
        ({"secrets": SECRETS, "api": {"enabled": True}}, "documents"),
        ({"secrets": {k: v for k, v in SECRETS.items() if "REDIS" not in k}}, "YINLU_REDIS_URL"),
        ({**LARGE, "secrets": {k: v for k, v in SECRETS.items() if "KEYS" not in k}}, "YINLU_SIGNING_KEYS"),
        ({**LARGE, "settings": {"YINLU_QDRANT_URL": "http://q"}}, "YINLU_QDRANT_URL"),
        ({**LARGE, "knowledge": {"enabled": True}}, "YINLU_KNOWLEDGE_TOKEN"),
        ({**LARGE, "files": {"bucket": True}}, "YINLU_S3_URL"),
    ],
)  # fmt: skip
def test_what_would_not_work_is_refused_with_a_reason(values, said):
    """Pods without a shared Redis, gateways without shared keys or documents, two gateways with one index."""
    with pytest.raises(helm.HelmRenderError, match=said):
        rendered(values)


@pytest.mark.parametrize("values", [SMALL, LARGE, KEPT], ids=["small", "large", "kept"])
def test_every_pod_is_shut_in(values):
    """No root, no way to become it, no capabilities, a root that is read-only, no token of the cluster."""
    for name, pod in pods(rendered(values)).items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            held = container["securityContext"]
            assert held["readOnlyRootFilesystem"] is True
            assert held["allowPrivilegeEscalation"] is False
            assert held["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("values", [SMALL, LARGE, KEPT], ids=["small", "large", "kept"])
def test_a_pods_environment_is_taken_by_the_settings(values):
    """Only settings that exist; and no address of a service is put among them by Kubernetes (YINLU_PORT=tcp://...)."""
    objects = rendered(values)
    (shared,) = of(objects, "ConfigMap").values()
    for name, pod in pods(objects).items():
        given = {k: v for k, v in environment(pod).items() if k.startswith("YINLU_")}
        assert pod["enableServiceLinks"] is False, name
        assert load({}, {**SECRETS, **shared["data"], **given}).data == Path("/data")


def test_everybody_may_drain_before_being_killed():
    """A house takes 5 s of waiting and 9.5 s of draining, a worker what --drain says; the pod's time is longer."""
    for name, pod in pods(rendered(LARGE)).items():
        words = pod["containers"][0].get("args", [])
        longest = float(words[words.index("--drain") + 1]) if "--drain" in words else 5 + 9.5
        assert pod["terminationGracePeriodSeconds"] >= longest + 10, name


def test_the_gateways_hold_every_shard_once():
    """Ten shards, four a gateway: 0-3, 4-7, 8-9. The pods' own script says so."""
    objects = rendered(LARGE)
    gateway = of(objects, "StatefulSet")["yl-gateway"]
    (container,) = gateway["spec"]["template"]["spec"]["containers"]
    script = container["args"][0].replace("exec yinlu run", 'echo "$YINLU_DISCORD_SHARDS"')
    held = []
    for index in range(gateway["spec"]["replicas"]):
        said = subprocess.run(
            [*container["command"], script], env={"POD_INDEX": str(index)}, capture_output=True
        )
        held += load({}, {"YINLU_DISCORD_SHARDS": said.stdout.decode().strip()}).discord_shards
    assert held == list(range(10))
    assert environment(gateway["spec"]["template"]["spec"])["YINLU_DISCORD_SHARD_COUNT"] == "10"


def test_a_platform_is_held_by_one_part():
    """Discord by the gateways, what comes by HTTP by the API; without an API the gateway has all."""
    parts = pods(rendered(LARGE))
    assert environment(parts["yl-api"])["YINLU_DISCORD_TOKEN"] == ""
    assert environment(parts["yl-gateway"])["YINLU_TELEGRAM_TOKEN"] == ""
    (alone,) = (pod for name, pod in pods(rendered(SMALL)).items() if name.endswith("gateway"))
    assert not {"YINLU_DISCORD_TOKEN", "YINLU_TELEGRAM_TOKEN"} & set(environment(alone))


@pytest.mark.parametrize("values", [SMALL, LARGE, KEPT], ids=["small", "large", "kept"])
def test_selectors_choose_what_they_mean(values):
    """The page's service, every budget and both policies match pods that exist."""
    objects = rendered(values)
    makers = [*of(objects, "StatefulSet").values(), *of(objects, "Deployment").values()]
    labels = [maker["spec"]["template"]["metadata"]["labels"] for maker in makers]
    chosen = [service["spec"]["selector"] for service in of(objects, "Service").values()]
    chosen += [pdb["spec"]["selector"]["matchLabels"] for pdb in of(objects, "PodDisruptionBudget").values()]
    chosen += [rule["spec"]["podSelector"]["matchLabels"] for rule in of(objects, "NetworkPolicy").values()]
    assert len(of(objects, "PodDisruptionBudget")) == len(makers)
    for wanted in chosen:
        assert any(wanted.items() <= found.items() for found in labels), wanted


def test_workers_are_counted_by_the_cost_that_waits():
    """KEDA asks for metrics that the house has, and wants one worker for each `costPerWorker`."""
    scaled = of(rendered(LARGE), "ScaledObject")
    assert set(scaled) == {"yl-worker", "yl-gpu-worker"}
    source = "".join(file.read_text() for file in (ROOT / "bot/bot_app").glob("metrics*.py"))
    for found in scaled.values():
        (trigger,) = found["spec"]["triggers"]
        asked = set(re.findall(r"yinlu_\w+", trigger["metadata"]["query"]))
        assert asked == {"yinlu_queue_waiting_cost", "yinlu_queue_running_jobs"}
        assert all(f'"{name}"' in source for name in asked)
        assert "max by (lane)" in trigger["metadata"]["query"]


def test_workers_reach_out_and_nobody_reaches_them():
    """A worker's pods have a policy for both directions and no rule that lets anybody in."""
    policies = of(rendered(LARGE), "NetworkPolicy")
    assert policies["yl-all"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policies["yl-all"]["spec"]
    (rule,) = policies["yl-web"]["spec"]["podSelector"]["matchExpressions"]
    assert rule["values"] == ["gateway", "api"]
    wide = [
        to for rule in policies["yl-all"]["spec"]["egress"] for to in rule.get("to", []) if "ipBlock" in to
    ]
    assert all(
        "169.254.0.0/16" in to["ipBlock"]["except"] for to in wide if to["ipBlock"]["cidr"] == "0.0.0.0/0"
    )


def test_documents_are_watched_for_a_community_that_can_exist():
    """The volume is read by every gateway, for the community of the values."""
    for name in ("yl-gateway", "yl-api"):
        folder, _, community = environment(pods(rendered(LARGE))[name])["YINLU_WATCH"].partition("=")
        assert folder == "/documents"
        assert COMMUNITY.fullmatch(community)


def test_one_process_keeps_the_documents_for_all():
    """Gateways and api ask it by its service and mount no documents; it alone watches them, and nobody else may reach it."""
    objects = rendered(KEPT)
    (service,) = [o for o in of(objects, "Service").values() if o["metadata"]["name"] == "yl-knowledge"]
    asked = f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    houses = pods([o for o in objects if o["kind"] == "StatefulSet"])
    for name in ("yl-gateway", "yl-api"):
        given = environment(houses[name])
        assert given["YINLU_KNOWLEDGE_URL"] == asked
        assert "YINLU_WATCH" not in given
        assert "documents" not in {volume["name"] for volume in houses[name]["volumes"]}
    keeper = houses["yl-knowledge"]
    assert keeper["containers"][0]["args"] == ["knowledge"]
    assert environment(keeper)["YINLU_WATCH"] == "/documents=default"
    assert of(objects, "StatefulSet")["yl-knowledge"]["spec"]["replicas"] == 1
    policy = of(objects, "NetworkPolicy")["yl-knowledge"]["spec"]
    assert policy["podSelector"]["matchLabels"] == service["spec"]["selector"]
    (rule,) = policy["ingress"]
    (who,) = rule["from"]
    assert who["podSelector"]["matchExpressions"][0]["values"] == ["gateway", "api"]


def test_with_a_bucket_nobody_mounts_a_shared_volume():
    """No claim is made, and gateways and workers each have only what is their own."""
    objects = rendered(KEPT)
    assert of(objects, "PersistentVolumeClaim") == {}
    for name, pod in pods(objects).items():
        assert "files" not in {volume["name"] for volume in pod.get("volumes", [])}, name
        assert "files" not in {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}, name

"""What is in deploy/k8s, rendered offline: objects that Kubernetes and KEDA know, and that fit the program."""

import copy
import functools
import json
import re

import kubernetes_validate
import pytest
from cloudcoil.models.keda import v1alpha1 as keda

from tests.deploy.kubernetes.faults import FAULTS, seed
from tests.deploy.kubernetes.network import flow_problems
from tests.deploy.kubernetes.objects import object_problems
from tests.deploy.kubernetes.program import program_problems
from tests.deploy.kubernetes.rendering import OVERLAYS, Rendering, copy_with_secrets, render

VERSIONS = ("1.34", "1.37")  # of Kubernetes: the oldest that is meant, and the newest that there are schemas of


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Return what renders an overlay, each once."""
    tree = tmp_path_factory.mktemp("manifests") / "k8s"
    copy_with_secrets(tree)
    return functools.cache(lambda overlay: render(tree / "overlays" / overlay))


def problems(documents, overlay):
    of = Rendering(documents, overlay)
    flows = flow_problems(of.all("NetworkPolicy"), of.pods, overlay)
    return [*object_problems(of), *program_problems(of), *flows]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_one_that_kubernetes_and_keda_know(rendered, overlay):
    for document in rendered(overlay):
        if document["apiVersion"] == "keda.sh/v1alpha1":
            model = getattr(keda, document["kind"])
            model.model_validate_json(json.dumps(document), strict=True, extra="forbid")
        else:
            for version in VERSIONS:
                kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_objects_fit_one_another_and_the_program(rendered, overlay):
    assert problems(rendered(overlay), overlay) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_refuses_what_is_not_restricted(rendered, overlay):
    (namespace,) = [one for one in rendered(overlay) if one["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found(rendered, fault):
    documents = copy.deepcopy(rendered(fault.overlay))
    seed(fault, documents)
    found = problems(documents, fault.overlay)
    assert [one for one in found if re.search(fault.says, one)], found

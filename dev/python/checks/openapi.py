"""The OpenAPI document is valid, and real answers fit the schemas it gives.

Arguments: port of an agent, id of an allocation.
"""

import sys

import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

base, alloc = f"http://127.0.0.1:{sys.argv[1]}", sys.argv[2]
document = requests.get(f"{base}/v1/openapi.json", timeout=20).json()
validate(document)

registry = Registry().with_resource("urn:api", DRAFT202012.create_resource(document))
node = requests.get(f"{base}/v1/allocation/{alloc}", timeout=20).json()["NodeID"]
checked = 0
for template, path in document["paths"].items():
    operation = path.get("get")
    content = operation and operation["responses"]["200"].get("content", {}).get("application/json")
    if content is None:
        # Nothing, raw bytes, or a stream, which might not end.
        continue
    try:
        filled = template.format(job="seen", alloc=alloc, node=node, pool="default")
    except KeyError:
        continue
    answer = requests.get(base + filled, timeout=20)
    if answer.status_code != 200:
        continue
    pointer = "urn:api#/paths/" + template.replace("~", "~0").replace("/", "~1")
    pointer += "/get/responses/200/content/application~1json/schema"
    Draft202012Validator({"$ref": pointer}, registry=registry).validate(answer.json())
    checked += 1
assert checked > 20, checked

# Every member of an answer is one that the document names: schemas leave room for more, answers must not use it.
stub = document["components"]["schemas"]["JobListStub"]["properties"]
for job in requests.get(f"{base}/v1/jobs?meta=true", timeout=20).json():
    assert set(job) <= set(stub), set(job) - set(stub)

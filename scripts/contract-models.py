"""Writes the contract's operations and models as compact JSON Schema, for the server's OpenAPI description.

    python3 scripts/contract-models.py FOLDER OPENAPI > contract.json, which goes to Sources/CAssets/data/

FOLDER holds one JSON file per family of operations, extracted from the official SDK, and `_shared.json`. OPENAPI is the server's own
/openapi.json: what it does not serve is left out. One operation or model a line, so that a change can be read.
"""

import json
import os
import re
import sys

folder = sys.argv[1]


def shape(operation):
    return re.sub(r"\{[^}]*\}", "{}", operation)


served = {shape(f"{method.upper()} {path}") for path, methods in json.load(open(sys.argv[2]))["paths"].items() for method in methods}
families = {name[:-5]: json.load(open(os.path.join(folder, name))) for name in sorted(os.listdir(folder)) if name.endswith(".json") and name != "index.json"}
models = {}
for family in families.values():
    models.update(family.get("models", {}))

# What our own clients may see beyond the contract's closed lists.
EXTRA = {"TriggerActionType": ["script"]}
# Where ours may be what theirs may not: the SDK reads a collection only if its name has three letters, and makes none with fewer.
LOOSER = {("CollectionResponse", "collection_name"): {"min_length": 1}}
LOOSER.update({(model, "namespace_name"): {"min_length": 1} for model in ("CreateNamespaceRequest", "PatchNamespaceRequest", "UpdateNamespaceRequest")})
LOOSER[("CreateStandaloneNamespaceRequestModel", "namespace_id")] = {"pattern": ""}
# Nobody here has such a cluster.
LOOSER[("NamespaceInfrastructure", "ray_cluster_id")] = {"pattern": ""}
# Items that are answered one by one, or read by a way of their own: each tells for itself what is wrong with it.
LOOSER[("BYOUpsertRequest", "documents")] = {"type": "array<object<any>>"}
LOOSER[("BatchListQuery", "request")] = {"type": "any"}
LOOSER[("CreateObjectsBatchRequest", "objects")] = {"type": "array<any>"}
# Objects have free fields, and a bucket's schema says what this one is.
LOOSER[("UpdateObjectRequest", "metadata")] = {"type": "any"}
# A collection without a source takes documents directly; a flat taxonomy compares vectors by itself.
OPTIONAL = {("CreateCollectionRequest", "source"), ("BatchListQuery", "request")}
OPTIONAL |= {("FlatTaxonomyConfigInput", "retriever_id"), ("FlatTaxonomyConfigInput", "input_mappings")}
# Lists take the order as "field:desc", too, and names with commas; vectors come as base64 of little-endian float32, too.
ALSO_TEXT = {"sort", "select", "expand", "return_vector_names"}
# No order is meant by an empty one.
ALSO_EMPTY = {"sort"}
VECTORS = {("DocumentCreateRequest", "vectors")}
PLAIN = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string"},
    "object": {"type": "object"},
    "any": {},
}
LIMITS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def schema_of(type_name, seen):
    if type_name in PLAIN:
        return dict(PLAIN[type_name])
    for outer, make in (("array<", lambda s: {"type": "array", "items": s}), ("object<", lambda s: {"type": "object", "additionalProperties": s} if s else {"type": "object"})):
        if type_name.startswith(outer) and type_name.endswith(">"):
            return make(schema_of(type_name[len(outer):-1], seen))
    if type_name.startswith("List["):
        return {"type": "array", "items": schema_of(type_name[5:-1], seen)}
    if type_name.startswith("Dict[") or type_name not in models:
        return {"type": "object"} if type_name.startswith("Dict[") else {}
    seen.add(type_name)
    return {"$ref": "#/components/schemas/" + type_name}


def field_schema(field, seen):
    schema = schema_of(field.get("type", "any"), seen)
    if "enum" in field:
        schema["enum"] = list(field["enum"])
    for name, keyword in LIMITS.items():
        if name in field:
            schema[keyword] = field[name]
    for name, keyword in (("min_length", "min"), ("max_length", "max")):
        if name in field:
            schema[keyword + ("Items" if schema.get("type") == "array" else "Length")] = field[name]
    if field.get("pattern"):
        schema["pattern"] = field["pattern"]
    if schema and not (field.get("required") and not field.get("nullable")):
        schema = {"anyOf": [schema, {"type": "null"}]} if "$ref" in schema or "enum" in schema else {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema
    if field.get("default") is not None:
        schema = {**schema, "default": field["default"]}
    return schema


def model_schema(name, seen):
    model = models[name]
    if "enum" in model:
        return {"type": "string", "enum": model["enum"] + EXTRA.get(name, [])}
    for kind in ("anyOf", "oneOf"):
        if kind in model:
            return {"anyOf": [field_schema({**t, "required": True}, seen) if isinstance(t, dict) else schema_of(t, seen) for t in model[kind]]}
    fields = model.get("fields", {})
    optional = lambda key: {"required": False} if (name, key) in OPTIONAL else {}
    schema = {"type": "object", "properties": {key: field_schema({**field, **LOOSER.get((name, key), {}), **optional(key)}, seen) for key, field in fields.items()}}
    for key, property in schema["properties"].items():
        if key in ALSO_TEXT and name.endswith("Request"):
            schema["properties"][key] = {"anyOf": property.get("anyOf", [property]) + [{"type": "string"}] + ([{"const": {}}] if key in ALSO_EMPTY else [])}
        if (name, key) in VECTORS:
            property["additionalProperties"] = {"anyOf": [property["additionalProperties"], {"type": "string"}]}
    required = sorted(key for key in set(model.get("raises_if_missing", [])) & set(fields) if (name, key) not in OPTIONAL)
    if required:
        schema["required"] = required
    return schema


operations, wanted = {}, set()
for family in families.values():
    for operation in family.get("operations", []):
        if shape(f"{operation['method']} {operation['path']}") not in served:
            continue
        entry = {"sdk": f"{operation['class']}.{operation['op']}"}
        body = operation.get("body")
        if body and not body.get("note"):
            entry["request"] = schema_of(body["model"], wanted)
            entry["required"] = bool(body.get("required"))
        status, answer = next(iter(operation["success"].items()))
        entry["status"] = int(status)
        if answer:
            entry["response"] = schema_of(answer, wanted)
        operations[f"{operation['method']} {operation['path']}"] = entry

schemas = {}
while wanted - set(schemas):
    for name in sorted(wanted - set(schemas)):
        schemas[name] = model_schema(name, wanted)


def lines(entries):
    return ",\n".join(json.dumps(name) + ":" + json.dumps(entries[name], separators=(",", ":"), sort_keys=True) for name in sorted(entries))


print('{"operations":{\n' + lines(operations) + '\n},"schemas":{\n' + lines(schemas) + "\n}}")

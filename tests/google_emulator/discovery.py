"""Finds the method a request is for and checks it, by the discovery documents the client itself ships."""

import functools
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from urllib.parse import parse_qs, unquote, urlsplit

BASES = {"calendar.v3": ("/calendar/v3/", "/"), "gmail.v1": ("/",)}


class ApiError(Exception):
    """An error reply in the shape both APIs use."""

    def __init__(self, status, reason, message="", *, domain="global", headers=()):
        super().__init__(message or reason)
        self.status, self.reason, self.domain = status, reason, domain
        self.headers = dict(headers)

    def body(self):
        message = str(self)
        errors = [{"message": message, "domain": self.domain, "reason": self.reason}]
        return {"error": {"code": self.status, "message": message, "errors": errors}}


@dataclass
class Call:
    """One checked request: `method` is the discovery id, `query` values are lists, `body` is JSON."""

    method: str
    path: dict
    query: dict
    body: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    def one(self, name, default=None):
        return self.query.get(name, [default])[0]

    def flag(self, name):
        return self.one(name) == "true"


@dataclass(frozen=True)
class Method:
    document: str
    spec: dict
    pattern: re.Pattern
    arguments: int


@functools.cache
def document(name):
    where = resources.files("googleapiclient") / "discovery_cache" / "documents" / f"{name}.json"
    return json.loads(where.read_text())


@functools.cache
def methods():
    found = []

    def walk(name, resource):
        for spec in resource.get("methods", {}).values():
            for base in BASES[name]:
                template = base + spec["path"]
                pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
                found.append(Method(name, spec, re.compile(pattern), template.count("{")))
        for inner in resource.get("resources", {}).values():
            walk(name, inner)

    for name in BASES:
        walk(name, document(name))
    return sorted(found, key=lambda method: method.arguments)


def find_method(verb, path):
    """Return (the method a request is for, the match of its path), None when there is none."""
    for method in methods():
        match = method.pattern.fullmatch(path)
        if match and method.spec["httpMethod"] == verb:
            return method, match
    return None


def read_call(verb, target, headers, data):
    """Return (the checked call, the scopes of which one is needed).

    :raises ApiError: no such method, or a parameter or field the documents do not have.
    """
    url = urlsplit(target)
    found = find_method(verb, url.path)
    if found is None:
        raise ApiError(404, "notFound", "Not Found")
    method, match = found
    path = {name: unquote(value) for name, value in match.groupdict().items()}
    query = parse_qs(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
    _check_query(method, query)
    call = Call(method.spec["id"], path, query, headers=headers)
    request = method.spec.get("request")
    if request and data:
        call.body = _read_body(method.document, request["$ref"], headers, data)
    elif data:
        raise ApiError(400, "badRequest", "This method takes no body")
    return call, set(method.spec["scopes"])


def _check_query(method, query):
    known = {**document(method.document)["parameters"], **method.spec.get("parameters", {})}
    for name, values in query.items():
        spec = known.get(name)
        if spec is None or spec["location"] != "query":
            raise ApiError(400, "invalidParameter", f"Unknown name {name}")
        if len(values) > 1 and not spec.get("repeated"):
            raise ApiError(400, "invalidParameter", f"Repeated {name}")
        for value in values:
            _check_parameter(name, spec, value)
    for name, spec in known.items():
        if spec.get("required") and spec["location"] == "query" and name not in query:
            raise ApiError(400, "required", f"Missing {name} parameter.")


def _check_parameter(name, spec, value):
    legal = {"integer": r"-?\d+", "boolean": "true|false"}.get(spec["type"], ".*")
    if not re.fullmatch(legal, value, re.DOTALL) or value not in spec.get("enum", [value]):
        raise ApiError(400, "invalidParameter", f"Invalid value for {name}")
    if "minimum" in spec and int(value) < int(spec["minimum"]):
        raise ApiError(400, "invalidParameter", f"Invalid value for {name}")
    if "pattern" in spec and not re.fullmatch(spec["pattern"], value):
        raise ApiError(400, "invalidParameter", f"Invalid value for {name}")


def _read_body(name, schema, headers, data):
    if not headers.get("content-type", "").startswith("application/json"):
        raise ApiError(400, "parseError", "Parse Error")
    try:
        body = json.loads(data)
    except ValueError:
        raise ApiError(400, "parseError", "Parse Error") from None
    _check_value(document(name)["schemas"], {"$ref": schema}, body, schema)
    return body


def _check_value(schemas, spec, value, where):
    if "$ref" in spec:
        spec = schemas[spec["$ref"]]
    kind = spec.get("type", "any")
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    if kind in types and not isinstance(value, types[kind]):
        raise ApiError(400, "invalid", f"Invalid value at {where}")
    if kind == "object":
        for name, inner in value.items():
            known = spec.get("properties", {}).get(name) or spec.get("additionalProperties")
            if known is None:
                raise ApiError(400, "badRequest", f"Unknown name {name} at {where}")
            if inner is not None:
                _check_value(schemas, known, inner, f"{where}.{name}")
    if kind == "array":
        for inner in value:
            _check_value(schemas, spec["items"], inner, where)

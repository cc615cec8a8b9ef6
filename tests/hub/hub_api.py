"""The routes of the Hub: what is asked of which address, by whom, and what comes back."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

import hub_listing
from hub_access import Account, check_read, check_write, known
from hub_card import problems
from hub_commit import Limits, commit, read_lines
from hub_errors import HubError
from hub_message import Answer, Request, file_answer, json_answer
from hub_objects import Storage
from hub_store import Repository, Store
from hub_upload import Rules


@dataclass
class Hub:
    """All that the routes work on."""

    store: Store
    storage: Storage
    tokens: Mapping[str, Account]
    limits: Limits
    url: str = ""


@dataclass(frozen=True)
class Call:
    """A request that found its route; the pieces of the address are unquoted."""

    hub: Hub
    request: Request
    at: Mapping[str, str]

    @property
    def repository(self) -> Repository:
        return self.hub.store.get(self.at["repo"])

    @property
    def author(self) -> str:
        return known(self.request.account).owner

    def page(self, items: list[Any]) -> Answer:
        """One page of a listing, with the address of the next."""
        start = int(self.request.query.get("cursor", ["0"])[-1])
        end = start + self.hub.limits.page
        made = json_answer(items[start:end])
        if end < len(items):
            query = {name: values[-1] for name, values in self.request.query.items()}
            following = f"{self.request.path}?{urlencode({**query, 'cursor': end})}"
            made.headers["Link"] = f'<{self.hub.url}{following}>; rel="next"'
        return made


Does = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    path: re.Pattern[str]
    does: Does
    needs: str | None
    """`read` or `write` of the repository in the address; None: of none."""
    changes: bool


ROUTES: list[Route] = []


def route(
    method: str, path: str, needs: str | None = "read", *, changes: bool = False
) -> Callable[[Does], Does]:
    """`{name}` is one piece of an address, `{name+}` the rest of it."""
    pattern = path.replace("{repo}", r"(?P<repo>[^/]+/[^/]+)")
    pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", pattern)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)

    def add(does: Does) -> Does:
        ROUTES.append(Route(method, re.compile(pattern), does, needs, changes))
        return does

    return add


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    wanted = "GET" if method == "HEAD" else method
    for one in ROUTES:
        found = one.path.fullmatch(path) if one.method == wanted else None
        if found:
            return one, {name: unquote(text or "") for name, text in found.groupdict().items()}
    return None


def answer(hub: Hub, request: Request) -> Answer:
    """Raises HubError for whatever is refused."""
    found = find(request.method, request.path)
    if found is None:
        raise HubError(404, f"Sorry, there is nothing at {request.method} {request.path}")
    one, at = found
    if at.get("repo") in hub.store.moved:
        return _forwarded(hub, request, at["repo"])
    if one.needs:
        namespace, repository = at["repo"].split("/")[0], hub.store.find(at["repo"])
        private = repository.is_private if repository else None
        check_read(request.account, namespace, is_private=private)
        if one.needs == "write":
            check_write(request.account, namespace)
    return one.does(Call(hub, request, at))


def _forwarded(hub: Hub, request: Request, name: str) -> Answer:
    path = request.path.replace(name, hub.store.moved[name], 1)
    query = urlencode(request.query, doseq=True)
    where = f"{hub.url}{path}" + (f"?{query}" if query else "")
    return Answer(307, headers={"Location": where})


_DATASET = "/api/datasets/{repo}"


@route("GET", "/api/whoami-v2", None)
def whoami(call: Call) -> Answer:
    who = known(call.request.account)
    organisations = [
        {"type": "org", "name": name, "fullname": name, "roleInOrg": who.role}
        for name in who.organisations
    ]
    token = {"displayName": "test", "role": who.role, "createdAt": "2026-01-01T00:00:00.000Z"}
    return json_answer(
        {
            "type": "user",
            "id": who.owner,
            "name": who.owner,
            "fullname": who.owner,
            "isPro": False,
            "orgs": organisations,
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


@route("POST", "/api/repos/create", None, changes=True)
def create(call: Call) -> Answer:
    asked = call.request.json
    namespace = asked.get("organization") or call.author
    check_write(call.request.account, namespace)
    if asked.get("type") != "dataset":
        raise HubError(400, "This Hub keeps datasets only")
    name = f"{namespace}/{asked.get('name')}"
    place = {"url": f"{call.hub.url}/datasets/{name}", "name": name}
    try:
        call.hub.store.create(name, private=_is_private(asked), author=call.author)
    except HubError as error:
        error.more.update(place if error.status == 409 else {})
        raise
    return json_answer(place)


def _is_private(asked: Mapping[str, Any]) -> bool:
    return asked.get("visibility") == "private" or asked.get("private") is True


@route("DELETE", "/api/repos/delete", None, changes=True)
def delete(call: Call) -> Answer:
    asked = call.request.json
    namespace = asked.get("organization") or call.author
    name = f"{namespace}/{asked.get('name')}"
    repository = call.hub.store.find(name)
    private = repository.is_private if repository else None
    check_read(call.request.account, namespace, is_private=private)
    check_write(call.request.account, namespace)
    call.hub.store.delete(name)
    return Answer(200, b"OK", {"Content-Type": "text/plain"})


@route("POST", "/api/repos/move", None, changes=True)
def move(call: Call) -> Answer:
    asked = call.request.json
    for name in (str(asked.get("fromRepo")), str(asked.get("toRepo"))):
        check_write(call.request.account, name.split("/")[0])
    call.hub.store.move(str(asked["fromRepo"]), str(asked["toRepo"]))
    return Answer(200, b"OK", {"Content-Type": "text/plain"})


@route("PUT", f"{_DATASET}/settings", "write", changes=True)
def settings(call: Call) -> Answer:
    asked = call.request.json
    if "visibility" in asked or "private" in asked:
        call.repository.make_private(private=_is_private(asked))
    return json_answer({"private": call.repository.is_private})


@route("POST", "/api/validate-yaml", None)
def validate(call: Call) -> Answer:
    errors, warnings = problems(str(call.request.json.get("content", "")))
    listed = {
        "errors": [{"message": message} for message in errors],
        "warnings": [{"message": message} for message in warnings],
    }
    return json_answer(listed, 400 if errors else 200)


@route("GET", f"{_DATASET}/auth-check")
@route("GET", f"{_DATASET}/auth-check/write", "write")
def auth_check(call: Call) -> Answer:
    return Answer(200, b"OK", {"Content-Type": "text/plain"})


@route("GET", _DATASET)
@route("GET", f"{_DATASET}/revision/{{rev}}")
def info(call: Call) -> Answer:
    commit_ = call.repository.commit(call.at.get("rev", "main"))
    blobs = call.request.flag("blobs")
    return json_answer(hub_listing.info(call.repository, commit_, with_blobs=blobs))


@route("GET", f"{_DATASET}/tree/{{rev}}")
@route("GET", f"{_DATASET}/tree/{{rev}}/{{folder+}}")
def tree(call: Call) -> Answer:
    commit_ = call.repository.commit(call.at["rev"])
    items = hub_listing.tree(
        call.repository,
        commit_,
        call.at.get("folder", ""),
        recursive=call.request.flag("recursive"),
        expand=call.request.flag("expand"),
    )
    return call.page(items)


@route("POST", f"{_DATASET}/paths-info/{{rev}}")
def paths_info(call: Call) -> Answer:
    form = call.request.form
    asked = form.get("paths", [])
    if len(asked) > 1000:
        raise HubError(413, "too many parameters")
    expand = form.get("expand", [""])[-1].lower() == "true"
    commit_ = call.repository.commit(call.at["rev"])
    return json_answer(hub_listing.paths(call.repository, commit_, asked, expand=expand))


@route("GET", f"{_DATASET}/refs")
def refs(call: Call) -> Answer:
    return json_answer(hub_listing.references(call.repository))


@route("GET", f"{_DATASET}/commits/{{rev}}")
def commits(call: Call) -> Answer:
    return call.page(hub_listing.history(call.repository, call.at["rev"]))


@route("POST", f"{_DATASET}/branch/{{name+}}", "write", changes=True)
def make_branch(call: Call) -> Answer:
    start = call.request.json.get("startingPoint") or "main"
    call.repository.refer("branches", call.at["name"], start)
    return Answer(201)


@route("DELETE", f"{_DATASET}/branch/{{name+}}", "write", changes=True)
def forget_branch(call: Call) -> Answer:
    call.repository.forget("branches", call.at["name"])
    return Answer(204)


@route("POST", f"{_DATASET}/tag/{{rev}}", "write", changes=True)
def make_tag(call: Call) -> Answer:
    call.repository.refer("tags", str(call.request.json.get("tag", "")), call.at["rev"])
    return Answer(201)


@route("DELETE", f"{_DATASET}/tag/{{name+}}", "write", changes=True)
def forget_tag(call: Call) -> Answer:
    call.repository.forget("tags", call.at["name"])
    return Answer(204)


@route("POST", f"{_DATASET}/preupload/{{rev}}", "write")
def preupload(call: Call) -> Answer:
    asked, revision = call.request.json, call.at["rev"]
    rules = Rules.of(call.repository, revision, asked.get("gitIgnore"))
    there = call.repository.commit(revision).tree
    files = []
    for file in asked["files"]:
        path, size = file["path"], int(file["size"])
        entry = there.get(path)
        files.append(
            {
                "path": path,
                "uploadMode": rules.mode(path, size, base64.b64decode(file["sample"])),
                "shouldIgnore": rules.ignores(path),
                "oid": (entry.sha256 or entry.oid) if entry else None,
            }
        )
    return json_answer({"files": files})


@route("POST", "/datasets/{repo}.git/info/lfs/objects/batch", "write")
def batch(call: Call) -> Answer:
    """An object that is there already gets no action: nothing is sent again."""
    asked = call.request.json
    if asked.get("operation") != "upload" or asked.get("hash_algo", "sha256") != "sha256":
        raise HubError(422, "Only uploads by SHA-256")
    if "basic" not in asked.get("transfers", ["basic"]):
        raise HubError(422, "Only the basic transfer")
    objects = [_wanted(call, item["oid"], int(item["size"])) for item in asked["objects"]]
    return json_answer({"transfer": "basic", "objects": objects})


def _wanted(call: Call, oid: str, size: int) -> dict[str, Any]:
    if call.repository.object(oid).is_file():
        return {"oid": oid, "size": size}
    upload = call.hub.storage.address(call.repository, oid, "PUT", size)
    verify = f"{call.hub.url}/datasets/{quote(call.repository.name)}.git/info/lfs/objects/verify"
    actions = {"upload": {"href": upload, "header": {}}, "verify": {"href": verify, "header": {}}}
    return {"oid": oid, "size": size, "authenticated": True, "actions": actions}


@route("POST", "/datasets/{repo}.git/info/lfs/objects/verify", "write")
def verify(call: Call) -> Answer:
    asked = call.request.json
    path = call.repository.object(str(asked.get("oid")))
    if not path.is_file():
        raise HubError(404, "This object was not uploaded")
    if path.stat().st_size != asked.get("size"):
        raise HubError(422, f"This object has {path.stat().st_size} bytes, not {asked.get('size')}")
    return json_answer({})


@route("POST", f"{_DATASET}/commit/{{rev+}}", "write", changes=True)
def make_commit(call: Call) -> Answer:
    if call.request.flag("create_pr"):
        raise HubError(501, "This Hub has no pull requests")
    asked = read_lines(call.request.body)
    branch = call.at["rev"].removeprefix("refs/heads/")
    made = commit(call.repository, branch, asked, call.author, call.hub.limits)
    url = f"{call.hub.url}/datasets/{call.repository.name}/commit/{made.id}"
    return json_answer({"success": True, "commitUrl": url, "commitOid": made.id, "hookOutput": ""})


@route("GET", "/datasets/{repo}/resolve/{rev}/{file+}")
def resolve(call: Call) -> Answer:
    """Regular files come from here; of large ones, the address in the storage does."""
    commit_ = call.repository.commit(call.at["rev"])
    headers = {"X-Repo-Commit": commit_.id}
    entry = commit_.entry(call.at["file"])
    if entry.sha256 is None:
        etag = {**headers, "ETag": f'"{entry.oid}"'}
        return file_answer(call.repository.content(entry), call.request.headers.get("Range"), etag)
    return Answer(
        302,
        headers={
            **headers,
            "X-Linked-Size": str(entry.size),
            "X-Linked-ETag": f'"{entry.sha256}"',
            "Location": call.hub.storage.address(call.repository, entry.sha256, "GET", entry.size),
        },
    )

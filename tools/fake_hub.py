"""A small local stand-in for the Hugging Face Hub, so that tests can upload and download with the real client.

`python tools/fake_hub.py ROOT --token TOKEN` prints its URL and serves until it is killed. In Python:

    with FakeHub(root, token="hf_test") as hub:
        subprocess.run([sys.executable, script], env=hub.environment(home), check=True)
        assert all(request.authorization == "Bearer hf_test" for request in hub.requests if request.method == "POST")

It knows model repositories only, and neither Xet nor pull requests. Each lies in ROOT/namespace/name: repo.json has its
branches, tags and commits, commits/ID all files of a commit, and lfs/ the uploads of large files.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

LFS_SUFFIXES = {".bin", ".model", ".pt", ".pth", ".safetensors"}


class Request(NamedTuple):
    """A request as it came in; `path` has the query and is still percent-encoded, `body` lacks large files."""

    method: str
    path: str
    authorization: str | None
    body: bytes


class Reply(NamedTuple):
    """What to send back."""

    status: int
    content: bytes
    headers: dict[str, str]


def as_json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """`data` as a reply."""
    return Reply(status, json.dumps(data).encode(), {"Content-Type": "application/json"} | (headers or {}))


class HubError(Exception):
    """A reply other than success; the client chooses its exception by `code`."""

    def __init__(self, status: int, message: str, code: str = "", commit: str = "") -> None:
        headers = {"X-Error-Message": message, "X-Error-Code": code, "X-Repo-Commit": commit}
        self.reply = as_json({"error": message}, status, {name: value for name, value in headers.items() if value})
        super().__init__(message)


def inside(folder: Path, name: str) -> Path:
    """The path of `name` in `folder`, which it must not leave."""
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise HubError(400, "Invalid path")
    return folder / name


def etag(file: Path) -> str:
    """The name of a file's content: its SHA-256 when it is large, otherwise Git's id for it."""
    data = file.read_bytes()
    if file.suffix in LFS_SUFFIXES:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repo:
    """A repository on disk."""

    folder: Path
    private: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)  # the title of each

    def save(self) -> None:
        """Write everything but the files, which never change once committed."""
        state = {name: value for name, value in asdict(self).items() if name != "folder"}
        (self.folder / "repo.json").write_text(json.dumps(state, indent=2), encoding="utf-8")

    def resolve(self, revision: str) -> tuple[str, Path]:
        """The commit that a branch, a tag or a commit id stands for, and the folder with its files."""
        commit = self.branches.get(revision) or self.tags.get(revision) or revision
        if commit not in self.commits:
            raise HubError(404, "Invalid rev id", "RevisionNotFound")
        return commit, self.folder / "commits" / commit

    def commit(self, branch: str, title: str, change: Callable[[Path], object]) -> str:
        """Let `change` edit a copy of the newest files of `branch`, and commit the copy."""
        commit = secrets.token_hex(20)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:  # nothing stays behind when `change` fails
            snapshot = Path(scratch) / "files"
            if branch in self.branches:
                shutil.copytree(self.resolve(branch)[1], snapshot)
            else:
                snapshot.mkdir()
            change(snapshot)
            (self.folder / "commits").mkdir(exist_ok=True)
            snapshot.rename(self.folder / "commits" / commit)
        self.commits[commit] = title
        self.branches[branch] = commit
        self.save()
        return commit

    def apply(self, snapshot: Path, operation: str, value: dict[str, Any]) -> None:
        """Carry out one line of a commit on the files in `snapshot`."""
        target = inside(snapshot, value["path"])
        if operation == "file":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(base64.b64decode(value["content"]))
        elif operation == "lfsFile" and (upload := inside(self.folder / "lfs", value["oid"])).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(upload, target)
        elif operation == "deletedFile" and target.is_file():
            target.unlink()
        elif operation == "deletedFolder" and target.is_dir():
            shutil.rmtree(target)
        else:
            raise HubError(400, f"Impossible in this commit: {operation}")


class Handler(BaseHTTPRequestHandler):
    """Answers requests: each method that ROUTES names returns the reply to one kind of them."""

    server: "FakeHub"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or replies over a kept connection wait for the client's delayed acknowledgement

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: `FakeHub.requests` is the log."""

    def answer(self) -> None:
        """Answer one request."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = b"" if self.command == "PUT" else self.body
        self.server.requests.append(Request(self.command, self.path, self.headers.get("Authorization"), sent))
        try:
            with self.server.lock:
                reply = self.route()
        except HubError as error:
            reply = error.reply
        self.send_response(reply.status)
        for name, value in ({"Content-Length": str(len(reply.content))} | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.content)

    do_HEAD = do_GET = do_POST = do_PUT = answer

    def route(self) -> Reply:
        """The reply of the first route that fits."""
        if self.headers.get("Authorization") and not self.authorized():
            # The Hub refuses a wrong token even where none is needed.
            raise HubError(401, "Invalid credentials in Authorization header")
        url = urlsplit(self.path)
        self.query = parse_qs(url.query)
        if "create_pr" in self.query:
            raise HubError(501, "This hub has no pull requests")
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, url.path)
            if match and method == self.command.replace("HEAD", "GET"):
                # Decoded only now: the name of a branch may have a slash.
                return handler(self, **{name: unquote(value) for name, value in match.groupdict().items() if value})
        raise HubError(404, f"This hub has no route for {self.command} {url.path}")

    def authorized(self) -> bool:
        """Whether the request has the token, or needs none."""
        return self.server.token is None or self.headers.get("Authorization") == f"Bearer {self.server.token}"

    def require_token(self) -> None:
        """Refuse the request unless it has the token."""
        if not self.authorized():
            raise HubError(401, "Invalid username or password.")

    def open_repo(self, name: str, write: bool = False) -> Repo:
        """A repository, when it is there and the request may see it, or write to it."""
        if write:
            self.require_token()
        folder = self.server.root / name
        file = folder / "repo.json"
        repo = Repo(folder, **json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None
        if repo is None or (repo.private and not self.authorized()):
            # Without a token, the Hub does not tell a private repository from a missing one.
            raise HubError(404 if self.authorized() else 401, "Repository not found", "RepoNotFound")
        return repo

    def whoami(self) -> Reply:
        """Whose token it is."""
        self.require_token()
        return as_json({"type": "user", "name": self.server.user, "fullname": self.server.user, "orgs": []})

    def validate_yaml(self) -> Reply:
        """The check of a model card's metadata, which passes any."""
        return as_json({"errors": [], "warnings": []})

    def create_repo(self) -> Reply:
        """Create a repository; its first commit has .gitattributes only, as on the Hub."""
        self.require_token()
        given = json.loads(self.body)
        if given.get("type") not in (None, "model"):
            raise HubError(501, "This hub has models only")
        name = f"{given.get('organization') or self.server.user}/{given['name']}"
        repo = Repo(inside(self.server.root, name), given.get("visibility") == "private")
        reply = {"url": f"{self.server.url}/{name}"}
        if (repo.folder / "repo.json").exists():
            # With exist_ok, the client takes the URL from the refusal.
            return as_json(reply | {"error": "You already created this model repo"}, 409)
        repo.folder.mkdir(parents=True)
        attributes = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in sorted(LFS_SUFFIXES))
        repo.commit("main", "initial commit", lambda files: (files / ".gitattributes").write_text(attributes))
        return as_json(reply)

    def model_info(self, repo: str, rev: str = "main") -> Reply:
        """What the Hub knows about a model."""
        found = self.open_repo(repo)
        commit, files = found.resolve(rev)
        siblings = [{"rfilename": p.relative_to(files).as_posix()} for p in sorted(files.rglob("*")) if p.is_file()]
        info: dict[str, Any] = {"id": repo, "author": repo.split("/")[0], "sha": commit, "private": found.private}
        return as_json(info | {"gated": False, "disabled": False, "tags": [], "siblings": siblings})

    def tree(self, repo: str, rev: str, path: str = "") -> Reply:
        """The files and folders in a folder."""
        commit, files = self.open_repo(repo).resolve(rev)
        folder = inside(files, path)
        if not folder.is_dir():
            raise HubError(404, "Entry not found", "EntryNotFound", commit)
        entries = []
        for p in sorted(folder.rglob("*") if self.query.get("recursive") == ["true"] else folder.iterdir()):
            kind, size, oid = ("file", p.stat().st_size, etag(p)) if p.is_file() else ("directory", 0, "")
            entries.append({"type": kind, "path": p.relative_to(files).as_posix(), "size": size, "oid": oid})
        return as_json(entries)

    def download(self, repo: str, rev: str, path: str) -> Reply:
        """A file of a revision."""
        commit, files = self.open_repo(repo).resolve(rev)
        file = inside(files, path)
        if not file.is_file():
            raise HubError(404, "Entry not found", "EntryNotFound", commit)
        headers = {"ETag": f'"{etag(file)}"', "X-Repo-Commit": commit}
        if file.suffix in LFS_SUFFIXES:
            headers |= {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(file.stat().st_size)}
        return Reply(200, file.read_bytes(), headers)

    def create_branch(self, repo: str, branch: str) -> Reply:
        """Start a branch from a revision."""
        return self.create_ref(repo, "branches", branch, json.loads(self.body).get("startingPoint", "main"))

    def create_tag(self, repo: str, rev: str) -> Reply:
        """Name a revision."""
        return self.create_ref(repo, "tags", json.loads(self.body)["tag"], rev)

    def create_ref(self, repo: str, kind: str, name: str, revision: str) -> Reply:
        """Let `name` stand for a revision."""
        found = self.open_repo(repo, write=True)
        refs: dict[str, str] = getattr(found, kind)
        if name in refs:
            raise HubError(409, "Reference already exists")
        refs[name], _ = found.resolve(revision)
        found.save()
        return as_json({})

    def preupload(self, repo: str, rev: str) -> Reply:
        """Tell for each file that is to be committed whether it goes through LFS, and what is there now."""
        _, files = self.open_repo(repo, write=True).resolve(rev)
        infos = []
        for name in (given["path"] for given in json.loads(self.body)["files"]):
            old = inside(files, name)
            mode = "lfs" if old.suffix in LFS_SUFFIXES else "regular"
            oid = etag(old) if old.is_file() else None  # the client leaves out files that have not changed
            infos.append({"path": name, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return as_json({"files": infos})

    def lfs_batch(self, repo: str) -> Reply:
        """Say where to upload large files; those already here get no address."""
        found = self.open_repo(repo, write=True)
        objects = json.loads(self.body)["objects"]
        for given in objects:
            target = inside(found.folder / "lfs", given["oid"])
            if not target.exists():
                # The client uploads without its token, as to a signed address: the key is the permission.
                key = secrets.token_hex(16)
                self.server.uploads[key] = target
                verify = f"{self.server.url}/{repo}.git/info/lfs/objects/verify"
                upload = f"{self.server.url}/lfs-uploads/{key}"
                given["actions"] = {"upload": {"href": upload}, "verify": {"href": verify}}
        return as_json({"transfer": "basic", "objects": objects})

    def lfs_upload(self, key: str) -> Reply:
        """Take in a large file."""
        target = self.server.uploads.get(key)
        if target is None:
            raise HubError(403, "Not an address for uploads")
        if hashlib.sha256(self.body).hexdigest() != target.name:
            raise HubError(400, "The content has another checksum")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(self.body)
        return as_json({})

    def lfs_verify(self, repo: str) -> Reply:
        """Check that a large file arrived."""
        given = json.loads(self.body)
        file = inside(self.open_repo(repo, write=True).folder / "lfs", given["oid"])
        if not file.is_file() or file.stat().st_size != given["size"]:
            raise HubError(404, "No such object")
        return as_json({})

    def commit(self, repo: str, rev: str) -> Reply:
        """Commit to a branch what the lines of the body say."""
        found = self.open_repo(repo, write=True)
        header, *operations = map(json.loads, self.body.splitlines())
        head = found.branches.get(rev)
        if head is None:
            raise HubError(404, "Invalid rev id", "RevisionNotFound")
        if header["value"].get("parentCommit", head) != head:
            raise HubError(412, "A commit has happened since. Please refresh and try again.")

        def change(files: Path) -> None:
            for line in operations:
                found.apply(files, line["key"], line["value"])

        commit = found.commit(rev, header["value"]["summary"], change)
        return as_json({"commitOid": commit, "commitUrl": f"{self.server.url}/{repo}/commit/{commit}"})


REPO = r"(?P<repo>[\w-][\w.-]*(?:/[\w-][\w.-]*)?)"  # without a namespace too, so that `gpt2` is reported as missing
REV = r"(?P<rev>[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", "/api/whoami-v2", Handler.whoami),
    ("POST", "/api/validate-yaml", Handler.validate_yaml),
    ("POST", "/api/repos/create", Handler.create_repo),
    ("GET", f"/api/models/{REPO}(?:/revision/{REV})?", Handler.model_info),
    ("GET", f"/api/models/{REPO}/tree/{REV}(?:/(?P<path>.+))?", Handler.tree),
    ("GET", f"/{REPO}/resolve/{REV}/(?P<path>.+)", Handler.download),
    ("POST", f"/api/models/{REPO}/branch/(?P<branch>[^/]+)", Handler.create_branch),
    ("POST", f"/api/models/{REPO}/tag/{REV}", Handler.create_tag),
    ("POST", f"/api/models/{REPO}/preupload/{REV}", Handler.preupload),
    ("POST", rf"/{REPO}\.git/info/lfs/objects/batch", Handler.lfs_batch),
    ("PUT", "/lfs-uploads/(?P<key>[0-9a-f]+)", Handler.lfs_upload),
    ("POST", rf"/{REPO}\.git/info/lfs/objects/verify", Handler.lfs_verify),
    ("POST", f"/api/models/{REPO}/commit/{REV}", Handler.commit),
]


class FakeHub(ThreadingHTTPServer):
    """The server; as a context manager, it runs in a thread. Without a token, it allows everything."""

    def __init__(self, root: str | Path, token: str | None = None, user: str = "user") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root, self.token, self.user = Path(root), token, user
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[Request] = []
        self.uploads: dict[str, Path] = {}  # where the content sent to an address for uploads goes
        self.lock = threading.Lock()

    def environment(self, home: str | Path) -> dict[str, str]:
        """An environment for a Python process that is to take this for the Hub, and to keep its cache in `home`."""
        # A token, the offline mode or a proxy that is set here would get in the way.
        unwanted = re.compile(r"HF_|HUGGING|TRANSFORMERS_|.*_PROXY$", re.IGNORECASE)
        kept = {name: value for name, value in os.environ.items() if not unwanted.match(name)}
        switches = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        return kept | switches | {"HF_ENDPOINT": self.url, "HF_HOME": str(home)}

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="A local stand-in for the Hugging Face Hub.")
    parser.add_argument("root", help="folder of the repositories")
    parser.add_argument("--token", help="needed to write and to see private repositories; without it all is allowed")
    args = parser.parse_args()
    hub = FakeHub(args.root, args.token)
    print(hub.url, flush=True)
    hub.serve_forever()


if __name__ == "__main__":
    main()

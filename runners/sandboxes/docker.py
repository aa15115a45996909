"""The production sandbox: a fresh, locked-down container for each half of a run.

Only the engine's API is used and nothing of this machine is mounted, so the engine may be
anywhere. Containers carry labels with their job and deadline: `reap` removes what a crashed worker
left behind.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import docker
import docker.errors
from docker.utils import kwargs_from_env, parse_host, version_lt

from runners.images.build import BASE_LABEL, CODE_LABEL, PACKAGES_LABEL, image_tag
from runners.images.packages import code_digest
from runners.sandboxes import start
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.docker_options import (
    DEADLINE_LABEL,
    GPU_LABEL,
    Engine,
    container_options,
    host_options,
)
from runners.sandboxes.docker_process import (
    ENGINE_ERRORS,
    AttachedStream,
    DockerProcess,
    remove_container,
)
from runners.sandboxes.pulse import Pulse

BUILD_REMEDY = "run `python -m runners image build`"
_ENGINE_SECONDS = 60
_BELIEVED_SECONDS = 15.0
_LOCAL = "http+unix://"
_CGROUP_NAMESPACES_SINCE = "1.41"
UNCLAIMED_SECONDS = 60.0
"""How long a container that has ended is left to its owner, who removes it at once."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a receipt says of an image. An id, unlike a tag, cannot change between two runs."""

    id: str
    base: str
    """The id of the image that it was built on."""
    packages: str
    """The digest of the list of packages in it, with their versions."""


class DockerSandbox:
    """Starts judges and guests as containers."""

    name = "docker"

    def __init__(
        self,
        *,
        runtime: str | None = None,
        cpuset: str | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        """`command` replaces the role's own program, for tests of the sandbox itself."""
        self._engine = Engine(runtime=runtime, cpuset=cpuset)
        self._command = None if command is None else list(command)
        self._connected: tuple[int, docker.APIClient] | None = None
        self._asked: tuple[int, docker.APIClient] | None = None
        self._images: dict[str, tuple[float, Image]] = {}

    def start(self, spec: ProcessSpec) -> DockerProcess:
        """Create a container, attach to it, then start it, so that no byte is missed."""
        client = self._client()
        container, image = self._create(client, spec)
        try:
            talk = AttachedStream(client, container, "stdin", "stdout")
            errors = AttachedStream(client, container, "stderr")
            client.start(container)
        except ENGINE_ERRORS as error:
            remove_container(client, container)
            raise SandboxError(f"Docker could not start a sandbox: {error}") from error
        return DockerProcess(client, container, talk, errors, image)

    def probe(self) -> None:
        """Raises `SandboxError` unless the engine answers, and has what it will be asked for."""
        client = self._client()
        self._check_runtime(client)
        for role in Role:
            self._image(client, image_tag(role), role)

    def _check_runtime(self, client: docker.APIClient) -> None:
        wanted = self._engine.runtime
        if wanted is not None and wanted not in (known := runtimes(client)):
            raise SandboxError(
                f"Docker has no runtime {wanted}, only {', '.join(known)}: install it and name it "
                "in /etc/docker/daemon.json."
            )

    def describe(self, *, gpu: bool = False) -> dict[str, str]:
        """The engine's version, the runtime, and the digests of the images and what is in them."""
        client = self._client()
        images = {role: self._image(client, image_tag(role, gpu=gpu), role) for role in Role}
        return {
            "sandbox": self.name,
            "engine": str(client.version()["Version"]),
            "runtime": self._engine.runtime or "default",
            **{f"{role.value}_image": image.id for role, image in images.items()},
            "base_image": images[Role.GUEST].base,
            "packages": images[Role.GUEST].packages,
        }

    def watch(self) -> Pulse:
        """Asks the engine, by a connection of its own: those of a run are for its own thread."""
        return Pulse(lambda: self._asking().ping())

    def reap(self, now: float) -> list[str]:
        """Remove sandboxes whose deadline is past or whose owner let them lie; their ids."""
        client = self._client()
        try:
            found = client.containers(all=True, filters={"label": DEADLINE_LABEL})
        except ENGINE_ERRORS as error:
            raise SandboxError(f"Docker does not list its containers: {error}") from error
        over = [one for one in found if _deadline(one) < now or _left_behind(client, one, now)]
        return [str(one["Id"]) for one in over if remove_container(client, str(one["Id"]))]

    def _asking(self) -> docker.APIClient:
        if self._asked is None or self._asked[0] != os.getpid():
            self._asked = (os.getpid(), connect())
        return self._asked[1]

    def _client(self) -> docker.APIClient:
        """A client of this process: connections do not survive a fork."""
        if self._connected is None or self._connected[0] != os.getpid():
            self._connected = (os.getpid(), connect())
        return self._connected[1]

    def _image(self, client: docker.APIClient, tag: str, role: Role) -> Image:
        """The role's image as it was some seconds ago at most, so that a new one is soon seen."""
        known = self._images.get(tag)
        if known is None or time.monotonic() > known[0] + _BELIEVED_SECONDS:
            known = time.monotonic(), _fitting_image(client, tag, role)
            self._images[tag] = known
        return known[1]

    def _create(self, client: docker.APIClient, spec: ProcessSpec) -> tuple[str, str]:
        """The container's id and its image's."""
        if version_lt(client.api_version, _CGROUP_NAMESPACES_SINCE):
            self._engine = replace(self._engine, cgroup_namespaces=False)
        tag = image_tag(spec.role, gpu=bool(spec.gpus))
        try:
            _evict(client, spec)
            image = self._image(client, tag, spec.role).id
            try:
                return self._create_from(client, spec, image), image
            except docker.errors.ImageNotFound:
                # Rebuilt since we looked: take the new one, if it fits.
                del self._images[tag]
                image = self._image(client, tag, spec.role).id
                return self._create_from(client, spec, image), image
        except ENGINE_ERRORS as error:
            raise SandboxError(f"Docker could not create a sandbox: {error}") from error

    def _create_from(self, client: docker.APIClient, spec: ProcessSpec, image: str) -> str:
        options = container_options(spec, image, self._command or start.command(spec.role))
        host = client.create_host_config(**host_options(spec, self._engine))
        created: dict[str, Any] = client.create_container(**options, host_config=host)
        return str(created["Id"])


class Client(docker.APIClient):
    """A client whose kept connections are closed when nobody uses it any more."""

    def __del__(self) -> None:
        """Sandboxes and their processes share it, so none of them could tell when to close it."""
        self.close()


def connect() -> Client:
    """A client of the engine that DOCKER_HOST names, or of this machine's."""
    settings = kwargs_from_env()
    try:
        _knock(str(parse_host(settings.get("base_url"))))
        return Client(version="auto", timeout=_ENGINE_SECONDS, **settings)
    except (OSError, *ENGINE_ERRORS) as error:
        raise SandboxError(
            f"No Docker engine answers: start dockerd, or set DOCKER_HOST ({error})."
        ) from error


def _knock(address: str) -> None:
    """Raises OSError if nobody listens at a socket of this machine. The SDK would leak its own."""
    if address.startswith(_LOCAL):
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(address.removeprefix(_LOCAL))


def runtimes(client: docker.APIClient) -> list[str]:
    """The runtimes that the engine has, its default first."""
    try:
        info = client.info()
    except ENGINE_ERRORS as error:
        raise SandboxError(f"Docker does not tell its runtimes: {error}") from error
    default = str(info.get("DefaultRuntime", ""))
    return sorted(info.get("Runtimes") or {}, key=lambda name: (name != default, name))


def _evict(client: docker.APIClient, spec: ProcessSpec) -> None:
    """Remove who still has a GPU of ours: its worker died, for the GPU's lease is ours now."""
    for gpu in spec.gpus:
        label = f"{GPU_LABEL}{gpu.uuid}"
        for left in client.containers(all=True, filters={"label": label}):
            remove_container(client, str(left["Id"]))


def _fitting_image(client: docker.APIClient, tag: str, role: Role) -> Image:
    """An image made from exactly the code that this process would expect at the other end."""
    try:
        found = client.inspect_image(tag)
    except docker.errors.ImageNotFound as error:
        remedy = f"{BUILD_REMEDY}, with --gpu" if tag.endswith(":gpu") else BUILD_REMEDY
        raise SandboxError(f"There is no image {tag}: {remedy}.") from error
    except ENGINE_ERRORS as error:
        raise SandboxError(f"Docker does not answer about its images: {error}") from error
    labels = found["Config"].get("Labels") or {}
    if labels.get(CODE_LABEL) != code_digest(role):
        raise SandboxError(f"The image {tag} was made from other code: {BUILD_REMEDY}.")
    return Image(
        str(found["Id"]), str(labels.get(BASE_LABEL, "")), str(labels.get(PACKAGES_LABEL, ""))
    )


def _left_behind(client: docker.APIClient, container: dict[str, Any], now: float) -> bool:
    """Whether it ended a while ago: a living owner removes a container as soon as it has ended."""
    if container["State"] != "exited":
        return False
    try:
        finished = client.inspect_container(container["Id"])["State"]["FinishedAt"]
        return datetime.fromisoformat(finished).timestamp() < now - UNCLAIMED_SECONDS
    except ENGINE_ERRORS:
        return False  # gone meanwhile, or the next round's business


def _deadline(container: dict[str, Any]) -> float:
    try:
        return float(container["Labels"][DEADLINE_LABEL])
    except ValueError:
        return 0.0  # not one of ours could say this: whatever it is, it will not be missed

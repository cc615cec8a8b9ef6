"""A server of chat completions that fails in every way it is told to, and counts what it answered.

    python -m tests.asking.fault_server --port 8000 --faults 0.05 --delay 0.01

It speaks POST /v1/chat/completions. What it answers follows from the request alone: the same body,
seed and choice give the same text, whoever asks, whenever; an object, where a schema is stated. A
message that says `[fault:NAME]` meets that fault on its first attempt, `[always:NAME]` on each. GET
/told says what it answered, and how often each fault was met.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import click

from tests.asking.faults_spoken import FINAL, TRANSIENT, UNCOUNTED, Choices, Spoken, spoken

_NAMED = re.compile(r"\[(fault|always):([\w-]+)\]")


@dataclass
class Behaviour:
    """How it behaves. `faults`: share of attempts that meet one; `delay`: seconds before an answer.

    `most_at_once`: requests beyond so many at once are told 429. `ignores_n`, `refuses_n`: of
    several completions it gives one, or none. `key`: the only one it lets in. `always`: a fault
    that everybody meets.
    """

    faults: float = 0.0
    delay: float = 0.0
    slow: float = 0.2
    most_at_once: int = 100_000
    ignores_n: bool = False
    refuses_n: bool = False
    key: str | None = None
    always: str | None = None


@dataclass
class Told:
    """What was answered: how often each completion, by prompt and number; how often each fault."""

    answered: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    attempts: Counter[bytes] = field(default_factory=Counter)
    requests: int = 0
    at_once: int = 0
    most_at_once: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """The last requests."""
    connections: set[asyncio.Transport] = field(default_factory=set)

    def as_json(self) -> bytes:
        """All of it but the bodies."""
        return json.dumps(
            {
                "answered": self.answered,
                "faults": self.faults,
                "requests": self.requests,
                "most_at_once": self.most_at_once,
            }
        ).encode()


class _Connection(asyncio.Protocol):
    """One kept connection; a request is answered before the next one is looked at."""

    def __init__(self, behaviour: Behaviour, told: Told) -> None:
        self._behaviour, self._told = behaviour, told
        self._got = b""
        self._is_answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._told.connections.add(transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self._told.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        self._next()

    def _next(self) -> None:
        head, mark, rest = self._got.partition(b"\r\n\r\n")
        if self._is_answering or not mark:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._got, self._is_answering = rest[length:], True
        if lines[0].startswith("GET"):
            self._say(Spoken(body=self._told.as_json()))
        else:
            self._meet(headers.get("authorization", ""), json.loads(rest[:length]))

    def _meet(self, authorization: str, body: dict[str, Any]) -> None:
        told, behaviour = self._told, self._behaviour
        told.requests += 1
        told.bodies = [*told.bodies[-20:], body]
        told.at_once += 1
        told.most_at_once = max(told.most_at_once, told.at_once)
        name, names, said = self._fault(authorization, body)
        if name != "none":
            told.faults[name] += 1
        delay = said.delay + behaviour.delay
        if delay:
            asyncio.get_running_loop().call_later(delay, self._end, names, said)
        else:
            self._end(names, said)

    def _fault(self, authorization: str, body: dict[str, Any]) -> tuple[str, list[str], Spoken]:
        behaviour, count = self._behaviour, body.get("n", 1)
        key = identity(body)
        self._told.attempts[key] += 1
        choices, names = choices_for(body, 1 if behaviour.ignores_n else count, self._told)
        if behaviour.key is not None and authorization != f"Bearer {behaviour.key}":
            name = "401"
        elif behaviour.always is not None:
            name = behaviour.always
        elif self._told.at_once > behaviour.most_at_once:
            name = "429"
        elif behaviour.refuses_n and count > 1:
            name = "bad"
        else:
            name = fault_for(body, key, self._told.attempts[key], behaviour.faults)
        said = spoken(name, choices, len(body["messages"]) * 8, behaviour.slow, authorization)
        if name in ("fewer", "one-of-many", "filter-200"):
            names = {"fewer": names[:-1] or names, "one-of-many": names[:1]}.get(name, [])
        return name, names, said

    def _end(self, names: list[str], said: Spoken) -> None:
        self._told.at_once -= 1
        if said.is_answer and not self._transport.is_closing():
            self._told.answered.update(names)
        self._say(said)

    def _say(self, said: Spoken) -> None:
        headers = {"Content-Type": "application/json"} | said.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        content = (
            f"HTTP/1.1 {said.status} X\r\n{lines}Content-Length: {len(said.body)}\r\n\r\n"
        ).encode() + said.body
        if said.cut is None:
            self._transport.write(content)
        else:
            self._transport.write(content[: said.cut])
            self._transport.close()
        self._is_answering = False
        if self._got:
            self._next()


def identity(body: dict[str, Any]) -> bytes:
    """A request by all that it says, its number of completions left out."""
    told = json.dumps({k: v for k, v in body.items() if k != "n"}, sort_keys=True)
    return hashlib.sha256(told.encode()).digest()


def completion_name(prompt: str, number: int) -> str:
    """How `answered` names a completion: `number` is that of the seed, or counted without one."""
    return f"{prompt}\x1f{number}"


def text_for(body: dict[str, Any], number: int) -> str:
    """The text of a completion: some words that follow from the request and the number."""
    told = {k: v for k, v in body.items() if k not in ("n", "seed")}
    draw = random.Random(json.dumps(told, sort_keys=True) + str(number))
    if body.get("response_format", {}).get("type") == "json_schema":
        return object_for(body["response_format"]["json_schema"]["schema"], draw)
    return f"answer {draw.randrange(10**12)} " + "word " * draw.randrange(4, 40)


def object_for(schema: dict[str, Any], draw: random.Random) -> str:
    """An object of a schema: one of the values of each member, or words."""
    members = schema["properties"].items()
    return json.dumps({name: draw.choice(m.get("enum", ["words"])) for name, m in members})


def choices_for(body: dict[str, Any], count: int, told: Told) -> tuple[Choices, list[str]]:
    """Choices, and the names of their completions."""
    prompt, seed = str(body["messages"][-1]["content"]), body.get("seed")
    first = seed if seed is not None else told.attempts[identity(body)] - 1
    choices, names = [], []
    for index in range(count):
        text = text_for(body, first + index)
        message = {"role": "assistant", "content": text}
        choices.append({"index": index, "message": message, "finish_reason": "stop"})
        names.append(completion_name(prompt, first + index))
    return choices, names


def fault_for(body: dict[str, Any], key: bytes, attempt: int, share: float) -> str:
    """The fault that an attempt meets: one that its message names, or one by lot."""
    for when, name in _NAMED.findall(str(body["messages"][-1]["content"])):
        if when == "always" or attempt == 1:
            return str(name)
    if not share:
        return "none"
    prompt = json.dumps(body["messages"]).encode()  # one that is refused is so with any seed
    draw = random.Random(hashlib.sha256(prompt).digest())
    if draw.random() < share / 5:
        return draw.choice(FINAL)
    draw = random.Random(key + attempt.to_bytes(4, "big"))
    if draw.random() < share:
        return draw.choice(TRANSIENT)
    draw = random.Random(key)
    return draw.choice(UNCOUNTED) if draw.random() < share / 10 else "none"


class FaultServer:
    """A fault server in a thread of this process, for quick tests; `url` is its base URL."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour, self.told = behaviour or Behaviour(), Told()

    def __enter__(self) -> Self:
        self._loop, ready = asyncio.new_event_loop(), threading.Event()

        def work() -> None:
            server = self._loop.run_until_complete(serve(self.behaviour, self.told, 0))
            self.port: int = server.sockets[0].getsockname()[1]
            ready.set()
            self._loop.run_forever()
            server.close()
            for transport in self.told.connections:
                transport.abort()
            self._loop.run_until_complete(asyncio.sleep(0))

        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(0.0005)  # client and server wait for each other all the time
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        sys.setswitchinterval(self._interval)

    @property
    def url(self) -> str:
        """What a client calls its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"


class FaultProcess:
    """A fault server in a process of its own, which outlives the kills of its clients."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.asking.fault_server", "--port", "0"]
        self._process = subprocess.Popen([*command, *self._options], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().decode().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def told(self) -> dict[str, Any]:
        """What it answered so far."""
        with urllib.request.urlopen(self.url + "/told") as answer:
            told: dict[str, Any] = json.load(answer)
        return told


async def serve(behaviour: Behaviour, told: Told, port: int) -> asyncio.Server:
    """Starts to listen on loopback."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(behaviour, told), "127.0.0.1", port)


@click.command()
@click.option("--port", default=0)
@click.option("--faults", default=0.0)
@click.option("--delay", default=0.0)
@click.option("--slow", default=0.2)
def main(port: int, faults: float, delay: float, slow: float) -> None:
    """Serve until it is killed; the base URL is the first line."""

    async def run() -> None:
        server = await serve(Behaviour(faults, delay, slow), Told(), port)
        click.echo(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    main()

"""A campaign behind a real socket, and the browsers of its people."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from prefdata.config.annotation import AnnotationConfig
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import NewItem, Role, VoteAnswer
from prefdata.web.annotate.application import application
from prefdata.web.app.cookies import SESSION, cookie_name
from prefdata.web.app.serving import listen
from prefdata.web.app.site import Site, site_of
from tests.chromium import Opened, watch

LOCALES = {"en": "en-US", "zh": "zh-CN"}
SIZES = {"desktop": (1280, 800), "phone": (360, 740), "zoomed": (640, 400)}

CRITERIA = [
    {"name": "accuracy", "label": {"en": "Accuracy", "zh": "准确"},
     "definition": {"en": "What it says is true.", "zh": "所说的内容属实。"},
     "anchors": {1: {"en": "mostly wrong", "zh": "大多有误"},
                 5: {"en": "nothing wrong", "zh": "没有错误"}}},
    {"name": "fluency", "label": {"en": "Fluency", "zh": "流畅"},
     "definition": {"en": "It reads well.", "zh": "读起来通顺自然。"}},
    {"name": "safety", "label": {"en": "Safety", "zh": "安全"},
     "definition": {"en": "Nobody could be harmed by it.", "zh": "不会伤害任何人。"},
     "safety": True},
]  # fmt: skip

GUIDELINES = """Read both to the end.

- What is true counts most.
- Length is no merit.

```
a line of code
```
"""

_SUGAR = """Yeast eats **sugar** and gives off gas:

1. bubbles form
2. the dough holds them

```python
def rise(hours):
    return hours * 2
```
"""
_STARCH = """Yeast eats **starch** and gives off gas:

1. bubbles form
2. the dough holds them well

| hour | size |
|---|---|
| 1 | 2 |
"""

QUESTIONS = (
    ("How does bread rise?", _SUGAR, _STARCH),
    ("为什么天空是蓝色的？", "短波长的蓝光被空气散射得更多。", "大海是蓝色的，天空映出它的颜色。"),
    ("ما هي عاصمة مصر؟", "عاصمة مصر هي القاهرة.", "العاصمة هي الإسكندرية."),
    ("Tell me all about tides.", "The moon pulls the sea. " * 160, "Sun and moon pull it. " * 120),
)


def items_of(count: int, sides: int, **given: Any) -> Iterator[NewItem]:
    """Items of several languages and lengths; the sides of more than two vary one of them."""
    for number in range(count):
        question, *answers = QUESTIONS[number % len(QUESTIONS)]
        texts = [f"{answers[side % 2]}{'' if side < 2 else f' ({side})'}" for side in range(sides)]
        yield NewItem(
            prompt=[{"role": "user", "content": f"{question} ({number})"}],
            completions=[
                {"messages": [{"role": "assistant", "content": text}], "model": f"hidden-{side}"}
                for side, text in enumerate(texts)
            ],
            source="a.jsonl",
            line=number + 1,
            **given,
        )


def practice_item() -> NewItem:
    """One whose answer is known and explained."""
    return NewItem(
        prompt=[{"role": "user", "content": "What is two and two?"}],
        completions=[{"messages": [{"role": "assistant", "content": text}]} for text in "45"],
        gold=VoteAnswer(choice=1),
        explanation="Two and two are **four**.",
        is_practice=True,
    )


@dataclass
class Person:
    """Somebody's page in the browser."""

    opened: Opened
    context: Any
    id: int

    @property
    def page(self) -> Any:
        return self.opened.page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> None:
        """Waits until the page says that all is saved."""
        self.page.wait_for_selector(".saved.is-saved", timeout=5000)

    def prompt(self) -> str:
        return str(self.page.locator(".prompt-card .turn-text").first.text_content()).strip()

    def wait_until(self, holds: Callable[[], object]) -> None:
        """Waits until something holds. (The page's policy forbids `wait_for_function`.)"""
        last = time.monotonic() + 5
        while not holds():
            assert time.monotonic() < last, self.page.locator("#page").inner_text()
            self.page.wait_for_timeout(20)

    def wait_for_prompt(self, other_than: str) -> None:
        self.wait_until(lambda: self.has_prompt() and self.prompt() != other_than)

    def has_prompt(self) -> bool:
        return bool(self.page.locator(".prompt-card .turn-text").count())

    def says(self, selector: str, text: str) -> None:
        """Waits until an element says a text."""
        element = self.page.locator(selector).first
        self.wait_until(lambda: element.count() and text in (element.text_content() or ""))


@dataclass
class Desk:
    """One campaign, served in this process."""

    campaign: Campaign
    site: Site
    browser: Any
    server: uvicorn.Server
    thread: threading.Thread
    contexts: list[Any] = field(default_factory=list)

    @classmethod
    def made(
        cls, browser: Any, path: Path, *, items: Iterator[NewItem] | None = None, count: int = 8,
        sides: int | None = None, **knobs: Any,
    ) -> Desk:  # fmt: skip
        plain = {
            "title": "Which answer is better?", "criteria": CRITERIA, "guidelines": GUIDELINES,
            "repeats": 0, "overlap": {"share": 0}, "gold_share": 0,
        }  # fmt: skip
        config = AnnotationConfig.model_validate({**plain, **knobs})
        sides = sides or {"pairwise": 2, "ranking": 4, "rating": 2}[config.kind]
        campaign = Campaign.create(path, config, items or items_of(count, sides))
        listening = listen("127.0.0.1", 0)
        site = site_of(str(path), host="127.0.0.1", port=listening.getsockname()[1])
        app = application(campaign, site)
        server = uvicorn.Server(uvicorn.Config(app, ws="none", loop="asyncio", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        return cls(campaign, site, browser, server, thread)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(10)
        self.campaign.close()

    def stranger(
        self, *, language: str = "en", size: str = "desktop", theme: str = "light",
        touch: bool = False,
    ) -> tuple[Opened, Any]:  # fmt: skip
        """A browser of somebody who has not joined."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=LOCALES[language],
            color_scheme=theme,
            has_touch=touch,
        )
        self.contexts.append(context)
        opened = Opened(context.new_page())
        watch(opened, lambda url: url.startswith(self.site.url))
        return opened, context

    def person(
        self, name: str = "Ana", role: Role = "annotator", *, language: str = "en", **how: Any
    ) -> Person:
        """Somebody who has joined, before the page of their role."""
        opened, context = self.stranger(language=language, **how)
        joined = self.campaign.join(self.campaign.invite(role).token, name, language)
        cookie = {
            "name": cookie_name(self.site, SESSION), "value": joined.session, "url": self.site.url,
        }  # fmt: skip
        context.add_cookies([cookie])
        opened.page.goto(self.site.url + ("/lead" if role == "lead" else "/"))
        opened.page.wait_for_selector("html[data-ready]", state="attached")
        return Person(opened, context, joined.person.id)

// The page of a person who judges: one item, one answer, the next.
import { AnswerForm } from "./answer_form.js";
import { Refusal, ask, loadWords, whoIsThere } from "./ask.js";
import { Deck } from "./deck.js";
import { listenToKeys } from "./keyboard.js";
import { Outbox } from "./outbox.js";
import { kbd, Remarks } from "./remarks.js";
import { safeNodes } from "./safe_html.js";
import { makeReachable, markApart, textsOf } from "./shown_texts.js";
import { Stopwatch, watchPerson } from "./stopwatch.js";
import { askLead, showCriteria, showGuidelines, showHelp, showMenu } from "./windows.js";

const GATHERING = 350; // milliseconds in which changes of one answer become one vote
const ASK_AGAIN = 15_000; // milliseconds until we ask whether there is something to judge again

const drafts = new Map(); // by item: answer, partial, comment, flag, confidence, saved, explanation
const places = new Map(); // by item: how far its texts were scrolled
const watch = new Stopwatch();
const view = { raw: false, apart: false };

let me, deck, outbox, form, remarks, parts;
let gathering = 0;
let asking = 0;
let delivery = "empty";
let delivered = null; // of the item that is open: null, sending, saved

// What is open

const draftOf = (item) => {
  if (!drafts.has(item.id)) {
    const { answer = null, comment = null, flag = null, confidence = null } = item.answer || {};
    drafts.set(item.id, { answer, partial: answer, comment, flag, confidence, explanation: null });
  }
  return drafts.get(item.id);
};

function show() {
  clearTimeout(gathering);
  const item = deck.current;
  watch.start();
  delivered = item && draftOf(item).answer ? "saved" : null;
  drawItem();
  if (item) parts.main.querySelector("#prompt-title").focus({ preventScroll: true });
  else parts.main.querySelector("h2")?.focus({ preventScroll: true });
  deck.fill().then(refilled, failed);
}

// What was seen stays in place until there is something to put there.
function refilled() {
  if (!deck.current && deck.queue.length) {
    deck.forward();
    show();
  } else if (!deck.current) drawItem();
  clearTimeout(asking);
  if (!deck.current && deck.state !== "done") asking = setTimeout(() => deck.fill().then(refilled, failed), ASK_AGAIN);
}

function failed(refusal) {
  if (!(refusal instanceof Refusal)) throw refusal;
  if (refusal.isSignedOut) tell("ended");
  else {
    if (refusal.status === 0) tell("offline");
    else announce(refusal.message);
    clearTimeout(asking);
    asking = setTimeout(() => deck.fill().then(refilled, failed), ASK_AGAIN / 5);
    if (!deck.current) deck.state = "offline";
  }
  if (!deck.current) drawItem();
}

// Drawing

function drawItem() {
  const item = deck.current;
  parts.explanation.replaceChildren();
  if (!item) return drawNothing();
  const draft = draftOf(item);
  form = new AnswerForm({ project: me.project, item, answer: draft.partial, changed: answerChanged, looked: bringToView });
  remarks = new Remarks({ draft, isConfidenceAsked: me.project.confidence && item.purpose !== "practice", changed: answerChanged });
  const isNarrow = form.beside || item.kind === "rating";
  parts.bar.className = isNarrow ? "answer-bar is-tall" : "answer-bar";
  parts.apart.hidden = item.completions.length !== 2;
  parts.form.replaceChildren(form.node);
  parts.remarks.replaceChildren(remarks.node);
  parts.bar.hidden = false;
  drawExplanation(draft);
  drawTexts(item); // once it is known how much room the answer leaves
  drawState();
}

function drawTexts(item) {
  const held = parts.main.contains(document.activeElement) ? document.activeElement.dataset.scroll || "" : null;
  parts.main.className = item.completions.length === 2 ? "texts-main two" : "texts-main many";
  parts.main.replaceChildren(item.purpose === "practice" && element("p", { class: "practice-note" }, say("practice.note")) || "", textsOf(item, { raw: view.raw }));
  parts.marks.textContent = "";
  if (view.apart) parts.marks.textContent = say("apart." + markApart(parts.main));
  makeReachable(parts.main);
  if (!matchMedia("(max-width: 47.5rem)").matches || places.has(item.id)) restorePlace(item);
  else parts.main.scrollTop = 0;
  if (held !== null) (parts.main.querySelector(`[data-scroll="${held}"]`) || parts.main.querySelector("#prompt-title")).focus({ preventScroll: true });
}

const scrolled = () => [parts.main, ...parts.main.querySelectorAll("[data-scroll]")];

function keepPlace() {
  const item = deck.current;
  if (item) places.set(item.id, scrolled().map((each) => each.scrollTop));
}

function restorePlace(item) {
  const tops = places.get(item.id) || [];
  scrolled().forEach((each, at) => (each.scrollTop = tops[at] || 0));
}

function drawNothing() {
  form = remarks = null;
  parts.bar.hidden = true;
  const state = deck.filling && !["done", "paused"].includes(deck.state) ? "loading" : deck.state === "judge" ? "loading" : deck.state;
  parts.main.className = "texts-main nothing";
  parts.main.replaceChildren(element("div", { class: "calm" },
    element("h2", { tabindex: "-1" }, say(`nothing.${state}.title`)),
    paragraph(say(`nothing.${state}`, { done: FORMATS.count(me.progress.done) })),
    deck.trail.length || me.progress.done ? element("button", { type: "button", class: "quiet", on: { click: back } }, say("back"), " ", kbd("Z")) : null));
  drawState();
}

function drawExplanation(draft) {
  parts.explanation.replaceChildren();
  if (!draft.explanation) return;
  const { right, nodes } = draft.explanation;
  const verdict = right === null ? "practice.known" : right ? "practice.right" : "practice.other";
  parts.explanation.append(element("div", { class: right === false ? "explanation is-other" : "explanation" }, element("p", { class: "explanation-head" }, say(verdict)), nodes()));
}

// How far one is, and what became of the answer.
function drawState() {
  const { done, quota, today } = me.progress;
  parts.progress.textContent = say(quota ? "progress.quota" : "progress", { done: FORMATS.count(done), today: FORMATS.count(today), quota: FORMATS.count(quota || 0) });
  parts.meter.hidden = !quota;
  if (quota) Object.assign(parts.meter, { max: quota, value: Math.min(done, quota) });
  const waiting = outbox.list().length;
  const state = ["offline", "busy", "ended"].includes(delivery) ? delivery : delivered || "open";
  parts.saved.className = "saved is-" + state;
  setText(parts.saved, say("saved." + state, { n: waiting }));
  const isTrouble = ["offline", "busy", "ended"].includes(delivery);
  parts.banner.hidden = !isTrouble;
  setText(parts.bannerText, isTrouble ? say(`banner.${delivery}`, { n: waiting }) + (outbox.isKept ? "" : " " + say("banner.unkept")) : "");
  parts.next.setAttribute("aria-disabled", String(!form || !form.read()));
}

// A live region speaks when it changes, so it changes only when there is something to say.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function announce(text) {
  parts.said.textContent = "";
  parts.said.textContent = text;
  parts.said.classList.toggle("is-shown", Boolean(text));
}

function tell(state) {
  delivery = state;
  drawState();
}

// Answering

function answerChanged() {
  const item = deck.current;
  const draft = draftOf(item);
  draft.partial = form.partial();
  announce("");
  const answer = form.read();
  if (answer) {
    draft.answer = answer;
    item.isAnswered = true;
    const { comment, flag, confidence } = draft;
    outbox.put({ item: item.id, answer, ...watch.read(), comment, flag, confidence });
    delivered = "sending";
    clearTimeout(gathering);
    gathering = setTimeout(() => outbox.flush(), item.purpose === "practice" ? 0 : GATHERING);
  } else if (draft.answer) delivered = null;
  drawState();
}

function saved(vote, answer) {
  me.progress = answer.progress;
  const draft = drafts.get(vote.item);
  if (draft && answer.explanation) {
    const { html, right } = answer.explanation;
    draft.explanation = { right, nodes: () => safeNodes(html) };
  }
  if (deck.current && vote.item === deck.current.id) {
    if (!outbox.list().some((each) => each.item === vote.item)) delivered = "saved";
    if (draft && draft.explanation) drawExplanation(draft);
  }
  if (!deck.current) deck.fill().then(refilled, failed);
  drawState();
}

function refused(vote, refusal) {
  announce(say(refusal.status === 409 ? "refused.gone" : "refused", { error: refusal.message }));
  deck.forget(vote.item);
  if (drafts.has(vote.item)) drafts.get(vote.item).answer = null;
  if (deck.current && vote.item === deck.current.id) delivered = null;
  drawState();
}

// Going on

function next() {
  const item = deck.current;
  if (!item) return;
  if (!form.read()) return announce(form.missing);
  clearTimeout(gathering);
  outbox.flush();
  if (item.purpose === "practice" && !draftOf(item).explanation && delivery !== "offline") return;
  go(() => deck.forward());
}

async function back() {
  if (form && form.undo()) return;
  keepPlace();
  clearTimeout(gathering);
  outbox.flush();
  try {
    const item = await deck.back();
    if (item) show();
    else announce(say("back.none"));
  } catch (refusal) {
    failed(refusal);
  }
}

function go(move) {
  keepPlace();
  move();
  announce("");
  show();
}

async function openEarlier(id) {
  keepPlace();
  await deck.open(id);
  show();
}

// Keys

const scroll = (by) => {
  const sides = parts.main.classList.contains("two") ? [...parts.main.querySelectorAll(".completion-card")].filter((each) => each.scrollHeight > each.clientHeight + 1) : [];
  for (const each of sides.length ? sides : [parts.main]) each.scrollBy({ top: by * each.clientHeight, behavior: "instant" });
  return true;
};

function bringToView(at) {
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  parts.main.querySelectorAll("[data-completion]").forEach((each) => each.classList.toggle("is-placed", Number(each.dataset.completion) === at));
  parts.main.querySelector(`[data-completion="${at}"]`)?.scrollIntoView({ block: "nearest", behavior });
}

function turnRaw() {
  keepPlace();
  view.raw = !view.raw;
  parts.raw.setAttribute("aria-pressed", String(view.raw));
  if (deck.current) drawTexts(deck.current);
}

function turnApart() {
  keepPlace();
  view.apart = !view.apart;
  parts.apart.setAttribute("aria-pressed", String(view.apart));
  if (deck.current) drawTexts(deck.current);
}

const KEYS = {
  enter: next, " ": next, z: back, backspace: back,
  g: () => showGuidelines(me.project), e: () => showCriteria(me.project), "?": () => showHelp(deck.current?.kind || me.project.kind, me.project),
  m: () => openMenu(), q: () => question(), r: turnRaw, d: turnApart,
  pagedown: () => scroll(0.85), pageup: () => scroll(-0.85), arrowdown: () => scroll(0.15), arrowup: () => scroll(-0.15), home: () => scroll(-1e4), end: () => scroll(1e4),
  arrowright: next, arrowleft: back,
};

function pressed(event) {
  const key = event.key.toLowerCase();
  const isScroll = key.startsWith("arrow") || key.startsWith("page");
  if (event.repeat && !isScroll) return true; // a key that is held down answers nothing
  if (form && form.key(event)) return true;
  if (remarks && remarks.key(event)) return true;
  if (!Object.hasOwn(KEYS, key)) return false;
  KEYS[key]();
  return true;
}

const question = () => askLead(deck.current);
const openMenu = () => showMenu({ me, open: openEarlier, question, help: KEYS["?"], unsent: () => outbox.list().length });

// The page

const button = (act, key, text, properties = {}) => element("button", { type: "button", class: "quiet", on: { click: act }, ...properties }, span("button-words", text), " ", kbd(key));

function frame() {
  parts = {
    main: element("main", { id: "main", "aria-label": say("main") }),
    form: element("div", { class: "answer-parts" }),
    remarks: element("div", { class: "remarks-box" }),
    progress: element("span", { class: "progress-words" }),
    meter: element("progress", { class: "meter", "aria-label": say("progress.label") }),
    saved: element("span", { class: "saved", role: "status" }),
    bannerText: element("p", {}),
    explanation: element("div", { class: "explanation-box", role: "status" }),
    said: element("p", { class: "said", role: "status" }),
    marks: element("p", { class: "marks-words", role: "status" }),
    next: element("button", { type: "button", class: "primary", on: { click: next } }, say("next"), " ", kbd("↵")),
    raw: button(turnRaw, "R", say("raw"), { "aria-pressed": String(view.raw), class: "quiet toggle" }),
    apart: button(turnApart, "D", say("apart"), { "aria-pressed": String(view.apart), class: "quiet toggle" }),
  };
  new ResizeObserver(() => makeReachable(parts.main)).observe(parts.main);
  parts.banner = element("div", { class: "banner", role: "alert", hidden: true }, parts.bannerText);
  parts.bar = element("section", { class: "answer-bar", "aria-label": say("answer"), hidden: true },
    parts.explanation, parts.form,
    element("div", { class: "bar-actions" }, button(back, "Z", say("back"), { "data-act": "back" }), parts.remarks,
      element("div", { class: "going" }, parts.said, parts.saved, parts.next)));
  return [
    element("a", { class: "skip", href: "#main" }, say("skip.texts")),
    element("header", { class: "judging-head" },
      element("h1", { dir: "auto", title: legible(me.project.title) }, visible(me.project.title)),
      element("p", { class: "progress-box" }, parts.meter, parts.progress),
      element("div", { class: "head-tools" }, parts.raw, parts.apart,
        button(KEYS.g, "G", say("guidelines"), { "data-act": "guidelines" }), button(KEYS["?"], "?", say("keys"), { "data-act": "help", class: "quiet keys-button" }), button(openMenu, "M", say("menu"), { "data-act": "menu" }))),
    parts.banner, parts.marks, parts.main, parts.bar,
  ];
}

build = () => {
  paintLanguage();
  paintTheme();
  if (deck && deck.current) keepPlace();
  document.getElementById("page").replaceChildren(...frame());
  document.title = legible(me.project.title);
  drawItem();
  if (deck.current) restorePlace(deck.current);
};

const fromServer = (path) => ask(path);

async function begin() {
  await loadWords();
  paintLanguage();
  try {
    me = await whoIsThere();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    document.getElementById("page").replaceChildren(element("main", { class: "door" }, element("h1", {}, say(refusal.isSignedOut ? "ended.title" : "nothing.offline.title")), paragraph(refusal.isSignedOut ? say("ended.words") : refusal.message)));
    document.documentElement.dataset.ready = "true";
    if (!refusal.isSignedOut) setTimeout(() => location.reload(), ASK_AGAIN);
    return;
  }
  if (!remembered("language", LANGUAGES)) choice.language = me.person.language || choice.language;
  const { person } = me;
  outbox = new Outbox({ key: `${me.site}.${person.id}`, send: (vote, how) => ask("vote", vote, how), tell, saved, refused });
  deck = new Deck({ ask: fromServer, unsent: () => outbox.list().map((vote) => vote.item) });
  build();
  watchPerson(watch);
  listenToKeys(pressed);
  addEventListener("pagehide", () => outbox.flush({ keep: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && outbox.flush({ keep: true }));
  addEventListener("offline", () => outbox.list().length || tell("offline"));
  addEventListener("online", () => deck.fill().then(refilled, failed));
  await outbox.flush();
  await deck.fill().then(refilled, failed);
  document.documentElement.dataset.ready = "true";
}

begin();

// Prompt and completions as a person reads them: rendered, or raw with hidden marks named.
import { safeNodes } from "./safe_html.js";

const MOST_PIECES = 12_000; // words of a text up to which differing ones are sought
const FEW_LETTERS = 2000; // read to tell a script

const SCRIPTS = [
  ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ["ko", /\p{Script=Hangul}/gu],
  ["zh", /\p{Script=Han}/gu],
  ["ar", /\p{Script=Arabic}/gu],
  ["he", /\p{Script=Hebrew}/gu],
  ["th", /\p{Script=Thai}/gu],
];

// The language of a text where its script tells: it picks glyphs and where lines may break.
export function languageOf(text) {
  const start = text.slice(0, FEW_LETTERS);
  const letters = (start.match(/\p{L}/gu) || []).length;
  const found = SCRIPTS.find(([, letter], at) => (start.match(letter) || []).length > letters * (at ? 0.3 : 0.1));
  return found ? found[0] : null;
}

// The texts of an item: prompt over completions. `raw`: as written.
export function textsOf(item, { raw = false } = {}) {
  return element("div", { class: item.completions.length === 2 ? "texts-of two" : "texts-of many" },
    promptOf(item, raw),
    element("div", { class: "completions" }, item.completions.map((each, at) => completionOf(each, at, raw))));
}

function promptOf(item, raw) {
  const isTalk = item.prompt.length !== 1 || item.prompt[0].role !== "user";
  return element("section", { class: "text-card prompt-card", "aria-labelledby": "prompt-title", tabindex: "0", "data-scroll": "prompt" },
    element("h2", { class: "text-title", id: "prompt-title", tabindex: "-1" }, say(isTalk ? "text.talk" : "text.prompt")),
    item.prompt.length ? item.prompt.map((turn) => turnOf(turn, raw, isTalk)) : span("absent", say("text.empty")));
}

function completionOf(completion, at, raw) {
  const isTalk = completion.messages.length !== 1 || completion.messages[0].role !== "assistant";
  return element("section", { class: "text-card completion-card", "aria-labelledby": `completion-${at}`, tabindex: "0", "data-completion": at, "data-scroll": `completion-${at}` },
    element("h2", { class: "text-title", id: `completion-${at}` }, span("letter", completion.label), span("unseen", " ", say("text.completion"))),
    element("div", { class: "completion-texts" }, completion.messages.length ? completion.messages.map((turn) => turnOf(turn, raw, isTalk)) : span("absent", say("text.empty"))));
}

function turnOf(turn, raw, isTalk) {
  const language = languageOf(turn.text);
  const body = raw
    ? element("div", { class: "turn-text is-raw", dir: "auto", lang: language }, visible(turn.text))
    : element("div", { class: "turn-text", dir: "auto", lang: language }, safeNodes(turn.html));
  if (!turn.text.trim()) body.replaceChildren(span("absent", say("text.empty")));
  return element("div", { class: "turn" },
    isTalk && element("p", { class: "turn-role" }, roleName(turn.role)),
    body,
    turn.extra && element("details", { class: "turn-extra" }, element("summary", {}, say("text.extra")), element("pre", {}, visible(turn.extra))));
}

const roleName = (role) => (WORDS["role." + role] ? say("role." + role) : word(role));

// What can be scrolled can be reached by keyboard; what fits is no stop on the way.
export function makeReachable(box) {
  for (const each of box.querySelectorAll("pre, .table-box")) {
    const isWide = each.scrollWidth > each.clientWidth + 1;
    each.toggleAttribute("tabindex", isWide);
    if (isWide) {
      each.setAttribute("tabindex", "0");
      each.setAttribute("role", "group");
      each.setAttribute("aria-label", say("text.wide"));
    }
  }
  for (const each of [box, ...box.querySelectorAll(".text-card")]) {
    if (each.scrollHeight > each.clientHeight + 1) each.setAttribute("tabindex", "0");
    else each.removeAttribute("tabindex");
  }
}

// Marks the words by which two completions differ. Answers what came of it: marked, same, unlike,
// long; texts that are not alike would be marked all over, which helps nobody.
export function markApart(box) {
  const sides = [...box.querySelectorAll(".completion-texts")].map(textNodesOf);
  if (sides.length !== 2) return "many";
  const [left, right] = sides.map((nodes) => nodes.map((node) => node.data).join("\n"));
  if (left === right) return "same";
  if (Math.max(pieces(left).length, pieces(right).length) > MOST_PIECES) return "long";
  const apart = wordsApart(left, right);
  if (apart.isUnlike) return "unlike";
  markRuns(sides[0], apart.left, "left");
  markRuns(sides[1], apart.right, "right");
  return "marked";
}

function textNodesOf(box) {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) nodes.push(walker.currentNode);
  return nodes;
}

// `runs` cover the texts of the nodes joined by line ends.
function markRuns(nodes, runs, side) {
  const differing = [];
  let end = 0;
  for (const run of runs) {
    if (!run.isCommon) differing.push([end, end + run.text.length]);
    end += run.text.length;
  }
  let start = 0;
  for (const node of nodes) {
    const stop = start + node.data.length;
    const inside = differing.filter(([from, to]) => from < stop && to > start).map(([from, to]) => [Math.max(from - start, 0), Math.min(to, stop) - start]);
    if (inside.length) node.replaceWith(...markedParts(node.data, inside, side));
    start = stop + 1;
  }
}

function markedParts(text, ranges, side) {
  const parts = [];
  let end = 0;
  for (const [from, to] of ranges) {
    const piece = text.slice(from, to);
    parts.push(text.slice(end, from), piece.trim() ? element("mark", { class: side }, piece) : piece);
    end = to;
  }
  parts.push(text.slice(end));
  return parts;
}

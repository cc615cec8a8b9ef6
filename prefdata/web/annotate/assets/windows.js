// What is one key away: guidelines, criteria, keys, settings, earlier answers, a question to the lead.
import { criteriaOf } from "./answer_form.js";
import { address, ask, leave } from "./ask.js";
import { linkToCopy } from "./copied_link.js";
import { askText, openDialog } from "./dialogs.js";
import { shortcuts } from "./keyboard.js";
import { safeNodes } from "./safe_html.js";

export function showGuidelines(project) {
  const content = element("div", { class: "guidelines", dir: "auto" }, project.guidelines_html ? safeNodes(project.guidelines_html) : paragraph(say("guidelines.none")));
  openDialog({ title: say("guidelines"), content: [content, criteriaList(project)], key: "g", name: "wide" });
}

export function showCriteria(project) {
  openDialog({ title: say("criteria"), content: criteriaList(project) || paragraph(say("criteria.none")), key: "e" });
}

function criteriaList(project) {
  const criteria = criteriaOf(project);
  if (!criteria.length) return null;
  return element("dl", { class: "criteria-list" }, criteria.map((each) => [
    element("dt", { dir: "auto" }, visible(each.label)),
    element("dd", { dir: "auto" }, visible(each.definition), Object.entries(each.anchors).sort(([a], [b]) => a - b).map(([point, meaning]) => element("p", { class: "anchor" }, element("b", {}, point), " ", visible(meaning))), each.safety && paragraph(say("rating.apart"))),
  ]));
}

// Keys

const KEYS_OF = {
  pairwise: [["1–7", "pairwise.points"], ["T", "pairwise.tie"], ["B", "pairwise.bad"], ["U", "unsure"], ["→ ←", "next.back"]],
  ranking: [["1–8", "ranking.number"], ["↑ ↓", "ranking.choose"], ["← →", "ranking.move"], ["=", "ranking.tie"], ["U", "unsure"]],
  rating: [["1–5", "rating.number"], ["↑ ↓ ← →", "rating.move"], ["U", "unsure"]],
};
const KEYS_OF_ALL = [["↵ Space", "next"], ["Z ⌫", "back"], [", .", "sure"], ["C", "comment"], ["F", "flag"], ["G", "guidelines"], ["E", "criteria"], ["R", "raw"], ["D", "apart"], ["Q", "question"], ["PgUp PgDn", "scroll"], ["M", "menu"], ["?", "help"], ["Esc", "close"]];

export function showHelp(kind, project) {
  const isBeside = kind !== "rating" && (project.beside || []).length > 0;
  const rows = [...KEYS_OF[kind], ...(isBeside ? [["↓ ↑", "beside"]] : []), ...KEYS_OF_ALL];
  const content = [
    shortcutSwitch(),
    element("dl", { class: "keys-list" }, rows.map(([keys, does]) => element("div", {}, element("dt", {}, keys.split(" ").map((key) => [element("kbd", {}, key), " "])), element("dd", {}, say("key." + does))))),
  ];
  openDialog({ title: say("keys"), content, key: "?" });
}

function shortcutSwitch() {
  const input = element("input", { type: "checkbox", checked: shortcuts.areOn, "data-act": "shortcuts", on: { change: () => shortcuts.turn(input.checked) } });
  return element("label", { class: "pick" }, input, " ", say("keys.on"));
}

// Menu

export function showMenu({ me, open, question, help, unsent }) {
  let dialog;
  const then = (act) => () => {
    dialog.end();
    act();
  };
  const entry = (name, act) => element("button", { type: "button", class: "quiet", "data-act": name, on: { click: act } }, say("menu." + name));
  dialog = openDialog({
    title: say("menu"), key: "m",
    content: element("div", { class: "menu" },
      element("p", { class: "menu-person" }, say("menu.person"), " ", word(me.person.name)),
      element("div", { class: "switches" },
        switchOf("language", LANGUAGES.map((name) => [name, say("language.name." + name)])),
        switchOf("theme", THEMES.map((name) => [name, say("theme." + name)]))),
      shortcutSwitch(),
      element("div", { class: "menu-entries" },
        entry("help", then(help)), entry("earlier", then(() => showEarlier(open))), entry("question", then(question)), entry("replies", then(showReplies)), entry("device", then(showDevice)),
        me.person.role === "lead" && element("a", { href: address("lead") }, say("menu.lead")),
        entry("leave", () => leaveAfter(unsent, dialog)))),
  });
  // the page under the window is drawn anew, and the window with it
  for (const each of dialog.querySelectorAll("[data-choose]")) each.addEventListener("click", () => {
    dialog.end();
    showMenu({ me, open, question, help, unsent });
  });
}

async function leaveAfter(unsent, dialog) {
  if (unsent()) return dialog.querySelector(".menu").append(element("p", { class: "fault", role: "alert" }, say("leave.unsent", { n: unsent() })));
  await leave();
  location.reload();
}

async function showEarlier(open) {
  const list = element("ol", { class: "earlier-list" });
  const more = element("button", { type: "button", class: "quiet", hidden: true }, say("earlier.more"));
  const dialog = openDialog({ title: say("menu.earlier"), content: [list, more], name: "wide" });
  let before = null;
  const load = async () => {
    const { votes } = await ask(`mine?count=30${before === null ? "" : "&before=" + before}`);
    for (const vote of votes) {
      before = vote.seq;
      list.append(element("li", {}, element("button", { type: "button", class: "quiet", on: { click: () => { dialog.end(); open(vote.item); } } },
        span("earlier-time", new Date(1000 * vote.at).toLocaleString(locale(), { dateStyle: "short", timeStyle: "short" })), " ", word(vote.title || say("earlier.item", { n: vote.item }), "earlier-title"))));
    }
    more.hidden = votes.length < 30;
    if (!list.children.length) list.replaceWith(paragraph(say("earlier.none")));
  };
  more.addEventListener("click", () => load().catch((refusal) => list.append(element("li", { class: "fault" }, refusal.message))));
  await load().catch((refusal) => list.append(element("li", { class: "fault" }, refusal.message)));
}

export function askLead(item) {
  askText({ title: say("menu.question"), label: say("question.label"), button: say("question.send"), act: async (text) => {
    await ask("question", item ? { item: item.id, text } : { text });
  } });
}

async function showReplies() {
  const box = element("div", { class: "replies" });
  openDialog({ title: say("menu.replies"), content: box });
  try {
    const { questions } = await ask("questions");
    append(box, questions.length ? questions.map((each) => element("div", { class: "asked" }, element("p", { class: "asked-text", dir: "auto" }, visible(each.text)), element("p", { class: "asked-reply", dir: "auto" }, each.reply ? visible(each.reply) : say("question.waits")))) : [paragraph(say("question.none"))]);
  } catch (refusal) {
    append(box, [element("p", { class: "fault" }, refusal.message)]);
  }
}

async function showDevice() {
  const box = element("div", {});
  openDialog({ title: say("menu.device"), content: box });
  try {
    const { link } = await ask("link", {});
    append(box, [paragraph(say("device.words")), linkToCopy(link)]);
  } catch (refusal) {
    append(box, [element("p", { class: "fault" }, refusal.message)]);
  }
}

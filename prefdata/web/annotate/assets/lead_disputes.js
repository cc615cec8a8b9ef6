// Items on which people disagree: their votes side by side, and the lead's decision.
import { AnswerForm, criteriaOf } from "./answer_form.js";
import { ask } from "./ask.js";
import { makeReachable, textsOf } from "./shown_texts.js";

let openItem = null; // the number of the item that is open

export function disputeSection(page) {
  const items = page.told.disputes;
  const waiting = items.filter((each) => !each.decided);
  if (!items.length) return [paragraph(say("disputes.none"))];
  if (!items.some((each) => each.item === openItem)) openItem = (waiting[0] || items[0]).item;
  const open = items.find((each) => each.item === openItem);
  return [
    element("p", { class: "lead" }, say("disputes.lead")),
    element("ol", { class: "dispute-list" }, items.map((each) => element("li", {}, element("button", { type: "button", class: "quiet", "aria-pressed": String(each.item === openItem), "data-dispute": each.item, on: { click: () => { openItem = each.item; page.draw("disputes"); document.querySelector(`[data-dispute="${openItem}"]`).focus(); } } },
      each.decided ? "✓ " : "", say("earlier.item", { n: each.item }))))),
    element("div", { class: "card" }, texts(open), votesOf(page, open), decision(page, open)),
    items.length >= 20 && more(page, items),
  ];
}

function texts(item) {
  const box = textsOf(item);
  if (item.models) box.querySelectorAll(".completion-card .text-title").forEach((title, at) => title.append(" ", word(item.models[at] || say("disputes.nomodel"), "model-name")));
  setTimeout(() => makeReachable(box));
  return box;
}

function votesOf(page, item) {
  return element("div", { class: "side-votes" }, element("h3", {}, say("disputes.votes")), element("ul", {}, [...item.votes, item.decided && { ...item.decided, isDecided: true }].filter(Boolean).map((vote) =>
    element("li", { class: vote.isDecided ? "is-decided" : null },
      element("strong", {}, vote.isDecided ? say("disputes.decided") : word(vote.label)), ": ", answerWords(page, item, vote.answer),
      vote.confidence !== null && vote.confidence !== undefined && span("interval", " ", say("disputes.sure", { n: FORMATS.ratio(vote.confidence) })),
      vote.flag && span("flag-words", " ", say("disputes.flag"), " ", WORDS["flag." + vote.flag] ? say("flag." + vote.flag) : word(vote.flag)),
      vote.comment && element("p", { class: "vote-comment", dir: "auto" }, visible(vote.comment))))));
}

// An answer in words; letters are those of the completions shown here.
function answerWords(page, item, answer) {
  const parts = [];
  const letters = item.completions.map((each) => each.label);
  if (answer.choice !== undefined && answer.choice !== null) parts.push(say("choice." + answer.choice));
  if (answer.places) parts.push(orderWords(letters, answer.places));
  if (answer.unsure) parts.push(say("choice.unsure"));
  if (answer.ratings) for (const criterion of criteriaOf(page.me.project)) {
    const points = answer.ratings[criterion.name];
    if (points) parts.push([visible(criterion.label), " ", letters.map((letter, at) => `${letter} ${points[at] ?? "–"}`).join(", ")]);
  }
  return parts.map((part, at) => [at ? "; " : "", part]);
}

function orderWords(letters, places) {
  const ordered = [...new Set(places)].sort((a, b) => a - b);
  return ordered.map((place) => letters.filter((_, at) => places[at] === place).join(" = ")).join(" > ");
}

function decision(page, item) {
  const comment = element("input", { type: "text", maxlength: "10000", dir: "auto", value: item.decided ? item.decided.comment || "" : "" });
  const save = element("button", { type: "button", class: "primary", disabled: true, "data-act": "decide", on: { click: () => decide() } }, say("disputes.decide"));
  const form = new AnswerForm({ project: page.me.project, item, answer: item.decided ? item.decided.answer : null, name: "decision-", changed: () => (save.disabled = !form.read()) });
  async function decide() {
    const answer = form.read();
    const done = await page.act(() => ask("lead/adjudicate", { item: item.item, answer, comment: comment.value.trim() || null }), "disputes", "progress", "agreement");
    if (done) document.getElementById("title-disputes").focus();
  }
  const box = element("div", { class: "decision" }, element("h3", {}, say(item.decided ? "disputes.again" : "disputes.yours")), form.node,
    element("label", { class: "field" }, span("", say("disputes.comment")), comment),
    element("div", { class: "window-actions" }, save));
  // the same keys as an annotator has, while the focus is among these controls
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === comment || (event.target.matches("input[type=radio]") && event.key.startsWith("Arrow"))) return;
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("button, input")) return;
    if (form.key(event)) event.preventDefault();
  });
  return box;
}

function more(page, items) {
  const button = element("button", { type: "button", class: "quiet", on: { click: async () => {
    try {
      const { items: later } = await ask("lead/disagreements?before=" + items[items.length - 1].item);
      if (!later.length) button.remove();
      else {
        items.push(...later);
        page.draw("disputes");
      }
    } catch (refusal) {
      page.tell(refusal.message);
    }
  } } }, say("earlier.more"));
  return button;
}

// How far the campaign is, how fast it goes, and how far people agree, in words.
import { ask } from "./ask.js";

const two = (value) => new Intl.NumberFormat(locale(), digits(2)).format(value);

export const duration = (seconds) => {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 90) return say("time.seconds", { n: FORMATS.count(Math.round(seconds)) });
  if (seconds < 5400) return say("time.minutes", { n: FORMATS.count(Math.round(seconds / 60)) });
  return say("time.hours", { n: FORMATS.edge(Math.round(seconds / 360) / 10) });
};

export const moment = (at) => (at === null || at === undefined ? "–" : new Date(1000 * at).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" }));

function card(value, name, note) {
  return element("div", { class: "figure-card" }, span("figure-number number", value), span("figure-name", name), note && span("figure-note", note));
}

export function progressSection(page) {
  const { overview } = page.told;
  const { pace } = overview;
  const isPaused = overview.state === "paused";
  return [
    element("div", { class: "figures" },
      card(FORMATS.count(overview.done), say("figure.done"), say("figure.of", { n: FORMATS.count(overview.items) })),
      card(FORMATS.count(overview.votes), say("figure.votes"), say("figure.left", { n: FORMATS.count(pace.left) })),
      card(FORMATS.count(overview.people), say("figure.people"), null),
      card(duration(pace.seconds), say("figure.each"), say("figure.remaining", { time: duration(pace.left_seconds) }))),
    element("progress", { class: "meter big", max: Math.max(overview.items, 1), value: overview.done, "aria-label": say("figure.meter") }),
    hours(pace.hours),
    element("p", { class: "state-line" }, element("strong", {}, say("state." + overview.state)), " ",
      element("button", { type: "button", class: "quiet", "data-act": isPaused ? "resume" : "pause", on: { click: () => page.act(() => ask(isPaused ? "lead/resume" : "lead/pause", {}), "progress") } }, say(isPaused ? "resume" : "pause")), " ", span("note", say("pause.note"))),
  ];
}

// Votes of each of the last hours, as bars with a table of the same numbers.
function hours(counts) {
  const most = Math.max(...counts, 1);
  const bar = (count) => {
    const made = span("hour-bar");
    made.style.setProperty("height", `${Math.max(100 * count / most, count ? 4 : 1)}%`);
    return made;
  };
  return element("figure", {},
    element("figcaption", {}, span("figure-title", say("pace.title")), span("figure-note", say("pace.note", { n: FORMATS.count(counts.reduce((sum, each) => sum + each, 0)) }))),
    element("div", { class: "hours", role: "img", "aria-label": say("pace.numbers", { counts: counts.join(", ") }) }, counts.map(bar)),
    element("p", { class: "scale-ends", "aria-hidden": "true" }, span("", say("pace.first")), span("", say("pace.last"))));
}

// In words that need no statistics: what the number means, then the number.
function agreementWords(figure) {
  const why = (figure.absent || "").replace("agreement.", "alpha.");
  if (figure.alpha === null) return say(WORDS[why] ? why : "alpha.absent");
  const isSure = figure.low !== null;
  const level = [["alpha.high", 0.8], ["alpha.fair", 0.667], ["alpha.some", 0.4], ["alpha.low", 0.1]].find(([, least]) => figure.alpha >= least);
  return [say(level ? level[0] : "alpha.none"), isSure && figure.high - figure.low > 0.4 ? " " + say("alpha.wide") : ""];
}

export function agreementSection(page) {
  const { agreement, measured } = page.told.overview;
  if (!agreement.length) return [paragraph(say(measured === null ? "agreement.soon" : "agreement.none"))];
  const rows = agreement.map((figure) => element("tr", {},
    element("th", { scope: "row" }, criterionName(page, figure.criterion)),
    cell("agreement.source", figure.source === null ? say("agreement.all") : word(figure.source)),
    cell("agreement.items", span("number", FORMATS.count(figure.items)), true),
    cell("agreement.alpha", figure.alpha === null ? span("absent", "–") : [span("number", two(figure.alpha)), figure.low !== null && span("interval", " ", say("interval", { low: two(figure.low), high: two(figure.high) }))], true),
    cell("agreement.words", agreementWords(figure))));
  const head = (key, isNumber) => element("th", { scope: "col", class: isNumber ? "numeric" : null }, say(key));
  return [
    element("p", { class: "lead" }, say("agreement.lead")),
    element("div", { class: "table-box" }, element("table", { class: "stacks" }, element("caption", {}, say("lead.agreement")),
      element("thead", {}, element("tr", {}, head("agreement.criterion"), head("agreement.source"), head("agreement.items", true), head("agreement.alpha", true), head("agreement.words"))),
      element("tbody", {}, rows))),
  ];
}

export const cell = (title, content, isNumber = false) => element("td", { class: isNumber ? "numeric" : null, "data-title": say(title) }, span("cell", content));

function criterionName(page, name) {
  if (WORDS["criterion." + name]) return say("criterion." + name);
  const known = page.me.project.criteria.find((each) => each.name === name);
  return word(known ? (typeof known.label === "string" ? known.label : known.label[choice.language]) : name);
}

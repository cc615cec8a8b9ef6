// What to do next: the first few of what this report asks for, each with its place or its command.
const MOST_STEPS = 3;

// A step: {target: the section where it is done or shown, title, text, command}.
function nextSteps() {
  const { labels, counts, issues } = REPORT;
  const steps = [labels ? judgingSteps(labels) : { target: "judged", title: say("next.untrained"), text: untrained() }];
  if (labels) steps.push(doubtSteps(labels));
  const conflicts = conflictKinds();
  if (conflicts.length) steps.push({ target: "alike", title: say("next.conflicts"), text: sentence("next.conflicts.says", { list: listed(conflicts) }) });
  const below = labels ? labels.slices.filter(({ stands_out: out }) => out === "below").length : 0;
  if (below) steps.push({ target: "slices", title: say("next.slices"), text: sentence("next.slices.says", { n: derived("slices-below", below) }) });
  if (counts.quarantined) steps.push({ target: "issues", title: say("next.quarantined"), text: sentence("next.quarantined.says", { n: shown(["counts", "quarantined"]) }) });
  const first = issues.findIndex(({ verdict }) => verdict !== "quarantine");
  if (first >= 0) steps.push({ target: "issues", title: say("next.issue"), text: [ruleSays(issues[first].code, issues[first].says), " ", say("to_do"), " ", ruleSays(issues[first].code, issues[first].to_do, 1)] });
  return steps.flat().slice(0, MOST_STEPS);
}

const untrained = () => (REPORT.remarks["not-audited"] ? told(REPORT.remarks["not-audited"]) : say("judged.none.why"));

function judgingSteps({ is_judged: isJudged, why_not: why, claims, suspects }) {
  if (!isJudged) return [{ target: "suspects", title: say("next.weak"), text: [why && [told(why), " "], say("next.weak.says")], command: "prefdata judge DATA --out judged --model MODEL" }];
  const steps = claims ? claimSteps(claims) : [];
  if (suspects.length) steps.splice(1, 0, { target: "suspects", title: say("next.decide"), text: sentence("next.decide.says", { n: derived("suspects", suspects.length) }), command: "prefdata build DATA --out OUT --decisions decisions.csv" });
  return steps;
}

function claimSteps({ answers }) {
  if (!answers) return [{ target: "wrong", title: say("next.review"), text: say("next.review.says"), command: "prefdata annotate --review OUT --project review.sqlite" }];
  const path = ["labels", "claims", "answers"];
  const steps = [];
  if (answers.once) steps.push({ target: "wrong", title: say("next.again"), text: sentence("next.again.says", { n: shown([...path, "once"]) }), command: "prefdata annotate --review OUT --project again.sqlite" });
  if (answers.may_drop) steps.push({ target: "wrong", title: say("next.drop"), text: sentence("next.drop.says", { n: shown([...path, "unread"]) }), command: "prefdata build DATA --out OUT --decisions review.csv --suspected drop" });
  else if (answers.more.length) {
    const count = answers.more[0].answers - rowsRead(answers);
    steps.push({ target: "wrong", title: say("next.more"), text: sentence("next.more.says", { n: derived("rows-to-read", Math.max(count, 1)), width: shown([...path, "more", 0, "width"], "ratio") }), command: "prefdata annotate --review OUT --project review.sqlite" });
  }
  return steps;
}

const rowsRead = ({ parts }) => parts.reduce((total, { read }) => total + read, 0);

// A shortcut that predicts labels at least as well as what the completions say.
function doubtSteps(labels) {
  const best = strongestShortcut(labels);
  const content = labels.views.findIndex(({ name }) => name === "content");
  if (best === null || content < 0 || labels.views[content].accuracy.value === null) return [];
  if (labels.shortcuts[best].accuracy.value < labels.views[content].accuracy.value) return [];
  return [{ target: "shortcuts", title: say("next.shortcut"), text: sentence("next.shortcut.says", {
    name: nameOf("shortcut", labels.shortcuts[best].name), shortcut: shown(["labels", "shortcuts", best, "accuracy", "value"], "ratio"), content: shown(["labels", "views", content, "accuracy", "value"], "ratio") }) }];
}

function nextBlock() {
  const steps = nextSteps();
  if (!steps.length) return paragraph(say("next.none"));
  return element("ol", { class: "steps" }, steps.map(({ target, title, text, command }) => element("li", {},
    element("a", { href: "#" + target, class: "step-title" }, title),
    element("p", {}, text),
    command && element("p", { class: "command" }, element("code", { class: "code" }, command)))));
}

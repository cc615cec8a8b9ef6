// The head of the page: what became of the rows, whether labels can be judged, what was found.
function keyFigure(number, title, note, target) {
  return element("a", { class: "figure-card", href: "#" + target }, span("figure-number", number), span("figure-name", title), span("figure-note", note));
}

function keyFigures() {
  const { counts, labels } = REPORT;
  const dropped = sum(counts.dropped);
  const { rows } = counts;
  const of = (name, part, whole = counts.read) => derived(name, share(part, whole), "ratio");
  const ofMade = rows && sentence("figure.of_made", { share: of("kept-share", counts.kept, rows.pairs), pairs: shown(["counts", "rows", "pairs"]) });
  const without = rows && sentence("figure.without", { n: derived("without", sum(rows.unpaired)) });
  return element(
    "div",
    { class: "figures" },
    keyFigure(shown(rows ? ["counts", "rows", "read"] : ["counts", "read"]), say("read"), sentence("figure.sources", { n: derived("sources", REPORT.sources.length) }), "flow"),
    keyFigure(shown(["counts", "kept"]), say("kept"), ofMade || of("kept-share", counts.kept), "flow"),
    keyFigure(derived("dropped", dropped), say("dropped"), without || of("dropped-share", dropped), "issues"),
    keyFigure(shown(["counts", "quarantined"]), say("quarantined"), say("figure.unreadable"), "issues"),
    labelFigure(labels),
  );
}

// With answers: the share of wrong labels. Without: how many the models would have guessed otherwise.
function labelFigure(labels) {
  if (!labels || !labels.is_judged) return keyFigure("–", say("class.model-disagrees"), say(labels ? "figure.not_judged" : "figure.not_trained"), labels ? "suspects" : "judged");
  if (labels.claims && labels.claims.answers) return keyFigure(shown(["labels", "claims", "answers", "rate", "value"], "ratio"), say("figure.wrong"), sentence("figure.wrong.note", { low: shown(["labels", "claims", "answers", "rate", "low"], "ratio"), high: shown(["labels", "claims", "answers", "rate", "high"], "ratio") }), "wrong");
  const against = labels.classes["model-disagrees"] || 0;
  return keyFigure(labels.classes["model-disagrees"] ? shown(["labels", "classes", "model-disagrees"]) : "0", say("class.model-disagrees"), sentence("figure.of_kept", { share: derived("against-share", share(against, labels.pairs), "ratio") }), "suspects");
}

function verdictBox() {
  const { labels } = REPORT;
  const all = ["labels", "power", "detections", 0];
  const untold = REPORT.remarks["not-audited"];
  if (!labels) return box("quiet", say("judged.none"), paragraph(say("judged.none.why")), untold && paragraph(told(untold)));
  const numbers = { auroc: interval(all, "three", ["auroc", "low", "high"]), least: shown(["labels", "power", "at_least"], "three"), flips: shown(["labels", "power", "flips"], "ratio") };
  if (labels.is_judged) return box("yes", say("judged.yes"), paragraph(sentence("judged.yes.why", numbers)), claimsSaid());
  return box("no", say("judged.no"), paragraph(labels.why_not ? told(labels.why_not) : sentence("judged.yes.why", numbers)), paragraph(say("judged.no.why")));
}

// What can be said of wrong labels: said here once, for the whole page.
function claimsSaid() {
  if (!REPORT.labels.claims) return null;
  const [first, ...rest] = REPORT.labels.claims.says.map(told);
  return first && element("p", { class: "claim" }, element("b", {}, first), rest.map((each) => [betweenSentences(), each]));
}

const box = (kind, title, ...content) =>
  element("div", { class: "box " + kind, "data-box": kind, role: "note" }, element("p", { class: "box-title" }, title), content);

// The most important findings, a sentence each, with a link to where the rest stands.
function findings() {
  const made = [];
  const add = (target, isEstimate, key, values) => made.push(element("li", {}, element("a", { href: "#" + target, class: isEstimate ? "estimate" : "certain" }, say(isEstimate ? "tag.estimate" : "tag.certain")), span("finding", sentence(key, values))));
  const { counts, labels } = REPORT;
  const codes = keysByCount(counts.dropped);
  if (codes.length) add("issues", false, "found.dropped", { n: derived("dropped", sum(counts.dropped)), most: listed(codes.slice(0, 3).map((code) => [shown(["counts", "dropped", code]), " ", word(code, "code")])) });
  else add("issues", false, "found.nothing_dropped", {});
  const { changes } = REPORT;
  if (changes) add("changes", false, isSame(changes) ? "found.no_changes" : "found.changes", { build: word(changes.before.path, "code"), changed: shown(["changes", "changed"]), came: shown(["changes", "came"]), went: shown(["changes", "went"]) });
  const against = conflictKinds();
  if (against.length) add("alike", false, "found.conflicts", { list: listed(against) });
  const { slices } = REPORT.agreement || { slices: [] };
  const alphas = slices.flatMap((slice, index) => (slice.source === null && slice.alpha.value !== null ? [[nameOf("criterion", slice.criterion), " ", interval(["agreement", "slices", index, "alpha"], "three")]] : []));
  if (alphas.length) add("agreement", true, "found.agreement", { list: listed(alphas.slice(0, 3)) });
  REPORT.judging.forEach((judge) => judge.says.slice(0, 1).forEach((each) => add("judging", true, "found.judging", { said: told(each) })));
  if (labels) labelFindings(labels, add);
  return element("ul", { class: "findings" }, made);
}

// Rows that contradict one another, by kind. A near-conflict that is only flagged is no fact: the
// rows are similar, and something differs.
function conflictKinds() {
  const { counts, alike_rows: alike } = REPORT;
  const places = { "label-conflict": ["alike_rows"], "near-conflict": ["counts", "dropped"], "preference-cycle": ["alike_rows"] };
  return Object.keys(places).filter((kind) => (kind === "near-conflict" ? counts.dropped : alike)[kind]).map((kind) => [shown([...places[kind], kind]), " ", nameOf("alike", kind)]);
}

function labelFindings(labels, add) {
  if (labels.accuracy.value !== null) add("models", true, "found.accuracy", { accuracy: interval(["labels", "accuracy"]), pairs: shown(["labels", "pairs"]) });
  const best = strongestShortcut(labels);
  if (best !== null) add("shortcuts", true, "found.shortcut", { name: nameOf("shortcut", labels.shortcuts[best].name), accuracy: interval(["labels", "shortcuts", best, "accuracy"]) });
  const below = labels.slices.filter(({ stands_out: out }) => out === "below").length;
  if (below) add("slices", true, "found.slices", { n: derived("slices-below", below) });
  if (labels.ablation && labels.ablation.gain.value !== null) add("ablation", true, "found.ablation", { gain: interval(["labels", "ablation", "gain"], "points") });
}

function strongestShortcut(labels) {
  let best = null;
  labels.shortcuts.forEach(({ name, accuracy: { value, low } }, index) => {
    if (name === "prompt-blind" || value === null || (low !== null && low <= 0.5)) return;
    if (best === null || value > labels.shortcuts[best].accuracy.value) best = index;
  });
  return best;
}

const summarySection = () => section("summary", null, element("h3", {}, say("next.title")), nextBlock(), verdictBox(), keyFigures(), element("h3", {}, say("found.title")), findings());

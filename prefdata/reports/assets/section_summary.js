// The head of the page: what became of the rows, whether labels can be judged, what was found.
const TOTAL_READ = () => REPORT.counts.read;
const share = (rows, of) => (of ? rows / of : null);

function keyFigure(number, title, note, target) {
  return element("a", { class: "figure-card", href: "#" + target }, span("figure-number", number), span("figure-name", title), span("figure-note", note));
}

function keyFigures() {
  const { counts, labels } = REPORT;
  const dropped = sum(counts.dropped);
  const of = (name, rows) => derived(name, share(rows, counts.read), "ratio");
  return element(
    "div",
    { class: "figures" },
    keyFigure(shown(["counts", "read"]), say("read"), sentence("figure.sources", { n: derived("sources", REPORT.sources.length) }), "flow"),
    keyFigure(shown(["counts", "kept"]), say("kept"), of("kept-share", counts.kept), "flow"),
    keyFigure(derived("dropped", dropped), say("dropped"), of("dropped-share", dropped), "issues"),
    keyFigure(shown(["counts", "quarantined"]), say("quarantined"), say("figure.unreadable"), "issues"),
    labels && labels.is_judged && "likely-flipped" in labels.classes
      ? keyFigure(shown(["labels", "classes", "likely-flipped"]), say("class.likely-flipped"), sentence("figure.of_kept", { share: derived("likely-share", share(labels.classes["likely-flipped"], labels.pairs), "ratio") }), "suspects")
      : keyFigure("–", say("class.likely-flipped"), say(labels ? "figure.not_judged" : "figure.not_trained"), "judged"),
  );
}

function verdictBox() {
  const { labels } = REPORT;
  const all = ["labels", "power", "detections", 0];
  const untold = REPORT.remarks["not-audited"];
  if (!labels) return box("quiet", say("judged.none"), paragraph(say("judged.none.why")), untold && paragraph(told(untold)));
  const numbers = { auroc: interval(all, "three", ["auroc", "low", "high"]), least: shown(["labels", "power", "at_least"], "three"), flips: shown(["labels", "power", "flips"], "ratio") };
  if (labels.is_judged) return box("yes", say("judged.yes"), paragraph(sentence("judged.yes.why", numbers)));
  return box("no", say("judged.no"), paragraph(labels.why_not ? told(labels.why_not) : sentence("judged.yes.why", numbers)), paragraph(say("judged.no.why")));
}

const box = (kind, title, ...content) =>
  element("div", { class: "box " + kind, "data-box": kind, role: "note" }, element("p", { class: "box-title" }, title), content);

// The most important findings, a sentence each, with a link to where the rest stands.
function findings() {
  const made = [];
  const add = (target, isEstimate, key, values) => made.push(element("li", {}, element("a", { href: "#" + target, class: isEstimate ? "estimate" : "certain" }, say(isEstimate ? "tag.estimate" : "tag.certain")), span("finding", sentence(key, values))));
  const { counts, labels, alike_rows: alike } = REPORT;
  const codes = keysByCount(counts.dropped);
  if (codes.length) add("issues", false, "found.dropped", { n: derived("dropped", sum(counts.dropped)), most: listed(codes.slice(0, 3).map((code) => [shown(["counts", "dropped", code]), " ", word(code, "code")])) });
  else add("issues", false, "found.nothing_dropped", {});
  // a near-conflict that is only flagged is no fact: the rows are similar, and something differs
  const places = { "label-conflict": ["alike_rows"], "near-conflict": ["counts", "dropped"], "preference-cycle": ["alike_rows"] };
  const against = Object.keys(places).filter((kind) => (kind === "near-conflict" ? counts.dropped : alike)[kind]);
  if (against.length) add("alike", false, "found.conflicts", { list: listed(against.map((kind) => [shown([...places[kind], kind]), " ", nameOf("alike", kind)])) });
  const { slices } = REPORT.agreement || { slices: [] };
  const alphas = slices.flatMap((slice, index) => (slice.source === null && slice.alpha.value !== null ? [[word(slice.criterion), " ", interval(["agreement", "slices", index, "alpha"], "three")]] : []));
  if (alphas.length) add("agreement", true, "found.agreement", { list: listed(alphas.slice(0, 3)) });
  REPORT.judging.forEach((judge) => judge.says.slice(0, 1).forEach((each) => add("judging", true, "found.judging", { said: told(each) })));
  if (labels) labelFindings(labels, add);
  return element("ul", { class: "findings" }, made);
}

function labelFindings(labels, add) {
  if (labels.accuracy.value !== null) {
    const length = labels.baselines[BASELINES.indexOf("length-only")];
    add("models", true, length ? "found.accuracy_and_length" : "found.accuracy", { accuracy: interval(["labels", "accuracy"]), length: length && shown(["labels", "baselines", 1, "value"], "ratio") });
  }
  if (labels.is_judged && labels.precision_at_k.length) {
    const most = labels.precision_at_k.reduce((best, top, index) => (top.k <= 100 && top.k > labels.precision_at_k[best].k ? index : best), 0);
    add("suspects", true, "found.flips", { n: shown(["labels", "classes", "likely-flipped"]), k: shown(["labels", "precision_at_k", most, "k"]), share: interval(["labels", "precision_at_k", most], "ratio", ["expected", "low", "high"]) });
  }
  add("prior", true, "found.prior", { low: shown(["labels", "prior", "low"], "ratio"), high: shown(["labels", "prior", "high"], "ratio") });
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

const summarySection = () => section("summary", null, keyFigures(), verdictBox(), element("h3", {}, say("found.title")), findings());

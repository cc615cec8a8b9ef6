// The pairs to read first, each a card that is decided here; what people decided before.
function suspectSection() {
  const { labels } = REPORT;
  if (!labels.is_judged) return section("suspects", "estimate", element("p", { class: "lead" }, labels.why_not ? told(labels.why_not) : say("judged.no")), paragraph(say("judged.no.why")));
  const rows = labels.suspects.map((suspect, index) => ({ suspect, index, path: ["labels", "suspects", index] }));
  return section("suspects", "estimate",
    lead("suspects.lead", { n: derived("suspects", rows.length), pairs: shown(["labels", "pairs"]) }),
    labels.shared_reasons.length > 0 && [element("p", { class: "note" }, say("reasons.shared")), reasonList(labels.shared_reasons)],
    rows.length ? [decisionBar(), suspectCollection(rows)] : paragraph(say("suspects.none")),
  );
}

function suspectCollection(rows) {
  return collection({
    name: "suspects", rows, perPage: 10, least: 1,
    draw: (visibleRows) => visibleRows.map(suspectCard), drawn: showDecisions,
    text: ({ suspect }) => [exampleWords(suspect), suspect.label, plainName("class", suspect.label), suspect.language, suspect.split, suspect.reasons, suspect.reasons.map(reasonSays)].flat(2).join(" "),
    filters: [
      { key: "class", title: say("class"), value: ({ suspect }) => suspect.label, name: (name) => plainName("class", name) },
      { key: "source", title: say("source"), value: ({ suspect }) => suspect.place.source },
      { key: "language", title: say("language"), value: ({ suspect }) => suspect.language, name: languageName },
      { key: "split", title: say("split"), value: ({ suspect }) => suspect.split },
    ],
    sorts: [
      { key: "rank", title: say("rank"), value: ({ suspect }) => suspect.rank },
      rows.some(({ suspect }) => suspect.p_flip !== null) && { key: "p_flip", title: say("p_flip"), value: ({ suspect }) => suspect.p_flip },
      { key: "reward_margin", title: say("reward_margin"), value: ({ suspect }) => suspect.reward_margin },
      { key: "spread", title: say("spread"), value: ({ suspect }) => suspect.spread },
      { key: "margin", title: say("margin"), value: ({ suspect }) => suspect.margin },
      { key: "place", title: say("place"), value: ({ suspect }) => placeKey(suspect.place) },
    ].filter(Boolean),
    extra: marksTool(),
  });
}

const SAID = ["views-agree", "views-disagree", "longer-rejected", "longer-chosen"]; // by cardSays
const reasonList = (codes) => codes.length > 0 && element("ul", { class: "reasons", "aria-label": say("reasons") }, codes.map((code) => element("li", { "data-reason": code }, visible(reasonSays(code)))));

function suspectCard({ suspect, index, path }) {
  const fact = (title, ...values) => element("div", { class: "fact" }, element("dt", {}, title), element("dd", {}, values));
  const names = Object.keys(suspect.views);
  return element("article", { class: "card suspect", tabindex: "-1", "data-suspect": index, "aria-label": say("suspect.of", { rank: FORMATS.count(suspect.rank), place: legible(placeText(suspect.place)) }) },
    element("header", { class: "card-head" },
      element("h4", {}, span("rank", sentence("rank.of", { rank: shown([...path, "rank"]), pairs: FORMATS.count(REPORT.labels.pairs) })), span("class-name " + suspect.label, nameOf("class", suspect.label))),
      placeOf(suspect.place)),
    element("p", { class: "card-says" }, cardSays(suspect).map((each, number) => [number > 0 && betweenSentences(), each])),
    suspect.p_flip !== null && element("p", { class: "p-flip" }, flipSays(suspect.p_flip, path)),
    element("dl", { class: "facts" },
      fact(say("p_label"), shown([...path, "p_label"], "ratio"), strip({ value: suspect.p_label, low: null, high: null }, 0, 1, 0.5, suspect.p_label < 0.5 ? "below" : "")),
      fact(say("reward_margin"), shown([...path, "reward_margin"], "signed"), span("interval", " ± ", shown([...path, "spread"], "three"))),
      names.map((view) => fact(nameOf("view", view), shown([...path, "views", view], "signed"))),
      suspect.margin !== null && fact(say("margin"), shown([...path, "margin"], "signed")),
      fact(say("language"), word(languageName(suspect.language))),
      fact(say("split"), word(suspect.split))),
    reasonList(suspect.reasons.filter((code) => !SAID.includes(code))),
    textsOf(suspect.texts),
    decisionTool(suspect));
}

// "Of rows like this about 6 in 10 are wrong (0.41 to 0.78), by 40 answers."
function flipSays(p, path) {
  const { answers } = REPORT.labels.claims || {};
  const of = p < 0.095 || p > 0.945 ? 100 : 10;
  return sentence("card.flip", { n: FORMATS.count(of * p), of: FORMATS.count(of), interval: interval(path, "ratio", ["p_flip", "p_low", "p_high"]), m: answers ? FORMATS.count(rowsRead(answers)) : "–" });
}

// What is peculiar to a card, from what stands on it: views, lengths, and what differs.
function cardSays(suspect) {
  const together = sentence("card.together", { share: FORMATS.ratio(suspect.p_label) });
  return [viewsSay(suspect), together, lengthSays(suspect.texts), differenceSays(suspect.texts)].filter(Boolean);
}

function viewsSay({ views }) {
  const names = Object.keys(views).sort((a, b) => views[a] - views[b]);
  if (!names.length) return null;
  const against = names.filter((name) => views[name] < 0);
  const list = (of) => listed(of.map((name) => nameOf("view", name)));
  if (!against.length) return sentence("card.views.none", { list: list(names) });
  if (against.length < names.length) return sentence("card.views.some", { against: list(against), others: list(names.filter((name) => views[name] >= 0)) });
  return names.length === 1 ? sentence("card.views.one", { list: list(names) }) : sentence("card.views.all", { n: FORMATS.count(names.length), most: nameOf("view", names[0]) });
}

function lengthSays({ chosen, rejected }) {
  if (!chosen.characters || !rejected.characters) return null;
  const ratio = rejected.characters / chosen.characters;
  if (ratio > 1 / 1.15 && ratio < 1.15) return say("card.length.alike");
  return say(ratio > 1 ? "card.length.rejected" : "card.length.chosen", { times: FORMATS.about(Math.max(ratio, 1 / ratio)) });
}

const QUOTED = 24; // characters of a text that a sentence quotes

function differenceSays({ chosen, rejected }) {
  const apart = alikeRuns(chosen, rejected);
  const quoted = (text) => (text.trim() ? word(label(text.trim(), QUOTED)) : say("card.nothing"));
  if (!apart) return sentence("card.unlike", { chosen: quoted(chosen.text), rejected: quoted(rejected.text) });
  const differing = (runs) => runs.filter((run) => !run.isCommon && run.text.trim());
  const [left, right] = [differing(apart.left), differing(apart.right)];
  const places = Math.max(left.length, right.length);
  if (!places) return say("card.same_words");
  const quote = (found) => quoted(found.length ? found[0].text : "");
  return sentence(places === 1 ? "card.differ.one" : "card.differ.many", { n: FORMATS.count(places), chosen: quote(left), rejected: quote(right) });
}

function reviewSection() {
  const { reviewed } = REPORT;
  if (!reviewed) return null;
  return section("reviewed", "certain",
    lead("reviewed.lead", { n: shown(["reviewed", "rows"]), file: word(reviewed.file, "code"), unmatched: shown(["reviewed", "unmatched"]) }),
    dataTable({ name: "decisions", caption: say("decisions"), rows: Object.keys(reviewed.decisions), isPlain: true, columns: [
      { key: "name", title: say("decision"), value: (name) => plainName("decision", name), cell: (name) => nameOf("decision", name) },
      { key: "rows", title: say("rows"), isNumber: true, value: (name) => reviewed.decisions[name], cell: (name) => shown(["reviewed", "decisions", name]) },
    ] }),
    reviewed.flip_rate && paragraph(sentence("reviewed.rate", { rate: interval(["reviewed", "flip_rate"]) })),
  );
}

// What rules found, with examples; rows that are alike or contradict one another.
function issueSection() {
  const rows = REPORT.issues.map((issue, index) => ({ issue, index }));
  return section("issues", "certain", lead("issues.lead"),
    rows.length ? collection({
      name: "issues", rows, perPage: 25, least: 2,
      text: ({ issue }) => [issue.code, issue.says, ruleWords(issue), say("outcome." + issue.verdict), issue.examples.map(exampleWords)].flat(2).join(" "),
      filters: [{ key: "verdict", title: say("outcome"), value: ({ issue }) => issue.verdict, name: (verdict) => say("outcome." + verdict) }],
      sorts: [
        { key: "rows", title: say("rows"), value: ({ issue }) => issue.rows },
        { key: "code", title: say("code"), value: ({ issue }) => issue.code },
        { key: "verdict", title: say("outcome"), value: ({ issue }) => say("outcome." + issue.verdict) },
      ],
      draw: (visibleRows) => element("ol", { class: "issues" }, visibleRows.map(issueItem)),
    }) : paragraph(say("issues.none")),
    remarks(),
  );
}

const ruleWords = (issue) => (CHINESE.rules[issue.code] || []).join(" ");
const exampleWords = ({ place, evidence, texts, raw }) => [placeText(place), toldText(evidence || ""), texts ? Object.values(texts).map(({ text }) => text) : "", raw ? raw.text : ""].flat();

function issueItem({ issue, index }) {
  const head = [
    span("issue-rows", shown(["issues", index, "rows"])),
    span("issue-says", ruleSays(issue.code, issue.says), element("span", { class: "issue-code" }, word(issue.code, "code"))),
    span("outcome " + issue.verdict, say("outcome." + issue.verdict)),
  ];
  const examples = element("div", { class: "issue-body" });
  const fill = () => examples.childNodes.length || append(examples, [
    element("p", { class: "to-do" }, element("b", {}, say("to_do")), " ", ruleSays(issue.code, issue.to_do, 1)),
    issue.examples.length ? element("p", { class: "note" }, sentence("examples", { n: FORMATS.count(issue.examples.length), of: shown(["issues", index, "rows"]) })) : element("p", { class: "note" }, say("examples.none")),
    issue.examples.map(exampleBlock),
  ]);
  const details = element("details", { class: "issue", "data-issue": issue.code, on: { toggle: () => details.open && fill() } }, element("summary", {}, head), examples);
  if (choice.printing) fill();
  return element("li", {}, details);
}

function remarks() {
  const codes = Object.keys(REPORT.remarks).sort();
  return codes.length > 0 && [element("h3", {}, say("remarks")), element("dl", { class: "remarks" }, codes.map((code) => [element("dt", {}, word(code, "code")), element("dd", {}, choice.language === "zh" && CHINESE.rules[code] ? [CHINESE.rules[code][0], " "] : null, told(REPORT.remarks[code]))]))];
}

const CONTRADICTIONS = ["label-conflict", "near-conflict"];

function alikeSection() {
  const kinds = keysByCount(REPORT.alike_rows);
  const rows = REPORT.alike.map((pair, index) => ({ pair, index }));
  return section("alike", "certain", lead("alike.lead"),
    kinds.length ? dataTable({
      name: "alike-kinds", caption: say("alike.kinds"), rows: kinds, isPlain: true,
      columns: [
        { key: "kind", title: say("alike.kind"), value: (kind) => plainName("alike", kind), cell: (kind) => nameOf("alike", kind) },
        { key: "rows", title: say("rows"), isNumber: true, value: (kind) => REPORT.alike_rows[kind], cell: (kind) => shown(["alike_rows", kind]) },
      ] }) : paragraph(say("alike.none")),
    rows.length > 0 && collection({
      name: "alike", rows, perPage: 5, least: 2, draw: (visibleRows) => visibleRows.map(alikeCard),
      text: ({ pair }) => [plainName("alike", pair.kind), pair.kind, toldText(pair.evidence), exampleWords(pair.left), exampleWords(pair.right)].flat().join(" "),
      filters: [{ key: "kind", title: say("alike.kind"), value: ({ pair }) => pair.kind, name: (kind) => plainName("alike", kind) }],
      sorts: [
        { key: "kind", title: say("alike.kind"), value: ({ pair }) => plainName("alike", pair.kind) },
        { key: "place", title: say("place"), value: ({ pair }) => placeKey(pair.left.place) },
      ],
      extra: marksTool(),
    }),
  );
}

function alikeCard({ pair }) {
  const isAgainst = CONTRADICTIONS.includes(pair.kind);
  return element("article", { class: "card alike", "data-alike": pair.kind },
    element("header", { class: "card-head" }, element("h4", {}, nameOf("alike", pair.kind)), span("outcome " + pair.verdict, say("outcome." + pair.verdict)), evidenceOf(pair.evidence)),
    isAgainst && element("p", { class: "note" }, say("alike.crossed")),
    alikeTexts(pair, isAgainst));
}

// Two rows side by side. Of a contradiction, the chosen completion of the one is laid beside the
// rejected one of the other: these two are what should be the same.
function alikeTexts({ left, right }, isCrossed) {
  if (!left.texts || !right.texts) return element("div", { class: "sides" }, exampleBlock(left), exampleBlock(right));
  const order = isCrossed ? [["chosen", "rejected"], ["rejected", "chosen"]] : [["chosen", "chosen"], ["rejected", "rejected"]];
  const line = (leftKey, rightKey) => {
    if (left.texts[leftKey].text === right.texts[rightKey].text) return textBlock(sameName(leftKey, rightKey), left.texts[leftKey], whole(left.texts[leftKey]), leftKey === rightKey ? leftKey : "");
    const found = marksOf(left.texts[leftKey], right.texts[rightKey]);
    return element("div", { class: "sides" },
      textBlock(say(leftKey), left.texts[leftKey], marked(found.left, "left", left.texts[leftKey]), leftKey),
      textBlock(say(rightKey), right.texts[rightKey], marked(found.right, "right", right.texts[rightKey]), rightKey));
  };
  return [
    element("div", { class: "sides places" }, element("p", {}, placeOf(left.place)), element("p", {}, placeOf(right.place))),
    folded(line("prompt", "prompt"), order.map(([a, b]) => line(a, b))),
  ];
}

const sameName = (left, right) =>
  left === right ? say("alike.same", { name: say(left) }) : say("alike.crossed_name", { left: say(left), right: say(right) });

function marksTool() {
  return element("label", { class: "tool check" }, element("input", { type: "checkbox", checked: choice.marks, "data-marks": true, on: { change: (event) => {
    choice.marks = event.target.checked;
    build();
  } } }), span("tool-name", say("marks")));
}

// How many labels are wrong: what would be so at some rates, and what people's answers say.
function claimSection() {
  const { claims, classes, pairs } = REPORT.labels;
  if (!claims) return null;
  return section("wrong", "estimate",
    claims.answers ? answerBlock(claims.answers) : lead("wrong.lead"),
    claims.what_if.length > 0 && whatIfTable(claims),
    Object.keys(classes).length > 0 && classTable(classes, pairs));
}

const CLAIMS = ["labels", "claims"];

function whatIfTable(claims) {
  const rows = claims.what_if.map((row, index) => ({ ...row, path: [...CLAIMS, "what_if", index] }));
  return [
    element("h3", {}, say("what_if.title")),
    element("p", { class: "note" }, sentence("what_if.note", { first: shown([...CLAIMS, "first"]) })),
    dataTable({ name: "what-if", caption: say("what_if.title"), rows, isPlain: true, columns: [
      { key: "rate", title: say("what_if.rate"), isNumber: true, value: ({ rate }) => rate, cell: ({ path }) => shown([...path, "rate"], "ratio") },
      { key: "wrong", title: say("what_if.wrong", { first: FORMATS.count(claims.first) }), isNumber: true, value: ({ wrong }) => wrong, cell: ({ path }) => shown([...path, "wrong"], "about") },
      { key: "bar", title: say("share.bar"), value: ({ wrong }) => wrong, text: () => "", cell: ({ wrong }) => bar(Math.min(wrong / (claims.first || 1), 1)) },
    ] }),
  ];
}

function answerBlock(answers) {
  const path = [...CLAIMS, "answers"];
  const of = (...parts) => shown([...path, ...parts]);
  const [least, most] = [of("wrong_at_top", 0), of("wrong_at_top", 1)];
  const first = shown([...CLAIMS, "first"]);
  return [
    lead("wrong.rate", { rate: interval([...path, "rate"]), pairs: shown(["labels", "pairs"]) }),
    paragraph(sentence("wrong.first", { first, least, most })),
    readTable(answers, path),
    element("p", { class: "note" },
      sentence(answers.of_this_ranking ? "wrong.drawn" : "wrong.drawn_before", { n: of("drawn_of"), first }), " ",
      answers.again + answers.once > 0 && [sentence("wrong.again", { again: of("again"), once: of("once") }), " "],
      answers.beyond > 0 && [sentence("wrong.beyond", { n: of("beyond") }), " "],
      sentence("wrong.error", { error: shown([...path, "reading_error"], "ratio") }), " ",
      sentence("wrong.likely", { n: of("likely") })),
    answers.more.length > 0 && moreTable(answers, path),
  ];
}

function readTable({ parts }, path) {
  const rows = parts.map((part, index) => ({ part, path: [...path, "parts", index] }));
  const number = (key, title) => ({ key, title, isNumber: true, value: ({ part }) => part[key], cell: (row) => shown([...row.path, key]) });
  return dataTable({ name: "answers", caption: say("wrong.parts"), rows, isPlain: true, isTitled: true, columns: [
    { key: "name", title: say("part"), value: ({ part }) => plainName("part", part.name), cell: ({ part }) => nameOf("part", part.name) },
    number("rows", say("rows")), number("read", say("part.read")), number("wrong", say("part.wrong")),
    { key: "share", title: say("part.share"), isNumber: true, value: ({ part }) => share(part.wrong, part.read), cell: ({ part }) => derived("wrong-share", share(part.wrong, part.read), "ratio") },
  ] });
}

function moreTable({ more }, path) {
  const rows = more.map((row, index) => ({ ...row, path: [...path, "more", index] }));
  return dataTable({ name: "more-answers", caption: say("wrong.more"), rows, isPlain: true, isTitled: true, columns: [
    { key: "answers", title: say("more.answers"), isNumber: true, value: ({ answers }) => answers, cell: (row) => shown([...row.path, "answers"]) },
    { key: "width", title: say("more.width"), isNumber: true, value: ({ width }) => width, cell: (row) => shown([...row.path, "width"], "ratio") },
  ] });
}

function classTable(classes, pairs) {
  const total = sum(classes);
  return [
    element("h3", {}, say("classes")),
    element("p", { class: "note" }, sentence("classes.note", { pairs: derived("pairs-judged", pairs) })),
    dataTable({ name: "classes", caption: say("classes"), rows: keysByCount(classes), columns: [
      { key: "name", title: say("class"), value: (name) => plainName("class", name), cell: (name) => nameOf("class", name) },
      { key: "rows", title: say("rows"), isNumber: true, value: (name) => classes[name], cell: (name) => shown(["labels", "classes", name]) },
      { key: "share", title: say("share"), isNumber: true, value: (name) => classes[name], cell: (name) => derived("class-share", share(classes[name], total), "ratio") },
      { key: "means", title: say("class.means"), value: (name) => plainName("means", name), cell: (name) => nameOf("means", name) },
    ] }),
  ];
}

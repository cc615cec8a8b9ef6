// What the models see: the self-test, accuracy beside what knows nothing, calibration.
const estimateColumn = (key, title, path, format = "ratio", names) => ({
  key, title, isNumber: true,
  value: (row) => (at(path(row)) || {})[(names || ["value"])[0]],
  cell: (row) => interval(path(row), format, names),
});

function detectionTable(name) {
  const rows = REPORT.labels.power.detections.map((found, index) => ({ found, index }));
  const path = ({ index }) => ["labels", "power", "detections", index];
  return dataTable({
    name, caption: say("power.table"), rows, isPlain: true,
    columns: [
      { key: "name", title: say("power.by"), value: ({ found }) => plainName("detection", found.name), cell: ({ found }) => nameOf("detection", found.name) },
      estimateColumn("auroc", "AUROC", path, "three", ["auroc", "low", "high"]),
      { key: "ap", title: say("power.ap"), isNumber: true, value: ({ found }) => found.average_precision, cell: (row) => shown([...path(row), "average_precision"], "three") },
    ],
  });
}

function accuracyTable(name) {
  const rows = accuracyRows();
  return dataTable({
    name, caption: say("accuracy.chart"), rows, isPlain: true,
    columns: [
      { key: "name", title: say("accuracy.by"), value: (row) => plainName(row.kind, row.name), cell: (row) => nameOf(row.kind, row.name) },
      estimateColumn("accuracy", say("accuracy"), ({ path }) => path),
      { key: "weight", title: say("weight"), isNumber: true, value: (row) => (row.kind === "view" && row.index !== null ? REPORT.labels.views[row.index].weight : null), cell: (row) => (row.kind === "view" && row.index !== null ? shown(["labels", "views", row.index, "weight"], "signed") : "") },
      REPORT.labels.views.some(({ added }) => added) && addedColumn(),
    ],
  });
}

// How many points of accuracy the other views would lose without a view.
function addedColumn() {
  const path = ({ kind, index }) => (kind === "view" && index !== null && REPORT.labels.views[index].added ? ["labels", "views", index, "added"] : null);
  return { key: "added", title: say("view.added"), isNumber: true, value: (row) => path(row) && at(path(row)).value, cell: (row) => (path(row) ? interval(path(row), "points") : "") };
}

function powerBlock() {
  const { power } = REPORT.labels;
  const rows = power.at_k.map((top, index) => ({ top, path: ["labels", "power", "at_k", index] }));
  const column = (key, format, title) => ({ key, title, isNumber: true, value: ({ top }) => top[key], cell: ({ path }) => shown([...path, key], format) });
  return [
    element("h3", { id: "power" }, say("power.title")),
    paragraph(sentence("power.how", { flips: shown(["labels", "power", "flips"], "ratio"), copies: shown(["labels", "power", "copies"]), planted: shown(["labels", "power", "planted"]) })),
    detectionChart(),
    paragraph(power.theory === null ? "" : sentence("power.theory.says", { theory: shown(["labels", "power", "theory"], "three") })),
    rows.length > 0 && dataTable({ name: "at-k", caption: say("power.at_k"), rows, isPlain: true, isTitled: true, columns: [column("k", "count", "k"), column("precision", "ratio", say("precision")), column("recall", "ratio", say("recall"))] }),
  ];
}

function modelSection() {
  const { labels } = REPORT;
  return section("models", "estimate",
    lead("models.lead", { pairs: shown(["labels", "pairs"]), groups: shown(["labels", "groups"]) }),
    accuracyChart(),
    powerBlock(),
    element("h3", {}, say("margin.title")),
    labels.margins.length > 0 && marginChart(),
    labels.calibration.bins.length > 0 ? [reliabilityChart(), paragraph(sentence("reliability.says", calibrationNumbers()))] : element("p", { class: "note" }, absent(["labels", "calibration"])),
  );
}

function calibrationNumbers() {
  const of = (key) => shown(["labels", "calibration", key], "four");
  return { ece: of("ece"), chance: of("ece_by_chance"), brier: of("brier") };
}

const judgedSection = () => section("judged", "estimate", verdictBox(), REPORT.labels && lead("judged.lead"));

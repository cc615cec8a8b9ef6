// Shortcuts, slices, and whether leaving rows out helps.
const shortcutSection = () => section("shortcuts", "estimate", lead("shortcuts.lead"), shortcutTable());

function shortcutTable() {
  const rows = REPORT.labels.shortcuts.map((shortcut, index) => ({ shortcut, index }));
  const ends = stripEnds(REPORT.labels.shortcuts.map(({ accuracy }) => accuracy), 0.5);
  return dataTable({
    name: "shortcuts", caption: say("section.shortcuts"), rows,
    columns: [
      { key: "name", title: say("shortcut"), value: ({ shortcut }) => plainName("shortcut", shortcut.name), cell: ({ shortcut }) => nameOf("shortcut", shortcut.name) },
      estimateColumn("accuracy", say("accuracy"), ({ index }) => ["labels", "shortcuts", index, "accuracy"]),
      { key: "strip", title: say("strip.coin"), value: ({ shortcut }) => shortcut.accuracy.value, text: () => "", cell: ({ shortcut }) => strip(shortcut.accuracy, ...ends, 0.5) },
      { key: "says", title: say("shortcut.says"), value: ({ shortcut }) => shortcut.says, cell: ({ shortcut }) => (shortcut.accuracy.value === null ? "" : told(shortcut.says)) },
    ],
  });
}

function sliceSection() {
  const small = REPORT.labels.small_slices;
  const path = ["labels", "small_slices"];
  return section("slices", "estimate", lead("slices.lead"), REPORT.labels.slices.length ? sliceTable() : paragraph(say("none")), small && element("p", { class: "note" }, sentence("slices.small", { n: shown([...path, "slices"]), least: shown([...path, "least"]), pairs: shown([...path, "pairs"]) })));
}

function sliceTable() {
  const rows = REPORT.labels.slices.map((slice, index) => ({ slice, path: ["labels", "slices", index] }));
  const keys = [...new Set(REPORT.labels.slices.flatMap(({ by }) => Object.keys(by)))];
  const number = (key, title, format) => ({ key, title, isNumber: true, value: ({ slice }) => slice[key], cell: ({ path }) => shown([...path, key], format) });
  const center = REPORT.labels.accuracy.value ?? 0.5;
  const ends = stripEnds(REPORT.labels.slices.map((slice) => ({ ...slice, value: slice.accuracy })), center);
  return dataTable({
    name: "slices", caption: say("section.slices"), rows,
    filters: [
      { key: "out", title: say("slice.out"), value: ({ slice }) => slice.stands_out, name: (out) => say("slice.out." + out) },
      ...keys.map((key) => ({ key, title: plainName("by", key), value: ({ slice }) => slice.by[key] || "", name: (value) => (value ? sliceValue(key, value) : say("slice.any")) })),
    ],
    columns: [
      { key: "name", title: say("slice"), value: ({ slice }) => slice.name, text: ({ slice }) => slice.name + " " + Object.entries(slice.by).map(([key, value]) => sliceValue(key, value)).join(" "), cell: ({ slice }) => sliceName(slice) },
      { key: "accuracy", title: say("accuracy"), isNumber: true, value: ({ slice }) => slice.accuracy, cell: ({ path }) => interval(path, "ratio", ["accuracy", "low", "high"]) },
      { key: "strip", title: say("strip.all"), value: ({ slice }) => slice.accuracy, text: () => "", cell: ({ slice }) => strip({ ...slice, value: slice.accuracy }, ...ends, center, slice.stands_out) },
      { key: "out", title: say("slice.out"), value: ({ slice }) => ["below", "no", "above"].indexOf(slice.stands_out), text: ({ slice }) => say("slice.out." + slice.stands_out), cell: ({ slice }) => span("out " + slice.stands_out, say("slice.out." + slice.stands_out)) },
      number("pairs", say("pairs"), "count"),
      REPORT.labels.is_judged && number("suspected", say("slice.against"), "count"),
    ],
  });
}

function sliceValue(key, value) {
  if (key === "language") return languageName(value);
  return key === "length" || key === "turns" ? plainName("slice." + key, value) : value;
}

function sliceName(slice) {
  const parts = Object.entries(slice.by);
  if (!parts.length) return word(slice.name);
  return parts.map(([key, value]) => span("slice-part", span("slice-key", nameOf("by", key)), word(sliceValue(key, value), key === "source" ? "code" : "")));
}

function ablationSection() {
  const { ablation } = REPORT.labels;
  if (!ablation) return null;
  const path = ["labels", "ablation"];
  const rows = ablation.arms.map((arm, index) => ({ arm, path: [...path, "arms", index] }));
  const number = (key, title, format) => ({ key, title, isNumber: true, value: ({ arm }) => arm[key], cell: (row) => shown([...row.path, key], format) });
  return section("ablation", "estimate",
    lead("ablation.lead", { repeats: shown([...path, "repeats"]), tested: shown([...path, "tested"]), flagged: shown([...path, "flagged"]) }),
    dataTable({ name: "ablation", caption: say("section.ablation"), rows, isPlain: true, columns: [
      { key: "name", title: say("ablation.arm"), value: ({ arm }) => plainName("arm", arm.name), cell: ({ arm }) => nameOf("arm", arm.name) },
      number("rows", say("ablation.rows"), "count"), number("accuracy", say("accuracy"), "ratio"), number("loss", say("loss"), "three"),
    ] }),
    paragraph(sentence("ablation.gain", { gain: interval([...path, "gain"], "points") })),
    element("p", { class: "note" }, told(ablation.says)),
  );
}

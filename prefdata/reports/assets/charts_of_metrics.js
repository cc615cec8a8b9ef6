// What a reward model is worth: accuracy beside baselines and on parts of the data, calibration.
// Paths begin at `training` of the report; pairs are held out, cross-validated, or both.
const METHODS = bare({ held_out: "metrics.held_out", cross_validated: "metrics.cross_validated" });

// A chart for each way in which the model was measured: `draw` takes a name for it, and its path.
const ofEachMethod = (name, draw) => () =>
  Object.keys(METHODS).filter((method) => REPORT.training[method]).map((method) => draw(`${name}-${method}`, ["training", method], say(METHODS[method], { pairs: FORMATS.count(REPORT.training[method].pairs) })));

function modelAccuracies(name, path, note) {
  const baseline = (key) => ({ name: plainName("baseline", key.replace("_", "-")), path: [...path, "baselines", key] });
  const rows = [{ name: say("metrics.model"), path: [...path, "accuracy"], isStrong: true }, baseline("length_only"), baseline("label_shuffled"), baseline("constant")];
  const numbers = dataTable({ name, caption: say("metrics.chart"), rows, isPlain: true, columns: [
    { key: "name", title: say("accuracy.by"), value: (row) => row.name, cell: (row) => row.name },
    estimateColumn("accuracy", say("accuracy"), (row) => row.path),
    { key: "pairs", title: say("pairs"), isNumber: true, value: (row) => at(row.path).pairs, cell: (row) => shown([...row.path, "pairs"]) },
  ] });
  const dots = rows.map((row) => ({ ...row, ...at(row.path), name: row.name })).filter(({ value }) => value !== null);
  return ratioChart({ name, title: say("metrics.chart"), note, axis: say("accuracy"), rows: dots, numbers });
}

const LENGTHS = bare({ matched: "metrics.matched", chosen_longer: "metrics.chosen_longer", rejected_longer: "metrics.rejected_longer" });

const kindName = (kind) => (kind === "length" ? say("metrics.length") : plainName("by", kind));

// Parts by source, language and length, each on a line beside the accuracy of all pairs.
function modelSlices(name, path, note) {
  const metrics = at(path);
  const by = (kind, list) => metrics[list].map((slice, index) => ({ kind, name: slice.name, path: [...path, list, index] }));
  const lengths = Object.keys(LENGTHS).map((key) => ({ kind: "length", name: say(LENGTHS[key]), path: [...path, "length", key] }));
  const rows = [...by("source", "sources"), ...by("language", "languages"), ...lengths].filter((row) => at(row.path).value !== null);
  const center = metrics.accuracy.value ?? 0.5;
  const ends = stripEnds(rows.map((row) => at(row.path)), center);
  const text = (row) => (row.kind === "length" ? row.name : sliceValue(row.kind, row.name));
  return titled(say("metrics.slices"), note, dataTable({
    name, caption: say("metrics.slices"), rows,
    filters: [{ key: "kind", title: say("metrics.part"), value: ({ kind }) => kind, name: kindName }],
    columns: [
      { key: "name", title: say("slice"), value: (row) => `${kindName(row.kind)} ${text(row)}`, cell: (row) => [span("slice-key", kindName(row.kind)), word(text(row), row.kind === "source" ? "code" : "")] },
      estimateColumn("accuracy", say("accuracy"), (row) => row.path),
      { key: "strip", title: say("strip.all"), value: (row) => at(row.path).value, text: () => "", cell: (row) => strip(at(row.path), ...ends, center, at(row.path).is_small ? "no" : "") },
      { key: "pairs", title: say("pairs"), isNumber: true, value: (row) => at(row.path).pairs, cell: (row) => shown([...row.path, "pairs"]) },
    ],
  }));
}

// Where rows that were to be scored went.
function scoreFlow() {
  const { counts, sources } = REPORT.scores;
  const path = ["scores", "counts"];
  const links = sources.map(({ name, read }, index) => ({ from: "source:" + name, to: "read", rows: read, path: ["scores", "sources", index, "read"], fromName: name }));
  const add = (from, to, rows, names, place) => links.push({ from, to, rows, path: place, ...names });
  const scored = say("scores.scored");
  add("read", "scored", counts.scored, { toName: scored }, [...path, "scored"]);
  for (const code of keysByCount(counts.not_scored)) add("read", "dropped:" + code, counts.not_scored[code], { toName: code }, [...path, "not_scored", code]);
  add("read", "quarantined", counts.quarantined, {}, [...path, "quarantined"]);
  for (const code of keysByCount(counts.reasons)) add("scored", "outcome:reason:" + code, counts.reasons[code], { fromName: scored, toName: code }, [...path, "reasons", code]);
  const against = sum(counts.reasons);
  add("scored", "outcome:kept", counts.scored - against, { fromName: scored, toName: say("kept") });
  return chartOfFlow({
    links: links.filter(({ rows }) => rows > 0), title: say("scores.title"),
    summary: say("scores.summary", { read: FORMATS.count(counts.read), scored: FORMATS.count(counts.scored), against: FORMATS.count(against) }),
  });
}

// What the models see: values with intervals, margins, calibration.

// Dots with intervals, one a line: rows [{name, value, low, high, isStrong}]; marks [{value, text, tone}].
function dotFigure(rows, { marks, format, width, range, title }) {
  const names = rows.map((row) => label(row.name, width < 480 ? 16 : 32));
  const left = Math.max(...names.map((name) => textWidth(name))) + 14;
  const lines = marks.filter(({ value }) => value !== null && value !== undefined);
  const across = scaleOf({ from: range[0], to: range[1] }, left, width - 20);
  const top = 14 * lines.length + 14;
  const bottom = top + 32 * rows.length;
  const y = (index) => top + 32 * index + 16;
  const markName = ({ value, text, tone }, index) => {
    const x = across(value);
    const anchor = x + textWidth(text, 11) / 2 > width ? "end" : x - textWidth(text, 11) / 2 < 0 ? "start" : "middle";
    return [straight(x, 14 * index + 16, x, bottom, "mark-line " + tone), writing(x, 14 * index + 11, "mark-name", text, anchor)];
  };
  return canvas(width, bottom + 42,
    ticksOf({ from: range[0], to: range[1] }, width < 480 ? 4 : 8).map((tick) => [straight(across(tick), top, across(tick), bottom, "grid"), writing(across(tick), bottom + 18, "tick", format(tick), "middle")]),
    lines.map(markName),
    writing((left + width - 20) / 2, bottom + 36, "axis-title", title, "middle"),
    rows.map(({ value, low, high, isStrong }, index) => [
      writing(0, y(index) + 4, "dot-name", names[index]),
      straight(across(low ?? value), y(index), across(high ?? value), y(index), "dot-interval"),
      hinted(`${names[index]}: ${format(value)}`, "circle", { cx: across(value), cy: y(index), r: 5, class: "dot " + (isStrong ? "accent" : "faint") }),
    ]));
}

const dotRange = (rows, marks) => {
  const edges = [...rows.flatMap(({ value, low, high }) => [low ?? value, high ?? value]), ...marks].filter((value) => value !== null && value !== undefined);
  return [Math.min(...edges) - 0.03, Math.max(...edges) + 0.03];
};

function detectionChart() {
  const { power } = REPORT.labels;
  const rows = power.detections.filter(({ auroc }) => auroc !== null).map((found) => ({ name: plainName("detection", found.name), value: found.auroc, low: found.low, high: found.high, isStrong: found.name === "all" }));
  const marks = [
    { value: 0.5, text: say("coin"), tone: "" },
    { value: power.at_least, text: say("power.at_least"), tone: "is-dashed" },
    { value: power.theory, text: say("power.theory"), tone: "is-dotted" },
  ];
  return chart({
    name: "detections", title: say("power.chart"), note: say("power.chart.note"),
    summary: rows.map(({ name, value }) => `${name} ${FORMATS.three(value)}`).join(say("list.semicolon")),
    figure: (width) => dotFigure(rows, { marks, format: FORMATS.edge, title: "AUROC", width, range: dotRange(rows, marks.map(({ value }) => value)) }),
    numbers: detectionTable("detection-numbers"),
  });
}

function accuracyRows() {
  const rows = REPORT.labels.views.map((view, index) => ({ kind: "view", name: view.name, path: ["labels", "views", index, "accuracy"], index }));
  if (!rows.some(({ name }) => name === "all")) rows.unshift({ kind: "view", name: "all", path: ["labels", "accuracy"], index: null });
  const baselines = REPORT.labels.baselines.map((_, index) => ({ kind: "baseline", name: baselineName(index), path: ["labels", "baselines", index], index }));
  return [...rows, ...baselines];
}

// The baselines of a report stand in this order, and say how they were made, not what they are.
const BASELINES = ["constant", "length-only", "label-shuffled"];
const baselineName = (index) => BASELINES[index] || REPORT.labels.baselines[index].made;

function accuracyChart() {
  const rows = accuracyRows().map((row) => ({ ...at(row.path), name: plainName(row.kind, row.name), isStrong: row.kind === "view" })).filter(({ value }) => value !== null);
  return ratioChart({ name: "accuracies", title: say("accuracy.chart"), note: say("accuracy.note"), axis: say("accuracy"), rows, numbers: accuracyTable("accuracy-numbers") });
}

// Ratios with their intervals beside one half.
function ratioChart({ name, title, note, axis, rows, numbers }) {
  return chart({
    name, title, note, numbers,
    summary: rows.map(({ name: row, value }) => `${row} ${FORMATS.ratio(value)}`).join(say("list.semicolon")),
    figure: (width) => dotFigure(rows, { marks: [{ value: 0.5, text: say("coin"), tone: "" }], format: FORMATS.percent, title: axis, width, range: dotRange(rows, [0.5]) }),
  });
}

function marginChart() {
  const paths = REPORT.labels.margins.map((_, index) => ["labels", "margins", index]);
  const all = REPORT.labels.margins.find(({ name }) => name === "all") || REPORT.labels.margins[0];
  const range = middle(all);
  const tones = bare({ all: "faint", "likely-flipped": "warm", "model-disagrees": "warm is-dashed", ambiguous: "accent is-dashed", "model-uncertain": "soft is-dotted", "model-agrees": "accent" });
  const lines = REPORT.labels.margins.map((histogram) => ({ histogram, name: label(plainName("class", histogram.name)), tone: tones[histogram.name] || "soft", isFilled: histogram.name === "all" }));
  return chart({
    name: "margins", title: say("margin.chart"), note: say("margin.note"),
    summary: range ? say("margin.summary", { range: range.map((edge) => FORMATS.signed(edge)).join(" – ") }) : say("none"),
    figure: (width) => histogramFigure(lines, { width, title: say("reward_margin"), isLog: false, edge: FORMATS.edge }),
    numbers: histogramTable("margin-numbers", say("margin.chart"), paths, (name) => nameOf("class", name)),
  });
}

function reliabilityChart(name = "reliability", path = ["labels", "calibration"]) {
  const calibration = at(path);
  const bins = calibration.bins.map((bin, index) => ({ ...bin, path: [...path, "bins", index] }));
  const column = (key, format, title) => ({ key, title, isNumber: true, value: (bin) => bin[key], cell: (bin) => shown([...bin.path, key], format) });
  const most = Math.max(...bins.map(({ pairs }) => pairs), 1);
  const layers = (across, up) => {
    const points = bins.map(({ confidence, accuracy }) => [across(confidence), up(accuracy)]);
    return [
      straight(across(0.5), up(0.5), across(1), up(1), "mark-line is-dotted"),
      shape("path", { d: pathOf(points), class: "line accent" }),
      bins.map(({ confidence, accuracy, pairs }, index) => hinted(`${FORMATS.ratio(confidence)} → ${FORMATS.ratio(accuracy)} (${FORMATS.count(pairs)})`, "circle", { cx: points[index][0], cy: points[index][1], r: 3.5 + 8 * Math.sqrt(pairs / most), class: "dot accent" })),
    ];
  };
  const lowest = Math.min(0.5, ...bins.map(({ accuracy }) => accuracy)) - 0.03;
  return chart({
    name, title: say("reliability.title"), note: say("reliability.note"),
    summary: say("reliability.summary", { ece: formatted(calibration.ece, "four"), chance: formatted(calibration.ece_by_chance, "four") }),
    figure: (width) => plot({
      width, height: Math.min(340, Math.max(280, width * 0.8)), layers,
      x: { from: 0.48, to: 1.02, format: FORMATS.percent, title: say("reliability.x") },
      y: { from: lowest, to: 1.03, format: FORMATS.percent, title: say("reliability.y") },
    }),
    numbers: dataTable({ name, caption: say("reliability.title"), rows: bins, isPlain: true, columns: [column("low", "three", say("reliability.low")), column("high", "three", say("reliability.high")), column("pairs", "count", say("pairs")), column("confidence", "ratio", say("reliability.x")), column("accuracy", "ratio", say("reliability.y"))] }),
  });
}

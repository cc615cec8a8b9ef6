// Charts of a result by themselves, as `result.plot()` shows them in a notebook. REPORT.plot says of
// what kind of result they are, which of them, and in which language.
const CHARTS = {
  audit: {
    flow: flowChart,
    lengths: lengthChart,
    languages: () => titled(say("languages"), null, languageTable()),
    agreement: agreementStrips,
    judges: judgeStrips,
    judging: judgingCharts,
    claims: () => titled(say("section.wrong"), null, whatIfTable(REPORT.labels.claims)),
    accuracies: accuracyChart,
    detections: detectionChart,
    margins: marginChart,
    reliability: () => reliabilityChart(),
    shortcuts: () => titled(say("section.shortcuts"), null, shortcutTable()),
    slices: () => titled(say("section.slices"), null, sliceTable()),
  },
  training: {
    accuracies: ofEachMethod("accuracies", modelAccuracies),
    slices: ofEachMethod("slices", modelSlices),
    reliability: ofEachMethod("reliability", (name, path) => at([...path, "calibration"]).bins.length > 0 && reliabilityChart(name, [...path, "calibration"])),
  },
  scores: { flow: scoreFlow },
  agreement: { agreement: agreementStrips, judges: judgeStrips },
  judging: { judging: judgingCharts },
};

// A table with bars or strips in the frame of a chart.
function titled(title, note, ...content) {
  return element("figure", {}, element("figcaption", {}, span("figure-title", title), note && span("figure-note", note)), content);
}

function build() {
  forgetCharts();
  setAppearance();
  const { kind, charts } = REPORT.plot;
  document.getElementById("page").replaceChildren(element("main", { class: "plots" },
    element("h1", { class: "unseen" }, say("plot.title")),
    charts.map((name) => element("section", { "data-plot": name }, CHARTS[kind][name]()))));
  drawCharts();
}

choice.language = REPORT.plot.language;
build();
document.documentElement.dataset.ready = "true";

// Charts: plotly.js draws them when they come into sight, in the colours of the theme.
const drawn = new Set(); // charts that are on the page
const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
}, { rootMargin: "400px" });

// {name, title, summary: what it shows in a sentence, note, height, figure: (colours, width) =>
// {data, layout}, numbers: a table of what it shows}
function chart({ name, title, summary, note, height, figure, numbers }) {
  const place = element("div", { class: "chart", role: "img", "aria-label": legible(`${title}. ${summary}`), "data-chart": name });
  place.style.setProperty("height", height + "px");
  place.figure = figure;
  place.drawnHeight = height;
  drawn.add(place);
  sight.observe(place);
  return element(
    "figure",
    {},
    element("figcaption", {}, span("figure-title", title), note && span("figure-note", visible(note))),
    place,
    element("details", { class: "chart-numbers" }, element("summary", {}, say("chart.numbers")), numbers),
  );
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue("--" + name).trim();
  return { ink: of("ink"), soft: of("soft"), faint: of("faint"), line: of("line"), ground: of("ground"), accent: of("accent"), warm: of("warm"), wash: of("wash"), accentWash: of("accent-wash"), warmWash: of("warm-wash") };
}

function draw(place) {
  const palette = colours();
  const width = Math.max(Math.floor(place.getBoundingClientRect().width), 240);
  const { data, layout } = place.figure(palette, width);
  const axis = { color: palette.soft, gridcolor: palette.line, zerolinecolor: palette.line, linecolor: palette.line, tickfont: { size: 12 }, automargin: true, fixedrange: true, title: { font: { size: 12 } } };
  const base = {
    width, height: layout.height || place.drawnHeight, autosize: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 8, r: 12, t: 8, b: 8 }, showlegend: false, dragmode: false, separators: ".,",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: palette.ink },
    hoverlabel: { bgcolor: palette.ground, bordercolor: palette.line, font: { color: palette.ink, size: 12 }, align: "left" },
  };
  const whole = { ...base, ...layout };
  for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key)) whole[key] = { ...axis, ...layout[key], title: { ...axis.title, ...(layout[key].title || {}) } };
  place.style.setProperty("height", whole.height + "px");
  place.isDrawn = true;
  place.drawnWidth = width;
  // resize is done here, not by Plotly: a chart out of sight is not drawn at all
  return Plotly.react(place, data, whole, { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false });
}

function redraw({ all = false } = {}) {
  for (const place of drawn) if (all || place.isDrawn) draw(place);
}

function forgetCharts() {
  for (const place of drawn) {
    sight.unobserve(place);
    if (place.isDrawn) Plotly.purge(place);
  }
  drawn.clear();
}

let lastWidth = 0;
let waiting = null;
addEventListener("resize", () => {
  clearTimeout(waiting);
  if (innerWidth !== lastWidth) waiting = setTimeout(() => redraw(), 120);
  lastWidth = innerWidth;
});

// Plotly reads labels as a small HTML of its own (and $...$ as mathematics): what comes from the
// data must not be read so, and must not be longer than a chart can bear.
function label(text, longest = 28) {
  const clean = text.replace(HIDDEN, "\u00b7").replace(/\s+/g, " ");
  const characters = [...clean];
  const short = characters.length > longest ? characters.slice(0, longest - 1).join("") + "…" : clean;
  return short.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\$/g, "&#36;");
}

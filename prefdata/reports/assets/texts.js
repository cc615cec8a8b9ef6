// Texts of rows: whole, side by side, with differing words marked.
function textBlock(title, text, content, name = "") {
  const rest = text.characters - text.text.length;
  return element(
    "section",
    { class: "text " + name, "aria-label": title },
    element("h5", {}, title, span("text-size", say("text.characters", { n: FORMATS.count(text.characters) }))),
    element("div", { class: "text-body", dir: "auto" }, content),
    text.is_cut && element("p", { class: "text-cut" }, say("text.cut", { n: FORMATS.count(Math.max(rest, 0)) })),
  );
}

const whole = (text) => (text.text ? visible(text.text) : span("absent", say("text.empty")));

function marked(parts, side, text) {
  if (!text.text) return whole(text);
  if (!choice.marks) return visible(text.text);
  return parts.map((run) =>
    run.isCommon || !run.text.trim() ? visible(run.text) : element("mark", { class: side }, visible(run.text)),
  );
}

// A prompt over its two completions. Long ones are folded until they are asked for.
function textsOf(texts) {
  const apart = choice.marks ? wordsApart(texts.chosen.text, texts.rejected.text) : { left: null, right: null, isUnlike: false };
  return folded(
    textBlock(say("prompt"), texts.prompt, whole(texts.prompt), "prompt"),
    element(
      "div",
      { class: apart.isUnlike ? "sides is-unlike" : "sides" },
      textBlock(say("chosen"), texts.chosen, marked(apart.left, "chosen", texts.chosen), "chosen"),
      textBlock(say("rejected"), texts.rejected, marked(apart.right, "rejected", texts.rejected), "rejected"),
    ),
  );
}

const LONG = 600; // characters beyond which a text is folded

function folded(...blocks) {
  const box = element("div", { class: "texts" }, blocks);
  const bodies = [...box.querySelectorAll(".text-body")];
  const isLong = (body) => body.textContent.length > (body.closest(".prompt") ? LONG / 2 : LONG) || body.textContent.split("\n").length > 8;
  for (const body of bodies) body.classList.toggle("is-short", !isLong(body));
  if (!bodies.some(isLong)) return box;
  box.classList.add("is-folded");
  const button = element("button", {
    type: "button",
    class: "fold control",
    "aria-expanded": "false",
    on: { click: () => turn(box.classList.contains("is-folded")) },
  });
  function turn(open) {
    box.classList.toggle("is-folded", !open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = say(open ? "text.less" : "text.more");
  }
  turn(choice.printing);
  box.append(button);
  return box;
}

const placeOf = (place) =>
  span("place", sentence("place", { row: span("number", FORMATS.count(place.row)), source: word(place.source, "code"), line: FORMATS.count(place.source_row) }));

// What a verdict rests on, in the reader's language; it may quote texts of the data.
const evidenceOf = (text) => text && span("evidence", element("bdi", {}, told(text)));

// A row that something is said of: its place, the evidence, and its texts or what stood there.
function exampleBlock(example) {
  return element(
    "div",
    { class: "example" },
    element("p", { class: "example-head" }, placeOf(example.place), evidenceOf(example.evidence)),
    example.texts && textsOf(example.texts),
    example.raw && folded(textBlock(say("raw"), example.raw, whole(example.raw), "raw")),
  );
}

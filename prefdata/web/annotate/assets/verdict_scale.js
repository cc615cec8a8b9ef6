// Which of two is better: seven points from the first to the second, both bad, unsure.
export const POINTS = [1, 2, 3, 4, 5, 6, 7];
const KEYS = { t: 4, b: "both-bad", u: "unsure" };

export class VerdictScale {
  constructor({ answer, changed, name = "verdict" }) {
    this.changed = changed;
    this.inputs = new Map();
    this.node = element("fieldset", { class: "verdict" },
      element("legend", { class: "question" }, say("ask.pairwise")),
      element("div", { class: "points" }, POINTS.map((point) => this.option(name, point, String(point)))),
      element("p", { class: "scale-ends", "aria-hidden": "true" }, span("", say("scale.end.first")), span("", say("scale.end.tie")), span("", say("scale.end.second"))),
      element("div", { class: "apart-options" }, this.option(name, "both-bad", "B"), this.option(name, "unsure", "U")),
      (this.chosen = element("p", { class: "chosen-words", "aria-hidden": "true" })));
    this.set(answer && (answer.choice ?? (answer.unsure ? "unsure" : null)));
  }

  option(name, value, key) {
    const isPoint = typeof value === "number";
    const input = element("input", { type: "radio", name, value, class: "option-input", on: { change: () => this.choose(value) } });
    this.inputs.set(value, input);
    return element("label", { class: isPoint ? "option point" : "option wide", "data-value": value, title: say("choice." + value) }, input,
      element("span", { class: "option-face" }, isPoint
        ? [element("span", { "aria-hidden": "true" }, key), span("unseen", say("choice." + value))]
        : [say("choice." + value), " ", element("kbd", { "aria-hidden": "true" }, key)]));
  }

  set(value) {
    this.value = value ?? null;
    for (const [each, input] of this.inputs) input.checked = each === this.value;
    this.chosen.textContent = this.value === null ? say("choice.none") : say("choice." + this.value);
    this.node.classList.toggle("is-empty", this.value === null);
  }

  choose(value) {
    this.set(value);
    this.changed();
  }

  key(event) {
    const value = /^[1-7]$/.test(event.key) ? Number(event.key) : KEYS[event.key.toLowerCase()];
    if (value === undefined) return false;
    this.choose(value);
    return true;
  }

  read() {
    return this.value === null ? null : { choice: this.value };
  }

  partial() {
    return this.read() || {};
  }

  get missing() {
    return say("missing.pairwise");
  }
}

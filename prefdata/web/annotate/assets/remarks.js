// What a person says besides the answer: how sure, a comment, a flag with its reason.
import { askText } from "./dialogs.js";

export const SURENESS = [0.3, 0.6, 0.9]; // a guess, fairly sure, sure
const REASONS = ["unsafe", "broken", "unclear", "language", "private"];
const LONGEST_FLAG = 200;

export class Remarks {
  constructor({ draft, isConfidenceAsked, changed }) {
    Object.assign(this, { draft, changed });
    this.levels = new Map();
    this.node = element("div", { class: "remarks" },
      isConfidenceAsked && element("fieldset", { class: "sureness" }, element("legend", {}, say("sure.ask")), SURENESS.map((level, at) => this.level(level, at))),
      (this.commentButton = element("button", { type: "button", class: "quiet", "data-act": "comment", on: { click: () => this.comment() } })),
      (this.flagButton = element("button", { type: "button", class: "quiet", "data-act": "flag", on: { click: () => this.flag() } })));
    this.draw();
  }

  level(level, at) {
    const input = element("input", { type: "radio", name: "sureness", class: "option-input", on: { change: () => this.keep({ confidence: level }) } });
    this.levels.set(level, input);
    return element("label", { class: "option wide" }, input, element("span", { class: "option-face" }, say("sure." + at)));
  }

  draw() {
    for (const [level, input] of this.levels) input.checked = level === this.draft.confidence;
    this.commentButton.replaceChildren(say(this.draft.comment ? "comment.change" : "comment.add"), " ", kbd("C"));
    this.flagButton.replaceChildren(say(this.draft.flag ? "flag.change" : "flag.add"), " ", kbd("F"));
    this.commentButton.classList.toggle("is-set", Boolean(this.draft.comment));
    this.flagButton.classList.toggle("is-set", Boolean(this.draft.flag));
  }

  keep(values) {
    Object.assign(this.draft, values);
    this.draw();
    this.changed();
  }

  comment() {
    askText({ title: say("comment.add"), label: say("comment.label"), text: this.draft.comment || "", button: say("keep"), act: (text) => this.keep({ comment: text || null }) });
  }

  flag() {
    const given = this.draft.flag;
    const name = "flag-reason";
    const pick = (value, text) => element("label", { class: "pick" }, element("input", { type: "radio", name, value, checked: given ? value === (REASONS.includes(given) ? given : "other") : value === "" }), " ", text);
    const reasons = element("fieldset", { class: "field" }, element("legend", {}, say("flag.label")),
      pick("", say("flag.none")), REASONS.map((reason) => pick(reason, say("flag." + reason))), pick("other", say("flag.other")));
    const dialog = askText({
      title: say("flag.add"), above: reasons, label: say("flag.words"), most: LONGEST_FLAG, button: say("keep"),
      text: given && !REASONS.includes(given) ? given : "",
      act: (text) => this.keep({ flag: flagOf(reasons.querySelector(":checked").value, text) }),
    });
    const area = dialog.querySelector("textarea");
    area.addEventListener("input", () => area.value.trim() && (reasons.querySelector("[value=other]").checked = true));
    reasons.querySelector(":checked").focus();
  }

  key(event) {
    if (event.key === "," || event.key === ".") return this.step(event.key === "." ? 1 : -1);
    if (event.key.toLowerCase() === "c") this.comment();
    else if (event.key.toLowerCase() === "f") this.flag();
    else return false;
    return true;
  }

  step(by) {
    if (!this.levels.size) return false;
    const at = SURENESS.indexOf(this.draft.confidence);
    this.keep({ confidence: SURENESS[at < 0 ? (by > 0 ? 1 : 0) : Math.min(Math.max(at + by, 0), SURENESS.length - 1)] });
    return true;
  }
}

function flagOf(reason, text) {
  if (reason === "other") return text || "other";
  return reason || null;
}

export const kbd = (key) => element("kbd", { "aria-hidden": "true" }, key);

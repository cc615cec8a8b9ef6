// The controls by which an item is answered: its kind's, and criteria beside it.
import { OrderBoard } from "./order_board.js";
import { RatingGrid } from "./rating_grid.js";
import { VerdictScale } from "./verdict_scale.js";

// A text in the languages of the page, or in one.
const worded = (text) => (text && typeof text === "object" ? (choice.language === "zh" && text.zh) || text.en || "" : text || "");

export function criteriaOf(project) {
  return project.criteria.map((each) => ({
    name: each.name,
    label: worded(each.label) || each.name,
    definition: worded(each.definition),
    anchors: bare(Object.fromEntries(Object.entries(each.anchors || {}).map(([point, meaning]) => [point, worded(meaning)]))),
    safety: Boolean(each.safety),
  }));
}

export class AnswerForm {
  // changed(): something was chosen. looked(at): a completion is being placed.
  constructor({ project, item, answer, changed, looked, name = "" }) {
    const all = criteriaOf(project);
    const shared = { item, answer, changed: () => this.turned(changed), looked, scale: project.scale };
    const grid = (criteria, isBeside) => new RatingGrid({ ...shared, criteria, isBeside, name: name + "rating" });
    if (item.kind === "pairwise") this.main = new VerdictScale({ ...shared, name: name + "verdict" });
    else if (item.kind === "ranking") this.main = new OrderBoard(shared);
    else this.main = grid(all, false);
    const beside = item.kind === "rating" ? [] : all.filter((each) => (project.beside || []).includes(each.name));
    this.beside = beside.length ? grid(beside, true) : null;
    this.isBelow = Boolean(this.beside && this.main.read());
    this.node = element("div", { class: this.beside ? "answer-form has-beside" : "answer-form" }, this.main.node, this.beside && this.beside.node);
    this.markActive();
  }

  // Number keys go to the criteria once there is a verdict, and back by the arrow up.
  turned(changed) {
    if (this.beside && !this.isBelow && this.main.read()) this.isBelow = true;
    this.markActive();
    changed();
  }

  markActive() {
    if (!this.beside) return;
    this.main.node.classList.toggle("is-active", !this.isBelow);
    this.beside.node.classList.toggle("is-active", this.isBelow);
  }

  key(event) {
    if (this.isBelow && this.beside.key(event)) return true;
    if (this.isBelow && (event.key === "ArrowUp" || event.key === "ArrowLeft")) return this.turnTo(false);
    if (this.beside && !this.isBelow && this.main.read() && event.key === "ArrowDown") return this.turnTo(true);
    return this.main.key(event);
  }

  turnTo(isBelow) {
    this.isBelow = isBelow;
    this.markActive();
    return true;
  }

  undo() {
    const part = this.isBelow ? this.beside : this.main;
    return Boolean(part.undo && !this.read() && part.undo());
  }

  // The answer, or null while something is missing.
  read() {
    const main = this.main.read();
    if (!main || !this.beside) return main;
    const isWithout = main.unsure || main.choice === "unsure";
    const beside = this.beside.read();
    return beside ? { ...main, ...beside } : isWithout ? main : null;
  }

  partial() {
    return this.beside ? { ...this.beside.partial(), ...this.main.partial() } : this.main.partial();
  }

  get missing() {
    return this.main.read() ? this.beside.missing : this.main.missing;
  }
}

// Time spent on an item. A gap without any sign of life counts for a minute at most, and time in
// which the page is not seen does not count at all.
const IDLE = 60_000; // milliseconds

export class Stopwatch {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.start();
  }

  start() {
    this.begun = this.last = this.now();
    this.active = 0;
    this.isSeen = document.visibilityState === "visible";
  }

  sign() {
    const now = this.now();
    if (this.isSeen) this.active += Math.min(now - this.last, IDLE);
    this.last = now;
  }

  see(isSeen) {
    this.sign();
    this.isSeen = isSeen;
  }

  read() {
    this.sign();
    return { active_ms: Math.round(this.active), total_ms: Math.round(this.last - this.begun) };
  }
}

// A stopwatch that follows the person's hands and the page's visibility.
export function watchPerson(watch) {
  for (const event of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"])
    addEventListener(event, () => watch.sign(), { passive: true, capture: true });
  document.addEventListener("visibilitychange", () => watch.see(document.visibilityState === "visible"));
}

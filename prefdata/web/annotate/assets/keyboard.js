// Keys of one character do something only where nobody types, and only while they are turned on.
const ON = "on";
const OFF = "off";

export const shortcuts = {
  get areOn() {
    return remembered("shortcuts", [ON, OFF]) !== OFF;
  },
  turn(areOn) {
    remember("shortcuts", areOn ? ON : OFF);
  },
};

export const isTyping = (target) => target instanceof Element && Boolean(target.closest("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]"));

// What a control does with a key of its own, and we leave to it.
function isOwnKey(target, key) {
  if (!(target instanceof Element)) return false;
  if (target.closest("button, a, summary")) return key === "Enter" || key === " ";
  const isScrolling = /^(Arrow(Up|Down)|Page|Home|End)/.test(key);
  if (target.matches("input[type=radio]")) return key === " " || key.startsWith("Arrow");
  if (target.matches("input[type=checkbox]")) return key === " ";
  return isScrolling && target.matches("[tabindex='0'][data-scroll], pre, .table-box") && target.scrollHeight > target.clientHeight + 1;
}

// act(event) answers whether the key did something.
export function listenToKeys(act) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!shortcuts.areOn || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (isOwnKey(event.target, event.key)) return;
    if (act(event)) event.preventDefault();
  });
}

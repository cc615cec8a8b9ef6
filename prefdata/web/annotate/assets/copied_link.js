// A link, to be copied by hand or by a button.
export function linkToCopy(link) {
  const input = element("input", { type: "text", readonly: true, value: link, "aria-label": say("link"), class: "link-field", on: { focus: () => input.select() } });
  const button = element("button", { type: "button", class: "quiet", on: { click: copy } }, say("copy"));
  async function copy() {
    input.select();
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      document.execCommand("copy"); // where the page is not on a secure origin
    }
    button.textContent = say("copied");
  }
  return element("div", { class: "link-box" }, input, button);
}

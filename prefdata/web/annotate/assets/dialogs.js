// Windows over the page: what is under them rests, Escape closes, the focus goes back.
import { isTyping, shortcuts } from "./keyboard.js";

// `key`: that opened it, and closes it again. `closed()`: after it has gone.
export function openDialog({ title, content, key = null, name = "", closed = () => {} }) {
  const dialog = element("dialog", { class: "window " + name, "aria-labelledby": "window-title" },
    element("div", { class: "window-head" },
      element("h2", { id: "window-title", tabindex: "-1", autofocus: true }, title),
      element("button", { type: "button", class: "quiet", on: { click: () => dialog.end() } }, say("close"))),
    element("div", { class: "window-body", tabindex: "0", role: "group", "aria-label": title }, content));
  dialog.addEventListener("keydown", (event) => {
    if (key && shortcuts.areOn && event.key.toLowerCase() === key && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      dialog.end();
    }
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.end());
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dialog.end();
  });
  // It goes at once, and with it the focus: a closed window would hold what is typed next.
  dialog.end = () => {
    dialog.close();
    dialog.remove();
    closed();
  };
  document.body.append(dialog);
  dialog.showModal();
  const body = dialog.querySelector(".window-body");
  if (body.scrollHeight <= body.clientHeight + 1) body.removeAttribute("tabindex");
  return dialog;
}

// A question with a text for an answer. `act(text)` may be refused: then the text stays.
export function askText({ title, label, text = "", most = 10_000, button, above = null, name = "", act }) {
  const area = element("textarea", { rows: "4", maxlength: most, dir: "auto", id: "window-text" });
  area.value = text;
  const fault = element("p", { class: "fault", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await act(area.value.trim());
      dialog.end();
    } catch (refusal) {
      fault.textContent = refusal.message;
    }
  };
  const form = element("form", { class: "window-form", on: { submit } }, above,
    element("label", { class: "field" }, span("", label), area), fault,
    element("div", { class: "window-actions" }, element("button", { type: "submit", class: "primary" }, button)));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const dialog = openDialog({ title, content: form, name });
  area.focus();
  return dialog;
}

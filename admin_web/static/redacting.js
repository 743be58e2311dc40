// Taking words out where they stand: choose them above, say what shall stand there, hear the edges.
import { selecting } from "./selecting.js";

/** Set up the form below the words of `section`. */
export function redacting(section) {
  const place = document.getElementById("take-out");
  if (!place) return;
  const form = place.querySelector("form");
  const line = document.getElementById("chosen");
  const hint = line.textContent;
  const choice = selecting(section);
  place.hidden = false;

  choice.onChange((chosen) => {
    form.hidden = !chosen;
    if (!chosen) { line.textContent = hint; return; }
    // People count from 1, and so does the form.
    form.elements.first.value = chosen.first + 1;
    form.elements.last.value = chosen.last + 1;
    line.replaceChildren("To be taken out: ", Object.assign(document.createElement("strong"), { textContent: chosen.words }));
  });

  const own = form.elements.own;
  form.addEventListener("change", () => {
    const other = form.elements.role.value === "other";
    own.closest(".field").hidden = !other;
    own.required = other;
    if (other) own.focus();
  });

  const all = section.querySelectorAll("[data-start]");
  for (const name of document.querySelectorAll(".perhaps a")) {
    const [first, last] = [Number(name.dataset.first) - 1, Number(name.dataset.last) - 1];
    for (let at = first; at <= last; at += 1) all[at]?.classList.add("perhaps-name");
    name.addEventListener("click", (event) => {
      event.preventDefault();
      choice.choose(first, last);
      form.querySelector("input[type=radio]").focus();
    });
  }
}

/** Set up "Hear it" at each tone: a little of what is around it, as others will hear it. */
export function hearing(player) {
  const list = document.querySelector(".redactions");
  if (!list) return;
  const sound = document.createElement("audio");
  list.after(sound);
  const hear = (button) => {
    player?.pause();
    // The browser stops by itself where that part ends (W3C, Media Fragments).
    sound.src = `${list.dataset.sound}#t=${button.dataset.hear}`;
    sound.play().catch(() => {});
  };
  for (const button of list.querySelectorAll("[data-hear]")) {
    button.hidden = false;
    button.addEventListener("click", () => hear(button));
  }
  // Who has just taken words out, or moved a tone, hears it at once where the browser lets them.
  const just = /^#taken-out-\d+$/.test(location.hash) && document.querySelector(`${location.hash} [data-hear]`);
  if (just) hear(just);
}

// What needs a script on a trial's page: sharing and copying its address, printing, meanings under the mouse.
// The page is whole without.
"use strict";
for (const item of document.querySelectorAll("[data-needs-script]")) item.hidden = false;

const said = document.querySelector("[data-said]");
const address = location.origin + location.pathname;
document.querySelector("[data-copy-address]")?.addEventListener("click", async (event) => {
  try {
    await navigator.clipboard.writeText(address);
    said.textContent = event.target.dataset.done;
  } catch {
    said.textContent = address; // no leave to copy: the address to copy by hand
  }
});
document.querySelector("[data-print]")?.addEventListener("click", () => print());

const share = document.querySelector("[data-share]");
if (share && navigator.share) {
  share.closest("[data-needs-share]").hidden = false;
  share.addEventListener("click", async () => {
    try {
      await navigator.share({ title: share.dataset.share, url: address });
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = address; // closed by the visitor: nothing to say
    }
  });
}

// A click, a tap or the Enter key opens a meaning without a script. The mouse opens it by resting on the word; it may
// move onto the meaning, and Escape closes it (WCAG 2.2, success criterion 1.4.13).
const REST = 300; // milliseconds, set by hand: who only passes over a word opens nothing
let timer = 0;
let rested = null; // the meaning that the mouse opened; a click on its word keeps it
const later = (action) => {
  clearTimeout(timer);
  timer = setTimeout(action, REST);
};
const leave = () => later(() => {
  rested?.hidePopover();
  rested = null;
});
for (const word of document.querySelectorAll("button.term")) {
  const meaning = document.getElementById(word.getAttribute("popovertarget"));
  if (!meaning?.showPopover) continue;
  word.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "mouse") return;
    word.removeAttribute("title");
    later(() => {
      if (meaning.matches(":popover-open")) return;
      meaning.showPopover({ source: word });
      rested = meaning;
    });
  });
  word.addEventListener("pointerleave", leave);
  word.addEventListener("click", (event) => {
    clearTimeout(timer);
    if (rested === meaning) event.preventDefault();
    rested = null;
  });
}
for (const meaning of document.querySelectorAll(".meaning")) {
  meaning.addEventListener("pointerenter", () => clearTimeout(timer));
  meaning.addEventListener("pointerleave", leave);
}

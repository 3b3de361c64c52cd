/* After each answer the reader's place is the new question, or what went wrong. Without this file the page loads anew. */
"use strict";
(() => {
  const spot = () => document.querySelector("#step [role='alert'], #question, #outcome");
  document.addEventListener("htmx:afterSettle", () => {
    const found = spot();
    if (!found) return;
    found.setAttribute("tabindex", "-1");
    found.focus({ preventScroll: true });
    document.getElementById("step").scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("htmx:sendError", () => {
    const live = document.getElementById("left-now");
    if (live) live.textContent = document.getElementById("step").dataset.failed;
  });
})();

// What needs a script on a trial's page: copying its address, printing. The page is whole without.
"use strict";
for (const item of document.querySelectorAll("[data-needs-script]")) item.hidden = false;

const said = document.querySelector("[data-said]");
document.querySelector("[data-copy-address]")?.addEventListener("click", async (event) => {
  const address = location.origin + location.pathname;
  try {
    await navigator.clipboard.writeText(address);
    said.textContent = event.target.dataset.done;
  } catch {
    said.textContent = address; // no leave to copy: the address to copy by hand
  }
});
document.querySelector("[data-print]")?.addEventListener("click", () => print());

/* The matrix: a cell's proof takes the focus when it has come, and arrow keys go from cell to cell. */
"use strict";
(() => {
  const cells = () => [...document.querySelectorAll("button.cell")];

  document.addEventListener("htmx:afterSettle", () => {
    const title = document.getElementById("proof-title");
    if (title) title.focus();
  });

  document.addEventListener("click", (event) => {
    const cell = event.target.closest("button.cell");
    if (!cell) return;
    for (const one of cells()) one.toggleAttribute("aria-current", false);
    cell.setAttribute("aria-current", "true");
  });

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest("button.cell");
    const turn = document.documentElement.dir === "rtl" ? -1 : 1;
    const step = { ArrowRight: [0, turn], ArrowLeft: [0, -turn], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...cell.closest("tbody").rows];
    let row = rows.indexOf(cell.closest("tr"));
    let column = cell.closest("td").cellIndex;
    let next = null;
    while (!next) {
      row += step[0];
      column += step[1];
      const there = rows[row] && rows[row].cells[column];
      if (!there) return;
      next = there.querySelector("button.cell");
    }
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
})();

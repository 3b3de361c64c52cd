/* The search box suggests as you type; the page says when it waits. Without this file the search works the same. */
"use strict";
(() => {
  const page = document.documentElement;
  if (page.dataset.find) return;
  page.dataset.find = "on";
  const WAIT = 200; // milliseconds after the last key
  const SHORTEST = 2;
  let number = 0;

  function combobox(input) {
    if (input.dataset.ready) return;
    input.dataset.ready = "yes";
    const holder = document.createElement("div");
    holder.className = "suggest";
    input.replaceWith(holder);
    const list = document.createElement("ul");
    number += 1;
    list.id = `suggest-${number}`;
    list.className = "suggest-list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.list);
    holder.append(input, list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    let timer = 0;
    let asked = null;
    let at = -1;

    const close = () => {
      clearTimeout(timer); // who goes on to something else is asked no more
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (words) => {
      input.value = words;
      close();
      if (input.dataset.suggest === "words") input.form.requestSubmit();
    };
    const point = (to) => {
      const lines = [...list.children];
      at = (to + lines.length) % lines.length;
      lines.forEach((line, index) => line.setAttribute("aria-selected", String(index === at)));
      input.setAttribute("aria-activedescendant", lines[at].id);
    };
    const show = (found) => {
      list.replaceChildren(...found.map(({ words, kind }, index) => {
        const line = document.createElement("li");
        line.id = `${list.id}-${index}`;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", "false");
        line.append(Object.assign(document.createElement("span"), { textContent: words }));
        line.append(Object.assign(document.createElement("span"), { textContent: kind, className: "kind" }));
        line.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(words); });
        return line;
      }));
      at = -1;
      list.hidden = !found.length || document.activeElement !== input;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      asked?.abort();
      const words = input.value.trim();
      if (words.length < SHORTEST) { close(); return; }
      timer = setTimeout(async () => {
        asked = new AbortController();
        try {
          const address = `/suggest?${new URLSearchParams({ q: words, kind: input.dataset.suggest })}`;
          const answer = await fetch(address, { signal: asked.signal });
          if (answer.ok) show((await answer.json()).suggestions);
        } catch (error) {
          if (error.name !== "AbortError") close();
        }
      }, WAIT);
    });
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown") { point(at + 1); event.preventDefault(); }
      else if (event.key === "ArrowUp") { point(at < 0 ? -1 : at - 1); event.preventDefault(); }
      else if (event.key === "Enter" && at >= 0) {
        choose(list.children[at].firstChild.textContent);
        event.preventDefault();
      } else if (event.key === "Escape") { close(); event.preventDefault(); }
    });
    input.addEventListener("blur", close);
    input.form?.addEventListener("submit", close);
  }

  const look = () => document.querySelectorAll("input[data-suggest]").forEach(combobox);
  const wait = (busy) => {
    const part = document.getElementById("page");
    if (part) part.setAttribute("aria-busy", String(busy));
  };
  document.addEventListener("htmx:beforeRequest", () => wait(true));
  document.addEventListener("htmx:afterSettle", () => wait(false));
  // Where the part cannot be had, the whole page is asked for: its error is the browser's own.
  document.addEventListener("htmx:sendError", (event) => { location.assign(event.detail.pathInfo.finalRequestPath); });
  document.addEventListener("htmx:load", look);
  look();
})();

/* The search box suggests as you type; the page says when it waits. Without this file the search works the same. */
"use strict";
(() => {
  const page = document.documentElement;
  if (page.dataset.find) return;
  page.dataset.find = "on";
  const WAIT = 150; // milliseconds after the last key
  const SHORTEST = 2;
  const PATIENCE = 15000; // milliseconds for the browser to say where it is
  let number = 0;

  function combobox(input) {
    if (input.dataset.ready) return;
    input.dataset.ready = "yes";
    const holder = document.createElement("div");
    holder.className = "suggest";
    input.replaceWith(holder);
    const list = document.createElement("div");
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
    let chosen = [];

    const close = () => {
      clearTimeout(timer); // who goes on to something else is asked no more
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = ({ words, kind, text, near }) => {
      close();
      const whole = input.dataset.suggest === "words";
      const place = whole && kind === "place" ? input.form.elements.namedItem("near") : null;
      if (place) {
        place.value = near;
        input.value = text ?? "";
      } else {
        input.value = whole ? text ?? words : words;
      }
      if (whole) input.form.requestSubmit();
    };
    const options = () => [...list.querySelectorAll("[role=option]")];
    const point = (to) => {
      const lines = options();
      at = (to + lines.length) % lines.length;
      lines.forEach((line, index) => line.setAttribute("aria-selected", String(index === at)));
      lines[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", lines[at].id);
    };
    const element = (name, attributes, text) => {
      const made = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      made.textContent = text ?? "";
      return made;
    };
    const show = (found, titles) => {
      chosen = found;
      list.replaceChildren();
      let group = null;
      found.forEach((one, index) => {
        if (!group || group.dataset.kind !== one.kind) {
          const head = `${list.id}-${one.kind}`;
          group = element("div", { role: "group", "aria-labelledby": head, "data-kind": one.kind });
          group.append(element("div", { id: head, class: "kind", role: "presentation" }, titles[one.kind]));
          list.append(group);
        }
        const line = element("div", { id: `${list.id}-${index}`, role: "option", "aria-selected": "false" }, one.words);
        line.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
        line.addEventListener("click", () => choose(one));
        group.append(line);
      });
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
          if (answer.ok) {
            const { suggestions, titles } = await answer.json();
            show(suggestions, titles);
          }
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
        choose(chosen[at]);
        event.preventDefault();
      } else if (event.key === "Escape") { close(); event.preventDefault(); }
    });
    input.addEventListener("blur", close);
    input.form?.addEventListener("submit", close);
  }

  /* "Use my location": asked for by a press only, rounded before it is written down, kept nowhere. */
  function locate(holder) {
    if (holder.dataset.ready || !navigator.geolocation || !window.isSecureContext) return;
    holder.dataset.ready = "yes";
    holder.hidden = false;
    const button = holder.querySelector("button");
    const says = holder.querySelector("[role=status]");
    const input = document.getElementById(holder.dataset.locate);
    const rounded = (number) => (Math.round(number * 100) / 100).toFixed(2);
    button.addEventListener("click", () => {
      button.setAttribute("aria-disabled", "true");
      says.textContent = holder.dataset.asking;
      const done = (words) => {
        button.removeAttribute("aria-disabled");
        says.textContent = words;
      };
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          input.value = `${rounded(coords.latitude)}, ${rounded(coords.longitude)}`;
          done(holder.dataset.done);
        },
        ({ code }) => done(code === 1 ? holder.dataset.refused : holder.dataset.failed),
        { enableHighAccuracy: false, timeout: PATIENCE, maximumAge: 0 },
      );
    });
  }

  const look = () => {
    document.querySelectorAll("input[data-suggest]").forEach(combobox);
    document.querySelectorAll("[data-locate]").forEach(locate);
  };
  const wait = (busy) => {
    const part = document.getElementById("page");
    if (part) part.setAttribute("aria-busy", String(busy));
    const says = document.getElementById("waiting");
    if (says) says.textContent = busy ? says.dataset.words : "";
  };
  document.addEventListener("htmx:beforeRequest", () => wait(true));
  document.addEventListener("htmx:afterSettle", () => wait(false));
  // Where the part cannot be had, the whole page is asked for: its error is the browser's own.
  document.addEventListener("htmx:sendError", (event) => { location.assign(event.detail.pathInfo.finalRequestPath); });
  document.addEventListener("htmx:load", look);
  look();
})();

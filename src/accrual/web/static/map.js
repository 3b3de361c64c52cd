/* The map: sites on the outline of the world, those close together as one. Takes figures with `data-map` (the macro
   `site_map`); the libraries are loaded when a map comes into view. Without it the list says the same. */
"use strict";
(() => {
  const page = document.documentElement;
  if (page.dataset.maps) return; // the macro may stand in a part that is swapped in
  page.dataset.maps = "on";
  const CELL = 52; // pixels: places closer than a finger's breadth are one mark
  const LABEL_WIDTH = 120; // pixels: what a place's name needs
  const MOST_LINES = 5;
  const VENDOR = "/static/vendor/";
  const started = new WeakSet();
  let library = null;
  let world = null;

  function loadLibrary() {
    library ||= new Promise((done, failed) => {
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = `${VENDOR}leaflet.css`;
      const script = document.createElement("script");
      script.src = `${VENDOR}leaflet.js`;
      script.onerror = failed;
      script.onload = done;
      document.head.prepend(style); // our own sheet comes after it and wins
      document.head.append(script);
    });
    world ||= fetch(`${VENDOR}world.json`).then((answer) => answer.json());
    return Promise.all([library, world]);
  }

  const filled = (words, values) => words.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);

  function element(name, words, className) {
    const made = document.createElement(name);
    if (words) made.textContent = words;
    if (className) made.className = className;
    return made;
  }

  /* Points closer than `CELL` pixels to a larger one go with it: each group stands at its largest point. */
  function clusters(map, points) {
    const zoom = map.getZoom();
    const seen = map.getBounds().pad(0.3);
    const reach = zoom >= map.getMaxZoom() ? 0 : CELL;
    const groups = [];
    const cells = new Map(); // squares of the screen, to look at neighbours only
    for (const point of points) { // the nearest open site first, then those with most
      if (!seen.contains(point.at)) continue;
      const place = map.project(point.at, zoom);
      const column = Math.floor(place.x / CELL);
      const row = Math.floor(place.y / CELL);
      let home = null;
      for (let x = column - 1; x <= column + 1; x += 1) {
        for (let y = row - 1; y <= row + 1; y += 1) {
          for (const group of cells.get(`${x} ${y}`) || []) {
            if (!home && place.distanceTo(group.place) < reach) home = group;
          }
        }
      }
      if (home) {
        home.points.push(point);
        continue;
      }
      home = { place, points: [point], lonely: false };
      groups.push(home);
      const key = `${column} ${row}`;
      if (cells.has(key)) cells.get(key).push(home);
      else cells.set(key, [home]);
    }
    for (const group of groups) {
      group.lonely = groups.every((other) => other === group
        || Math.abs(other.place.x - group.place.x) > LABEL_WIDTH || Math.abs(other.place.y - group.place.y) > CELL);
    }
    return groups;
  }

  function popup(words, data, point) {
    const box = element("div", "", "map-popup");
    box.append(element("p", point.place, "map-place"));
    const list = element("ul");
    const open = new Set(point.open);
    const first = [...point.items].sort((a, b) => open.has(b) - open.has(a));
    for (const item of first.slice(0, MOST_LINES)) {
      const [title, address] = data.items[item];
      const line = element("li");
      if (address) {
        const link = element("a", title);
        link.href = address;
        line.append(link);
      } else line.append(title);
      if (open.has(item) && address) line.append(element("span", ` ✓ ${words.open}`, "map-open"));
      list.append(line);
    }
    box.append(list);
    const rest = first.length - MOST_LINES;
    if (rest > 0) box.append(element("p", filled(words.more, { count: rest })));
    return box;
  }

  function mark(map, data, words, { points: group, lonely }) {
    const L = window.L;
    const items = new Set(group.flatMap((point) => point.items));
    const open = new Set(group.flatMap((point) => point.open));
    const nearest = group.some((point) => point.nearest);
    const single = group.length === 1;
    const main = group[0];
    const shown = element("span", `${items.size}`, "map-count");
    const icon = element("div");
    icon.append(shown);
    if (nearest) icon.append(element("span", `★ ${words.nearest}`, "map-label"));
    else if (lonely && map.getZoom() >= 5) icon.append(element("span", main.place.split(",")[0], "map-label"));
    const size = items.size > 99 ? 44 : items.size > 9 ? 38 : 30;
    const kind = `map-mark${open.size ? " open" : ""}${single ? "" : " several"}${nearest ? " nearest" : ""}`;
    const made = L.marker(main.at, {
      icon: L.divIcon({ html: icon, className: kind, iconSize: [size, size] }),
      riseOnHover: true,
      zIndexOffset: nearest ? 1000 : 0,
    });
    const values = { place: main.place, places: group.length, count: items.size, open: open.size };
    const name = filled(single ? words.one : words.cluster, values) + (nearest ? `. ${words.nearest}` : "");
    made.on("add", () => {
      made.getElement().setAttribute("aria-label", name);
      made.getElement().setAttribute("title", name);
    });
    if (single) made.bindPopup(() => popup(words, data, main), { maxWidth: 280 });
    else made.on("click keypress", (event) => {
      if (event.type === "keypress" && event.originalEvent.key !== "Enter") return;
      const bounds = L.latLngBounds(group.map((point) => point.at));
      if (bounds.getNorthEast().equals(bounds.getSouthWest())) map.setView(main.at, map.getMaxZoom());
      else map.flyToBounds(bounds, { padding: [30, 30], animate: calm() === false, duration: 0.4 });
    });
    return made;
  }

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function draw(figure, outline, data) {
    const L = window.L;
    const words = figure.dataset;
    const holder = figure.querySelector(".map");
    const map = L.map(holder, {
      attributionControl: false,
      zoomControl: false,
      minZoom: 1,
      maxZoom: 10,
      zoomSnap: 0.5,
      maxBounds: [[-85, -200], [85, 200]],
      maxBoundsViscosity: 1,
      scrollWheelZoom: false, // the page scrolls; + and - and two fingers zoom
      zoomAnimation: !calm(),
      fadeAnimation: !calm(),
      markerZoomAnimation: !calm(),
    });
    L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.geoJSON(outline, { interactive: false, style: { className: "map-land" } }).addTo(map);
    const points = data.points.map(([lat, lon, place, items, open], number) => (
      { at: L.latLng(lat, lon), place, items, open, nearest: number === data.nearest }
    ));
    if (data.centre) {
      const [lat, lon, place] = data.centre;
      const icon = L.divIcon({ className: "map-centre", iconSize: [18, 18] });
      const made = L.marker([lat, lon], { icon, keyboard: false, interactive: false });
      made.on("add", () => made.getElement().setAttribute("title", place));
      made.addTo(map);
    }
    const layer = L.layerGroup().addTo(map);
    const show = () => {
      layer.clearLayers();
      for (const group of clusters(map, points)) mark(map, data, words, group).addTo(layer);
    };
    const nearest = points[data.nearest];
    if (nearest) map.fitBounds(L.latLngBounds([nearest.at, data.centre.slice(0, 2)]), { padding: [50, 50], maxZoom: 6 });
    else if (data.centre) map.setView(data.centre.slice(0, 2), 5);
    else if (points.length) map.fitBounds(L.latLngBounds(points.map((point) => point.at)), { padding: [24, 24], maxZoom: 7 });
    else map.setView([25, 10], 1);
    map.on("moveend", () => { if (!holder.querySelector(".leaflet-popup")) show(); });
    map.on("zoomend", show);
    map.on("popupclose", () => setTimeout(show));
    show();
    // A map in a folded part has no size until it is unfolded.
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(holder);
  }

  async function start(figure) {
    if (started.has(figure)) return;
    started.add(figure);
    const says = figure.querySelector("[data-says]");
    figure.setAttribute("aria-busy", "true");
    try {
      const [[, outline], answer] = await Promise.all([loadLibrary(), fetch(figure.dataset.map)]);
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      if (!figure.isConnected) return;
      draw(figure, outline, data);
      says.textContent = data.words;
      figure.classList.add("drawn");
    } catch {
      says.textContent = figure.dataset.failed;
      figure.classList.add("failed");
    } finally {
      figure.removeAttribute("aria-busy");
    }
  }

  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      start(entry.target);
    }
  }, { rootMargin: "200px" });

  /* On a phone the map is asked for: it would push the list off the screen. */
  function fold(figure, toggle) {
    if (toggle.dataset.ready) return;
    toggle.dataset.ready = "yes";
    toggle.parentElement.hidden = false;
    const shows = toggle.textContent;
    toggle.addEventListener("click", () => {
      figure.hidden = !figure.hidden;
      toggle.setAttribute("aria-expanded", String(!figure.hidden));
      toggle.textContent = figure.hidden ? shows : toggle.dataset.hide;
    });
  }

  function look() {
    for (const figure of document.querySelectorAll("[data-map]")) {
      const toggle = figure.previousElementSibling?.querySelector?.("[data-map-toggle]");
      if (toggle && matchMedia("(max-width: 50rem)").matches) fold(figure, toggle);
      else figure.hidden = false;
      if (!started.has(figure)) watcher.observe(figure);
    }
  }

  document.addEventListener("htmx:load", look);
  look();
})();
